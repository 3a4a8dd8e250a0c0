"""Chapter "The maze inside": a solver at work, and the walls that a probe reads from its stream."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike

from .._validation import Array
from ..figures import LATENT_COLOURS, SERIES_COLOURS
from ..mazes import WallProbe, fit_probe, lattice_edges, streams_at, walls_beside
from ..mazes.training import draw_puzzles, load, recipe
from ._explorer import Explorer, Parameter, Readout
from ._marks import PLOT, Area, Dots, Line, Panel, Segments
from ._maze_language import _frame, _places, _walls

__all__ = ["maze_within"]

_KIND = "depth first"
_N_FIT = 1200
_N_SHOWN = 8
_PLACES = (-3, 0, 1, 2, 3, 4)
_SHORTEST = 4  # steps: so that every puzzle has all places
_WORDS = ("the origin in the question", "<path>", "1st cell", "2nd cell", "3rd cell", "4th cell")


def maze_within() -> Explorer:
    """What one solver says, and what a probe of its stream draws, layer by layer, word by word.

    The probes are fitted once, on mazes that the solver was trained on; the mazes shown are the
    first that come of those it has not seen.

    Returns
    -------
    Explorer

    Examples
    --------
    >>> shown = maze_within().readouts_at(maze=1, word=1, layer=0)
    >>> shown["says"]
    '(3,1)'
    """
    about = recipe("solver")
    words, draw = about.vocabulary, about.kinds[_KIND]
    network, rng = load("solver", seeds=[0]), np.random.default_rng(28)
    drawn = [
        draw_puzzles(draw, n, about.size, rng, unseen=u) for n, u in ((2600, False), (40, True))
    ]
    seen, new = (some[some.lengths >= _SHORTEST] for some in drawn)
    seen, new = seen[:_N_FIT], new[:_N_SHOWN]
    streams = streams_at(network, words.encode(seen, rng), _PLACES)[0]
    sentences = words.encode(new, rng)
    shown = streams_at(network, sentences, _PLACES)[0]
    with torch.no_grad():
        said = network(torch.from_numpy(sentences.tokens))[0].numpy().argmax(axis=-1)
    degrees = fit_probe(seen.mazes.degrees, seen.mazes)
    alone, beside = (
        [[fit_probe(x, seen.mazes) for x in np.moveaxis(layer, 1, 0)] for layer in some]
        for some in (streams, _with(streams, seen.mazes.degrees))
    )
    edges = lattice_edges(about.size)

    def compute(maze: float, word: float, layer: float) -> dict[str, Any]:
        m, k, depth = round(maze) - 1, round(word), round(layer)
        puzzle, place = new[[m]], _PLACES[k]
        stream = shown[depth, [m], k]
        probe: WallProbe = alone[depth][k]
        sure = np.clip(-probe.scores(stream)[0], -1, 1)  # of a wall, above 0
        wall, missed = sure > 0, (sure <= 0) & ~puzzle.mazes.passages[0]
        right = probe.right(stream, puzzle.mazes)[0]
        path = puzzle.path[0][: puzzle.lengths[0] + 1]
        walked = path[: max(place, 1)]
        here = walls_beside(walked[-1:], about.size)[0]
        following = words.words[said[m, sentences.prompt[m] - 1 + place]] if place >= 0 else ""
        both = beside[depth][k].right(_with(stream, puzzle.mazes.degrees), puzzle.mazes)
        from_degrees = degrees.right(puzzle.mazes.degrees, puzzle.mazes)
        true = np.concatenate([_walls(edges[~puzzle.mazes.passages[0]]), _frame()])
        return {
            "walls": true,
            "way": _places(path),
            "walked": _places(walked),
            "here": _places(walked[-1:]),
            "target": _places(path[-1:]),
            "right": _bars(edges[wall & right], sure[wall & right]),
            "wrong": _bars(edges[wall & ~right], sure[wall & ~right]),
            "missed": _walls(edges[missed]),
            "frame": _frame(),
            "n right": f"{right.sum()} of {right.size}",
            "n here": f"{right[here].sum()} of {here.sum()}",
            "degrees": f"{from_degrees.sum()} of {right.size}",
            "both": f"{both.sum()} of {right.size}",
            "says": following or "nothing: the question is not over",
            "should": words.words[path[place]] if place >= 0 else "nothing yet",
        }

    reach = about.size / 2 + 0.1
    wide, middle = reach * PLOT[0] / PLOT[1], (about.size - 1) / 2
    ticks = tuple((i, str(i)) for i in range(about.size))

    def square(title: str, *marks: Line | Segments | Area | Dots) -> Panel:
        return Panel(
            "column",
            "row",
            (middle - wide, middle + wide),
            (-middle - reach, -middle + reach),
            marks,
            title=title,
            bare=True,
            xticks=ticks,
            yticks=tuple((-i, name) for i, name in ticks),
        )

    blue, red, green = LATENT_COLOURS[:3]
    return Explorer(
        name="maze_within",
        title="A solver at work, and the maze in its stream",
        description="Left: a maze with its walls, the shortest path, and the cells that have been "
        "said so far. Right: the walls that a linear probe reads from the stream of the last word "
        "said, after the chosen number of blocks; the thicker, the surer; green where there is "
        "one, red where there is none, and dashed where it misses one.",
        compute=compute,
        parameters=(
            Parameter("maze", "maze", range(1, _N_SHOWN + 1)),
            Parameter("word", "word read from", range(len(_PLACES)), start=1, words=_WORDS),
            Parameter("layer", "blocks passed", range(about.n_blocks + 1), start=6),
        ),
        views=(
            square(
                "the maze",
                Segments("walls"),
                Line("way", "shortest path", SERIES_COLOURS[3], dashed=True),
                Line("walked", "said", blue),
                Dots("here", "last cell", SERIES_COLOURS[2]),
                Dots("target", "target", SERIES_COLOURS[1]),
            ),
            square(
                "walls read from the stream",
                Area("right", "wall read", green),
                Area("wrong", "read where there is none", red),
                Segments("missed", "missed", red, dashed=True),
                Segments("frame"),
            ),
        ),
        readouts=(
            Readout("n right", "walls read right"),
            Readout("n here", "around the last cell"),
            Readout("degrees", "from the degrees alone"),
            Readout("both", "from stream and degrees"),
            Readout("says", "the solver says next"),
            Readout("should", "the path goes on to"),
        ),
    )


def _with(streams: Array, counts: ArrayLike) -> Array:
    """Streams (..., N, width) or (..., N, K, width), and beside each the degrees of its maze."""
    degrees = np.asarray(counts, dtype=np.float64)
    wide = degrees if streams.ndim == 2 else degrees[:, None]
    shape = (*streams.shape[:-1], degrees.shape[1])
    return np.concatenate([streams, np.broadcast_to(wide, shape)], axis=-1)


def _bars(edges: Array, sure: Array) -> Array:
    """Walls as bars, the thicker, the surer."""
    ends = _walls(edges)
    along = ends[:, 1] - ends[:, 0]
    half = along[:, ::-1] * (0.03 + 0.1 * sure[:, None])
    first, second = ends[:, 0] + 0.06 * along, ends[:, 1] - 0.06 * along
    corners = np.stack([first - half, second - half, second + half, first + half], axis=1)
    gap = np.full((len(ends), 1, 2), np.nan)
    return np.concatenate([corners, gap], axis=1).reshape(-1, 2)
