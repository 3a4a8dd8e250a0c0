"""Tasks: what is put in is what comes out, and the real digits are the real digits."""

import dataclasses
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kstest
from sklearn.datasets import load_digits

from absrep import (
    GradedTask,
    Task,
    digits,
    hypercube,
    multi_element,
    noisy_trials,
    poisson_trials,
    random_kernel,
)

from .helpers import latents

# ------------------------------------------------------------------------------ Construction


@given(st.integers(1, 8), st.integers(1, 8), st.integers(0, 10**6))
def test_a_task_from_features_equals_the_task_from_their_kernel(p, n, seed):
    rng = np.random.default_rng(seed)
    x, y = rng.standard_normal((p, n)), rng.choice([-1.0, 1.0], (p, 2))
    from_features, from_kernel = Task(y, features=x), Task(y, kernel=x @ x.T)
    np.testing.assert_allclose(from_features.input_kernel, from_kernel.input_kernel, atol=1e-12)
    # The features made from the kernel have that kernel.
    made = from_kernel.features
    np.testing.assert_allclose(made @ made.T, x @ x.T, atol=1e-12 * max(1, np.square(x).sum()))
    np.testing.assert_array_equal(from_kernel.output_kernel, y @ y.T)


def test_task_counts_and_names_its_latents():
    task = Task(latents(3), kernel=np.eye(8))
    assert (task.n_stimuli, task.n_latents, task.names) == (8, 3, ("y1", "y2", "y3"))
    assert Task([-1, 1], features=np.eye(2), names=["side"]).names == ("side",)


@given(st.integers(1, 8), st.integers(1, 8), st.integers(0, 10**6))
def test_a_graded_task_from_a_kernel_has_that_kernel_and_no_more_answers_than_needed(p, k, seed):
    answers = np.random.default_rng(seed).standard_normal((p, k))
    direct = GradedTask(answers, kernel=np.eye(p))
    rooted = GradedTask.of_kernel(answers @ answers.T, np.eye(p))
    np.testing.assert_array_equal(direct.labels, answers)
    np.testing.assert_allclose(rooted.output_kernel, direct.output_kernel, atol=1e-10)
    assert rooted.n_latents == np.linalg.matrix_rank(answers @ answers.T, 1e-10)
    assert isinstance(rooted, Task)


@pytest.mark.parametrize("field", ["labels", "features", "kernel"])
def test_the_arrays_of_a_task_cannot_be_changed(field):
    task = hypercube(2)
    with pytest.raises(ValueError, match="read-only"):
        getattr(task, field)[0, 0] = 7
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(task, field, np.eye(4))


@pytest.mark.parametrize("given_as", ["features", "kernel"])
def test_the_callers_arrays_stay_writable_and_apart(given_as):
    inputs, labels = np.eye(4), latents(2)
    task = Task(labels, **{given_as: inputs})
    inputs[0, 0], labels[0, 0] = 5, 1
    np.testing.assert_array_equal(task.input_kernel, np.eye(4))
    np.testing.assert_array_equal(task.labels, latents(2))


def test_a_task_made_from_a_kernel_can_be_replaced():
    renamed = dataclasses.replace(hypercube(2), names=("shape", "colour"))
    assert renamed.names == ("shape", "colour")


# ------------------------------------------------------------- Hypercube and several elements


@pytest.mark.parametrize("d", range(1, 6))
def test_hypercube_is_every_combination_once_on_whitened_inputs(d):
    task = hypercube(d)
    np.testing.assert_array_equal(task.labels, latents(d))
    np.testing.assert_array_equal(task.input_kernel, np.eye(2**d))
    # Latents are balanced and uncorrelated.
    np.testing.assert_array_equal(task.labels.T @ task.labels, 2**d * np.eye(d))


def test_hypercube_keeps_the_kernel_it_is_given():
    kernel = random_kernel(8, 5, rng=0)
    np.testing.assert_array_equal(hypercube(3, kernel).input_kernel, kernel)


