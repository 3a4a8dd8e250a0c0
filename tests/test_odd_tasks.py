"""Optimum of odd tasks: against the certified solver, networks built by hand, and brute force."""

from itertools import product

import numpy as np
import pytest
from scipy.optimize import minimize

from absrep import GradedTask, Task, hypercube, kernel_from_spectrum
from absrep.meanfield import (
    Network,
    certify,
    neuron_cost,
    odd_logistic_optimum,
    odd_optimum,
    solve,
)

from .helpers import latents

CUBE = latents(3)
TRIPLE = CUBE.prod(axis=1, keepdims=True)
ODD = np.column_stack([CUBE, TRIPLE])


def mixture(weights):
    """Answers with these weights on the latents and their product."""
    return ODD * np.sqrt(np.asarray(weights))


@pytest.mark.parametrize("weights", [[1, 1, 1, 0], [1, 1, 1, 0.3], [2, 0.5, 1, 0.1], [1, 0, 0, 1]])
@pytest.mark.parametrize("weight_decay", [0.01, (0.3, 0.7)])
@pytest.mark.parametrize("bias", [0.3, 1.0])
def test_it_is_the_certified_optimum_of_every_network(weights, weight_decay, bias):
    task = GradedTask(mixture(weights), kernel=np.eye(8))
    theory, best = (
        odd_optimum(task, weight_decay, bias),
        solve(task, weight_decay=weight_decay, bias=bias),
    )
    assert theory.attained and theory.gap == 0 and best.certified
    assert theory.loss == pytest.approx(best.loss, rel=1e-9)
    np.testing.assert_allclose(theory.kernel, best.kernel, atol=1e-6)


def test_inputs_that_hold_odd_functions_more_strongly_than_the_constant():
    # κ₁ = 3 on all odd functions, κ₀ = 2 with the bias, 0.5 on even ones: neurons dip below zero.
    task = GradedTask(mixture([1, 1, 1, 0.2]), kernel=kernel_from_spectrum([1.6, 3, 0.5, 3]))
    theory, best = odd_optimum(task, 0.05, 0.05), solve(task, weight_decay=0.05, bias=0.05)
    assert theory.attained and theory.preactivations.min() < -0.01
    assert theory.loss == pytest.approx(best.loss, rel=1e-9)
    np.testing.assert_allclose(theory.kernel, best.kernel, atol=1e-6)


def test_neurons_have_unit_cost_and_the_kernel_and_loss_that_are_stated():
    task = GradedTask(mixture([1, 2, 1, 0.2]), kernel=np.eye(8))
    theory = odd_optimum(task, (0.02, 0.05))
    np.testing.assert_allclose(neuron_cost(theory.preactivations, task), 1, rtol=1e-12)
    h = theory.preactivations * np.sqrt(theory.masses)
    z = np.maximum(h, 0)
    np.testing.assert_allclose(z @ z.T, theory.kernel, atol=1e-10)
    # Weights by hand: X = I, so that the input weights are h less the bias.
    biases = h.sum(axis=0) / 9
    output = z.T @ np.linalg.solve(z @ z.T + 0.05 * np.eye(8), task.labels)
    answers = z @ output
    loss = (
        0.5 * np.sum((answers - task.labels) ** 2)
        + 0.01 * (np.sum((h - biases) ** 2) + np.sum(biases**2))
        + 0.025 * np.sum(output**2)
    )
    assert loss == pytest.approx(theory.loss, rel=1e-10)
    np.testing.assert_allclose(answers, theory.outputs, atol=1e-10)
    report = certify(task, Network(h - biases, biases, output), weight_decay=(0.02, 0.05))
    assert report.loss == pytest.approx(theory.loss, rel=1e-10)


@pytest.mark.parametrize("seed", range(8))
def test_it_bounds_the_optimum_of_odd_tasks_from_below(seed):
    rng = np.random.default_rng(seed)
    answers = ODD @ rng.standard_normal((4, 3))
    task = GradedTask(answers, kernel=np.eye(8))
    theory, best = odd_optimum(task, 0.1), solve(task, weight_decay=0.1)
    assert theory.lower_bound <= best.loss * (1 + 1e-9)
    assert theory.lower_bound > 0.9 * best.loss
    if not theory.attained:
        assert theory.lower_bound < best.loss * (1 - 1e-9)
        assert theory.preactivations.shape == (8, 0)


def test_beyond_the_largest_singular_value_nothing_is_held():
    task = GradedTask(mixture([1, 1, 1, 0.3]), kernel=np.eye(8))
    limit = np.sqrt(8 * 9 / 10)
    for decay, rank in ((0.99 * limit, 3), (1.01 * limit, 0)):
        theory = odd_optimum(task, decay)
        assert np.linalg.matrix_rank(theory.outputs, 1e-9) == rank and theory.attained
    assert theory.loss == pytest.approx(0.5 * np.sum(task.labels**2))
    assert not theory.kernel.any()


