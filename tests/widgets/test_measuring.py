"""Measures fooled and measures with few trials: against formulas, decoders and drawn trials."""

import numpy as np
import pytest
from scipy.special import gammaln, hyp1f1
from scipy.stats import norm

from absrep import (
    abstraction_scores,
    ccgp,
    cross_validated_parallelism_score,
    linear_cka,
    noisy_trials,
    parallelism_score,
    participation_ratio,
    shattering,
)
from absrep.widgets._measuring import _corrected, _outline

from ..helpers import latents, repeated, rotation
from .explorers import explorer

LABELS = latents(2)
SCORES = ("parallelism", "ccgp", "decoding", "shattering", "alignment")


def grid(made, name):
    return next(p.values for p in made.parameters if p.name == name)


# ------------------------------------------------------------------- A square, distorted


@pytest.fixture(scope="module")
def fooled():
    return explorer("fooled_measures")


def test_a_bend_follows_the_formulas_of_the_chapter(fooled):
    for s in grid(fooled, "amount"):
        for noise in grid(fooled, "noise"):
            shown = fooled.compute(distortion=0, amount=s, noise=noise)
            decoding = norm.cdf(1 / noise)
            expected = {
                "parallelism": (1 - s**2) / (1 + s**2),
                "ccgp": norm.cdf((1 - s**2) / np.sqrt(1 + s**2) / noise),
                "decoding": decoding,
                "shattering": (2 * decoding + norm.cdf(s / noise)) / 3,
                "alignment": 1 / np.sqrt(1 + s**4 / 2),
                "dimension": (2 + s**2) ** 2 / (2 + s**4),
            }
            assert {key: shown[key] for key in expected} == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("distortion", range(5))
