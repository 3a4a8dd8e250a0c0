"""Dimension of a curved manifold, from points on it."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.spatial import KDTree

from .._validation import Array, as_array, as_count

__all__ = ["intrinsic_dimension", "local_axes"]


def intrinsic_dimension(points: ArrayLike, n_neighbours: int) -> float:
    r"""Maximum-likelihood estimate of the dimension of the manifold that points lie on.

    If the density is constant within reach, the number of neighbours within a distance grows as
    its d-th power. With :math:`r_{ij}` the distance from point i to its j-th neighbour,

    .. math:: \frac1{\hat d} = \frac1{n(k-1)}\sum_{i=1}^n\sum_{j<k}\ln\frac{r_{ik}}{r_{ij}}

    Parameters
    ----------
    points : array, shape (n, N)
        More than `n_neighbours`, all different.
    n_neighbours : int
        k, at least 2. Few look at a short scale, where noise across the manifold counts as
        dimensions; many at a long one, where curvature and edges do.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If there are too few points, or two coincide.

    Notes
    -----
    Levina and Bickel (2004). Of the estimates of single points the inverses are averaged, after
    MacKay and Ghahramani: they are unbiased, the logarithms being exponential variables of mean
    1/d.

    Examples
    --------
    >>> around = np.random.default_rng(0).uniform(0, 2 * np.pi, 2000)
    >>> circle = np.column_stack([np.cos(around), np.sin(around), np.zeros(2000)])
    >>> abs(intrinsic_dimension(circle, 30) - 1) < 0.05
    True
    """
    x, k = as_array("points", points, 2), as_count("n_neighbours", n_neighbours, at_least=2)
    distances = _neighbours(x, k)[0]
    if (distances[:, 0] == 0).any():
        raise ValueError("points must all be different, found two that coincide")
    growth = np.log(distances[:, -1:] / distances[:, :-1]).sum(axis=1) / (k - 1)
    return float(1 / growth.mean())


def local_axes(points: ArrayLike, n_neighbours: int) -> tuple[Array, Array]:
    """Principal axes of each point's neighbourhood, itself included; the tangents come first.

    Parameters
    ----------
    points : array, shape (n, N)
    n_neighbours : int
        k, at least 1.

    Returns
    -------
    variances : array, shape (n, m)
        Largest first, with m the smaller of N and k.
    axes : array, shape (n, N, m)
        Orthonormal columns.

    Raises
    ------
    ValueError
        If there are no more than k points.

    Examples
    --------
    >>> line = np.outer(np.arange(5.0), [0.6, 0.8])
    >>> variances, axes = local_axes(line, 2)
    >>> bool(variances[:, 1].max() < 1e-12), np.abs(axes[0, :, 0]).round(3)
    (True, array([0.6, 0.8]))
    """
    x, k = as_array("points", points, 2), as_count("n_neighbours", n_neighbours)
    patches = x[np.column_stack([np.arange(len(x)), _neighbours(x, k)[1]])]
    centred = patches - patches.mean(axis=1, keepdims=True)
    _, sizes, axes = np.linalg.svd(centred, full_matrices=False)
    kept = min(x.shape[1], k)  # k + 1 centred points span at most k directions
    return sizes[:, :kept] ** 2 / k, np.swapaxes(axes[:, :kept], 1, 2)


def _neighbours(points: Array, k: int) -> tuple[Array, Array]:
    """Distances and indices of the k nearest other points, nearest first."""
    if len(points) <= k:
        raise ValueError(f"points must be more than n_neighbours = {k}, found {len(points)}")
    distances, indices = KDTree(points).query(points, k + 1)
    # Points that coincide may come in any order: each is to be left out of its own neighbours.
    own = indices == np.arange(len(points))[:, None]
    own[~own.any(axis=1), -1] = True
    shape = (len(points), k)
    return distances[~own].reshape(shape), indices[~own].reshape(shape)
