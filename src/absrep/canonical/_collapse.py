"""Neural collapse: have the members of a class become one, and the classes a simplex?"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import ArrayLike

from .._validation import Array, as_array, as_stack

__all__ = ["NeuralCollapse", "neural_collapse"]

# Single precision leaves singular values of 1e-7 of the largest where the exact ones are zero.
_RANK_TOLERANCE = 1e-6


@dataclass(frozen=True, eq=False)
class NeuralCollapse:
    r"""How far a representation is from neural collapse; each is 0 at collapse.

    NC1 does not see what the members of a class differ in outside the class means: all can be 0
    while :eq:`eq-spread` is far below 1.

    Attributes
    ----------
    variability : array, shape (...)
        NC1, :math:`\tfrac1{n_C}\tr(Σ_WΣ_B^+)`, :eq:`eq-nc1`.
    norms : array, shape (...)
        NC2, standard deviation over mean of the lengths :math:`\lVert μ_c-\bar μ\rVert`,
        :eq:`eq-nc2`.
    angles : array, shape (...)
        NC2, standard deviation of the cosines between pairs of centred class means.
    maximal_angles : array, shape (...)
        NC2, mean distance of these cosines from :math:`-1/(n_C-1)`, that of a simplex.
    duality : array, shape (...)
        NC3, squared distance between read-out weights and centred class means, both of norm 1,
        :eq:`eq-nc3`.
    disagreement : array, shape (...)
        NC4, share of stimuli where the read-out does not choose the nearest class mean,
        :eq:`eq-nc4`.

    Examples
    --------
    >>> zero = np.array(0.0)
    >>> NeuralCollapse(zero, zero, zero, zero, zero, zero).stacked().shape
    (6,)
    """

    variability: Array
    norms: Array
    angles: Array
    maximal_angles: Array
    duality: Array
    disagreement: Array

    def stacked(self) -> Array:
        """All six in this order, shape (..., 6)."""
        return np.stack([getattr(self, field.name) for field in fields(self)], axis=-1)


def neural_collapse(
    features: ArrayLike, classes: ArrayLike, readout: ArrayLike, offset: ArrayLike = 0.0
) -> NeuralCollapse:
    r"""Neural collapse NC1 to NC4 of the features below a read-out.

    Every class counts alike, however many members it has; in NC4 every stimulus does.

    Parameters
    ----------
    features : array, shape (..., n, M)
        Leading axes are replicas.
    classes : int array, shape (n,)
        Class of each stimulus, from 0 to n_C − 1, none empty.
    readout : array, shape (..., n_C, M)
        Read-out weights W, one row per class.
    offset : array, shape (..., n_C), optional
        Bias of the read-out; default none.

    Returns
    -------
    NeuralCollapse

    Raises
    ------
    ValueError, TypeError
        If shapes disagree, or a class mean is the mean of all, so that it has no direction.

    Examples
    --------
    >>> simplex = np.eye(3) - 1 / 3
    >>> collapsed = neural_collapse(simplex[[0, 1, 2, 0]], [0, 1, 2, 0], simplex)
    >>> float(np.abs(collapsed.stacked()).max().round(12))
    0.0
    """
    h, w, b = (
        as_stack("features", features),
        as_stack("readout", readout),
        as_array("offset", offset),
    )
    labels = np.asarray(classes)
    if not np.issubdtype(labels.dtype, np.integer) or labels.shape != h.shape[-2:-1]:
        raise ValueError(
            f"classes must be {h.shape[-2]} whole numbers, one per stimulus, found {classes!r}"
        )
    n_classes = w.shape[-2]
    counts = np.bincount(labels, minlength=n_classes) if labels.min() >= 0 else np.zeros(1)
    if len(counts) != n_classes or not counts.all() or n_classes < 2:
        raise ValueError(
            f"classes must be 0 to {n_classes - 1}, one per row of readout and none empty, found "
            f"{np.unique(labels)}"
        )
    if w.shape != (*h.shape[:-2], n_classes, h.shape[-1]):
        raise ValueError(
            f"readout must have shape {(*h.shape[:-2], n_classes, h.shape[-1])}, found {w.shape}"
        )
    if b.shape not in ((), w.shape[:-1]):
        raise ValueError(f"offset must have shape {w.shape[:-1]}, found {b.shape}")

    member = (labels == np.arange(n_classes)[:, None]) / counts[:, None]
    means = member @ h
    centred = means - means.mean(-2, keepdims=True)
    lengths = np.linalg.norm(centred, axis=-1)
    if not (
        lengths > _RANK_TOLERANCE * np.linalg.norm(means, axis=-1).max(-1, keepdims=True)
    ).all():
        raise ValueError("features must have class means that differ from the mean of all classes")
    unit = centred / lengths[..., None]
    cosines = (unit @ unit.mT)[..., *np.triu_indices(n_classes, 1)]
    chosen = (h @ w.mT + (b[..., None, :] if b.ndim else b)).argmax(-1)
    # ‖h − μ‖² without ‖h‖², which all classes share.
    distances = np.square(means).sum(-1)[..., None, :] - 2 * h @ means.mT
    return NeuralCollapse(
        variability=_variability(h - means[..., labels, :], centred, 1 / counts[labels]),
        norms=lengths.std(-1) / lengths.mean(-1),
        angles=cosines.std(-1),
        maximal_angles=np.abs(cosines + 1 / (n_classes - 1)).mean(-1),
        duality=np.square(_normed("readout", w) - _normed("features", centred)).sum((-2, -1)),
        disagreement=np.asarray((chosen != distances.argmin(-1)).mean(-1)),
    )


def _variability(deviations: Array, centred: Array, shares: Array) -> Array:
    """tr(Σ_W Σ_B⁺)/n_C from deviations (..., n, M), class means (..., n_C, M), weights (n,)."""
    n_classes = centred.shape[-2]
    _, sizes, axes = np.linalg.svd(centred / np.sqrt(n_classes), full_matrices=False)
    kept = sizes > _RANK_TOLERANCE * sizes[..., :1]
    inverse = np.divide(1.0, sizes, out=np.zeros_like(sizes), where=kept)
    within = np.square(deviations @ axes.mT * inverse[..., None, :]).sum(-1)
    return np.asarray(within @ shares / n_classes**2)


def _normed(name: str, matrix: Array) -> Array:
    norm = np.linalg.norm(matrix, axis=(-2, -1), keepdims=True)
    if not norm.all():
        raise ValueError(f"{name} must not be zero: it has no direction")
    return np.asarray(matrix / norm)
