"""Questions with one answer: against all paths, listed by hand."""

from collections import Counter

import numpy as np
import pytest

from absrep.mazes import Mazes, depth_first, lattice_edges, percolation, pose, solve

from . import by_hand

EDGES = {size: lattice_edges(size).tolist() for size in (2, 3, 4)}
KINDS = {
    "depth first": depth_first(60, 3, seed=0),
    "corridor": depth_first(60, 3, seed=1, forks=False),
    "percolation": percolation(60, 3, seed=2, openness=0.6),
    "open": percolation(60, 3, seed=3, openness=0.95),
}


def ways_of(mazes, row):
    return by_hand.ways_out(mazes.size, EDGES[mazes.size], mazes.passages[row])


def path_of(puzzles, row):
    return tuple(int(cell) for cell in puzzles.path[row] if cell >= 0)


@pytest.mark.parametrize("kind", KINDS)
def test_each_question_has_one_shortest_answer_and_it_is_given(kind):
    puzzles = pose(KINDS[kind], seed=5)
    for row in range(len(puzzles)):
        origin, target = int(puzzles.origin[row]), int(puzzles.target[row])
        (only,) = by_hand.shortest_paths(ways_of(puzzles.mazes, row), origin, target)
        assert path_of(puzzles, row) == only
        assert puzzles.lengths[row] == len(only) - 1
        assert (puzzles.path[row, len(only) :] == -1).all()


def test_every_pair_with_one_shortest_path_can_be_solved_and_no_other():
    mazes = percolation(12, 3, seed=0, openness=0.7)
    refused = 0
    for row in range(len(mazes)):
        ways = ways_of(mazes, row)
        for origin in range(9):
            for target in set(range(9)) - {origin}:
                listed = by_hand.shortest_paths(ways, origin, target)
                if len(listed) == 1:
                    assert path_of(solve(mazes[row], origin, target), 0) == listed[0]
                    continue
                refused += 1
                with pytest.raises(ValueError, match=f"target .* found {len(listed)} of them"):
                    solve(mazes[row], [origin], [target])
    assert refused > 50


def test_questions_are_drawn_origin_first_and_evenly(n=60_000):
    # 0–1, 0–2, 1–3, 2–3 less the last: a path 1–0–2 and the cell 3 below 1: a tree of 4 cells.
    tree = Mazes(2, np.tile([True, False, True, True], (n, 1)))
    puzzles = pose(tree, seed=0)
    counts = Counter(zip(puzzles.origin.tolist(), puzzles.target.tolist(), strict=True))
    assert len(counts) == 12
    np.testing.assert_allclose([*counts.values()], n / 12, atol=4.5 * np.sqrt(n / 12))


def test_questions_avoid_what_is_cut_off_or_has_two_answers(n=40_000):
    loop = Mazes(2, np.tile([True, True, True, True], (n, 1)))
    puzzles = pose(loop, seed=0)
    counts = Counter(zip(puzzles.origin.tolist(), puzzles.target.tolist(), strict=True))
    assert set(counts) == {(a, b) for a, b in np.ndindex(4, 4) if a != b and a + b != 3}
    np.testing.assert_allclose([*counts.values()], n / 8, atol=4.5 * np.sqrt(n / 8))
    pair = pose(Mazes(2, np.tile([False, True, False, False], (n, 1))), seed=0)
    assert set(pair.origin.tolist()) == {2, 3}
    np.testing.assert_array_equal(pair.target, 5 - pair.origin)


def test_some_of_the_puzzles_can_be_taken():
    puzzles = pose(KINDS["depth first"], seed=5)
    for index in (slice(10, 20), np.arange(10, 20)):
        some = puzzles[index]
        assert len(some) == 10
        np.testing.assert_array_equal(some.path, puzzles.path[10:20])
        np.testing.assert_array_equal(some.mazes.passages, puzzles.mazes.passages[10:20])
        np.testing.assert_array_equal(some.origin, puzzles.origin[10:20])
        np.testing.assert_array_equal(some.target, puzzles.target[10:20])


def test_the_longest_way_visits_every_cell():
    snake = np.array([[True] * 6 + [False, False, True, True, False, False]])
    assert solve(Mazes(3, snake), [0], [8]).path.tolist() == [[0, 1, 2, 5, 4, 3, 6, 7, 8]]


TWO = Mazes(2, [[True, True, True, False]] * 2)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: pose(Mazes(2, [[False] * 4]), 0), ValueError, "mazes must each have a passage"),
        (lambda: pose(TWO, -1), ValueError, "seed"),
        (lambda: solve(TWO, [0, 1], [3]), ValueError, "target must have 2 rows"),
        (lambda: solve(TWO, [0], [3, 3]), ValueError, "origin must have 2 rows"),
        (lambda: solve(TWO, [0, 4], [3, 3]), ValueError, "origin must be cells, 0 to 3"),
        (lambda: solve(TWO, [0, 1], [3, -1]), ValueError, "target must be cells"),
        (lambda: solve(TWO, [0, 1], [3.0, 2.0]), TypeError, "target must be integers"),
        (lambda: solve(TWO, [0, 3], [3, 3]), ValueError, "target must differ from the origin"),
        (lambda: solve(TWO, [[0], [1]], [[3], [3]]), ValueError, "origin and target must be one"),
    ],
)
def test_bad_arguments_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
