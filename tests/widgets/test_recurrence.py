"""The explorer of recurrence against the dynamics of networks with explicit weights."""

import numpy as np
import pytest

from absrep import hypercube
from absrep.meanfield import closed_form
from absrep.widgets import memory_in_time

EXPLORER = memory_in_time()
TASKS, STEPS, DECAYS = (parameter.values for parameter in EXPLORER.parameters)


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("n", STEPS[::2])
@pytest.mark.parametrize("decay", DECAYS)
def test_the_network_does_what_the_lines_say(task, n, decay):
    result = EXPLORER.compute(task=task, n_steps=n, weight_decay=decay)
    n = int(n)
    theory, dots = np.array(result["theory"]), np.array(result["network"])
    assert len(theory) == n and len(dots) == 20
    if result["persists"] == "collapsed":
        assert np.isnan(dots[:, 0]).all() and not dots[:, 1].any()
        return
    np.testing.assert_allclose(dots[:n], theory, atol=1e-6)
    assert result["level"][-1][1] == pytest.approx(theory[-1, 1], abs=1e-6)  # universal where read
    assert np.all(np.array(result["level"])[:, 1] >= theory[:, 1] - 1e-6)
    moduli = np.sort(np.hypot(*np.array(result["eigenvalues"]).T))[::-1]
    expected = sorted([result["labels"], result["labels"], result["constants"], 0.0])[::-1]
    np.testing.assert_allclose(moduli, expected, atol=1e-5)


@pytest.mark.parametrize("decay", DECAYS)
def test_the_loss_is_that_of_the_dynamics(decay):
    # The five numbers, read off the lines: error and penalty add up to the loss.
    for task, n in ((0, 4), (1, 3), (2, 5)):
        result = EXPLORER.compute(task=task, n_steps=n, weight_decay=decay)
        if result["persists"] == "collapsed":
            assert result["loss"] == (n if task == 2 else 1) * 4
            continue
        q = np.sqrt(np.array(result["theory"])[:, 1])
        p = np.sqrt(np.array(result["level"])[:, 1])
        w, w0 = result["labels"], result["constants"]
        read = q if task == 2 else q[-1:]
        # Best read-out g of min 4(1 − gq)² + λ/2 · 2g², summed over the steps that are read.
        g = 4 * read.sum() / (4 * read @ read + decay)
        error = 4 * np.sum((1 - g * read) ** 2) + decay * g**2
        # p₁ = u₀ + β. With a held input only the sum matters, and 8u₀² + 2β² is least at u₀ = β/4;
        # after a pulse the second step, p₂ = w₀p₁ + β, tells them apart.
        beta = 0.8 * p[0] if task == 0 else p[1] - w0 * p[0]
        cost = 2 * w**2 + 8 * q[0] ** 2 + w0**2 + 8 * (p[0] - beta) ** 2 + 2 * beta**2
        assert result["loss"] == pytest.approx(error + decay / 2 * cost, rel=1e-6)


@pytest.mark.parametrize("decay", [0.01, 0.4, 1.7])
def test_one_step_is_one_hidden_layer(decay):
    for task in TASKS:
        result = EXPLORER.compute(task=task, n_steps=1, weight_decay=decay)
        wanted = closed_form(hypercube(2), weight_decay=decay)
        assert result["loss"] == pytest.approx(wanted.loss, rel=1e-9)
        assert result["theory"][0][1] == pytest.approx(wanted.strength, abs=1e-6)


@pytest.mark.parametrize("n", STEPS[1:])
def test_what_becomes_of_the_code(n):
    held, once, always = (EXPLORER.compute(task=k, n_steps=n, weight_decay=0.01) for k in TASKS)
    assert held["labels"] < 1 < once["labels"]
    assert always["labels"] == pytest.approx(1, abs=2e-3)
    assert always["persists"] == pytest.approx(1, abs=0.02)
    assert 1 < held["persists"] < 2.1 and once["persists"] > 3
    for result in (held, once, always):
        assert result["ps"] == pytest.approx(1) and result["ps long"] == pytest.approx(1)
    settled = np.array(held["network"])[-2:, 1]
    assert settled[1] == pytest.approx(settled[0], rel=0.02)


def test_collapse_and_forgetting_are_words():
    collapsed = EXPLORER.readouts_at(task=1, n_steps=5, weight_decay=1.6)
    assert collapsed["persists"] == collapsed["ps"] == "collapsed"
    forgotten = EXPLORER.readouts_at(task=1, n_steps=1, weight_decay=0.01)
    assert forgotten["persists"] == "0" and forgotten["ps long"] == "nothing left"
