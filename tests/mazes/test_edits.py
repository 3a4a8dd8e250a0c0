"""Mazes that differ in one passage, and edits of the stream, against searches by hand."""

from collections import deque
from itertools import pairwise

import numpy as np
import pytest
import torch

from absrep.mazes import (
    ForkView,
    Mazes,
    Vocabulary,
    close_passages,
    depth_first,
    fork_logits,
    fork_sentences,
    lattice_edges,
    move_passages,
    open_directions,
    open_walls,
    patched_logits,
    path_steps,
    percolation,
    pose,
    solve,
    step_streams,
    streams_at,
    way_directions,
)
from absrep.mazes.interventions import place_groups
from absrep.mazes.training import recipe

WORDS = Vocabulary(4)
TREES = pose(depth_first(200, 4, seed=0), seed=1)
LOOPS = pose(percolation(1500, 4, seed=0, openness=0.55), seed=1)


def shortest_paths(size, passages, start, end):
    """All shortest paths, by a search of one's own."""
    ways = {}
    for (a, b), there in zip(lattice_edges(size).tolist(), passages, strict=True):
        if there:
            ways.setdefault(a, []).append(b)
            ways.setdefault(b, []).append(a)
    found, queue = [], deque([[start]])
    while queue:
        path = queue.popleft()
        if found and len(path) > len(found[0]):
            break
        if path[-1] == end:
            found.append(path)
            continue
        queue.extend([*path, other] for other in ways.get(path[-1], []) if other not in path)
    return found


def check(forks):
    for i in range(len(forks)):
        first, second = (
            [c for c in side.path[i].tolist() if c >= 0] for side in (forks.first, forks.second)
        )
        for side, path in ((forks.first, first), (forks.second, second)):
            ends = int(side.origin[i]), int(side.target[i])
            assert shortest_paths(4, side.mazes.passages[i], *ends) == [path]
        k = forks.number[i]
        assert first[: k + 1] == second[: k + 1]
        assert (forks.cell[i], forks.ahead[i]) == (first[k], first[k + 1])
        yield forks.first.mazes.passages[i], forks.second.mazes.passages[i], first, second, k


def test_a_moved_passage_leaves_a_tree_and_turns_the_path():
    forks = move_passages(TREES, seed=2)
    assert len(forks) > 150
    for i, (before, after, first, second, k) in enumerate(check(forks)):
        assert (before & ~after).sum() == (after & ~before).sum() == 1
        assert first[k + 1] != second[k + 1] == forks.instead[i]
        lost = lattice_edges(4)[(before & ~after).argmax()].tolist()
        assert lost in [sorted(step) for step in pairwise(first)]
        assert (forks.second.mazes.distances(forks.second.origin)[i] >= 0).all()


def test_an_opened_wall_is_of_use_or_not():
    for useful in (True, False):
        forks = open_walls(LOOPS, seed=3, useful=useful)
        assert len(forks) > 20
        for i, (before, after, first, second, k) in enumerate(check(forks)):
            opened = lattice_edges(4)[after & ~before].tolist()
            assert opened == [sorted([first[k], int(forks.instead[i])])]
            assert not (before & ~after).any()
            assert bool(second[k + 1] == forks.instead[i]) is useful
            assert (first == second) is not useful


def test_a_closed_passage_has_a_way_around():
    forks = close_passages(LOOPS, seed=3)
    assert len(forks) > 20
    for i, (before, after, first, second, k) in enumerate(check(forks)):
        assert lattice_edges(4)[before & ~after].tolist() == [sorted(first[k : k + 2])]
        assert not (after & ~before).any() and second[k + 1] == forks.instead[i]


@pytest.mark.parametrize(
    "change",
    [
        lambda puzzles: close_passages(puzzles, 0),
        lambda puzzles: open_walls(puzzles, 0, useful=True),
        lambda puzzles: open_walls(puzzles, 0, useful=False),
    ],
)
def test_puzzles_that_cannot_change_are_an_error(change):
    corridor = solve(Mazes(2, [[True, False, True, True]]), [1], [0])  # one way, or two
    with pytest.raises(ValueError, match="puzzles must have some"):
        change(corridor)


def passages_told(tokens, prompt):
    """Passages of a sentence, read word by word."""
    pairs = {tuple(sorted(tokens[t : t + 2].tolist())) for t in range(1, prompt - 5, 2)}
    return np.array([tuple(edge) in pairs for edge in lattice_edges(4).tolist()])


def test_sentences_of_a_fork_tell_both_mazes_in_the_same_words():
    forks = move_passages(TREES, seed=2)
    first, second, slot = fork_sentences(WORDS, forks, seed=3)
    for i in range(len(forks)):
        for side, sentences in ((forks.first, first), (forks.second, second)):
            told = passages_told(sentences.tokens[i], sentences.prompt[i])
            np.testing.assert_array_equal(told, side.mazes.passages[i])
        differ = np.flatnonzero(first.tokens[i] != second.tokens[i])
        assert set(differ) <= {slot[i], slot[i] + 1}
        last = first.prompt[i] + forks.number[i]
        assert first.tokens[i, last] == forks.cell[i]
        assert (first.tokens[i, last + 1 :] == WORDS["<pad>"]).all()
    _, other, none = fork_sentences(WORDS, open_walls(LOOPS, 3, useful=True), seed=3)
    assert (none == -1).all() and (other.tokens[:, 0] == WORDS["<adjacency>"]).all()


