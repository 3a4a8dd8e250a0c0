"""Networks: replicas are independent, the loss is the formula, and training finds the minimum."""

from math import cos, pi, sqrt

import numpy as np
import pytest
import torch

from absrep import hypercube, kernel_parallelism_score
from absrep.nets import FeedForward, cosine, hidden_kernel, squared_error, train
from helpers import bug, latents

STRENGTHS = [0.0, 0.5, 1.0, np.inf]
ACTIVATIONS = {
    "relu": (torch.relu, lambda h: np.maximum(h, 0)),
    "tanh": (torch.tanh, np.tanh),
    "linear": (lambda h: h, lambda h: h),
}


def arrays(network):
    """Weights and biases as numpy arrays (copies)."""
    return (
        [w.detach().numpy().copy() for w in network.weights],
        [b.detach().numpy().copy() for b in network.biases],
    )


def outputs_by_hand(weights, biases, r, x, activation):
    for layer, w in enumerate(weights[:-1]):
        h = x @ w[r] + (biases[layer][r] if biases else 0)
        x = activation(h)
    return x @ weights[-1][r]


def loss_by_hand(weights, biases, r, x, y, activation, decay, strength):
    """½‖Ŷ − Y‖² + ½ Σ_l λ_l (‖W_l‖² + ‖b_l‖²/τ) of replica r; a free bias costs nothing."""
    error = 0.5 * ((outputs_by_hand(weights, biases, r, x, activation) - y) ** 2).sum()
    cost = sum(lam * (w[r] ** 2).sum() for lam, w in zip(decay, weights, strict=True))
    cost += sum(
        lam * (b[r] ** 2).sum() / strength for lam, b in zip(decay, biases, strict=False)
    )
    return error + 0.5 * cost


class Recorder(torch.optim.SGD):
    """An optimiser that takes no step and keeps the gradients and learning rates it is given."""

    def __init__(self, parameters, lr):
        super().__init__(parameters, lr=lr)
        self.gradients, self.rates = [], []
        Recorder.latest = self

    def step(self):
        (group,) = self.param_groups
        self.rates.append(group["lr"])
        self.gradients.append([p.grad.numpy().copy() for p in group["params"]])


