"""Signals of single neurons, local optima, and the closed form for every slope below zero."""

import numpy as np
import pytest

from absrep.kernels import kernel_from_spectrum
from absrep.meanfield import (
    absolute,
    closed_form,
    cubic,
    energy,
    erf,
    gelu,
    hard_tanh,
    leaky_relu,
    linear,
    local_optima,
    paired_signal,
    relu,
    relu_power,
    sigmoid,
    solve,
    strongest_neurons,
    tanh,
)
from absrep.tasks import hypercube

SQUARE = hypercube(2)
COSTS = np.array([0.1, 1.0, 4.0])


@pytest.mark.parametrize("slope", [-1.0, -0.5, 0.0, 0.2, 0.6, 0.7, 0.9, 0.99, 1.0])
@pytest.mark.parametrize("spectrum", [[1, 1, 1], [0.5, 3, 0.5], [2, 0.7, 0.4], [1, 1, 1, 1]])
def test_closed_form_for_every_slope_is_the_certified_optimum(slope, spectrum):
    task = hypercube(len(spectrum) - 1, kernel_from_spectrum(spectrum))
    form = closed_form(task, leaky_relu(slope), (0.03, 0.01))
    best = solve(task, leaky_relu(slope), (0.03, 0.01))
    assert best.certified and best.gap < 1e-9
    assert form.loss == pytest.approx(best.loss, rel=1e-9)
    # At the ends (linear, absolute) the constant part is zero or not shared out uniquely.
    np.testing.assert_allclose(form.kernel, best.kernel, atol=1e-5)


def test_steep_leaky_relu_with_strong_interactions_has_no_closed_form():
    task = hypercube(2, kernel_from_spectrum([3, 1, 2]))
    with pytest.raises(ValueError, match="dip below zero"):
        closed_form(task, leaky_relu(0.9))
    closed_form(task, leaky_relu(0.2))


@pytest.mark.parametrize(
    ("activation", "gain"),
    [(relu, 5 / 6), (absolute, 5 / 6), (linear, 1.0), (leaky_relu(0.9), (5 * 0.01 + 3.61) / 4)],
    ids=str,
)
def test_degree_one_signals_are_proportional_to_cost(activation, gain):
    np.testing.assert_allclose(paired_signal(COSTS, activation, 5, 1), gain * COSTS, rtol=1e-9)


@pytest.mark.parametrize("activation", [tanh, erf, hard_tanh, sigmoid], ids=repr)
def test_odd_signals_need_no_mean(activation):
    origin = activation.value(np.zeros(3))
    alone = (activation.value(np.sqrt(2.0 * COSTS)) - origin) ** 2
    np.testing.assert_allclose(paired_signal(COSTS, activation, 9, 2), alone, rtol=1e-9)


def test_paired_signal_of_powers():
    for p, constant in [(0.5, 1), (0.5, 5), (1.5, 1)]:
        gain = constant / (constant + 1)
        expected = (4 * gain * COSTS) ** p / 4
        np.testing.assert_allclose(
            paired_signal(COSTS, relu_power(p), constant, 1), expected, rtol=1e-6
        )


@pytest.mark.parametrize("activation", [relu, leaky_relu(0.9), tanh, relu_power(0.6)], ids=repr)
@pytest.mark.parametrize("d", [2, 3])
def test_concave_activations_have_no_stronger_neuron_than_pairs(activation, d):
    p = 2**d
    pairs = p * paired_signal(COSTS / p, activation, 1 + p, 1)
    np.testing.assert_allclose(
        strongest_neurons(COSTS, hypercube(d), activation).signals, pairs, rtol=1e-6
    )


def test_supralinear_activations_have():
    pairs = 4 * paired_signal(COSTS / 4, relu_power(2), 1, 1)
    searched = strongest_neurons(COSTS, SQUARE, relu_power(2), bias=0).signals
    # One stimulus takes it all: |U_p|² c^p = d/P c^p.
    np.testing.assert_allclose(searched, COSTS**2 / 2, rtol=1e-9)
    assert (searched > 1.5 * pairs).all()


@pytest.mark.parametrize("activation", [gelu, cubic], ids=repr)
def test_search_against_brute_force(activation):
    rng = np.random.default_rng(0)
    h = rng.standard_normal((4, 300_000))
    metric = np.eye(4) - 1 / 5
    h *= np.sqrt(2.0 / np.einsum("pn,pq,qn->n", h, metric, h))
    brute = np.square(SQUARE.labels.T @ activation.value(h)).sum(axis=0).max() / 4
    found = strongest_neurons([2.0], SQUARE, activation).signals[0]
    assert brute <= found <= 1.02 * brute


def test_signals_refuse_bad_arguments():
    with pytest.raises(ValueError, match="costs"):
        paired_signal([0.0], relu, 1, 1)
    with pytest.raises(ValueError, match="latent"):
        paired_signal([1.0], relu, 1, -1)
    with pytest.raises(ValueError, match="costs"):
        strongest_neurons([], SQUARE, relu)
    with pytest.raises(ValueError, match="bias"):
        strongest_neurons([1.0], SQUARE, relu, bias=np.inf)
    with pytest.raises(TypeError, match="activation"):
        strongest_neurons([1.0], SQUARE, np.tanh)


def test_local_optima_are_sorted_stationary_and_counted():
    found = local_optima(SQUARE, relu_power(1.5), width=6, n_starts=12)
    assert found.counts.sum() == 12 and (np.diff(found.losses) > 0).all()
    assert len(found.losses) == len(found.kernels) == len(found.preactivations)
    rng = np.random.default_rng(0)
    for loss, kernel, h in zip(found.losses, found.kernels, found.preactivations, strict=True):
        z = np.maximum(h, 0) ** 1.5
        np.testing.assert_allclose(z @ z.T, kernel, atol=1e-12)
        assert h.shape == (4, 6)
        assert energy(h, SQUARE, relu_power(1.5)) == pytest.approx(loss, rel=1e-9)
        nearby = h + 1e-3 * rng.standard_normal((20, 4, 6))
        assert all(energy(x, SQUARE, relu_power(1.5)) >= loss * (1 - 1e-9) for x in nearby)


def test_descents_never_end_below_the_certified_optimum():
    found = local_optima(SQUARE, tanh, width=16, n_starts=5)
    best = solve(SQUARE, tanh, width=16)
    assert best.certified
    assert found.losses[0] == pytest.approx(best.loss, rel=1e-5)
    assert found.losses[0] >= best.loss * (1 - 1e-9)


def test_strongest_neurons_have_their_cost_and_signal():
    found = strongest_neurons(COSTS, SQUARE, gelu)
    precision = np.eye(4) - 1 / 5
    h = found.preactivations
    np.testing.assert_allclose(np.einsum("pn,pq,qn->n", h, precision, h), COSTS, rtol=1e-9)
    signals = np.square(SQUARE.labels.T @ gelu.value(h)).sum(axis=0) / 4
    np.testing.assert_allclose(found.signals, signals, rtol=1e-12)


def test_local_optima_refuse_bad_arguments():
    for wrong, named in [
        ({"width": 0}, "width"),
        ({"n_starts": 0}, "n_starts"),
        ({"init_scale": 0}, "init_scale"),
        ({"weight_decay": 0}, "weight_decay"),
        ({"bias": np.inf}, "bias"),
    ]:
        with pytest.raises(ValueError, match=named):
            local_optima(SQUARE, relu_power(2), **({"width": 4} | wrong))
    with pytest.raises(TypeError, match="activation"):
        local_optima(SQUARE, np.tanh, width=4)
