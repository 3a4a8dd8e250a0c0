"""What a measure reads by chance: null distributions by shuffling."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from tqdm import tqdm

from .._validation import Array, Seed, as_array, as_count, as_function, as_generator, as_labels
from ._conditions import conditions_of

Shuffle = Callable[[Array, Array, np.random.Generator], tuple[Array, Array]]


def shuffle_labels(features: ArrayLike, labels: ArrayLike, rng: Seed) -> tuple[Array, Array]:
    """Give every trial the labels of another: the null for *decoding*.

    Nothing about the latents is left in the features.

    Parameters
    ----------
    features : array, shape (n, N)
    labels : array, shape (n, d), −1 or +1
    rng : int or numpy.random.Generator

    Returns
    -------
    features, labels : arrays of the same shapes

    Examples
    --------
    >>> _, labels = shuffle_labels(np.eye(3), [[-1], [1], [1]], rng=0)
    >>> sorted(labels.ravel())
    [np.float64(-1.0), np.float64(1.0), np.float64(1.0)]
    """
    x = as_array("features", features, 2)
    y = as_labels("labels", labels, len(x))
    return x, as_generator("rng", rng).permutation(y)


def shuffle_neurons(features: ArrayLike, labels: ArrayLike, rng: Seed) -> tuple[Array, Array]:
    """Permute the neurons of each condition independently: the null for *geometry*.

    Every condition keeps its noise and the distribution of its firing rates over neurons; how the
    conditions lie to each other is left to chance. This is the null for PS and CCGP. (Shuffled
    labels would remove the coding itself, and so test whether a latent is held at all.) The mean
    PS under it is 0 if no latent changes the mean rate over neurons; a latent that does is
    parallel to that extent in the null as well. With very few neurons a shuffle can make two
    conditions coincide, on which the measure raises.

    Parameters
    ----------
    features : array, shape (n, N)
    labels : array, shape (n, d), −1 or +1
    rng : int or numpy.random.Generator

    Returns
    -------
    features, labels : arrays of the same shapes

    Examples
    --------
    >>> shuffled, _ = shuffle_neurons([[1, 2, 3], [1, 2, 3]], [[-1], [1]], rng=0)
    >>> np.sort(shuffled, axis=1)
    array([[1., 2., 3.],
           [1., 2., 3.]])
    """
    x = as_array("features", features, 2).copy()
    y = as_labels("labels", labels, len(x))
    generator = as_generator("rng", rng)
    conditions, present = conditions_of(y)
    for condition in range(len(present)):
        rows = conditions == condition
        x[rows] = x[rows][:, generator.permutation(x.shape[1])]
    return x, y


def shuffle_trials(features: ArrayLike, labels: ArrayLike, rng: Seed) -> tuple[Array, Array]:
    """Permute the trials of each neuron independently: the null for *dimension*.

    Every neuron keeps the values that it takes; what neurons have in common is gone.

    Parameters
    ----------
    features : array, shape (n, N)
    labels : array, shape (n, d), −1 or +1
    rng : int or numpy.random.Generator

    Returns
    -------
    features, labels : arrays of the same shapes

    Examples
    --------
    >>> shuffled, _ = shuffle_trials([[1, 4], [2, 5], [3, 6]], [[-1], [1], [1]], rng=0)
    >>> np.sort(shuffled, axis=0)
    array([[1., 4.],
           [2., 5.],
           [3., 6.]])
    """
    x = as_array("features", features, 2)
    y = as_labels("labels", labels, len(x))
    return as_generator("rng", rng).permuted(x, axis=0), y


@dataclass(frozen=True, eq=False)
class NullDistribution:
    """A measure beside what it reads on shuffled data.

    Attributes
    ----------
    observed : array, shape (...)
    shuffled : array, shape (n_shuffles, ...)

    Examples
    --------
    >>> null = NullDistribution(np.array(3.0), np.array([0.0, 1.0, 2.0]))
    >>> float(null.p_value), float(null.z_score)
    (0.25, 2.0)
    """

    observed: Array
    shuffled: Array

    @property
    def p_value(self) -> Array:
        """Share of data sets (the observed one counted in) that read at least as high."""
        as_high = (self.shuffled >= self.observed).sum(axis=0)
        return np.asarray((1 + as_high) / (1 + len(self.shuffled)))

    @property
    def z_score(self) -> Array:
        """Distance from the null mean in its standard deviations; infinite if it has no spread."""
        distance = np.asarray(self.observed - self.shuffled.mean(axis=0))
        spread = np.asarray(self.shuffled.std(axis=0, ddof=1))
        certain = np.where(distance == 0, 0.0, np.copysign(np.inf, distance))
        return np.asarray(np.divide(distance, spread, out=certain, where=spread > 0))


def null_distribution(
    measure: Callable[[Array, Array], ArrayLike],
    features: ArrayLike,
    labels: ArrayLike,
    *,
    shuffle: Shuffle,
    n_shuffles: int,
    rng: Seed,
    progress: bool = False,
) -> NullDistribution:
    """Compare a measure with its value on shuffled data.

    Parameters
    ----------
    measure : callable
        ``measure(features, labels)`` returns a number or an array, such as `parallelism_score`.
    features : array, shape (n, N)
    labels : array, shape (n, d), −1 or +1
    shuffle : callable
        `shuffle_neurons` for PS and CCGP, `shuffle_labels` for decoding, `shuffle_trials` for
        dimensions, or your own
        ``shuffle(features, labels, rng)``.
    n_shuffles : int
        At least 2.
    rng : int or numpy.random.Generator
    progress : bool
        Show a progress bar.

    Returns
    -------
    NullDistribution

    Examples
    --------
    >>> patterns = walsh_basis(2)[:, 1:3] @ np.random.default_rng(0).standard_normal((2, 50))
    >>> trials, labels = noisy_trials(patterns, walsh_basis(2)[:, 1:3], 20, noise=0.5, rng=0)
    >>> null = null_distribution(
    ...     parallelism_score, trials, labels, shuffle=shuffle_neurons, n_shuffles=99, rng=0
    ... )
    >>> null.p_value
    array([0.01, 0.01])
    """
    x = as_array("features", features, 2)
    y = as_labels("labels", labels, len(x))
    for name, function in (("measure", measure), ("shuffle", shuffle)):
        as_function(name, function)
    repeats = as_count("n_shuffles", n_shuffles, at_least=2)
    generator = as_generator("rng", rng)
    observed = np.asarray(measure(x, y), dtype=np.float64)
    shuffled = [
        measure(*shuffle(x, y, generator))
        for _ in tqdm(range(repeats), disable=not progress, desc="shuffles")
    ]
    return NullDistribution(observed, np.array(shuffled, dtype=np.float64))
