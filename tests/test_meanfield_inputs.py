"""Bad input raises errors that name the argument; degenerate input gives the right answer."""

import re

import numpy as np
import pytest

from absrep import Task, hypercube, random_kernel
from absrep.meanfield import (
    Activation,
    Network,
    certify,
    closed_form,
    deep_closed_form,
    deep_collapse,
    energy,
    feature_cost,
    gelu,
    leaky_relu,
    neuron_cost,
    neuron_energy,
    optimal_range,
    relu,
    relu_power,
    solve,
    tanh,
)

TASK = hypercube(2)
NET = Network(np.eye(4), np.zeros(4), TASK.labels)
BAD = [
    (lambda: solve(np.eye(4)), TypeError, "task"),
    (lambda: solve(TASK, "relu"), TypeError, "activation"),
    (lambda: solve(TASK, weight_decay=-1), ValueError, "weight_decay"),
    (lambda: solve(TASK, weight_decay=(0.1, 0.0)), ValueError, "weight_decay"),
    (lambda: solve(TASK, weight_decay=(0.1, 0.1, 0.1)), ValueError, "weight_decay"),
    (lambda: solve(TASK, weight_decay="small"), TypeError, "weight_decay"),
    (lambda: solve(TASK, weight_decay=np.nan), ValueError, "weight_decay"),
    (lambda: solve(TASK, weight_decay=np.inf), ValueError, "weight_decay"),
    (lambda: solve(TASK, bias=-1), ValueError, "bias"),
    (lambda: solve(TASK, bias=np.nan), ValueError, "bias"),
    (lambda: solve(TASK, bias="free"), TypeError, "bias"),
    (lambda: solve(TASK, bias=True), TypeError, "bias"),
    (lambda: solve(TASK, width=0), ValueError, "width"),
    (lambda: solve(TASK, width=2.5), TypeError, "width"),
    (lambda: solve(TASK, tol=0), ValueError, "tol"),
    (lambda: solve(TASK, rng=-1), ValueError, "rng"),
    (lambda: solve(TASK, n_starts=-1), ValueError, "n_starts"),
    (lambda: solve(TASK, tanh), ValueError, "width"),
    (lambda: solve(TASK, tanh, weight_decay=0, width=4), ValueError, "weight_decay"),
    (lambda: solve(TASK, weight_decay=0, width=2), ValueError, "width"),
    (lambda: closed_form(TASK, weight_decay=0), ValueError, "weight_decay"),
    (lambda: closed_form(TASK, gelu, width=16), ValueError, "activation"),
    (lambda: closed_form(TASK, tanh), ValueError, "width"),
    (lambda: closed_form(TASK, tanh, width=3), ValueError, "width"),
    (lambda: closed_form(TASK, leaky_relu(2.0)), ValueError, "activation"),
    (lambda: closed_form(TASK, bias=0), ValueError, "task"),
    (lambda: closed_form(hypercube(2, random_kernel(4, 6, rng=0))), ValueError, "task"),
    (
        lambda: closed_form(Task([[1], [1], [-1]], kernel=np.eye(3))),
        ValueError,
        "task",
    ),
    (lambda: deep_closed_form(TASK, 0), ValueError, "depth"),
    (lambda: deep_closed_form(TASK, 2, weight_decay=0), ValueError, "weight_decay"),
    (lambda: deep_closed_form(TASK, 2, bias=np.inf), ValueError, "bias"),
    (lambda: deep_collapse(TASK, 0), ValueError, "depth"),
    (lambda: deep_collapse(TASK, 2, bias=-1), ValueError, "bias"),
    (lambda: energy(np.eye(3), TASK), ValueError, "preactivations"),
    (lambda: energy(np.eye(4), TASK, weight_decay=0), ValueError, "weight_decay"),
    (lambda: energy(np.eye(4), TASK, masses=[1, 1]), ValueError, "masses"),
    (lambda: energy(np.eye(4), TASK, masses=[1, 1, 1, -1]), ValueError, "masses"),
    (
        lambda: energy(np.eye(4), hypercube(2, np.ones((4, 4)))),
        ValueError,
        "preactivations",
    ),
    (lambda: neuron_cost(np.eye(3), TASK), ValueError, "preactivations"),
    (lambda: neuron_cost(np.eye(4), hypercube(2, np.ones((4, 4)))), ValueError, "preactivations"),
    (lambda: neuron_cost(np.eye(4), TASK, bias=-1), ValueError, "bias"),
    (lambda: feature_cost(np.eye(3), TASK), ValueError, "features"),
    (lambda: feature_cost(-np.eye(4), TASK), ValueError, "features"),
    (lambda: feature_cost(np.eye(4), TASK, gelu), ValueError, "features"),
    (lambda: feature_cost(np.eye(4), TASK, "relu"), TypeError, "activation"),
    (lambda: feature_cost(np.eye(4), hypercube(2, np.ones((4, 4)))), ValueError, "features"),
    (lambda: neuron_energy(np.eye(4), np.eye(3), TASK), ValueError, "kernel"),
    (lambda: Network(np.eye(4), np.zeros(3), TASK.labels), ValueError, "input_weights"),
    (lambda: Network(np.eye(4), np.full(4, np.nan), TASK.labels), ValueError, "biases"),
    (
        lambda: Network(np.eye(5), np.zeros(5), np.ones((5, 2))).loss(TASK),
        ValueError,
        "input_weights",
    ),
    (
        lambda: Network(np.eye(4), np.ones(4), TASK.labels).loss(TASK, bias=0),
        ValueError,
        "biases",
    ),
    (
        lambda: Network(np.eye(4), np.zeros(4), np.ones((4, 1))).loss(TASK),
        ValueError,
        "output_weights",
    ),
    (lambda: certify(TASK, NET, weight_decay=0), ValueError, "weight_decay"),
    (lambda: certify(TASK, np.eye(3)), ValueError, "network"),
    (lambda: certify(TASK, -np.eye(4)), ValueError, "network"),
    (lambda: certify(TASK, np.eye(4), gelu), ValueError, "network"),
    (lambda: certify(TASK, 2 * np.eye(4), tanh), ValueError, "network"),
    (lambda: certify(hypercube(2, np.ones((4, 4))), np.eye(4)), ValueError, "network"),
    (lambda: optimal_range(TASK, 3), TypeError, "measure"),
    (lambda: optimal_range(TASK, np.trace, weight_decay=0), ValueError, "weight_decay"),
    (lambda: optimal_range(TASK, np.trace, weight_decay=100.0), ValueError, "weight_decay"),
    (lambda: leaky_relu("steep"), TypeError, "slope"),
    (lambda: relu_power(0), ValueError, "power"),
]


