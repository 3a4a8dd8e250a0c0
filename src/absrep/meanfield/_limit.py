r"""The interpolation limit: weight decay to zero, the task fitted exactly.

For ν → 0 the scaled energy J tends to the constrained problem

.. math:: N = \min \tfrac12(\lVert W_1\rVert^2 + \lVert W_2\rVert^2) \quad\text{with}\quad
    \hat Y = Y.

N is a norm of Y. A solution at small ν leaves the residual να, and by the triangle inequality
N(Y) ≤ N(Ŷ) + N(να): adding the few small neurons that fit the residual gives a network that
interpolates, and whose cost is larger by O(ν) only.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ._generation import ScaledOptimum, dual_bound, generate, search
from ._slide import Atoms, Problem

__all__: list[str] = []

_PATH = (1e-4, 1e-6, 1e-8)  # ν, in units of the cost of the solution


def interpolate(problem: Problem, tol: float) -> ScaledOptimum:
    """Minimise J at ν = 0.

    Raises
    ------
    ValueError
        If no network fits the labels exactly.
    """
    labels = problem.labels
    # J scales as √(‖Y‖²/gain); this sets the unit in which ν is small.
    trace = float(np.trace(problem.metric.factor @ problem.metric.factor.T))
    if trace == 0:
        raise ValueError(_impossible)
    unit = trace / len(labels)
    best: ScaledOptimum | None = None
    for relative in _PATH:
        step = replace(problem, nu=relative * unit, maps=problem.maps)
        found = generate(step, tol)
        # Smaller ν means a smaller error in theory and a larger one of rounding. Every network
        # and every bound of the following is valid at ν = 0: keep the best of each.
        new = _completed(problem, found)
        if best is None or new.energy < best.energy:
            bound = new.lower_bound if best is None else max(best.lower_bound, new.lower_bound)
            best = replace(new, lower_bound=bound)
        elif new.lower_bound > best.lower_bound:
            best = replace(best, lower_bound=new.lower_bound)
    assert best is not None
    return best


_impossible = (
    "weight_decay must be above zero: these labels cannot be fitted exactly (do two stimuli with "
    "different labels coincide?)"
)


def _completed(problem: Problem, found: ScaledOptimum) -> ScaledOptimum:
    """The solution at small ν with the neurons that make it interpolate, and its bounds at 0."""
    labels, atoms = problem.labels, found.atoms
    p = len(labels)
    factor = problem.metric.factor
    spare = np.concatenate([factor @ factor.T, -factor @ factor.T], axis=1)
    spare = spare[:, problem.metric.cost(spare) > 0]
    spare = (spare / np.sqrt(problem.metric.cost(spare))).T
    h = np.concatenate([atoms.h, spare])
    signs = np.concatenate([atoms.signs, np.sign(spare)])
    features = problem.features(h)
    output = np.zeros((len(h), labels.shape[1]))
    output[: len(atoms)] = atoms.masses[:, None] * (features[:, : len(atoms)].T @ found.alpha)
    missing = labels - features @ output
    output = output + np.linalg.lstsq(features, missing, rcond=None)[0]
    left = np.abs(labels - features @ output).max()
    if left > 1e-9 * p:
        raise ValueError(_impossible)
    masses = np.linalg.norm(output, axis=1)
    energy = float(masses.sum())
    # ⟨α,Y⟩/√s: the bound of the history is that at ν > 0, and J is larger at ν = 0.

    floor = float(np.square(found.alpha.T @ problem.features(atoms.h)).sum(axis=0).max(initial=0))
    neurons, rigorous = search(problem, found.alpha, floor)
    bound = dual_bound(found.alpha, labels, 0.0, neurons.bound)
    keep = masses > 1e-14 * energy
    return ScaledOptimum(
        Atoms(h, signs, masses)[keep],
        energy,
        bound,
        rigorous,
        found.alpha,
        (*found.history, (energy, bound)),
    )
