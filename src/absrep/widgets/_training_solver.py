"""Chapter "Training one that solves mazes": an answer, word by word."""

from __future__ import annotations

from functools import cache, partial
from typing import Any

import numpy as np

from ..figures import LATENT_COLOURS, SERIES_COLOURS
from ..mazes import (
    Mazes,
    Puzzles,
    depth_first,
    foretell,
    lattice_edges,
    percolation,
    solve_rates,
)
from ..mazes.training import draw_puzzles, load, recipe
from ._explorer import Explorer, Parameter, Readout
from ._marks import Dots, Line, Panel, Segments, Squares, Stars

__all__ = ["solving"]

_SIZE = 4
_LONGEST = 14
_NO_POINT = np.zeros((0, 2))


def solving() -> Explorer:
    """Eight unseen puzzles: what a trained network says, word by word, and how sure it is.

    The network is the first of the three of the book. The puzzles are chosen by a rule from two
    hundred of each kind: one of middle length and the longest of those solved exactly, and the
    first two long depth-first ones that are not.

    Returns
    -------
    Explorer

    Examples
    --------
    >>> explorer = solving()
    >>> explorer.readouts_at(puzzle=0, word=0)["said"] == explorer.readouts_at(puzzle=0, word=0)[
    ...     "right"
    ... ]
    True
    """
    words = recipe("solver").vocabulary
    names, puzzles, chances, said = _cases()
    cells = np.column_stack([np.arange(16) % _SIZE, -(np.arange(16) // _SIZE)]).astype(float)

    def compute(puzzle: float, word: float) -> dict[str, Any]:
        row, now = round(puzzle), round(word)
        path = said[row]
        # The path so far, before the word of this step is said.
        last = len(path) - 1
        step = min(now, last)
        here, way = path[:step], chances[row][step]
        one = puzzles[row]
        right = [*one.path[0][one.path[0] >= 0].tolist(), words["<end>"]]
        on_the_way = path[:step] == right[:step]
        sure = np.array([chances[row][k][path[k]] for k in range(len(path))])
        return {
            "walls": _walls(one.mazes),
            "frame": np.array([[-0.5, 0.5], [3.5, 0.5], [3.5, -3.5], [-0.5, -3.5], [-0.5, 0.5]]),
            "origin": cells[one.origin],
            "target": cells[one.target],
            "so_far": cells[here] if here else _NO_POINT,
            "here": cells[here[-1:]] if here else _NO_POINT,
            "next": way[:16].reshape(_SIZE, _SIZE),
            "sure": np.column_stack([np.arange(len(path)), sure]),
            "at": np.array([[float(step), sure[step]]]),
            "said": words.words[path[step]],
            "chance": float(sure[step]),
            "right": words.words[right[step]] if on_the_way else "has left the way",
            "product": float(np.prod(sure[: step + 1])),
        }

    blue, orange, *_ = LATENT_COLOURS
    return Explorer(
        name="solving",
        title="A network solves a maze, word by word",
        description="A maze with origin, target and the path said so far; squares in the cells "
        "show how likely each is as the next word. Beside it the probability of the word said at "
        "each step.",
        compute=compute,
        parameters=(
            Parameter("puzzle", "puzzle", range(len(names)), words=names),
            Parameter("word", "words said so far", range(_LONGEST), start=1),
        ),
        views=(
            Panel(
                "",
                "",
                (-1.52, 4.52),
                (-3.6, 0.6),
                (
                    Squares("next", "chance of the next word", colour=orange),
                    Segments("walls"),
                    Line("frame"),
                    Line("so_far", "said so far", colour=blue),
                    Dots("here", "here", colour=blue),
                    Dots("origin", "origin", filled=False),
                    Stars("target", "target"),
                ),
                title="maze, and the word to come",
                bare=True,
                xticks=tuple((column, str(column)) for column in range(_SIZE)),
                yticks=tuple((-row, str(row)) for row in range(_SIZE)),
            ),
            Panel(
                "word of the answer",
                "probability of what is said",
                (-0.5, _LONGEST - 0.5),
                (0, 1.05),
                (
                    Line("sure", "of each word said", SERIES_COLOURS[0]),
                    Dots("at", "of this one", colour=orange),
                ),
            ),
        ),
        readouts=(
            Readout("said", "says (row, column)"),
            Readout("chance", "with probability"),
            Readout("right", "right word"),
            Readout("product", "probability of all words so far"),
        ),
    )


def _walls(maze: Mazes) -> Any:
    """Strokes between the cells that are not joined."""
    first, second = lattice_edges(_SIZE)[~maze.passages[0]].T
    x = (first % _SIZE + second % _SIZE) / 2
    y = -(first // _SIZE + second // _SIZE) / 2
    upright = second == first + 1
    half = np.where(upright[:, None], [0.0, 0.5], [0.5, 0.0])
    middle = np.column_stack([x, y])
    return np.stack([middle - half, middle + half], axis=1)


@cache
def _cases() -> tuple[tuple[str, ...], list[Puzzles], list[Any], list[list[int]]]:
    """Names, puzzles, chances of every next word along the network's own answer, and answers."""
    network, words = load("solver", seeds=[0]), recipe("solver").vocabulary
    rng = np.random.default_rng(5)
    kinds = {
        "depth first": depth_first,
        "percolation": partial(percolation, openness=0.55),
        "corridor": partial(depth_first, forks=False),
    }
    names: list[str] = []
    puzzles: list[Puzzles] = []
    chances: list[Any] = []
    said: list[list[int]] = []
    for kind, draw in kinds.items():
        drawn = draw_puzzles(draw, 200, _SIZE, rng, unseen=True)
        answers = solve_rates(network, words, drawn, seed=0)[0]
        # The network's own answers in the place of the right ones, in the same sentences.
        own = Puzzles(drawn.mazes, drawn.origin, drawn.target, answers.path)
        foretold = foretell(network, words, own, seed=0)[0]
        fits = answers.ended & (own.lengths < _LONGEST - 1)
        solved = np.flatnonzero(fits & answers.exact)
        by_length = solved[np.argsort(drawn.lengths[solved], kind="stable")]
        wrong = np.flatnonzero(fits & ~answers.exact & (drawn.lengths > 4))
        picks = [
            by_length[len(by_length) // 2],
            by_length[-1],
            *wrong[: 2 * (kind == "depth first")],
        ]
        for row in picks:
            length = int(own.lengths[row])
            outcome = "solved" if answers.exact[row] else "not solved"
            names.append(f"{kind}, {drawn.lengths[row]} steps, {outcome}")
            puzzles.append(drawn[[row]])
            chances.append(foretold[row, : length + 2])
            said.append([*own.path[row, : length + 1].tolist(), words["<end>"]])
    return tuple(names), puzzles, chances, said
