"""Decoding, its generalisation across conditions, and shattering."""

from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm
from sklearn.base import clone
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.dummy import DummyClassifier
from sklearn.svm import LinearSVC

from absrep import (
    abstraction_scores,
    balanced_dichotomies,
    ccgp,
    decoding_accuracy,
    dichotomy_ccgp,
    dichotomy_decoding,
    parallelism_score,
    separable_dichotomies,
    shattering,
    shuffle_labels,
)

from .helpers import latents, repeated, rotation

SEEDS = st.integers(0, 10**6)
SQUARE = latents(2)
LINEAR = LinearSVC(dual=False, class_weight="balanced", tol=1e-10, max_iter=100_000)


def noisy_cube(seed, n_trials=6, noise=1.0, n_neurons=8):
    """Random patterns for eight conditions, with noise: neither perfect nor at chance.

    Centred, because scikit-learn penalises the bias and we take the mean off first.
    """
    rng = np.random.default_rng(seed)
    patterns = rng.standard_normal((8, n_neurons))
    trials, labels, conditions = repeated(patterns, latents(3), n_trials, noise, rng)
    return trials - trials.mean(axis=0), labels, conditions


def ccgp_by_hand(trials, conditions, dichotomy, decoder, may_hold_out):
    """Train with scikit-learn on all but two conditions, test on the two; all pairs in turn."""
    target, accuracy = dichotomy[conditions], []
    for i in np.flatnonzero(dichotomy > 0):
        for j in np.flatnonzero(dichotomy < 0):
            if may_hold_out(i, j):
                held = np.isin(conditions, [i, j])
                fitted = decoder.fit(trials[~held], target[~held])
                accuracy.append(
                    [
                        (fitted.predict(trials[conditions == c]) == dichotomy[c]).mean()
                        for c in (i, j)
                    ]
                )
    return np.mean(accuracy)


# ---------------------------------------------------------------- CCGP: known values, by hand


@pytest.mark.parametrize("d", [2, 3, 4])
def test_cube_generalises_perfectly(d):
    np.testing.assert_array_equal(ccgp(latents(d), latents(d)), np.ones(d))


def test_tetrahedron_does_not_generalise():
    # The decoder trained on two corners is symmetric in the other two: both on its boundary.
    np.testing.assert_array_equal(ccgp(np.eye(4), SQUARE), [0.5, 0.5])


def test_xor_of_a_cube_generalises_to_the_wrong_side():
    cube = latents(3)
    xor = cube[:, 0] * cube[:, 1]
    assert dichotomy_ccgp(cube, range(8), xor) == 0


@pytest.mark.parametrize("max_distance", [1, 2, None])
def test_ccgp_is_the_loop_over_held_out_pairs(max_distance):
    trials, labels, conditions = noisy_cube(0)
    cube, reach = latents(3), max_distance or 3

    def near(i, j):
        return (cube[i] != cube[j]).sum() <= reach

    by_hand = [ccgp_by_hand(trials, conditions, y, LINEAR, near) for y in cube.T]
    np.testing.assert_allclose(ccgp(trials, labels, max_distance=max_distance), by_hand, atol=1e-12)


def test_dichotomy_ccgp_is_the_loop_over_all_pairs_whatever_the_numbers_of_trials():
    trials, _, conditions = noisy_cube(1)
    keep = np.random.default_rng(0).random(len(trials)) < 0.7
    trials, conditions = trials[keep], conditions[keep]
    trials = trials - np.mean([trials[conditions == c].mean(axis=0) for c in range(8)], axis=0)
    assert len(np.unique(np.bincount(conditions))) > 1
    dichotomies = [*balanced_dichotomies(8)[:3], np.array([1.0, 1, -1, -1, -1, -1, -1, -1])]
    by_hand = [ccgp_by_hand(trials, conditions, d, LINEAR, lambda i, j: True) for d in dichotomies]
    np.testing.assert_allclose(dichotomy_ccgp(trials, conditions, dichotomies), by_hand, atol=1e-12)