@pytest.mark.filterwarnings("ignore:invalid value encountered in arctanh")
@pytest.mark.parametrize(("call", "error", "name"), BAD)
def test_bad_input_names_the_argument(call, error, name):
    with pytest.raises(error, match=rf"^{re.escape(name)}\b"):
        call()


def test_collapse():
    """Weight decay beyond √(Pγ): nothing is learnt, and that is certified."""
    threshold = np.sqrt(4 * 5 / 6)
    below, above = (
        solve(TASK, weight_decay=0.99 * threshold),
        solve(TASK, weight_decay=1.01 * threshold),
    )
    assert below.n_atoms > 0 and below.loss < 4
    assert above.n_atoms == 0 and above.loss == above.lower_bound == 4
    assert not above.kernel.any() and above.gap == 0
    assert closed_form(TASK, weight_decay=1.01 * threshold).loss == 4
    assert solve(TASK, weight_decay=1e6).loss == pytest.approx(4, rel=1e-14)


def test_zero_kernel_without_bias():
    best = solve(hypercube(2, np.zeros((4, 4))), bias=0)
    assert best.loss == best.lower_bound == 4 and best.n_atoms == 0


def test_bias_alone_learns_the_mean():
    """One stimulus direction: min over b of the two-layer linear problem, by hand."""
    labels = [[1], [1], [1], [-1]]
    best = solve(Task(labels, kernel=np.zeros((4, 4))))
    # ½(4 f² − 2·2 f + 4) + λ|f|, f = Ŷ, all stimuli equal: f = (2 − λ)/4.
    f = (2 - 0.01) / 4
    assert best.loss == pytest.approx(0.5 * (4 * f * f - 4 * f + 4) + 0.01 * f, rel=1e-9)


def test_constant_label():
    task = Task(np.ones((3, 1)), kernel=np.eye(3))
    best = solve(task)
    assert best.certified and best.gap <= 1e-9 and best.n_atoms == 1
    assert np.ptp(best.preactivations) <= 1e-9
    assert solve(task, bias=np.inf).loss == 0


def test_duplicate_stimuli():
    once = Task([[1], [-1]], features=np.eye(2))
    twice = Task([[1], [1], [-1], [-1]], features=np.repeat(np.eye(2), 2, axis=0))
    best = solve(twice)
    assert best.certified and best.gap <= 1e-9
    np.testing.assert_allclose(best.kernel[::2], best.kernel[1::2], atol=1e-9)
    # Two copies of each: twice the squared error, so half the weight decay.
    assert best.loss == pytest.approx(2 * solve(once, weight_decay=0.005).loss, rel=1e-9)


def test_conflicting_duplicates():
    task = Task([[1], [-1]], features=np.ones((2, 1)))
    assert solve(task).loss == pytest.approx(1)
    with pytest.raises(ValueError, match="cannot be fitted exactly"):
        solve(task, weight_decay=0)


def test_one_stimulus():
    best = solve(Task([[1]], features=[[1.0]]), bias=0)
    # min over wv of ½(1 − wv)² + λ|wv|
    assert best.loss == pytest.approx(0.01 - 0.01**2 / 2, rel=1e-12)


def test_scale_of_inputs_and_weight_decay_are_exchangeable():
    kernel = random_kernel(4, 6, rng=0)
    one = solve(hypercube(2, kernel), weight_decay=(0.01, 0.02), bias=0)
    other = solve(hypercube(2, 1e4 * kernel), weight_decay=(100.0, 0.02), bias=0)
    assert other.loss == pytest.approx(one.loss, rel=1e-9)
    np.testing.assert_allclose(other.kernel, one.kernel, atol=1e-6)


def test_many_stimuli_are_not_called_certified():
    rng = np.random.default_rng(0)
    features = rng.standard_normal((24, 6))
    labels = np.sign(features[:, :2])
    best = solve(Task(labels, features))
    assert not best.certified and "not rigorous" in best.note
    assert best.gap <= 1e-6
    attained = energy(best.preactivations, Task(labels, features), masses=best.masses)
    assert attained == pytest.approx(best.loss, rel=1e-9)


def test_user_activation():
    sine = Activation("sine", np.sin, np.cos, odd=True)
    best = solve(TASK, sine, width=8, n_starts=2)
    assert not best.certified and best.loss < 4
    assert repr(sine) == "sine"
    assert closed_form(TASK, sine, width=8).loss >= best.loss * (1 - 1e-9)


def test_optimum_is_finite_everywhere():
    for seed in range(5):
        for decay in (1e-6, 1e-2, 10.0):
            best = solve(hypercube(2, random_kernel(4, 5, rng=seed)), relu, decay)
            for value in (best.kernel, best.preactivations, best.masses, best.loss, best.gap):
                assert np.isfinite(value).all()