def randomise_biases(network, seed):
    """Biases start at zero, which would hide them from a test."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for b in network.biases:
            b.normal_(generator=generator)


# ---------------------------------------------------------------------------------- Replicas


def test_a_replica_starts_as_the_network_of_its_seed_alone():
    together, _ = arrays(FeedForward(5, [7, 3], 2, seeds=[11, 4, 11]))
    for r, seed in enumerate([11, 4, 11]):
        alone, _ = arrays(FeedForward(5, [7, 3], 2, seeds=[seed]))
        for mine, its in zip(together, alone, strict=True):
            np.testing.assert_array_equal(mine[r], its[0])
    assert (together[0][0] != together[0][1]).any()


@pytest.mark.parametrize("batch_size", [None, 3])
def test_a_replica_trains_as_the_network_of_its_seed_alone(batch_size):
    task, seeds = hypercube(3), [3, 8, 5]
    options = dict(n_steps=200, weight_decay=0.01, batch_size=batch_size)
    together = FeedForward(8, [20], 3, seeds=seeds)
    run = train(together, task.features, task.labels, **options)
    for r, seed in enumerate(seeds):
        alone = FeedForward(8, [20], 3, seeds=[seed])
        by_itself = train(alone, task.features, task.labels, **options)
        np.testing.assert_allclose(run.loss[:, r], by_itself.loss[:, 0], rtol=1e-10)
        for mine, its in zip(together.parameters(), alone.parameters(), strict=True):
            torch.testing.assert_close(mine[r], its[0], rtol=0, atol=1e-10)


def test_training_repeats_exactly_with_its_seeds_and_only_then():
    task = hypercube(2)
    final = [
        train(
            FeedForward(4, [10], 2, seeds=seeds),
            task.features, task.labels, n_steps=100, weight_decay=0.01, batch_size=2,
        ).loss
        for seeds in ([1, 2], [1, 2], [1, 3])
    ]  # fmt: skip
    np.testing.assert_array_equal(final[0], final[1])
    assert (final[1][:, 1] != final[2][:, 1]).all()


def test_initial_weights_are_gaussian_with_the_stated_variance():
    weights, biases = arrays(FeedForward(400, [100], 300, seeds=range(3), init_scale=2.0))
    for w, fan_in in zip(weights, (400, 100), strict=True):
        z = w * sqrt(fan_in) / 2
        assert abs(z.mean()) < 4 / sqrt(z.size)
        assert abs((z**2).mean() - 1) < 4 * sqrt(2 / z.size)
        assert abs((z**4).mean() - 3) < 4 * sqrt(96 / z.size)  # Var z⁴ = 105 − 9
    assert not biases[0].any()


# ---------------------------------------------------------------------------------- The loss


@pytest.mark.parametrize("widths", [[6], [6, 5, 4]], ids=["shallow", "deep"])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_outputs_and_hidden_kernel_are_the_formula(widths, activation):
    rng = np.random.default_rng(0)
    torch_activation, by_hand = ACTIVATIONS[activation]
    network = FeedForward(3, widths, 2, seeds=range(3), activation=torch_activation)
    randomise_biases(network, 0)
    weights, biases = arrays(network)
    x = rng.standard_normal((8, 3))
    hidden = network.hidden(torch.tensor(x))
    assert [tuple(z.shape) for z in hidden] == [(3, 8, width) for width in widths]
    kernel = hidden_kernel(network, torch.tensor(x)).detach().numpy()
    for r in range(3):
        expected = outputs_by_hand(weights, biases, r, x, by_hand)
        np.testing.assert_allclose(network(torch.tensor(x))[r].detach(), expected, atol=1e-12)
        features = outputs_by_hand([*weights[:-1], np.stack(3 * [np.eye(widths[-1])])],
                                   biases, r, x, by_hand)  # fmt: skip
        np.testing.assert_allclose(kernel[r], features @ features.T, atol=1e-12)


@pytest.mark.parametrize("strength", STRENGTHS)
@pytest.mark.parametrize("decay", [0.3, [0.3, 0.0, 0.7]], ids=["one", "per layer"])
def test_loss_is_the_formula(strength, decay):
    rng = np.random.default_rng(0)
    network = FeedForward(3, [6, 5], 2, seeds=range(3), bias=strength)
    randomise_biases(network, 1)
    weights, biases = arrays(network)
    x, y = rng.standard_normal((7, 3)), rng.choice([-1.0, 1.0], (7, 2))
    run = train(network, x, y, n_steps=0, weight_decay=decay)
    per_layer = np.broadcast_to(decay, 3)
    relu = ACTIVATIONS["relu"][1]
    for r in range(3):
        assert run.loss[0, r] == pytest.approx(
            loss_by_hand(weights, biases, r, x, y, relu, per_layer, strength), rel=1e-12
        )
        error = loss_by_hand(weights, biases, r, x, y, relu, [0, 0, 0], strength)
        assert run.error[0, r] == pytest.approx(error, rel=1e-12)
    assert len(biases) == (0 if strength == 0 else 2)


@pytest.mark.parametrize("strength", STRENGTHS)
def test_gradient_is_the_slope_of_the_formula(strength):
    rng = np.random.default_rng(0)
    decay = [0.2, 0.1, 0.4]
    network = FeedForward(3, [5, 4], 2, seeds=range(2), bias=strength, activation=torch.tanh)
    randomise_biases(network, 2)
    weights, biases = arrays(network)
    x, y = rng.standard_normal((6, 3)), rng.choice([-1.0, 1.0], (6, 2))
    train(network, x, y, n_steps=1, weight_decay=decay, optimizer=Recorder)
    (gradients,) = Recorder.latest.gradients
    step, parameters = 1e-5, [*weights, *biases]
    assert len(gradients) == len(parameters)

    def summed_loss():
        return sum(
            loss_by_hand(weights, biases, r, x, y, np.tanh, decay, strength) for r in range(2)
        )

    for parameter, gradient in zip(parameters, gradients, strict=True):
        slopes = np.empty_like(parameter)
        for place in np.ndindex(parameter.shape):
            here = parameter[place]
            parameter[place] = here + step
            up = summed_loss()
            parameter[place] = here - step
            slopes[place] = (up - summed_loss()) / (2 * step)
            parameter[place] = here
        np.testing.assert_allclose(gradient, slopes, atol=1e-7)


def test_mini_batch_gradients_of_an_epoch_average_to_the_full_gradient():
    task = hypercube(3)
    gradients = {}
    for size, n_steps in ((2, 4), (8, 1)):
        network = FeedForward(8, [6], 3, seeds=range(3))
        train(network, task.features, task.labels, n_steps=n_steps, weight_decay=0.1,
              batch_size=size, optimizer=Recorder)  # fmt: skip
        gradients[size] = Recorder.latest.gradients
    for parameter, full in enumerate(gradients[8][0]):
        batches = np.stack([g[parameter] for g in gradients[2]])
        np.testing.assert_allclose(batches.mean(axis=0), full, atol=1e-12)
        assert batches.std(axis=0).max() > 0.1  # though each is noisy


def test_every_epoch_has_an_order_of_its_own_for_every_replica():
    # A linear read-out of one-hot inputs: the gradient shows which stimulus was drawn.
    orders = []
    network = FeedForward(6, [4], 1, seeds=range(2), activation=lambda h: h, bias=0)
    train(network, np.eye(6), np.ones((6, 1)), n_steps=12, weight_decay=0,
          batch_size=1, optimizer=Recorder)  # fmt: skip
    for gradient in Recorder.latest.gradients:
        orders.append(np.abs(gradient[0]).sum(axis=2).argmax(axis=1))
    orders = np.array(orders).T.reshape(2, 2, 6)  # replica, epoch, stimulus
    np.testing.assert_array_equal(np.sort(orders, axis=-1), np.broadcast_to(range(6), (2, 2, 6)))
    assert len({tuple(order) for order in orders.reshape(4, 6)}) == 4


def test_one_step_of_plain_descent_is_the_gradient_times_the_rate():
    task = hypercube(2)
    network, still = (FeedForward(4, [5], 2, seeds=[0, 1]) for _ in range(2))
    train(still, task.features, task.labels, n_steps=1, weight_decay=0.1, optimizer=Recorder)
    before = arrays(network)[0]
    train(network, task.features, task.labels, n_steps=1, weight_decay=0.1,
          optimizer=torch.optim.SGD, learning_rate=0.2)  # fmt: skip
    for start, end, gradient in zip(before, arrays(network)[0], Recorder.latest.gradients[0],
                                    strict=False):  # fmt: skip
        np.testing.assert_allclose(end, start - 0.2 * gradient, atol=1e-14)


def test_learning_rate_follows_the_schedule():
    task, network = hypercube(2), FeedForward(4, [5], 2, seeds=[0])
    train(network, task.features, task.labels, n_steps=4, weight_decay=0, optimizer=Recorder,
          learning_rate=0.5, schedule=cosine)  # fmt: skip
    expected = [0.25 * (1 + cos(pi * k / 4)) for k in range(4)]
    np.testing.assert_allclose(Recorder.latest.rates, expected, atol=1e-15)
    train(network, task.features, task.labels, n_steps=3, weight_decay=0, optimizer=Recorder,
          learning_rate=0.5, schedule=lambda progress: 1.0)  # fmt: skip
    assert Recorder.latest.rates == [0.5, 0.5, 0.5]


def test_error_may_be_another():
    task, network = hypercube(2), FeedForward(4, [5], 2, seeds=[0, 1])
    outputs = network(torch.eye(4, dtype=torch.float64)).detach().numpy()

    def hinge(z, y):
        return torch.relu(1 - z * y).sum((1, 2))

    run = train(network, task.features, task.labels, n_steps=0, weight_decay=0, error=hinge)
    by_hand = np.maximum(0, 1 - outputs * latents(2)).sum(axis=(1, 2))
    np.testing.assert_allclose(run.error[0], by_hand, rtol=1e-12)
    np.testing.assert_allclose(
        squared_error(torch.tensor(outputs), torch.tensor(latents(2))),
        ((outputs - latents(2)) ** 2).sum(axis=(1, 2)) / 2,
    )


def test_linear_network_shrinks_its_output_by_the_weight_decay():
    # ½(‖W‖² + ‖v‖²) ≥ ‖β‖ for β = Wv. Whitened inputs, one output of length √P = 2: the minimum
    # over m = ‖β‖ of ½(√P − m)² + λm is at m = √P − λ.
    y = latents(2)[:, :1]
    network = FeedForward(4, [10], 1, seeds=range(3), activation=lambda h: h, bias=0)
    run = train(network, np.eye(4), y, n_steps=2000, weight_decay=0.3)
    np.testing.assert_allclose(run.loss[-1], 0.5 * 0.3**2 + 0.3 * (2 - 0.3), rtol=1e-5)
    outputs = network(torch.eye(4, dtype=torch.float64)).detach().numpy()
    np.testing.assert_allclose(outputs, np.broadcast_to((1 - 0.3 / 2) * y, (3, 4, 1)), atol=1e-3)


# -------------------------------------------------------------- The hypercube's global minimum


def lowest_loss(d, decay):
    """d(√(λ²P/γ) − λ²/2γ), γ = κ0κ1/(κ0+κ1): the bias adds P to the constant's eigenvalue."""
    p = 2**d
    kappa0, kappa1 = 1 + p, 1
    gamma = kappa0 * kappa1 / (kappa0 + kappa1)
    return d * (sqrt(decay**2 * p / gamma) - decay**2 / (2 * gamma))


