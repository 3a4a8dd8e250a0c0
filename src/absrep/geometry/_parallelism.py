"""Parallelism score: how parallel a latent's coding directions are across contexts."""

from __future__ import annotations

from itertools import combinations, permutations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammaln, hyp1f1

from .._validation import Array, as_array, as_kernel, as_labels, as_number, as_stack
from ._conditions import (
    as_conditions,
    as_dichotomies,
    condition_means,
    conditions_of,
    mean_patterns,
)

# m! pairings of two sides of m conditions: 40 320 at m = 8 (16 conditions).
_LARGEST_SIDE = 8
_LARGEST_LOOKUP = 1e7


def _context_differences(labels: Array, latent: int) -> Array:
    """Matrix that takes condition means to one coding vector per context, (contexts × C).

    A context is a setting of the other latents in which both values of `latent` occur.
    """
    others = np.delete(labels, latent, axis=1)
    contexts, member = np.unique(others, axis=0, return_inverse=True)
    rows = np.zeros((len(contexts), len(labels)))
    rows[member.reshape(-1), np.arange(len(labels))] = labels[:, latent]
    rows = rows[np.abs(rows).sum(axis=1) == 2]
    if len(rows) < 2:
        raise ValueError(
            f"labels must show both values of latent {latent} in at least two contexts "
            f"(settings of the other latents), found {len(rows)}"
        )
    return np.asarray(rows)


def _squared_lengths(inner: Array, scale: Array, name: str) -> Array:
    """Squared lengths of vectors with the given inner products (..., k, k), none of them zero."""
    squared = np.diagonal(inner, axis1=-2, axis2=-1)
    # A coding vector of rounding noise has no direction; `scale` is the patterns' own size.
    if (squared <= 1e-24 * scale[..., None]).any():
        raise ValueError(
            f"{name} must tell the two values of every latent apart in every context: "
            "a coding direction is zero"
        )
    return np.asarray(squared)


def _mean_cosine(inner: Array, squared: Array) -> Array:
    """Mean cosine over all pairs of vectors, from inner products and squared lengths."""
    norms = np.sqrt(squared)
    cosines = inner / (norms[..., :, None] * norms[..., None, :])
    upper = np.triu_indices(inner.shape[-1], k=1)
    return np.asarray(cosines[..., upper[0], upper[1]].mean(axis=-1))


def parallelism_score(features: ArrayLike, labels: ArrayLike) -> Array:
    r"""Parallelism score of every latent.

    A *context* is one setting of all the other latents. In each, the coding vector of latent a
    runs from the mean pattern of y_a = −1 to that of y_a = +1; the score is the mean cosine over
    all pairs of contexts:

    .. math:: \mathrm{PS}_a = \binom{n}{2}^{-1}\sum_{c<c'} \cos(v_c, v_{c'}), \qquad
              v_c = \bar x_{+,c} - \bar x_{-,c}

    Parameters
    ----------
    features : array, shape (..., n, N)
        One row per stimulus or per trial; rows with equal labels are averaged. Leading axes
        (replicas, epochs) are kept.
    labels : array, shape (n, d), −1 or +1
        At least two latents.

    Returns
    -------
    array, shape (..., d)
        1 if all coding vectors are parallel (abstract), 0 if they are orthogonal on average;
        at least −1/(n − 1) with n contexts, so −1 for two opposed vectors.

    Raises
    ------
    ValueError
        If a latent has fewer than two contexts with both its values, or two conditions that it
        should tell apart have the same mean.

    Notes
    -----
    This is the definition of Wang, Johnston and Fusi (2025): conditions are paired by context.
    Bernardi et al. (Cell 183, 954, 2020), who score dichotomies that need not be latents, take
    the best of all pairings (`dichotomy_parallelism`); decodanda averages over all pairs within a
    Hamming distance and does not maximise. All three agree on 1 for a perfect parallelepiped.
    With few trials the score is biased towards 0, because noise in the means is not parallel:
    `cross_validated_parallelism_score` corrects for it. For chance see `null_distribution`.

    Examples
    --------
    >>> labels = [[-1, -1], [-1, 1], [1, -1], [1, 1]]
    >>> parallelism_score(labels, labels)  # a square
    array([1., 1.])
    >>> parallelism_score(np.eye(4), labels)  # a tetrahedron
    array([0., 0.])
    """
    means, present = condition_means(features, labels)
    scale = np.square(means).sum(axis=-1).max(axis=-1)
    scores = []
    for latent in range(present.shape[1]):
        coding = _context_differences(present, latent) @ means
        inner = coding @ np.swapaxes(coding, -1, -2)
        scores.append(_mean_cosine(inner, _squared_lengths(inner, scale, "features")))
    return np.stack(scores, axis=-1)


