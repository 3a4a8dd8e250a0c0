r"""Atoms that slide: positions and masses of piecewise-linear neurons, descended together.

On one face (fixed signs, fixed zeros) the features of a neuron are linear in its preactivations,
and J is smooth. A Newton step is tried in full; a neuron that it carries out of its cone goes
through to the next cone or stops at the boundary, whichever gives the lower J.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from .._validation import Array
from ._activations import Activation
from ._master import joint_newton_step, scaled_energy, solve_masses
from ._metric import InputMetric
from ._oracle import Mask

__all__: list[str] = []

_NEGLIGIBLE = 1e-14  # share of the total cost below which an atom is dropped


@dataclass(frozen=True)
class Atoms:
    """Unit-cost preactivations h and signs of their faces (n, P), masses (n,) in scaled units."""

    h: Array
    signs: Array
    masses: Array

    def __getitem__(self, index: Mask) -> Atoms:
        return Atoms(self.h[index], self.signs[index], self.masses[index])

    def __len__(self) -> int:
        return len(self.masses)


@dataclass(frozen=True)
class Problem:
    """J for one task: labels (P, d_Y), metric, piecewise-linear activation, ν."""

    labels: Array
    metric: InputMetric
    activation: Activation
    nu: float
    maps: dict[bytes, tuple[Array, Array, Array]] = field(default_factory=dict)

    def features(self, h: Array) -> Array:
        """Features (P, n) of h (n, P); without their mean where the output bias is free."""
        z = self.activation.value(h).T
        return z - z.mean(axis=0) if self.metric.free else z

    def kernel(self, atoms: Atoms) -> Array:
        z = self.features(atoms.h) * np.sqrt(atoms.masses)
        return np.asarray(z @ z.T)

    def energy(self, h: Array) -> float:
        """J of neurons whose masses are in the size of their preactivations h (n, P)."""
        z = self.features(h)
        return scaled_energy(z @ z.T, self.labels, self.nu, float(self.metric.cost(h.T).sum()))

    def reweigh(self, atoms: Atoms) -> Atoms:
        """The same atoms with optimal masses; those that get none are dropped."""
        masses = solve_masses(self.features(atoms.h), self.labels, self.nu, atoms.masses)
        return Atoms(atoms.h, atoms.signs, masses)[masses > 0]

    def zeros(self, signs: Array) -> Mask:
        """Where the faces hold h at 0: a linear activation has no signs, hence no faces."""
        slopes = self.activation.slopes
        assert slopes is not None
        return np.asarray((signs == 0) & (slopes[0] != slopes[1]))

    def face(self, signs: Array) -> tuple[Array, Array, Array]:
        """F, W and V of a face: features Fv and h = Wv at cost ‖v‖², and v = Vh."""
        key = signs.astype(np.int8).tobytes()
        if key not in self.maps:
            slopes = self.activation.slopes
            assert slopes is not None
            zero = self.zeros(signs)
            gain = np.where(zero, 0.0, np.where(signs < 0, slopes[0], slopes[1]))
            b = conditional_covariance(self.metric, zero)
            values, axes = np.linalg.eigh(gain[:, None] * b * gain)
            keep = values > 1e-13 * max(values[-1], 0.0)
            root, axes = np.sqrt(values[keep]), axes[:, keep]
            forward = axes * root
            if self.metric.free:
                forward = forward - forward.mean(axis=0)
            self.maps[key] = (
                forward,
                b @ (gain[:, None] * axes / root),
                (axes * gain[:, None] / root).T,
            )
        return self.maps[key]


def conditional_covariance(metric: InputMetric, zero: Mask) -> Array:
    """Covariance of h ~ N(0, K̃) given h = 0 on the stimuli `zero`."""
    kernel = metric.kernel
    indices = list(np.flatnonzero(zero))
    if metric.free:
        if indices:  # the free constant is used up to make h zero there
            column = kernel[:, indices[0]]
            kernel = kernel - column[:, None] - column[None, :] + column[indices.pop(0)]
        else:
            kernel = metric.factor @ metric.factor.T
    smallest = 1e-13 * np.trace(metric.kernel)
    for p in indices:
        column = kernel[:, p]
        if column[p] > smallest:
            kernel = kernel - np.outer(column, column) / column[p]
    return kernel


def _confine(metric: InputMetric, h: Array, signs: Array) -> tuple[Array, Array]:
    """Move h (P,) to the boundary of its cone, the nearest way in the metric."""
    h, signs = h.copy(), signs.copy()
    while (signs * h < 0).any():
        p = int(np.argmin(signs * h))
        if metric.free and not (signs == 0).any():
            h = h - h[p]
        else:
            column = conditional_covariance(metric, signs == 0)[:, p]
            if column[p] > 1e-12 * np.trace(metric.kernel):  # else h_p is zero but for rounding
                h = h - column * (h[p] / column[p])
        signs[p] = 0
        h[signs == 0] = 0
    return h, signs


def slide(problem: Problem, atoms: Atoms, n_steps: int = 30) -> Atoms:
    """Descend J in positions and masses together until it no longer falls, or `n_steps`."""
    metric = problem.metric
    h, signs = atoms.h * np.sqrt(atoms.masses)[:, None], atoms.signs
    current = problem.energy(h)
    for _ in range(n_steps):
        maps = [problem.face(s) for s in signs]
        position = [v @ x for (_, _, v), x in zip(maps, h, strict=True)]
        step = joint_newton_step([f for f, _, _ in maps], position, problem.labels, problem.nu)
        for t in 0.5 ** np.arange(12):
            trial, trial_signs, value = _move(problem, maps, position, step, t, signs)
            if value < current:
                break
        else:
            break
        converged = current - value <= 1e-15 * current
        cost = metric.cost(trial.T)
        keep = cost > _NEGLIGIBLE * cost.sum()
        h, signs, current = trial[keep], trial_signs[keep], value
        if converged:
            break
    masses = metric.cost(h.T)
    return Atoms(h / np.sqrt(masses)[:, None], signs, masses)


def _move(
    problem: Problem,
    maps: list[tuple[Array, Array, Array]],
    position: list[Array],
    step: list[Array],
    t: float,
    signs: Array,
) -> tuple[Array, Array, float]:
    """Preactivations, signs and J after t steps, through or along the boundaries met."""
    trial = np.stack(
        [w @ (x + t * s) for (_, w, _), x, s in zip(maps, position, step, strict=True)]
    )
    if problem.metric.free:
        # On a whole cone the constant of h is free: keep the smallest that keeps all signs.
        for i in np.flatnonzero((signs != 0).all(axis=1)):
            trial[i] -= signs[i, 0] * min((signs[i, 0] * trial[i]).min(), 0)
    trial[problem.zeros(signs)] = 0
    left = signs * trial < 0
    through = problem.energy(trial)
    if not left.any():
        return trial, signs, through
    along, along_signs = trial.copy(), signs.copy()
    for i in np.flatnonzero(left.any(axis=1)):
        along[i], along_signs[i] = _confine(problem.metric, trial[i], signs[i])
    value = problem.energy(along)
    if through < value:
        return trial, np.where(left, -signs, signs), through
    return along, along_signs, value
