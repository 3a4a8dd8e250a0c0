"""Parallelism score: closed forms, invariances, and brute force."""

from itertools import combinations, permutations, product
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from absrep import (
    balanced_dichotomies,
    condition_means,
    cross_validated_parallelism_score,
    dichotomy_parallelism,
    expected_parallelism_score,
    gram,
    gram_factor,
    kernel_from_spectrum,
    kernel_parallelism_score,
    parallelism_score,
)

from .helpers import latents, repeated, rotation

SEEDS = st.integers(0, 10**6)
SQUARE = latents(2)


def cosine(u, v):
    return u @ v / np.sqrt((u @ u) * (v @ v))


def parallelism_by_hand(patterns, labels, latent):
    """Loop over contexts, average trials, compare every two coding vectors."""
    others = np.delete(labels, latent, axis=1)
    coding = []
    for context in np.unique(others, axis=0):
        here = (others == context).all(axis=1)
        plus, minus = (patterns[here & (labels[:, latent] == s)] for s in (1, -1))
        if len(plus) and len(minus):
            coding.append(plus.mean(axis=0) - minus.mean(axis=0))
    return np.mean([cosine(u, v) for u, v in combinations(coding, 2)])


def bernardi_by_hand(patterns, dichotomy):
    """The best pairing of the two sides, all m! tried."""
    plus, minus = patterns[dichotomy > 0], patterns[dichotomy < 0]
    pairs = list(combinations(range(len(plus)), 2))
    return max(
        np.mean([cosine(plus[a] - minus[p[a]], plus[b] - minus[p[b]]) for a, b in pairs])
        for p in permutations(range(len(minus)))
    )


# ------------------------------------------------------------------------------ Closed forms


def test_square_reads_1_and_tetrahedron_reads_0():
    tetrahedron = np.eye(4)
    for patterns, score in ((SQUARE, 1), (tetrahedron, 0)):
        np.testing.assert_allclose(parallelism_score(patterns, SQUARE), score, rtol=0, atol=1e-12)
        np.testing.assert_allclose(
            kernel_parallelism_score(gram(patterns), SQUARE), score, rtol=0, atol=1e-12
        )


@given(st.floats(0, 50))
def test_bending_the_square_by_s_y1_y2_lowers_it_to_1_minus_s2_over_1_plus_s2(s):
    patterns = np.column_stack([SQUARE, s * SQUARE.prod(axis=1)])
    expected = (1 - s**2) / (1 + s**2)
    np.testing.assert_allclose(parallelism_score(patterns, SQUARE), expected, rtol=0, atol=1e-12)


@given(st.integers(2, 5).flatmap(lambda d: st.lists(st.floats(0.1, 10), min_size=d, max_size=d)))
def test_parallelism_of_a_kernel_isotropic_within_orders(kappa):
    # With coding vectors v_c = 2 Σ_T w_T(c) φ_{T∪a}, ‖φ_S‖² = κ_|S|/P: the sum over all pairs of
    # contexts keeps T = ∅ only, n² κ_1, and each length is Σ_r C(d−1, r) κ_{r+1}; n = 2^(d−1).
    d, n = len(kappa), 2 ** (len(kappa) - 1)
    length = sum(comb(d - 1, r) * kappa[r] for r in range(d))
    expected = (n * kappa[0] / length - 1) / (n - 1)
    kernel = kernel_from_spectrum([0, *kappa])
    for score in (
        kernel_parallelism_score(kernel, latents(d)),
        parallelism_score(gram_factor(kernel), latents(d)),
    ):
        np.testing.assert_allclose(score, expected, rtol=0, atol=1e-9)


def test_opposed_coding_directions_read_minus_1():
    # The bent square's limit: only XOR is left of it, and each latent codes in opposite ways.
    np.testing.assert_allclose(parallelism_score(SQUARE.prod(axis=1)[:, None], SQUARE), -1)


def test_random_geometry_has_no_parallelism_on_average():
    rng = np.random.default_rng(0)
    scores = np.stack(
        [parallelism_score(rng.standard_normal((8, 30)), latents(3)) for _ in range(300)]
    )
    error = scores.std(axis=0) / np.sqrt(len(scores))
    assert (np.abs(scores.mean(axis=0)) < 4 * error).all()
    assert (scores.std(axis=0) > 0.05).all()  # and it is not zero in each


# ------------------------------------------------------------- Against explicit computations


@given(SEEDS, st.integers(2, 4), st.integers(1, 6))
def test_features_kernel_and_explicit_loops_agree(seed, d, n_neurons):
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.repeat(latents(d), 2, axis=0))
    patterns = rng.standard_normal((len(labels), n_neurons))
    by_hand = [parallelism_by_hand(patterns, labels, a) for a in range(d)]
    np.testing.assert_allclose(parallelism_score(patterns, labels), by_hand, atol=1e-12)
    np.testing.assert_allclose(kernel_parallelism_score(gram(patterns), labels), by_hand, atol=1e-9)


