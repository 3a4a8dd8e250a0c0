r"""The observer who knows that the latents come from a box, and the limits that a prior sets.

Given the running mean, the posterior of latents that are uniform in a box is a normal distribution
cut off at the walls of the box. Its moments have a closed form, but one that loses every digit far
outside the box, where two nearly equal numbers are subtracted; so they are integrated here, over
the part of the box where the density is, to full precision everywhere.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit, log_ndtr, logsumexp, ndtr
from scipy.stats import norm

from .._validation import Array, as_array
from ._boundaries import Hyperplanes
from ._latents import Box, Gaussian
from ._observer import Posterior

__all__ = ["BoxPosterior", "answer_accuracy", "r2_limit", "within_box"]

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(64)
_NODES, _WEIGHTS = (_NODES + 1) / 2, _WEIGHTS / 2
# Logarithm of the share of a density below which it is left out.
_REACH = 40.0


@dataclass(frozen=True, eq=False)
class BoxPosterior:
    """What is known, after each step, of latents that are uniform in a box.

    Attributes
    ----------
    mean, variance : array, shape (n, T, D)
        Of each latent; the latents stay independent.
    location : array, shape (n, T, D)
        The running mean, which may lie outside the box.
    spread : array, shape (T, D)
        Its standard deviation around the latents.
    half_widths : array, shape (D,)

    Examples
    --------
    >>> from absrep.evidence import ideal_observer
    >>> flat = ideal_observer([[[0.9, 0.0]]], noise=0.2)
    >>> known = within_box(flat, Box([0.5, 0.5]))
    >>> known.mean.round(3), known.variance.round(4)
    (array([[[0.425, 0.   ]]]), array([[[0.0048, 0.0367]]]))
    """

    mean: Array
    variance: Array
    location: Array
    spread: Array
    half_widths: Array

    def logits(self, tasks: Hyperplanes) -> Array:
        """Log odds of "+" for each task, shape (n, T, K), exact also where they are large.

        One integral over the box is closed, the other one is done by Gauss-Legendre quadrature;
        for one or two latents.
        """
        d = len(self.half_widths)
        if tasks.n_latents != d or d > 2:
            raise ValueError(
                f"tasks must have {d} latents, at most two, found {tasks.n_latents}"
                if d <= 2
                else f"answers are computed for at most two latents, found {d}"
            )
        answers = [
            self._log_probability(c, b) - self._log_probability(-c, -b)
            for c, b in zip(tasks.normals, tasks.offsets, strict=True)
        ]
        return np.stack(answers, axis=-1)

    def probabilities(self, tasks: Hyperplanes) -> Array:
        """Probability that each answer is "+", shape (n, T, K)."""
        probabilities: Array = expit(self.logits(tasks))
        return probabilities

    def _log_probability(self, normal: Array, offset: float) -> Array:
        """Of normal · x > offset, up to the normalisation."""
        # Mirrored, so that both components are positive, and the larger one last.
        sign, order = np.where(normal < 0, -1.0, 1.0), np.argsort(np.abs(normal))
        c, h = np.abs(normal)[order], self.half_widths[order]
        m, s = (self.location * sign)[..., order], self.spread[:, order]
        inner = -1
        top = (h[inner] - m[..., inner]) / s[:, inner]
        bottom = (-h[inner] - m[..., inner]) / s[:, inner]
        if len(c) == 1:
            edge = np.clip(offset, -h[0], h[0])
            return _log_mass((edge - m[..., 0]) / s[:, 0], top)
        outer, slope = s[:, 0], c[0] / c[1]
        # The line x₁ = (b − c₀x₀)/c₁ is inside the box for x₀ between `first` and `last`; before,
        # no x₁ is on the right side of it, beyond, every one is.
        with np.errstate(divide="ignore"):
            ends = np.divide(offset - c[1] * h[1] * np.array([1.0, -1.0]), c[0])
        first, last = np.clip(np.nan_to_num(ends, nan=-np.inf, posinf=np.inf), -h[0], h[0])
        whole = _log_mass((last - m[..., 0]) / outer, (h[0] - m[..., 0]) / outer)
        found = whole + _log_mass(bottom, top)
        if first == last:
            return found

        def density(x: Array) -> Array:
            edge = offset / c[1] - slope * x
            low = (edge - m[..., 1, None]) / s[:, 1, None]
            gauss = -0.5 * ((x - m[..., 0, None]) / outer[:, None]) ** 2
            up = np.broadcast_to(top[..., None], low.shape)
            return gauss + _log_mass(np.minimum(low, up), up)

        cut = _log_integral(density, first, last, top.shape)
        return np.asarray(np.logaddexp(found, cut - np.log(outer * np.sqrt(2 * np.pi))))


def within_box(posterior: Posterior, box: Box) -> BoxPosterior:
    """The posterior of latents that are known to be uniform in a box.

    Parameters
    ----------
    posterior : Posterior
        Of the flat prior, as `ideal_observer` returns it by default.
    box : Box
        Of independent latents.

    Returns
    -------
    BoxPosterior

    Raises
    ------
    ValueError
        If the latents of the box are correlated, or those of the posterior are.

    Examples
    --------
    >>> from absrep.evidence import ideal_observer
    >>> flat = ideal_observer(np.full((1, 3, 1), 4.0), noise=0.1)
    >>> within_box(flat, Box([0.5])).mean.ravel().round(4)  # far outside: near the wall
    array([0.4971, 0.4986, 0.499 ])
    """
    if box.correlation is not None:
        raise ValueError("box must be one of independent latents, found a correlation")
    covariance = posterior.covariance
    variance = np.diagonal(covariance, axis1=1, axis2=2)
    if not np.array_equal(covariance, variance[:, :, None] * np.eye(variance.shape[1])):
        raise ValueError("posterior must be of independent latents, found a covariance")
    if box.n_latents != variance.shape[1]:
        raise ValueError(f"box must have {variance.shape[1]} latents, found {box.n_latents}")
    spread = np.sqrt(variance)
    mean, variances = _moments(posterior.mean, spread, box.half_widths)
    return BoxPosterior(mean, variances, posterior.mean, spread, box.half_widths)


def r2_limit(latents: Box | Gaussian, spread: ArrayLike) -> Array:
    r"""The largest r² that any read-out of the evidence reaches, for each latent.

    It is :math:`1 - \mathrm{MMSE}/\mathrm{var}`, the error being that of the posterior mean.

    Parameters
    ----------
    latents : Box or Gaussian
        The prior, which the observer knows; a box of independent latents.
    spread : array
        Standard deviation of the running mean around the latents, :math:`\sigma/\sqrt{n_t}`.

    Returns
    -------
    array, shape (..., D)

    Examples
    --------
    >>> spread = 0.2 / np.sqrt([1, 20])
    >>> r2_limit(Box([0.5]), spread).ravel().round(4)
    array([0.6933, 0.9779])
    >>> r2_limit(Gaussian([[1 / 12]]), spread).ravel().round(4)  # and of every linear read-out
    array([0.6757, 0.9766])
    >>> (1 - 12 * spread**2).round(4)  # without a prior
    array([0.52 , 0.976])
    """
    s = as_array("spread", spread)
    if (s <= 0).any():
        raise ValueError(f"spread must be above zero, found {s.min():g}")
    if isinstance(latents, Gaussian):
        prior = latents.covariance
        seen = prior + s[..., None, None] ** 2 * np.eye(len(prior))
        explained = np.einsum("ij,...ji->...i", prior, np.linalg.solve(seen, prior))
        return np.asarray(explained / latents.variance)
    if latents.correlation is not None:
        raise ValueError("latents must be independent in a box, found a correlation")
    return np.asarray(1 - _box_error(s[..., None] / latents.half_widths) * 3)


def answer_accuracy(tasks: Hyperplanes, box: Box, spread: ArrayLike) -> Array:
    r"""How often the sign of the running mean's margin is right, for latents uniform in a box.

    The mean over the box of :math:`\Phi(|c\cdot x - b|/s)`, in closed form, for one or two
    latents.

    Parameters
    ----------
    tasks : Hyperplanes
    box : Box
        Of independent latents.
    spread : array
        :math:`s = \sigma/\sqrt{n_t}`.

    Returns
    -------
    array, shape (..., K)

    Examples
    --------
    >>> from absrep.evidence import fan
    >>> answer_accuracy(fan(24), Box([0.5, 0.5]), 0.2 / 20**0.5).mean().round(3)
    np.float64(0.96)
    """
    if box.correlation is not None:
        raise ValueError("box must be one of independent latents, found a correlation")
    if tasks.n_latents != box.n_latents or box.n_latents > 2:
        raise ValueError(
            f"tasks and box must have the same one or two latents, found {tasks.n_latents} and "
            f"{box.n_latents}"
        )
    s = as_array("spread", spread)
    if (s <= 0).any():
        raise ValueError(f"spread must be above zero, found {s.min():g}")
    s = s[..., None]
    widths = np.sort(np.abs(tasks.normals) * box.half_widths, axis=1)
    w, b = widths[:, -1] / s, tasks.offsets / s
    flat = (_once(w - b) + _once(w + b)) / (2 * w)
    if widths.shape[1] == 1:
        return np.asarray(1 - flat)
    v = widths[:, 0] / s
    # Where the line is almost parallel to an axis, the second latent makes no difference.
    thin = v < 1e-4
    v = np.where(thin, 1.0, v)
    corners = _twice(w + v - b) - _twice(w - v - b) - _twice(v - w - b) + _twice(w + v + b)
    return np.asarray(1 - np.where(thin, flat, corners / (4 * w * v)))


def _once(u: Array) -> Array:
    """Integral of Φ(−|v|) from 0 to u; odd."""
    a = np.abs(u)
    return np.asarray(np.sign(u) * (a * ndtr(-a) + norm.pdf(0) - norm.pdf(a)))


def _twice(u: Array) -> Array:
    """Integral of the integral; even."""
    a = np.abs(u)
    rest = a * (norm.pdf(0) - norm.pdf(a) / 2)
    return np.asarray(a**2 / 2 * ndtr(-a) - (ndtr(a) - 0.5) / 2 + rest)


def _moments(location: Array, spread: Array, half_width: Array) -> tuple[Array, Array]:
    """Mean and variance of a normal variable that is known to lie within ± the half width."""
    side = np.where(location < 0, -1.0, 1.0)
    # y is the distance from the nearer wall in units of the spread, with density e^(−ey − y²/2).
    e, width = (np.abs(location) - half_width) / spread, 2 * half_width / spread
    outside, peak = np.maximum(e, 0), np.maximum(-e, 0)
    root = np.sqrt(outside**2 + 2 * _REACH)
    low = np.maximum(peak - root, 0)
    span = np.minimum(peak + 2 * _REACH / (outside + root), width) - low
    total = first = second = np.zeros(np.shape(e))
    for node, weight in zip(_NODES, _WEIGHTS, strict=True):
        y = low - peak + span * node
        density = weight * np.exp(-y * (outside + y / 2))
        total, first, second = total + density, first + density * y, second + density * y**2
    first, second = first / total, second / total
    mean = side * (half_width - spread * (peak + first))
    return mean, np.asarray(spread**2 * (second - first**2))


def _box_error(spread: Array) -> Array:
    """Mean squared error of the posterior mean, for a latent uniform in [−1, 1]."""
    nodes, weights = np.polynomial.legendre.leggauss(200)
    reach = np.sqrt(2 * _REACH) * spread
    # Farther inside than the reach the walls are not felt, and the error is the spread's square.
    inside = np.maximum(1 - reach, 0)
    half, s = (1 + reach - inside) / 2, spread[..., None]
    m = inside[..., None] + half[..., None] * (1 + nodes)
    density = np.exp(_log_mass((-1 - m) / s, (1 - m) / s)) / 2
    near = np.sum(weights * density * _moments(m, s, np.ones(()))[1], axis=-1)
    return np.asarray(inside * spread**2 + 2 * half * near)


def _log_mass(low: Array, high: Array) -> Array:
    """log(Φ(high) − Φ(low)), exact in both tails."""
    flip = low + high > 0
    low, high = np.where(flip, -high, low), np.where(flip, -low, high)
    upper = log_ndtr(high)
    with np.errstate(divide="ignore"):  # nothing between equal limits
        below = np.minimum(log_ndtr(low) - upper, 0)  # not above, by rounding
        return np.asarray(upper + np.log1p(-np.exp(below)))


def _log_integral(
    density: Callable[[Array], Array], first: float, last: float, shape: tuple[int, ...]
) -> Array:
    """log of the integral of a log-concave density, given as its logarithm."""
    low, high = np.full(shape, first), np.full(shape, last)
    grid = np.linspace(0, 1, 17)
    while True:
        x = low[..., None] + (high - low)[..., None] * grid
        f = density(x)
        kept = f > f.max(axis=-1, keepdims=True) - _REACH
        left = np.maximum(kept.argmax(axis=-1) - 1, 0)
        right = np.minimum(len(grid) - kept[..., ::-1].argmax(axis=-1), len(grid) - 1)
        before = high - low
        low, high = (np.take_along_axis(x, at[..., None], axis=-1)[..., 0] for at in (left, right))
        if (high - low > 0.4 * before).all():
            break
    x = low[..., None] + (high - low)[..., None] * _NODES
    return np.asarray(np.log(high - low) + logsumexp(density(x), b=_WEIGHTS, axis=-1))
