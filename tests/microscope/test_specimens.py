"""The four systems, as they come under the microscope: against brute force and other routes."""

from collections import deque

import numpy as np
import pytest
import torch

from absrep import parallelism_score
from absrep.canonical import alignments, optimum_alignments
from absrep.mazes import Mazes, held_out, lattice_edges, percolation, pose, solve
from absrep.mazes.training import load, recipe
from absrep.microscope.specimens import (
    Specimen,
    _balanced_puzzles,
    evidence_specimen,
    maze_blocks,
    maze_specimen,
    optimum_specimen,
    trained_specimen,
    wall_bits,
    way_bits,
)
from absrep.nets import LinearLayer
from absrep.tasks import hypercube

from ..helpers import latents

NAMES = ("a", "b", "c")


@pytest.fixture(scope="module")
def puzzles():
    return pose(percolation(300, 4, seed=0, openness=0.55), seed=1)


def cell(number):
    return divmod(int(number), 4)


def walked(maze, start, end):
    """The first step of a shortest path, searched from cell to cell by hand."""
    adjacency = maze.adjacency()[0]
    before, queue = {start: start}, deque([start])
    while queue:
        here = queue.popleft()
        for there in np.flatnonzero(adjacency[here]):
            if there not in before:
                before[there] = here
                queue.append(there)
    while before[end] != start:
        end = before[end]
    return end


def test_way_bits_say_where_the_target_lies_and_the_axis_of_the_step(puzzles):
    for k, (down, right, vertical) in enumerate(way_bits(puzzles)):
        origin, target = puzzles.origin[k], puzzles.target[k]
        (r0, c0), (r1, c1) = cell(origin), cell(target)
        assert (down, right) == (np.sign(r1 - r0), np.sign(c1 - c0))
        first = cell(walked(puzzles.mazes[k], origin, target))
        assert vertical == (1 if first[1] == c0 else -1)


def test_wall_bits_say_which_neighbours_are_joined(puzzles):
    for k, bits in enumerate(wall_bits(puzzles)):
        row, column = cell(puzzles.origin[k])
        if row in (0, 3) or column in (0, 3):
            assert (bits == 0).all()
            continue
        adjacency = puzzles.mazes[k].adjacency()[0]
        for bit, (down, right) in zip(bits, ((-1, 0), (1, 0), (0, -1)), strict=True):
            neighbour = 4 * (row + down) + column + right
            assert bit == (1 if adjacency[puzzles.origin[k], neighbour] else -1)


def test_every_combination_is_as_frequent_and_no_maze_was_trained_on():
    chosen, labels = _balanced_puzzles(wall_bits, 7, 3)
    np.testing.assert_array_equal(labels, np.repeat(hypercube(3).labels, 7, axis=0))
    np.testing.assert_array_equal(labels, wall_bits(chosen))
    assert held_out(chosen.mazes).all()


def test_bits_that_leave_a_combination_out_are_refused():
    def same_twice(some):
        return np.repeat(np.where(some.origin < 8, 1.0, -1.0)[:, None], 2, axis=1)

    with pytest.raises(ValueError, match="bits must not leave"):
        _balanced_puzzles(same_twice, 2, 0)


def test_readout_of_the_transformers_is_theirs_and_its_gradients_those_of_torch():
    found = maze_specimen("m", way_bits, NAMES, seeds=[1], n_trials=3, every_word=True)
    chosen, _ = _balanced_puzzles(way_bits, 3, 0)
    network, words = load("solver", [1]), recipe("solver").vocabulary
    sentences = words.encode(chosen, 0)
    place = sentences.prompt  # of the first cell of the path
    with torch.no_grad():
        logits = network(torch.from_numpy(sentences.tokens))[0]
    here = logits[torch.arange(len(place)), torch.from_numpy(place)]
    np.testing.assert_allclose(found.readout.outputs[0], here, atol=2e-4)
    leaf = here.double().clone().requires_grad_(True)
    next_cell = torch.from_numpy(sentences.tokens[np.arange(len(place)), place + 1])
    torch.nn.functional.cross_entropy(leaf, next_cell, reduction="sum").backward()
    np.testing.assert_allclose(found.readout.gradients[0], leaf.grad, atol=2e-4)
    np.testing.assert_array_equal(next_cell, chosen.path[:, 1])


