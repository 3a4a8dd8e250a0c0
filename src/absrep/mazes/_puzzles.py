"""A maze with a question: the way from an origin to a target."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from .._validation import Seed, as_generator
from ._lattice import Booleans, Integers, Mazes, neighbour_table, shortest_ways

__all__ = ["Puzzles", "pose", "solve"]


@dataclass(frozen=True, eq=False)
class Puzzles:
    """Mazes, each with an origin, a target and the one shortest path between them.

    Attributes
    ----------
    mazes : Mazes
    origin, target : int array, shape (N,)
        Cells.
    path : int array, shape (N, L)
        Cells from origin to target, both included; −1 after the end of the shorter ones.

    Examples
    --------
    >>> from absrep.mazes import depth_first
    >>> puzzles = pose(depth_first(100, 4, seed=0), seed=1)
    >>> bool((puzzles.path[:, 0] == puzzles.origin).all())
    True
    >>> len(puzzles[:10]), bool((puzzles.lengths >= 1).all())
    (10, True)
    """

    mazes: Mazes
    origin: Integers
    target: Integers
    path: Integers

    def __len__(self) -> int:
        return len(self.mazes)

    def __getitem__(self, which: slice | ArrayLike) -> Puzzles:
        """Some of the puzzles."""
        index = which if isinstance(which, slice) else np.atleast_1d(np.asarray(which))
        return Puzzles(self.mazes[index], self.origin[index], self.target[index], self.path[index])

    @property
    def lengths(self) -> Integers:
        """Steps from origin to target, shape (N,)."""
        lengths: Integers = (self.path >= 0).sum(axis=1) - 1
        return lengths


def pose(mazes: Mazes, seed: Seed) -> Puzzles:
    """Ask of each maze the way between two random cells that one shortest path joins.

    The origin is any cell with a way out, the target any cell to which exactly one shortest path
    leads. In a tree that is every pair of its cells, all alike.

    Parameters
    ----------
    mazes : Mazes
    seed : int or Generator

    Returns
    -------
    Puzzles

    Raises
    ------
    ValueError
        If a maze has no passage.

    Examples
    --------
    >>> maze = Mazes(2, [[True, False, False, True]])  # 0–1, 1–3
    >>> pose(maze, seed=0).path.tolist() in ([[0, 1]], [[1, 0]], [[1, 3]], [[3, 1]],
    ...                                      [[0, 1, 3]], [[3, 1, 0]])
    True
    """
    rng = as_generator("seed", seed)
    if not mazes.passages.any(axis=1).all():
        raise ValueError("mazes must each have a passage, found one of walls only")
    origin = _any_of(mazes.degrees > 0, rng)
    distance, ways = shortest_ways(mazes, origin)
    target = _any_of((distance > 0) & (ways == 1), rng)
    return Puzzles(mazes, origin, target, _trace(mazes, distance, target))


def solve(mazes: Mazes, origin: ArrayLike, target: ArrayLike) -> Puzzles:
    """The shortest paths from given origins to given targets.

    Parameters
    ----------
    mazes : Mazes
    origin, target : int array, shape (N,)

    Returns
    -------
    Puzzles

    Raises
    ------
    ValueError, TypeError
        If a cell is out of range or equal to the other, or if not exactly one shortest path joins
        the two.

    Examples
    --------
    >>> solve(Mazes(2, [[True, True, True, False]]), [1], [3]).path.tolist()
    [[1, 0, 2, 3]]
    """
    start, end = (
        mazes._cells(name, np.atleast_1d(np.asarray(cells)))
        for name, cells in (("origin", origin), ("target", target))
    )
    if start.shape != (len(mazes),) or end.shape != (len(mazes),):
        raise ValueError(f"origin and target must be one cell for each of {len(mazes)} mazes")
    distance, ways = shortest_ways(mazes, start)
    rows = np.arange(len(mazes))
    if (start == end).any():
        raise ValueError("target must differ from the origin")
    if (bad := ways[rows, end] != 1).any():
        found = int(ways[rows, end][bad][0])
        raise ValueError(f"target must be reached by one shortest path, found {found} of them")
    return Puzzles(mazes, start, end, _trace(mazes, distance, end))


def _trace(mazes: Mazes, distance: Integers, target: Integers) -> Integers:
    """Paths to the targets, from the distances of all cells from the origins, shape (N, L)."""
    rows, (neighbours, _) = np.arange(len(mazes)), neighbour_table(mazes.size)
    ways, place, here = mazes.open, distance[rows, target], target
    path = np.full((len(mazes), int(place.max()) + 1), -1)
    path[rows, place] = here
    steps = np.concatenate([distance, np.full((len(mazes), 1), -1)], axis=1)  # −1 outside
    for _ in range(path.shape[1] - 1):
        # The way back: an open neighbour one step nearer to the origin. There is one only.
        back = neighbours[here]
        fits = ways[rows, here] & (steps[rows[:, None], back] == (place - 1)[:, None])
        going = place > 0
        here = np.where(going, back[rows, fits.argmax(axis=1)], here)
        place = np.maximum(place - 1, 0)
        path[rows, place] = here
    return path


def _any_of(allowed: Booleans, rng: np.random.Generator) -> Integers:
    """One allowed column of each row, all alike likely."""
    chosen: Integers = (rng.random(allowed.shape) * allowed).argmax(axis=1)
    return chosen
