r"""A rigorous bound at finite width for saturating activations on symmetric tasks.

Take an activation with :math:`g(x) = φ(x) - φ(0)` odd and, for x > 0, non-decreasing and concave
(tanh, erf, hard tanh, sigmoid), and a task in which every stimulus p has an *antipode* p' with
opposite labels, such that exchanging all antipodes leaves the input kernel as it is. The bound of
`_width` holds for every α; take α = cY. It needs the largest

.. math:: \lVert α^\top φ(h)\rVert^2 - λ_1λ_2\,h^\top\tilde K^{-1}h .

Let :math:`x_p = (h_p - h_{p'})/2`. (1) As α is odd, :math:`α^\top φ(h) = \sum α_p[φ(h_p) -
φ(h_{p'})]` over the P/2 pairs, and each bracket is at most :math:`2g(|x_p|)` in size: g is
concave on one side and odd. So the first term is at most :math:`4σ^2\sum g(|x_p|)^2`, with
:math:`σ^2 = λ_{\max}(α^\top α)/2`. (2) The cost is not larger for the odd part of h alone, hence at
least :math:`2\sum x_p^2/κ` with κ the largest eigenvalue of :math:`\tilde K` on odd patterns. The
pairs part, and P/2 times the maximum of a function of one number remains,

.. math:: m = \max_{x ≥ 0}\; 4σ^2 g(x)^2 - 2λ_1λ_2x^2/κ .

On the hypercube, where the labels have the eigenvalue κ, h = x y_a attains it: the bound is exact.
"""

from __future__ import annotations

import numpy as np

from .._validation import Array
from ._activations import Activation
from ._metric import InputMetric

__all__: list[str] = []

Index = np.ndarray[tuple[int], np.dtype[np.int64]]

_HALVINGS = 60


def antipodes(labels: Array, metric: InputMetric) -> Index | None:
    """Antipode of every stimulus, or None where the task has no such symmetry."""
    order, opposite = np.lexsort(labels.T), np.lexsort(-labels.T)
    if (labels[order] != -labels[opposite]).any():
        return None
    partner = np.empty(len(labels), dtype=np.int64)
    partner[order] = opposite
    exchanged = metric.kernel[np.ix_(partner, partner)]
    if np.abs(exchanged - metric.kernel).max() > 1e-12 * np.abs(metric.kernel).max():
        return None
    return partner


def odd_width_bound(
    labels: Array,
    metric: InputMetric,
    activation: Activation,
    decay: tuple[float, float],
    alpha: Array,
    width: int,
) -> float | None:
    """Lower bound on E for `width` neurons; None if the conditions do not hold.

    `alpha` (P, d_Y), the residual of a good solution, only sets the multiple c of the labels.
    """
    partner = antipodes(labels, metric) if activation.saturating else None
    if partner is None:
        return None
    first, second = decay
    c = float(np.sum(alpha * labels) / np.sum(labels**2))
    odd = (metric.kernel - metric.kernel[:, partner]) / 2
    kappa = float(np.linalg.eigvalsh(odd)[-1])
    pull = 2 * c * c * float(np.linalg.eigvalsh(labels.T @ labels)[-1])
    push = 0.0 if kappa <= 0 else _largest(activation, pull, 2 * first * second / kappa)
    size = float(np.sum(labels**2))
    bound = c * size - 0.5 * c * c * size - width / (2 * second) * len(labels) / 2 * push
    return max(bound, 0.0)


def _largest(activation: Activation, pull: float, price: float) -> float:
    """Upper bound of pull · g(x)² − price · x² over x ≥ 0, by halving intervals.

    g is concave, so on [l, u] it lies below its tangent at l, which leaves a quadratic.
    """

    def g(x: Array) -> Array:
        return np.asarray(activation.value(x) - activation.value(np.zeros(1)))

    # g(x)/x falls, so once the function is negative it stays so.
    end = np.ones(1)
    while (pull * g(end) ** 2 > price * end**2).any():
        end = 2 * end
        if end[0] > 1e100:  # no saturation is strong enough: the price is zero
            return np.inf
    left, right, best, bound = np.zeros(1), end, 0.0, np.inf
    for _ in range(_HALVINGS):
        at, slope, width = g(left), activation.derivative(left), right - left

        def above(t: Array, at: Array = at, slope: Array = slope, start: Array = left) -> Array:
            return np.asarray(pull * (at + slope * t) ** 2 - price * (start + t) ** 2)

        bend = price - pull * slope**2
        rise = pull * at * slope - price * left
        peak = np.divide(rise, bend, out=width.copy(), where=bend > 0)
        upper = np.maximum(
            above(np.clip(peak, 0, width)), np.maximum(above(0 * width), above(width))
        )
        best = max(best, float(above(0 * width).max()))
        bound = max(best, float(upper.max()))
        keep = upper > best * (1 + 1e-14)
        if not keep.any():
            break
        left, right = left[keep], right[keep]
        middle = (left + right) / 2
        left, right = np.concatenate([left, middle]), np.concatenate([middle, right])
    return bound
