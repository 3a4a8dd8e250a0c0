"""How alike two symmetric matrices are; scale never counts."""

from __future__ import annotations

import numpy as np

from .._validation import Array, as_stack

__all__ = ["entry_correlation", "fidelity", "matrix_cosine", "traceless_cosine"]


def matrix_cosine(a: Array, b: Array) -> Array:
    r"""Cosine :math:`\langle A, B\rangle_F/(\lVert A\rVert_F\lVert B\rVert_F)`.

    It is 1 exactly if the matrices are proportional. Positive semi-definite matrices have no
    cosine below 0, so that it wants a baseline.

    Parameters
    ----------
    a, b : array, shape (..., M, M)
        Symmetric, not zero.

    Returns
    -------
    array, shape (...)

    Raises
    ------
    ValueError
        If the shapes differ, something is not finite, or a matrix is zero.

    Examples
    --------
    >>> float(matrix_cosine(np.diag([1.0, 0.0]), np.diag([1.0, 1.0])).round(4))
    0.7071
    """
    x, y = matrix_pair(a, b)
    return _cosine(x, y)


def entry_correlation(a: Array, b: Array) -> Array:
    """Pearson correlation between the entries of two matrices.

    Parameters
    ----------
    a, b : array, shape (..., M, M)
        Symmetric, their entries not all equal.

    Returns
    -------
    array, shape (...)

    Raises
    ------
    ValueError
        As `matrix_cosine`, or if all entries of a matrix are equal.

    Examples
    --------
    >>> float(entry_correlation(np.diag([1.0, 0.0]), np.diag([1.0, 1.0])).round(4))
    0.5774
    """
    x, y = (m - m.mean((-2, -1), keepdims=True) for m in matrix_pair(a, b))
    return _cosine(x, y)


def traceless_cosine(a: Array, b: Array) -> Array:
    r"""Cosine after the part that has no direction is taken off, :math:`A - \tfrac{\tr A}{M}I`.

    A matrix turned at random has on average the traceless cosine 0 with any other, so that the
    baseline is gone. A multiple of the identity has no direction to align with.

    Parameters
    ----------
    a, b : array, shape (..., M, M)
        Symmetric, neither a multiple of the identity.

    Returns
    -------
    array, shape (...)

    Raises
    ------
    ValueError
        As `matrix_cosine`, or if a matrix is a multiple of the identity.

    Examples
    --------
    >>> float(traceless_cosine(np.diag([2.0, 1.0, 0.0]), np.diag([5.0, 4.0, 3.0])).round(4))
    1.0
    """
    x, y = matrix_pair(a, b)
    identity = np.eye(x.shape[-1])
    x, y = (
        m - np.trace(m, axis1=-2, axis2=-1)[..., None, None] * identity / len(identity)
        for m in (x, y)
    )
    return _cosine(x, y)


def fidelity(a: Array, b: Array) -> Array:
    r"""Overlap :math:`\tr(\sqrt{A}\,B\sqrt{A})^{1/2}/\sqrt{\tr A\,\tr B}` of two covariances.

    The cosine that belongs to the Bures (or Procrustes) distance. It weighs small eigenvalues
    more than the cosine of the matrices does.

    Parameters
    ----------
    a, b : array, shape (..., M, M)
        Symmetric positive semi-definite, not zero.

    Returns
    -------
    array, shape (...)

    Raises
    ------
    ValueError
        As `matrix_cosine`.

    Examples
    --------
    >>> float(fidelity(np.diag([1.0, 0.0]), np.diag([1.0, 1.0])).round(4))
    0.7071
    """
    x, y = matrix_pair(a, b)
    values, vectors = np.linalg.eigh(x)
    root = vectors * np.sqrt(np.clip(values, 0, None))[..., None, :]
    # The nonzero eigenvalues of √A B √A, from the factor alone.
    overlap = np.linalg.eigvalsh(root.mT @ y @ root)
    total = np.trace(x, axis1=-2, axis2=-1) * np.trace(y, axis1=-2, axis2=-1)
    return np.asarray(np.sqrt(np.clip(overlap, 0, None)).sum(-1) / np.sqrt(total))


def matrix_pair(a: Array, b: Array) -> tuple[Array, Array]:
    """Two stacks of square matrices of one size, none zero, scaled so that squares are safe."""
    x, y = (as_stack(name, m) for name, m in (("a", a), ("b", b)))
    for name, m in (("a", x), ("b", y)):
        if m.shape[-1] != m.shape[-2]:
            raise ValueError(f"{name} must be square in its last two axes, found {m.shape}")
        if not m.any((-2, -1)).all():
            raise ValueError(f"{name} must not be zero: it has no direction")
    if x.shape[-1] != y.shape[-1]:
        raise ValueError(f"b must be of the size of a, {x.shape[-1]}, found {y.shape[-1]}")
    # Squares of the entries neither overflow nor vanish.
    return x / np.abs(x).max((-2, -1), keepdims=True), y / np.abs(y).max((-2, -1), keepdims=True)


def _cosine(x: Array, y: Array) -> Array:
    unit = []
    for name, m in (("a", x), ("b", y)):
        norm = np.linalg.norm(m, axis=(-2, -1), keepdims=True)
        if not norm.all():
            raise ValueError(f"{name} must not be constant: nothing is left to compare")
        unit.append(m / norm)
    return np.asarray((unit[0] * unit[1]).sum((-2, -1)))