def _blocks(kernel, size):
    n = len(kernel) // size
    return kernel.reshape(n, size, n, size).transpose(0, 2, 1, 3)


@pytest.mark.parametrize("class_specific", [False, True])
def test_multi_element_is_correlated_within_classes_and_orthogonal_between(class_specific):
    d, n = 2, 3
    each = np.stack([random_kernel(n, 4, rng=c) for c in range(2**d)])
    correlation = each if class_specific else each[0]
    task = multi_element(d, correlation)
    blocks = _blocks(task.input_kernel, n)
    for a in range(2**d):
        for b in range(2**d):
            within = each[a if class_specific else 0]
            np.testing.assert_array_equal(blocks[a, b], within if a == b else np.zeros((n, n)))
        assert (task.labels[a * n : (a + 1) * n] == latents(d)[a]).all()


def test_multi_element_with_one_stimulus_a_class_is_the_hypercube():
    one, cube = multi_element(3, [[1.0]]), hypercube(3)
    np.testing.assert_array_equal(one.labels, cube.labels)
    np.testing.assert_array_equal(one.input_kernel, cube.input_kernel)


# ------------------------------------------------------------------------------------ Digits


@pytest.fixture(scope="module")
def split():
    return digits(rng=0)


def _pixels(split):
    """Undo the standardisation: each pixel's range over all 1797 images is known."""
    raw, _ = load_digits(return_X_y=True)
    scaled = np.vstack([split.train.features, split.test.features])
    low, high = scaled.min(axis=0), scaled.max(axis=0)
    varies = high > low
    unit = (scaled - low) / np.where(varies, high - low, 1)
    return np.round(unit * np.ptp(raw, axis=0) + raw.min(axis=0)).astype(int)


def test_digits_are_all_1797_images_each_once_and_none_on_both_sides(split):
    raw, _ = load_digits(return_X_y=True)
    ours = sorted(map(bytes, _pixels(split).astype(np.uint8)))
    assert ours == sorted(map(bytes, raw.astype(np.uint8)))
    # No two images are alike, so a permutation of them has no image on both sides.
    assert len(set(ours)) == 1797


def test_digits_show_what_they_are_said_to_show(split):
    raw, shown = load_digits(return_X_y=True)
    lookup = dict(zip(map(bytes, raw.astype(np.uint8)), shown, strict=True))
    found = [lookup[bytes(image)] for image in _pixels(split).astype(np.uint8)]
    np.testing.assert_array_equal(found, np.r_[split.train_digits, split.test_digits])


def test_digit_images_are_those_behind_the_features(split):
    images = np.concatenate([split.train_images, split.test_images])
    np.testing.assert_array_equal(images.reshape(-1, 64), _pixels(split))
    assert images.shape == (1797, 8, 8)


@pytest.mark.parametrize("side", ["train", "test"])
def test_digit_labels_are_parity_and_magnitude(split, side):
    task, shown = getattr(split, side), getattr(split, f"{side}_digits")
    assert task.names == ("parity", "magnitude")
    expected = {
        d: (1 if d in {0, 2, 4, 6, 8} else -1, 1 if d in {5, 6, 7, 8, 9} else -1) for d in range(10)
    }
    np.testing.assert_array_equal(task.labels, [expected[d] for d in shown])


@pytest.mark.parametrize("fraction", [0.2, 1 / 3, 0.5])
def test_digit_split_keeps_the_share_of_every_digit(fraction):
    _, shown = load_digits(return_X_y=True)
    held_out = np.bincount(digits(rng=1, test_fraction=fraction).test_digits)
    assert np.abs(held_out - fraction * np.bincount(shown)).max() <= 1


