"""The balance equations against simulated steps, a solved network and exact training."""

from itertools import product

import numpy as np
import pytest

from absrep.canonical import (
    Balance,
    alignments,
    balance_above,
    balance_below,
    descend,
    layer_probe,
    linear_layers,
    linear_optimum,
    moments,
)
from absrep.nets import FeedForward, LinearLayer, squared_error, train

RNG = np.random.default_rng(0)
RATES = {"learning_rate": 0.3, "weight_decay": 0.2}


def layer(n=4, below=3, above=2):
    return LinearLayer(
        RNG.standard_normal((n, below)),
        RNG.standard_normal((above, below)),
        RNG.standard_normal((n, above)),
    )


@pytest.mark.parametrize("size", [1, 2, 3])
def test_expected_change_by_going_through_all_batches(size):
    """Every batch that can be drawn with replacement, each as likely."""
    one = layer()
    w = one.weights
    above, below = np.zeros((2, 2)), np.zeros((3, 3))
    batches = list(product(range(4), repeat=size))
    for batch in batches:
        gradient = sum(np.outer(one.gradients[i], one.inputs[i]) for i in batch) / size
        new = w - 0.3 * (gradient + 0.2 * w)
        above += (new @ new.T - w @ w.T) / len(batches)
        below += (new.T @ new - w.T @ w) / len(batches)
    assert np.allclose(0.3 * balance_above(one, **RATES, batch_size=size).excess, above)
    assert np.allclose(0.3 * balance_below(one, **RATES, batch_size=size).excess, below)


def test_without_batches_it_is_one_step_of_gradient_descent():
    x, y = RNG.standard_normal((7, 4)), RNG.standard_normal((7, 2))
    network = FeedForward(4, [5], 2, seeds=[0, 1])
    before = linear_layers(network, x, y, squared_error)
    descend(network, x, y, n_steps=1, **RATES, error=squared_error)
    after = linear_layers(network, x, y, squared_error)
    for name, old in before.items():
        m, n = moments(old), moments(after[name])
        change = n.weights_above - m.weights_above
        assert np.allclose(0.3 * balance_above(old, **RATES).excess, change, atol=1e-12)
        change = n.weights_below - m.weights_below
        assert np.allclose(0.3 * balance_below(old, **RATES).excess, change, atol=1e-12)


def test_large_batches_are_no_batches_and_traces_agree():
    one = layer(n=9)
    many = balance_above(one, **RATES, batch_size=10**9)
    assert np.allclose(many.noise, balance_above(one, **RATES).noise, atol=1e-7)
    pairs = zip(
        balance_above(one, **RATES, batch_size=2).stacked(),
        balance_below(one, **RATES, batch_size=2).stacked(),
        strict=True,
    )
    for above, below in pairs:
        assert np.isclose(np.trace(above), np.trace(below))


def test_one_weight_in_its_exact_stationary_state():
    """An autoregressive process, of known mean and variance."""
    rate, decay, a, sigma = 0.3, 0.2, 1.5, 0.7
    x, e = np.array([1, 1, -1, -1.0]), sigma * np.array([1, -1, 1, -1.0])
    for size in (1, 5):
        keep = 1 - rate * (1 + decay)
        variance = rate**2 * sigma**2 / size / (1 - keep**2)
        # Any distribution with this mean and variance will do; take a lopsided one.
        weights = a / (1 + decay) + np.sqrt(variance) * np.array([2.0, -0.5])
        terms = [
            balance_below(
                LinearLayer(x[:, None], [[w]], (w * x - a * x - e)[:, None]),
                learning_rate=rate,
                weight_decay=decay,
                batch_size=size,
            ).stacked()
            for w in weights
        ]
        drift, decayed, noise = np.average(terms, axis=0, weights=[0.2, 0.8]).ravel()
        assert np.isclose(drift + decayed, noise, rtol=1e-12)
        assert noise > 0.1 * decayed / size


def test_a_stationary_point_without_noise():
    x, y = RNG.standard_normal((20, 4)), RNG.standard_normal((20, 2))
    network = FeedForward(4, [5], 2, seeds=[0, 1], activation=lambda h: h.tanh())
    descend(network, x, y, n_steps=5000, learning_rate=0.3, weight_decay=0.05, error=squared_error)
    for one in linear_layers(network, x, y, squared_error).values():
        cross = one.gradients.mT @ one.inputs / 20
        assert np.allclose(cross, -0.05 * one.weights, atol=1e-5)
        found = balance_above(one, learning_rate=0.3, weight_decay=0.05)
        assert np.allclose(found.drift, -found.decay, atol=1e-6)
        m = moments(one, centred=False)
        for big, small, w in (
            (m.gradient_above, m.representation_below, one.weights),
            (m.representation_below, m.gradient_above, one.weights.mT),
        ):
            bound = 0.05**2 * w @ np.linalg.pinv(small, rtol=1e-8) @ w.mT
            assert (np.linalg.eigvalsh(big - bound) > -1e-5).all()


