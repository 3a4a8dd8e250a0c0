"""Deep and recurrent networks: energies are losses of weights, certificates hold."""

import numpy as np
import pytest

from absrep import Task, hypercube, kernel_parallelism_score
from absrep.meanfield import (
    certify_layers,
    closed_form,
    deep_closed_form,
    deep_collapse,
    deep_energy,
    deep_modular,
    deep_weights,
    recurrent_closed_form,
    recurrent_energy,
    recurrent_weights,
    solve,
    tanh,
)

SQUARE = hypercube(2)


def relu(h):
    return np.maximum(h, 0)


def symmetric(task, strengths):
    signed = 1 + np.hstack([task.labels, -task.labels])
    return [signed * np.sqrt(b / 2) for b in strengths]


def deep_loss(task, weights, biases, decay, tau, activation):
    """½‖Ŷ − Y‖² + ½ Σ λ_l(‖W_l‖² + ‖β_l‖²/τ), and the preactivations."""
    z, cost, layers = task.features, 0.0, []
    for lam, w, b in zip(decay, weights, biases, strict=False):
        layers.append(z @ w + b)
        z = activation(layers[-1])
        cost += lam * (np.sum(w**2) + np.sum(b**2) / tau)
    cost += decay[-1] * np.sum(weights[-1] ** 2)
    return 0.5 * (np.sum((z @ weights[-1] - task.labels) ** 2) + cost), layers


# ------------------------------------------------------------------------------------- Depth


@pytest.mark.parametrize("ours", [None, tanh])
@pytest.mark.parametrize("tau", [0.5, 1.0, np.inf])
def test_deep_energy_is_the_loss_of_the_cheapest_weights(ours, tau):
    rng = np.random.default_rng(0)
    decay = [0.1, 0.05, 0.2]
    activation = relu if ours is None else np.tanh
    options = {"weight_decay": decay, "bias": tau} | ({} if ours is None else {"activation": ours})
    layers = [rng.standard_normal((4, 6)), rng.standard_normal((4, 5))]
    energy = deep_energy(layers, SQUARE, **options)
    weights, biases = deep_weights(layers, SQUARE, **options)
    loss, produced = deep_loss(SQUARE, weights, biases, decay, tau, activation)
    assert energy == pytest.approx(loss, rel=1e-10)
    for wanted, made in zip(layers, produced, strict=True):
        np.testing.assert_allclose(made, wanted, atol=1e-9)


def test_no_weights_are_cheaper_than_the_deep_energy_of_what_they_do():
    rng = np.random.default_rng(1)
    for _ in range(5):
        weights = [rng.standard_normal(s) for s in ((4, 8), (8, 7), (7, 2))]
        biases = [rng.standard_normal(8), rng.standard_normal(7)]
        loss, layers = deep_loss(SQUARE, weights, biases, [0.1] * 3, 1.0, relu)
        assert deep_energy(layers, SQUARE, weight_decay=0.1) < loss


@pytest.mark.parametrize(("d", "depth"), [(1, 3), (2, 1), (2, 3), (3, 2)])
def test_few_layers_have_as_much_of_either_sign(d, depth):
    task = hypercube(d)
    modular, both = deep_modular(task, depth, 0.005), deep_closed_form(task, depth, 0.005)
    assert modular.loss == pytest.approx(both.loss, rel=1e-9)
    np.testing.assert_allclose(modular.kernels, both.kernels, atol=1e-4)


@pytest.mark.parametrize(("d", "depth"), [(1, 4), (2, 4), (2, 6), (3, 5)])
def test_many_layers_have_not_and_are_abstract_all_the_same(d, depth):
    task = hypercube(d)
    modular, both = deep_modular(task, depth, 0.005), deep_closed_form(task, depth, 0.005)
    assert modular.loss < both.loss * (1 - 1e-3)
    energy = deep_energy(modular.preactivations, task, weight_decay=0.005)
    assert energy == pytest.approx(modular.loss, rel=1e-10)
    assert modular.strengths[0, 1] == 0 < modular.strengths[-1, 1]
    if d > 1:
        for kernel in modular.kernels:
            np.testing.assert_allclose(kernel_parallelism_score(kernel, task.labels), 1, rtol=1e-9)


