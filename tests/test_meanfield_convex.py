"""Independent truth: the exact convex program over all activation patterns, by cvxpy.

For one output the network with ReLU neurons is equivalent to a convex program with one pair of
vectors per pattern of active stimuli (Pilanci & Ergen 2020).
"""

import itertools

import cvxpy as cp
import numpy as np
import pytest

from absrep import Task, hypercube, random_kernel
from absrep.meanfield import relu, solve
from absrep.meanfield._metric import InputMetric
from absrep.meanfield._oracle import best_neurons


def patterns_of(features):
    """All sets of stimuli that a half-space can cut out, found by linear programming."""
    p, n = features.shape
    found = []
    for bits in itertools.product([0.0, 1.0], repeat=p):
        signs = 2 * np.array(bits) - 1
        if np.linalg.matrix_rank(features) == p:
            found.append(bits)  # every pattern is possible
            continue
        w = cp.Variable(n)
        problem = cp.Problem(cp.Minimize(0), [cp.multiply(signs, features @ w) >= 1e-6])
        problem.solve(solver=cp.CLARABEL)
        if problem.status == cp.OPTIMAL:
            found.append(bits)
    return np.array([bits for bits in found if any(bits)])


def convex_optimum(features, y, decay):
    """Optimal loss of the convex program."""
    gates = patterns_of(features)
    n = features.shape[1]
    v, u = cp.Variable((n, len(gates))), cp.Variable((n, len(gates)))
    fit = cp.sum(cp.multiply(gates.T, features @ (v - u)), axis=1)
    norms = cp.sum(cp.norm(v, 2, axis=0)) + cp.sum(cp.norm(u, 2, axis=0))
    signs = (2 * gates - 1).T
    constraints = [
        cp.multiply(signs, features @ v) >= 0,
        cp.multiply(signs, features @ u) >= 0,
    ]
    problem = cp.Problem(cp.Minimize(0.5 * cp.sum_squares(fit - y) + decay * norms), constraints)
    problem.solve(solver=cp.CLARABEL)
    return problem.value


@pytest.mark.parametrize("seed", [None, 0, 1])
@pytest.mark.parametrize("n_stimuli", [4, 8])
def test_one_output(n_stimuli, seed):
    rng = np.random.default_rng(seed)
    kernel = np.eye(n_stimuli)
    if seed is not None:
        kernel = random_kernel(n_stimuli, n_stimuli + 2, rng)
    task = Task(hypercube(n_stimuli.bit_length() - 1).labels[:, :1], kernel=kernel)
    inputs = np.column_stack([task.features, np.ones(n_stimuli)])
    exact = convex_optimum(inputs, task.labels[:, 0], 0.01)
    best = solve(task)
    assert best.certified and best.gap <= 1e-9
    assert best.loss == pytest.approx(exact, rel=1e-6)


def test_fewer_features_than_stimuli():
    rng = np.random.default_rng(2)
    task = Task(rng.choice([-1.0, 1.0], size=(5, 1)), features=rng.standard_normal((5, 2)))
    inputs = np.column_stack([task.features, np.ones(5)])
    exact = convex_optimum(inputs, task.labels[:, 0], 0.01)
    best = solve(task)
    assert best.certified and best.loss == pytest.approx(exact, rel=1e-6)


@pytest.mark.parametrize("seed", range(4))
def test_best_neuron_of_one_output_needs_no_search_where_negative_only_costs(seed):
    # Non-negative least squares against brute force over all sets of active stimuli.
    rng = np.random.default_rng(seed)
    size = 6
    precision = -np.abs(rng.standard_normal((size, size)))
    precision = precision + precision.T
    np.fill_diagonal(precision, -precision.sum(axis=1) + 0.1 + rng.random(size))
    metric = InputMetric(np.linalg.inv(precision))
    assert metric.is_m_matrix
    alpha = rng.standard_normal((size, 1))
    best = 0.0
    for members in range(1, 2**size):
        on = np.flatnonzero((members >> np.arange(size)) & 1)
        for push in (alpha[on, 0], -alpha[on, 0]):
            h = np.linalg.solve(precision[np.ix_(on, on)], push)
            if (h >= 0).all():
                best = max(best, float(push @ h))
    found = best_neurons(alpha, metric, relu.sector, 0.0)
    assert found.complete
    np.testing.assert_allclose(found.bound, best, rtol=1e-12)
    h = found.preactivations
    np.testing.assert_allclose(np.einsum("np,pq,nq->n", h, precision, h), 1, rtol=1e-10)
    np.testing.assert_allclose((h @ alpha)[:, 0] ** 2, found.values, rtol=1e-10)


def test_one_output_is_certified_for_many_stimuli():
    rng = np.random.default_rng(0)
    task = Task(np.sign(rng.standard_normal((200, 1))), kernel=np.eye(200))
    best = solve(task)
    assert best.certified and best.gap <= 1e-9
