"""Null distributions: p-values are honest under the null and small when there is something."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, chisquare

from absrep import (
    NullDistribution,
    ccgp,
    decoding_accuracy,
    null_distribution,
    parallelism_score,
    shuffle_labels,
    shuffle_neurons,
    shuffle_trials,
)

from .helpers import latents, repeated

SEEDS = st.integers(0, 10**6)
N_SHUFFLES = 9
SQUARE = latents(2)


def difference_of_means(features, labels):
    return (labels.T @ features)[0, 0]


def p_values(measure, shuffle, data, n_repeats):
    rng = np.random.default_rng(0)
    return np.array(
        [
            null_distribution(
                measure, *data(rng), shuffle=shuffle, n_shuffles=N_SHUFFLES, rng=rng
            ).p_value
            for _ in range(n_repeats)
        ]
    )


def assert_uniform(p):
    """Without ties, p is uniform on 1/(n+1), 2/(n+1), …, 1."""
    ranks = np.round(p * (N_SHUFFLES + 1)).astype(int)
    np.testing.assert_allclose(ranks, p * (N_SHUFFLES + 1), atol=1e-12)
    counts = np.bincount(ranks, minlength=N_SHUFFLES + 2)[1:]
    assert chisquare(counts).pvalue > 0.01


def test_p_values_are_uniform_where_labels_mean_nothing():
    labels = np.repeat([[-1.0], [1.0]], 10, axis=0)
    p = p_values(
        difference_of_means,
        shuffle_labels,
        lambda rng: (rng.standard_normal((20, 1)), labels),
        1000,
    )
    assert_uniform(p)


def test_p_values_of_parallelism_are_uniform_on_random_geometry():
    # Neurons independent and alike: permuting them within a condition changes no distribution.
    p = p_values(
        lambda x, y: parallelism_score(x, y)[0],
        shuffle_neurons,
        lambda rng: (rng.standard_normal((4, 20)), SQUARE),
        400,
    )
    assert_uniform(p)


def test_p_values_of_discrete_scores_never_claim_too_much():
    # CCGP takes few values; ties count as "at least as high", so P(p ≤ q) ≤ q.
    p = p_values(
        lambda x, y: ccgp(x, y)[0],
        shuffle_neurons,
        lambda rng: (rng.standard_normal((4, 20)), SQUARE),
        200,
    )
    for q in (0.1, 0.3, 0.5):
        assert binomtest(int((p <= q + 1e-12).sum()), len(p), q, "greater").pvalue > 0.01


def test_p_value_is_the_smallest_possible_when_the_latents_are_there():
    rng = np.random.default_rng(0)
    patterns = SQUARE @ rng.standard_normal((2, 40))
    trials, labels, _ = repeated(patterns, SQUARE, 8, 0.5, rng)
    for measure, shuffle in (
        (parallelism_score, shuffle_neurons),
        (lambda x, y: decoding_accuracy(x, y, rng=0), shuffle_labels),
    ):
        null = null_distribution(measure, trials, labels, shuffle=shuffle, n_shuffles=19, rng=1)
        assert null.shuffled.shape == (19, 2)
        np.testing.assert_allclose(null.p_value, 1 / 20)
        np.testing.assert_array_equal(null.observed, measure(trials, labels))
        assert (null.z_score > 3).all()


def test_p_value_and_z_score_by_hand():
    null = NullDistribution(np.array(2.0), np.array([0.0, 1.0, 2.0, 3.0]))
    assert null.p_value == (1 + 2) / (1 + 4)
    # Mean 3/2, variance (9/4 + 1/4 + 1/4 + 9/4) / 3 = 5/3.
    assert null.z_score == pytest.approx(0.5 / np.sqrt(5 / 3))


def test_z_score_of_a_null_without_spread_is_an_answer():
    # As when all shuffles of an easy decoding read exactly 1/2.
    assert NullDistribution(np.array(1.0), np.full(5, 0.5)).z_score == np.inf
    assert NullDistribution(np.array(0.5), np.full(5, 0.5)).z_score == 0


def test_shuffles_repeat_with_their_seed_and_only_then():
    rng = np.random.default_rng(0)
    trials, labels, _ = repeated(rng.standard_normal((4, 10)), SQUARE, 3, 0.5, rng)

    def shuffled(seed):
        return null_distribution(
            parallelism_score, trials, labels, shuffle=shuffle_neurons, n_shuffles=3, rng=seed
        ).shuffled

    np.testing.assert_array_equal(shuffled(0), shuffled(0))
    assert np.abs(shuffled(0) - shuffled(1)).max() > 1e-3


# ------------------------------------------------------------------------------ The shuffles


@given(SEEDS)
def test_shuffling_neurons_moves_conditions_rigidly(seed):
    rng = np.random.default_rng(seed)
    trials, labels, conditions = repeated(rng.standard_normal((4, 12)), SQUARE, 3, 0.5, rng)
    before = trials.copy()
    shuffled, y = shuffle_neurons(trials, labels, rng)
    np.testing.assert_array_equal(trials, before)
    np.testing.assert_array_equal(y, labels)
    for c in range(4):
        mine, theirs = shuffled[conditions == c], trials[conditions == c]
        # The values of every trial, and the inner products between trials of a condition, stay.
        np.testing.assert_array_equal(np.sort(mine, axis=1), np.sort(theirs, axis=1))
        np.testing.assert_allclose(mine @ mine.T, theirs @ theirs.T, atol=1e-12)
    # Those between conditions do not.
    assert np.abs(shuffled @ shuffled.T - trials @ trials.T).max() > 0.1


@given(SEEDS)
def test_shuffling_labels_keeps_features_and_moves_whole_label_rows(seed):
    rng = np.random.default_rng(seed)
    trials, labels, _ = repeated(rng.standard_normal((4, 5)), SQUARE, 4, 0.5, rng)
    x, y = shuffle_labels(trials, labels, rng)
    np.testing.assert_array_equal(x, trials)
    np.testing.assert_array_equal(np.unique(y, axis=0, return_counts=True)[1], [4, 4, 4, 4])
    assert (y != labels).any()


def test_shuffling_labels_gives_every_order_equally_often():
    rng, labels = np.random.default_rng(0), np.array([-1.0, -1.0, 1.0])
    first = [
        int(np.flatnonzero(shuffle_labels(np.eye(3), labels, rng)[1][:, 0] > 0)[0])
        for _ in range(900)
    ]
    assert chisquare(np.bincount(first, minlength=3)).pvalue > 0.01


@given(SEEDS)
def test_shuffling_trials_keeps_every_neuron_and_breaks_what_they_share(seed):
    rng = np.random.default_rng(seed)
    shared = rng.standard_normal((300, 1))
    trials = shared + 0.1 * rng.standard_normal((300, 3))
    x, y = shuffle_trials(trials, np.sign(shared), rng)
    np.testing.assert_array_equal(np.sort(x, axis=0), np.sort(trials, axis=0))
    np.testing.assert_array_equal(y, np.sign(shared))
    assert np.abs(np.corrcoef(x.T)[np.triu_indices(3, 1)]).max() < 5 / np.sqrt(300)
