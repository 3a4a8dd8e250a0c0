"""The three scores that are always reported together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from .._validation import Array, Seed, as_array, as_generator
from ._decoding import ccgp, decoding_accuracy
from ._parallelism import parallelism_score


@dataclass(frozen=True, eq=False)
class AbstractionScores:
    """Parallelism, generalisation and decoding of every latent in every replica.

    Attributes
    ----------
    parallelism : array, shape (R, d)
    ccgp : array, shape (R, d)
    decoding : array, shape (R, d)

    Examples
    --------
    >>> square = hypercube(2).labels
    >>> trials, labels = noisy_trials(square, square, n_trials=10, noise=0.1, rng=0)
    >>> abstraction_scores(trials, labels, rng=0).decoding
    array([[1., 1.]])
    """

    parallelism: Array
    ccgp: Array
    decoding: Array


def abstraction_scores(
    features: ArrayLike, labels: ArrayLike, *, rng: Seed, penalty: float = 1.0
) -> AbstractionScores:
    """Parallelism score, CCGP and decoding accuracy of one or many representations.

    Decoding says whether a latent is held at all, CCGP and PS whether it is held abstractly;
    none of them should be reported without the others.

    Parameters
    ----------
    features : array, shape (n, N) or (R, n, N)
        Trials of one representation or of R replicas. Every condition needs five trials.
    labels : array, shape (n, d), −1 or +1
    rng : int or numpy.random.Generator
        Decides the folds of the cross-validation, the same for all replicas.
    penalty : float
        C of the decoders.

    Returns
    -------
    AbstractionScores

    Raises
    ------
    ValueError
        As `parallelism_score`, `ccgp` and `decoding_accuracy`.

    Examples
    --------
    >>> square = hypercube(2).labels
    >>> trials, labels = noisy_trials(square, square, n_trials=10, noise=0.1, rng=0)
    >>> scores = abstraction_scores(trials, labels, rng=0)
    >>> scores.ccgp, scores.decoding
    (array([[1., 1.]]), array([[1., 1.]]))
    """
    patterns = as_array("features", features, (2, 3))
    replicas = patterns[None] if patterns.ndim == 2 else patterns
    seed = int(as_generator("rng", rng).integers(2**32))
    return AbstractionScores(
        parallelism=parallelism_score(replicas, labels),
        ccgp=np.stack([ccgp(r, labels, penalty=penalty) for r in replicas]),
        decoding=np.stack(
            [decoding_accuracy(r, labels, rng=seed, penalty=penalty) for r in replicas]
        ),
    )
