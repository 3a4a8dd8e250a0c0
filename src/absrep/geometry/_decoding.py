"""Linear decoding, its generalisation across conditions, and shattering."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import linprog
from sklearn.base import BaseEstimator, clone
from sklearn.model_selection import StratifiedKFold

from .._validation import Array, Seed, as_array, as_count, as_generator, as_labels, as_number
from ._conditions import (
    Index,
    as_conditions,
    as_dichotomies,
    balanced_dichotomies,
    conditions_of,
    held_out_pairs,
)
from ._svm import fit_linear_svms


def _accuracy(
    features: Array,
    truth: Array,
    which: Index,
    held: NDArray[np.bool_],
    weight: Array,
    penalty: float,
    decoder: BaseEstimator | None,
) -> Array:
    """Accuracy for each labelling (row of `truth`) over the held-out trials of all its fits.

    Fit b learns ``truth[which[b]]`` without the trials ``held[b]``; trial i counts ``weight[i]``.
    """
    # The bias is penalised like the weights: without this the accuracy would depend on where the
    # whole cloud lies. The mean over conditions knows nothing of labels, nor of how many trials
    # each condition has.
    features = features - weight @ features / weight.sum()
    if decoder is None:
        scores = fit_linear_svms(features, truth, which, held, penalty)
    elif isinstance(decoder, type) or not hasattr(decoder, "fit"):
        raise TypeError(f"decoder must be a scikit-learn classifier (an instance), not {decoder!r}")
    else:
        scores = np.zeros(held.shape)
        for row, (target, left_out) in enumerate(zip(truth[which], held, strict=True)):
            fitted = clone(decoder).fit(features[~left_out], target[~left_out])
            decide = getattr(fitted, "decision_function", fitted.predict)
            scores[row] = decide(features)
    # A point on the boundary, up to rounding, is a coin toss.
    on_boundary = np.abs(scores) <= 1e-9 * np.abs(scores).max(axis=1, keepdims=True)
    right = np.where(on_boundary, 0.5, scores * truth[which] > 0)
    counted = held * weight
    correct = np.bincount(which, weights=(right * counted).sum(axis=1))
    return np.asarray(correct / np.bincount(which, weights=counted.sum(axis=1)))


def dichotomy_ccgp(
    features: ArrayLike,
    conditions: ArrayLike,
    dichotomies: ArrayLike,
    *,
    allowed_pairs: ArrayLike | None = None,
    penalty: float = 1.0,
    decoder: BaseEstimator | None = None,
) -> Array:
    """Cross-condition generalisation performance of any dichotomy.

    One condition of either side is held out, a linear decoder is trained on all the others and
    tested on the two: it has to generalise to conditions that it never saw. The score is the
    accuracy averaged over the held-out pairs, all of them unless `allowed_pairs` says otherwise,
    as in Bernardi et al. (2020) for eight conditions.

    The mean over all conditions, the held-out ones among them, is taken off first, so that the
    score does not depend on where the origin lies; the decoder's threshold is penalised like its
    weights, as in LinearSVC and decodanda.

    Parameters
    ----------
    features : array, shape (n, N)
        One row per trial or per condition. The two held-out conditions count equally, however
        many trials they have.
    conditions : int array, shape (n,)
    dichotomies : array, shape (D, C), −1 or +1
        Columns in the order of the sorted condition numbers; at least two conditions a side.
    allowed_pairs : bool array, shape (C, C), optional
        Which pairs of conditions may be held out together.
    penalty : float
        C of the support vector machine (squared hinge, balanced classes), above 0.
    decoder : scikit-learn classifier, optional
        Used in place of the built-in support vector machine, one fit at a time.

    Returns
    -------
    array, shape (D,)
        1 for perfect generalisation. Chance is not always 0.5: XOR-like dichotomies can fall
        *below* it, because the held-out conditions lie where the decoder expects the other side.

    Raises
    ------
    ValueError
        If a side has a single condition, or no pair of a dichotomy is allowed.

    Examples
    --------
    >>> cube = walsh_basis(3)[:, 1:4]
    >>> dichotomy_ccgp(cube, range(8), [cube[:, 0], cube[:, 0] * cube[:, 1]])
    array([1., 0.])
    """
    patterns = as_array("features", features, 2)
    index, n_conditions = as_conditions("conditions", conditions, len(patterns))
    splits = as_dichotomies("dichotomies", dichotomies, n_conditions)
    c = as_number("penalty", penalty, above=0)
    rows, i, j = held_out_pairs(splits, allowed_pairs)
    held = (index == i[:, None]) | (index == j[:, None])
    weight = 1.0 / np.bincount(index)[index]
    return _accuracy(patterns, splits[:, index], rows, held, weight, c, decoder)


def ccgp(
    features: ArrayLike,
    labels: ArrayLike,
    *,
    max_distance: int | None = 1,
    penalty: float = 1.0,
    decoder: BaseEstimator | None = None,
) -> Array:
    """Cross-condition generalisation performance of every latent.

    The decoder of latent a is tested on two held-out conditions, one of either value of a, after
    training on all others. By default the two differ in latent a alone: they share a context in
    which the decoder was never trained.

    Parameters
    ----------
    features : array, shape (n, N)
        One row per trial or per stimulus.
    labels : array, shape (n, d), −1 or +1
    max_distance : int or None
        In how many latents the two held-out conditions may differ; 1 pairs them by context (as
        decodanda does by default), None takes all pairs (as Bernardi et al. 2020 do). With d = 2
        only 1 makes sense: after a diagonal pair is held out, the two that are left do not say
        which latent is meant.
    penalty, decoder
        As for `dichotomy_ccgp`.

    Returns
    -------
    array, shape (d,)

    Raises
    ------
    ValueError
        If a value of a latent occurs in one condition only, or no pair is within `max_distance`.

    Examples
    --------
    >>> labels = [[-1, -1], [-1, 1], [1, -1], [1, 1]]
    >>> ccgp(labels, labels)  # a square
    array([1., 1.])
    >>> ccgp(np.eye(4), labels)  # a tetrahedron: every held-out point is on the boundary
    array([0.5, 0.5])
    """
    patterns = as_array("features", features, 2)
    y = as_labels("labels", labels, len(patterns))
    conditions, present = conditions_of(y)
    _require_both_values(y)
    apart = (present[:, None, :] != present[None, :, :]).sum(axis=-1)
    reach = y.shape[1] if max_distance is None else as_count("max_distance", max_distance)
    allowed = apart <= reach
    for latent, column in enumerate(present.T):
        if min((column > 0).sum(), (column < 0).sum()) < 2:
            raise ValueError(
                f"labels must have two conditions or more for either value of latent {latent}: "
                "there is no other condition to generalise from"
            )
        if not allowed[column > 0][:, column < 0].any():
            raise ValueError(
                f"labels must have two conditions that differ in latent {latent} and in at most "
                f"{reach} latents (max_distance)"
            )
    return dichotomy_ccgp(
        patterns,
        conditions,
        present.T,
        allowed_pairs=allowed,
        penalty=penalty,
        decoder=decoder,
    )


def _require_both_values(labels: Array) -> None:
    constant = np.flatnonzero(np.abs(labels.mean(axis=0)) == 1)
    if len(constant):
        raise ValueError(f"labels must take both values, but latent {constant[0]} is constant")


def _folds(conditions: Index, n_folds: int, rng: np.random.Generator) -> Array:
    """Fold of every trial, with the same share of every condition in every fold."""
    fewest = int(np.bincount(conditions).min())
    if fewest < n_folds:
        raise ValueError(
            f"n_folds must not exceed the trials of the rarest condition ({fewest}), "
            f"found {n_folds}"
        )
    splitter = StratifiedKFold(n_folds, shuffle=True, random_state=int(rng.integers(2**32)))
    fold = np.empty(len(conditions))
    for k, (_, test) in enumerate(splitter.split(conditions[:, None], conditions)):
        fold[test] = k
    return fold


def dichotomy_decoding(
    features: ArrayLike,
    conditions: ArrayLike,
    dichotomies: ArrayLike,
    *,
    rng: Seed,
    n_folds: int = 5,
    penalty: float = 1.0,
    decoder: BaseEstimator | None = None,
) -> Array:
    """Cross-validated accuracy of a linear decoder for any dichotomy.

    Unlike CCGP, every condition is seen in training; only trials are held out.

    Parameters
    ----------
    features : array, shape (n, N)
        One row per trial.
    conditions : int array, shape (n,)
    dichotomies : array, shape (D, C), −1 or +1
    rng : int or numpy.random.Generator
        Decides the folds, which are the same for all dichotomies.
    n_folds : int
        At least 2; every condition needs as many trials.
    penalty, decoder
        As for `dichotomy_ccgp`.

    Returns
    -------
    array, shape (D,)
        Accuracy with equal weight for every condition; chance is 0.5.

    Raises
    ------
    ValueError
        If a condition has fewer than `n_folds` trials.

    Examples
    --------
    >>> trials, labels = noisy_trials(np.eye(4), walsh_basis(2), 10, noise=0.1, rng=0)
    >>> conditions = np.repeat(range(4), 10)
    >>> dichotomy_decoding(trials, conditions, balanced_dichotomies(4), rng=0)
    array([1., 1., 1.])
    """
    patterns = as_array("features", features, 2)
    index, n_conditions = as_conditions("conditions", conditions, len(patterns))
    splits = as_dichotomies("dichotomies", dichotomies, n_conditions)
    c = as_number("penalty", penalty, above=0)
    k = as_count("n_folds", n_folds, at_least=2)
    fold = _folds(index, k, as_generator("rng", rng))
    weight = 1.0 / np.bincount(index)[index]
    accuracy = np.zeros(len(splits))
    for part in np.array_split(np.arange(len(splits)), max(1, len(splits) // 256)):
        which = np.repeat(np.arange(len(part)), k)
        held = np.tile(fold == np.arange(k)[:, None], (len(part), 1))
        truth = splits[part][:, index]
        accuracy[part] = _accuracy(patterns, truth, which, held, weight, c, decoder)
    return accuracy


def decoding_accuracy(
    features: ArrayLike,
    labels: ArrayLike,
    *,
    rng: Seed,
    n_folds: int = 5,
    penalty: float = 1.0,
    decoder: BaseEstimator | None = None,
) -> Array:
    """Cross-validated accuracy of a linear decoder for every latent.

    Parameters
    ----------
    features : array, shape (n, N)
        One row per trial.
    labels : array, shape (n, d), −1 or +1
    rng, n_folds, penalty, decoder
        As for `dichotomy_decoding`.

    Returns
    -------
    array, shape (d,)

    Raises
    ------
    ValueError
        If a latent is constant or a condition has fewer than `n_folds` trials.

    Examples
    --------
    >>> trials, labels = noisy_trials(np.eye(2), [[-1], [1]], 10, noise=0.1, rng=0)
    >>> decoding_accuracy(trials, labels, rng=0)
    array([1.])
    """
    patterns = as_array("features", features, 2)
    y = as_labels("labels", labels, len(patterns))
    _require_both_values(y)
    conditions, present = conditions_of(y)
    return dichotomy_decoding(
        patterns,
        conditions,
        present.T,
        rng=rng,
        n_folds=n_folds,
        penalty=penalty,
        decoder=decoder,
    )


@dataclass(frozen=True, eq=False)
class Shattering:
    """Decoding of all balanced dichotomies.

    Attributes
    ----------
    dichotomies : array, shape (D, C)
    accuracy : array, shape (D,)
        Cross-validated accuracy for each.
    dimension : float
        Their mean: the *shattering dimension* of Bernardi et al. (2020), from chance (0.5, up to
        sampling error) to 1, where every dichotomy can be decoded.

    Examples
    --------
    >>> trials, _ = noisy_trials(hypercube(2).labels, walsh_basis(2), 20, noise=0.1, rng=0)
    >>> result = shattering(trials, np.repeat(range(4), 20), rng=0)
    >>> result.accuracy[:2], bool(result.accuracy[2] < 0.8)  # parity, magnitude and XOR
    (array([1., 1.]), True)
    """

    dichotomies: Array
    accuracy: Array

    @property
    def dimension(self) -> float:
        """Mean accuracy over all dichotomies."""
        return float(self.accuracy.mean())


def shattering(
    features: ArrayLike,
    conditions: ArrayLike,
    *,
    rng: Seed,
    n_folds: int = 5,
    penalty: float = 1.0,
    decoder: BaseEstimator | None = None,
) -> Shattering:
    """Decode every balanced dichotomy of the conditions (shattering dimension).

    Parameters
    ----------
    features : array, shape (n, N)
        One row per trial. For noise-free patterns use `separable_dichotomies`.
    conditions : int array, shape (n,)
        An even number of conditions, at most 16.
    rng, n_folds, penalty, decoder
        As for `dichotomy_decoding`.

    Returns
    -------
    Shattering

    Examples
    --------
    >>> trials, _ = noisy_trials(np.eye(4), walsh_basis(2), 10, noise=0.1, rng=0)
    >>> shattering(trials, np.repeat(range(4), 10), rng=0).dimension
    1.0
    """
    patterns = as_array("features", features, 2)
    index, n_conditions = as_conditions("conditions", conditions, len(patterns))
    if n_conditions % 2 or not 2 <= n_conditions <= 16:
        raise ValueError(f"conditions must be 2, 4, … or 16 in number, found {n_conditions}")
    splits = balanced_dichotomies(n_conditions)
    accuracy = dichotomy_decoding(
        patterns, index, splits, rng=rng, n_folds=n_folds, penalty=penalty, decoder=decoder
    )
    return Shattering(splits, accuracy)


def separable_dichotomies(patterns: ArrayLike, dichotomies: ArrayLike) -> NDArray[np.bool_]:
    """Whether a hyperplane separates the two sides of each dichotomy.

    Solved as a linear program: is there a w and a b with t_i (w·x_i + b) ≥ 1 for all i? Gaps below
    1e-8 of the patterns' extent are beyond the solver's tolerance.

    Parameters
    ----------
    patterns : array, shape (C, N)
        One noise-free pattern per condition.
    dichotomies : array, shape (D, C), −1 or +1

    Returns
    -------
    bool array, shape (D,)

    Examples
    --------
    >>> square = [[-1, -1], [-1, 1], [1, -1], [1, 1]]
    >>> separable_dichotomies(square, balanced_dichotomies(4))  # all but XOR
    array([ True,  True, False])
    """
    x = as_array("patterns", patterns, 2)
    splits = as_dichotomies("dichotomies", dichotomies, len(x))
    scaled = x - x.mean(axis=0)
    scaled = np.column_stack([scaled / max(np.abs(scaled).max(), 1e-300), np.ones(len(x))])
    none = np.zeros(scaled.shape[1])
    solved = [
        linprog(none, A_ub=-split[:, None] * scaled, b_ub=-np.ones(len(x)), bounds=(None, None))
        for split in splits
    ]
    return np.array([result.status == 0 for result in solved])
