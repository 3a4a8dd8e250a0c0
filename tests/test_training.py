"""Training finds the minima that theory knows, and records what happened on the way."""

from itertools import pairwise
from math import sqrt

import numpy as np
import pytest
import torch

from absrep import kernel_parallelism_score
from absrep.nets import FeedForward, hidden_kernel, train

from .helpers import arrays, fit, latents

# -------------------------------------------------------------- The hypercube's global minimum


def lowest_loss(d, decay):
    """d(√(λ²P/γ) − λ²/2γ), γ = κ0κ1/(κ0+κ1): the bias adds P to the constant's eigenvalue."""
    p = 2**d
    kappa0, kappa1 = 1 + p, 1
    gamma = kappa0 * kappa1 / (kappa0 + kappa1)
    return d * (sqrt(decay**2 * p / gamma) - decay**2 / (2 * gamma))


@pytest.fixture(scope="module")
def hypercube_run():
    inputs = torch.eye(4, dtype=torch.float64)
    return fit(
        FeedForward(4, [100], 2, seeds=range(20)),
        n_steps=4000,
        record_at=range(0, 4001, 500),
        probes={"kernel": lambda network: hidden_kernel(network, inputs)},
    )


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
    first, last = (
        np.array([kernel_parallelism_score(k, latents(2)) for k in kernels[step]])
        for step in (0, -1)
    )
    assert (last > 0.99).all()
    assert (first < 0.7).all()


# ------------------------------------------------------------------------ Other known minima


def test_linear_network_shrinks_its_output_by_the_weight_decay():
    # ½(‖W‖² + ‖v‖²) ≥ ‖β‖ for β = Wv. Whitened inputs, one output of length √P = 2: the minimum
    # over m = ‖β‖ of ½(√P − m)² + λm is at m = √P − λ.
    y = latents(2)[:, :1]
    network = FeedForward(4, [10], 1, seeds=range(3), activation=lambda h: h, bias=0)
    run = train(network, np.eye(4), y, n_steps=2000, weight_decay=0.3)
    np.testing.assert_allclose(run.loss[-1], 0.5 * 0.3**2 + 0.3 * (2 - 0.3), rtol=1e-5)
    outputs = network(torch.eye(4, dtype=torch.float64)).detach().numpy()
    np.testing.assert_allclose(outputs, np.broadcast_to((1 - 0.3 / 2) * y, (3, 4, 1)), atol=1e-3)


@pytest.mark.parametrize("strength", [0.0, 0.5, 1.0, np.inf])
def test_neurons_are_balanced_at_stationarity(strength):
    # Scaling a ReLU neuron's inputs up and its outputs down leaves the error: at a minimum the
    # penalties agree, ‖w_i‖² + b_i²/τ = ‖v_i‖² (λ equal in both layers; a free bias is free).
    network = FeedForward(4, [20], 2, seeds=range(3), bias=strength)

    def imbalance():
        weights, biases = arrays(network)
        incoming, outgoing = (weights[0] ** 2).sum(axis=1), (weights[1] ** 2).sum(axis=2)
        if 0 < strength < np.inf:
            incoming += biases[0][:, 0] ** 2 / strength
        return np.abs(incoming - outgoing).max(), outgoing.max()

    assert imbalance()[0] > 0.1
    fit(network, 2000, weight_decay=0.1)
    difference, size = imbalance()
    assert difference < 1e-3 * size
    assert size > 0.1


def test_deep_networks_train_and_balance_their_hidden_layers():
    network = FeedForward(4, [15, 15], 2, seeds=range(3), bias=0)
    run = fit(network, 2000, weight_decay=0.1)
    assert (run.error[-1] < 0.2 * run.error[0]).all()
    weights, _ = arrays(network)
    for below, above in pairwise(weights):
        incoming, outgoing = (below**2).sum(axis=1), (above**2).sum(axis=2)
        assert np.abs(incoming - outgoing).max() < 1e-2 * outgoing.max()


def test_single_precision_trains_to_the_same_loss():
    # The two draw different initial weights: what they share is the minimum.
    single, double = (
        fit(FeedForward(4, [30], 2, seeds=[0, 1], dtype=dtype), 1200, weight_decay=0.1).loss[-1]
        for dtype in (torch.float32, torch.float64)
    )
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, double, rtol=1e-3)


# ------------------------------------------------------------------------------ The recording


def test_recorded_steps_are_those_asked_for_with_the_first_and_the_last():
    run = fit(FeedForward(4, [5], 2, seeds=[0, 1]), 10, record_at=[7, 3, 3])
    np.testing.assert_array_equal(run.steps, [0, 3, 7, 10])
    assert run.loss.shape == run.error.shape == (4, 2)


def test_a_recorded_step_is_the_same_run_cut_short():
    whole, short = (
        fit(FeedForward(4, [5], 2, seeds=[0]), n_steps, record_at=[8], schedule=lambda _: 1.0)
        for n_steps in (20, 8)
    )
    np.testing.assert_array_equal(whole.loss[1], short.loss[-1])


def test_recording_does_not_change_the_run():
    often, seldom = (
        fit(FeedForward(4, [5], 2, seeds=[0]), 30, record_at=steps, batch_size=2).loss[-1]
        for steps in (range(30), ())
    )
    np.testing.assert_array_equal(often, seldom)


def recorded(probe):
    run = fit(FeedForward(4, [5], 2, seeds=[0]), 20, probes={"probe": probe})
    return run.recorded["probe"]


def test_a_probe_keeps_the_weights_of_its_own_step():
    first, last = recorded(lambda network: network.weights[0].detach())
    assert (first != last).any()


def test_a_probe_may_return_a_parameter_itself():
    assert recorded(lambda network: network.weights[0]).shape == (2, 1, 4, 5)


def test_divergence_is_an_error_and_not_a_number():
    # Linear units: ReLU ones may die at the first step, and the loss stays finite.
    network = FeedForward(4, [10], 2, seeds=range(2), activation=lambda h: h)
    with pytest.raises(FloatingPointError, match="learning rate"):
        fit(network, 200, optimizer=torch.optim.SGD, learning_rate=50.0)
