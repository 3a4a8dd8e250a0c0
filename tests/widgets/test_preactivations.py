"""The explorers of the chapter "From weights to preactivations"."""

from itertools import product

import numpy as np
import pytest

from absrep import hypercube, parallelism_score
from absrep.meanfield import Network, solve
from absrep.widgets import fade_or_move

DECAY = 0.3
TASK = hypercube(2)


@pytest.fixture(scope="module")
def explorer():
    return fade_or_move()


def neurons_of(result):
    """Columns that are not empty; a mass is a squared size."""
    h = np.hstack([result["neurons"], result["newcomers"]])
    return h[:, h.any(axis=0)]


def test_energy_is_the_loss_of_the_best_weights(explorer):
    networks, way, t = (parameter.values for parameter in explorer.parameters)
    extended = np.hstack([TASK.features, np.ones((4, 1))])
    for values in product(networks, way, t):
        arguments = dict(zip(("networks", "way", "t"), values, strict=True))
        result = explorer.compute(**arguments)
        h = neurons_of(result)
        weights = np.linalg.lstsq(extended, h, rcond=None)[0]
        z = np.maximum(h, 0)
        ridge = np.vstack([z, np.sqrt(DECAY) * np.eye(z.shape[1])])
        target = np.vstack([TASK.labels, np.zeros((z.shape[1], 2))])
        readout = np.linalg.lstsq(ridge, target, rcond=None)[0]
        loss = Network(weights[:-1], weights[-1], readout).loss(TASK, weight_decay=DECAY)
        shown = explorer.readouts_at(**arguments)
        assert float(shown["energy"]) == pytest.approx(loss, abs=6e-4)
        cost = 0.5 * DECAY * np.sum(weights**2)
        assert float(shown["weight cost"]) == pytest.approx(cost, abs=6e-4)
        assert float(shown["read-out cost"]) == pytest.approx(loss - cost, abs=6e-4)
        if shown["ps"] == "undefined":
            assert values[0] == 0 and values[2] in (0, 1)  # such a network reads one latent
        else:
            ps = parallelism_score(z, TASK.labels).mean()
            assert float(shown["ps"]) == pytest.approx(ps, abs=6e-4)


@pytest.mark.parametrize("networks", range(3))
def test_fading_is_straight_for_the_kernel_and_convex_for_the_energy(explorer, networks):
    result = explorer.compute(networks=networks, way=0, t=0.4)
    for key in ("same", "shared", "opposite", "weights"):
        np.testing.assert_allclose(np.diff(result[key][:, 1], 2), 0, atol=1e-12)
    assert np.diff(result["energies"][:, 1], 2).min() > -1e-12
    assert result["bend"] < 1e-12


@pytest.mark.parametrize("networks", range(3))
def test_moving_bends_the_kernel_and_ends_where_fading_does(explorer, networks):
    fade, move = (explorer.compute(networks=networks, way=way, t=0.5) for way in (0, 1))
    assert move["bend"] > 0.1
    for key in ("same", "shared", "opposite", "energies", "read-out"):
        np.testing.assert_allclose(fade[key][[0, -1]], move[key][[0, -1]], atol=1e-12)
    middle = len(move["energies"]) // 2
    chord = np.mean([value for _, value in move["chord"]])
    if networks != 1:  # a mountain on the way
        assert move["energies"][middle, 1] > 1.03 * chord


def test_no_network_on_the_way_beats_the_certified_optimum(explorer):
    best = solve(TASK, weight_decay=DECAY).loss
    for networks, way in product(range(3), range(2)):
        energies = explorer.compute(networks=networks, way=way, t=0)["energies"][:, 1]
        assert energies.min() >= best * (1 - 1e-9)
        assert networks == 0 or energies[0] == pytest.approx(best, rel=1e-9)


def test_marks_stay_inside_their_panels(explorer):
    for values in product(*(parameter.values for parameter in explorer.parameters)):
        result = explorer.compute(**dict(zip(("networks", "way", "t"), values, strict=True)))
        for key, high in (("same", 2), ("shared", 2), ("opposite", 2), ("energies", 3)):
            assert 0 <= result[key][:, 1].min() and result[key][:, 1].max() <= high
        assert neurons_of(result).min() >= 0 and neurons_of(result).max() <= 1.5
