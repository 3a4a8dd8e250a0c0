"""24 hypercube networks (d = 2, M = 100) in one batched call, against a loop over them.

In the normal suite a few steps run, once. To time it against the loop in the same process::

    OMP_NUM_THREADS=1 python -m pytest tests/benchmarks --benchmark-enable
"""

import numpy as np

from absrep import hypercube
from absrep.nets import FeedForward, train

TASK, SEEDS = hypercube(2), range(24)


def final_loss(seeds, n_steps):
    network = FeedForward(4, [100], 2, seeds=seeds)
    run = train(network, TASK.features, TASK.labels, n_steps=n_steps, weight_decay=0.01)
    return run.loss[-1]


def loop(n_steps):
    return np.concatenate([final_loss([seed], n_steps) for seed in SEEDS])


def test_networks_together_are_the_networks_one_by_one(benchmark):
    together = benchmark.pedantic(final_loss, (SEEDS, 20))
    np.testing.assert_allclose(together, loop(20), rtol=1e-10)


def test_batch_against_a_loop(against):
    against(
        "1000 steps of 24 networks",
        lambda: final_loss(SEEDS, 1000),
        lambda: loop(1000),
        rounds=3,
    )