def test_digits_are_standardised_by_the_training_images_alone(split):
    train, test = split.train.features, split.test.features
    varies = np.ptp(_pixels(split)[: len(train)], axis=0) > 0
    np.testing.assert_allclose(train.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(train.std(axis=0), varies, atol=1e-12)
    # Were the test images used too, the means of all images would vanish.
    assert np.abs(test.mean(axis=0)).max() > 0.05


def test_digit_split_repeats_with_its_seed_and_only_then(split):
    np.testing.assert_array_equal(digits(rng=0).train.features, split.train.features)
    assert (digits(rng=1).test_digits != split.test_digits).any()


def test_pixels_blank_in_training_are_zero_in_test():
    few = digits(rng=0, test_fraction=0.9)
    blank = few.train.features.std(axis=0) == 0
    assert blank.any()
    assert (few.test.features[:, blank] == 0).all()


# ------------------------------------------------------------------------------ Noisy trials


def test_noiseless_trials_repeat_the_patterns():
    patterns, labels = np.random.default_rng(0).standard_normal((4, 6)), latents(2)
    trials, y = noisy_trials(patterns, labels, 3, 0.0, rng=0)
    for p in range(4):
        assert (trials[3 * p : 3 * p + 3] == patterns[p]).all()
        assert (y[3 * p : 3 * p + 3] == labels[p]).all()


def test_noise_is_gaussian_independent_and_of_the_stated_size():
    sigma, n = 0.7, 5000
    patterns, labels = np.random.default_rng(0).standard_normal((4, 3)), latents(2)
    trials, _ = noisy_trials(patterns, labels, n, sigma, rng=1)
    noise = (trials.reshape(4, n, 3) - patterns[:, None]) / sigma
    assert kstest(noise.ravel(), "norm").pvalue > 0.01
    # Independent across stimuli, neurons and (lag one) trials: correlations of order 1/√n.
    columns = noise.transpose(0, 2, 1).reshape(12, n)
    across = np.corrcoef(columns)[np.triu_indices(12, 1)]
    lagged = [np.corrcoef(a)[0, 1] for a in np.stack([columns[:, :-1], columns[:, 1:]], axis=1)]
    assert np.abs(np.r_[across, lagged]).max() < 4 / np.sqrt(n)


def test_noise_repeats_with_its_seed_and_only_then():
    draws = [noisy_trials(np.eye(2), [-1, 1], 5, 1.0, rng=seed)[0] for seed in (3, 3, 4)]
    same, different = (np.array_equal(a, b) for a, b in pairwise(draws))
    assert same and not different


def test_trials_may_differ_in_number():
    patterns, labels = np.arange(8.0).reshape(4, 2), latents(2)
    trials, y = noisy_trials(patterns, labels, [1, 2, 3, 4], 0.0, rng=0)
    np.testing.assert_array_equal(trials, np.repeat(patterns, [1, 2, 3, 4], axis=0))
    np.testing.assert_array_equal(y, np.repeat(labels, [1, 2, 3, 4], axis=0))


def test_spike_counts_are_poisson_numbers_of_the_stated_rates():
    rates, n = np.array([[0.0, 2.0], [5.0, 20.0]]), 4000
    counts, labels = poisson_trials(rates, [[-1], [1]], [n, 2 * n], rng=0)
    np.testing.assert_array_equal(labels[:, 0], np.repeat([-1, 1], [n, 2 * n]))
    for side, expected in zip((-1, 1), rates, strict=True):
        mine = counts[labels[:, 0] == side]
        # Of a Poisson number the variance is the mean, with this standard error.
        error = np.sqrt(expected / len(mine))
        assert (np.abs(mine.mean(axis=0) - expected) <= 4.5 * error).all()
        spread = np.sqrt((expected + 2 * expected**2) / len(mine))
        assert (np.abs(mine.var(axis=0) - expected) <= 4.5 * spread).all()
    assert abs(np.corrcoef(counts[labels[:, 0] > 0].T)[0, 1]) < 4.5 / np.sqrt(2 * n)
