r"""The best single neuron by local ascent from many starts: fast, general, not exact.

Where the exact search is too large (more than 16 stimuli) or does not apply (smooth activations),
this finds good neurons, and a bound that holds only if the best of all was among them.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.optimize import minimize

from .._validation import Array
from ._activations import Activation
from ._metric import InputMetric
from ._oracle import Neurons

__all__: list[str] = []

_STARTS = 16


def ascend(alpha: Array, metric: InputMetric, activation: Activation, floor: float) -> Neurons:
    """Local maxima of ‖αᵀφ(h)‖²/c(h) for a piecewise-linear φ, as `best_neurons`; no guarantee.

    Alternates between the best output direction w and one step towards the best h for it. At a
    fixed face this is power iteration; the starts are all latents, both signs, and random
    mixtures (of a fixed seed, so that runs repeat).
    """
    kernel, phi = metric.kernel, activation.value
    if metric.free:
        alpha = alpha - alpha.mean(axis=0)
        kernel = metric.factor @ metric.factor.T
    d = alpha.shape[1]
    directions = np.random.default_rng(0).standard_normal((_STARTS, d))
    directions = np.concatenate([np.eye(d), -np.eye(d), directions])
    h = kernel @ alpha @ directions.T
    step = np.ones(h.shape[1])
    value = _quotient(h, alpha, metric, activation)
    for _ in range(300):
        gradient = activation.derivative(h) * (alpha @ (alpha.T @ phi(h)))
        target = kernel @ gradient
        size = np.sqrt(metric.cost(h) / np.maximum(metric.cost(target), 1e-300))
        trial = h + step * (target * size - h)
        new = _quotient(trial, alpha, metric, activation)
        better = new >= value
        h, value = np.where(better, trial, h), np.where(better, new, value)
        step = np.where(better, np.minimum(1.5 * step, 1.0), step / 3)
        if (step < 1e-9).all():
            break
    unit = np.sqrt(metric.cost(h))
    h = (h / np.where(unit > 0, unit, 1.0)).T
    best = max(floor, float(value.max()))
    order = np.argsort(-value, kind="stable")
    order = order[value[order] > floor + 0.5 * (best - floor)]
    h, value = h[order], value[order]
    return Neurons(value, h, np.sign(h), phi(h), best, complete=False)


def _quotient(h: Array, alpha: Array, metric: InputMetric, activation: Activation) -> Array:
    cost = metric.cost(h)
    push = np.square(alpha.T @ activation.value(h)).sum(axis=0)
    return np.where(cost > 0, push / np.where(cost > 0, cost, 1.0), 0.0)


def largest_push(
    alpha: Array, price: float, metric: InputMetric, activation: Activation, starts: Array
) -> float:
    r"""Largest :math:`\lVert α^\top φ(h)\rVert^2 - \text{price}\,h^\top\tilde K^{-1}h` found.

    `starts` (P, n) are ascended by quasi-Newton steps. Never below the value at h = 0.
    """
    factor = metric.factor
    if metric.free:
        factor = np.column_stack([factor, np.ones(len(factor))])
    paid = np.ones(factor.shape[1])
    paid[metric.factor.shape[1] :] = 0

    def negative(u: Array) -> tuple[float, Array]:
        h = factor @ u
        push = alpha.T @ activation.value(h)
        gradient = factor.T @ (activation.derivative(h) * (alpha @ push))
        return float(price * np.sum(paid * u * u) - push @ push), 2 * (price * paid * u - gradient)

    best = -negative(np.zeros(factor.shape[1]))[0]
    for u in np.linalg.lstsq(factor, starts, rcond=None)[0].T:
        # Unbounded for activations like GELU: a large value at the border tells as much.
        best = max(best, -minimise_smooth(negative, u, 1e-12, 200, largest=1e4)[0])
    return best


def minimise_smooth(
    function: Callable[[Array], tuple[float, Array]],
    start: Array,
    tolerance: float = 1e-12,
    n_steps: int = 2000,
    largest: float | None = None,
) -> tuple[float, Array]:
    """Local minimum by L-BFGS, with no variable beyond ± `largest`."""
    bounds = None if largest is None else [(-largest, largest)] * len(start)
    options = {"maxiter": n_steps, "ftol": 0.0, "gtol": tolerance}
    result = minimize(function, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options)
    return float(result.fun), np.asarray(result.x)
