"""The explorers of the chapter "From weights to preactivations"."""

from itertools import product

import numpy as np
import pytest

from absrep import hypercube, parallelism_score
from absrep.meanfield import Network, solve
from absrep.widgets import fade_or_move, rows_and_columns

DECAY = 0.3
TASK = hypercube(2)


@pytest.fixture(scope="module")
def explorer():
    return fade_or_move()


def best_network(h):
    """Loss and input-weight cost of the best weights for these preactivations; features."""
    extended = np.hstack([TASK.features, np.ones((4, 1))])
    weights = np.linalg.lstsq(extended, h, rcond=None)[0]
    z = np.maximum(h, 0)
    ridge = np.vstack([z, np.sqrt(DECAY) * np.eye(z.shape[1])])
    target = np.vstack([TASK.labels, np.zeros((z.shape[1], 2))])
    readout = np.linalg.lstsq(ridge, target, rcond=None)[0]
    loss = Network(weights[:-1], weights[-1], readout).loss(TASK, weight_decay=DECAY)
    return loss, 0.5 * DECAY * np.sum(weights**2), z


def neurons_of(result):
    """Columns that are not empty; a mass is a squared size."""
    h = np.hstack([result["neurons"], result["newcomers"]])
    return h[:, h.any(axis=0)]


def test_energy_is_the_loss_of_the_best_weights(explorer):
    networks, way, t = (parameter.values for parameter in explorer.parameters)
    for values in product(networks, way, t):
        arguments = dict(zip(("networks", "way", "t"), values, strict=True))
        result = explorer.compute(**arguments)
        h = neurons_of(result)
        loss, cost, z = best_network(h)
        shown = explorer.readouts_at(**arguments)
        assert float(shown["energy"]) == pytest.approx(loss, abs=6e-4)
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


@pytest.fixture(scope="module")
def turned():
    return rows_and_columns()


def test_turned_neurons_cost_what_the_best_weights_cost(turned):
    y1, y2 = TASK.labels.T
    axes = np.stack([y1, y2, np.ones(4)], axis=1) / 2
    for turn, size in product(*(parameter.values for parameter in turned.parameters)):
        start = 1 + np.stack([y1, y2, -y1, -y2], axis=1)
        end = np.ones((4, 4)) if turn < 0 else 4.0 * np.eye(4)[:, [3, 1, 0, 2]]
        h = (1 - abs(turn)) * start + abs(turn) * end
        # Unit cost: the weights that produce the neuron, its bias among them, have length one.
        weights = np.linalg.lstsq(np.hstack([TASK.features, np.ones((4, 1))]), h, rcond=None)[0]
        h *= size / np.linalg.norm(weights, axis=0)
        loss, cost, z = best_network(h)
        shown = turned.readouts_at(turn=turn, size=size)
        assert float(shown["energy"]) == pytest.approx(loss, abs=6e-4)
        assert float(shown["weight cost"]) == pytest.approx(cost, abs=6e-4)
        assert cost == pytest.approx(0.5 * DECAY * 4 * size**2)
        result = turned.compute(turn=turn, size=size)
        # Both scenes keep distances: of the rows all, of the columns those within the three axes.
        for points, vectors in ((result["rows"], z), (result["columns"], h.T @ axes)):
            drawn, true = (np.linalg.norm(x[:, None] - x[None], axis=2) for x in (points, vectors))
            np.testing.assert_allclose(drawn, true, atol=1e-9)
        if turn == -1:
            assert shown["ps"] == "undefined"
        else:
            ps = parallelism_score(z, TASK.labels).mean()
            assert float(shown["ps"]) == pytest.approx(ps, abs=6e-4)


def test_the_energy_is_smallest_at_the_rays(turned):
    best = solve(TASK, weight_decay=DECAY)
    smallest = [
        turned.compute(turn=turn, size=1.0)["energies"][:, 1].min()
        for turn in turned.parameters[0].values
    ]
    assert turned.parameters[0].values[int(np.argmin(smallest))] == 0
    assert best.loss <= min(smallest) <= 1.001 * best.loss
    (size, loss), *_ = turned.compute(turn=0.0, size=1.0)["best"]
    at_best = turned.compute(turn=0.0, size=float(size))
    assert loss == pytest.approx(best.loss)
    assert at_best["energy"] == pytest.approx(best.loss, rel=1e-9)
    assert (
        max(at_best["energies"][:, 1].max(), turned.compute(turn=-1.0, size=1.3)["energy"]) <= 5.1
    )
