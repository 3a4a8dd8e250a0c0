r"""A given number of neurons with any activation: descent of E(H) from many starts.

At finite width the set of measures is no longer all of them, and for activations that are not
of degree 1 the number of neurons matters. The optimum found is the best of several descents.
Bounds: relaxing whole neurons to any measure of total mass M gives, for every α,

.. math:: E ≥ ⟨α,Y⟩ - \tfrac12\lVert α\rVert^2
    - \frac{M}{2λ_2}\max_h\left[\lVert α^\top φ(h)\rVert^2 - λ_1λ_2 h^\top\tilde K^{-1}h\right],

with equality at the relaxed optimum; half the maximum is λ₂ times the *chemical potential*, the
price of a neuron.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .._validation import Array
from ._activations import Activation
from ._ascent import _minimise, largest_push
from ._generation import dual_bound
from ._master import resolvent
from ._metric import InputMetric
from ._oracle import LARGEST_SEARCH, best_neurons, n_cones

__all__: list[str] = []

_SAME = 1e-5  # relative distance below which two neurons of a descent count as equal


@dataclass(frozen=True)
class Descent:
    """Distinct preactivations (P, n), their numbers (n,), and the energy."""

    preactivations: Array
    masses: Array
    energy: float


def descend(
    labels: Array,
    metric: InputMetric,
    activation: Activation,
    decay: tuple[float, float],
    starts: list[Array],
) -> Descent:
    """Best of the descents of E(H) from the starts (each P × M)."""
    first, second = decay
    factor = metric.factor
    rank = factor.shape[1]
    if metric.free:
        factor = np.column_stack([factor, np.ones(len(factor))])

    def function(flat: Array) -> tuple[float, Array]:
        u = flat.reshape(factor.shape[1], -1)
        h = factor @ u
        z = activation.value(h)
        _, solved = resolvent(z @ z.T, labels, second)
        value = 0.5 * second * np.sum(labels * solved) + 0.5 * first * np.sum(u[:rank] ** 2)
        push = activation.derivative(h) * (solved @ (solved.T @ z))
        gradient = -second * factor.T @ push
        gradient[:rank] += first * u[:rank]
        return float(value), gradient.ravel()

    results = []
    for start in starts:
        u = np.linalg.lstsq(factor, start, rcond=None)[0]
        results.append(_minimise(function, u.ravel()))
    value, flat = min(results, key=lambda pair: pair[0])
    h, masses = _distinct(factor @ flat.reshape(factor.shape[1], -1))
    return Descent(h, masses, value)


def _distinct(h: Array) -> tuple[Array, Array]:
    """Columns that differ, and how often each occurs (means of nearly equal ones)."""
    scale = max(float(np.abs(h).max()), 1e-300)
    group = np.full(h.shape[1], -1)
    centres: list[Array] = []
    for i, column in enumerate(h.T):
        near = [j for j, c in enumerate(centres) if np.abs(c - column).max() <= _SAME * scale]
        if not near:
            centres.append(column)
        group[i] = near[0] if near else len(centres) - 1
    counts = np.bincount(group).astype(float)
    means = np.stack([h[:, group == g].mean(axis=1) for g in range(len(counts))], axis=1)
    return means, counts


def default_starts(
    labels: Array, metric: InputMetric, width: int, rng: np.random.Generator, n_random: int
) -> list[Array]:
    """Starts: every neuron on one latent; on 1 ± a latent; on one stimulus; at random."""
    p, d = labels.shape
    sign = np.where(np.arange(width) // d % 2 == 0, 1.0, -1.0)
    latents = labels[:, np.arange(width) % d] * sign
    stimuli = np.eye(p)[:, np.arange(width) % p]
    # A little noise breaks the symmetry between equal neurons where equality is not optimal.
    noise = 1e-3 * rng.standard_normal((p, width))
    starts = [latents, latents + noise, 1 + latents, 1 + latents + noise, 2 * stimuli + noise]
    for size in np.geomspace(0.1, 2.0, n_random):
        starts.append(size * rng.standard_normal((p, width)))
    return [metric.project(start) for start in starts]


def heuristic_width_bound(
    labels: Array,
    metric: InputMetric,
    activation: Activation,
    decay: tuple[float, float],
    found: Descent,
    width: int,
    rng: np.random.Generator,
) -> float:
    """The bound of the module's docstring with the maximum over h searched by ascent."""
    first, second = decay
    z = activation.value(found.preactivations)
    _, solved = resolvent((z * found.masses) @ z.T, labels, second)
    alpha = second * solved
    extra = rng.standard_normal((len(labels), 24)) * np.geomspace(0.1, 5, 24)
    starts = np.concatenate(
        [found.preactivations, 3 * found.preactivations, labels, -labels, metric.project(extra)], 1
    )
    push = largest_push(alpha, first * second, metric, activation, starts)
    bound = np.sum(alpha * labels) - 0.5 * np.sum(alpha**2) - width / (2 * second) * push
    return max(float(bound), 0.0)


def sector_bound(
    labels: Array, metric: InputMetric, activation: Activation, nu: float, kernel: Array
) -> float | None:
    r"""Rigorous bound on J from the lines between which φ lies; None if there are none.

    φ(h) − φ(0) = Gh with G in the sector, and φ(0) adds a constant, to which a centred α is
    blind. `kernel` (scaled) proposes α.
    """
    sector = activation.sector
    if sector is None or n_cones(metric, sector) > LARGEST_SEARCH:
        return None
    _, alpha = resolvent(kernel, labels, nu)
    if metric.free or activation.value(np.zeros(1))[0] != 0:
        alpha = alpha - alpha.mean(axis=0)
    return dual_bound(alpha, labels, nu, best_neurons(alpha, metric, sector, 0.0).bound)
