"""A planted nuisance: its measures on representations made by hand, and the exact law."""

import numpy as np
import pytest

from absrep.canonical import (
    PlantedNuisance,
    descend,
    nuisance_share,
    nuisance_weight,
    planted_nuisance,
)
from absrep.nets import FeedForward, squared_error

RNG = np.random.default_rng(0)


def test_the_teacher_is_blind_to_the_direction_and_to_nothing_else():
    plan = planted_nuisance(6, 2, 4000, rng=3, n_teacher=20)
    v = plan.direction
    assert np.isclose(np.linalg.norm(v), 1)
    covariance = plan.signals.T @ plan.signals / 4000
    assert np.allclose(covariance, np.eye(6) - np.outer(v, v), atol=0.1)
    assert np.allclose(plan.labels.mean(axis=0), 0)
    again = planted_nuisance(6, 2, 100, rng=3, n_teacher=20)
    assert np.allclose(again.signals, plan.signals[:100]) and np.allclose(again.direction, v)
    # A teacher that hears everything else: some linear trace of every label in the signals.
    trace = plan.labels.T @ plan.signals / 4000
    assert np.allclose(trace @ v, 0) and (np.linalg.norm(trace, axis=1) > 0.1).all()


def test_stimuli_differ_by_the_nuisance_alone():
    plan = planted_nuisance(6, 1, 10, rng=3)
    xi = RNG.standard_normal((10, 3))
    task = plan.task(xi)
    assert task.features.shape == (30, 6)
    assert np.allclose(task.features @ plan.direction, xi.ravel())
    without = task.features - np.outer(xi.ravel(), plan.direction)
    assert np.allclose(without, np.repeat(plan.signals, 3, axis=0))
    assert np.allclose(task.labels, np.repeat(plan.labels, 3, axis=0))
    assert np.allclose(plan.task(xi[:, 0]).features, task.features[::3])


def test_share_of_independent_parts():
    """Signal and nuisance on neurons of their own: the share is that of the variances."""
    n, draws = 20000, 4
    signal = np.repeat(RNG.standard_normal((n, 2)), draws, axis=0)
    nuisance = RNG.standard_normal((n * draws, 1))
    z = np.concatenate([signal, 0.5 * nuisance], axis=1)
    assert np.isclose(nuisance_share(z, draws), 0.25 / 2.25, atol=0.003)
    turned = z @ np.linalg.qr(RNG.standard_normal((3, 3)))[0] + 7
    assert np.isclose(nuisance_share(turned, draws), nuisance_share(z, draws))
    assert np.isclose(nuisance_share(signal, draws), 0)
    assert np.isclose(nuisance_share(nuisance, draws), 1, atol=0.02)
    both = np.stack([z, 3 * z])
    assert np.allclose(nuisance_share(both, draws), nuisance_share(z, draws))


def test_weight_of_directions_is_one_on_average():
    weights = RNG.standard_normal((2, 3, 4))
    found = np.stack([nuisance_weight(weights, v) for v in np.eye(4)])
    assert np.allclose(found.mean(axis=0), 1)
    v = RNG.standard_normal(4)
    v /= np.linalg.norm(v)
    z = weights.mT @ weights
    assert np.allclose(nuisance_weight(weights, v), 4 * v @ z @ v / np.trace(z, axis1=1, axis2=2))


@pytest.mark.parametrize("decay", [0.0, 0.05])
@pytest.mark.parametrize("batch_size", [None, 5])
def test_a_silent_direction_obeys_the_exact_law(decay, batch_size):
    plan = planted_nuisance(6, 2, 20, rng=0)
    network = FeedForward(6, [8], 2, seeds=[0, 1])
    before = network.weights[0].detach().numpy().copy()
    rates = {"learning_rate": 0.1, "weight_decay": decay, "batch_size": batch_size}
    descend(network, plan.signals, plan.labels, n_steps=50, **rates, error=squared_error)
    after = network.weights[0].detach().numpy()
    v = plan.direction
    assert np.allclose(v @ after, (1 - 0.1 * decay) ** 50 * (v @ before), atol=1e-12)
    assert not np.allclose(after, before, atol=0.05)


GOOD = {"signals": [[1.0, 0.0]], "labels": [[1]], "direction": [0.0, 1.0]}


@pytest.mark.parametrize(
    ("named", "value"),
    [
        ("signals", [[1.0, 0.5]]),
        ("signals", [[np.nan, 0.0]]),
        ("labels", [[0.5]]),
        ("labels", [[1], [1]]),
        ("direction", [0.0, 2.0]),
        ("direction", [1.0]),
    ],
)
def test_malformed_plans_name_the_argument(named, value):
    with pytest.raises((ValueError, TypeError), match=f"^{named} must"):
        PlantedNuisance(**{**GOOD, named: value})


def test_bad_measurements_are_refused():
    with pytest.raises(ValueError, match=r"^weights must not all be zero"):
        nuisance_weight(np.zeros((2, 3)), [1.0, 0.0, 0.0])
    with pytest.raises(ValueError, match=r"^direction must have 3 entries"):
        nuisance_weight(np.ones((2, 3)), [1.0, 0.0])
    with pytest.raises(ValueError, match=r"^responses must vary"):
        nuisance_share(np.ones((6, 2)), 2)
    with pytest.raises(ValueError, match=r"^responses must be to two signals"):
        nuisance_share(np.ones((5, 2)), 2)
    with pytest.raises(ValueError, match=r"^n_draws must"):
        nuisance_share(np.ones((6, 2)), 1)
    with pytest.raises(ValueError, match=r"^nuisance must have 1 rows"):
        PlantedNuisance(**GOOD).task([1.0, 2.0])
    with pytest.raises(ValueError, match=r"^n_inputs must"):
        planted_nuisance(1, 1, 10, rng=0)
