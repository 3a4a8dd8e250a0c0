"""Networks: replicas are independent, and loss and gradient are those of the formula."""

from math import cos, pi, sqrt

import numpy as np
import pytest
import torch

from absrep.nets import FeedForward, cosine, hidden_kernel, squared_error, train

from .helpers import arrays, fit, latents

STRENGTHS = [0.0, 0.5, 1.0, np.inf]
ACTIVATIONS = {
    "relu": (torch.relu, lambda h: np.maximum(h, 0)),
    "tanh": (torch.tanh, np.tanh),
    "linear": (lambda h: h, lambda h: h),
}


def features_by_hand(weights, biases, r, x, activation):
    """Last hidden layer of replica r."""
    for layer, w in enumerate(weights[:-1]):
        x = activation(x @ w[r] + (biases[layer][r] if biases else 0))
    return x


def loss_by_hand(weights, biases, r, x, y, activation, decay, strength):
    """½‖Ŷ − Y‖² + ½ Σ_l λ_l (‖W_l‖² + ‖b_l‖²/τ) of replica r; a free bias costs nothing."""
    outputs = features_by_hand(weights, biases, r, x, activation) @ weights[-1][r]
    cost = sum(lam * (w[r] ** 2).sum() for lam, w in zip(decay, weights, strict=True))
    cost += sum(lam * (b[r] ** 2).sum() / strength for lam, b in zip(decay, biases, strict=False))
    return 0.5 * ((outputs - y) ** 2).sum() + 0.5 * cost


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
    together = FeedForward(8, [20], 3, seeds=[3, 8, 5])
    run = fit(together, 200, batch_size=batch_size)
    for r, seed in enumerate([3, 8, 5]):
        alone = FeedForward(8, [20], 3, seeds=[seed])
        by_itself = fit(alone, 200, batch_size=batch_size)
        np.testing.assert_allclose(run.loss[:, r], by_itself.loss[:, 0], rtol=1e-10)
        for mine, its in zip(together.parameters(), alone.parameters(), strict=True):
            torch.testing.assert_close(mine[r], its[0], rtol=0, atol=1e-10)


def test_training_repeats_exactly_with_its_seeds_and_only_then():
    first, again, other = (
        fit(FeedForward(4, [10], 2, seeds=seeds), 100, batch_size=2).loss
        for seeds in ([1, 2], [1, 2], [1, 3])
    )
    np.testing.assert_array_equal(first, again)
    assert (first[:, 1] != other[:, 1]).all()


def test_initial_weights_are_gaussian_with_the_stated_variance():
    weights, biases = arrays(FeedForward(400, [100], 300, seeds=range(3), init_scale=2.0))
    for w, fan_in in zip(weights, (400, 100), strict=True):
        z = w * sqrt(fan_in) / 2
        assert abs(z.mean()) < 4 / sqrt(z.size)
        assert abs((z**2).mean() - 1) < 4 * sqrt(2 / z.size)
        assert abs((z**4).mean() - 3) < 4 * sqrt(96 / z.size)  # Var z⁴ = 105 − 9
    assert not biases[0].any()


# ---------------------------------------------------------------------- Outputs, loss, gradient


@pytest.mark.parametrize("widths", [[6], [6, 5, 4]], ids=["shallow", "deep"])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_outputs_and_hidden_kernel_are_the_formula(widths, activation):
    ours, by_hand = ACTIVATIONS[activation]
    network = FeedForward(3, widths, 2, seeds=range(3), activation=ours)
    randomise_biases(network, 0)
    weights, biases = arrays(network)
    x = np.random.default_rng(0).standard_normal((8, 3))
    inputs = torch.tensor(x)
    assert [tuple(z.shape) for z in network.hidden(inputs)] == [(3, 8, width) for width in widths]
    for r in range(3):
        features = features_by_hand(weights, biases, r, x, by_hand)
        kernel, outputs = hidden_kernel(network, inputs)[r], network(inputs)[r]
        np.testing.assert_allclose(kernel.detach(), features @ features.T, atol=1e-12)
        np.testing.assert_allclose(outputs.detach(), features @ weights[-1][r], atol=1e-12)


@pytest.mark.parametrize("strength", STRENGTHS)
@pytest.mark.parametrize("decay", [0.3, [0.3, 0.0, 0.7]], ids=["one", "per layer"])
def test_loss_is_the_formula(strength, decay):
    rng = np.random.default_rng(0)
    network = FeedForward(3, [6, 5], 2, seeds=range(3), bias=strength)
    randomise_biases(network, 1)
    weights, biases = arrays(network)
    assert len(biases) == (0 if strength == 0 else 2)
    x, y = rng.standard_normal((7, 3)), rng.choice([-1.0, 1.0], (7, 2))
    run = train(network, x, y, n_steps=0, weight_decay=decay)
    relu = ACTIVATIONS["relu"][1]
    for measured, penalties in ((run.loss[0], np.broadcast_to(decay, 3)), (run.error[0], [0] * 3)):
        by_hand = [
            loss_by_hand(weights, biases, r, x, y, relu, penalties, strength) for r in range(3)
        ]
        np.testing.assert_allclose(measured, by_hand, rtol=1e-12)


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

    def summed_loss():
        return sum(
            loss_by_hand(weights, biases, r, x, y, np.tanh, decay, strength) for r in range(2)
        )

    step = 1e-5
    for parameter, gradient in zip([*weights, *biases], gradients, strict=True):
        slopes = np.empty_like(parameter)
        for place in np.ndindex(parameter.shape):
            here = parameter[place]
            parameter[place] = here + step
            up = summed_loss()
            parameter[place] = here - step
            slopes[place] = (up - summed_loss()) / (2 * step)
            parameter[place] = here
        np.testing.assert_allclose(gradient, slopes, atol=1e-7)


