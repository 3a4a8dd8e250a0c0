"""The explorer of alignments at the optimum against torch and the theorem."""

import numpy as np
import pytest
import torch

from absrep import hypercube, kernel_from_spectrum
from absrep.canonical import alignments, linear_layers
from absrep.meanfield import solve
from absrep.nets import FeedForward, squared_error
from absrep.widgets import alignments_at_the_optimum

from .explorers import grid

EXPLORER = alignments_at_the_optimum()


def drawn(layer, **values):
    return np.array(EXPLORER.compute(**values)[f"{layer} certified"])[:, 1]


def test_theory_is_drawn_exactly_where_the_optimum_is_abstract():
    seen = set()
    for point in grid(EXPLORER):
        result = EXPLORER.compute(**point)
        abstract = point["interaction"] < 1 + 4 * point["bias"]
        seen.add(abstract)
        assert (result["parallelism"] > 1 - 1e-9) == abstract
        for layer in ("hidden 1", "read-out"):
            strokes = result[f"{layer} theory"]
            assert len(strokes) == (6 if abstract else 0)
            if abstract:
                stars = np.array(result[f"{layer} certified"])
                np.testing.assert_allclose(strokes.mean(axis=1), stars, atol=1e-9)
        if point["centred"]:
            assert result["backward"] == pytest.approx(result["likeness"], abs=1e-9)
    assert seen == {True, False}


@pytest.mark.parametrize("bias", [0.1, 1.0])
@pytest.mark.parametrize("interaction", [0.5, 3.1])
def test_the_read_out_is_that_of_the_same_weights_in_torch(interaction, bias):
    task = hypercube(2, kernel_from_spectrum([1.0, 1.0, interaction]))
    best = solve(task, bias=bias)
    h = best.preactivations * np.sqrt(best.masses)
    solved = np.linalg.solve(task.input_kernel + bias, h)
    z = np.maximum(h, 0)
    out = np.linalg.lstsq(z.T @ z + 0.01 * np.eye(z.shape[1]), z.T @ task.labels, rcond=None)[0]
    network = FeedForward(4, [h.shape[1]], 2, [0], bias=bias)
    with torch.no_grad():
        network.weights[0].copy_(torch.tensor(task.features.T @ solved)[None])
        network.biases[0].copy_(torch.tensor(bias * solved.sum(0))[None, None])
        network.weights[1].copy_(torch.tensor(out)[None])
    for centred in (0, 1):
        layers = linear_layers(network, task.features, task.labels, squared_error)
        six = alignments(layers["read-out"], centred=bool(centred)).stacked()[0]
        found = drawn("read-out", interaction=interaction, bias=bias, centred=centred)
        np.testing.assert_allclose(found, six, atol=1e-8)
        six = alignments(layers["hidden 1"], centred=bool(centred)).stacked()[0]
        found = drawn("hidden 1", interaction=interaction, bias=bias, centred=centred)
        # Representation and weights; the gradient at the kink is a convention of torch.
        np.testing.assert_allclose(found[[1, 4]], six[[1, 4]], atol=1e-8)


def test_no_mark_leaves_its_panel():
    for point in list(grid(EXPLORER))[::5]:
        for layer in ("hidden 1", "read-out"):
            values = drawn(layer, **point)
            assert values.min() >= 0 and values.max() <= 1 + 1e-9
