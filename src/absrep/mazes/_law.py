"""How many mazes there are, and how likely each is."""

from __future__ import annotations

import numpy as np

from .._validation import Array, as_count
from ._lattice import Mazes, lattice_edges, neighbour_table

__all__ = ["count_trees", "depth_first_law"]

# A half-dug maze: its passages and the cells seen, as bits, and the trail back.
_State = tuple[int, int, tuple[int, ...]]
_LARGEST = 4  # at 5 × 5 there would be too many half-dug mazes to list


def count_trees(size: int) -> int:
    """Number of mazes in which one way joins any two cells: spanning trees of the lattice.

    By Kirchhoff's theorem, as a determinant of whole numbers, exactly.

    Parameters
    ----------
    size : int
        Cells on a side.

    Returns
    -------
    int

    Raises
    ------
    ValueError, TypeError
        If the size is no whole number of at least 2.

    Examples
    --------
    >>> [count_trees(size) for size in (2, 3, 4)]
    [4, 192, 100352]
    """
    n_cells = as_count("size", size, at_least=2) ** 2
    laplacian = [[0] * n_cells for _ in range(n_cells)]
    for a, b in lattice_edges(size).tolist():
        laplacian[a][a] += 1
        laplacian[b][b] += 1
        laplacian[a][b] = laplacian[b][a] = -1
    return _determinant([row[1:] for row in laplacian[1:]])


def depth_first_law(size: int, *, forks: bool = True) -> tuple[Mazes, Array]:
    """Every maze that `depth_first` can dig, and its probability, exactly.

    Parameters
    ----------
    size : int
        Cells on a side, at most 4.
    forks : bool, default True
        See `depth_first`.

    Returns
    -------
    mazes : Mazes
        Each once.
    probabilities : array, shape (N,)
        They sum to 1.

    Raises
    ------
    ValueError, TypeError
        If the size is out of range.

    Examples
    --------
    >>> mazes, probabilities = depth_first_law(2)
    >>> len(mazes), probabilities.tolist()
    (4, [0.25, 0.25, 0.25, 0.25])
    """
    if as_count("size", size, at_least=2) > _LARGEST:
        raise ValueError(f"size must be at most {_LARGEST}, found {size}")
    law: dict[int, float] = {}
    for root in range(size * size):
        _dig(size, root, forks, law)
    masks, probabilities = zip(*sorted(law.items()), strict=True)
    bits = np.array(masks)[:, None] >> np.arange(len(lattice_edges(size)))
    return Mazes(size, bits % 2 == 1), np.array(probabilities)


def _dig(size: int, root: int, forks: bool, law: dict[int, float]) -> None:
    """Add to the law what is dug from one cell.

    Step by step, the probability of each half-dug maze.
    """
    neighbours, which = (table.tolist() for table in neighbour_table(size))
    n_cells = size * size
    states: dict[_State, float] = {(0, 1 << root, (root,)): 1 / n_cells}
    while states:
        after: dict[_State, float] = {}
        for (passages, seen, trail), probability in states.items():
            here = trail[-1]
            free = [
                (cell, edge)
                for cell, edge in zip(neighbours[here], which[here], strict=True)
                if cell < n_cells and not seen >> cell & 1
            ]
            for cell, edge in free:
                state: _State = (passages | 1 << edge, seen | 1 << cell, (*trail, cell))
                after[state] = after.get(state, 0.0) + probability / len(free)
            if not free and forks and len(trail) > 1:
                state = (passages, seen, trail[:-1])
                after[state] = after.get(state, 0.0) + probability
            elif not free:
                law[passages] = law.get(passages, 0.0) + probability
        states = after


def _determinant(matrix: list[list[int]]) -> int:
    """Bareiss' elimination, in which every division of whole numbers leaves no rest.

    The leading minors must not be 0; those of a grounded Laplacian are positive.
    """
    before = 1
    for k in range(len(matrix) - 1):
        for row in matrix[k + 1 :]:
            for j in range(k + 1, len(row)):
                row[j] = (row[j] * matrix[k][k] - row[k] * matrix[k][j]) // before
        before = matrix[k][k]
    return matrix[-1][-1]