def test_missing_conditions_leave_out_their_context():
    labels, rng = latents(3)[1:], np.random.default_rng(0)
    patterns = rng.standard_normal((7, 5))
    by_hand = [parallelism_by_hand(patterns, labels, a) for a in range(3)]
    np.testing.assert_allclose(parallelism_score(patterns, labels), by_hand, atol=1e-12)


def test_leading_axes_are_a_loop():
    rng = np.random.default_rng(0)
    labels = np.repeat(latents(3), 2, axis=0)
    patterns = rng.standard_normal((3, 2, 16, 10))
    batched = parallelism_score(patterns, labels)
    assert batched.shape == (3, 2, 3)
    for r in range(3):
        for e in range(2):
            np.testing.assert_allclose(
                batched[r, e], parallelism_score(patterns[r, e], labels), atol=1e-14
            )


@pytest.mark.parametrize("n_conditions", [4, 6, 8])
def test_dichotomy_score_is_the_best_of_all_pairings(n_conditions):
    patterns = np.random.default_rng(n_conditions).standard_normal((n_conditions, 6))
    dichotomies = balanced_dichotomies(n_conditions)
    by_hand = [bernardi_by_hand(patterns, d) for d in dichotomies]
    np.testing.assert_allclose(
        dichotomy_parallelism(patterns, range(n_conditions), dichotomies), by_hand, atol=1e-12
    )


@given(SEEDS)
def test_the_best_pairing_is_at_least_the_pairing_by_context(seed):
    patterns = np.random.default_rng(seed).standard_normal((8, 5))
    best = dichotomy_parallelism(patterns, range(8), latents(3).T)
    assert (best >= parallelism_score(patterns, latents(3)) - 1e-12).all()


def test_on_the_cube_only_the_three_latents_are_parallel():
    dichotomies = balanced_dichotomies(8)
    scores = dichotomy_parallelism(latents(3), range(8), dichotomies)
    is_latent = (np.abs(dichotomies @ latents(3)) == 8).any(axis=1)
    np.testing.assert_allclose(scores[is_latent], 1, atol=1e-12)
    assert is_latent.sum() == 3
    assert (scores[~is_latent] < 0.9).all()


