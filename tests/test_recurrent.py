"""The recurrent network against an explicit loop."""

import numpy as np
import pytest
import torch

from absrep.nets import FeedForward, Recurrent, train

from .helpers import arrays, latents
from .test_nets import Recorder, randomise_biases

SHAPES = [
    {"n_steps": 1},
    {"n_steps": 4},
    {"n_steps": 4, "input_steps": 1},
    {"n_steps": 5, "input_steps": 2, "read_steps": 3},
]


def states_by_hand(weights, biases, r, x, activation, n_steps, input_steps):
    """States of replica r, one step after the other."""
    u, w, _ = (layer[r] for layer in weights)
    offset = biases[0][r] if biases else 0.0
    z, states = np.zeros((len(x), len(w))), []
    for t in range(n_steps):
        z = activation(z @ w + (x @ u if t < input_steps else 0.0) + offset)
        states.append(z)
    return states


def loss_by_hand(weights, biases, r, x, y, activation, shape, decay, strength):
    last = shape.get("input_steps", shape["n_steps"])
    states = states_by_hand(weights, biases, r, x, activation, shape["n_steps"], last)
    read = states[-shape.get("read_steps", 1) :]
    error = sum(((z @ weights[2][r] - y) ** 2).sum() for z in read)
    cost = sum(lam * (w[r] ** 2).sum() for lam, w in zip(decay, weights, strict=True))
    if biases and strength < np.inf:
        cost += decay[0] * (biases[0][r] ** 2).sum() / strength
    return 0.5 * (error + cost)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("strength", [0.0, 1.0])
def test_states_and_outputs_are_those_of_a_loop(shape, strength):
    network = Recurrent(3, 6, 2, seeds=range(3), bias=strength, activation=torch.tanh, **shape)
    randomise_biases(network, 0)
    weights, biases = arrays(network)
    x = np.random.default_rng(0).standard_normal((7, 3))
    hidden, outputs = network.hidden(torch.tensor(x)), network(torch.tensor(x))
    n, read = shape["n_steps"], shape.get("read_steps", 1)
    assert len(hidden) == n and outputs.shape == (3, 7, 2 * read)
    assert network.n_outputs == 2 * read
    for r in range(3):
        by_hand = states_by_hand(weights, biases, r, x, np.tanh, n, shape.get("input_steps", n))
        for ours, theirs in zip(hidden, by_hand, strict=True):
            np.testing.assert_allclose(ours[r].detach(), theirs, atol=1e-12)
        expected = np.hstack([z @ weights[2][r] for z in by_hand[-read:]])
        np.testing.assert_allclose(outputs[r].detach(), expected, atol=1e-12)


@pytest.mark.parametrize("strength", [0.0, 0.5, 1.0, np.inf])
@pytest.mark.parametrize("shape", SHAPES)
def test_loss_and_gradient_are_those_of_the_formula(shape, strength):
    rng = np.random.default_rng(1)
    decay = [0.2, 0.1, 0.4]
    network = Recurrent(3, 4, 2, seeds=range(2), bias=strength, activation=torch.tanh, **shape)
    randomise_biases(network, 2)
    weights, biases = arrays(network)
    x, y = rng.standard_normal((5, 3)), rng.choice([-1.0, 1.0], (5, 2))
    targets = np.tile(y, (1, shape.get("read_steps", 1)))
    run = train(network, x, targets, n_steps=1, weight_decay=decay, optimizer=Recorder)

    def loss(r):
        return loss_by_hand(weights, biases, r, x, y, np.tanh, shape, decay, strength)

    np.testing.assert_allclose(run.loss[0], [loss(0), loss(1)], rtol=1e-12)
    (gradients,) = Recorder.latest.gradients
    step = 1e-5
    for parameter, gradient in zip([*weights, *biases], gradients, strict=True):
        for place in [tuple(rng.integers(size) for size in parameter.shape) for _ in range(6)]:
            here = parameter[place]
            parameter[place] = here + step
            up = loss(0) + loss(1)
            parameter[place] = here - step
            slope = (up - loss(0) - loss(1)) / (2 * step)
            parameter[place] = here
            assert gradient[place] == pytest.approx(slope, abs=1e-7)


def test_one_step_is_the_feed_forward_network_of_the_same_seed():
    recurrent = Recurrent(4, 6, 2, seeds=[3, 8], n_steps=1, init_scale=0.7)
    forward = FeedForward(4, [6], 2, seeds=[3, 8], init_scale=0.7)
    inputs = torch.eye(4, dtype=torch.float64)
    torch.testing.assert_close(recurrent(inputs), forward(inputs), rtol=0, atol=0)
    unused = 0.5 * 0.1 * recurrent.weights[1].square().sum((1, 2))
    torch.testing.assert_close(recurrent.penalty(0.1) - unused, forward.penalty(0.1))


def test_a_replica_trains_as_the_network_of_its_seed_alone():
    options = {"n_steps": 100, "weight_decay": 0.01}
    together = Recurrent(4, 10, 2, seeds=[3, 8, 5], n_steps=3)
    run = train(together, np.eye(4), latents(2), **options)
    for r, seed in enumerate([3, 8, 5]):
        alone = Recurrent(4, 10, 2, seeds=[seed], n_steps=3)
        by_itself = train(alone, np.eye(4), latents(2), **options)
        np.testing.assert_allclose(run.loss[:, r], by_itself.loss[:, 0], rtol=1e-9)
    assert (run.loss[0, 0] != run.loss[0, 1:]).all()


def test_replicas_with_inputs_of_their_own():
    x = np.random.default_rng(0).standard_normal((2, 5, 3))
    network = Recurrent(3, 4, 2, seeds=[0, 1], n_steps=3, input_steps=2)
    together = network(torch.tensor(x))
    for r in range(2):
        torch.testing.assert_close(network(torch.tensor(x[r]))[r], together[r])


def test_running_on_holds_the_input_that_is_held_and_no_other():
    inputs = torch.eye(3, dtype=torch.float64)
    for input_steps, driven in ((None, 7), (2, 2)):
        network = Recurrent(3, 5, 2, seeds=[0], n_steps=4, input_steps=input_steps)
        weights, biases = arrays(network)
        by_hand = states_by_hand(
            weights, biases, 0, np.eye(3), lambda h: np.maximum(h, 0), 7, driven
        )
        ours = network.hidden(inputs, n_steps=7)
        np.testing.assert_allclose(ours[-1][0].detach(), by_hand[-1], atol=1e-12)
        torch.testing.assert_close(ours[3], network.hidden(inputs)[-1])


def test_a_trained_network_remembers_a_pulse():
    network = Recurrent(4, 40, 2, seeds=range(3), n_steps=3, input_steps=1)
    run = train(network, np.eye(4), latents(2), n_steps=1500, weight_decay=0.005)
    assert (run.error[-1] < 0.05).all()