TARGET = RNG.standard_normal((3, 4))


@pytest.mark.parametrize("decay", [0.1, 1.0])
def test_linear_optimum_is_stationary_and_what_training_finds(decay):
    values = np.linalg.svd(TARGET, compute_uv=False)
    layers = linear_optimum(TARGET, decay)
    first, second = layers["hidden 1"], layers["read-out"]
    for one in layers.values():
        cross = one.gradients.mT @ one.inputs / len(one.inputs)
        assert np.allclose(cross, -decay * one.weights)
    assert np.allclose(first.outputs, second.inputs)
    assert np.allclose(first.gradients, second.input_gradients)
    squares = np.square(first.weights).sum() + np.square(second.weights).sum()
    loss = 0.5 * np.square(second.gradients).sum(-1).mean() + 0.5 * decay * squares
    # Soft threshold: a mode that is learned costs γs − γ²/2, another one s²/2.
    assert np.isclose(
        loss, np.where(values > decay, decay * values - decay**2 / 2, values**2 / 2).sum()
    )
    network = FeedForward(4, [6], 3, seeds=[0], bias=0, activation=lambda h: h)
    data = first.inputs, first.inputs @ TARGET.T
    run = train(network, *data, n_steps=2000, weight_decay=decay * len(first.inputs))
    assert np.isclose(run.loss[-1, 0] / len(first.inputs), loss, rtol=1e-5)
    found = linear_layers(network, *data, squared_error)
    for name, one in layers.items():
        assert np.allclose(
            alignments(found[name], centred=False).stacked()[0],
            alignments(one, centred=False).stacked(),
            atol=2e-3,
        )


@pytest.mark.parametrize("decay", [0.1, 0.6])
def test_linear_optimum_has_the_moments_of_the_table(decay):
    s = np.array([2.0, 1.0, 0.5])
    z = np.maximum(s - decay, 0)
    layers = linear_optimum(np.eye(3, 4) * s[:, None], decay)

    def spectrum(matrix):
        return np.sort(np.linalg.eigvalsh(matrix))[::-1]

    def padded(values, size):
        return np.sort(np.pad(values, (0, size))[:size])[::-1]

    k = (z > 0).sum()
    first, second = (moments(one) for one in layers.values())
    assert np.allclose(spectrum(first.representation_above), z[:k])
    assert np.allclose(spectrum(first.gradient_above), decay**2 * z[:k])
    assert np.allclose(first.representation_below, np.eye(4))
    assert np.allclose(spectrum(first.gradient_below), padded(decay**2 * z**2, 4))
    assert np.allclose(spectrum(second.representation_above), z**2)
    assert np.allclose(spectrum(second.gradient_above), np.sort(np.minimum(s, decay) ** 2)[::-1])
    assert np.allclose(spectrum(second.representation_below), z[:k])
    assert np.allclose(spectrum(second.gradient_below), decay**2 * z[:k])


def test_a_probe_records_what_is_measured():
    x, y = RNG.standard_normal((7, 4)), RNG.standard_normal((7, 2))
    network = FeedForward(4, [5], 2, seeds=[0, 1])
    probe = layer_probe(x, y, squared_error, "hidden 1", lambda one: moments(one).weights_below)
    run = train(network, x, y, n_steps=3, weight_decay=0.1, probes={"z": probe})
    w = network.weights[0].detach().numpy()
    assert np.allclose(run.recorded["z"][-1], w @ w.mT)
    wrong = layer_probe(x, y, squared_error, "hidden 7", lambda one: one.weights)
    with pytest.raises(ValueError, match=r"^layer must be one of \['hidden 1', 'read-out'\]"):
        wrong(network)
    with pytest.raises(TypeError, match=r"^measure must"):
        layer_probe(x, y, squared_error, "hidden 1", None)


@pytest.mark.parametrize(
    ("named", "value"),
    [("learning_rate", 0.0), ("weight_decay", -1.0), ("batch_size", 0), ("batch_size", 1.5)],
)
def test_bad_rates_are_named(named, value):
    with pytest.raises((ValueError, TypeError), match=f"^{named} must"):
        balance_above(layer(), **{**RATES, named: value})


def test_nothing_to_learn_is_an_error():
    with pytest.raises(ValueError, match=r"^weight_decay must be below"):
        linear_optimum(np.eye(2), 1.0)
    with pytest.raises(ValueError, match=r"^weight_decay must"):
        linear_optimum(np.eye(2), 0.0)


def test_excess_and_stack():
    found = Balance(*np.arange(12.0).reshape(3, 2, 2))
    assert np.allclose(found.excess, found.stacked()[2] - found.stacked()[:2].sum(0))
