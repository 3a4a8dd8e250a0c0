"""Participation ratio: closed forms and invariances."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from absrep import condition_means, cross_validated_participation_ratio, participation_ratio

from .helpers import latents, repeated, rotation


@pytest.mark.parametrize("n", [2, 3, 8, 20])
def test_a_simplex_of_n_points_spreads_over_n_minus_1_dimensions(n):
    assert participation_ratio(np.eye(n)) == pytest.approx(n - 1, abs=1e-10)


@pytest.mark.parametrize("d", range(1, 6))
def test_a_hypercube_spreads_over_d_dimensions(d):
    assert participation_ratio(latents(d)) == pytest.approx(d, abs=1e-10)


def test_points_on_a_line_spread_over_one():
    rng = np.random.default_rng(0)
    line = rng.standard_normal((10, 1)) * rng.standard_normal(7) + rng.standard_normal(7)
    assert participation_ratio(line) == pytest.approx(1, abs=1e-10)


@given(st.lists(st.floats(0.1, 10), min_size=1, max_size=5))
def test_axes_of_a_stretched_cube_are_the_eigenvalues(lengths):
    variances = np.square(lengths)
    expected = variances.sum() ** 2 / np.square(variances).sum()
    measured = participation_ratio(latents(len(lengths)) * lengths)
    assert measured == pytest.approx(expected, rel=1e-10)


@given(st.integers(0, 10**6), st.integers(2, 12), st.integers(1, 12))
def test_it_is_the_ratio_of_covariance_eigenvalues_between_its_bounds(seed, n, size):
    x = np.random.default_rng(seed).standard_normal((n, size))
    values = np.linalg.eigvalsh(np.atleast_2d(np.cov(x, rowvar=False)))
    measured = participation_ratio(x)
    assert measured == pytest.approx(values.sum() ** 2 / np.square(values).sum(), rel=1e-9)
    assert 1 - 1e-12 <= measured <= min(n - 1, size) + 1e-12


def test_white_noise_spreads_over_nearly_all_dimensions():
    # Marchenko–Pastur: mean eigenvalue 1, mean square 1 + N/n, so N / (1 + N/n).
    n, size = 2000, 100
    x = np.random.default_rng(0).standard_normal((n, size))
    assert participation_ratio(x) == pytest.approx(size / (1 + size / n), rel=0.02)


@given(st.integers(0, 10**6), st.floats(1e-3, 1e3), st.floats(-100, 100))
def test_it_ignores_rotation_scale_and_offset(seed, scale, offset):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((8, 5))
    moved = scale * (x @ rotation(5, rng) + offset)
    assert participation_ratio(moved) == pytest.approx(participation_ratio(x), rel=1e-9)


def test_it_ignores_an_offset_of_a_million():
    x = np.random.default_rng(0).standard_normal((8, 5))
    assert participation_ratio(x + 1e6) == pytest.approx(participation_ratio(x), rel=1e-6)


def test_leading_axes_are_a_loop():
    x = np.random.default_rng(0).standard_normal((2, 3, 8, 5))
    looped = [[float(participation_ratio(x[r, e])) for e in range(3)] for r in range(2)]
    np.testing.assert_allclose(participation_ratio(x), looped, rtol=1e-12)


@pytest.mark.parametrize("bend", [0.0, 1.0])
def test_the_corrected_dimension_is_that_without_noise(bend):
    # Eigenvalues 4, 4 and 4 bend² of the centred kernel; six trials, noise as large as the signal.
    truth, square = (2 + bend**2) ** 2 / (2 + bend**4), latents(2)
    patterns = np.column_stack([square, bend * square.prod(axis=1)]) @ np.eye(3, 60)
    plain, corrected = [], []
    for seed in range(60):
        trials, labels, _ = repeated(patterns, square, 6, 0.3, np.random.default_rng(seed))
        plain.append(participation_ratio(condition_means(trials, labels)[0]))
        corrected.append(cross_validated_participation_ratio(trials, labels, rng=seed))
    error = np.std(corrected) / np.sqrt(60)
    assert np.mean(corrected) == pytest.approx(truth, abs=5 * error + 0.02)
    if bend == 0:
        assert np.mean(plain) > truth + 0.2


def test_without_noise_there_is_nothing_to_correct():
    patterns = np.random.default_rng(0).standard_normal((4, 7))
    trials, labels = (
        np.repeat(patterns, [4, 5, 6, 9], axis=0),
        np.repeat(latents(2), [4, 5, 6, 9], 0),
    )
    found = cross_validated_participation_ratio(trials, labels, rng=0, n_splits=1)
    assert found == pytest.approx(participation_ratio(patterns))


def test_noise_alone_has_no_dimension_to_speak_of():
    trials = np.random.default_rng(1).standard_normal((16, 200))
    with pytest.raises(ValueError, match="features are too noisy"):
        for seed in range(20):  # the estimate is positive half of the time
            noise = np.random.default_rng(seed).standard_normal(trials.shape)
            cross_validated_participation_ratio(noise, np.repeat(latents(2), 4, axis=0), rng=seed)
