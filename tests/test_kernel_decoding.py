"""Accuracies from the kernel alone: closed forms, the fitted decoders, and simulated recordings."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from absrep import (
    balanced_dichotomies,
    dichotomy_ccgp,
    dichotomy_decoding,
    gram,
    kernel_ccgp,
    kernel_decoding,
)

from .helpers import latents, repeated, rotation

SEEDS = st.integers(0, 10**6)
SQUARE, CUBE = latents(2), latents(3)
BY_CONTEXT = (SQUARE[:, None] != SQUARE[None]).sum(axis=-1) == 1


@given(st.floats(0, 3), st.floats(0.05, 5))
def test_between_square_and_tetrahedron_the_closed_forms_hold(s, sigma):
    patterns = np.column_stack([SQUARE, s * SQUARE.prod(axis=1)])
    decoding = kernel_decoding(gram(patterns), SQUARE.T, noise=sigma)
    np.testing.assert_allclose(decoding, norm.cdf(1 / sigma), atol=1e-12)
    generalising = kernel_ccgp(gram(patterns), SQUARE.T, noise=sigma, allowed_pairs=BY_CONTEXT)
    expected = norm.cdf((1 - s**2) / (sigma * np.sqrt(1 + s**2)))
    np.testing.assert_allclose(generalising, expected, atol=1e-9)


def test_on_the_cube_each_dichotomy_has_its_own_closed_form():
    sigma, (x, y, z) = 0.7, CUBE.T
    majority, multiplexer = np.sign(x + y + z), np.where(x > 0, y, z)
    expected = [
        norm.cdf(1 / sigma),
        norm.cdf(np.sqrt(3) / sigma) / 4 + norm.cdf(1 / np.sqrt(3) / sigma) * 3 / 4,
        norm.cdf(np.sqrt(2) / sigma) / 2 + 1 / 4,
        1 / 2,
        1 / 2,
    ]
    dichotomies = [x, majority, multiplexer, x * y, x * y * z]
    measured = kernel_decoding(gram(CUBE), dichotomies, noise=sigma)
    np.testing.assert_allclose(measured, expected, atol=1e-12)


@given(SEEDS)
@settings(max_examples=10)
def test_almost_without_noise_it_is_what_fitted_decoders_do(seed):
    patterns = np.random.default_rng(seed).standard_normal((8, 12))
    dichotomies = balanced_dichotomies(8)
    np.testing.assert_allclose(
        kernel_ccgp(gram(patterns), dichotomies, noise=1e-7),
        dichotomy_ccgp(patterns, range(8), dichotomies, penalty=1e-7),
        atol=1e-9,
    )


@pytest.mark.parametrize("dichotomy", [[1, 1, 1, 1, -1, -1, -1, -1], [1, 1, -1, -1, -1, -1, -1, 1]])
def test_with_few_trials_it_is_what_recordings_read_on_average(dichotomy):
    rng = np.random.default_rng(0)
    n_neurons, n_trials, sigma = 150, 10, 0.5
    patterns = rng.standard_normal((8, n_neurons)) * np.sqrt(3 / n_neurons)
    kernel, split = gram(patterns), np.array([dichotomy])
    read = []
    for seed in range(40):
        trials, _, conditions = repeated(patterns, CUBE, n_trials, sigma, rng)
        decoded = dichotomy_decoding(trials, conditions, split, rng=seed, penalty=1e-7)
        read.append([decoded[0], dichotomy_ccgp(trials, conditions, split, penalty=1e-7)[0]])
    noise = {"noise": sigma, "n_neurons": n_neurons}
    expected = [
        kernel_decoding(kernel, split, n_trials=0.8 * n_trials, **noise)[0],
        kernel_ccgp(kernel, split, n_trials=n_trials, **noise)[0],
    ]
    error = np.std(read, axis=0) / np.sqrt(len(read))
    assert (np.abs(np.mean(read, axis=0) - expected) < 4 * error + 0.01).all()
    ideal = kernel_decoding(kernel, split, noise=sigma)[0]
    assert ideal - expected[0] > 0.05  # and few trials matter


@given(SEEDS, st.floats(1e-3, 1e3), st.floats(-10, 10))
def test_rotation_offset_and_common_scale_do_not_matter(seed, scale, offset):
    rng = np.random.default_rng(seed)
    patterns, dichotomies = rng.standard_normal((8, 5)), balanced_dichotomies(8)
    moved = scale * (patterns @ rotation(5, rng) + offset)
    for measure in (kernel_decoding, kernel_ccgp):
        options = {"n_trials": 5, "n_neurons": 5}
        np.testing.assert_allclose(
            measure(gram(moved), dichotomies, noise=0.3 * scale, **options),
            measure(gram(patterns), dichotomies, noise=0.3, **options),
            atol=1e-6,
        )


def test_many_trials_are_as_good_as_infinitely_many():
    kernel, dichotomies = np.eye(8), balanced_dichotomies(8)
    for measure in (kernel_decoding, kernel_ccgp):
        np.testing.assert_allclose(
            measure(kernel, dichotomies, noise=1.0, n_trials=1e12, n_neurons=100),
            measure(kernel, dichotomies, noise=1.0),
            atol=1e-9,
        )
