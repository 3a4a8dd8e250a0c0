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

import numpy as np
from scipy.linalg import cho_solve, solve_triangular
from scipy.optimize import nnls

from .._validation import Array

__all__: list[str] = []

_EPS = float(np.finfo(float).eps)
_NEGLIGIBLE = 1e-14  # mass relative to the total below which an atom is dropped
_NEWTON_STEPS = 100


def resolvent(kernel: Array, labels: Array, nu: float) -> tuple[Array, Array]:
    """R = (ν + K)⁻¹ and α = RY."""
    inverse = np.linalg.inv(kernel + nu * np.eye(len(kernel)))
    inverse = (inverse + inverse.T) / 2
    return inverse, inverse @ labels


def scaled_energy(kernel: Array, labels: Array, nu: float, total_cost: float) -> float:
    """J of a kernel whose neurons cost `total_cost` together."""
    solved = np.linalg.solve(kernel + nu * np.eye(len(kernel)), labels)
    return float(0.5 * np.sum(labels * solved) + 0.5 * total_cost)


def shifted_cholesky(matrix: Array, relative: float) -> Array:
    """Lower Cholesky factor of a matrix plus the smallest shift tried that makes it positive."""
    shift = relative * np.trace(np.abs(matrix))
    while True:
        try:
            return np.asarray(np.linalg.cholesky(matrix + shift * np.eye(len(matrix))))
        except np.linalg.LinAlgError:
            shift *= 30


def solve_masses(features: Array, labels: Array, nu: float, start: Array) -> Array:
    """Minimise J over masses ≥ 0, to machine precision.

    Newton's method; each quadratic model is minimised over masses ≥ 0 by non-negative least
    squares, an active-set method that leaves redundant atoms at exactly zero. `features` (P, n)
    holds the atoms' ψ in its columns, `start` (n,) masses.
    """
    mass = start.copy()
    energy = scaled_energy((features * mass) @ features.T, labels, nu, float(mass.sum()))
    for _ in range(_NEWTON_STEPS):
        inverse, alpha = resolvent((features * mass) @ features.T, labels, nu)
        read = alpha.T @ features
        gradient = 0.5 * (1 - np.square(read).sum(axis=0))
        hessian = (features.T @ inverse @ features) * (read.T @ read)
        # Redundant atoms leave the Hessian singular; the shift picks one of their splits.
        root = shifted_cholesky(hessian, 1e-13)
        target = root.T @ mass - solve_triangular(root, gradient, lower=True)
        step = nnls(root.T, target)[0] - mass
        slope = float(gradient @ step)
        for t in 0.5 ** np.arange(40):
            trial = mass + t * step
            value = scaled_energy((features * trial) @ features.T, labels, nu, float(trial.sum()))
            if value <= energy + 0.1 * t * slope + 2 * _EPS * energy:
                break
        else:
            break
        mass, energy = trial, value
        if -slope <= 1e-17 * energy:
            break
    return np.where(mass <= _NEGLIGIBLE * mass.sum(), 0.0, mass)


def joint_newton_step(
    factors: list[Array], position: list[Array], labels: Array, nu: float
) -> list[Array]:
    r"""Newton step of J in the positions and masses of all atoms together.

    Atom i has features :math:`z_i = F_i v_i` at cost :math:`\lVert v_i\rVert^2`.

    Parameters
    ----------
    factors : list of arrays, shape (P, k_i)
        F_i.
    position : list of arrays, shape (k_i,)
        v_i.
    labels : array, shape (P, d_Y)
    nu : float

    Returns
    -------
    list of arrays, shape (k_i,)
        A direction of descent.
    """
    sizes = [f.shape[1] for f in factors]
    owner = np.repeat(np.arange(len(factors)), sizes)
    stacked = np.concatenate(factors, axis=1)
    v = np.concatenate(position)
    z = np.stack([f @ x for f, x in zip(factors, position, strict=True)], axis=1)
    inverse, alpha = resolvent(z @ z.T, labels, nu)
    metric = alpha @ alpha.T
    fr, fa = stacked.T @ inverse, stacked.T @ metric
    frz, faz = fr @ z, fa @ z  # F_iᵀ R z_j and F_iᵀ A z_j
    zrz, zaz = z.T @ inverse @ z, z.T @ metric @ z
    faf = fa @ stacked
    gradient = v - faz[np.arange(len(v)), owner]
    pair = np.ix_(owner, owner)
    hessian = (fr @ stacked) * zaz[pair] + faf * zrz[pair]
    # F_iᵀ(Rz_j)(Az_i)ᵀF_j and F_iᵀ(Az_j)(Rz_i)ᵀF_j
    hessian += frz[:, owner] * faz[:, owner].T + faz[:, owner] * frz[:, owner].T
    hessian -= np.where(owner[:, None] == owner, faf, 0.0)
    hessian[np.diag_indices_from(hessian)] += 1
    # Atoms on one face may rotate into each other at no cost, which leaves zero curvature; far
    # from the optimum some curvatures are negative. Either way a shift makes the step descend.
    step = -cho_solve((shifted_cholesky(hessian, 1e-11), True), gradient, check_finite=False)
    return np.split(step, np.cumsum(sizes)[:-1])