@pytest.mark.parametrize(("n_conditions", "count"), [(2, 1), (4, 3), (6, 10), (8, 35), (12, 462)])
def test_balanced_dichotomies_are_half_of_all_halvings(n_conditions, count):
    assert count == comb(n_conditions, n_conditions // 2) // 2
    dichotomies = balanced_dichotomies(n_conditions)
    both_ways = {tuple(d) for d in np.vstack([dichotomies, -dichotomies])}
    assert dichotomies.shape == (count, n_conditions)
    assert len(both_ways) == 2 * count
    assert (dichotomies.sum(axis=1) == 0).all() and (np.abs(dichotomies) == 1).all()


def test_condition_means_are_the_means_of_equal_label_rows():
    rng = np.random.default_rng(0)
    labels = rng.permutation(np.repeat(latents(2)[[0, 1, 3]], [2, 3, 4], axis=0))
    patterns = rng.standard_normal((2, 9, 5))
    means, present = condition_means(patterns, labels)
    np.testing.assert_array_equal(present, latents(2)[[0, 1, 3]])
    for mean, label in zip(means.swapaxes(0, 1), present, strict=True):
        mine = patterns[:, (labels == label).all(axis=1)]
        np.testing.assert_allclose(mean, mine.sum(axis=1) / mine.shape[1], atol=1e-14)


# -------------------------------------------------------------------------------- Invariances


@given(SEEDS, st.floats(1e-3, 1e3), st.floats(-100, 100))
def test_scores_ignore_rotation_translation_and_scale(seed, scale, offset):
    rng = np.random.default_rng(seed)
    patterns = rng.standard_normal((8, 6))
    moved = scale * (patterns @ rotation(6, rng) + offset * rng.standard_normal(6))
    np.testing.assert_allclose(
        parallelism_score(moved, latents(3)), parallelism_score(patterns, latents(3)), atol=1e-9
    )
    dichotomies = balanced_dichotomies(8)
    np.testing.assert_allclose(
        dichotomy_parallelism(moved, range(8), dichotomies),
        dichotomy_parallelism(patterns, range(8), dichotomies),
        atol=1e-9,
    )


@given(SEEDS)
def test_scores_ignore_the_order_of_trials_and_the_names_of_conditions(seed):
    rng = np.random.default_rng(seed)
    trials, labels, conditions = repeated(rng.standard_normal((8, 6)), latents(3), 3, 0.3, rng)
    order = rng.permutation(len(trials))
    np.testing.assert_allclose(
        parallelism_score(trials[order], labels[order]),
        parallelism_score(trials, labels),
        atol=1e-12,
    )
    dichotomies = balanced_dichotomies(8)
    np.testing.assert_allclose(
        dichotomy_parallelism(trials[order], 10 * conditions[order] - 7, dichotomies),
        dichotomy_parallelism(trials, conditions, dichotomies),
        atol=1e-12,
    )


@given(SEEDS)
def test_flipping_a_latent_or_swapping_sides_changes_nothing(seed):
    rng = np.random.default_rng(seed)
    patterns, flips = rng.standard_normal((8, 6)), rng.choice([-1.0, 1.0], 3)
    np.testing.assert_allclose(
        parallelism_score(patterns, latents(3) * flips),
        parallelism_score(patterns, latents(3)),
        atol=1e-12,
    )
    dichotomies = balanced_dichotomies(8)
    np.testing.assert_allclose(
        dichotomy_parallelism(patterns, range(8), -dichotomies),
        dichotomy_parallelism(patterns, range(8), dichotomies),
        atol=1e-12,
    )


def test_noise_lowers_the_score_by_the_share_of_its_length():
    # v_c = signal + difference of two means of n trials: ‖v_c‖² gains 2σ²N/n, products none.
    rng = np.random.default_rng(0)
    n_neurons, n_trials, sigma = 400, 5, 2.0
    patterns = SQUARE @ rng.standard_normal((2, n_neurons))
    labels = np.repeat(SQUARE, n_trials, axis=0)
    noise = sigma * rng.standard_normal((100, len(labels), n_neurons))
    replicas = np.repeat(patterns, n_trials, axis=0) + noise
    signal = np.square(patterns[[2, 1]] - patterns[[0, 0]]).sum(axis=1)
    expected = signal / (signal + 2 * sigma**2 * n_neurons / n_trials)
    scores = parallelism_score(replicas, labels)
    error = scores.std(axis=0) / np.sqrt(len(scores))
    assert (np.abs(scores.mean(axis=0) - expected) < 4 * error).all()
    assert (expected < 0.8).all()


def attenuation_by_integral(r, n_neurons):
    """Expected cosine between r e₁ and r e₁ + noise; u = x² in the chapter's integral."""
    value, _ = quad(
        lambda x: 2 * (1 - x**2) ** ((n_neurons - 1) / 2) * np.exp(-((r * x) ** 2) / 2), 0, 1
    )
    return r / np.sqrt(2 * np.pi) * value


@pytest.mark.parametrize("n_neurons", [3, 20])
@pytest.mark.parametrize(("noise", "n_trials"), [(0.5, 2), (1.5, 4), (1.5, 50)])
def test_the_expected_score_is_that_of_the_integral_and_of_simulated_recordings(
    n_neurons, noise, n_trials
):
    rng = np.random.default_rng(0)
    # Coding vectors of unequal length, neither parallel nor orthogonal.
    patterns = np.array([[0, 0, 0], [0, 2, 1], [2, 0, 0], [1, 3, 2.0]]) @ np.eye(3, n_neurons)
    found = expected_parallelism_score(patterns, SQUARE, noise=noise, n_trials=n_trials)
    coding = [(patterns[2] - patterns[0], patterns[3] - patterns[1])]
    coding.append((patterns[1] - patterns[0], patterns[3] - patterns[2]))
    for a, (v, w) in enumerate(coding):
        kept = [
            attenuation_by_integral(np.linalg.norm(x) / (noise * np.sqrt(2 / n_trials)), n_neurons)
            for x in (v, w)
        ]
        assert found[a] == pytest.approx(kept[0] * kept[1] * cosine(v, w), abs=1e-9)
    means = patterns + noise / np.sqrt(n_trials) * rng.standard_normal((20_000, 4, n_neurons))
    scores = parallelism_score(means, SQUARE)
    error = scores.std(axis=0) / np.sqrt(len(scores))
    assert (np.abs(scores.mean(axis=0) - found) < 4 * error).all()


def test_without_noise_the_expected_score_is_the_score():
    patterns = np.random.default_rng(0).standard_normal((8, 5))
    for noise, n_trials in ((0.0, 1), (1e-6, 100), (1.0, 1e14)):
        found = expected_parallelism_score(patterns, latents(3), noise=noise, n_trials=n_trials)
        np.testing.assert_allclose(found, parallelism_score(patterns, latents(3)), atol=1e-9)


# ---------------------------------------------------------- Corrected for the noise of the means


def halves_by_hand(trials, conditions):
    """Squared length of the difference of two conditions' means, over all pairs of halvings."""
    first, second = (trials[conditions == c] for c in (0, 1))
    n = len(first)
    values = []
    for half_a, half_b in product(combinations(range(n), n // 2), repeat=2):
        rest_a, rest_b = (np.setdiff1d(range(n), half) for half in (half_a, half_b))
        one = first[list(half_a)].mean(axis=0) - second[list(half_b)].mean(axis=0)
        other = first[rest_a].mean(axis=0) - second[rest_b].mean(axis=0)
        values.append(one @ other)
    return np.mean(values)


@given(SEEDS)
def test_the_corrected_score_averages_over_all_halvings(seed):
    rng = np.random.default_rng(seed)
    patterns = 5 * rng.standard_normal((4, 6))
    trials, labels, conditions = repeated(patterns, SQUARE, 4, 0.5, rng)
    means = trials.reshape(4, 4, 6).mean(axis=1)
    lengths = [
        halves_by_hand(trials[conditions % 2 == c], conditions[conditions % 2 == c] // 2)
        for c in (0, 1)
    ]
    by_hand = (means[2] - means[0]) @ (means[3] - means[1]) / np.sqrt(np.prod(lengths))
    measured = cross_validated_parallelism_score(trials, labels)[0]
    np.testing.assert_allclose(measured, by_hand, rtol=1e-10)


@pytest.mark.parametrize("bend", [0.0, 0.5])
def test_the_corrected_score_finds_the_noise_free_one_where_the_plain_one_does_not(bend):
    # Noise of unequal size in neurons and conditions, correlated between neurons.
    rng = np.random.default_rng(0)
    n_neurons, n_trials, n_replicas = 60, 24, 400
    patterns = np.column_stack([SQUARE, bend * SQUARE.prod(axis=1), np.zeros((4, n_neurons - 3))])
    mixing = 0.5 * rng.standard_normal((4, n_neurons, n_neurons)) / np.sqrt(n_neurons)
    mixing += 0.6 * np.diag(rng.random(n_neurons))
    noise = rng.standard_normal((n_replicas, 4, n_trials, n_neurons)) @ mixing
    trials = (patterns[:, None] + noise).reshape(n_replicas, -1, n_neurons)
    labels = np.repeat(SQUARE, n_trials, axis=0)
    expected = (1 - bend**2) / (1 + bend**2)
    corrected = cross_validated_parallelism_score(trials, labels).mean(axis=1)
    error = corrected.std() / np.sqrt(n_replicas)
    # First-order bias of the ratio: of the order of the squared standard deviation.
    assert abs(corrected.mean() - expected) < 4 * error + corrected.std() ** 2
    assert parallelism_score(trials, labels).mean() < 0.9 * expected


def test_where_there_is_only_noise_there_is_no_score_to_correct():
    # With pure noise an estimated squared length is negative half of the time, four are there.
    labels = np.repeat(SQUARE, 10, axis=0)
    refused = 0
    for noise in np.random.default_rng(0).standard_normal((200, 40, 50)):
        try:
            cross_validated_parallelism_score(noise, labels)
        except ValueError as error:
            assert "too noisy" in str(error)
            refused += 1
    assert 0.85 < refused / 200 < 0.98  # 1 − 1/16, up to the skewness of the estimate
    with pytest.raises(ValueError, match="too noisy"):
        cross_validated_parallelism_score(np.ones((8, 3)), np.repeat(SQUARE, 2, 0))


@given(SEEDS, st.floats(1e-3, 1e3), st.floats(-100, 100))
def test_the_corrected_score_ignores_rotation_offset_scale_and_order(seed, scale, offset):
    rng = np.random.default_rng(seed)
    trials, labels, _ = repeated(rng.standard_normal((8, 6)), latents(3), 3, 0.1, rng)
    moved = scale * (trials @ rotation(6, rng) + offset * rng.standard_normal(6))
    order = rng.permutation(len(trials))
    np.testing.assert_allclose(
        cross_validated_parallelism_score(moved[order], labels[order]),
        cross_validated_parallelism_score(trials, labels),
        atol=1e-8,
    )


def test_without_noise_correction_changes_nothing_and_leading_axes_are_a_loop():
    rng = np.random.default_rng(0)
    patterns = rng.standard_normal((2, 3, 8, 10))
    labels = np.repeat(latents(3), [2, 3, 2, 4, 2, 2, 3, 2], axis=0)
    index = np.repeat(np.arange(8), [2, 3, 2, 4, 2, 2, 3, 2])
    np.testing.assert_allclose(
        cross_validated_parallelism_score(patterns[..., index, :], labels),
        parallelism_score(patterns, latents(3)),
        atol=1e-12,
    )
    trials = patterns[..., index, :] + 0.1 * rng.standard_normal((2, 3, len(index), 10))
    looped = [[cross_validated_parallelism_score(x, labels) for x in row] for row in trials]
    np.testing.assert_allclose(
        cross_validated_parallelism_score(trials, labels), looped, atol=1e-12
    )
