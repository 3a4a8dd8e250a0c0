"""The explorer of depth against networks with explicit weights."""

import numpy as np
import pytest
from scipy.optimize import minimize

from absrep import hypercube
from absrep.meanfield import closed_form, deep_energy, deep_weights
from absrep.widgets import depth_profile

EXPLORER = depth_profile()
SIGNED = {d: np.hstack([hypercube(d).labels, -hypercube(d).labels]) for d in (2, 3)}


def layers(strengths, d):
    """Neurons 1 + y_a and 1 − y_a of given strengths, (L, 2)."""
    return [(1 + SIGNED[d]) * np.sqrt(np.repeat(pair, d)) for pair in strengths]


def compute(depth, decay, d):
    result = EXPLORER.compute(depth=depth, weight_decay=decay, latents=d)
    both = np.repeat(result["strengths"][:, 1:], 2, axis=1) / 2
    split = np.column_stack([result["plus"][:, 1], -result["minus"][:, 1]])
    return result, layers(both, d), layers(split, d)


@pytest.mark.parametrize("d", [2, 3])
@pytest.mark.parametrize("depth", [1, 3, 6, 8])
@pytest.mark.parametrize("decay", EXPLORER.parameters[1].values[::3])
def test_losses_and_gains_are_those_of_weights(depth, decay, d):
    result, both, split = compute(depth, decay, d)
    task = hypercube(d)
    if result["ratio"] == "collapsed":
        assert result["loss"] == d * 2**d / 2 and result["gain"] == 0
        assert not result["plus"][:, 1].any() and not result["strengths"][:, 1].any()
        return
    weights, biases = deep_weights(both, task, weight_decay=decay)
    z, cost = task.features, np.sum(weights[-1] ** 2)
    for w, b in zip(weights, biases, strict=False):
        cost += np.sum(w**2) + np.sum(b**2)
        z = np.maximum(z @ w + b, 0)
    outputs = z @ weights[-1]
    loss = 0.5 * (np.sum((outputs - task.labels) ** 2) + decay * cost)
    assert result["loss"] == pytest.approx(loss, rel=1e-8)
    assert result["gain"] == pytest.approx((outputs * task.labels).mean(), abs=1e-6)
    ratio = deep_energy(split, task, weight_decay=decay) / loss
    assert result["ratio"] == pytest.approx(ratio, rel=1e-6)
    assert ratio < 1 + 1e-9
    if depth <= 3:
        np.testing.assert_allclose(result["plus"][:, 1], -result["minus"][:, 1], atol=1e-3)


@pytest.mark.parametrize(("depth", "decay", "d"), [(2, 0.0473, 2), (3, 0.225, 3)])
def test_no_strengths_are_cheaper(depth, decay, d):
    result, _, _ = compute(depth, decay, d)

    def loss(logs):
        both = np.repeat(np.exp(logs)[:, None], 2, axis=1) / 2
        return deep_energy(layers(both, d), hypercube(d), weight_decay=decay)

    options = {"xatol": 1e-7, "fatol": 1e-13, "maxiter": 2000}
    found = minimize(loss, np.zeros(depth) - 1, method="Nelder-Mead", options=options)
    assert result["loss"] == pytest.approx(found.fun, rel=1e-8)
    np.testing.assert_allclose(result["strengths"][:, 1], np.exp(found.x), rtol=1e-3)


@pytest.mark.parametrize("d", [2, 3])
@pytest.mark.parametrize("depth", [1, 2, 5, 8])
def test_learning_ends_at_the_collapse(depth, d):
    edge = compute(depth, 0.01, d)[0]["collapse"]
    below, above = (compute(depth, edge * by, d)[0] for by in (0.999, 1.001))
    assert 0 < below["gain"] and below["loss"] < d * 2**d / 2
    assert above["gain"] == 0 and above["ratio"] == "collapsed"
    if depth == 1:
        assert closed_form(hypercube(d), weight_decay=edge * 0.999).strength > 0
        assert closed_form(hypercube(d), weight_decay=edge * 1.001).strength == 0
    else:  # a jump, from about 1 − 1/L
        assert below["gain"] == pytest.approx((depth - 1) / depth, abs=0.06)


@pytest.mark.parametrize(("depth", "d"), [(1, 2), (6, 2), (4, 3)])
def test_the_line_is_where_the_dot_goes(depth, d):
    result, _, _ = compute(depth, 0.01, d)
    for decay, gain in result["fall"][:-3]:
        assert gain == pytest.approx(compute(depth, decay, d)[0]["now"][0][1], abs=1e-9)
    assert np.all(np.diff([gain for _, gain in result["fall"]]) <= 0)


def test_last_layer_is_strongest_and_only_one_layer_falls_without_a_jump():
    for depth in EXPLORER.parameters[0].values:
        result = EXPLORER.compute(depth=depth, weight_decay=0.01, latents=2)
        strengths = result["strengths"][:, 1]
        assert strengths[-1] == strengths.max() > 0
        before = result["fall"][-3][1]  # gain just before the collapse
        assert (before > 0.4) == (depth > 1)