def test_ccgp_of_random_geometry_is_below_ceiling_though_decoding_is_perfect():
    # High-dimensional random patterns: everything is decodable, nothing generalises.
    rng = np.random.default_rng(0)
    trials, labels, _ = repeated(rng.standard_normal((8, 200)), latents(3), 10, 0.2, rng)
    assert (decoding_accuracy(trials, labels, rng=0) == 1).all()
    assert (ccgp(trials, labels) < 0.85).all()


@given(SEEDS)
@settings(max_examples=15)
def test_ccgp_ignores_rotation_and_the_order_of_trials(seed):
    trials, labels, conditions = noisy_cube(seed)
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(trials))
    turned = trials[order] @ rotation(trials.shape[1], rng)
    np.testing.assert_allclose(ccgp(turned, labels[order]), ccgp(trials, labels), atol=1e-12)
    dichotomies = balanced_dichotomies(8)[::7]
    np.testing.assert_allclose(
        dichotomy_ccgp(turned, conditions[order] * 3 + 1, dichotomies),
        dichotomy_ccgp(trials, conditions, dichotomies),
        atol=1e-12,
    )


def test_a_cube_generalises_perfectly_wherever_it_lies():
    trials, labels, _ = repeated(latents(3), latents(3), 5, 0.1, np.random.default_rng(0))
    np.testing.assert_array_equal(ccgp(trials, labels), np.ones(3))
    np.testing.assert_array_equal(ccgp(trials + 10, labels), np.ones(3))


@given(SEEDS)
@settings(max_examples=15)
def test_swapping_the_sides_of_a_dichotomy_changes_no_score(seed):
    trials, _, conditions = noisy_cube(seed)
    dichotomies = balanced_dichotomies(8)[::5]
    for score in (
        lambda d: dichotomy_ccgp(trials, conditions, d),
        lambda d: dichotomy_decoding(trials, conditions, d, rng=0, n_folds=2),
    ):
        np.testing.assert_allclose(score(-dichotomies), score(dichotomies), atol=1e-12)


# -------------------------------------------------------------------------- decoder argument


def test_a_decoder_equivalent_to_the_built_in_one_agrees():
    trials, labels, conditions = noisy_cube(2)
    dichotomies = balanced_dichotomies(8)[::9]
    for built_in, given_one in (
        (ccgp(trials, labels), ccgp(trials, labels, decoder=LINEAR)),
        (
            decoding_accuracy(trials, labels, rng=0, n_folds=3),
            decoding_accuracy(trials, labels, rng=0, n_folds=3, decoder=LINEAR),
        ),
        (
            dichotomy_ccgp(trials, conditions, dichotomies),
            dichotomy_ccgp(trials, conditions, dichotomies, decoder=LINEAR),
        ),
    ):
        np.testing.assert_allclose(built_in, given_one, atol=1e-12)
        assert (built_in < 1).any()


def test_penalty_is_the_c_of_the_decoder():
    trials, labels, _ = noisy_cube(3)
    scores = [ccgp(trials, labels, penalty=c) for c in (1e-4, 10.0)]
    assert (scores[0] != scores[1]).any()
    for score, c in zip(scores, (1e-4, 10.0), strict=True):
        theirs = ccgp(trials, labels, decoder=clone(LINEAR).set_params(C=c))
        np.testing.assert_allclose(score, theirs, atol=1e-12)


def test_another_decoder_is_really_used():
    trials, labels, conditions = noisy_cube(4, n_trials=10)
    by_hand = ccgp_by_hand(
        trials, conditions, latents(3)[:, 0], LinearDiscriminantAnalysis(), lambda i, j: i - j == 4
    )
    measured = ccgp(trials, labels, decoder=LinearDiscriminantAnalysis())[0]
    assert measured == pytest.approx(by_hand, abs=1e-12)
    assert measured != ccgp(trials, labels)[0]


