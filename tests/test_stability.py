"""Excess loss bounds the geometry: against random, trained-like and worst-case networks."""

import numpy as np
import pytest

from absrep import (
    Task,
    gram,
    hypercube,
    kernel_parallelism_score,
    multi_element,
    target_aligned_kernel,
    walsh_basis,
    walsh_orders,
)
from absrep.meanfield import closed_form, energy, guaranteed_parallelism


def excess(h, task, decay, bias):
    return (
        energy(h, task, weight_decay=decay, bias=bias)
        - closed_form(task, weight_decay=decay, bias=bias).loss
    )


def networks(task, decay, bias, rng):
    """The optimum disturbed more and more, down to noise."""
    best = closed_form(task, weight_decay=decay, bias=bias)
    neurons = best.preactivations * np.sqrt(best.masses)
    for size in np.geomspace(1e-4, 1, 12):
        yield np.tile(neurons, 3) / np.sqrt(3) + size * rng.standard_normal(
            (task.n_stimuli, 3 * neurons.shape[1])
        )


@pytest.mark.parametrize("d", [2, 3])
@pytest.mark.parametrize("bias", [0.2, 1.0, np.inf])
@pytest.mark.parametrize("decay", [0.01, (0.3, 0.05)])
def test_excess_loss_pays_for_wrong_latents_and_for_interactions(d, bias, decay):
    rng = np.random.default_rng(d)
    task = hypercube(d)
    p, w, orders = task.n_stimuli, walsh_basis(d), walsh_orders(d)
    first, second = np.broadcast_to(decay, 2)
    constant = 1 / (1 + p * bias)
    gain = 1 / (1 + constant)
    optimal = np.sqrt(second * p * gain / first) - second
    for h in networks(task, decay, bias, rng):
        k = np.einsum("ps,pq,qs->s", w, gram(np.maximum(h, 0)), w) / p
        latents, rest = k[orders == 1], k[orders > 1].sum()
        least = first / (2 * gain) * ((latents - optimal) ** 2 / (latents + second)).sum()
        least += first / 2 * (1 - constant) * rest
        assert excess(h, task, decay, bias) >= least * (1 - 1e-9) - 1e-12


@pytest.mark.parametrize("d", [2, 3])
@pytest.mark.parametrize("scale", [1.0, 4.0])
def test_no_network_is_less_parallel_than_guaranteed(d, scale):
    rng = np.random.default_rng(d)
    task = hypercube(d, input_kernel=scale * np.eye(2**d))
    for h in networks(task, 0.02, 1.0, rng):
        above = max(excess(h, task, 0.02, 1.0), 0)
        least = guaranteed_parallelism(task, above, 0.02)
        found = kernel_parallelism_score(gram(np.maximum(h, 0)), task.labels)
        assert (found >= least - 1e-9).all()


def test_at_the_optimum_everything_is_known_and_far_from_it_nothing():
    task = hypercube(3)
    np.testing.assert_array_equal(guaranteed_parallelism(task, [0.0, 1e3]), [1, -1])
    falling = guaranteed_parallelism(hypercube(2), np.geomspace(1e-6, 1, 50))
    assert (np.diff(falling) <= 0).all()


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"excess": -1.0}, "excess"),
        ({"excess": [np.nan]}, "excess"),
        ({"weight_decay": 0.0}, "weight_decay"),
        ({"weight_decay": 5.0}, "weight_decay"),
        ({"bias": -1.0}, "bias"),
        ({"bias": 0.0}, "task"),
        ({"task": hypercube(1)}, "task"),
        ({"task": multi_element(2, np.eye(2))}, "task"),
        (
            {
                "task": Task(
                    hypercube(2).labels, kernel=target_aligned_kernel(hypercube(2).labels, 0.5)
                )
            },
            "task",
        ),
    ],
)
def test_bad_arguments_are_named(changed, named):
    with pytest.raises(ValueError, match=named):
        guaranteed_parallelism(**({"task": hypercube(2), "excess": 0.1} | changed))