def test_no_small_change_of_strengths_lowers_the_loss():
    rng = np.random.default_rng(0)
    form = deep_modular(SQUARE, 5, 0.005)
    for _ in range(50):
        scale = np.exp(0.05 * rng.standard_normal((5, 2)))
        layers = [
            h * np.sqrt(np.repeat(s, 2)) for h, s in zip(form.preactivations, scale, strict=True)
        ]
        assert deep_energy(layers, SQUARE, weight_decay=0.005) >= form.loss


def test_deep_networks_collapse():
    assert deep_modular(SQUARE, 3, 0.9).loss == 4
    assert not deep_modular(SQUARE, 3, 0.9).strengths.any()


@pytest.mark.parametrize("tau", [0.3, 1.0])
@pytest.mark.parametrize(("d", "depth"), [(1, 3), (2, 1), (2, 2), (2, 8), (3, 5)])
def test_deep_networks_learn_up_to_the_collapse_and_not_beyond(d, depth, tau):
    task = hypercube(d)
    edge = deep_collapse(task, depth, tau)
    below, above = (deep_closed_form(task, depth, edge * by, tau) for by in (0.9999, 1.0001))
    assert 0 < below.strengths[-1] and below.loss < d * 2**d / 2
    assert not above.strengths.any() and above.loss == d * 2**d / 2


@pytest.mark.parametrize("decay", [0.6, 0.7, 1.5, 10.0])
def test_far_above_the_collapse_nothing_overflows(decay):
    for depth in (6, 8):
        form = deep_closed_form(SQUARE, depth, decay)
        assert form.loss == 4 and not form.strengths.any()


@pytest.mark.parametrize(("d", "depth"), [(1, 2), (2, 1), (2, 4), (3, 3)])
def test_every_layer_of_the_symmetric_form_is_the_best_given_the_others(d, depth):
    task = hypercube(d)
    layers = symmetric(task, deep_closed_form(task, depth, 0.005).strengths)
    report = certify_layers(layers, task, weight_decay=0.005)
    assert len(report) == depth and all(layer.certified for layer in report)
    assert max(layer.gap for layer in report) < 1e-8
    loss = deep_energy(layers, task, weight_decay=0.005)
    assert all(layer.loss == pytest.approx(loss) for layer in report)


def test_no_layer_gets_below_its_bound():
    # With the others as they are, whatever the layer does: random changes of all sizes.
    rng = np.random.default_rng(0)
    layers = symmetric(SQUARE, [0.3, 0.5, 0.4])  # not the optimum: the bounds have work to do
    report = certify_layers(layers, SQUARE, weight_decay=0.01)
    assert min(layer.gap for layer in report) > 1e-4
    for i, layer in enumerate(report):
        for size in (0.01, 0.1, 0.5):
            for _ in range(20):
                tried = list(layers)
                extra = rng.standard_normal((3, layers[i].shape[1])) * size
                basis = np.column_stack([np.ones(4), SQUARE.labels])  # what inputs can produce
                tried[i] = layers[i] + basis @ extra
                assert deep_energy(tried, SQUARE, weight_decay=0.01) > layer.lower_bound


def test_the_last_layer_is_a_problem_with_one_hidden_layer():
    form = deep_closed_form(SQUARE, 3, 0.005)
    layers = symmetric(SQUARE, [*form.strengths[:2], 0.3])
    last = certify_layers(layers, SQUARE, weight_decay=0.005)[-1]
    below = solve(Task(SQUARE.labels, kernel=form.kernels[1]), weight_decay=0.005)
    alone = (
        0.5
        * 0.005
        * sum(
            np.einsum("pi,pq,qi->", h, np.linalg.pinv(k + 1), h)
            for h, k in zip(layers[:2], [np.eye(4), form.kernels[0]], strict=True)
        )
    )
    assert last.lower_bound <= alone + below.loss * (1 + 1e-9) <= last.loss


# -------------------------------------------------------------------------------- Recurrence


def recurrent_loss(task, u, w, v, beta, decay, tau, n_steps, input_steps, read_steps):
    z, steps, error = np.zeros((task.n_stimuli, len(w))), [], 0.0
    for t in range(n_steps):
        steps.append(z @ w + task.features @ u * (t < input_steps) + beta)
        z = relu(steps[-1])
        if t >= n_steps - read_steps:
            error += np.sum((z @ v - task.labels) ** 2)
    cost = decay[0] * (np.sum(u**2) + np.sum(beta**2) / tau)
    cost += decay[1] * np.sum(w**2) + decay[2] * np.sum(v**2)
    return 0.5 * (error + cost), np.stack(steps)