@pytest.fixture(scope="module")
def hypercube_run():
    task = hypercube(2)
    network = FeedForward(4, [100], 2, seeds=range(20))
    return train(
        network, task.features, task.labels, n_steps=4000, weight_decay=0.01,
        record_at=range(0, 4001, 500),
        probes={"kernel": lambda n: hidden_kernel(n, torch.eye(4, dtype=torch.float64))},
    )  # fmt: skip


def test_twenty_hypercube_networks_reach_the_global_minimum(hypercube_run):
    lowest = lowest_loss(2, 0.01)
    assert lowest == pytest.approx(0.0436978, abs=5e-8)  # the number stated in issue 2
    final = hypercube_run.loss[-1]
    assert final.shape == (20,)
    assert (final < 1.01 * lowest).all()
    # A lower bound for every network, so at every recorded step too.
    assert (hypercube_run.loss >= lowest * (1 - 1e-9)).all()


def test_hypercube_networks_become_abstract(hypercube_run):
    kernels = hypercube_run.recorded["kernel"]
    assert kernels.shape == (9, 20, 4, 4)
    scores = np.array([[kernel_parallelism_score(k, latents(2)) for k in epoch]
                       for epoch in kernels[[0, -1]]])  # fmt: skip
    assert (scores[1] > 0.99).all()
    assert (scores[0] < 0.7).all()