def cross_validated_parallelism_score(features: ArrayLike, labels: ArrayLike) -> Array:
    r"""Parallelism score of every latent, corrected for the noise of a finite number of trials.

    Noise makes measured coding vectors longer than the true ones and so shrinks every cosine.
    Inner products between *different* contexts come from different trials and have no bias; the
    squared lengths are estimated without bias from pairs of different trials,

    .. math:: \widehat{\lVert v_c\rVert^2} = \lVert\hat v_c\rVert^2
              - \frac{s^2_{+,c}}{n_{+,c}} - \frac{s^2_{-,c}}{n_{-,c}}

    with :math:`s^2` the sum over neurons of the sample variances of a condition. For an even number
    of trials this is the inner product of the coding vectors of two independent halves, averaged
    over all ways to halve the trials of each condition: the cross-validated squared distance of
    Walther et al. (NeuroImage 137, 188, 2016), "crossnobis" without whitening.

    Parameters
    ----------
    features : array, shape (..., n, N)
        One row per trial, at least two trials of every condition. Leading axes (replicas, epochs)
        are kept.
    labels : array, shape (n, d), −1 or +1
        At least two latents.

    Returns
    -------
    array, shape (..., d)
        Nearly unbiased where the latents are well above the noise, and not bounded: an estimate
        of a score of 1 lies above 1 about half of the time.

    Raises
    ------
    ValueError
        If a condition has a single trial, or a latent fewer than two contexts with both values, or
        if a squared length comes out zero or negative: the trials do not tell the two values of a
        latent apart in some context, and there is no direction to speak of.

    Notes
    -----
    Trials must be independent of each other; the noise may be correlated between neurons, and
    differ between conditions. Inner products and squared lengths are unbiased, their ratio is so
    to first order only. With :math:`r^2` the squared length of a coding vector in units of the
    noise variance of a neuron of it, the correction is trustworthy for
    :math:`r^2 \gg \sqrt{2N}`. It mends the size of a score, not its significance: for that,
    `parallelism_score` in `null_distribution` is the better statistic.

    Examples
    --------
    >>> patterns = hypercube(2).labels @ np.eye(2, 100)  # a square in 100 neurons, PS = 1
    >>> trials, labels = noisy_trials(patterns, hypercube(2).labels, 40, noise=0.5, rng=0)
    >>> parallelism_score(trials, labels).round(2)
    array([0.76, 0.75])
    >>> cross_validated_parallelism_score(trials, labels).round(2)
    array([1.01, 1.01])
    """
    patterns = as_stack("features", features)
    conditions, present = conditions_of(as_labels("labels", labels, patterns.shape[-2]))
    n_trials = np.bincount(conditions)
    if n_trials.min() < 2:
        raise ValueError(
            "labels must have at least two trials of every condition, found a condition with one"
        )
    means = mean_patterns(patterns, conditions, len(present))
    scale = np.square(means).sum(axis=-1).max(axis=-1)
    scatter = np.square(patterns - means[..., conditions, :]).sum(axis=-1)
    variance_of_mean = scatter @ np.eye(len(present))[conditions] / (n_trials * (n_trials - 1))
    scores = []
    for latent in range(present.shape[1]):
        rows = _context_differences(present, latent)
        coding = rows @ means
        inner = coding @ np.swapaxes(coding, -1, -2)
        squared = np.diagonal(inner, axis1=-2, axis2=-1) - variance_of_mean @ np.square(rows).T
        if (squared <= 1e-24 * scale[..., None]).any():
            raise ValueError(
                f"features are too noisy to correct the score of latent {latent}: with the noise "
                "taken off, a coding direction has no length left"
            )
        scores.append(_mean_cosine(inner, squared))
    return np.stack(scores, axis=-1)


