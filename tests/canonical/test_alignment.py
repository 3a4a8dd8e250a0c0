"""The six alignments against gradients by finite differences and matrices made by hand."""

import numpy as np
import pytest
import torch
from torch import nn

from absrep import hypercube
from absrep.canonical import (
    alignment_probe,
    alignments,
    entry_correlation,
    fidelity,
    linear_layers,
    matrix_cosine,
    moments,
    traceless_cosine,
)
from absrep.nets import FeedForward, LinearLayer, Modules, cross_entropy, squared_error, train

RNG = np.random.default_rng(0)
SIMILARITIES = (matrix_cosine, entry_correlation, traceless_cosine, fidelity)


def covariance(size):
    factor = RNG.standard_normal((size, 2 * size))
    return factor @ factor.T


def rotation(size):
    return np.linalg.qr(RNG.standard_normal((size, size)))[0]


def convolutional():
    return nn.Sequential(
        nn.Unflatten(-1, (1, 4, 4)),
        nn.Conv2d(1, 3, 3, padding=1, stride=2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(12, 5),
    )


class Token(nn.Module):
    """A linear map that is applied to several tokens of a stimulus."""

    def __init__(self):
        super().__init__()
        self.embed = nn.Linear(4, 6)
        self.read = nn.Linear(6, 5, bias=False)

    def forward(self, inputs):
        return self.read(torch.tanh(self.embed(inputs.unflatten(-1, (4, 4)))).mean(-2))


NETWORKS = {
    "feed-forward": lambda: FeedForward(16, [7, 6], 5, seeds=[3, 4]),
    "no bias": lambda: FeedForward(16, [7], 5, seeds=[3, 4], bias=0),
    "convolution": lambda: Modules(convolutional, 16, 5, seeds=[3, 4], dtype=torch.float64),
    "tokens": lambda: Modules(Token, 16, 5, seeds=[3, 4], dtype=torch.float64),
}


@pytest.mark.parametrize("make", NETWORKS.values(), ids=NETWORKS)
def test_weight_gradients_are_sums_of_gradient_times_input(make):
    network = make()
    x, y = RNG.standard_normal((9, 16)), np.eye(5)[RNG.integers(5, size=9)]
    layers = linear_layers(network, x, y, cross_entropy)
    cross_entropy(network(torch.tensor(x)), torch.tensor(y)).sum().backward()
    names = dict(network.named_parameters())
    if isinstance(network, FeedForward):
        true = [w.grad.mT.numpy() for w in network.weights]
    else:
        true = [
            p.grad.flatten(2).numpy()
            for name, p in zip(network.names, network.stacked, strict=True)
            if name.endswith("weight")
        ]
    assert len(true) == len(layers), names
    for layer, gradient in zip(layers.values(), true, strict=True):
        assert np.allclose(layer.gradients.mT @ layer.inputs, gradient, atol=1e-12)


@pytest.mark.parametrize("make", NETWORKS.values(), ids=NETWORKS)
def test_outputs_of_a_layer_feed_the_next(make):
    network = make()
    x, y = RNG.standard_normal((9, 16)), np.eye(5)[RNG.integers(5, size=9)]
    layers = list(linear_layers(network, x, y, cross_entropy).values())
    outputs = network(torch.tensor(x)).detach().numpy()
    assert np.allclose(layers[-1].outputs, outputs, atol=1e-12)
    if isinstance(network, FeedForward):
        assert np.allclose(np.maximum(layers[0].outputs, 0), layers[1].inputs, atol=1e-12)


def test_replicas_of_modules_are_the_same_alone_and_in_company():
    together = Modules(convolutional, 16, 5, seeds=[3, 4])
    alone = Modules(convolutional, 16, 5, seeds=[4])
    x = torch.randn(6, 16, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(together(x)[1], alone(x)[0], atol=1e-6)
    each = torch.stack([x, 2 * x])
    assert torch.allclose(together(each)[1], together(2 * x)[1], atol=1e-6)
    data = x.numpy(), np.eye(5)[[0, 1, 2, 3, 4, 0]]
    short = {"n_steps": 20, "weight_decay": 0.1, "error": cross_entropy, "batch_size": 3}
    runs = [train(network, *data, **short) for network in (together, alone)]
    assert np.allclose(runs[0].loss[:, 1], runs[1].loss[:, 0], rtol=1e-4)
    assert runs[0].loss[-1, 0] < runs[0].loss[0, 0]


def test_modules_penalise_every_parameter():
    network = Modules(convolutional, 16, 5, seeds=[3, 4])
    assert network.n_parameters == 3 * 9 + 3 + 12 * 5 + 5
    module = nn.Sequential(nn.Linear(2, 2))
    squares = sum(float(p.detach().square().sum()) for p in module.parameters())
    network = Modules(lambda: module, 2, 2, seeds=[0])
    assert np.isclose(float(network.penalty(0.5)[0].detach()), 0.25 * squares)


def test_moments_by_loops():
    layer = LinearLayer(
        RNG.standard_normal((8, 3)),
        RNG.standard_normal((2, 3)),
        RNG.standard_normal((8, 2)),
        [1, 2],
    )
    above = np.array([layer.weights @ h + [1, 2] for h in layer.inputs])
    below = np.array([layer.weights.T @ g for g in layer.gradients])
    plain, central = moments(layer, centred=False), moments(layer)
    assert np.allclose(plain.representation_above, sum(np.outer(h, h) for h in above) / 8)
    assert np.allclose(central.representation_above, np.cov(above.T, bias=True))
    assert np.allclose(plain.gradient_below, sum(np.outer(g, g) for g in below) / 8)
    assert np.allclose(central.gradient_below, np.cov(below.T, bias=True))
    assert np.allclose(plain.weights_below, layer.weights.T @ layer.weights)
    w = layer.weights
    # The two identities of a linear map, on which the power laws rest.
    assert np.allclose(central.representation_above, w @ central.representation_below @ w.T)
    assert np.allclose(central.gradient_below, w.T @ central.gradient_above @ w)


@pytest.mark.parametrize("similarity", SIMILARITIES)
def test_similarities(similarity):
    a, b, q = covariance(5), covariance(5), rotation(5)
    assert np.isclose(similarity(a, 3 * a), 1)
    assert np.isclose(similarity(a, b), similarity(b, a))
    assert similarity(a, b) < 1
    if similarity is not entry_correlation:
        assert np.isclose(similarity(q @ a @ q.T, q @ b @ q.T), similarity(a, b))
    stacked = similarity(np.stack([a, b]), np.stack([b, b]))
    assert np.allclose(stacked, [similarity(a, b), 1])
    huge = similarity(1e200 * a, 1e-200 * b)
    assert np.isclose(huge, similarity(a, b))


def test_traceless_cosine_of_a_random_rotation_is_zero_on_average():
    a, b = covariance(6), covariance(6)
    turned = [traceless_cosine(a, q @ b @ q.T) for q in (rotation(6) for _ in range(4000))]
    assert abs(np.mean(turned)) < 4 * np.std(turned) / np.sqrt(4000)


def test_fidelity_by_matrix_roots():
    from scipy.linalg import sqrtm

    a, b = covariance(4), covariance(4)
    root = sqrtm(a)
    expected = np.trace(sqrtm(root @ b @ root)).real / np.sqrt(np.trace(a) * np.trace(b))
    assert np.isclose(fidelity(a, b), expected)


def test_a_probe_records_what_alignments_give():
    task = hypercube(2)
    network = FeedForward(4, [20], 2, seeds=range(3))
    data = task.features, task.labels
    probe = alignment_probe(*data, squared_error, centred=False, similarity=fidelity)
    run = train(network, *data, n_steps=30, weight_decay=0.01, probes={"six": probe})
    layer = linear_layers(network, *data, squared_error)["hidden 1"]
    six = alignments(layer, centred=False, similarity=fidelity)
    assert np.allclose(run.recorded["six"][-1, :, 0], six.stacked())


@pytest.mark.parametrize(
    ("named", "value"),
    [
        ("inputs", np.ones(2)),
        ("weights", np.ones((4, 3))),
        ("gradients", np.ones((3, 5))),
        ("gradients", np.full((3, 4), np.nan)),
        ("offset", [1.0]),
    ],
)
def test_malformed_layers_name_the_argument(named, value):
    valid = {"inputs": np.ones((3, 2)), "weights": np.ones((4, 2)), "gradients": np.ones((3, 4))}
    with pytest.raises((ValueError, TypeError), match=f"^{named} must"):
        LinearLayer(**{**valid, named: value})


def test_what_has_no_direction_is_refused():
    with pytest.raises(ValueError, match=r"^a must not be zero"):
        matrix_cosine(np.zeros((2, 2)), np.eye(2))
    with pytest.raises(ValueError, match=r"^b must be of the size"):
        fidelity(np.eye(2), np.eye(3))
    with pytest.raises(ValueError, match=r"^b must be square"):
        fidelity(np.eye(2), np.ones((2, 3)))
    with pytest.raises(ValueError, match=r"^b must not be constant"):
        traceless_cosine(np.diag([1.0, 2.0]), np.eye(2))
    still = LinearLayer(np.eye(3), np.eye(3), np.zeros((3, 3)))
    with pytest.raises(ValueError, match=r"^layer must have a gradient above"):
        alignments(still)
    with pytest.raises(TypeError, match=r"^network must"):
        linear_layers(nn.Linear(2, 2), np.eye(2), np.eye(2), squared_error)
    with pytest.raises(ValueError, match=r"^make must build a module without buffers"):
        Modules(lambda: nn.BatchNorm1d(2), 2, 2, seeds=[0])
    twice = nn.Linear(2, 2)
    network = Modules(lambda: nn.Sequential(twice, twice), 2, 2, seeds=[0])
    with pytest.raises(ValueError, match=r"^make must use every linear map once"):
        linear_layers(network, np.eye(2), np.eye(2), squared_error)
