"""Conditions (combinations of latents) and dichotomies (ways to halve them)."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._validation import Array, as_array, as_count, as_labels, as_stack

Index = NDArray[np.int64]


def balanced_dichotomies(n_conditions: int) -> Array:
    """All ways to divide conditions into two halves, each once.

    Parameters
    ----------
    n_conditions : int
        Even, at least 2.

    Returns
    -------
    array, shape (D, n_conditions)
        Entries −1 and +1, the first condition always +1 (swapping the halves gives the same
        dichotomy). D = 3 for 4 conditions, 35 for 8, 6435 for 16.

    Raises
    ------
    ValueError
        If `n_conditions` is odd, or above 16 (from 20 on there are over 90 000).

    Examples
    --------
    >>> balanced_dichotomies(4).astype(int)
    array([[ 1,  1, -1, -1],
           [ 1, -1,  1, -1],
           [ 1, -1, -1,  1]])
    """
    n = as_count("n_conditions", n_conditions, at_least=2)
    if n % 2 or n > 16:
        raise ValueError(f"n_conditions must be even and at most 16, found {n}")
    with_first = list(combinations(range(1, n), n // 2 - 1))
    dichotomies = -np.ones((len(with_first), n))
    dichotomies[:, 0] = 1
    for row, members in zip(dichotomies, with_first, strict=True):
        row[list(members)] = 1
    return dichotomies


def as_conditions(name: str, value: ArrayLike, n_rows: int) -> tuple[Index, int]:
    """Condition of each row as 0 … C−1, and C; any integers are accepted and ranked."""
    raw = as_array(name, value, 1)
    if len(raw) != n_rows:
        raise ValueError(f"{name} must have {n_rows} entries, one per row, found {len(raw)}")
    if (raw != np.round(raw)).any():
        raise ValueError(f"{name} must be integers")
    values, index = np.unique(raw, return_inverse=True)
    return index, len(values)


def as_dichotomies(name: str, value: ArrayLike, n_conditions: int) -> Array:
    """Dichotomies (D × C) of −1 and +1, each with both signs."""
    dichotomies = as_labels(name, np.atleast_2d(as_array(name, value, (1, 2))))
    if dichotomies.shape[1] != n_conditions:
        raise ValueError(
            f"{name} must have {n_conditions} columns, one per condition, "
            f"found {dichotomies.shape[1]}"
        )
    if (np.abs(dichotomies.sum(axis=1)) == n_conditions).any():
        raise ValueError(f"{name} must have conditions on both sides")
    return dichotomies


def held_out_pairs(
    dichotomies: Array, allowed_pairs: ArrayLike | None
) -> tuple[Index, Index, Index]:
    """Pairs to hold out for CCGP: the dichotomy, its + condition and its − condition."""
    n_conditions = dichotomies.shape[1]
    if ((dichotomies > 0).sum(axis=1) < 2).any() or ((dichotomies < 0).sum(axis=1) < 2).any():
        raise ValueError("dichotomies must have at least two conditions on either side")
    allowed = np.ones((n_conditions, n_conditions), dtype=bool)
    if allowed_pairs is not None:
        allowed = as_array("allowed_pairs", allowed_pairs, 2) != 0
        if allowed.shape != (n_conditions, n_conditions):
            raise ValueError(
                f"allowed_pairs must be {n_conditions} × {n_conditions}, found {allowed.shape}"
            )
    plus, minus = dichotomies[:, :, None] > 0, dichotomies[:, None, :] < 0
    which, held_plus, held_minus = np.nonzero(plus & minus & allowed)
    missing = np.setdiff1d(np.arange(len(dichotomies)), which)
    if len(missing):
        raise ValueError(f"allowed_pairs must allow a pair of dichotomy {missing[0]}")
    return which, held_plus, held_minus


def conditions_of(labels: Array) -> tuple[Index, Array]:
    """Condition of each row, and the label vector of each condition (C × d)."""
    present, index = np.unique(labels, axis=0, return_inverse=True)
    return index.reshape(-1), present


def mean_patterns(features: Array, conditions: Index, n_conditions: int) -> Array:
    """Mean pattern of each condition, shape (..., C, N)."""
    member = np.eye(n_conditions)[conditions]
    return np.asarray((member / member.sum(axis=0)).T @ features)


def condition_means(features: ArrayLike, labels: ArrayLike) -> tuple[Array, Array]:
    """Mean pattern of every condition, and the labels of the conditions.

    Parameters
    ----------
    features : array, shape (..., n, N)
        One row per stimulus or trial; leading axes are kept.
    labels : array, shape (n, d), −1 or +1

    Returns
    -------
    means : array, shape (..., C, N)
        In the order of the sorted label vectors, the first latent slowest, −1 first.
    labels : array, shape (C, d)

    Examples
    --------
    >>> condition_means([[0.0], [2.0], [5.0]], [[-1], [-1], [1]])
    (array([[1.],
           [5.]]), array([[-1.],
           [ 1.]]))
    """
    patterns = as_stack("features", features)
    conditions, present = conditions_of(as_labels("labels", labels, patterns.shape[-2]))
    return mean_patterns(patterns, conditions, len(present)), present