def test_words_that_no_path_holds_are_left_out():
    every, some = (
        maze_specimen("m", way_bits, NAMES, seeds=[0], n_trials=2, every_word=whole)
        for whole in (True, False)
    )
    said = [*range(16), recipe("solver").vocabulary["<end>"]]
    np.testing.assert_array_equal(some.readout.weights, every.readout.weights[:, said])
    np.testing.assert_array_equal(some.readout.gradients, every.readout.gradients[..., said])
    np.testing.assert_array_equal(some.trained, every.trained)


def test_blocks_begin_with_embeddings_and_end_before_the_last_normalisation():
    blocks = maze_blocks("m", way_bits, NAMES, seeds=[0], n_trials=2)
    last = maze_specimen("m", way_bits, NAMES, seeds=[0], n_trials=2)
    x = blocks[-1].trained[0]
    scale = torch.nn.functional.layer_norm(torch.from_numpy(x), (x.shape[1],)).numpy()
    norm = load("solver", [0]).replicas[0].norm
    normed = scale * norm.weight.numpy() + norm.bias.numpy()
    np.testing.assert_allclose(last.trained[0], normed, atol=1e-3)
    chosen, _ = _balanced_puzzles(way_bits, 2, 0)
    decoder = load("solver", [0]).replicas[0]
    prompt = recipe("solver").vocabulary.encode(chosen, 0).prompt
    token = decoder.embed.weight[chosen.origin] + decoder.position.weight[prompt]
    np.testing.assert_allclose(blocks[0].trained[0], token.numpy(), atol=1e-5)


def test_optimum_is_abstract_and_aligned_as_its_closed_form_says():
    found = optimum_specimen(noise=0.0, n_trials=2, seeds=[0])
    np.testing.assert_allclose(parallelism_score(found.trained, found.labels), 1, atol=1e-6)
    theory = optimum_alignments(hypercube(3), weight_decay=0.01)["read-out"]
    np.testing.assert_allclose(alignments(found.readout).stacked()[0], theory.stacked(), atol=1e-5)


def test_noise_is_in_units_of_the_distance_of_the_patterns():
    quiet, loud = (optimum_specimen(noise=noise, n_trials=4000, seeds=[0]) for noise in (0.0, 0.5))
    jitter = loud.trained - quiet.trained
    size = np.sqrt(np.square(quiet.trained[0]).sum(axis=1).mean())
    np.testing.assert_allclose(jitter.std(axis=(0, 1)), 0.5 * size, rtol=0.02)


def test_untrained_and_trained_share_their_start():
    never, once = trained_specimen(n_steps=0, seeds=[3]), trained_specimen(n_steps=30, seeds=[3])
    np.testing.assert_array_equal(never.trained, once.untrained)
    assert np.abs(once.trained - once.untrained).max() > 0


def test_evidence_gradients_are_those_of_torch():
    found = evidence_specimen(n_steps=3, n_trials=2, seeds=[0])
    assert (np.sign(found.labels) == np.repeat(latents(3), 2, axis=0)).all()
    leaf = torch.tensor(found.readout.outputs, requires_grad=True)
    # A right answer pulls its logit up: where the gradient is negative the label is +1.
    labels = torch.tensor((found.readout.gradients < 0).astype(float))
    torch.nn.functional.binary_cross_entropy_with_logits(leaf, labels, reduction="sum").backward()
    np.testing.assert_allclose(found.readout.gradients, leaf.grad, atol=1e-6)


def test_shapes_must_agree():
    layer = LinearLayer(np.ones((1, 2, 3)), np.ones((1, 1, 3)), np.ones((1, 2, 1)))
    with pytest.raises(ValueError, match="untrained must have 2 trials"):
        Specimen("a", ("x",), [[1], [-1]], np.ones((1, 2, 3)), np.ones((1, 4, 3)), layer, layer)


def test_a_maze_of_one_way_has_the_bits_that_one_sees():
    # The origin 5 has a way up and one to the left, the target 0 lies up and left of it.
    passages = np.zeros((1, 24), bool)
    for edge in ((1, 5), (4, 5), (0, 1)):
        passages[0, lattice_edges(4).tolist().index(list(edge))] = True
    puzzle = solve(Mazes(4, passages), [5], [0])
    np.testing.assert_array_equal(wall_bits(puzzle), [[1, -1, 1]])
    np.testing.assert_array_equal(way_bits(puzzle), [[-1, -1, 1]])