# ---------------------------------------------------------------------------------- Decoding


def test_unrelated_features_decode_at_chance():
    # Features carry nothing about the labels, so the expected accuracy is 1/2 exactly.
    rng = np.random.default_rng(0)
    labels = np.repeat(SQUARE, 12, axis=0)
    scores = []
    for _ in range(150):
        x, y = shuffle_labels(rng.standard_normal((48, 6)), labels, rng)
        scores.append(decoding_accuracy(x, y, rng=rng, n_folds=3))
    error = np.std(scores, axis=0) / np.sqrt(len(scores))
    assert (np.abs(np.mean(scores, axis=0) - 0.5) < 4 * error).all()
    assert (error < 0.01).all()


def test_accuracy_of_two_gaussians_is_that_of_the_best_plane():
    # Means ±m: the best linear decoder errs with probability Φ(−|m|/σ).
    rng = np.random.default_rng(0)
    mean = np.full(4, 0.5)  # |m| = 1
    trials, labels, _ = repeated(np.stack([-mean, mean]), np.array([[-1.0], [1.0]]), 500, 1.0, rng)
    error = np.sqrt(0.16 * 0.84 / 1000)
    assert decoding_accuracy(trials, labels, rng=0)[0] == pytest.approx(norm.cdf(1), abs=4 * error)


def test_held_out_trials_are_not_trained_on():
    # With as many neurons as trials every training set is fitted perfectly; held-out is not.
    rng = np.random.default_rng(0)
    trials, labels = rng.standard_normal((40, 60)), np.repeat([[-1.0], [1.0]], 20, axis=0)
    assert LINEAR.fit(trials, labels[:, 0]).score(trials, labels[:, 0]) == 1
    assert decoding_accuracy(trials, labels, rng=0)[0] < 0.8


def test_every_condition_counts_the_same_in_accuracy():
    # A decoder that always says +1 is right about one condition of two, whatever their sizes.
    labels = np.repeat([[-1.0], [1.0]], [10, 40], axis=0)
    constant = DummyClassifier(strategy="constant", constant=1)
    trials = np.random.default_rng(0).standard_normal((50, 3))
    assert decoding_accuracy(trials, labels, rng=0, decoder=constant) == pytest.approx(0.5)


def test_every_condition_counts_the_same_when_folds_do_not_divide_its_trials():
    labels = np.repeat([[-1.0], [1.0]], [5, 7], axis=0)
    constant = DummyClassifier(strategy="constant", constant=1)
    trials = np.random.default_rng(0).standard_normal((12, 3))
    assert decoding_accuracy(trials, labels, rng=0, decoder=constant) == pytest.approx(0.5)


def test_well_separated_trials_decode_in_any_unit():
    trials, labels, _ = repeated(SQUARE, SQUARE, 5, 0.05, np.random.default_rng(0))
    microvolts = 1e-6 * trials
    assert LINEAR.fit(microvolts, labels[:, 0]).score(microvolts, labels[:, 0]) == 1
    np.testing.assert_array_equal(decoding_accuracy(microvolts, labels, rng=0), [1, 1])
    np.testing.assert_array_equal(ccgp(microvolts, labels), [1, 1])


def test_folds_repeat_with_their_seed_and_only_then():
    trials, labels, _ = noisy_cube(5)
    scores = [decoding_accuracy(trials, labels, rng=seed, n_folds=3) for seed in (0, 0, 1)]
    np.testing.assert_array_equal(scores[0], scores[1])
    assert (scores[1] != scores[2]).any()


