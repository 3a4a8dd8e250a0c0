"""Time of the mean-field solver, against a convex-programming peer and weight-space training.

Run with ``OMP_NUM_THREADS=1 python -m pytest tests/benchmarks --benchmark-enable``. Peers are
timed in the same run. Nothing is asserted about time.
"""

import numpy as np
import pytest

from absrep import Task, hypercube, random_kernel
from absrep.meanfield import solve
from absrep.nets import FeedForward, train

SCALAR = Task(hypercube(3).labels[:, :1], kernel=np.eye(8))
DECAY = 0.01


def convex_program():
    """The same optimum by cvxpy and Clarabel, in one vectorised program."""
    import cvxpy as cp

    inputs = np.column_stack([SCALAR.features, np.ones(8)])
    gates = ((np.arange(1, 256)[:, None] >> np.arange(8)) & 1).astype(float)
    v, u = cp.Variable((9, 255)), cp.Variable((9, 255))
    fit = cp.sum(cp.multiply(gates.T, inputs @ (v - u)), axis=1)
    signs = (2 * gates - 1).T
    norms = cp.sum(cp.norm(v, 2, axis=0)) + cp.sum(cp.norm(u, 2, axis=0))
    problem = cp.Problem(
        cp.Minimize(0.5 * cp.sum_squares(fit - SCALAR.labels[:, 0]) + DECAY * norms),
        [cp.multiply(signs, inputs @ v) >= 0, cp.multiply(signs, inputs @ u) >= 0],
    )
    problem.solve(solver=cp.CLARABEL)
    return problem.value


def steps_to_train(rate, target, n_steps=12_000):
    """Steps after which Adam is within 1e-3 of `target`; None if it does not come there."""
    run = adam(rate, n_steps, record_at=range(0, n_steps, 50))
    close = run.loss[:, 0] <= target * (1 + 1e-3)
    return int(run.steps[np.argmax(close)]) if close.any() else None


def adam(rate, n_steps, record_at=()):
    network = FeedForward(8, [200], 1, seeds=[0])
    return train(
        network,
        SCALAR.features,
        SCALAR.labels,
        n_steps=n_steps,
        weight_decay=DECAY,
        learning_rate=rate,
        schedule=lambda progress: 1.0,
        record_at=record_at,
    )


def test_one_output_against_convex_programming(against):
    assert solve(SCALAR).loss == pytest.approx(convex_program(), rel=1e-6)
    against(
        "scalar output, P = 8: cvxpy + Clarabel", lambda: solve(SCALAR), convex_program, 9, calls=20
    )


def test_one_output_against_training(against):
    target = solve(SCALAR).loss
    steps = {rate: steps_to_train(rate, target) for rate in (1e-3, 3e-3, 1e-2)}
    reached = {rate: n for rate, n in steps.items() if n is not None}
    assert reached, "no learning rate came within 1e-3 of the optimum"
    rate = min(reached, key=reached.get)
    what = f"scalar output, P = 8: Adam at learning rate {rate}, {reached[rate]} steps, to 1e-3"
    against(what, lambda: solve(SCALAR), lambda: adam(rate, reached[rate]), 3, calls=20)


@pytest.mark.parametrize("n_latents", [2, 3, 4])
def test_whitened_hypercube(benchmark, n_latents):
    task = hypercube(n_latents)
    best = benchmark.pedantic(lambda: solve(task), rounds=3, warmup_rounds=1)
    assert best.certified and best.gap <= 1e-9


@pytest.mark.parametrize("n_latents", [2, 3])
@pytest.mark.parametrize("n_outputs", [1, 2, 3])
def test_random_kernels(benchmark, n_latents, n_outputs):
    p = 2**n_latents
    labels = hypercube(n_latents).labels[:, :n_outputs]
    task = Task(labels, kernel=random_kernel(p, p + 2, rng=0))
    best = benchmark.pedantic(lambda: solve(task), rounds=3, warmup_rounds=1)
    assert best.certified and best.gap <= 1e-6
