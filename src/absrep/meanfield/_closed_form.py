r"""Optimal representations in closed form, and the conditions under which they hold.

For labels that are balanced and independent (all :math:`2^d` combinations equally often) and an
input kernel with :math:`\tilde K 1 = κ_0 1` and :math:`\tilde K Y = κ_1 Y`, the best neurons read
one latent each. Everything then depends on few numbers: κ₀, κ₁, and the largest eigenvalues on what
is orthogonal to the constant and to the labels, by parity under the flip of all labels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq, minimize_scalar

from .._validation import Array, as_count
from ..tasks import Task
from ._activations import Activation, relu
from ._metric import WeightDecay, as_weight_decay, input_metric

__all__ = ["ClosedForm", "closed_form"]


@dataclass(frozen=True, eq=False)
class ClosedForm:
    r"""An optimum known in closed form.

    Attributes
    ----------
    kernel : array, shape (P, P)
        Hidden kernel; :math:`a\,11^\top + b\,K_Y`.
    strength : float
        b, the weight of the output kernel in the hidden kernel; 0 if learning collapses.
    loss : float
    preactivations : array, shape (P, n)
        The neurons, one per latent and sign: h ∝ 1 ± y_a, or ± y_a.
    masses : array, shape (n,)
        How many neurons of each (for activations of degree 1 any number, at unit cost each).
    """

    kernel: Array
    strength: float
    loss: float
    preactivations: Array
    masses: Array


@dataclass(frozen=True)
class Isotropy:
    """κ₀ (infinite for a free bias), κ₁, and the largest eigenvalues on interactions.

    These are the largest of all, of the even ones and of the odd ones: unchanged, or with their
    sign changed, by the flip of all labels.
    """

    constant: float
    latent: float
    rest: float
    even: float
    odd: float


def isotropy(task: Task, bias: float) -> Isotropy:
    """Check that the closed forms apply to labels and inputs, and return the eigenvalues.

    Raises
    ------
    ValueError
        That says which condition fails.
    """
    metric = input_metric(task, bias)
    y, p = task.labels, task.n_stimuli
    patterns, counts = np.unique(y, axis=0, return_counts=True)
    if len(patterns) != 2**task.n_latents or len(set(counts.tolist())) != 1:
        raise ValueError("task has no closed form: not all combinations of labels occur equally")
    kernel = metric.kernel
    scale = float(np.abs(kernel).max()) or 1.0
    constant = float(kernel.sum() / p)
    latent = float(np.einsum("pa,pq,qa->", y, kernel, y) / (p * y.shape[1]))
    if np.abs(kernel.sum(axis=1) - constant).max() > 1e-9 * scale * p:
        raise ValueError("task has no closed form: 1 is not an eigenvector of the input kernel")
    if np.abs(kernel @ y - latent * y).max() > 1e-9 * scale * p:
        raise ValueError(
            "task has no closed form: the labels are not eigenvectors of the input kernel with one "
            "eigenvalue"
        )
    if latent <= 1e-12 * scale:
        raise ValueError("task has no closed form: the inputs do not distinguish the labels")
    rest = kernel - constant / p - latent * (y @ y.T) / p
    largest = float(np.linalg.eigvalsh(rest)[-1])
    even, odd = _parities(rest, y, largest)
    return Isotropy(np.inf if metric.free else constant, latent, largest, even, odd)


def _parities(rest: Array, labels: Array, largest: float) -> tuple[float, float]:
    """Largest eigenvalue on even and on odd functions, or `largest` twice if they mix."""
    # The k-th stimulus of a class is paired with the k-th one of the class of opposite labels.
    here, there = np.lexsort(labels.T), np.lexsort(-labels.T)
    partner = np.empty(len(labels), dtype=np.int64)
    partner[here] = there
    if np.abs(rest[np.ix_(partner, partner)] - rest).max() > 1e-9 * np.abs(rest).max(initial=0):
        return largest, largest
    flipped = rest[partner]
    even, odd = (float(np.linalg.eigvalsh((rest + s * flipped) / 2)[-1]) for s in (1, -1))
    return even, odd


def check_interactions(spectrum: Isotropy, left: float = 0.0) -> None:
    """Raise ValueError if interactions are too strong for modular neurons, slope `left` below 0."""
    k0, k1 = spectrum.constant, spectrum.latent
    if spectrum.even >= k0 * (1 - 1e-9):
        raise ValueError(
            "task has no closed form: even interactions must be weaker than the constant, "
            f"found κ_r = {spectrum.even:.6g} and κ₀ = {k0:.6g}"
        )
    # (κ_o − κ₁)·excess ≤ κ₁, cleared of the denominator, which is 0 for |x|.
    excess = max(2 * k0 / (k0 + k1) - (1 + left), 0.0) if k0 < np.inf else 1 - left
    if (spectrum.odd - k1) * excess > (1 + left) * k1 + 1e-9 * k1:
        raise ValueError(
            "task has no known closed form: odd interactions must not be this much stronger "
            f"than the labels, found κ_r = {spectrum.odd:.6g} and κ₁ = {k1:.6g}"
        )


def closed_form(
    task: Task,
    activation: Activation = relu,
    weight_decay: WeightDecay = 1e-2,
    bias: float = 1.0,
    width: int | None = None,
) -> ClosedForm:
    r"""Optimal hidden representation of an isotropic task, in closed form.

    Activations of degree 1 with slope 1 above zero and a, at most 1 in size, below: neurons
    :math:`h ∝ 1 ± y_a`, or :math:`h ∝ κ_0(1-a) ± κ_1(1+a)y_a` where
    :math:`a > (κ_0-κ_1)/(κ_0+κ_1)`,

    .. math:: K = b(d_Y c\,11^\top + K_Y), \qquad b = \frac{\sqrt{λ_2Pγ/λ_1} - λ_2}{P}, \qquad
        L = d_Y\left[\sqrt{λ_1λ_2P/γ} - \frac{λ_1λ_2}{2γ}\right]

    with the *gain* :math:`γ = κ_0κ_1/(κ_0+κ_1)` and c = 1 in the first case,
    :math:`γ = [κ_0(1-a)^2 + κ_1(1+a)^2]/4` and :math:`c = [(1-a^2)(κ_0+κ_1)/4γ]^2` in the second
    (linear neurons, a = 1: h ∝ y_a, γ = κ₁, c = 0). If :math:`\sqrt{λ_1λ_2} ≥ \sqrt{Pγ}` learning
    *collapses*: K = 0 and :math:`L = \tfrac12\lVert Y\rVert^2`.

    Other activations that are odd around φ(0) (tanh, erf, sigmoid) at a given width M: neurons
    ± t y_a,

    .. math:: K = Mφ(0)^2 11^\top + bK_Y, \qquad b = \tfrac{M}{d}(φ(t) - φ(0))^2, \qquad
        L = \tfrac12\min_t\left[\frac{λ_2dP}{bP + λ_2} + λ_1\frac{MPt^2}{κ_1}\right].

    Parameters
    ----------
    task : Task
        All combinations of labels equally often; the constant and the labels eigenvectors of the
        input kernel; all other eigenvalues at most κ₁ (linear and odd activations). At degree 1,
        those on even functions below κ₀ and those on odd ones at most κ_o with, for ReLU,
        2/κ_o = 1/κ₁ − 1/κ₀ (any, if κ₀ ≤ κ₁). The bound on κ_o is sufficient; a little above
        it the form may still hold, well above it fails.
    activation : Activation
    weight_decay : float or (float, float)
        λ or (λ₁, λ₂), above zero.
    bias : float
        τ in [0, ∞]. With a free bias the constant part of K is not determined; the one of the
        smallest non-negative neurons is returned.
    width : int, optional
        M; needed by odd activations, not used at degree 1.

    Returns
    -------
    ClosedForm

    Raises
    ------
    ValueError
        If no closed form applies: the message tells the condition that fails.

    Examples
    --------
    >>> from absrep.meanfield import closed_form
    >>> form = closed_form(hypercube(2))
    >>> round(form.loss, 10)
    0.0436978046
    """
    first, second = as_weight_decay(weight_decay)
    if first == 0:
        raise ValueError("weight_decay must be above zero")
    spectrum = isotropy(task, bias)
    if activation.slopes is None:
        return _odd(task, activation, first, second, spectrum, width)
    return _homogeneous(task, activation, first, second, spectrum)


def _homogeneous(
    task: Task, activation: Activation, first: float, second: float, spectrum: Isotropy
) -> ClosedForm:
    assert activation.slopes is not None
    left, right = activation.slopes
    y, p, d = task.labels, task.n_stimuli, task.n_latents
    k0, k1 = spectrum.constant, spectrum.latent
    signed = np.concatenate([y, -y], axis=1)
    if right != 1 or abs(left) > 1:
        raise ValueError(
            f"activation {activation} has no closed form: slopes must be 1 and at most 1"
        )
    if left == 1:
        if spectrum.rest > k1 * (1 + 1e-9):
            raise ValueError("task has no closed form: an interaction is stronger than the labels")
        gain, neurons, unit = k1, y, 1.0
    else:
        check_interactions(spectrum, left)
        # Below this slope a neuron stays non-negative; above it, it dips below zero.
        if left <= 1 - 2 / (1 + k0 / k1):
            gain = k1 if k0 == np.inf else k0 * k1 / (k0 + k1)
            neurons = 1 + signed
        else:
            if left > 0 and spectrum.rest > k1 * (1 + 1e-9):
                raise ValueError(
                    "task has no closed form: for leaky neurons that dip below zero no interaction "
                    f"may be stronger than the labels, found κ_r = {spectrum.rest:.6g} and "
                    f"κ₁ = {k1:.6g}"
                )
            mean, swing = k0 * (1 - left), k1 * (1 + left)
            gain = ((1 - left) * mean + (1 + left) * swing) / 4
            neurons = (mean + swing * signed) / (2 * gain)
        unit = 0.5  # two neurons per latent, of features 1 ± y_a: 2·(11ᵀ + y_a y_aᵀ)
    collapsed = first * second >= p * gain
    if collapsed:
        empty = np.zeros((p, 0))
        return ClosedForm(np.zeros((p, p)), 0.0, float(0.5 * np.sum(y**2)), empty, np.zeros(0))
    b = float((np.sqrt(second * p * gain / first) - second) / p)
    loss = float(d * (np.sqrt(first * second * p / gain) - first * second / (2 * gain)))
    z = activation.value(neurons)
    masses = np.full(neurons.shape[1], unit * b)
    kernel = (z * masses) @ z.T
    # Unit cost, as the solver returns them. ‖h‖² in the metric follows from the two eigenvalues.
    cost = _cost(neurons, y, k0, k1)
    return ClosedForm(kernel, b, loss, neurons / np.sqrt(cost), masses * cost)


def _cost(neurons: Array, labels: Array, k0: float, k1: float) -> Array:
    """hᵀK̃⁻¹h of neurons in the span of the constant and the labels."""
    p = len(labels)
    mean = neurons.mean(axis=0)
    coefficients = labels.T @ neurons / p
    return np.asarray(p * mean**2 / k0 + p * np.square(coefficients).sum(axis=0) / k1)


def _odd(
    task: Task,
    activation: Activation,
    first: float,
    second: float,
    spectrum: Isotropy,
    width: int | None,
) -> ClosedForm:
    if not activation.odd:
        raise ValueError(
            f"activation {activation} has no closed form: neither of degree 1 nor odd around φ(0)"
        )
    if activation.degree is not None and activation.degree > 1:
        raise ValueError(f"activation {activation} has no closed form: its degree is above 1")
    if width is None:
        raise ValueError(f"width must be given for {activation}")
    m = as_count("width", width)
    y, p, d = task.labels, task.n_stimuli, task.n_latents
    k1 = spectrum.latent
    if spectrum.rest > k1 * (1 + 1e-9):
        raise ValueError("task has no closed form: an interaction is stronger than the labels")
    if m % d:
        raise ValueError(f"width must be a multiple of the {d} latents, found {m}")
    if activation.value(np.zeros(1))[0] != 0 and m % (2 * d):
        raise ValueError(f"width must be a multiple of {2 * d}, found {m}")
    offset = float(activation.value(np.zeros(1))[0])

    def strength(t: float) -> float:
        return m / d * float(activation.value(np.array([t]))[0] - offset) ** 2

    def loss(t: float) -> float:
        return 0.5 * (second * d * p / (strength(t) * p + second) + first * m * p * t * t / k1)

    def slope(t: float) -> float:
        b = strength(t)
        x = np.array([t])
        rise = 2 * m / d * float((activation.value(x)[0] - offset) * activation.derivative(x)[0])
        return 0.5 * (
            -second * d * p * p * rise / (b * p + second) ** 2 + 2 * first * m * p * t / k1
        )

    # Beyond this the cost alone exceeds the loss of the collapsed network.
    largest = float(np.sqrt(d * k1 / (first * m)))
    grid = np.linspace(0, largest, 2001)
    best = int(np.argmin([loss(t) for t in grid]))
    low, high = grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)]
    t = float(minimize_scalar(loss, bounds=(low, high), method="bounded").x)
    # The minimum's position to full precision, where the slope changes sign smoothly.
    if slope(low) < 0 < slope(high):
        t = float(brentq(slope, low, high, xtol=1e-15, rtol=1e-14))
    if loss(t) >= loss(0.0):
        t = 0.0
    b = strength(t)
    kernel = m * offset**2 + b * (y @ y.T)
    signed = np.concatenate([y, -y], axis=1)
    return ClosedForm(kernel, b, loss(t), t * signed, np.full(2 * d, m / (2 * d)))