def expected_parallelism_score(
    patterns: ArrayLike, labels: ArrayLike, *, noise: float, n_trials: float
) -> Array:
    r"""What `parallelism_score` reads on average in a recording with few trials.

    .. math:: \mathbb{E}\,\widehat{\mathrm{PS}}_a = \binom{n_c}{2}^{-1}\sum_{c<c'}
              \mathcal A_N(r_c)\,\mathcal A_N(r_{c'})\cos(v_c, v_{c'}), \qquad
              r_c = \frac{\lVert v_c\rVert}{\sigma\sqrt{2/n}}

    .. math:: \mathcal A_N(r) = \frac{r}{\sqrt2}\,
              \frac{\Gamma(\frac{N+1}2)}{\Gamma(\frac N2+1)}\;
              {}_1F_1\!\left(\tfrac12;\tfrac N2+1;-\tfrac{r^2}2\right)
              \approx \frac r{\sqrt{r^2+N}}

    Parameters
    ----------
    patterns : array, shape (n, N)
        Noise-free pattern of every condition; rows with equal labels are averaged.
    labels : array, shape (n, d), −1 or +1
        At least two latents.
    noise : float
        Standard deviation σ of the independent Gaussian noise of each neuron in each trial.
    n_trials : float
        Trials of every condition.

    Returns
    -------
    array, shape (d,)
        Exact for any N; the score itself without noise.

    Raises
    ------
    ValueError
        As `parallelism_score`.

    Examples
    --------
    >>> patterns = hypercube(2).labels @ np.eye(2, 100)  # a square in 100 neurons, PS = 1
    >>> expected_parallelism_score(patterns, hypercube(2).labels, noise=0.5, n_trials=40).round(3)
    array([0.763, 0.763])
    """
    means, present = condition_means(as_array("patterns", patterns, 2), labels)
    sigma = as_number("noise", noise, at_least=0)
    trials = as_number("n_trials", n_trials, above=0)
    size, scale = means.shape[1], np.square(means).sum(axis=1).max()
    log_constant = gammaln((size + 1) / 2) - gammaln(size / 2 + 1)
    scores = []
    for latent in range(present.shape[1]):
        coding = _context_differences(present, latent) @ means
        inner = coding @ coding.T
        squared = _squared_lengths(inner, scale, "patterns")
        kept = np.ones(len(coding))
        if sigma > 0:
            half = squared * trials / (4 * sigma**2)  # r²/2
            kept = np.sqrt(half) * np.exp(log_constant) * hyp1f1(0.5, size / 2 + 1, -half)
        scores.append(_mean_cosine(inner, squared / kept**2))
    return np.stack(scores)