def test_recorded_steps_are_those_asked_for_with_the_first_and_the_last(hypercube_run):
    np.testing.assert_array_equal(hypercube_run.steps, range(0, 4001, 500))
    assert hypercube_run.loss.shape == hypercube_run.error.shape == (9, 20)
    task = hypercube(2)
    run = train(FeedForward(4, [5], 2, seeds=[0]), task.features, task.labels, n_steps=10,
                weight_decay=0.01, record_at=[7, 3, 3])  # fmt: skip
    np.testing.assert_array_equal(run.steps, [0, 3, 7, 10])


def test_a_recorded_step_is_the_same_run_cut_short():
    task = hypercube(2)

    def run(n_steps, record_at=()):
        return train(FeedForward(4, [5], 2, seeds=[0]), task.features, task.labels,
                     n_steps=n_steps, weight_decay=0.01, record_at=record_at,
                     schedule=lambda progress: 1.0)  # fmt: skip

    np.testing.assert_array_equal(run(20, [8]).loss[1], run(8).loss[-1])


@pytest.mark.parametrize("strength", STRENGTHS)
def test_neurons_are_balanced_at_stationarity(strength):
    # Scaling a ReLU neuron's inputs up and its outputs down leaves the error: at a minimum the
    # penalties agree, ‖w_i‖² + b_i²/τ = ‖v_i‖² (λ equal in both layers; a free bias is free).
    task = hypercube(2)
    network = FeedForward(4, [20], 2, seeds=range(3), bias=strength)

    def imbalance():
        weights, biases = arrays(network)
        incoming = (weights[0] ** 2).sum(axis=1)
        if 0 < strength < np.inf:
            incoming += biases[0][:, 0] ** 2 / strength
        outgoing = (weights[1] ** 2).sum(axis=2)
        return np.abs(incoming - outgoing).max(), outgoing.max()

    assert imbalance()[0] > 0.1
    train(network, task.features, task.labels, n_steps=2000, weight_decay=0.1)
    difference, size = imbalance()
    assert difference < 1e-3 * size
    assert size > 0.1


