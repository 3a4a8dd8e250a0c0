"""Dimensionality and similarity of representations."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .._validation import Array, Seed, as_array, as_count, as_generator, as_labels, as_stack
from ..kernels import gram, kernel_alignment
from ._conditions import Index, conditions_of, mean_patterns


def participation_ratio(features: ArrayLike) -> Array:
    r"""Participation ratio, the number of dimensions over which the variance is spread.

    .. math:: \frac{(\sum_i \lambda_i)^2}{\sum_i \lambda_i^2} \in [1, \min(n - 1, N)]

    with :math:`\lambda_i` the eigenvalues of the covariance of the rows.

    Parameters
    ----------
    features : array, shape (..., n, N)
        One row per stimulus or trial; leading axes are kept.

    Returns
    -------
    array, shape (...)

    Raises
    ------
    ValueError
        If all rows of a representation are equal, where there is no variance to spread.

    Examples
    --------
    >>> square, tetrahedron = [[-1, -1], [-1, 1], [1, -1], [1, 1]], np.eye(4)
    >>> float(participation_ratio(square)), float(participation_ratio(tetrahedron))
    (2.0, 3.0)
    """
    patterns = as_stack("features", features)
    # Taken off before squaring: a large common offset would swamp the digits that matter.
    centred = patterns - patterns.mean(axis=-2, keepdims=True)
    kernel = gram(centred)
    trace = np.trace(kernel, axis1=-2, axis2=-1)
    if np.any(trace <= 1e-28 * np.square(patterns).sum(axis=(-2, -1))):
        raise ValueError("features must vary between rows: the variance is zero")
    return np.asarray(trace**2 / np.square(kernel).sum(axis=(-2, -1)))


def cross_validated_participation_ratio(
    features: ArrayLike, labels: ArrayLike, *, rng: Seed, n_splits: int = 100
) -> float:
    r"""Participation ratio of the condition means, corrected for the noise of few trials.

    Noise in the means points in all directions, and a flat representation looks rounder. Divide
    the trials of every condition into four parts; with :math:`X_k` the centred means of part k,
    :math:`X_1X_2^\top` and :math:`X_3X_4^\top` are independent estimates without bias of the
    kernel :math:`\Omega` of the true means, so that

    .. math:: \frac{\mathbb{E}\,\mathrm{tr}(X_1X_2^\top)\,\mathrm{tr}(X_3X_4^\top)}
              {\mathbb{E}\,\mathrm{tr}(X_1X_2^\top X_3X_4^\top)}
              = \frac{(\mathrm{tr}\,\Omega)^2}{\mathrm{tr}\,\Omega^2} .

    The expectations are replaced by means over random divisions.

    Parameters
    ----------
    features : array, shape (n, N)
        One row per trial, at least four trials of every condition.
    labels : array, shape (n, d), −1 or +1
    rng : int or numpy.random.Generator
        Decides the divisions.
    n_splits : int, default 100
        Number of divisions; each is used in its three pairings.

    Returns
    -------
    float
        Not bounded: numerator and denominator are unbiased, their ratio is so to first order.

    Raises
    ------
    ValueError
        If a condition has fewer than four trials, or the noise leaves no variance between the
        means.

    Examples
    --------
    >>> square = hypercube(2).labels @ np.eye(2, 100)
    >>> trials, labels = noisy_trials(square, hypercube(2).labels, 20, noise=0.5, rng=0)
    >>> round(float(participation_ratio(condition_means(trials, labels)[0])), 2)
    2.42
    >>> round(cross_validated_participation_ratio(trials, labels, rng=0), 1)
    2.0
    """
    patterns = as_array("features", features, 2)
    conditions, present = conditions_of(as_labels("labels", labels, len(patterns)))
    generator, repeats = as_generator("rng", rng), as_count("n_splits", n_splits)
    if (fewest := int(np.bincount(conditions).min())) < 4:
        raise ValueError(
            f"labels must have at least four trials of every condition, found {fewest} of one"
        )
    products, squares = np.zeros(repeats), np.zeros(repeats)
    for k in range(repeats):
        part = _four_parts(conditions, generator)
        means = mean_patterns(patterns, 4 * conditions + part, 4 * len(present))
        means = means.reshape(len(present), 4, -1)
        centred = means - means.mean(axis=0)
        kernels = np.einsum("cin,djn->ijcd", centred, centred)
        traces = np.trace(kernels, axis1=2, axis2=3)
        for i, j, m, n in ((0, 1, 2, 3), (0, 2, 1, 3), (0, 3, 1, 2)):
            products[k] += traces[i, j] * traces[m, n]
            squares[k] += np.sum(kernels[i, j] * kernels[m, n].T)
    if products.sum() <= 0 or squares.sum() <= 0:
        raise ValueError(
            "features are too noisy to correct their dimension: with the noise taken off, the "
            "means do not vary"
        )
    return float(products.sum() / squares.sum())


def _four_parts(conditions: Index, rng: np.random.Generator) -> Index:
    """Part of every trial; each has its share of every condition, to within one trial."""
    order = np.lexsort([rng.random(len(conditions)), conditions])
    start = np.concatenate([[0], np.cumsum(np.bincount(conditions))[:-1]])
    part = np.empty(len(conditions), dtype=np.int64)
    rank = np.arange(len(conditions)) - start[conditions[order]]
    part[order] = (rank + rng.integers(4, size=len(start))[conditions[order]]) % 4
    return part


def linear_cka(features_a: ArrayLike, features_b: ArrayLike) -> float:
    """Linear centred kernel alignment between two representations of the same stimuli.

    Parameters
    ----------
    features_a : array, shape (P, N_a)
    features_b : array, shape (P, N_b)

    Returns
    -------
    float
        Between 0 and 1; 1 if they agree up to rotation, uniform scale and offset. See
        `kernel_alignment`.

    Raises
    ------
    ValueError
        If the numbers of rows differ or all rows of one are equal.

    Examples
    --------
    >>> square = np.array([[-1, -1], [-1, 1], [1, -1], [1, 1]])
    >>> round(linear_cka(square, 3 * square[:, ::-1] + 1), 12)
    1.0
    """
    a = as_array("features_a", features_a, 2)
    b = as_array("features_b", features_b, 2)
    if len(a) != len(b):
        raise ValueError(f"features_b must have {len(a)} rows like features_a, found {len(b)}")
    for name, patterns in (("features_a", a), ("features_b", b)):
        if np.ptp(patterns, axis=0).max() == 0:
            raise ValueError(f"{name} must vary between rows")
    return kernel_alignment(gram(a - a.mean(axis=0)), gram(b - b.mean(axis=0)))
