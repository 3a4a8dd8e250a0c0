"""Mazes on a square lattice: which neighbouring cells are joined."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._validation import as_count

__all__ = ["Mazes", "lattice_edges"]

Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]


@cache
def lattice_edges(size: int) -> Integers:
    """Pairs of cells that lie side by side: the places where a wall may stand.

    Cells are numbered row by row from 0, the upper left one. First come the pairs in a row, then
    those in a column.

    Parameters
    ----------
    size : int
        n, cells on a side; at least 2.

    Returns
    -------
    int array, shape (2n(n − 1), 2)
        Read-only.

    Examples
    --------
    >>> lattice_edges(2).tolist()
    [[0, 1], [2, 3], [0, 2], [1, 3]]
    """
    n = as_count("size", size, at_least=2)
    cells = np.arange(n * n).reshape(n, n)
    beside = np.stack([cells[:, :-1], cells[:, 1:]], -1).reshape(-1, 2)
    below = np.stack([cells[:-1], cells[1:]], -1).reshape(-1, 2)
    edges = np.concatenate([beside, below])
    edges.setflags(write=False)
    return edges


@cache
def neighbour_table(size: int) -> tuple[Integers, Integers]:
    """Neighbour and edge of each cell in each direction (up, down, left, right), (n², 4) both.

    Where the lattice ends, the neighbour is n² and the edge 2n(n − 1): one more than the last, so
    that arrays with a spare column can be indexed.
    """
    edges = lattice_edges(size)
    neighbours = np.full((size * size, 4), size * size)
    which = np.full((size * size, 4), len(edges))
    for edge, (first, second) in enumerate(edges):
        forward = 3 if second == first + 1 else 1  # to the right, or down
        neighbours[first, forward], neighbours[second, forward - 1] = second, first
        which[first, forward] = which[second, forward - 1] = edge
    return neighbours, which


@dataclass(frozen=True, eq=False)
class Mazes:
    """Many mazes of one size.

    Parameters
    ----------
    size : int
        n, cells on a side.
    passages : bool array, shape (N, 2n(n − 1))
        Whether the two cells of each pair of `lattice_edges` are joined; False is a wall.

    Raises
    ------
    ValueError, TypeError
        Naming the argument that has the wrong shape or entries.

    Examples
    --------
    >>> mazes = Mazes(2, [[True, True, True, False]])
    >>> len(mazes), mazes.n_cells
    (1, 4)
    >>> mazes.distances([1]).tolist()
    [[1, 0, 2, 3]]
    """

    size: int
    passages: Booleans

    def __post_init__(self) -> None:
        n = as_count("size", self.size, at_least=2)
        passages = np.asarray(self.passages)
        if passages.dtype != np.bool_:
            raise TypeError(f"passages must be True or False, found {passages.dtype}")
        if passages.ndim != 2 or passages.shape[1] != 2 * n * (n - 1) or not len(passages):
            raise ValueError(
                f"passages must have shape (N, {2 * n * (n - 1)}) for size {n}, "
                f"found {passages.shape}"
            )
        object.__setattr__(self, "passages", passages)

    @property
    def n_cells(self) -> int:
        """n²."""
        return self.size**2

    @property
    def edges(self) -> Integers:
        """`lattice_edges` of their size: the pairs of cells that `passages` is about."""
        return lattice_edges(self.size)

    def __len__(self) -> int:
        return len(self.passages)

    def __getitem__(self, which: slice | ArrayLike) -> Mazes:
        """Some of the mazes."""
        index = which if isinstance(which, slice) else np.atleast_1d(np.asarray(which))
        return Mazes(self.size, self.passages[index])

    def __iter__(self) -> Iterator[Mazes]:
        return (self[row] for row in range(len(self)))

    @property
    def open(self) -> Booleans:
        """Whether there is a way up, down, left, right of each cell, shape (N, n², 4)."""
        _, edge = neighbour_table(self.size)
        padded = np.concatenate([self.passages, np.zeros((len(self), 1), bool)], axis=1)
        return padded[:, edge]

    @property
    def degrees(self) -> Integers:
        """Number of ways out of each cell, shape (N, n²)."""
        degrees: Integers = self.open.sum(axis=2)
        return degrees

    def adjacency(self) -> Booleans:
        """Adjacency matrices, shape (N, n², n²)."""
        first, second = lattice_edges(self.size).T
        matrix = np.zeros((len(self), self.n_cells, self.n_cells), bool)
        matrix[:, first, second] = matrix[:, second, first] = self.passages
        return matrix

    def joined(self, first: ArrayLike, second: ArrayLike) -> Booleans:
        """Whether two cells of each maze are neighbours without a wall between them.

        Parameters
        ----------
        first, second : int array, shape (N,) or (N, k)
            Cells.

        Returns
        -------
        bool array
            Of their shape.
        """
        a, b = self._cells("first", first), self._cells("second", second)
        neighbours, _ = neighbour_table(self.size)
        rows = np.arange(len(self)).reshape(-1, *(1,) * (a.ndim - 1))
        joined: Booleans = (self.open[rows, a] & (neighbours[a] == b[..., None])).any(-1)
        return joined

    def distances(self, cells: ArrayLike) -> Integers:
        """Steps from one cell of each maze to all of its cells; −1 where there is no way.

        Parameters
        ----------
        cells : int array, shape (N,)

        Returns
        -------
        int array, shape (N, n²)
        """
        return shortest_ways(self, self._cells("cells", cells))[0]

    def count_ways(self, cells: ArrayLike) -> Integers:
        """Number of shortest ways from one cell of each maze to all of its cells.

        Parameters
        ----------
        cells : int array, shape (N,)

        Returns
        -------
        int array, shape (N, n²)
            1 for the cell itself, 0 where there is no way.
        """
        return shortest_ways(self, self._cells("cells", cells))[1]

    def _cells(self, name: str, value: ArrayLike) -> Integers:
        cells = np.asarray(value)
        if not np.issubdtype(cells.dtype, np.integer):
            raise TypeError(f"{name} must be integers, found {cells.dtype}")
        if cells.ndim not in (1, 2) or len(cells) != len(self):
            raise ValueError(f"{name} must have {len(self)} rows, found shape {cells.shape}")
        if cells.min() < 0 or cells.max() >= self.n_cells:
            raise ValueError(f"{name} must be cells, 0 to {self.n_cells - 1}")
        return cells


def shortest_ways(mazes: Mazes, start: Integers) -> tuple[Integers, Integers]:
    """Distance of every cell from `start`, and the number of shortest ways to it, (N, n²) both.

    All mazes at once: in round t the cells at distance t hand their counts on.
    """
    neighbours, _ = neighbour_table(mazes.size)
    ways = mazes.open
    rows, n = np.arange(len(mazes)), mazes.n_cells
    distance = np.full((len(mazes), n), -1)
    count = np.zeros((len(mazes), n), np.int64)
    front = np.zeros((len(mazes), n + 1), np.int64)  # the spare cell outside stays 0
    distance[rows, start], count[rows, start], front[rows, start] = 0, 1, 1
    for step in range(1, n):
        arriving = np.zeros((len(mazes), n), np.int64)
        for direction in range(4):
            arriving += ways[:, :, direction] * front[:, neighbours[:, direction]]
        arriving[distance >= 0] = 0
        reached = arriving > 0
        if not reached.any():
            break
        distance[reached] = step
        count += arriving
        front[:, :n] = arriving
    return distance, count