def test_any_pairing_of_opposites_will_do():
    order = np.random.default_rng(0).permutation(8)
    task = GradedTask(mixture([1, 1, 1, 0.3])[order], kernel=np.eye(8))
    opposite = np.argsort(order)[7 - order]
    there, here = (
        odd_optimum(task, 0.1, opposite=opposite),
        odd_optimum(GradedTask(mixture([1, 1, 1, 0.3]), kernel=np.eye(8)), 0.1),
    )
    assert there.loss == pytest.approx(here.loss, rel=1e-12)
    np.testing.assert_allclose(there.kernel, here.kernel[np.ix_(order, order)], atol=1e-12)


def nuclear(outputs):
    return np.linalg.svd(outputs, compute_uv=False).sum()


def test_cross_entropy_is_minimised_with_the_nuclear_norm():
    """Against a quasi-Newton method on a smoothed norm, two pairs of opposites and two tasks."""
    answers = np.array([[0.9, -0.2], [0.3, 0.8], [-0.3, -0.8], [-0.9, 0.2]])
    task, decay = GradedTask(answers, kernel=np.eye(4)), 0.2
    found = odd_logistic_optimum(task, decay)
    p, t = (1 + answers) / 2, decay / np.sqrt(5 / 6)

    def objective(x, smooth):
        half = x.reshape(2, 2)
        u = np.concatenate([half, -half[::-1]])
        norm = np.sqrt(np.linalg.svd(u, compute_uv=False) ** 2 + smooth**2).sum()
        return np.sum(np.logaddexp(0, u) - p * u) + t * norm

    best = min(
        minimize(
            objective,
            start,
            args=(1e-9,),
            method="Nelder-Mead",
            options={"xatol": 1e-10, "fatol": 1e-13, "maxiter": 5000},
        ).fun
        for start in (found.outputs[:2].ravel() + 0.1, np.ones(4))
    )
    assert found.loss == pytest.approx(best, rel=1e-7)
    assert found.loss == pytest.approx(objective(found.outputs[:2].ravel(), 0.0), rel=1e-12)
    assert found.gap < 1e-9 and found.lower_bound <= best * (1 + 1e-9)


def test_no_gradient_moves_the_network_of_the_logistic_optimum():
    """All directions in the cube: the neurons' loss is stationary, and equal to the bound."""
    normals = np.array([c for c in product((-1, 0, 1), repeat=3) if c > (0, 0, 0)])
    answers = np.tanh(CUBE @ normals.T / 2)
    task, decay = GradedTask(answers, kernel=np.eye(8)), 0.4
    found = odd_logistic_optimum(task, decay)
    assert found.attained and found.gap < 1e-9
    h = found.preactivations * np.sqrt(found.masses)
    z, p = np.maximum(h, 0), (1 + answers) / 2
    output = np.linalg.lstsq(z, found.outputs, rcond=None)[0]  # the smallest weights
    biases = h.sum(axis=0) / 9
    weights = [h - biases, biases, output]

    def loss(w, b, v):
        u = np.maximum(w + b, 0) @ v
        penalty = np.sum(w**2) + np.sum(b**2) + np.sum(v**2)
        return np.sum(np.logaddexp(0, u) - p * u) + 0.5 * decay * penalty

    assert loss(*weights) == pytest.approx(found.loss, rel=1e-7)
    rng = np.random.default_rng(0)
    for _ in range(200):
        moved = [w + 0.01 * rng.standard_normal(w.shape) for w in weights]
        assert loss(*moved) > found.lower_bound


def bent(kernel):
    return Task(CUBE, kernel=kernel)


PAIR = np.outer(CUBE[:, 0] * CUBE[:, 1], CUBE[:, 2])


@pytest.mark.parametrize(
    ("task", "arguments", "message"),
    [
        (Task(CUBE[:, :1] * CUBE[:, 1:2], kernel=np.eye(8)), {}, "must be odd"),
        (bent(np.eye(8) + 0.1 * (PAIR + PAIR.T) / 8), {}, "do not mix"),
        (bent(kernel_from_spectrum([1, 1, 10, 1])), {}, "no even interaction"),
        (bent(np.ones((8, 8))), {}, "tell opposite stimuli apart"),
        (
            bent(
                np.eye(8) + 0.1 * np.outer(CUBE[:, 0] * CUBE[:, 1] + 1, CUBE[:, 0] * CUBE[:, 1] + 1)
            ),
            {},
            "constant is an eigenvector",
        ),
        (hypercube(3), {"weight_decay": 0.0}, "weight_decay"),
        (hypercube(3), {"bias": np.inf}, "bias"),
        (hypercube(3), {"opposite": np.arange(8)}, "opposite"),
        (hypercube(3), {"opposite": [1, 2, 0, 3, 4, 5, 6, 7]}, "opposite"),
    ],
)
def test_what_it_does_not_apply_to(task, arguments, message):
    for optimum in (odd_optimum, odd_logistic_optimum):
        with pytest.raises(ValueError, match=message):
            optimum(task, **arguments)


def test_log_odds_need_answers_between_minus_one_and_one():
    with pytest.raises(ValueError, match="labels between"):
        odd_logistic_optimum(GradedTask(2 * CUBE, kernel=np.eye(8)))
    with pytest.raises(ValueError, match="tol"):
        odd_logistic_optimum(hypercube(2), tol=0.0)


def test_too_many_stimuli_are_refused():
    with pytest.raises(ValueError, match="at most 20"):
        odd_optimum(hypercube(5))
