"""Chapter "Mazes as a language": a maze, its question, its path, and the words they become."""

from __future__ import annotations

from functools import cache
from math import lgamma, log

import numpy as np

from .._validation import Array
from ..figures import LATENT_COLOURS, SERIES_COLOURS
from ..mazes import Mazes, Puzzles, Vocabulary, depth_first, lattice_edges, percolation, pose
from ._explorer import Explorer, Parameter, Readout
from ._marks import PLOT, Dots, Line, Panel, Segments, Words

__all__ = ["maze_sentence"]

_SIZE = 4
_N_MAZES = 10
_N_ORDERS = 4
_COLUMNS, _ROWS = 4, 6  # of the list: room for every passage
_AWAY = -90.0  # outside of the panel


def maze_sentence() -> Explorer:
    """A maze, and the list of its passages in one of its random orders.

    Returns
    -------
    Explorer

    Examples
    --------
    >>> maze_sentence().readouts_at(kind=0, maze=1, order=1)["passages"]
    '15'
    """
    words = Vocabulary(_SIZE)
    names = [f"{cell // _SIZE}{cell % _SIZE}" for cell in range(words.n_cells)]
    edges = lattice_edges(_SIZE)
    said = tuple(f"{names[a]} {names[b]}" for pair in edges for a, b in (pair, pair[::-1]))
    cross = 0.17 * np.array([[[-1, -1], [1, 1]], [[-1, 1], [1, -1]]])

    @cache
    def puzzles(kind: int) -> Puzzles:
        drawn: Mazes = (
            depth_first(_N_MAZES, _SIZE, seed=2),
            depth_first(_N_MAZES, _SIZE, seed=2, forks=False),
            percolation(_N_MAZES, _SIZE, seed=2, openness=0.55),
        )[kind]
        return pose(drawn, seed=3)

    def compute(kind: float, maze: float, order: float) -> dict[str, Array | float | str]:
        puzzle = puzzles(round(kind))[[round(maze) - 1]]
        sentences = words.encode(puzzle, seed=round(order))
        tokens, prompt = sentences.tokens[0], int(sentences.prompt[0])
        pairs = tokens[1 : prompt - 5].reshape(-1, 2)
        places = np.full((len(said), 2), _AWAY)
        for k, (a, b) in enumerate(pairs.tolist()):
            word = said.index(f"{names[a]} {names[b]}")
            places[word] = k % _COLUMNS, -(k // _COLUMNS)
        walls = ~puzzle.mazes.passages[0]
        path = puzzle.path[0][: puzzle.lengths[0] + 1]
        m = len(pairs)
        return {
            "walls": np.concatenate([_walls(edges[walls]), _frame()]),
            "path": _places(path),
            "origin": _places(path[:1]),
            "target": _places(path[-1:]) + cross,
            "list": places,
            "passages": float(m),
            "question": f"from {names[path[0]]} to {names[path[-1]]}",
            "answer": " ".join(names[cell] for cell in path),
            "bits": lgamma(m + 1) / log(2) + m,
        }

    reach = _SIZE / 2 + 0.1
    wide = reach * PLOT[0] / PLOT[1]
    middle = (_SIZE - 1) / 2
    return Explorer(
        name="maze_sentence",
        title="A maze and its sentence",
        description="First panel: a maze of four by four cells with walls, the origin as a dot, "
        "the target as a cross and the path between them. Second: the passages of the maze as "
        "pairs of cells, in the order in which this sentence tells them.",
        compute=compute,
        parameters=(
            Parameter("kind", "kind", (0, 1, 2), words=("depth first", "corridor", "percolation")),
            Parameter("maze", "maze", range(1, _N_MAZES + 1)),
            Parameter("order", "order of the list", range(1, _N_ORDERS + 1)),
        ),
        views=(
            Panel(
                "column",
                "row",
                (middle - wide, middle + wide),
                (-middle - reach, -middle + reach),
                (
                    Segments("walls"),
                    Line("path", "path", LATENT_COLOURS[0]),
                    Dots("origin", "origin", SERIES_COLOURS[2]),
                    Segments("target", "target", LATENT_COLOURS[1]),
                ),
                title="the maze",
                bare=True,
                xticks=tuple((i, str(i)) for i in range(_SIZE)),
                yticks=tuple((-i, str(i)) for i in range(_SIZE)),
            ),
            Panel(
                "read line by line",
                "",
                (-0.2, _COLUMNS - 0.2),
                (0.8 - _ROWS, 0.6),
                (Words("list", texts=said),),
                title="passages in this sentence (row column, row column)",
                bare=True,
                xticks=((_AWAY, ""),),
                yticks=((_AWAY, ""),),
            ),
        ),
        readouts=(
            Readout("passages", "passages", ".0f"),
            Readout("question", "question"),
            Readout("bits", "order of the list", ".1f", "bits"),
            Readout("answer", "path"),
        ),
    )


def _places(cells: Array) -> Array:
    """Centres of cells, rows downwards."""
    return np.column_stack([cells % _SIZE, -(cells // _SIZE)]).astype(float)


def _walls(edges: Array) -> Array:
    """Strokes between the two cells of each pair."""
    first, second = _places(edges[:, 0]), _places(edges[:, 1])
    half = (second - first)[:, ::-1] / 2
    middle = (first + second) / 2
    return np.stack([middle - half, middle + half], axis=1)


def _frame() -> Array:
    low, high = -0.5, _SIZE - 0.5
    corners = np.array([[low, -low], [high, -low], [high, -high], [low, -high]])
    return np.stack([corners, np.roll(corners, -1, axis=0)], axis=1)
