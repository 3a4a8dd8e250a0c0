"""The measures of the microscope: what each computes, of what, and what chance does to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from .._validation import Array
from ..geometry import (
    ccgp,
    condition_means,
    cross_validated_parallelism_score,
    cross_validated_participation_ratio,
    decoding_accuracy,
    intrinsic_dimension,
    lifetime_sparsity,
    parallelism_score,
    participation_ratio,
    shattering,
    shuffle_labels,
    shuffle_neurons,
    shuffle_trials,
)
from ..kernels import center, gram, kernel_alignment

__all__ = ["Measure", "standard_measures"]

Shuffle = Callable[[Array, Array, np.random.Generator], tuple[Array, Array]]

# Of 10 conditions there are 126 dichotomies, and each is decoded once in every shuffle.
_MOST_CONDITIONS = 8


@dataclass(frozen=True, eq=False)
class Measure:
    """One measure, as `examine` takes it.

    Attributes
    ----------
    name : str
    compute : callable
        ``compute(responses, labels, seed)`` returns an array (d,), one number per latent, or one
        number for the whole representation. Where the measure does not exist it raises a
        ValueError, whose message becomes the note of the examination.
    shuffle : callable or None
        What makes its null data, see `absrep.null_distribution`; None for a measure whose
        significance another measure tells better.
    per_latent : bool, default True
    rate : bool, default False
        Whether it is a share of trials, with a binomial interval.
    small : bool, default False
        Whether *low* values are the remarkable ones, as those of a dimension are.
    most_shuffles : int, optional
        For a measure that is slow. Its p-value is never below 1/(1 + most_shuffles).

    Examples
    --------
    >>> from absrep.microscope import Measure
    >>> rate = Measure("mean rate", lambda x, y, seed: x.mean(), None, per_latent=False)
    >>> float(rate.compute(np.array([[1.0, 3.0]]), np.array([[1.0]]), 0))
    2.0
    """

    name: str
    compute: Callable[[Array, Array, int], ArrayLike]
    shuffle: Shuffle | None
    per_latent: bool = True
    rate: bool = False
    small: bool = False
    most_shuffles: int | None = None


def standard_measures(
    *, n_folds: int = 5, n_neighbours: int = 10, penalty: float = 1.0
) -> tuple[Measure, ...]:
    """Every measure that needs no more than responses and labels.

    Parameters
    ----------
    n_folds : int, default 5
        Of the cross-validation in decoding and shattering.
    n_neighbours : int, default 10
        For the intrinsic dimension.
    penalty : float, default 1
        C of the decoders.

    Returns
    -------
    tuple of Measure

    Examples
    --------
    >>> from absrep.microscope import standard_measures
    >>> [measure.name for measure in standard_measures() if measure.per_latent]
    ['PS', 'PS, corrected', 'CCGP', 'decoding']
    """

    def decoded(x: Array, y: Array, seed: int) -> Array:
        return decoding_accuracy(x, y, rng=seed, n_folds=n_folds, penalty=penalty)

    def shattered(x: Array, y: Array, seed: int) -> float:
        present, conditions = np.unique(y, axis=0, return_inverse=True)
        if len(present) > _MOST_CONDITIONS:
            raise ValueError(f"labels have {len(present)} conditions: too many dichotomies")
        found = shattering(x, conditions.reshape(-1), rng=seed, n_folds=n_folds, penalty=penalty)
        return found.dimension

    return (
        Measure("PS", lambda x, y, seed: parallelism_score(x, y), shuffle_neurons),
        Measure("PS, corrected", lambda x, y, seed: cross_validated_parallelism_score(x, y), None),
        Measure("CCGP", lambda x, y, seed: ccgp(x, y, penalty=penalty), shuffle_neurons, rate=True),
        Measure("decoding", decoded, shuffle_labels, rate=True),
        Measure(
            "shattering", shattered, shuffle_labels, per_latent=False, rate=True, most_shuffles=20
        ),
        Measure(
            "label alignment",
            lambda x, y, seed: _alignment(x, y),
            shuffle_neurons,
            per_latent=False,
        ),
        Measure(
            "dimension of means",
            lambda x, y, seed: participation_ratio(condition_means(x, y)[0]),
            shuffle_neurons,
            per_latent=False,
            small=True,
        ),
        Measure(
            "dimension of means, corrected",
            lambda x, y, seed: cross_validated_participation_ratio(x, y, rng=seed),
            None,
            per_latent=False,
            small=True,
        ),
        Measure(
            "dimension of trials",
            lambda x, y, seed: participation_ratio(x),
            shuffle_trials,
            per_latent=False,
            small=True,
        ),
        Measure(
            "intrinsic dimension",
            lambda x, y, seed: intrinsic_dimension(x, n_neighbours),
            shuffle_trials,
            per_latent=False,
            small=True,
        ),
        Measure("sparsity", lambda x, y, seed: _sparsity(x, y), shuffle_labels, per_latent=False),
    )


def _alignment(responses: Array, labels: Array) -> float:
    """Centred alignment of the kernel of the condition means with that of the labels."""
    means, present = condition_means(responses, labels)
    return kernel_alignment(center(gram(means)), center(gram(present)))


def _sparsity(responses: Array, labels: Array) -> float:
    if (responses < 0).any():
        raise ValueError("responses must not be negative: sparsity is one of rates")
    return lifetime_sparsity(condition_means(responses, labels)[0])
