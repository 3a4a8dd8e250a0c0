"""Probes of walls against brute force, scikit-learn and hand-made sentences."""

from itertools import combinations, permutations, product

import numpy as np
import pytest
import torch
from sklearn.linear_model import Ridge
from sklearn.metrics import r2_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from absrep.mazes import (
    LinearProbe,
    Mazes,
    Sentences,
    Vocabulary,
    WallProbe,
    degree_projection,
    depth_first,
    fit_linear,
    fit_probe,
    lattice_edges,
    majority_accuracy,
    percolation,
    pose,
    shuffled_mazes,
    streams_at,
    walls_beside,
    walls_by_role,
)
from absrep.nets import LanguageModel


def spanning_trees(size):
    """All of them, by trying every set of as many edges as a tree has."""
    edges, n_cells = lattice_edges(size).tolist(), size * size
    for chosen in combinations(range(len(edges)), n_cells - 1):
        part = list(range(n_cells))
        for edge in chosen:
            a, b = (part[cell] for cell in edges[edge])
            if a == b:
                break
            part = [a if p == b else p for p in part]
        else:
            yield chosen


@pytest.mark.parametrize(("size", "n_trees"), [(2, 4), (3, 192)])
def test_degrees_tell_the_share_of_spanning_trees_through_a_wall(size, n_trees):
    trees = list(spanning_trees(size))
    assert len(trees) == n_trees
    through = np.bincount(np.ravel(trees), minlength=len(lattice_edges(size))) / n_trees
    np.testing.assert_allclose(degree_projection(size).diagonal(), through, atol=1e-12)


@pytest.mark.parametrize("size", [2, 3, 4, 5])
def test_the_projection_keeps_degrees_and_forgets_alternating_sums(size):
    edges, projection = lattice_edges(size), degree_projection(size)
    beside = np.array([[cell in pair for pair in edges.tolist()] for cell in range(size**2)])
    np.testing.assert_allclose(beside @ projection, beside, atol=1e-10)
    np.testing.assert_allclose(projection @ projection, projection, atol=1e-10)
    sums = []
    for corner in (r * size + c for r, c in product(range(size - 1), repeat=2)):
        around = [
            (corner, corner + 1),
            (corner + 1, corner + size + 1),
            (corner + size, corner + size + 1),
            (corner, corner + size),
        ]
        index = [edges.tolist().index(list(pair)) for pair in around]
        sums.append(np.zeros(len(edges)))
        sums[-1][index] = [1, -1, 1, -1]
    assert np.linalg.matrix_rank(sums) == (size - 1) ** 2
    np.testing.assert_allclose(projection @ np.transpose(sums), 0, atol=1e-10)
    assert np.trace(projection) == pytest.approx(size**2 - 1)


def test_a_probe_of_degrees_explains_what_the_projection_says():
    mazes = percolation(20_000, 3, seed=0, openness=0.4)
    x, y = mazes.degrees.astype(float), 2.0 * mazes.passages - 1
    probe = fit_probe(x, mazes, penalty=1e-6)
    explained = 1 - np.square(y - probe.scores(x)).mean(axis=0) / y.var(axis=0)
    np.testing.assert_allclose(explained, degree_projection(3).diagonal(), atol=0.02)


@pytest.mark.parametrize("penalty", [1e-3, 1.0, 300.0])
def test_ridge_regression_is_that_of_scikit_learn(penalty):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((200, 5)) * [1, 10, 0.1, 3, 1] + [0, 5, 1, 0, -2]
    y = x @ rng.standard_normal((5, 3)) + rng.standard_normal((200, 3))
    probe = fit_linear(x, y, penalty)
    other = make_pipeline(StandardScaler(), Ridge(alpha=penalty)).fit(x, y)
    np.testing.assert_allclose(probe.scores(x), other.predict(x), atol=1e-9)
    expected = r2_score(y, other.predict(x), multioutput="variance_weighted")
    assert probe.explained(x, y) == pytest.approx(expected)
    # One number by itself is read as it is among others.
    np.testing.assert_allclose(fit_linear(x, y[:, 1:2], penalty).weights[:, 0], probe.weights[:, 1])


def test_a_column_that_never_varies_is_no_matter():
    x = np.random.default_rng(0).standard_normal((50, 3))
    constant = np.column_stack([x, np.full(50, 7.0)])
    y = x[:, :1]
    probe = fit_linear(constant, y)
    np.testing.assert_allclose(probe.scores(constant), fit_linear(x, y).scores(x), atol=1e-12)


def test_accuracy_counts_right_walls():
    mazes = Mazes(2, [[True, True, True, False], [False, True, True, True]])
    probe = WallProbe(np.zeros((1, 4)), np.array([1.0, 1.0, -1.0, -1.0]))
    assert probe.right(np.ones((2, 1)), mazes).tolist() == [
        [True, True, False, True],
        [False, True, False, False],
    ]
    assert probe.accuracy(np.ones((2, 1)), mazes).tolist() == [0.5, 1.0, 0.0, 0.5]


def test_labels_of_other_mazes_teach_nothing_about_a_perfect_stream():
    mazes, new = (percolation(n, 3, seed=n, openness=0.5) for n in (4000, 1000))
    wrong = shuffled_mazes(mazes, seed=1)
    assert sorted(map(tuple, wrong.passages)) == sorted(map(tuple, mazes.passages))
    perfect = 2.0 * mazes.passages - 1
    accuracy = fit_probe(perfect, wrong).accuracy(2.0 * new.passages - 1, new)
    assert abs(accuracy.mean() - 0.5) < 0.03


