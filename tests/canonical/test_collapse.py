"""Neural collapse against loops and planted simplices; the ansatz against finite differences."""

import numpy as np
import pytest
import torch

from absrep.canonical import (
    ansatz_alignments,
    entry_correlation,
    gradient_outer_products,
    matrix_cosine,
    matrix_power,
    neural_collapse,
)
from absrep.nets import FeedForward, Modules

from .test_alignment import RNG, Token, covariance, rotation

CLASSES = np.array([0, 1, 2, 2, 0, 1, 1, 0, 0, 2, 3, 3])


def simplex(n_classes, size):
    """Vertices of a simplex in a random subspace, one per row."""
    return (np.eye(n_classes) - 1 / n_classes) @ rotation(size)[:n_classes]


def by_loops(features, classes, readout, offset):
    n = len(readout)
    means = np.array([features[classes == c].mean(0) for c in range(n)])
    middle = sum(means) / n
    within, between = np.zeros((2, features.shape[1], features.shape[1]))
    for c in range(n):
        between += np.outer(means[c] - middle, means[c] - middle) / n
        of_class = features[classes == c]
        for h in of_class:
            within += np.outer(h - means[c], h - means[c]) / (n * len(of_class))
    nc1 = np.trace(within @ np.linalg.pinv(between, rcond=1e-10)) / n
    lengths = [np.linalg.norm(mean - middle) for mean in means]
    cosines = [
        (means[i] - middle) @ (means[j] - middle) / lengths[i] / lengths[j]
        for i in range(n)
        for j in range(i)
    ]
    w, m = readout / np.sqrt((readout**2).sum()), means - middle
    differ = 0
    for h in features:
        nearest = min(range(n), key=lambda c: np.linalg.norm(h - means[c]))
        differ += nearest != max(range(n), key=lambda c: readout[c] @ h + offset[c])
    return [
        nc1,
        np.std(lengths) / np.mean(lengths),
        np.std(cosines),
        np.mean([abs(cosine + 1 / (n - 1)) for cosine in cosines]),
        ((w - m / np.sqrt((m**2).sum())) ** 2).sum(),
        differ / len(features),
    ]


@pytest.mark.parametrize("size", [2, 9, 40])
def test_measures_by_loops(size):
    features = RNG.standard_normal((3, 12, size)) + 3
    readout, offset = RNG.standard_normal((3, 4, size)), RNG.standard_normal((3, 4))
    found = neural_collapse(features, CLASSES, readout, offset).stacked()
    assert found.shape == (3, 6)
    for replica in range(3):
        expected = by_loops(features[replica], CLASSES, readout[replica], offset[replica])
        assert np.allclose(found[replica], expected)


def test_a_planted_simplex_has_collapsed_whatever_its_place_size_and_rotation():
    vertices = simplex(4, 7)
    features = 5 * vertices[CLASSES] + RNG.standard_normal(7)
    # Nearest of equally long means: an offset that undoes the place of the simplex.
    means = np.array([features[CLASSES == c].mean(0) for c in range(4)])
    offset = -vertices @ means.mean(0)
    found = neural_collapse(features, CLASSES, 0.1 * vertices, 0.1 * offset)
    assert np.abs(found.stacked()).max() < 1e-12


def test_each_measure_sees_its_own_fault():
    vertices = simplex(4, 7)
    signs = np.where(np.arange(12) % 2, 0.1, -0.1)[:, None]
    noisy = vertices[CLASSES] + signs * vertices[0]
    assert neural_collapse(noisy, CLASSES, vertices).variability > 1e-3
    # As its authors defined it, NC1 does not see what the class means do not span.
    outside = np.linalg.svd(vertices)[2][-1] * RNG.standard_normal((12, 1))
    outside = outside - np.array([outside[c == CLASSES].mean(0) for c in range(4)])[CLASSES]
    assert np.abs(outside).max() > 0.1
    assert neural_collapse(vertices[CLASSES] + outside, CLASSES, vertices).variability < 1e-12
    longer = np.array([2, 1, 1, 1])[:, None] * vertices
    found = neural_collapse(longer[CLASSES], CLASSES, vertices)
    assert found.norms > 0.1 and found.variability < 1e-12
    square = np.array([[1.0, 1], [1, -1], [-1, 1], [-1, -1]])
    found = neural_collapse(square[CLASSES], CLASSES, square)
    assert np.isclose(found.maximal_angles, 4 / 9) and found.norms < 1e-12
    assert found.duality < 1e-12 and found.disagreement == 0
    found = neural_collapse(vertices[CLASSES], CLASSES, vertices[[1, 0, 2, 3]])
    assert found.disagreement == (CLASSES < 2).mean() and found.duality > 0.5


