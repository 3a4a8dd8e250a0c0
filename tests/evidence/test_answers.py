"""Answers of the ideal observer as targets: against Monte Carlo over tasks and over noise."""

import numpy as np
import pytest

from absrep.evidence import Hyperplanes, Quadrics, answer_kernel, fan, graded_answers

from ..helpers import latents

POINTS = np.array([[1.0, 0.2, -0.3], [0.4, -1.2, 0.8], [-0.1, 0.1, 0.05], [2.0, 0.4, -0.6]])


@pytest.mark.parametrize(("spread", "offset_scale"), [(0, 0), (0.7, 0), (0, 0.5), (1.5, 0.3)])
def test_kernel_is_the_mean_over_drawn_tasks(spread, offset_scale):
    rng, n = np.random.default_rng(0), 400_000
    normals = rng.standard_normal((n, 3)) / np.sqrt(3)
    margins = POINTS @ normals.T - offset_scale * rng.standard_normal(n)
    # Two looks with independent errors at each stimulus: their signs' product has the mean a².
    looks = [np.sign(margins + spread * rng.standard_normal(margins.shape)) for _ in range(2)]
    np.testing.assert_allclose(
        looks[0] @ looks[1].T / n,
        answer_kernel(POINTS, spread, offset_scale=offset_scale),
        atol=0.008,
    )


def test_certain_answers_know_the_angle_only():
    angle = np.radians([0, 10, 90, 179.999, 180])
    circle = np.array([[3], [1], [2], [0.5], [4]]) * np.column_stack([np.cos(angle), np.sin(angle)])
    np.testing.assert_allclose(answer_kernel(circle)[0], 1 - 2 * angle / np.pi, atol=1e-12)


def test_rounding_costs_no_digits_where_the_arcsine_is_steep():
    corners = latents(3)
    kernel = answer_kernel(corners)
    np.testing.assert_allclose(np.diag(kernel), 1, atol=1e-15)
    np.testing.assert_allclose(kernel + kernel[::-1], 0, atol=1e-15)  # odd
    assert np.linalg.eigvalsh(kernel)[0] > -1e-14


def test_much_noise_makes_it_linear():
    spread = 200.0
    linear = 2 / np.pi * (POINTS @ POINTS.T) / 3 / spread**2
    np.testing.assert_allclose(answer_kernel(POINTS, spread), linear, rtol=1e-3)


def test_an_even_fan_has_the_kernel_of_all_tasks():
    angle = np.pi * (np.arange(6) + 0.5) / 3
    circle = np.column_stack([np.cos(angle), np.sin(angle)])
    answers = graded_answers(fan(3000), circle, 0.0)
    np.testing.assert_allclose(answers @ answers.T / 3000, answer_kernel(circle), atol=2e-3)


def test_answers_are_the_mean_of_the_sign():
    rng, tasks = np.random.default_rng(0), Hyperplanes([[1, 0, 1], [0, 1, 0]], [0.2, -0.1])
    spread = np.array([0.5, 1.5])
    noisy = tasks.margins(POINTS) + spread * rng.standard_normal((100_000, 4, 2))
    np.testing.assert_allclose(
        graded_answers(tasks, POINTS, spread), np.sign(noisy).mean(axis=0), atol=0.015
    )


def test_no_spread_gives_signs_and_zero_on_the_boundary():
    circle = Quadrics([np.eye(2)], [[0, 0]], [1])
    np.testing.assert_array_equal(
        graded_answers(circle, [[0, 0], [1, 0], [2, 0]], 0.0).ravel(), [-1, 0, 1]
    )
    mixed = graded_answers(Hyperplanes(np.eye(2)), [[1.0, 1.0]], [0.0, 1.0])
    assert mixed[0, 0] == 1 and 0.6 < mixed[0, 1] < 0.7


def test_bad_calls_are_named():
    with pytest.raises(ValueError, match="stimuli must not be at the origin"):
        answer_kernel([[0.0, 0.0], [1.0, 0.0]])
    assert answer_kernel([[0.0, 0.0]], 1.0) == 0
    with pytest.raises(ValueError, match="spread"):
        answer_kernel(POINTS, -1.0)
    with pytest.raises(ValueError, match="offset_scale"):
        answer_kernel(POINTS, offset_scale=-1.0)
    for spread in (-1.0, [1.0, 1.0, 1.0], [1.0, -1.0]):
        with pytest.raises(ValueError, match="spread"):
            graded_answers(fan(2), [[1.0, 0.0]], spread)
