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
from functools import partial

import numpy as np

from .._validation import Array
from ._activations import Activation
from ._ascent import largest_push, minimise_smooth
from ._generation import dual_bound
from ._master import resolvent, scaled_energy, solve_masses
from ._metric import InputMetric
from ._oracle import LARGEST_SEARCH, best_neurons, n_cones

__all__: list[str] = []

_SECTOR_ROUNDS = 40
_POLISHED = 3  # descents followed to the end, of those that have come lowest
_SAME = 1e-3  # relative distance below which two neurons of a descent count as equal


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

    def function(flat: Array, masses: Array) -> tuple[float, Array]:
        u = flat.reshape(factor.shape[1], -1)
        h = factor @ u
        z = activation.value(h)
        _, solved = resolvent((z * masses) @ z.T, labels, second)
        value = 0.5 * second * np.sum(labels * solved)
        value += 0.5 * first * np.sum(masses * u[:rank] ** 2)
        push = activation.derivative(h) * (solved @ (solved.T @ z))
        gradient = -second * masses * (factor.T @ push)
        gradient[:rank] += first * masses * u[:rank]
        return float(value), gradient.ravel()

    rough: list[tuple[float, Array]] = []
    for start in starts:
        u: Array = np.asarray(np.linalg.lstsq(factor, start, rcond=None)[0], dtype=np.float64)
        each = np.ones(u.shape[1])
        value, flat = minimise_smooth(partial(function, masses=each), u.ravel(), 1e-7, 500)
        rough.append((value, flat.reshape(u.shape)))
    rough.sort(key=lambda pair: pair[0])
    results = []
    for value, u in rough[:_POLISHED]:
        # Equal neurons move as one: far fewer variables, and the last digits come fast.
        for columns, masses in (_distinct(u), (u, np.ones(u.shape[1]))):
            polish = partial(function, masses=masses)
            final, flat = minimise_smooth(polish, columns.ravel(), 1e-13, 2000)
            if final <= value * (1 + 1e-6):
                break
        results.append(Descent(factor @ flat.reshape(columns.shape), masses, final))
    return min(results, key=lambda result: result.energy)


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
    # Where neurons gain from size, few large ones beat many small ones.
    for few in range(2, min(2 * d + 2, width + 1)):
        for size in (0.5, 1.0, 2.0):
            some = np.zeros((p, width))
            some[:, :few] = size * np.sqrt(width / few) * rng.standard_normal((p, few))
            starts.append(some)
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
    labels: Array, metric: InputMetric, activation: Activation, nu: float
) -> float | None:
    r"""Rigorous bound on J from the lines between which φ lies; None if there are none.

    φ(h) − φ(0) = Gh with G in the sector, and φ(0) adds a constant, to which a centred α is
    blind. The best α is that of the relaxed problem in which every neuron may choose its G; a few
    rounds of column generation come near it, and any α gives a valid bound.
    """
    sector = activation.sector
    if sector is None or n_cones(metric, sector, labels.shape[1]) > LARGEST_SEARCH:
        return None
    if metric.free or activation.value(np.zeros(1))[0] != 0:
        labels = labels - labels.mean(axis=0)
        centring = np.eye(len(labels)) - 1 / len(labels)
    else:
        centring = np.eye(len(labels))
    features, masses, bound = np.zeros((len(labels), 0)), np.zeros(0), 0.0
    for _ in range(_SECTOR_ROUNDS):
        kernel = (features * masses) @ features.T
        _, alpha = resolvent(kernel, labels, nu)
        value = scaled_energy(kernel, labels, nu, float(masses.sum()))
        found = best_neurons(alpha, metric, sector, 1.0)
        if not found.complete:
            return None
        bound = max(bound, dual_bound(alpha, labels, nu, found.bound))
        if value - bound <= 1e-9 * value or not len(found.values) or found.bound == np.inf:
            break
        features = np.concatenate([features, centring @ found.features[:64].T], axis=1)
        new = np.full(features.shape[1] - len(masses), 1e-3 * (masses.sum() or 1.0))
        masses = solve_masses(features, labels, nu, np.concatenate([masses, new]))
        features, masses = features[:, masses > 0], masses[masses > 0]
    return bound
