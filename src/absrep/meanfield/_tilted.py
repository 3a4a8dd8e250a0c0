r"""Networks of four tilted neurons: an explicit family between the square and the tetrahedron.

For two latents (P = 4) and any input kernel. Kind (a, ±) of neuron is active on the half of the
stimuli with :math:`y_a = ±1`, with features

.. math:: f_{1±} = (1 ± y_1)(1 ± p\,y_2), \qquad f_{2±} = (1 ± y_2)(1 ± q\,y_1).

At tilts p = q = 0 each reads one latent (PS = 1); at p = 1, q = −1 each is active on a single
stimulus (PS = 0). Every network of the family fits the labels exactly, so that its cost bounds the
optimum from above, and the cheapest one predicts the geometry of the optimum.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from .._validation import Array, as_kernel, as_number, as_stack
from ..geometry import parallelism_score
from ..kernels import walsh_basis

__all__ = ["TiltedNetworks", "tilted_networks"]

_LATENTS = walsh_basis(2)[:, 1:3]
_LARGEST_TILT = 0.999  # at 1 two of the four features become one
_SIGNS = (1, -1)
_GRID, _ZOOMS = 33, 6


@dataclass(frozen=True, eq=False)
class TiltedNetworks:
    r"""The cheapest network of the family for each of n input kernels.

    Attributes
    ----------
    tilts : array, shape (n, 2)
        p and q, between −1 and 1.
    cost : array, shape (n,)
        :math:`J = \tfrac12(\lVert W_1\rVert^2 + \lVert b_1\rVert^2/τ + \lVert W_2\rVert^2)`, the
        limit of :math:`L/\sqrt{λ_1λ_2}` for small weight decay; the optimum is not above it.
    parallelism : array, shape (n, 2)
        Parallelism score of either latent.
    """

    tilts: Array
    cost: Array
    parallelism: Array


def tilted_networks(kernels: ArrayLike, bias: float = 1.0) -> TiltedNetworks:
    r"""Cheapest network of four tilted neurons, for each input kernel.

    .. math:: J(p, q) = \frac{\sqrt{1+q^2}\,r_1(p) + \sqrt{1+p^2}\,r_2(q)}{1 - pq}, \qquad
        r_a = \tfrac12\sum_±\min_h\sqrt{h^\top\tilde K^{-1}h},

    the minimum over preactivations with :math:`\max(h, 0) = f_{a±}`; minimised over a grid of
    (p, q) that is refined around its best point.

    Parameters
    ----------
    kernels : array, shape (n, 4, 4) or (4, 4)
        Input kernels of the stimuli of ``hypercube(2)``, in its order.
    bias : float
        τ ≥ 0; :math:`\tilde K = K_X + τ 11^\top` must have full rank.

    Returns
    -------
    TiltedNetworks

    Raises
    ------
    ValueError
        If a kernel is not 4 × 4, symmetric and positive semi-definite, or is singular with its
        bias.

    Examples
    --------
    >>> from absrep.meanfield import tilted_networks
    >>> found = tilted_networks(np.eye(4))  # whitened inputs: no tilt
    >>> found.parallelism.round(9), found.cost.round(6)
    (array([[1., 1.]]), array([4.38178]))
    """
    stack = as_stack("kernels", kernels)
    if stack.shape[1:] != (4, 4) and stack.shape != (4, 4):
        raise ValueError(f"kernels must have shape (n, 4, 4), found {stack.shape}")
    strength = as_number("bias", bias, at_least=0)
    with_bias = np.stack([as_kernel("kernels", k) for k in stack.reshape(-1, 4, 4)]) + strength
    spectra = np.linalg.eigvalsh(with_bias)
    if (spectra[:, 0] <= 1e-12 * spectra[:, -1]).any():
        raise ValueError("kernels must have full rank with the bias")
    precision = np.asarray(np.linalg.inv(with_bias), dtype=np.float64)

    n = len(precision)
    grid = np.linspace(-1, 1, _GRID)
    rows = np.arange(n)
    tilts, reach = np.zeros((n, 2)), _LARGEST_TILT
    for _ in range(_ZOOMS):
        around = tilts[..., None] + reach * grid
        tried = np.clip(around, -_LARGEST_TILT, _LARGEST_TILT)
        roots = [_root_costs(precision, latent, tried[:, latent]) for latent in (0, 1)]
        p, q = tried[:, 0, :, None], tried[:, 1, None, :]
        first, second = roots[0].mean(axis=0)[:, :, None], roots[1].mean(axis=0)[:, None, :]
        cost = (np.sqrt(1 + q**2) * first + np.sqrt(1 + p**2) * second) / (1 - p * q)
        i, j = np.divmod(cost.reshape(n, -1).argmin(axis=1), _GRID)
        tilts = np.stack([tried[rows, 0, i], tried[rows, 1, j]], axis=1)
        reach *= 4 / (_GRID - 1)
    best = np.stack([roots[0][:, rows, i], roots[1][:, rows, j]])
    return TiltedNetworks(tilts, cost[rows, i, j], _parallelism(tilts, best))


def _features(latent: int, sign: int, tilts: Array) -> Array:
    """f on all four stimuli, for tilts of any shape: (..., 4)."""
    own, other = _LATENTS[:, latent], _LATENTS[:, 1 - latent]
    return np.asarray((1 + sign * own) * (1 + sign * tilts[..., None] * other))


def _root_costs(precision: Array, latent: int, tilts: Array) -> Array:
    """Root of the cost of either sign of neuron, for tilts (n, G): (2, n, G)."""
    roots = []
    for sign in _SIGNS:
        active = np.flatnonzero(_LATENTS[:, latent] == sign)
        z = _features(latent, sign, tilts)[..., active]
        roots.append(np.sqrt(_cheapest(precision, active, z)))
    return np.stack(roots)


def _cheapest(
    precision: Array, active: np.ndarray[tuple[int], np.dtype[np.intp]], z: Array
) -> Array:
    """Least hᵀQh with h = z (n, G, 2) on the active stimuli and h ≤ 0 on the two others.

    At the minimum each of the others is at 0 or free: the best of the four cases that is feasible.
    """
    silent = np.setdiff1d(np.arange(4), active)
    least = np.full(z.shape[:2], np.inf)
    for free in (silent[:0], silent[:1], silent[1:], silent):
        cross = precision[:, free][:, :, active]
        push = -np.linalg.solve(precision[:, free][:, :, free], cross)
        effective = precision[:, active][:, :, active] + np.swapaxes(cross, 1, 2) @ push
        cost = np.einsum("ngi,nij,ngj->ng", z, effective, z)
        feasible = (np.einsum("nfi,ngi->ngf", push, z) <= 0).all(axis=2)
        least = np.where(feasible, np.minimum(least, cost), least)
    return least


def _parallelism(tilts: Array, roots: Array) -> Array:
    """Score of either latent, from tilts (n, 2) and root costs (latent, sign, n)."""
    # Balance: a neuron with read-out u and cost c has the weight |u| / √c in the kernel.
    read_out = np.sqrt(1 + tilts[:, ::-1] ** 2)
    neurons = [
        _features(latent, sign, tilts[:, latent])
        * np.sqrt(read_out[:, latent] / roots[latent, which])[:, None]
        for latent in (0, 1)
        for which, sign in enumerate(_SIGNS)
    ]
    return np.stack([parallelism_score(z, _LATENTS) for z in np.stack(neurons, axis=-1)])
