"""A maze and its sentence: the drawing and the list tell the same maze, the one of the library."""

from math import factorial, log2

import numpy as np
import pytest

from absrep.mazes import depth_first, percolation, pose

from .explorers import explorer, grid

NAME = "maze_sentence"


def puzzles():
    drawn = (
        depth_first(10, 4, seed=2),
        depth_first(10, 4, seed=2, forks=False),
        percolation(10, 4, seed=2, openness=0.55),
    )
    return [pose(mazes, seed=3) for mazes in drawn]


def passages_told(made, result):
    """Pairs of cells by their names, from the words inside the panel, in the order of reading."""
    (mark,) = made.views[1].marks
    left, right = made.views[1].xlim
    low, high = made.views[1].ylim
    shown = [
        ((-y, x), text)
        for (x, y), text in zip(result["list"], mark.texts, strict=True)
        if left < x < right and low < y < high
    ]
    return [text.split() for _, text in sorted(shown)]


def walls_drawn(result):
    """Pairs of neighbouring cells with a stroke between them."""
    strokes = {tuple(map(tuple, np.round(sorted(s.tolist()), 6))) for s in result["walls"]}
    walls = set()
    for row, column in np.ndindex(4, 4):
        if column < 3:
            stroke = ((column + 0.5, -row - 0.5), (column + 0.5, -row + 0.5))
            walls |= {frozenset({(row, column), (row, column + 1)})} if stroke in strokes else set()
        if row < 3:
            stroke = ((column - 0.5, -row - 0.5), (column + 0.5, -row - 0.5))
            walls |= {frozenset({(row, column), (row + 1, column)})} if stroke in strokes else set()
    return walls


def test_walls_and_words_tell_the_maze():
    made, known = explorer(NAME), puzzles()
    for values in grid(made):
        result = made.compute(**values)
        puzzle = known[int(values["kind"])][[int(values["maze"]) - 1]]
        there, pairs = puzzle.mazes.passages[0], puzzle.mazes.edges
        named = [frozenset((f"{a // 4}{a % 4}", f"{b // 4}{b % 4}")) for a, b in pairs.tolist()]
        told = passages_told(made, result)
        assert len(told) == there.sum() == result["passages"]
        assert {frozenset(pair) for pair in told} == {
            pair for pair, is_open in zip(named, there, strict=True) if is_open
        }
        assert walls_drawn(result) == {
            frozenset(divmod(cell, 4) for cell in pair)
            for pair, is_open in zip(pairs.tolist(), there, strict=True)
            if not is_open
        }
        path = [cell for cell in puzzle.path[0].tolist() if cell >= 0]
        assert result["answer"] == " ".join(f"{cell // 4}{cell % 4}" for cell in path)
        np.testing.assert_array_equal(result["path"], [(c % 4, -(c // 4)) for c in path])
        words = result["question"].split()
        assert [words[1], words[3]] == [result["answer"][:2], result["answer"][-2:]]
        m = int(there.sum())
        assert result["bits"] == pytest.approx(log2(factorial(m)) + m)


def test_orders_tell_the_same_maze_in_other_words():
    made = explorer(NAME)
    for kind in (0, 1, 2):
        results = [made.compute(kind=kind, maze=3, order=order) for order in (1, 2, 3, 4)]
        lists = [passages_told(made, result) for result in results]
        assert len({str(pairs) for pairs in lists}) == 4
        for result in results[1:]:
            np.testing.assert_array_equal(result["walls"], results[0]["walls"])
            assert result["answer"] == results[0]["answer"]
