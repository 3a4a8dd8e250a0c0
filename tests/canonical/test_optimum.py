"""Alignments at optima: closed form against the certified solver, gradients against torch."""

import numpy as np
import pytest
import torch

from absrep import (
    hypercube,
    kernel_alignment,
    kernel_from_spectrum,
    kernel_parallelism_score,
    target_aligned_kernel,
)
from absrep.canonical import alignments, linear_layers, optimum_alignments, stationary_layers
from absrep.meanfield import (
    absolute,
    closed_form,
    deep_closed_form,
    leaky_relu,
    linear,
    relu,
    solve,
    tanh,
)
from absrep.nets import FeedForward, LinearLayer, squared_error, train

RNG = np.random.default_rng(0)


def neurons(optimum):
    return optimum.preactivations * np.sqrt(optimum.masses)


def aligned(d, gain=0.0):
    return hypercube(d, target_aligned_kernel(hypercube(d).labels, gain))


def check(layers, predicted, centred):
    assert list(layers) == list(predicted)
    for name, layer in layers.items():
        found = alignments(layer, centred=centred).stacked()
        assert np.abs(found - predicted[name].stacked()).max() < 1e-10


CERTIFIED = [
    *[(aligned(d, g), relu, t) for d in (1, 2, 3) for g in (0, 3, 12) for t in (0.3, 1.0)],
    (aligned(1), relu, 0.0),
    (aligned(2, 3), relu, np.inf),
    (aligned(4), relu, 1.0),
    (aligned(2), leaky_relu(0.2), 1.0),
    (aligned(2, 20), leaky_relu(0.2), 1.0),
    (aligned(3), absolute, 1.0),
]


@pytest.mark.parametrize("centred", [True, False])
@pytest.mark.parametrize(("task", "activation", "bias"), CERTIFIED)
def test_predictions_at_the_certified_optimum(task, activation, bias, centred):
    best = solve(task, activation, 0.01, bias)
    assert best.certified and best.gap < 1e-9
    # With a free bias any large enough constant is optimal; the closed form takes the smallest.
    best = closed_form(task, activation, 0.01, bias) if bias == np.inf else best
    layers = stationary_layers([neurons(best)], task, activation, 0.01, bias)
    check(layers, optimum_alignments(task, activation, 0.01, bias, centred=centred), centred)


@pytest.mark.parametrize("d", [1, 2, 3])
@pytest.mark.parametrize(("bias", "gain"), [(1.0, 1.0), (0.5, 1.0), (np.inf, 1.0), (1.0, 20.0)])
def test_centred_forward_alignments_are_one_for_centred_inputs(d, bias, gain):
    task = hypercube(d, kernel_from_spectrum([0.0, gain, 0.9, 0.8][: d + 1]))
    best = closed_form(task, bias=bias) if bias == np.inf else solve(task, bias=bias)
    layers = stationary_layers([neurons(best)], task, bias=bias)
    six = alignments(layers["hidden 1"]).stacked()
    assert np.abs(six[:3] - 1).max() < 1e-10
    assert np.isclose(six[5], 1, atol=1e-10)
    assert np.abs(alignments(layers["read-out"]).stacked() - 1).max() < 1e-10


def test_centred_inputs_of_lower_rank_leave_gradients_open():
    # One linear layer, inputs y₁, y₂ and a bias that stays 0, targets y₁, y₂ + y₁y₂: what is not
    # linear in the inputs stays in the residual, and is seen by the gradients only.
    x = hypercube(2).labels
    y = np.stack([x[:, 0], x[:, 1] + x[:, 0] * x[:, 1]], axis=1)
    decay = 0.5
    weights = y.T @ x / (4 + decay)
    layer = LinearLayer(x, weights, x @ weights.T - y)
    assert np.allclose(layer.gradients.T @ x, -decay * weights)
    assert np.allclose(layer.gradients.sum(0), 0)
    six = alignments(layer).stacked()
    assert np.isclose(six[1], 1) and six[[0, 2]].max() < 0.8


def test_whitened_inputs_in_numbers():
    for d in (1, 2, 3, 4):
        free = optimum_alignments(hypercube(d), bias=np.inf)["hidden 1"].stacked()
        below = np.sqrt(d / (2**d - 1))
        assert np.allclose(free, [1, 1, 1, below, below, 1])
        slant = (1 + 2**d) ** -2.0
        most = 1 / np.sqrt(1 + d * slant**2)
        found = optimum_alignments(hypercube(d))["hidden 1"].stacked()
        assert np.allclose(found, [1, most, most, below, below * most, most])
        plain = optimum_alignments(hypercube(d), centred=False)["read-out"].stacked()
        assert np.allclose(plain, [1, 1, 1, 1 / np.sqrt(1 + d), 1 / np.sqrt(1 + d), 1])