def kernel_parallelism_score(kernel: ArrayLike, labels: ArrayLike) -> Array:
    r"""Parallelism score of every latent, from the kernel alone.

    Cosines between differences of patterns need only inner products, so the kernel
    :math:`K = ZZ^\top` of a representation gives the same number as its features Z.

    Parameters
    ----------
    kernel : array, shape (n, n)
        Symmetric positive semi-definite.
    labels : array, shape (n, d), −1 or +1

    Returns
    -------
    array, shape (d,)

    Raises
    ------
    ValueError
        As `parallelism_score`.

    Examples
    --------
    >>> kernel_parallelism_score(np.eye(4), [[-1, -1], [-1, 1], [1, -1], [1, 1]])
    array([0., 0.])
    """
    gram = as_kernel("kernel", kernel)
    conditions, present = conditions_of(as_labels("labels", labels, len(gram)))
    gram = mean_patterns(mean_patterns(gram, conditions, len(present)).T, conditions, len(present))
    scale = np.asarray(np.diagonal(gram).max())
    scores = []
    for latent in range(present.shape[1]):
        rows = _context_differences(present, latent)
        inner = rows @ gram @ rows.T
        # Subtracting equal entries of a kernel leaves 1e-16 of it, the square of a length.
        scores.append(_mean_cosine(inner, _squared_lengths(inner, scale * 1e9, "kernel")))
    return np.stack(scores)


def dichotomy_parallelism(
    features: ArrayLike, conditions: ArrayLike, dichotomies: ArrayLike
) -> Array:
    r"""Parallelism score of any balanced dichotomy, maximised over pairings.

    The conditions of one side are paired one to one with those of the other; the score of a
    pairing is the mean cosine between the vectors that join the pairs, and the parallelism score
    is the largest over all m! pairings, as Bernardi et al. (2020) define it.

    Parameters
    ----------
    features : array, shape (n, N)
        One row per trial or per condition.
    conditions : int array, shape (n,)
        Condition of each row.
    dichotomies : array, shape (D, C), −1 or +1
        Columns in the order of the sorted condition numbers; see `balanced_dichotomies`.

    Returns
    -------
    array, shape (D,)

    Raises
    ------
    ValueError
        If a dichotomy is not balanced, has fewer than two or more than eight conditions a side,
        or two conditions coincide.

    Examples
    --------
    >>> square = [[-1, -1], [-1, 1], [1, -1], [1, 1]]
    >>> dichotomy_parallelism(square, range(4), balanced_dichotomies(4))
    array([ 1.,  1., -1.])

    The third dichotomy is XOR: its two coding vectors are opposite, however they are paired.
    """
    patterns = as_array("features", features, 2)
    index, n_conditions = as_conditions("conditions", conditions, len(patterns))
    splits = as_dichotomies("dichotomies", dichotomies, n_conditions)
    side = n_conditions // 2
    if (splits.sum(axis=1) != 0).any():
        raise ValueError("dichotomies must be balanced: as many conditions on either side")
    if not 2 <= side <= _LARGEST_SIDE:
        raise ValueError(
            f"dichotomies must have 2 to {_LARGEST_SIDE} conditions a side (all pairings are "
            f"tried), found {side}"
        )
    means = mean_patterns(patterns, index, n_conditions)
    joins = means[:, None, :] - means[None, :, :]
    lengths = np.linalg.norm(joins, axis=-1) + np.eye(n_conditions)
    if lengths.min() <= 1e-12 * np.abs(means).max():
        raise ValueError("features must have a different mean in every condition")
    joins /= lengths[..., None]

    # Cosine between any two joins, looked up for every dichotomy, pairing and pair of joins.
    units = joins.reshape(n_conditions**2, -1)
    cosines = units @ units.T
    pairings = np.array(list(permutations(range(side))))
    one, two = np.array(list(combinations(range(side), 2))).T
    plus = np.nonzero(splits > 0)[1].reshape(-1, side)
    minus = np.nonzero(splits < 0)[1].reshape(-1, side)
    chunk = max(1, int(_LARGEST_LOOKUP // (len(pairings) * len(one))))
    scores = []
    for first in range(0, len(splits), chunk):
        p, m = plus[first : first + chunk], minus[first : first + chunk]
        # joined[dichotomy, pairing, k]: the join of the k-th condition of the plus side
        joined = p[:, None, :] * n_conditions + m[:, pairings]
        scores.append(cosines[joined[..., one], joined[..., two]].mean(axis=-1).max(axis=-1))
    return np.concatenate(scores)
