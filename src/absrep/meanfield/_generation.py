r"""Column generation: add the best neurons, re-balance all, until the bound meets the loss.

Everything here is in scaled units, :math:`E = νJ` with :math:`ν = \sqrt{λ_1λ_2}`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .._validation import Array
from ._ascent import ascend
from ._master import resolvent, scaled_energy
from ._oracle import LARGEST_SEARCH, Neurons, best_neurons, n_cones
from ._slide import Atoms, Problem, slide

__all__: list[str] = []

_ROUNDS = 100
_LONG_SEARCH = 4096  # cones; a few seconds at the start of a solution


@dataclass(frozen=True)
class ScaledOptimum:
    """Atoms, J, its lower bound, whether that is rigorous, α, and (J, bound) per round."""

    atoms: Atoms
    energy: float
    lower_bound: float
    rigorous: bool
    alpha: Array
    history: tuple[tuple[float, float], ...]


def dual_bound(alpha: Array, labels: Array, nu: float, s: float) -> float:
    r"""Largest :math:`t⟨α,Y⟩ - \tfrac12νt^2\lVert α\rVert^2` over t ≥ 0 with t²s ≤ 1."""
    gain, size = float(np.sum(alpha * labels)), nu * float(np.sum(alpha**2))
    if gain <= 0 or s == np.inf:
        return 0.0
    limits = [gain / size] if size > 0 else []
    limits += [1 / np.sqrt(s)] if s > 0 else []
    t = min(limits)
    return float(t * gain - 0.5 * t * t * size)


def search(problem: Problem, alpha: Array, floor: float) -> tuple[Neurons, bool]:
    """The best neurons, and whether none better can exist: exact up to 16 stimuli.

    Where the exact search is long it is kept for the proof at the end: as long as ascent finds
    better neurons than those at hand, they will do.
    """
    sector = problem.activation.sector
    assert sector is not None
    cones = n_cones(problem.metric, sector, problem.labels.shape[1])
    if cones > _LONG_SEARCH:
        found = ascend(alpha, problem.metric, problem.activation, floor)
        if cones > LARGEST_SEARCH or found.bound > floor * (1 + 1e-10):
            return found, False
        floor *= 1 + 1e-10  # less is not worth another search
    found = best_neurons(alpha, problem.metric, sector, floor)
    return found, found.complete


def _provable(problem: Problem) -> bool:
    sector = problem.activation.sector
    assert sector is not None
    return n_cones(problem.metric, sector, problem.labels.shape[1]) <= LARGEST_SEARCH


def _first_atoms(problem: Problem, alpha: Array) -> list[Neurons]:
    """Best neurons for every latent on its own: a start that respects the task's symmetry."""
    return [search(problem, column[:, None], 0.0)[0] for column in alpha.T]


def generate(problem: Problem, tol: float, start: Atoms | None = None) -> ScaledOptimum:
    """Minimise J over all measures to the relative gap `tol`."""
    labels, nu = problem.labels, problem.nu
    p = len(labels)
    atoms = start
    if atoms is None:
        atoms = Atoms(np.zeros((0, p)), np.zeros((0, p)), np.zeros(0))
    # Bounds that are rigorous, and those that trust ascent to find the best neuron.
    bounds: dict[bool, float] = {True: 0.0, False: 0.0}
    history = []
    for _ in range(_ROUNDS):
        features = problem.features(atoms.h)
        kernel = (features * atoms.masses) @ features.T
        _, alpha = resolvent(kernel, labels, nu)
        energy = scaled_energy(kernel, labels, nu, float(atoms.masses.sum()))
        floor = float(np.square(alpha.T @ features).sum(axis=0).max(initial=1.0))
        found, rigorous = search(problem, alpha, floor)
        bound = dual_bound(alpha, labels, nu, found.bound)
        # Old proofs stay; an old guess may be one that missed the best neuron, and too high.
        bounds[rigorous] = max(bounds[True], bound) if rigorous else bound
        history.append((energy, bounds[rigorous]))
        exact = not _provable(problem) or rigorous
        if (energy - bounds[rigorous] <= tol * energy and exact) or not len(found.values):
            break
        new = [found]
        if not len(atoms) and labels.shape[1] > 1:
            new += _first_atoms(problem, alpha)
        candidates = _add(atoms, new)
        if not len(atoms):
            candidates = _to_scale(problem, candidates)
        atoms = _merge(problem.reweigh(candidates))
        # The first atoms solve every task with a closed form; sliding would only cost time.
        if len(history) > 1:
            atoms = problem.reweigh(_merge(slide(problem, atoms)))
    return ScaledOptimum(atoms, energy, bounds[rigorous], rigorous, alpha, tuple(history))


def _add(atoms: Atoms, new: list[Neurons]) -> Atoms:
    """Atoms with the newcomers, which share a thousandth of the mass."""
    most = 4 * atoms.h.shape[1]
    h = np.concatenate([atoms.h, *(found.preactivations[:most] for found in new)])
    signs = np.concatenate([atoms.signs, *(found.signs[:most] for found in new)])
    n_new = len(h) - len(atoms)
    total = float(atoms.masses.sum()) or 1.0
    return Atoms(h, signs, np.concatenate([atoms.masses, np.full(n_new, 1e-3 * total / n_new)]))


def _to_scale(problem: Problem, atoms: Atoms) -> Atoms:
    """Atoms of equal masses, the best common one: where symmetry makes them equal, the optimum.

    J is convex in the common mass m; Newton's method starts from the best of a coarse grid.
    """
    features = problem.features(atoms.h)
    values, axes = np.linalg.eigh(features @ features.T)
    weights = np.square(axes.T @ problem.labels).sum(axis=1)
    grid = np.geomspace(1e-4, 1e4, 65)[:, None] / max(values[-1], 1e-300)
    energies = (weights / (problem.nu + grid * values)).sum(axis=1) + len(atoms) * grid[:, 0]
    m = float(grid[np.argmin(energies), 0])
    for _ in range(20):
        ratio = values / (problem.nu + m * values)
        pull = weights * ratio / (problem.nu + m * values)
        curvature = float(2 * pull @ ratio)
        if curvature <= 0:
            break
        before, m = m, max(m - (len(atoms) - float(pull.sum())) / curvature, m / 2)
        if abs(m - before) <= 1e-14 * m:
            break
    return Atoms(atoms.h, atoms.signs, np.full(len(atoms), m))


def _merge(atoms: Atoms) -> Atoms:
    """Equal atoms as one."""
    size = np.abs(atoms.h).max(initial=0.0)
    distance = np.abs(atoms.h[:, None, :] - atoms.h[None, :, :]).max(axis=2, initial=0.0)
    first = np.argmax(distance <= 1e-9 * size, axis=1) if len(atoms) else np.zeros(0, dtype=int)
    keep, where = np.unique(first, return_inverse=True)
    masses = np.zeros(len(keep))
    np.add.at(masses, where, atoms.masses)
    return Atoms(atoms.h[keep], atoms.signs[keep], masses)
