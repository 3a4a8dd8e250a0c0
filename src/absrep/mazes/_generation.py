"""Random mazes, thousands at once."""

from __future__ import annotations

import numpy as np

from .._validation import Seed, as_count, as_generator, as_number
from ._lattice import Booleans, Integers, Mazes, lattice_edges, neighbour_table

__all__ = ["depth_first", "held_out", "percolation"]


def depth_first(n_mazes: int, size: int, seed: Seed, *, forks: bool = True) -> Mazes:
    r"""Mazes dug by a depth-first walk that never enters a cell twice.

    From a random cell the walk goes on to a random neighbour that it has not seen; where there is
    none, it goes back to the last cell that has one. The passages form a spanning tree.

    Parameters
    ----------
    n_mazes : int
    size : int
        Cells on a side.
    seed : int or Generator
    forks : bool, default True
        Without, the walk ends where it would have to go back: one corridor, which leaves some
        cells out (the "hallways" of Ivanitskiy et al.).

    Returns
    -------
    Mazes

    Raises
    ------
    ValueError, TypeError
        Naming the argument that is out of range.

    Examples
    --------
    >>> mazes = depth_first(1000, 4, seed=0)
    >>> set(mazes.passages.sum(axis=1).tolist())
    {15}
    >>> bool(depth_first(1000, 4, seed=0, forks=False).degrees.max() == 2)
    True
    """
    n = as_count("n_mazes", n_mazes)
    neighbours, edges = neighbour_table(as_count("size", size, at_least=2))
    n_cells, rows = size * size, np.arange(n)
    rng = as_generator("seed", seed)
    passages = np.zeros((n, len(lattice_edges(size))), bool)
    seen = np.zeros((n, n_cells + 1), bool)
    seen[:, n_cells] = True  # outside
    trail = np.zeros((n, n_cells), np.int64)
    depth = np.zeros(n, np.int64)
    here = rng.integers(n_cells, size=n)
    trail[:, 0], seen[rows, here] = here, True
    # A tree has n² − 1 passages, and the walk goes back through each at most once.
    for _ in range(2 * n_cells - 2):
        free = ~seen[rows[:, None], neighbours[here]]
        chosen = (rng.random((n, 4)) * free).argmax(axis=1)
        moved = free[rows, chosen]
        passages[rows[moved], edges[here, chosen][moved]] = True
        ahead = neighbours[here, chosen]
        if forks:
            depth = np.where(moved, depth + 1, np.maximum(depth - 1, 0))
            trail[rows[moved], depth[moved]] = ahead[moved]
            here = trail[rows, depth]
        else:
            here = np.where(moved, ahead, here)
        seen[rows, here] = True
        if not moved.any() and (not forks or not depth.any()):
            break
    return Mazes(size, passages)


def percolation(
    n_mazes: int, size: int, seed: Seed, *, openness: float, base: Mazes | None = None
) -> Mazes:
    """Mazes in which each wall is missing by itself, with one probability.

    They may fall into parts and may have loops, so that some pairs of cells have no way between
    them, and some have several.

    Parameters
    ----------
    n_mazes : int
    size : int
        Cells on a side.
    seed : int or Generator
    openness : float
        Probability of a passage, from 0 to 1. A maze has at least one: those without are drawn
        again.
    base : Mazes, optional
        Passages that are there anyway, such as trees of `depth_first`: "percolated" trees.

    Returns
    -------
    Mazes

    Raises
    ------
    ValueError, TypeError
        Naming the argument that is out of range.

    Examples
    --------
    >>> mazes = percolation(1000, 4, seed=0, openness=0.6)
    >>> abs(float(mazes.passages.mean()) - 0.6) < 0.01
    True
    """
    n, p = as_count("n_mazes", n_mazes), as_number("openness", openness, at_least=0)
    n_edges = len(lattice_edges(as_count("size", size, at_least=2)))
    if p > 1 or (p == 0 and base is None):
        raise ValueError(f"openness must be above 0 and at most 1, found {openness}")
    if base is not None and (len(base) != n or base.size != size):
        raise ValueError(f"base must be {n} mazes of size {size}, found {len(base)} of {base.size}")
    rng = as_generator("seed", seed)
    passages = rng.random((n, n_edges)) < p
    if base is not None:
        return Mazes(size, passages | base.passages)
    while (empty := ~passages.any(axis=1)).any():
        passages[empty] = rng.random((int(empty.sum()), n_edges)) < p
    return Mazes(size, passages)


def held_out(mazes: Mazes, share: float = 0.3) -> Booleans:
    """Mazes that training must never see: a fixed part of all that there are.

    A maze belongs to it or not by a hash of its passages alone, so the same maze is on the same
    side wherever and whenever it is drawn, whatever its origin and target.

    Parameters
    ----------
    mazes : Mazes
    share : float, default 0.3
        Of all mazes, between 0 and 1.

    Returns
    -------
    bool array, shape (N,)

    Examples
    --------
    >>> mazes = depth_first(5000, 4, seed=0)
    >>> abs(float(held_out(mazes).mean()) - 0.3) < 0.03
    True
    """
    part = as_number("share", share, above=0)
    if part >= 1:
        raise ValueError(f"share must be below 1, found {share}")
    return _hash(mazes.passages) < np.uint64(part * 2.0**64)


def _hash(passages: Booleans) -> Integers:
    """64 bits for each row: the exclusive or of a fixed random word for every passage."""
    words = np.random.default_rng(2312_02566).integers(
        2**64 - 1, size=passages.shape[1], dtype=np.uint64
    )
    mixed = np.bitwise_xor.reduce(np.where(passages, words, np.uint64(0)), axis=1)
    return mixed  # type: ignore[no-any-return]