@pytest.fixture(scope="module")
def patched():
    network = recipe("solver").network([2])
    forks = move_passages(TREES, seed=2)[:25]
    return network, forks, *fork_sentences(WORDS, forks, seed=3)


def test_patches_of_everything_and_of_nothing(patched):
    network, forks, first, second, _ = patched
    with torch.no_grad():
        there = network.streams(torch.from_numpy(second.tokens))[0]
    ends = [fork_logits(network, s, forks) for s in (first, second)]
    for blocks in (0, 3, 6):
        for places, wanted in ((np.zeros, ends[0]), (np.ones, ends[1])):
            whole = places(first.tokens.shape, dtype=bool)
            found = patched_logits(network, first, forks, blocks, whole, there[blocks])
            np.testing.assert_allclose(found, wanted, atol=1e-5)


def test_groups_of_places_are_apart_and_early_words_say_nothing(patched):
    network, forks, first, second, slot = patched
    groups = place_groups(first, slot, forks)
    assert (sum(g.astype(int) for g in groups.values()) <= 1).all()
    with torch.no_grad():
        there = network.streams(torch.from_numpy(second.tokens))[0]
    early = np.arange(first.tokens.shape[1]) < slot[:, None]
    found = patched_logits(network, first, forks, 4, early, there[4])
    np.testing.assert_allclose(found, fork_logits(network, first, forks), atol=1e-6)
    for i in range(len(forks)):
        assert [np.flatnonzero(g[i]).tolist() for g in groups.values()][:2] == [
            [slot[i]],
            [slot[i] + 1],
        ]
        assert np.flatnonzero(groups["current cell"][i]) == first.prompt[i] + forks.number[i]


def test_a_view_of_the_fork_is_the_whole_network(patched):
    network, forks, first, second, _ = patched
    view, other = ForkView(network, first, forks), ForkView(network, second, forks)
    here = np.arange(first.tokens.shape[1]) == (first.prompt + forks.number)[:, None]
    with torch.no_grad():
        there = network.streams(torch.from_numpy(second.tokens))[0]
    for blocks in range(7):
        whole = patched_logits(network, first, forks, blocks, here, there[blocks])
        found = view.logits(blocks, other.streams[blocks])
        np.testing.assert_allclose(found, whole, atol=1e-5)
    with pytest.raises(ValueError, match="stream must have shape"):
        view.logits(1, view.streams[1][:3])


def test_wrong_patches_are_named(patched):
    network, forks, first, _, _ = patched
    stream = torch.zeros(*first.tokens.shape, network.width)
    with pytest.raises(ValueError, match="places must be bool"):
        patched_logits(network, first, forks, 1, np.ones(3, bool), stream)
    with pytest.raises(ValueError, match="stream must have shape"):
        patched_logits(network, first, forks, 1, np.ones(first.tokens.shape, bool), stream[:2])
    with pytest.raises(ValueError, match="one replica"):
        fork_logits(recipe("solver").network([0, 1]), first, forks)


def test_directions_are_differences_of_means():
    rng = np.random.default_rng(0)
    mazes = percolation(400, 2, seed=0, openness=0.5)
    cells, x = rng.integers(4, size=400), rng.standard_normal((400, 3))
    usable = rng.random((400, 4)) < 0.7
    found = open_directions(x, mazes, cells, usable)
    beside = {(0, 1): 2, (0, 3): 1, (1, 1): 3, (1, 2): 0}  # cell and way to the cell there
    beside |= {(2, 0): 0, (2, 3): 3, (3, 0): 1, (3, 2): 2}
    for cell in range(4):
        for way in range(4):
            if (cell, way) not in beside:
                assert np.isnan(found[cell, way]).all()
                continue
            joined = mazes.adjacency()[:, cell, beside[cell, way]]
            of = (cells == cell) & usable[:, way]
            wanted = x[of & joined].mean(0) - x[of & ~joined].mean(0)
            np.testing.assert_allclose(found[cell, way], wanted)
    with pytest.raises(ValueError, match="cells must be 400"):
        open_directions(x, mazes, cells[:3])


def test_streams_of_steps_and_ways_that_count():
    network, puzzles = recipe("tiny").network([0]), pose(depth_first(30, 3, seed=0), seed=1)
    sentences = Vocabulary(3).encode(puzzles, seed=2)
    steps = path_steps(puzzles, sentences)
    found = step_streams(network, sentences, steps, n_batch=7)
    first = streams_at(network, sentences, places=(1,))[0, :, :, 0]  # the first cell of each path
    begins = np.flatnonzero(np.diff(steps.row, prepend=-1))
    np.testing.assert_allclose(found[:, begins], first, atol=1e-6)
    # A stream that only says where the path goes gives no direction.
    goes = (steps.ahead[:, None] == np.arange(9)).astype(float)[None]
    directions = way_directions(goes, puzzles, sentences, steps)
    neighbours = {3: 1, 1: 3, 2: -1, 0: -3}  # right, down, left, up
    for way, offset in neighbours.items():
        for cell in range(9):
            row, column = divmod(cell, 3)
            inside = {3: column < 2, 1: row < 2, 2: column > 0, 0: row > 0}[way]
            if inside and np.isfinite(directions[0, cell, way]).all():
                assert directions[0, cell, way, cell + offset] == 0