@pytest.mark.parametrize(("input_steps", "read_steps"), [(4, 1), (1, 1), (2, 3)])
def test_recurrent_energy_is_the_loss_of_the_cheapest_weights(input_steps, read_steps):
    rng = np.random.default_rng(0)
    decay, tau = [0.1, 0.03, 0.2], 0.5
    u, w, v = (0.5 * rng.standard_normal(s) for s in ((4, 9), (9, 9), (9, 2)))
    beta = rng.standard_normal(9)
    shape = (4, input_steps, read_steps)
    loss, steps = recurrent_loss(SQUARE, u, w, v, beta, decay, tau, *shape)
    options = {"weight_decay": decay, "bias": tau, "input_steps": input_steps}
    options["read_steps"] = read_steps
    energy = recurrent_energy(steps, SQUARE, **options)
    assert energy < loss
    cheapest = recurrent_weights(steps, SQUARE, **options)
    again, same = recurrent_loss(SQUARE, *cheapest, decay, tau, *shape)
    np.testing.assert_allclose(same, steps, atol=1e-8)
    assert energy == pytest.approx(again, rel=1e-10)


def test_the_stacked_kernel_is_the_one_of_the_proposition():
    # λ_V term as well as Σ hᵀK̃⁻¹h with K̃_ts = x_t x_s K_X + τ11ᵀ + (λ_U/λ_W) K_{t−1,s−1}.
    rng = np.random.default_rng(2)
    h = rng.standard_normal((2, 4, 20))
    decay = [0.1, 0.4, 0.3]
    z = relu(h)
    kernel = np.ones((8, 8))
    kernel[:4, :4] += np.eye(4)
    kernel[4:, 4:] += decay[0] / decay[1] * z[0] @ z[0].T
    flat = h.reshape(8, -1)
    paid = decay[0] * np.einsum("pi,pq,qi->", flat, np.linalg.inv(kernel), flat)
    ridge = np.linalg.inv(z[1] @ z[1].T + decay[2] * np.eye(4))
    expected = 0.5 * (paid + decay[2] * np.trace(SQUARE.output_kernel @ ridge))
    ours = recurrent_energy(h, SQUARE, weight_decay=decay, input_steps=1)
    assert ours == pytest.approx(expected, rel=1e-9)


def test_one_step_is_the_closed_form_of_one_hidden_layer():
    for decay in (0.005, 0.1, 3.0):
        one, form = recurrent_closed_form(SQUARE, 1, decay), closed_form(SQUARE, weight_decay=decay)
        assert one.loss == pytest.approx(form.loss, rel=1e-9)
        np.testing.assert_allclose(one.kernels[0], form.kernel, atol=1e-5)


@pytest.mark.parametrize(
    ("d", "n_steps", "input_steps", "read_steps"),
    [(2, 2, 2, 1), (2, 5, 5, 1), (3, 3, 3, 1), (2, 5, 1, 1), (2, 5, 1, 5), (1, 4, 2, 2)],
)
def test_recurrent_form_has_the_energy_it_claims(d, n_steps, input_steps, read_steps):
    task = hypercube(d)
    shape = {"input_steps": input_steps, "read_steps": read_steps}
    form = recurrent_closed_form(task, n_steps, 0.005, **shape)
    energy = recurrent_energy(form.preactivations, task, weight_decay=0.005, **shape)
    assert energy == pytest.approx(form.loss, rel=1e-8)
    assert (form.preactivations > -1e-7).all()
    features = relu(form.preactivations)
    np.testing.assert_allclose(features @ features.mT, form.kernels, atol=1e-6)


@pytest.mark.parametrize(("input_steps", "read_steps"), [(None, 1), (1, 1), (1, 4)])
def test_no_member_of_the_recurrent_family_is_better(input_steps, read_steps):
    # The family by brute force: random dynamics that keep all neurons active.
    rng = np.random.default_rng(0)
    form = recurrent_closed_form(SQUARE, 4, 0.005, input_steps=input_steps, read_steps=read_steps)
    signed = np.hstack([SQUARE.labels, -SQUARE.labels])
    shape = {"input_steps": input_steps, "read_steps": read_steps}
    tried = 0
    while tried < 100:
        u, w, u0, w0, beta = rng.uniform(0, 1.6, 5)
        q = p = 0.0
        steps, active = [], True
        for t in range(4):
            on = t < (input_steps or 4)
            q, p = w * q + u * on, w0 * p + u0 * on + beta
            active &= p >= q
            steps.append((p + q * signed) / np.sqrt(2))
        if active:
            tried += 1
            assert recurrent_energy(steps, SQUARE, weight_decay=0.005, **shape) >= form.loss