def test_single_precision_is_no_within_class_noise():
    vertices = simplex(4, 7).astype(np.float32)
    found = neural_collapse(vertices[CLASSES] + 1, CLASSES, vertices)
    assert found.variability < 1e-9


@pytest.mark.parametrize(
    ("named", "value"),
    [
        ("features", np.ones((12, 7))),
        ("features", np.ones(12)),
        ("classes", np.arange(3)),
        ("classes", CLASSES + 1),
        ("classes", CLASSES - 1),
        ("classes", CLASSES / 1.0),
        ("readout", np.ones((4, 6))),
        ("readout", np.zeros((4, 7))),
        ("offset", np.ones(3)),
    ],
)
def test_bad_input_names_the_argument(named, value):
    valid = {
        "features": RNG.standard_normal((12, 7)),
        "classes": CLASSES,
        "readout": RNG.standard_normal((4, 7)),
    }
    with pytest.raises((ValueError, TypeError), match=f"^{named} must"):
        neural_collapse(**{**valid, named: value})


NETWORKS = {
    "feed-forward": lambda: FeedForward(16, [7, 6], 3, [3, 4], activation=torch.tanh),
    "tokens": lambda: Modules(Token, 16, 5, seeds=[3, 4], dtype=torch.float64),
}


@pytest.mark.parametrize("make", NETWORKS.values(), ids=NETWORKS)
def test_outer_products_of_the_first_layer_by_finite_differences(make):
    network, x = make(), RNG.standard_normal((5, 16))
    found = next(iter(gradient_outer_products(network, x).values()))

    def outputs(values):
        return network(torch.tensor(values)).detach().numpy()

    step = 1e-6 * np.eye(16)
    jacobian = np.stack([(outputs(x + e) - outputs(x - e)) / 2e-6 for e in step], -1)
    # A linear map that is applied to four tokens sees each of them in turn.
    each = jacobian.reshape(2, 5, -1, 16 // found.shape[-1], found.shape[-1])
    expected = np.einsum("rpcti,rpctj->rij", each, each) / (5 * each.shape[3])
    assert np.allclose(found, expected, atol=1e-7)


def test_outer_products_of_a_hidden_layer_by_finite_differences():
    network, x = NETWORKS["feed-forward"](), RNG.standard_normal((5, 16))
    hidden = network.hidden(torch.tensor(x))[0].detach()
    w2, w3 = (w.detach() for w in network.weights[1:])

    def above(h):
        return (torch.tanh(h @ w2 + network.biases[1].detach()) @ w3).numpy()

    step = 1e-6 * torch.eye(7, dtype=torch.float64)
    jacobian = np.stack([(above(hidden + e) - above(hidden - e)) / 2e-6 for e in step], -1)
    expected = np.einsum("rpci,rpcj->rij", jacobian, jacobian) / 5
    assert np.allclose(gradient_outer_products(network, x)["hidden 2"], expected, atol=1e-7)


def test_the_ansatz_of_a_balanced_linear_network_has_the_exponent_one_half():
    network = FeedForward(6, [4], 3, [0, 1], activation=lambda h: h, bias=0)
    first = RNG.standard_normal((2, 6, 4))
    left, sizes, right = np.linalg.svd(first, full_matrices=False)
    # W₁ᵀW₁ = W₂W₂ᵀ has rank 3, as weight decay makes it.
    sizes[:, 3] = 0
    out = np.stack([rotation(3) for _ in range(2)])
    second = (right.mT * sizes[:, None])[..., :3] @ out
    with torch.no_grad():
        network.weights[0].copy_(torch.tensor((left * sizes[:, None]) @ right))
        network.weights[1].copy_(torch.tensor(second))
    x = RNG.standard_normal((5, 6))
    half = ansatz_alignments(network, x, exponent=0.5)
    assert np.allclose(half["hidden 1"], 1)
    assert (ansatz_alignments(network, x)["hidden 1"] < 0.999).all()
    assert np.allclose(ansatz_alignments(network, x, similarity=entry_correlation)["read-out"], 1)


def test_matrix_power():
    a = np.stack([covariance(4), covariance(4)])
    assert np.allclose(matrix_power(a, 0.5) @ matrix_power(a, 0.5), a)
    assert np.allclose(matrix_power(a, 3), a @ a @ a)
    low = np.outer([1.0, 2], [1, 2])
    assert np.isclose(matrix_cosine(matrix_power(low, 0.25), low), 1)
    with pytest.raises(ValueError, match=r"^exponent must"):
        matrix_power(a, 0)
    with pytest.raises(ValueError, match=r"^matrix must be square"):
        matrix_power(np.ones((2, 3)), 1)
    with pytest.raises(TypeError, match=r"^network must"):
        gradient_outer_products(torch.nn.Linear(2, 2), np.eye(2))
