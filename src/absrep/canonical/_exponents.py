"""Exponents of power laws between the six matrices, from few numbers per replica."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from scipy import stats

from .._validation import Array, as_number, as_stack
from ..nets import LinearLayer

__all__ = ["Exponent", "exponents", "fit_exponent", "log_products", "reciprocity"]

# What rounding leaves of a zero, next to the largest entry of a matrix.
ROUNDING = 1e-10

# The logarithms of H_a, G_b and Z that make up that of a matrix, as log H_b = log H_a + log Z.
_R_ABOVE, _G_ABOVE, _R_BELOW, _G_BELOW, _WEIGHTS = np.array(
    [[1, 0, 1], [0, 1, 0], [1, 0, 0], [0, 1, 1], [0, 0, 1]]
)
_PAIRS: Mapping[str, tuple[Array, Array]] = MappingProxyType(
    {
        "forward_rg": (_G_ABOVE, _R_ABOVE),
        "forward_rw": (_WEIGHTS, _R_ABOVE),
        "forward_gw": (_WEIGHTS, _G_ABOVE),
        "backward_rg": (_G_BELOW, _R_BELOW),
        "backward_rw": (_WEIGHTS, _R_BELOW),
        "backward_gw": (_WEIGHTS, _G_BELOW),
    }
)


@dataclass(frozen=True, eq=False)
class Exponent:
    r"""The exponent x of :math:`B\propto A^x`, over several replicas.

    Attributes
    ----------
    exponent : float
        The ratio of the standard deviations of :math:`\log B` and :math:`\log A` over directions,
        with the sign of their correlation (reduced major axis).
    lower, upper : float
        Its confidence interval over replicas; infinite if the sign of the correlation is open, as
        then a regression has no slope to find.
    r_squared : float
        Share of the variance of one logarithm that the other one explains, within replicas.
    left_out : array, shape (R,)
        The exponent without one of the replicas.
    confidence : float

    Examples
    --------
    >>> moments = np.array([[1.0, 2.0], [2.0, 4.0]])  # of log A and log B: B = A²
    >>> fitted = fit_exponent(moments[None].repeat(3, 0))
    >>> round(fitted.exponent, 6), round(fitted.r_squared, 6)
    (2.0, 1.0)
    """

    exponent: float
    lower: float
    upper: float
    r_squared: float
    left_out: Array
    confidence: float

    @property
    def bracket(self) -> tuple[float, float]:
        """Exponents of the two ordinary regressions, which put all noise on one side."""
        r = np.sqrt(self.r_squared)
        ends = self.exponent * r, self.exponent / r if r else np.copysign(np.inf, self.exponent)
        return float(ends[0]), float(ends[1])


def log_products(layer: LinearLayer, *, cut: float = 1e-3) -> Array:
    r"""Spread of the logarithms of :math:`H_a, G_b, Z` over the singular directions of W.

    With singular vectors :math:`u_i, v_i` of W and :math:`z_i=s_i^2`, the diagonals are
    :math:`v_i^\top H_av_i` and :math:`u_i^\top G_bu_i`, of covariances. Those of
    :math:`H_b=WH_aW^\top` and :math:`G_a=W^\top G_bW` are :math:`z_i` times these, so that all six
    power laws follow from the three; see `exponents`.

    Parameters
    ----------
    layer : LinearLayer
    cut : float, default 1e-3
        Take directions with :math:`z_i` above this part of the largest, unless another entry is
        zero to rounding.

    Returns
    -------
    array, shape (..., 3, 3)
        Sums over directions of products of deviations from their mean; NaN where less than two
        directions are left.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> inputs = rng.standard_normal((5000, 3)) * [1, 2, 4]  # the power 1 of Z
    >>> layer = LinearLayer(inputs, np.diag([1.0, 2.0, 4.0]), rng.standard_normal((5000, 3)))
    >>> products = log_products(layer)
    >>> float((products[0, 2] / products[2, 2]).round(1))
    1.0
    """
    part = as_number("cut", cut, at_least=0)
    left, singular, right = np.linalg.svd(layer.weights, full_matrices=False)
    entries = np.stack(
        [
            _variances(layer.inputs, right.mT),
            _variances(layer.gradients, left),
            singular**2,
        ],
        axis=-1,
    )
    largest = entries.max(-2, keepdims=True)
    keep = (entries > np.array([ROUNDING, ROUNDING, part]) * largest).all(-1, keepdims=True)
    logs = np.log(np.where(keep, entries, 1.0))
    count = keep.sum(-2, keepdims=True)
    deviations = np.where(keep, logs - logs.sum(-2, keepdims=True) / np.maximum(count, 1), 0.0)
    return np.where(count > 1, deviations.mT @ deviations, np.nan)


def exponents(products: Array, *, confidence: float = 0.95) -> dict[str, Exponent]:
    r"""All six exponents of a linear map in the basis of its weights.

    Parameters
    ----------
    products : array, shape (R, 3, 3)
        From `log_products`; at least 3 replicas.
    confidence : float, default 0.95

    Returns
    -------
    dict of str to Exponent
        Under the names of `Alignments`: of the representation as a power of the gradient ("…rg")
        and of the weights ("…rw"), of the gradient as a power of the weights ("…gw").

    Raises
    ------
    ValueError
        As `fit_exponent`.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> draw = lambda: rng.standard_normal((5, 50, 4))
    >>> laws = exponents(log_products(LinearLayer(draw(), draw()[:, :4], draw())))
    >>> round(laws["forward_rw"].exponent)  # H_b is Z_b itself if the inputs are white
    1
    """
    found = _products("products", products, 3)
    fitted = {}
    for name, pair in _PAIRS.items():
        form = np.stack(pair).astype(float)
        fitted[name] = fit_exponent(form @ found @ form.T, confidence=confidence)
    return fitted


def fit_exponent(products: Array, *, confidence: float = 0.95) -> Exponent:
    r"""Fit an exponent to sums of squares and products of two logarithms.

    Each replica has a factor of its own; all have the exponent in common. Neither matrix is cause
    or consequence and both are noisy, so that the exponent is that of the reduced major axis: the
    only regression for which A as a power of B has exactly the inverse exponent and taking a power
    of a matrix multiplies exactly. It is unbiased if noise has the same share of the variance of
    both logarithms; `Exponent.bracket` tells how far other assumptions would lead.

    The interval is that of the jackknife over replicas, Student's t on :math:`\log|x|`. It covers
    other seeds, for weights and for the order of stimuli. It does not cover other stimuli, nor the
    choice of the cut, nor that there may be no power law: for this look at `Exponent.r_squared`.

    Parameters
    ----------
    products : array, shape (R, 2, 2)
        Sums over directions of products of the deviations of :math:`\log A, \log B`.
    confidence : float, default 0.95

    Returns
    -------
    Exponent

    Raises
    ------
    ValueError
        If there are fewer than 3 replicas or one of the logarithms is constant.

    Examples
    --------
    >>> products = np.array([[[1.0, 1.9], [1.9, 4.0]], [[1.0, 2.1], [2.1, 4.5]]]).repeat(3, 0)
    >>> law = fit_exponent(products)
    >>> bool(law.lower < law.exponent < law.upper)
    True
    """
    sums = _products("products", products, 2)
    level = as_number("confidence", confidence, above=0)
    if level >= 1:
        raise ValueError(f"confidence must be below 1, found {confidence}")
    total = sums.sum(0)
    if not (np.diagonal(total) > 0).all():
        raise ValueError("products must be of logarithms that differ, found a constant one")
    without = total - sums
    correlation = jackknife(_fisher(total), _fisher(without), level)
    value, left_out = _slope(total), _slope(without)
    lower, upper = -np.inf, np.inf
    if correlation[0] > 0 or correlation[1] < 0:
        ends = jackknife(np.log(abs(value)), np.log(np.abs(left_out)), level)
        lower, upper = sorted(np.copysign(np.exp(ends), value).tolist())
    r_squared = float(total[0, 1] ** 2 / (total[0, 0] * total[1, 1]))
    return Exponent(float(value), lower, upper, r_squared, left_out, level)


def reciprocity(first: Exponent, second: Exponent) -> tuple[float, float, float]:
    r"""Product of two exponents with its interval; 1 if they are reciprocal.

    Parameters
    ----------
    first, second : Exponent
        Of the same replicas: what the exponents have in common by chance is allowed for.

    Returns
    -------
    product, lower, upper : float
        At the confidence of the first.

    Raises
    ------
    ValueError
        If the replicas are not as many.

    Examples
    --------
    >>> products = np.array([[1.0, 1.9], [1.9, 4.0]])[None].repeat(3, 0)
    >>> there, back = fit_exponent(products), fit_exponent(products[:, ::-1, ::-1])
    >>> round(reciprocity(there, back)[0], 6)
    1.0
    """
    if len(first.left_out) != len(second.left_out):
        raise ValueError(
            f"second must have {len(first.left_out)} replicas, found {len(second.left_out)}"
        )
    product = first.exponent * second.exponent
    if not np.isfinite([first.lower, second.lower]).all():
        return product, -np.inf, np.inf
    left_out = np.log(np.abs(first.left_out * second.left_out))
    ends = jackknife(np.log(abs(product)), left_out, first.confidence)
    lower, upper = sorted(np.copysign(np.exp(ends), product).tolist())
    return product, lower, upper


def jackknife(value: Array, left_out: Array, confidence: float) -> tuple[float, float]:
    """Interval of a statistic from its values without each of the replicas."""
    n = len(left_out)
    error = np.sqrt((n - 1) / n * ((left_out - left_out.mean()) ** 2).sum())
    reach = stats.t.ppf((1 + confidence) / 2, n - 1) * error
    return float(value - reach), float(value + reach)


def _products(name: str, value: Array, size: int) -> Array:
    stack = as_stack(name, value)
    if stack.ndim != 3 or stack.shape[1:] != (size, size):
        raise ValueError(f"{name} must have shape (R, {size}, {size}), found {stack.shape}")
    if len(stack) < 3:
        raise ValueError(f"{name} must have at least 3 replicas, found {len(stack)}")
    return stack


def _variances(rows: Array, directions: Array) -> Array:
    """Variance of rows (..., n, M) along directions in columns (..., M, k)."""
    return np.asarray((rows @ directions).var(-2))


def _slope(products: Array) -> Array:
    """Reduced major axis."""
    ratio = products[..., 1, 1] / products[..., 0, 0]
    return np.asarray(np.copysign(np.sqrt(ratio), products[..., 0, 1]))


def _fisher(products: Array) -> Array:
    """Fisher's transform of the correlation, whose sampling error does not depend on it."""
    correlation = products[..., 0, 1] / np.sqrt(products[..., 0, 0] * products[..., 1, 1])
    return np.asarray(np.arctanh(np.clip(correlation, -1 + 1e-15, 1 - 1e-15)))