def test_memory_are_the_eigenvalues_of_the_cheapest_weights():
    form = recurrent_closed_form(SQUARE, 5, 0.005)
    _, w, _, _ = recurrent_weights(form.preactivations, SQUARE, weight_decay=0.005)
    values = np.sort(np.abs(np.linalg.eigvals(w)))[::-1]
    np.testing.assert_allclose(values, [*form.memory[[0, 0, 1]], 0], atol=1e-5)


# --------------------------------------------------------------------------------- Bad input

LAYER = np.ones((4, 3)) + np.eye(4, 3)
STEPS = np.random.default_rng(0).standard_normal((2, 4, 30))
VALID = {
    deep_energy: {"preactivations": [LAYER], "task": SQUARE},
    deep_weights: {"preactivations": [LAYER], "task": SQUARE},
    certify_layers: {"preactivations": [LAYER], "task": SQUARE},
    deep_modular: {"task": SQUARE, "depth": 2},
    recurrent_energy: {"preactivations": STEPS, "task": SQUARE, "input_steps": 1},
    recurrent_weights: {"preactivations": STEPS, "task": SQUARE, "input_steps": 1},
    recurrent_closed_form: {"task": SQUARE, "n_steps": 2},
}
SPOILT = [
    (deep_energy, "preactivations", LAYER, TypeError),
    (deep_energy, "preactivations", [], ValueError),
    (deep_energy, "preactivations", [LAYER[:3]], ValueError),
    (deep_energy, "weight_decay", [0.1], ValueError),
    (deep_energy, "weight_decay", 0.0, ValueError),
    (deep_energy, "bias", -1.0, ValueError),
    (certify_layers, "bias", np.inf, ValueError),
    (deep_energy, "activation", "relu", TypeError),
    (deep_weights, "task", "square", TypeError),
    (certify_layers, "activation", tanh, ValueError),
    (deep_modular, "depth", 0, ValueError),
    (deep_modular, "bias", 0.0, ValueError),
    (deep_modular, "weight_decay", -0.1, ValueError),
    (deep_modular, "task", hypercube(2, np.eye(4) + 8 * SQUARE.output_kernel), ValueError),
    (recurrent_energy, "preactivations", STEPS[0], ValueError),
    (recurrent_energy, "preactivations", STEPS[:, :3], ValueError),
    (recurrent_energy, "preactivations", np.random.default_rng(0).random((9, 4, 2)), ValueError),
    (recurrent_energy, "input_steps", 3, ValueError),
    (recurrent_energy, "read_steps", 3, ValueError),
    (recurrent_weights, "weight_decay", [0.1, 0.1], ValueError),
    (recurrent_weights, "activation", np.tanh, TypeError),
    (recurrent_closed_form, "n_steps", 0, ValueError),
    (recurrent_closed_form, "bias", 0.0, ValueError),
    (recurrent_closed_form, "input_steps", 3, ValueError),
    (recurrent_closed_form, "read_steps", 0, ValueError),
]


@pytest.mark.parametrize("function", VALID)
def test_the_call_works_before_it_is_spoilt(function):
    assert function(**VALID[function]) is not None


@pytest.mark.parametrize(("function", "argument", "value", "exception"), SPOILT)
def test_malformed_call_names_the_argument_at_fault(function, argument, value, exception):
    with pytest.raises(exception, match=argument):
        function(**VALID[function] | {argument: value})


@pytest.mark.parametrize(("n_steps", "decay"), [(1, 1.6), (1, 1.8), (3, 1.9), (5, 1.9), (12, 2.2)])
def test_recurrent_networks_learn_up_to_their_collapse(n_steps, decay):
    # Weights that do well at a smaller decay do better than none; so do the best ones.
    weaker = recurrent_closed_form(SQUARE, n_steps, 0.93 * decay)
    tried = recurrent_energy(weaker.preactivations, SQUARE, weight_decay=decay)
    form = recurrent_closed_form(SQUARE, n_steps, decay)
    assert form.loss <= min(tried, 4) and form.loss < 4
    assert form.strengths[-1] > 0
