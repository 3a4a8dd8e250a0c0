r"""What the mean-difference decoder achieves, from the kernel alone.

The decoder's direction is the difference of the mean patterns of the two sides,
:math:`w = \sum_j q_j x_j`, and its threshold lies at the mean of all conditions; it is what the
support vector machines of this package become when their penalty C goes to zero. With the patterns
centred, condition i lies at :math:`t_i (Kq)_i / \sqrt{q^\top K q}` from the boundary, on its right
side if this is positive, so accuracies need only the kernel and the noise.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

from .._validation import Array, as_count, as_kernel, as_number
from ..kernels import center
from ._conditions import as_dichotomies, held_out_pairs

Mask = NDArray[np.bool_]


def _right(
    kernel: Array, truth: Array, trained: Mask, noise: float, n_trials: float | None, size: int
) -> Array:
    """Probability of a right answer on every condition, (fits × C); `trained` marks the seen."""
    plus, minus = trained & (truth > 0), trained & (truth < 0)
    weights = plus / plus.sum(axis=1, keepdims=True) - minus / minus.sum(axis=1, keepdims=True)
    distance = truth * (weights @ kernel)
    length = np.einsum("fc,cd,fd->f", weights, kernel, weights)[:, None]
    misled = np.zeros_like(distance)
    if n_trials is not None:
        jitter = np.square(weights).sum(axis=1)[:, None] * noise**2 / n_trials
        length = length + size * jitter
        misled = jitter * np.diagonal(kernel)
    spread = np.sqrt(noise**2 * np.maximum(length, 0) + misled)
    largest = np.abs(kernel).max()
    distance = np.where(np.abs(distance) <= 1e-12 * largest, 0.0, distance)
    return np.asarray(ndtr(distance / np.maximum(spread, 1e-12 * largest**0.5 * noise)))


def _checked(
    kernel: ArrayLike,
    dichotomies: ArrayLike,
    noise: float,
    n_trials: float | None,
    n_neurons: int | None,
) -> tuple[Array, Array, float, float | None, int]:
    gram = center(as_kernel("kernel", kernel))
    if np.abs(gram).max() <= 1e-12 * np.abs(np.asarray(kernel)).max():
        raise ValueError("kernel must hold patterns that differ from each other")
    splits = as_dichotomies("dichotomies", dichotomies, len(gram))
    sigma = as_number("noise", noise, above=0)
    if n_trials is None:
        return gram, splits, sigma, None, 0
    if n_neurons is None:
        raise ValueError("n_neurons must be given along with n_trials")
    trials = as_number("n_trials", n_trials, above=0)
    return gram, splits, sigma, trials, as_count("n_neurons", n_neurons)


def kernel_decoding(
    kernel: ArrayLike,
    dichotomies: ArrayLike,
    *,
    noise: float,
    n_trials: float | None = None,
    n_neurons: int | None = None,
) -> Array:
    """Expected accuracy of the mean-difference decoder for any dichotomy, from the kernel.

    Parameters
    ----------
    kernel : array, shape (C, C)
        Inner products of the noise-free patterns of the conditions.
    dichotomies : array, shape (D, C), −1 or +1
    noise : float
        Standard deviation of the independent Gaussian noise of each neuron, above 0.
    n_trials : float, optional
        Training trials of each condition; the default is infinitely many. With k-fold
        cross-validation of n trials it is n (k − 1)/k.
    n_neurons : int, optional
        Over how many neurons the noise extends; needed with `n_trials`.

    Returns
    -------
    array, shape (D,)
        Exact with infinitely many trials. With few, exact in the limit of many neurons, in which
        the length of the decoder's weight vector does not fluctuate.

    Raises
    ------
    ValueError
        If all patterns are equal or `n_trials` comes without `n_neurons`.

    Examples
    --------
    >>> square = np.array([[-1, -1], [-1, 1], [1, -1], [1, 1]])
    >>> kernel_decoding(gram(square), balanced_dichotomies(4), noise=0.5).round(3)
    array([0.977, 0.977, 0.5  ])
    """
    k, splits, sigma, trials, size = _checked(kernel, dichotomies, noise, n_trials, n_neurons)
    seen = np.ones(splits.shape, dtype=bool)
    return np.asarray(_right(k, splits, seen, sigma, trials, size).mean(axis=1))


def kernel_ccgp(
    kernel: ArrayLike,
    dichotomies: ArrayLike,
    *,
    noise: float,
    n_trials: float | None = None,
    n_neurons: int | None = None,
    allowed_pairs: ArrayLike | None = None,
) -> Array:
    """Expected CCGP of the mean-difference decoder for any dichotomy, from the kernel.

    Parameters
    ----------
    kernel, dichotomies, noise, n_trials, n_neurons
        As for `kernel_decoding`.
    allowed_pairs : bool array, shape (C, C), optional
        As for `dichotomy_ccgp`.

    Returns
    -------
    array, shape (D,)
        What `dichotomy_ccgp` with a small `penalty` reads on average; exact with infinitely many
        trials.

    Raises
    ------
    ValueError
        As `kernel_decoding` and `dichotomy_ccgp`.

    Examples
    --------
    >>> square = np.array([[-1, -1], [-1, 1], [1, -1], [1, 1]])
    >>> by_context = [[0, 1, 1, 0], [1, 0, 0, 1], [1, 0, 0, 1], [0, 1, 1, 0]]
    >>> kernel_ccgp(gram(square), square.T, noise=0.5, allowed_pairs=by_context).round(3)
    array([0.977, 0.977])
    """
    k, splits, sigma, trials, size = _checked(kernel, dichotomies, noise, n_trials, n_neurons)
    which, i, j = held_out_pairs(splits, allowed_pairs)
    rows = np.arange(len(which))
    seen = np.ones((len(which), len(k)), dtype=bool)
    seen[rows, i] = seen[rows, j] = False
    right = _right(k, splits[which], seen, sigma, trials, size)
    accuracy = (right[rows, i] + right[rows, j]) / 2
    return np.asarray(np.bincount(which, weights=accuracy) / np.bincount(which))