def test_without_bias_modular_neurons_are_the_limit_of_a_small_one():
    task = hypercube(3)
    y = task.labels
    modular = 0.1 * np.concatenate([1 + y, 1 - y], axis=1)
    for centred in (True, False):
        layers = stationary_layers([modular], task, bias=0.0)
        limit = optimum_alignments(task, bias=1e-7, centred=centred)
        for name, layer in layers.items():
            found = alignments(layer, centred=centred).stacked()
            assert np.abs(found - limit[name].stacked()).max() < 1e-5
        if not centred:  # whitened inputs and no bias: G = −λH and W = HᵀX
            assert np.allclose(alignments(layers["hidden 1"], centred=False).stacked()[:3], 1)


@pytest.mark.parametrize("kinds", [[2, 1, 5, 3], [1, 1, 1, 9]])
def test_how_many_neurons_share_the_mass_does_not_matter(kinds):
    task = aligned(2, 3)
    form = closed_form(task)
    h = np.repeat(neurons(form), kinds, axis=1)
    shares = np.concatenate([RNG.dirichlet(np.ones(n)) for n in kinds])
    layers = stationary_layers([h * np.sqrt(shares)], task)
    assert layers["hidden 1"].outputs.shape == (4, sum(kinds))
    check(layers, optimum_alignments(task), centred=True)


def test_an_odd_activation_at_finite_width():
    task = hypercube(2, kernel_from_spectrum([0.7, 1.0, 0.5]))
    form = closed_form(task, tanh, 0.01, 1.0, 8)
    h = np.repeat(form.preactivations, form.masses.astype(int), axis=1)
    layers = stationary_layers([h], task, tanh)
    for centred in (True, False):
        predicted = optimum_alignments(task, tanh, 0.01, 1.0, 8, centred=centred)
        check(layers, predicted, centred)


def network_of(layers, bias):
    """The same weights in torch."""
    *hidden, out = layers.values()
    widths = [len(layer.weights) for layer in hidden]
    n_inputs = hidden[0].weights.shape[1]
    network = FeedForward(n_inputs, widths, len(out.weights), [0], bias=bias)
    with torch.no_grad():
        for parameter, layer in zip(network.weights, [*hidden, out], strict=True):
            parameter.copy_(torch.tensor(layer.weights.T)[None])
        for parameter, layer in zip(network.biases, hidden, strict=False):
            parameter.copy_(torch.tensor(np.array(layer.offset))[None, None])
    return network