def test_deep_networks_train_and_balance_their_hidden_layers():
    # With λ equal throughout, each hidden neuron's incoming and outgoing weights balance.
    task = hypercube(2)
    network = FeedForward(4, [15, 15], 2, seeds=range(3), bias=0)
    run = train(network, task.features, task.labels, n_steps=3000, weight_decay=0.05)
    assert (run.error[-1] < 0.1 * run.error[0]).all()
    weights, _ = arrays(network)
    for below, above in zip(weights[:-1], weights[1:], strict=True):
        incoming, outgoing = (below**2).sum(axis=1), (above**2).sum(axis=2)
        assert np.abs(incoming - outgoing).max() < 1e-2 * outgoing.max()


def test_single_precision_trains_to_the_same_loss():
    task = hypercube(2)
    losses = [
        train(FeedForward(4, [30], 2, seeds=[0, 1], dtype=dtype), task.features, task.labels,
              n_steps=1500, weight_decay=0.1).loss[-1]
        for dtype in (torch.float32, torch.float64)
    ]  # fmt: skip
    # Each draws its own numbers, so only the minimum is shared.
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-3)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
def test_training_on_a_gpu_is_training_on_the_cpu():
    task = hypercube(2)
    cpu, gpu = (FeedForward(4, [10], 2, seeds=range(3)).to(device) for device in ("cpu", "cuda"))
    runs = [
        train(network, task.features, task.labels, n_steps=100, weight_decay=0.01, batch_size=2)
        for network in (cpu, gpu)
    ]
    assert next(gpu.parameters()).is_cuda
    np.testing.assert_allclose(runs[1].loss, runs[0].loss, rtol=1e-8)


# ----------------------------------------------------------------------------- Things go wrong


def test_divergence_is_an_error_and_not_a_number():
    # Linear units: ReLU ones may die at the first step, and the loss stays finite.
    task, network = hypercube(2), FeedForward(4, [10], 2, seeds=range(2), activation=lambda h: h)
    with pytest.raises(FloatingPointError, match="learning rate"):
        train(network, task.features, task.labels, n_steps=200, weight_decay=0.01,
              optimizer=torch.optim.SGD, learning_rate=50.0)  # fmt: skip


def _record(probe):
    task = hypercube(2)
    return train(FeedForward(4, [5], 2, seeds=[0]), task.features, task.labels, n_steps=20,
                 weight_decay=0.01, probes={"probe": probe}).recorded["probe"]  # fmt: skip


@bug("a probe's tensor is kept without a copy, and training goes on writing to it")
def test_a_probe_keeps_the_weights_of_its_own_step():
    first, last = _record(lambda network: network.weights[0].detach())
    assert (first != last).any()


@bug("numpy() is called on a tensor that requires a gradient", RuntimeError)
def test_a_probe_may_return_a_parameter_itself():
    assert _record(lambda network: network.weights[0]).shape == (2, 1, 4, 5)