def test_scores_reported_together_are_the_scores_of_each_replica():
    rng, replicas = np.random.default_rng(0), []
    for noise in (0.2, 1.0, 3.0):
        trials, labels, _ = repeated(rng.standard_normal((8, 12)), latents(3), 5, noise, rng)
        replicas.append(trials)
    together = abstraction_scores(np.stack(replicas), labels, rng=0, penalty=0.1)
    for r, trials in enumerate(replicas):
        alone = abstraction_scores(trials, labels, rng=0, penalty=0.1)
        np.testing.assert_array_equal(together.decoding[r], alone.decoding[0])
        np.testing.assert_array_equal(together.ccgp[r], ccgp(trials, labels, penalty=0.1))
        np.testing.assert_allclose(together.parallelism[r], parallelism_score(trials, labels))
    # Decoding falls with noise from perfect towards chance.
    assert (together.decoding[0] > 0.95).all()
    assert (np.diff(together.decoding.mean(axis=1)) < 0).all()


# -------------------------------------------------------------------------------- Shattering


def test_random_patterns_in_high_dimension_are_shattered():
    rng = np.random.default_rng(0)
    trials, _, conditions = repeated(rng.standard_normal((8, 100)), latents(3), 6, 0.3, rng)
    shattered = shattering(trials, conditions, rng=0, n_folds=3)
    assert shattered.accuracy.shape == (35,)
    assert shattered.dimension > 0.999


def test_square_decodes_its_latents_and_leaves_xor_at_chance():
    rng = np.random.default_rng(0)
    results = [
        shattering(*repeated(SQUARE, SQUARE, 20, 0.1, rng)[::2], rng=seed) for seed in range(30)
    ]
    accuracy = np.stack([r.accuracy for r in results])
    is_xor = np.abs(results[0].dichotomies @ SQUARE).max(axis=1) == 0
    assert is_xor.sum() == 1
    assert (accuracy[:, ~is_xor] == 1).all()
    xor = accuracy[:, is_xor][:, 0]
    assert abs(xor.mean() - 0.5) < 4 * xor.std() / np.sqrt(30)
    assert results[0].dimension == pytest.approx(accuracy[0].mean())


def test_shattering_is_the_decoding_of_every_balanced_dichotomy():
    trials, _, conditions = noisy_cube(6)
    shattered = shattering(trials, conditions, rng=0, n_folds=3)
    alone = dichotomy_decoding(trials, conditions, balanced_dichotomies(8), rng=0, n_folds=3)
    np.testing.assert_array_equal(shattered.accuracy, alone)


@pytest.mark.parametrize("n_points", [4, 5, 6])
@pytest.mark.parametrize("dimension", [1, 2, 3, 4])
def test_separable_dichotomies_number_what_cover_counted(n_points, dimension):
    # Cover (1965): P points in general position in N dimensions have 2 Σ_{k≤N} C(P−1, k)
    # separable labellings by planes with an offset, the two constant ones among them.
    points = np.random.default_rng(n_points).standard_normal((n_points, dimension))
    labellings = latents(n_points)[1:-1]
    count = separable_dichotomies(points, labellings).sum() + 2
    assert count == 2 * sum(comb(n_points - 1, k) for k in range(dimension + 1))


@given(SEEDS, st.floats(1e-3, 1e3), st.floats(-100, 100))
@settings(max_examples=15)
def test_separability_ignores_affine_maps(seed, scale, offset):
    rng = np.random.default_rng(seed)
    points, dichotomies = rng.standard_normal((6, 2)), balanced_dichotomies(6)
    moved = scale * (points @ rotation(2, rng) + offset)
    np.testing.assert_array_equal(
        separable_dichotomies(moved, dichotomies), separable_dichotomies(points, dichotomies)
    )


def test_of_the_cubes_dichotomies_the_threshold_functions_are_separable():
    # Balanced threshold functions of three variables: the 3 latents and the 4 majorities of
    # (±x, ±y, ±z), each counted with its negation as one.
    cube, dichotomies = latents(3), balanced_dichotomies(8)
    threshold = np.sign(np.vstack([cube.T, (cube @ latents(3).T).T]))
    is_threshold = (np.abs(dichotomies @ threshold.T) == 8).any(axis=1)
    assert is_threshold.sum() == 7
    np.testing.assert_array_equal(separable_dichotomies(cube, dichotomies), is_threshold)
