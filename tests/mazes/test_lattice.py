"""Mazes on a lattice: edges, ways out, distances and numbers of shortest ways, all by hand."""

from itertools import combinations

import numpy as np
import pytest

from absrep.mazes import Mazes, lattice_edges

from . import by_hand

RANDOM = np.random.default_rng(0).random((30, 12)) < 0.6
MAZES = Mazes(3, RANDOM)
EDGES = lattice_edges(3).tolist()


def ways(row):
    return by_hand.ways_out(3, EDGES, RANDOM[row])


@pytest.mark.parametrize("size", [2, 3, 4, 7])
def test_edges_are_the_pairs_at_distance_one_each_once(size):
    edges = lattice_edges(size)
    beside = {
        (a, b)
        for a, b in combinations(range(size * size), 2)
        if abs(a // size - b // size) + abs(a % size - b % size) == 1
    }
    assert len(edges) == 2 * size * (size - 1) == len(beside)
    assert set(map(tuple, edges.tolist())) == beside
    rows, columns = edges[: len(edges) // 2], edges[len(edges) // 2 :]
    assert (rows[:, 1] - rows[:, 0] == 1).all() and (columns[:, 1] - columns[:, 0] == size).all()


def test_edges_cannot_be_changed_by_a_caller():
    with pytest.raises(ValueError, match="read-only"):
        lattice_edges(3)[0, 0] = 5


def test_ways_out_are_the_passages_of_a_cell():
    around = {  # up, down, left, right
        cell: [cell - 3, cell + 3, cell - 1 if cell % 3 else None, cell + 1 if cell % 3 < 2 else -1]
        for cell in range(9)
    }
    for row in range(len(MAZES)):
        out = ways(row)
        for cell in range(9):
            wanted = [to in out[cell] for to in around[cell]]
            assert MAZES.open[row, cell].tolist() == wanted
            assert MAZES.degrees[row, cell] == len(out[cell])


def test_the_adjacency_matrix_is_symmetric_and_joined_reads_it():
    matrix = MAZES.adjacency()
    assert (matrix == matrix.transpose(0, 2, 1)).all()
    cells = np.arange(9)
    for a in cells:
        found = MAZES.joined(np.full((30, 9), a), np.tile(cells, (30, 1)))
        np.testing.assert_array_equal(found, matrix[:, a])
        np.testing.assert_array_equal(MAZES.joined(np.full(30, a), np.full(30, 4)), matrix[:, a, 4])
    for row in range(30):
        listed = {(a, b) for a in range(9) for b in ways(row)[a]}
        assert set(zip(*map(np.ndarray.tolist, np.nonzero(matrix[row])), strict=True)) == listed


@pytest.mark.parametrize("start", range(9))
def test_distances_are_those_of_a_search_by_hand(start):
    found = MAZES.distances(np.full(30, start))
    for row in range(30):
        steps = by_hand.breadth_first(ways(row), start)
        assert found[row].tolist() == [steps.get(cell, -1) for cell in range(9)]


@pytest.mark.parametrize("start", [0, 4, 5])
def test_shortest_ways_are_counted_as_if_they_were_all_listed(start):
    found = MAZES.count_ways(np.full(30, start))
    for row in range(30):
        listed = [len(by_hand.shortest_paths(ways(row), start, cell)) for cell in range(9)]
        assert found[row].tolist() == listed
    assert found.max() > 1


def test_an_open_square_has_a_binomial_number_of_shortest_ways():
    square = Mazes(5, np.ones((1, 40), bool))
    assert square.count_ways([0]).reshape(5, 5)[4, 4] == 70  # 8 choose 4
    assert square.distances([0])[0, -1] == 8


def test_some_of_the_mazes_can_be_taken():
    for index in (slice(3, 6), [3, 4, 5], np.arange(30) // 3 == 1):
        np.testing.assert_array_equal(MAZES[index].passages[:3], RANDOM[index][:3])
    assert len(MAZES[7]) == 1 and len(list(MAZES)) == 30
    np.testing.assert_array_equal(MAZES.edges, EDGES)


@pytest.mark.parametrize(
    ("size", "passages", "error", "message"),
    [
        (1, [[]], ValueError, "size"),
        (2.0, [[True] * 4], TypeError, "size"),
        (2, [[1, 0, 1, 0]], TypeError, "passages must be True or False"),
        (2, [[True] * 5], ValueError, r"passages must have shape \(N, 4\)"),
        (2, [True] * 4, ValueError, "passages must have shape"),
        (3, np.zeros((0, 12), bool), ValueError, "passages must have shape"),
    ],
)
def test_what_is_no_maze_is_refused(size, passages, error, message):
    with pytest.raises(error, match=message):
        Mazes(size, passages)


@pytest.mark.parametrize(
    ("cells", "error", "message"),
    [
        ([0], ValueError, "cells must have 30 rows"),
        (np.full(30, 9), ValueError, "cells must be cells, 0 to 8"),
        (np.full(30, -1), ValueError, "cells must be cells"),
        (np.zeros(30), TypeError, "cells must be integers"),
    ],
)
def test_what_is_no_cell_is_refused(cells, error, message):
    for search in (MAZES.distances, MAZES.count_ways):
        with pytest.raises(error, match=message):
            search(cells)