@pytest.mark.parametrize("bias", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("spectrum", [[1, 1, 1], [1, 1, 3], [1, 4, 0.5], [2, 1, 1.5, 0.7]])
def test_stationary_gradients_are_those_of_torch_at_any_optimum(spectrum, bias):
    task = hypercube(len(spectrum) - 1, kernel_from_spectrum(spectrum))
    best = solve(task, bias=bias)
    layers = stationary_layers([neurons(best)], task, bias=bias)
    seen = linear_layers(network_of(layers, bias), task.features, task.labels, squared_error)
    first, true = layers["hidden 1"], seen["hidden 1"].gradients[0]
    assert np.allclose(seen["hidden 1"].outputs[0], first.outputs)
    away = np.abs(first.outputs) > 1e-6 * np.abs(first.outputs).max()
    scale = np.abs(true).max()
    assert np.abs(first.gradients - true)[away].max() < 1e-6 * scale
    # At the kink the slope lies between those on either side.
    sent = seen["read-out"].input_gradients[0][~away]
    if sent.size:
        slope = first.gradients[~away] / sent
        assert slope.min() > -0.1 and slope.max() < 1
    for layer in layers.values():
        assert np.allclose(0.01 * layer.weights, -layer.gradients.T @ layer.inputs, atol=1e-9)


@pytest.mark.parametrize("n_inputs", [3, 8])
def test_activity_fixes_gradients_only_if_the_input_kernel_is_invertible(n_inputs):
    x = np.random.default_rng(0).standard_normal((8, n_inputs))
    task = hypercube(3, x @ x.T)
    network = FeedForward(task.features.shape[1], [4], 3, [0], activation=torch.tanh)
    train(network, task.features, task.labels, n_steps=1500, weight_decay=0.1)
    true = linear_layers(network, task.features, task.labels, squared_error)["hidden 1"]
    found = stationary_layers([true.outputs[0]], task, tanh, 0.1)["hidden 1"]
    g, missed = true.gradients[0], true.gradients[0] - found.gradients
    assert np.abs(g.T @ task.features + 0.1 * true.weights[0]).max() < 0.01
    assert np.allclose(found.weights, true.weights[0], atol=0.01)
    # The formula has all of the gradient that the kernel sees, and none of the rest.
    assert np.abs((task.input_kernel + 1) @ missed).max() < 0.01
    share = np.linalg.norm(missed) / np.linalg.norm(g)
    assert share < 0.03 if n_inputs == 8 else share > 0.5
    said, measured = alignments(found).stacked(), alignments(true).stacked()[0]
    assert np.allclose(said[[1, 4]], measured[[1, 4]], atol=0.01)
    assert (np.abs(said - measured).max() < 0.02) == (n_inputs == 8)


@pytest.mark.parametrize(("gain", "bias"), [(0.0, 1.0), (3.0, 1.0), (0.0, 0.2)])
def test_the_slope_at_the_kink_is_that_of_the_theory(gain, bias):
    task = aligned(2, gain)
    k0, k1 = 1 + 4 * bias, 1 + gain
    layers = stationary_layers([neurons(solve(task, bias=bias))], task, bias=bias)
    h, g = layers["hidden 1"].outputs, layers["hidden 1"].gradients
    off = np.abs(h) < 1e-9
    assert off.mean() == 0.5
    slope = g[off] / layers["read-out"].input_gradients[off]
    assert np.allclose(slope, (k0 - k1) / (k0 + k1))
    theirs = optimum_alignments(task, bias=bias, centred=False, kink=0)["hidden 1"].stacked()
    still = np.where(off, 0.0, g)
    frozen = type(layers["hidden 1"])(
        layers["hidden 1"].inputs, layers["hidden 1"].weights, still, layers["hidden 1"].offset
    )
    assert np.allclose(alignments(frozen, centred=False).stacked(), theirs)


@pytest.mark.parametrize("bias", [0.0, 1.0])
def test_deep_networks(bias):
    task, depth = hypercube(2), 3
    strengths = deep_closed_form(hypercube(2), depth, 0.005, bias if bias else 1e-6).strengths
    y = task.labels
    shape = np.concatenate([1 + y, 1 - y], axis=1)
    layers = stationary_layers(
        [np.sqrt(b / 2) * shape for b in strengths], task, relu, 0.005, bias or 1e-6
    )
    for centred in (True, False):
        predicted = optimum_alignments(
            task, relu, 0.005, bias or 1e-6, depth=depth, centred=centred
        )
        check(layers, predicted, centred)
    seen = linear_layers(network_of(layers, 1.0), task.features, task.labels, squared_error)
    for name in ("hidden 1", "hidden 2", "hidden 3"):
        here, active = layers[name], layers[name].outputs > 1e-9
        # Gradients that torch sends through active neurons; it has the slope 0 or 1 at the kink.
        if name == "hidden 3":
            assert np.allclose(here.gradients[active], seen[name].gradients[0][active], atol=1e-7)
    six = optimum_alignments(task, relu, 0.005, bias or 1e-6, depth=depth)["hidden 2"].stacked()
    b = strengths[0]
    q = (2 * b / (2 * b + (bias or 1e-6))) ** 2
    assert np.allclose(six[[0, 3]], 1)
    assert np.allclose(six[[1, 2, 4, 5]], 1 / np.sqrt(1 + q**2 / 2))


@pytest.mark.parametrize("spectrum", [[1, 1, 3], [1, 1, 1.5], [1, 2, 5], [1, 1, 1]])
def test_at_any_optimum_the_read_out_knows_how_abstract_it_is(spectrum):
    task = hypercube(2, kernel_from_spectrum(spectrum))
    for bias in (0.0, 0.1, 1.0):
        best = solve(task, bias=bias)
        six = alignments(stationary_layers([neurons(best)], task, bias=bias)["read-out"]).stacked()
        likeness = kernel_alignment(best.kernel, task.output_kernel)
        assert np.allclose(six, [1, 1, 1, likeness, likeness, 1], atol=1e-8)
        abstract = kernel_parallelism_score(best.kernel, task.labels).min() > 1 - 1e-9
        assert abstract == (six[3] > 1 - 1e-9)


def test_bad_input_names_the_argument():
    task = hypercube(2)
    with pytest.raises(ValueError, match=r"^task must not be collapsed"):
        optimum_alignments(task, weight_decay=5.0)
    with pytest.raises(ValueError, match=r"^task has no closed form"):
        optimum_alignments(task, bias=0.0)
    with pytest.raises(ValueError, match=r"^depth must be 1 unless"):
        optimum_alignments(task, linear, depth=2)
    with pytest.raises(ValueError, match=r"^weight_decay must"):
        stationary_layers([np.ones((4, 1))], task, relu, 0.0)
    with pytest.raises(ValueError, match=r"^preactivations must"):
        stationary_layers([np.ones((3, 1))], task)
