"""The exact bound for saturating activations on tasks in which every stimulus has an antipode."""

import numpy as np
import pytest

from absrep import Task, hypercube, kernel_from_spectrum, multi_element, random_kernel
from absrep.meanfield import closed_form, cubic, energy, erf, gelu, hard_tanh, sigmoid, solve, tanh
from absrep.meanfield._metric import input_metric
from absrep.meanfield._odd import _largest, antipodes, odd_width_bound

SATURATING = (tanh, erf, sigmoid)
SQUARE = hypercube(2)


@pytest.mark.parametrize("activation", SATURATING, ids=repr)
@pytest.mark.parametrize("width", [16, 128])
def test_closed_form_solver_and_bound_meet(activation, width):
    best = solve(SQUARE, activation, width=width)
    assert best.certified and best.gap <= 1e-9 and best.note == ""
    form = closed_form(SQUARE, activation, width=width)
    np.testing.assert_allclose(best.loss, form.loss, rtol=1e-8)
    np.testing.assert_allclose(best.lower_bound, form.loss, rtol=1e-8)
    np.testing.assert_allclose(best.kernel, form.kernel, atol=1e-6)


def test_three_latents_are_certified_where_the_width_divides():
    best = solve(hypercube(3), tanh, width=12)
    assert best.certified and best.gap <= 1e-9


def test_relaxed_neurons_leave_a_gap_where_the_width_does_not_divide():
    # The bound shares 16 neurons among 3 latents in thirds; networks cannot.
    best = solve(hypercube(3), tanh, width=16)
    assert best.certified and 1e-6 < best.gap < 1e-3


@pytest.mark.parametrize("activation", [*SATURATING, hard_tanh], ids=repr)
@pytest.mark.parametrize(
    "task",
    [
        SQUARE,
        hypercube(2, kernel_from_spectrum([0.5, 2.0, 5.0])),
        multi_element(2, [[1.0, 0.3], [0.3, 1.0]]),
        hypercube(3, kernel_from_spectrum([1.0, 0.3, 4.0, 2.0])),
    ],
    ids=["whitened", "interaction", "classes", "third order"],
)
def test_no_network_is_below_the_bound(activation, task):
    metric, decay, width = input_metric(task, 1.0), (0.03, 0.01), 6
    rng = np.random.default_rng(0)
    best = solve(task, activation, decay, width=width)
    assert best.certified and best.lower_bound <= best.loss
    for _ in range(60):
        # Whatever α sets the multiple c, the bound must stay below every network.
        alpha = rng.random() * task.labels
        bound = odd_width_bound(task.labels, metric, activation, decay, alpha, width)
        assert bound <= best.loss * (1 + 1e-12)
        h = rng.standard_normal((task.n_stimuli, width)) * rng.choice([0.1, 1.0, 3.0])
        assert best.lower_bound <= energy(metric.project(h), task, activation, decay)


@pytest.mark.parametrize("activation", [*SATURATING, hard_tanh], ids=repr)
@pytest.mark.parametrize(("pull", "price"), [(1.0, 0.01), (1.0, 0.3), (0.2, 1.0), (5.0, 5.0)])
def test_largest_is_that_of_a_fine_grid(activation, pull, price):
    x = np.linspace(0, 40, 4_000_001)
    g = activation.value(x) - activation.value(np.zeros(1))
    grid = float((pull * g**2 - price * x**2).max())
    largest = _largest(activation, pull, price)
    assert grid <= largest * (1 + 1e-12)
    np.testing.assert_allclose(largest, grid, rtol=1e-8, atol=1e-12)


@pytest.mark.parametrize("activation", [*SATURATING, hard_tanh], ids=repr)
def test_a_difference_is_largest_where_it_is_symmetric(activation):
    # Step (1) of the derivation: |φ(a) − φ(b)| ≤ 2 [φ(|a − b|/2) − φ(0)].
    a, b = np.random.default_rng(0).standard_normal((2, 100_000)) * 4
    g = activation.value(np.abs(a - b) / 2) - activation.value(np.zeros(1))
    assert (np.abs(activation.value(a) - activation.value(b)) <= 2 * g + 1e-12).all()


def test_antipodes_have_opposite_labels_and_come_in_pairs():
    task = multi_element(2, [[1.0, 0.3], [0.3, 1.0]])
    partner = antipodes(task.labels, input_metric(task, 1.0))
    np.testing.assert_array_equal(task.labels[partner], -task.labels)
    np.testing.assert_array_equal(partner[partner], np.arange(task.n_stimuli))


@pytest.mark.parametrize(
    ("task", "activation"),
    [
        (hypercube(2, random_kernel(4, 6, rng=0)), tanh),
        (Task(np.array([[1.0], [1.0], [-1.0]]), kernel=np.eye(3)), tanh),
        (SQUARE, gelu),
        (SQUARE, cubic),
    ],
    ids=["no symmetry", "unbalanced", "not odd", "not saturating"],
)
def test_without_its_conditions_there_is_no_such_bound(task, activation):
    metric = input_metric(task, 1.0)
    args = (task.labels, metric, activation, (0.01, 0.01), task.labels, 8)
    assert odd_width_bound(*args) is None
