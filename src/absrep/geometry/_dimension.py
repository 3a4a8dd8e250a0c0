"""Dimensionality and similarity of representations."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .._validation import Array, as_array, as_stack
from ..kernels import gram, kernel_alignment


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
