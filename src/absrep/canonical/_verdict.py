"""Where the hypothesis holds: a criterion with two baselines."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._validation import as_array, as_number

__all__ = ["verdicts"]


def verdicts(
    trained: ArrayLike,
    untrained: ArrayLike,
    undecayed: ArrayLike,
    *,
    threshold: float = 0.9,
    share: float = 0.9,
) -> NDArray[np.int64]:
    """Of each relation: 2 it holds, 1 it only rises, 0 neither.

    A relation *rises* if its alignment after training is above both baselines, of the *same*
    replica, in that share of replicas. It *holds* if it rises and the median over replicas
    reaches the threshold.

    Parameters
    ----------
    trained, untrained, undecayed : array, shape (R, ...)
        Alignments after training, before it, and after training without weight decay.
    threshold : float, default 0.9
    share : float, default 0.9
        Of the replicas.

    Returns
    -------
    int array, shape (...)

    Raises
    ------
    ValueError
        If the shapes differ or something is not finite.

    Examples
    --------
    >>> trained = np.array([[0.95, 0.7, 0.95], [0.92, 0.6, 0.95]])
    >>> verdicts(trained, [[0.5, 0.5, 0.5]] * 2, [[0.8, 0.5, 0.99]] * 2)
    array([2, 1, 0])
    """
    found = as_array("trained", trained)
    rises = np.ones(found.shape, dtype=bool)
    for name, value in (("untrained", untrained), ("undecayed", undecayed)):
        baseline = as_array(name, value)
        if baseline.shape != found.shape:
            raise ValueError(f"{name} must have shape {found.shape}, found {baseline.shape}")
        rises &= found > baseline
    often = rises.mean(0) >= as_number("share", share, above=0)
    high = np.median(found, axis=0) >= as_number("threshold", threshold)
    return np.where(often, np.where(high, 2, 1), 0).astype(np.int64)
