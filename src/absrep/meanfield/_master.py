r"""The convex problem in the masses of given atoms, and the descent of the atoms themselves.

In scaled units (:math:`ν = \sqrt{λ_1λ_2}`, :math:`K' = K\sqrt{λ_1/λ_2}`, E = νJ) an atom is the
feature vector ψ = φ(h) of a neuron of unit cost, and

.. math:: J(μ) = \tfrac12 \mathrm{tr}[K_Y(ν + \textstyle\sum_i μ_iψ_iψ_i^\top)^{-1}]
    + \tfrac12\sum_iμ_i.

With :math:`R = (ν + K')^{-1}` and α = RY, its gradient is
:math:`\tfrac12(1 - \lVert α^\top ψ_i\rVert^2)` and its Hessian is the Schur product of the Gram
matrices :math:`ψ_i^\top R ψ_j` and :math:`ψ_i^\top αα^\top ψ_j`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .._validation import Array

__all__: list[str] = []

_EPS = float(np.finfo(float).eps)
_NEGLIGIBLE = 1e-14  # mass relative to the total below which an atom is dropped


def resolvent(kernel: Array, labels: Array, nu: float) -> tuple[Array, Array]:
    """R = (ν + K)⁻¹ and α = RY."""
    inverse = np.linalg.inv(kernel + nu * np.eye(len(kernel)))
    inverse = (inverse + inverse.T) / 2
    return inverse, inverse @ labels


def scaled_energy(kernel: Array, labels: Array, nu: float, total_cost: float) -> float:
    """J of a kernel whose neurons cost `total_cost` together."""
    solved = np.linalg.solve(kernel + nu * np.eye(len(kernel)), labels)
    return float(0.5 * np.sum(labels * solved) + 0.5 * total_cost)


def solve_masses(features: Array, labels: Array, nu: float, start: Array) -> Array:
    """Minimise J over masses ≥ 0 by projected Newton steps, to machine precision.

    `features` (P, n) holds the atoms' ψ in its columns, `start` (n,) positive masses.
    """
    mass = start.copy()
    energy = scaled_energy((features * mass) @ features.T, labels, nu, mass.sum())
    for _ in range(200):
        inverse, alpha = resolvent((features * mass) @ features.T, labels, nu)
        read = alpha.T @ features
        gradient = 0.5 * (1 - np.square(read).sum(axis=0))
        free = (mass > 0) | (gradient < 0)
        if np.abs(np.where(free, gradient * np.maximum(mass, _EPS), 0)).max() <= 1e-17 * mass.sum():
            break
        hessian = (features.T @ inverse @ features) * (read.T @ read)
        step = np.zeros_like(mass)
        while free.any():
            active = hessian[np.ix_(free, free)]
            # Equal atoms leave the Hessian singular; the shift only picks one of their splits.
            shift = 1e-13 * np.trace(active) * np.eye(len(active))
            step[:] = 0
            step[free] = -np.linalg.solve(active + shift, gradient[free])
            # An empty atom that the Newton step would push below zero does not take part.
            stuck = free & (mass <= _NEGLIGIBLE * mass.sum()) & (step < 0)
            if not stuck.any():
                break
            free &= ~stuck
        accepted = False
        for t in 0.5 ** np.arange(40):
            trial = np.maximum(mass + t * step, 0)
            value = scaled_energy((features * trial) @ features.T, labels, nu, trial.sum())
            if value < energy or (t == 1 and value <= energy * (1 + 4 * _EPS)):
                accepted = True
                break
        if not accepted:
            break
        stalled = energy - value <= 4 * _EPS * energy
        mass, energy = trial, value
        if stalled:
            break
    mass[mass <= _NEGLIGIBLE * mass.sum()] = 0
    return np.asarray(mass)


def slide(
    factors: list[Array],
    constraints: list[Array],
    start: list[Array],
    labels: Array,
    nu: float,
    n_steps: int,
) -> tuple[list[Array], list[tuple[int, int]]]:
    r"""Descend J in the positions and masses of all atoms together, by Newton steps.

    Atom i has features :math:`z_i = F_i v_i` at cost :math:`\lVert v_i\rVert^2`, as long as
    :math:`C_i v_i \ge 0` keeps it in its sign cone.

    Parameters
    ----------
    factors, constraints : list of arrays, shape (P, k_i)
        F_i and C_i.
    start : list of arrays, shape (k_i,)
    labels : array, shape (P, d_Y)
    nu : float
    n_steps : int

    Returns
    -------
    positions : list of arrays, shape (k_i,)
    hits : list of (atom, stimulus)
        Constraints that have become tight.
    """
    sizes = [f.shape[1] for f in factors]
    owner = np.repeat(np.arange(len(factors)), sizes)
    splits = np.cumsum(sizes)[:-1]
    stacked = np.concatenate(factors, axis=1)
    same = owner[:, None] == owner[None, :]
    v = np.concatenate(start)
    bounds = np.zeros((len(factors), stacked.shape[0], len(v)))
    for i, matrix in enumerate(constraints):
        bounds[i][:, owner == i] = matrix

    def features(position: Array) -> Array:
        parts = np.split(stacked * position, splits, axis=1)
        return np.stack([part.sum(axis=1) for part in parts], axis=1)

    def energy(position: Array) -> float:
        z = features(position)
        return scaled_energy(z @ z.T, labels, nu, float(position @ position))

    current = energy(v)
    for _ in range(n_steps):
        z = features(v)
        inverse, alpha = resolvent(z @ z.T, labels, nu)
        metric = alpha @ alpha.T
        fr, fa = stacked.T @ inverse, stacked.T @ metric
        frz, faz = fr @ z, fa @ z  # (k, n): F_iᵀ R z_j and F_iᵀ A z_j
        zrz, zaz = z.T @ inverse @ z, z.T @ metric @ z
        frf, faf = fr @ stacked, fa @ stacked
        rows = np.arange(len(v))
        gradient = v - faz[rows, owner]
        hessian = frf * zaz[np.ix_(owner, owner)] + faf * zrz[np.ix_(owner, owner)]
        # F_iᵀ(Rz_j)(Az_i)ᵀF_j and F_iᵀ(Az_j)(Rz_i)ᵀF_j
        hessian += frz[:, owner] * faz[:, owner].T + faz[:, owner] * frz[:, owner].T
        hessian += np.eye(len(v)) - np.where(same, faf, 0.0)
        values, axes = np.linalg.eigh((hessian + hessian.T) / 2)
        # Atoms on one face may rotate into each other at no cost: such directions have zero
        # curvature and zero slope, and the floor keeps rounding from moving them.
        curvature = np.maximum(np.abs(values), 1e-9 * np.abs(values).max())
        step = -axes @ ((axes.T @ gradient) / curvature)
        slack, rate = bounds @ v, bounds @ step
        with np.errstate(divide="ignore", invalid="ignore"):
            reach = np.where(rate < 0, np.maximum(slack, 0) / -rate, np.inf)
        largest = float(reach.min())
        t = min(1.0, largest)
        while t > 1e-10:
            value = energy(v + t * step)
            if value < current or (t == 1 and value <= current * (1 + 4 * _EPS)):
                break
            t /= 2
        else:
            if largest <= 1e-10:
                return np.split(v, splits), _tight(reach, 1e-10)
            break
        stalled = current - value <= 2 * _EPS * current
        v, current = v + t * step, value
        if t == largest:
            return np.split(v, splits), _tight(reach, largest * (1 + 1e-12))
        if stalled:
            break
    return np.split(v, splits), []


def _tight(reach: Array, limit: float) -> list[tuple[int, int]]:
    return [(int(i), int(p)) for i, p in zip(*np.nonzero(reach <= limit), strict=True)]


Energy = Callable[[Array], float]