def test_decoders_on_trials_find_the_same(fooled, distortion):
    shown = fooled.compute(distortion=distortion, amount=0.6, noise=0.5)
    patterns = shown["points"]
    assert shown["parallelism"] == pytest.approx(parallelism_score(patterns, LABELS).mean())
    assert shown["alignment"] == pytest.approx(linear_cka(patterns, LABELS))
    assert shown["dimension"] == pytest.approx(float(participation_ratio(patterns)))
    n = 1500
    trials, labels = noisy_trials(patterns, LABELS, n, 0.5, rng=0)
    # The mean-difference decoder, by hand: trained on one half of the trials, tested on the other.
    conditions, half = np.repeat(range(4), n), np.tile(np.arange(n) < n // 2, 4)
    means = np.array([trials[half & (conditions == c)].mean(axis=0) for c in range(4)])
    right = []
    for side in np.column_stack([LABELS, LABELS.prod(axis=1)]).T:
        direction, threshold = side @ means, means.mean(axis=0)
        answers = np.sign((trials[~half] - threshold) @ direction)
        right.append(np.mean(answers == side[conditions[~half]]))
    assert shown["decoding"] == pytest.approx(np.mean(right[:2]), abs=0.03)
    # XOR of an undistorted pair of axes is a coin toss, whose direction is noise.
    assert shown["shattering"] == pytest.approx(np.mean(right), abs=0.03)
    if distortion == 0:  # the other thresholds differ from a support vector machine's
        found = abstraction_scores(trials, labels, penalty=1e-4, rng=0)
        assert shown["ccgp"] == pytest.approx(found.ccgp.mean(), abs=0.03)
        assert shown["shattering"] == pytest.approx(
            shattering(trials, conditions, penalty=1e-4, rng=0).dimension, abs=0.03
        )


def test_each_measure_is_blind_to_some_distortion(fooled):
    square = fooled.compute(distortion=0, amount=0.0, noise=0.5)
    words = fooled.parameters[0].words
    unmoved = {
        word: {
            key
            for key in SCORES
            if fooled.compute(distortion=k, amount=1.0, noise=0.5)[key] >= square[key] - 1e-9
        }
        for k, word in enumerate(words)
    }
    assert unmoved == {
        "bend": {"decoding", "shattering"},
        "stretch": {"parallelism", "ccgp", "decoding", "shattering"},
        "lean": {"parallelism"},
        "unequal contexts": {"shattering"},
        "fade": {"parallelism", "alignment"},
    }


def test_all_distortions_begin_at_the_square_and_stay_in_view(fooled):
    scene, panel = fooled.views
    for distortion in grid(fooled, "distortion"):
        start = fooled.compute(distortion=distortion, amount=0.0, noise=0.5)
        np.testing.assert_array_equal(start["points"][:, :2], LABELS)
        assert not start["points"][:, 2].any()
        for amount in grid(fooled, "amount"):
            shown = fooled.compute(distortion=distortion, amount=amount, noise=0.25)
            assert np.linalg.norm(shown["points"], axis=1).max() <= scene.radius
            for (at, height), key in zip(shown["now"], SCORES, strict=True):
                assert at == amount and panel.ylim[0] <= height <= panel.ylim[1]
                assert height == pytest.approx(np.interp(at, *shown[f"{key} line"].T), abs=0.01)


# ----------------------------------------------------------------------------- Few trials


@pytest.fixture(scope="module")
def trials_of():
    return explorer("few_trials")


def test_the_line_is_the_theorem_of_the_chapter(trials_of):
    for s in grid(trials_of, "interaction"):
        for n_neurons in grid(trials_of, "n_neurons"):
            shown = trials_of.compute(interaction=s, n_trials=12, n_neurons=n_neurons)
            ps = (1 - s**2) / (1 + s**2)
            n, height = shown["theory line"].T
            r = 2 * np.sqrt(1 + s**2) / (0.5 * np.sqrt(2 / n))
            constant = gammaln((n_neurons + 1) / 2) - gammaln(n_neurons / 2 + 1)
            kept = r / np.sqrt(2) * np.exp(constant) * hyp1f1(0.5, n_neurons / 2 + 1, -(r**2) / 2)
            np.testing.assert_allclose(height, ps * kept**2, atol=1e-9)
            assert shown["true"] == pytest.approx(ps, abs=1e-12)


def test_the_plain_dots_lie_on_the_line(trials_of):
    for s in grid(trials_of, "interaction"):
        for n in grid(trials_of, "n_trials"):
            for n_neurons in grid(trials_of, "n_neurons"):
                shown = trials_of.compute(interaction=s, n_trials=n, n_neurons=n_neurons)
                bar = shown["plain bars"][grid(trials_of, "n_trials").index(n)]
                error = np.ptp(bar[:, 1]) / 2 / np.sqrt(100)
                assert abs(shown["plain"] - shown["expected"]) < 4.5 * error
                assert 0 <= shown["refused"] <= 100


@pytest.mark.parametrize(("s", "n", "n_neurons"), [(0.0, 12, 100), (0.4, 8, 10), (1.0, 32, 10)])
def test_recordings_drawn_trial_by_trial_spread_alike(trials_of, s, n, n_neurons):
    rng = np.random.default_rng(1)
    turn = rotation(n_neurons, rng)[:3]
    patterns = np.column_stack([LABELS, s * LABELS.prod(axis=1)]) @ turn
    runs = [repeated(patterns, LABELS, n, 0.5, rng) for _ in range(400)]
    rows, labels = np.stack([trials for trials, _, _ in runs]), runs[0][1]
    shown = trials_of.compute(interaction=s, n_trials=n, n_neurons=n_neurons)
    where = grid(trials_of, "n_trials").index(n)
    for name, values in {
        "plain": parallelism_score(rows, labels).mean(axis=1),
        "corrected": cross_validated_parallelism_score(rows, labels).mean(axis=1),
    }.items():
        at, mean = shown[f"{name} dots"][where]
        spread = np.ptp(shown[f"{name} bars"][where][:, 1]) / 2
        assert at == n
        assert mean == pytest.approx(
            values.mean(), abs=4 * values.std() * np.sqrt(1 / 100 + 1 / 400)
        )
        assert 0.7 < spread / values.std() < 1.4


def test_two_rows_with_the_same_mean_and_error_are_corrected_as_all_trials():
    rng = np.random.default_rng(0)
    rows, labels, conditions = repeated(rng.standard_normal((4, 8)), LABELS, 6, 0.3, rng)
    two, twice = [], []
    for c in range(4):
        mine = rows[conditions == c]
        step = np.zeros(8)
        step[0] = np.sqrt(mine.var(axis=0, ddof=1).sum() / len(mine))
        two += [mine.mean(axis=0) - step, mine.mean(axis=0) + step]
        twice += [LABELS[c], LABELS[c]]
    np.testing.assert_allclose(
        cross_validated_parallelism_score(two, twice),
        cross_validated_parallelism_score(rows, labels),
        rtol=1e-10,
    )


def test_with_many_trials_both_scores_are_true_and_with_few_some_are_refused(trials_of):
    for s in grid(trials_of, "interaction"):
        many = trials_of.compute(interaction=s, n_trials=100, n_neurons=10)
        assert many["refused"] == 0 and many["spread"] < 0.06
        assert many["corrected"] == pytest.approx(many["true"], abs=0.02)
    few = trials_of.compute(interaction=0.0, n_trials=4, n_neurons=400)
    assert few["refused"] > 10 and few["expected"] < 0.15


def test_refused_recordings_are_found_one_by_one():
    labels = np.repeat(LABELS, 2, axis=0)
    good = np.repeat(5 * LABELS @ np.eye(2, 3), 2, axis=0)
    good[::2, 2] = 0.1
    bad = np.random.default_rng(0).standard_normal((8, 3))
    bad[1::2] = -bad[::2]  # means at zero
    found = _corrected(np.stack([good, bad, good]), labels)
    assert np.isnan(found).tolist() == [False, True, False]


def test_histograms_hold_all_recordings(trials_of):
    edges = np.linspace(-1, 1, 5)
    outline = _outline(np.array([-7.0] * 50 + [0.6] * 50), edges)
    x, height = outline.T
    area = np.abs(np.sum((x - np.roll(x, 1)) * (height + np.roll(height, 1))) / 2)
    assert area == pytest.approx(0.5) and x.min() == -1 and x.max() == 1
    for n in grid(trials_of, "n_trials"):
        shown = trials_of.compute(interaction=0.0, n_trials=n, n_neurons=100)
        assert shown["plain histogram"][:, 1].max() <= 1


def test_generalisation_in_noise_is_that_of_trials(fooled):
    # Without lean, the half-way point of a context is the overall mean along the coding vector.
    for distortion in (1, 4):
        shown = fooled.compute(distortion=distortion, amount=0.4, noise=0.5)
        trials, labels = noisy_trials(shown["points"], LABELS, 1500, 0.5, rng=0)
        found = ccgp(trials, labels, penalty=1e-4).mean()
        assert shown["ccgp"] == pytest.approx(found, abs=0.03)
