"""Modularity: whether each neuron serves one output only."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .._validation import Array, as_stack


def readout_modularity(weights: ArrayLike) -> Array:
    r"""Share of the squared read-out weights that goes to each neuron's favourite output.

    .. math:: \frac{\sum_i \max_a w_{ia}^2}{\sum_i\sum_a w_{ia}^2} \in [1/d, 1]

    This is the mean over neurons of the share :math:`\max_a w_{ia}^2 / \sum_a w_{ia}^2`, each
    weighed with its squared output weights, so that silent neurons do not count. 1 if every neuron
    writes to one output. Isotropic Gaussian weights to two outputs have :math:`1/2 + 1/π`.

    Parameters
    ----------
    weights : array, shape (..., N, d)
        One row per neuron, one column per output; leading axes (replicas) are kept.

    Returns
    -------
    array, shape (...)

    Raises
    ------
    ValueError
        If all weights of a network are zero, or there is only one output: every neuron is
        modular then.

    Examples
    --------
    >>> modular, mixed = [[3, 0], [0, -1]], [[1, 1], [1, -1]]
    >>> float(readout_modularity(modular)), float(readout_modularity(mixed))
    (1.0, 0.5)
    """
    squared = np.square(as_stack("weights", weights))
    if squared.shape[-1] < 2:
        raise ValueError("weights must lead to at least two outputs, found one")
    total = squared.sum(axis=(-2, -1))
    if np.any(total == 0):
        raise ValueError("weights must not all be zero")
    return np.asarray(squared.max(axis=-1).sum(axis=-1) / total)