def test_the_majority_is_that_of_the_mazes_seen():
    seen = Mazes(2, [[True, True, False, False]] * 2 + [[False, True, False, True]])
    unseen = Mazes(2, [[True, False, False, True], [False, True, False, True]])
    assert majority_accuracy(seen, unseen).tolist() == [0.5, 0.5, 1.0, 0.0]


def test_walls_beside_cells_and_roles_by_hand():
    puzzles = pose(percolation(30, 4, seed=0, openness=0.6), seed=1)
    roles = walls_by_role(puzzles)
    edges = lattice_edges(4).tolist()
    for row, (origin, path) in enumerate(zip(puzzles.origin, puzzles.path, strict=True)):
        cells = {int(cell) for cell in path if cell >= 0}
        for edge, pair in enumerate(edges):
            role = (
                "origin" if origin in pair else "path" if cells.intersection(pair) else "elsewhere"
            )
            assert [name for name, which in roles.items() if which[row, edge]] == [role]
    assert walls_beside(np.array([[5, -1], [0, 15]]), 4).sum(axis=1).tolist() == [4, 4]


def test_places_are_counted_from_the_word_before_the_path():
    words = Vocabulary(3)
    puzzles = pose(percolation(40, 3, seed=0, openness=0.6), seed=1)
    sentences = words.encode(puzzles, seed=2)
    network = LanguageModel(len(words), words.longest, 8, 2, 2, seeds=[0, 1])
    places = (-3, -1, 0, 1, 2)
    found = streams_at(network, sentences, places, n_batch=7)
    assert found.shape == (2, 3, 40, 5, 8)
    one = network.replicas[1]
    last = sentences.prompt - 1
    named = [puzzles.origin, puzzles.target, np.full(40, words["<path>"]), *puzzles.path.T[:2]]
    for k, (place, token) in enumerate(zip(places, named, strict=True)):
        first = one.embed.weight[token] + one.position.weight[last + place]
        np.testing.assert_allclose(found[1, 0, :, k], first.numpy(force=True), atol=1e-6)
    # A word does not see what comes after it.
    changed = sentences.tokens.copy()
    changed[np.arange(40), sentences.prompt] = 0
    again = streams_at(network, Sentences(changed, sentences.prompt), places)
    np.testing.assert_allclose(again[:, :, :, :3], found[:, :, :, :3], atol=1e-6)
    assert np.abs(again[:, :, :, 3:] - found[:, :, :, 3:]).max() > 1e-3


def orders(maze, words):
    """Every sentence that tells a maze, up to `<path>`, for one question."""
    pairs = lattice_edges(2)[np.flatnonzero(maze)].tolist()
    question = [words["<origin>"], 0, words["<target>"], 1, words["<path>"]]
    return [
        [words["<adjacency>"], *(cell for pair in told for cell in pair), *question]
        for order in permutations(pairs)
        for told in product(*((pair, pair[::-1]) for pair in order))
    ]


@pytest.mark.parametrize(("queries", "alike"), [(0.0, True), (30.0, False)])
def test_uniform_attention_tells_mazes_of_the_same_degrees_by_nothing(queries, alike):
    words = Vocabulary(2)
    across, down = [True, True, False, False], [False, False, True, True]
    assert (Mazes(2, [across, down]).degrees == 1).all()
    network = LanguageModel(len(words), words.longest, 8, 2, 1, [0], dtype=torch.float64)
    with torch.no_grad():
        network.replicas[0].blocks[0].attention.query.weight.mul_(queries)
    heads = [
        network.head_outputs(torch.tensor(orders(maze, words)))[0, 0, :, :, -1].mean(dim=0)
        for maze in (across, down)
    ]
    gap = (heads[0] - heads[1]).abs().max().item()
    assert (gap < 1e-12) == alike


def test_errors_name_the_argument():
    mazes = depth_first(10, 3, seed=0)
    x = np.zeros((10, 2))
    probe = LinearProbe(np.zeros((2, 3)), np.zeros(3))
    for name, act in {
        "streams": lambda: probe.scores(np.zeros((10, 5))),
        "values": lambda: probe.explained(x, np.zeros((10, 4))),
        "values must vary": lambda: probe.explained(x, np.ones((10, 3))),
        "values must have 10": lambda: fit_linear(x, np.zeros((9, 1))),
        "penalty": lambda: fit_linear(x, x, penalty=-1.0),
        "mazes": lambda: fit_probe(np.zeros((9, 2)), mazes),
        "mazes must have": lambda: WallProbe(np.zeros((2, 3)), np.zeros(3)).right(x, mazes),
        "cells": lambda: walls_beside([9], 3),
        "cells must be integers": lambda: walls_beside([0.5], 3),
    }.items():
        with pytest.raises(ValueError, match=name):
            act()
    words = Vocabulary(3)
    network = LanguageModel(len(words), words.longest, 8, 2, 1, seeds=[0])
    with pytest.raises(ValueError, match="places"):
        streams_at(network, words.encode(pose(mazes, 0), 0), (40,))
