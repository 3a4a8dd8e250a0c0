r"""Optimal representations in closed form, and the conditions under which they hold.

For labels that are balanced and independent (all :math:`2^d` combinations equally often) and an
input kernel with :math:`\tilde K 1 = κ_0 1` and :math:`\tilde K Y = κ_1 Y`, the best neurons read
one latent each. Everything then depends on three numbers, κ₀, κ₁ and the largest eigenvalue κ_r on
what is orthogonal to the constant and to the labels.
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
    """κ₀ (infinite for a free bias), κ₁, and the largest κ_r of a task.

    `load` is how much of what abstraction bears the interactions take up: abstract ReLU networks
    are optimal if it is below 1.
    """

    constant: float
    latent: float
    rest: float
    load: float


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
    constant = np.inf if metric.free else constant
    return Isotropy(constant, latent, largest, _load(rest, y, constant, latent))


def _load(rest: Array, labels: Array, constant: float, latent: float) -> float:
    """Largest eigenvalue of the interactions, even and odd ones each in units of their limit.

    Flipping all labels splits functions of the stimuli into even and odd ones. Even interactions
    have to be weaker than κ₀, odd ones than 2κ₁ + min(κ₀, κ₁²/κ₀) (book, "The role of the bias").
    With several stimuli per class there is no such split, and κ₀ is taken for all.
    """
    if constant <= 0:
        return np.inf
    if len(labels) != 2 ** labels.shape[1]:
        return float(np.linalg.eigvalsh(rest)[-1]) / constant
    flipped = np.argmax(labels @ -labels.T, axis=1)  # the stimulus with all labels opposite
    flip = np.eye(len(labels))[flipped]
    odd_limit = 2 * latent + min(constant, latent**2 / constant)
    even, odd = (np.eye(len(labels)) + flip) / 2, (np.eye(len(labels)) - flip) / 2
    scale = even / np.sqrt(constant) + odd / np.sqrt(odd_limit)
    return float(np.linalg.eigvalsh(scale @ rest @ scale)[-1])


def closed_form(
    task: Task,
    activation: Activation = relu,
    weight_decay: WeightDecay = 1e-2,
    bias: float = 1.0,
    width: int | None = None,
) -> ClosedForm:
    r"""Optimal hidden representation of an isotropic task, in closed form.

    Activations of degree 1 with slope 1 above zero and at most that below: neurons
    :math:`h ∝ 1 ± y_a` (for κ₀ < κ₁, ReLU only, :math:`h ∝ κ_0 ± κ_1y_a`),

    .. math:: K = b(d_Y 11^\top + K_Y), \qquad b = \frac{\sqrt{λ_2Pγ/λ_1} - λ_2}{P}, \qquad
        L = d_Y\left[\sqrt{λ_1λ_2P/γ} - \frac{λ_1λ_2}{2γ}\right]

    with the *gain* :math:`γ = κ_0κ_1/(κ_0+κ_1)` if κ₀ ≥ κ₁ and (κ₀+κ₁)/4 otherwise; linear
    neurons have h ∝ y_a, γ = κ₁ and K = bK_Y. If :math:`\sqrt{λ_1λ_2} ≥ \sqrt{Pγ}` learning
    *collapses*: K = 0 and :math:`L = \tfrac12\lVert Y\rVert^2`.

    Other activations that are odd around φ(0) (tanh, erf, sigmoid) at a given width M: neurons
    ± t y_a,

    .. math:: K = Mφ(0)^2 11^\top + bK_Y, \qquad b = \tfrac{M}{d}(φ(t) - φ(0))^2, \qquad
        L = \tfrac12\min_t\left[\frac{λ_2dP}{bP + λ_2} + λ_1\frac{MPt^2}{κ_1}\right].

    Parameters
    ----------
    task : Task
        All combinations of labels equally often; the constant and the labels eigenvectors of the
        input kernel. Of the other eigenvalues, those on functions that are even under a flip of
        all labels must be below κ₀ and those on odd ones below 2κ₁ + min(κ₀, κ₁²/κ₀) (degree 1;
        with several stimuli per class, all below κ₀), or all at most κ₁ (odd activations).
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
        if spectrum.load >= 1 - 1e-9:
            raise ValueError(
                "task has no closed form: interactions must be weaker than the constant (odd ones "
                "than 2κ₁ + min(κ₀, κ₁²/κ₀)), found the largest "
                f"κ_r = {spectrum.rest:.6g}, κ₀ = {k0:.6g} and κ₁ = {k1:.6g}"
            )
        if k0 >= k1:
            gain = k1 if k0 == np.inf else k0 * k1 / (k0 + k1)
            neurons = 1 + signed
        elif left == 0:
            gain, neurons = (k0 + k1) / 4, (k0 + k1 * signed) * 2 / (k0 + k1)
        else:
            raise ValueError(
                f"activation {activation} has no closed form for κ₀ < κ₁, found κ₀ = {k0:.6g} and "
                f"κ₁ = {k1:.6g}"
            )
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