def test_error_may_be_another():
    network = FeedForward(4, [5], 2, seeds=[0, 1])
    outputs = network(torch.eye(4, dtype=torch.float64)).detach().numpy()
    run = fit(network, 0, error=lambda z, y: torch.relu(1 - z * y).sum((1, 2)))
    by_hand = np.maximum(0, 1 - outputs * latents(2)).sum(axis=(1, 2))
    np.testing.assert_allclose(run.error[0], by_hand, rtol=1e-12)
    squares = squared_error(torch.tensor(outputs), torch.tensor(latents(2)))
    np.testing.assert_allclose(squares, ((outputs - latents(2)) ** 2).sum(axis=(1, 2)) / 2)


# -------------------------------------------------------------------------- Steps and batches


def test_mini_batch_gradients_of_an_epoch_average_to_the_full_gradient():
    gradients = {}
    for size, n_steps in ((2, 4), (8, 1)):
        network = FeedForward(8, [6], 3, seeds=range(3))
        fit(network, n_steps, batch_size=size, optimizer=Recorder)
        gradients[size] = Recorder.latest.gradients
    for parameter, full in enumerate(gradients[8][0]):
        batches = np.stack([g[parameter] for g in gradients[2]])
        np.testing.assert_allclose(batches.mean(axis=0), full, atol=1e-12)
        assert batches.std(axis=0).max() > 0.1  # though each is noisy


def test_every_epoch_has_an_order_of_its_own_for_every_replica():
    # Linear units and one-hot inputs: the gradient shows which stimulus was drawn.
    network = FeedForward(8, [4], 3, seeds=range(2), activation=lambda h: h, bias=0)
    fit(network, 16, weight_decay=0, batch_size=1, optimizer=Recorder)
    drawn = [np.abs(first).sum(axis=2).argmax(axis=1) for first, _ in Recorder.latest.gradients]
    orders = np.array(drawn).T.reshape(2, 2, 8)  # replica, epoch, stimulus
    np.testing.assert_array_equal(np.sort(orders, axis=-1), np.broadcast_to(range(8), (2, 2, 8)))
    assert len({tuple(order) for order in orders.reshape(4, 8)}) == 4


def test_one_step_of_plain_descent_is_the_gradient_times_the_rate():
    network, still = (FeedForward(4, [5], 2, seeds=[0, 1], bias=0) for _ in range(2))
    fit(still, 1, optimizer=Recorder)
    before, _ = arrays(network)
    fit(network, 1, optimizer=torch.optim.SGD, learning_rate=0.2)
    after, _ = arrays(network)
    for start, end, gradient in zip(before, after, Recorder.latest.gradients[0], strict=True):
        np.testing.assert_allclose(end, start - 0.2 * gradient, atol=1e-14)


def test_learning_rate_follows_the_schedule():
    half_cosine = [0.25 * (1 + cos(pi * k / 4)) for k in range(4)]
    for schedule, expected in ((cosine, half_cosine), (lambda progress: 1.0, [0.5] * 4)):
        network = FeedForward(4, [5], 2, seeds=[0])
        fit(network, 4, optimizer=Recorder, learning_rate=0.5, schedule=schedule)
        np.testing.assert_allclose(Recorder.latest.rates, expected, atol=1e-15)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
def test_training_on_a_gpu_is_training_on_the_cpu():
    on_cpu, on_gpu = (
        FeedForward(4, [10], 2, seeds=range(3)).to(device) for device in ("cpu", "cuda")
    )
    runs = [fit(network, 100, batch_size=2) for network in (on_cpu, on_gpu)]
    assert next(on_gpu.parameters()).is_cuda
    np.testing.assert_allclose(runs[1].loss, runs[0].loss, rtol=1e-8)


@pytest.mark.parametrize("batch_size", [None, 2])
def test_replicas_with_data_of_their_own(batch_size):
    rng = np.random.default_rng(0)
    inputs, targets = rng.standard_normal((3, 6, 4)), rng.standard_normal((3, 6, 2))
    options = {"n_steps": 20, "weight_decay": 0.01, "batch_size": batch_size}
    together = train(FeedForward(4, [5], 2, seeds=[3, 1, 2]), inputs, targets, **options)
    for replica, seed in enumerate([3, 1, 2]):
        alone = FeedForward(4, [5], 2, seeds=[seed])
        run = train(alone, inputs[replica], targets[replica], **options)
        np.testing.assert_allclose(together.loss[:, replica], run.loss[:, 0], rtol=1e-10)


def test_replicas_share_or_own_their_data_but_nothing_between():
    network = FeedForward(4, [5], 2, seeds=[0, 1, 2])
    with pytest.raises(ValueError, match="inputs must have shape"):
        train(network, np.zeros((2, 6, 4)), np.zeros((6, 2)), n_steps=1, weight_decay=0.01)
