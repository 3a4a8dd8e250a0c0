"""The signal of a neuron: networks and curves by other routes."""

import numpy as np
import pytest

from absrep import hypercube, kernel_parallelism_score
from absrep.meanfield import paired_signal, solve

from ..helpers import latents
from .explorers import explorer, grid

NAME = "signal_of_a_neuron"
Y = latents(2)
# Their places among the activations.
FLAT, FALLS, RISES = (0, 1, 2, 3), (4, 5, 6, 7), (8, 9, 10)


@pytest.fixture(scope="module")
def results():
    made = explorer(NAME)
    return [(values, made.compute(**values)) for values in grid(made)]


def activations():
    from absrep.widgets._nonlinearities import _ACTIVATIONS

    return list(_ACTIVATIONS.values())


def test_the_family_decides_what_the_signal_does(results):
    for values, result in results:
        index = int(values["activation"])
        assert result["signal"] == (
            "flat" if index in FLAT else "falls" if index in FALLS else "rises"
        )
        assert (result["known"] == "proved") == (index not in RISES)


def test_proved_networks_are_abstract_at_every_weight_decay(results):
    for values, result in results:
        if result["ps"] == "collapsed":
            assert result["loss"] == pytest.approx(4)
        elif values["activation"] not in RISES:
            assert result["ps"] == pytest.approx(1, abs=1e-9)
            assert result["worst"] == "not searched"


def test_where_the_signal_rises_descents_end_in_places_that_are_not_abstract(results):
    for values, result in results:
        if values["activation"] in RISES and values["weight_decay"] < 0.05:
            assert result["worst"] < 0.95


@pytest.mark.parametrize("index", range(11))
def test_networks_are_the_solvers(index):
    made, phi = explorer(NAME), activations()[index]
    for decay in made.parameters[1].values[1::3]:
        result = made.compute(activation=index, weight_decay=decay)
        # At degree 1 four neurons reach what any number does.
        width = None if index in FLAT else 4
        best = solve(hypercube(2), phi, weight_decay=decay, width=width)
        assert result["loss"] == pytest.approx(best.loss, rel=1e-5)
        shown, kernel = result["kernel"], best.kernel / np.abs(best.kernel).max()
        if index in (0, 1, 2, 4, 5, 6):  # elsewhere other neurons are as good
            np.testing.assert_allclose(shown, kernel, atol=1e-3)


def test_drawn_neurons_are_a_network_of_the_loss_shown(results):
    """Cost and signal of the neurons drawn, put together by the chapter's floor on the energy."""
    for values, result in results:
        decay = values["weight_decay"]
        cost, ratio = result["neurons"].T
        if values["activation"] in RISES or not len(cost):
            continue
        copies = 4 / len(cost)  # linear networks have two distinct neurons
        signal = copies * (cost * ratio).sum() / 2  # per latent
        floor = decay * 2 * 4 / 2 / (decay + signal) + decay * copies * cost.sum() / 2
        assert floor == pytest.approx(result["loss"], rel=1e-6)


def test_used_preactivations_lie_on_the_curve_and_network_neurons_on_the_signal(results):
    for values, result in results:
        index = int(values["activation"])
        phi = activations()[index]
        h, features = result["used"].T
        np.testing.assert_allclose(features, phi.value(h), atol=1e-12)
        if index in RISES:
            continue
        costs, signal = result["pairs"].T
        for cost, ratio in result["neurons"]:
            if costs[0] < cost < costs[-1]:
                on = np.interp(np.log(cost), np.log(costs), signal)
                assert ratio == pytest.approx(on, rel=2e-3)


def test_no_neuron_found_is_better_than_the_best_pair_unless_the_signal_rises(results):
    for values, result in results[::6]:
        index = int(values["activation"])
        costs, every = result["every"].T
        line = 4 * paired_signal(costs / 4, activations()[index], constant=5, latent=1) / costs
        assert (every / line).min() > 1 - 1e-6
        if index not in RISES:
            assert (every / line).max() < 1 + 1e-6


def test_the_kernel_shown_has_the_score_shown(results):
    for _, result in results:
        if result["ps"] != "collapsed":
            score = kernel_parallelism_score(result["kernel"], Y).mean()
            assert result["ps"] == pytest.approx(score, abs=1e-9)
