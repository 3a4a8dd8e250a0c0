r"""A bound at finite width that knows that neurons are whole.

For activations steeper than ReLU-like ones far from zero (ReLU^p with p > 1, GELU, softplus) the
relaxation of `_width` is loose: a measure may hold a tenth of a neuron ten times as large. This
bound, for orthogonal labels (:math:`Y^\top Y = P\,I`), keeps the neurons whole. Let
:math:`s_i = Y^\top φ(h_i)/\sqrt P` and :math:`B = \sum s_is_i^\top`, with eigenvalues μ. By the
matrix Cauchy–Schwarz inequality :math:`\mathrm{tr}\,Y^\top(K+λ_2)^{-1}Y ≥ P\sum_a (λ_2+μ_a)^{-1}`.
The neurons' sizes :math:`\lVert s_i\rVert^2` are majorised by μ (Schur and Horn), and the sum
is smallest for the most even μ: an eigenvalue that holds one large neuron alone equals its size,
and the others share what is left equally, no neuron among them larger than its share μ. A share
costs at least μ times the lowest price :math:`c(h)/\lVert s(h)\rVert^2` of any neuron of size at
most μ. Hence, for every width and every activation,

.. math:: E ≥ d_Y \min_h\min_{μ ≥ \lVert s(h)\rVert^2}
    \left[\frac{λ_2P}{2(λ_2+μ)} + \frac{λ_1μ}{2}\frac{c(h)}{\lVert s(h)\rVert^2}\right],

a neuron with s(h) = 0 counting as P/2, the value at μ = 0. For ReLU-like activations and inputs
isotropic within each order the bound is the exact optimum; where the price falls with size, the
best μ is the size of one neuron: no network beats d_Y neurons that each carry one latent perfectly.
"""

from __future__ import annotations

import numpy as np

from .._validation import Array
from ._activations import Activation
from ._ascent import minimise_smooth
from ._metric import InputMetric

__all__: list[str] = []

_SIZES = (0.3, 1.0, 2.0)
_RANDOM = 8


def whole_neuron_bound(
    labels: Array,
    metric: InputMetric,
    activation: Activation,
    decay: tuple[float, float],
) -> float:
    """The bound with the best single neuron searched by descent (not rigorous); 0 if none."""
    p, d = labels.shape
    if np.abs(labels.T @ labels - p * np.eye(d)).max() > 1e-9 * p:
        return 0.0
    first, second = decay
    factor = metric.factor
    rank = factor.shape[1]
    if metric.free:
        factor = np.column_stack([factor, np.ones(p)])
    unit = labels / np.sqrt(p)
    origin = activation.value(np.zeros(1))
    # A constant that all neurons share does not reach labels of mean zero.
    base = origin if np.abs(labels.sum(axis=0)).max() < 1e-9 * p else 0.0

    def share(u: Array) -> tuple[float, Array]:
        h = factor @ u
        s = unit.T @ (activation.value(h) - base)
        size, cost = float(s @ s), float(u[:rank] @ u[:rank])
        if size < 1e-12 or cost < 1e-12:
            return 0.5 * p, np.zeros_like(u)
        price = cost / size
        free_share = float(np.sqrt(second * p / (first * price)) - second)
        mu = max(free_share, size)
        by_price = 0.5 * first * mu
        by_size = -by_price * price / size
        if free_share < size:
            by_size += 0.5 * first * price - 0.5 * second * p / (second + mu) ** 2
        gradient = 2 * by_size * (factor.T @ (activation.derivative(h) * (unit @ s)))
        gradient[:rank] += 2 * by_price / size * u[:rank]
        return float(0.5 * second * p / (second + mu) + by_price * price), gradient

    rng = np.random.default_rng(0)
    shapes = [labels, -labels, 1 + labels, 1 - labels, labels.sum(axis=1, keepdims=True)]
    shapes += [np.eye(p)[:, :1], rng.standard_normal((p, _RANDOM))]
    starts = np.concatenate([size * shape for size in _SIZES for shape in shapes], axis=1)
    best = 0.5 * p
    for u in np.linalg.lstsq(factor, starts, rcond=None)[0].T:
        best = min(best, minimise_smooth(share, u, 1e-12, 300)[0])
    return float(d * best)
