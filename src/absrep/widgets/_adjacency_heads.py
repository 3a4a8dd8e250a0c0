"""Chapter "Adjacency heads": a wall moved inside a solver, and where it then goes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from ..figures import LATENT_COLOURS, SERIES_COLOURS
from ..mazes import (
    Forks,
    ForkView,
    Puzzles,
    close_passages,
    fork_logits,
    fork_sentences,
    lattice_edges,
    open_walls,
    path_steps,
    step_streams,
    way_directions,
)
from ..mazes.training import draw_puzzles, load, recipe
from ._explorer import Explorer, Parameter, Readout
from ._marks import Bars, Dots, Line, Panel, Segments, Stars

__all__ = ["edited_wall"]

_EACH = 3  # mazes of each kind
_KINDS = ("shortcut", "no use", "closed")
_WAYS = ("up", "down", "left", "right", "else")


def edited_wall() -> Explorer:
    """Mazes with a wall that is opened or closed in the stream only, at the current cell.

    The solver of seed 0 is loaded and the directions are made once; the mazes are unseen ones of
    percolation in which the solver is right.

    Returns
    -------
    Explorer

    Examples
    --------
    >>> explorer = edited_wall()
    >>> explorer.readouts_at(maze=0, blocks=3, dose=0)["says"]
    'stays on its way'
    """
    solver, rng = recipe("solver"), np.random.default_rng(5)
    network, kind, size = load("solver", [0]), solver.kinds["percolation"], solver.size
    seen = draw_puzzles(kind, 600, size, rng, unseen=False)
    told = solver.vocabulary.encode(seen, rng)
    steps = path_steps(seen, told)
    directions = way_directions(step_streams(network, told, steps), seen, told, steps)
    makers: tuple[Callable[[Puzzles], Forks], ...] = (
        lambda puzzles: open_walls(puzzles, rng, useful=True),
        lambda puzzles: open_walls(puzzles, rng, useful=False),
        lambda puzzles: close_passages(puzzles, rng),
    )
    edges = lattice_edges(size)
    cases = []
    for number, make in enumerate(makers):
        forks = make(draw_puzzles(kind, 1500, size, rng, unseen=True))[:20]
        sentences, _, _ = fork_sentences(solver.vocabulary, forks, rng)
        beyond = forks.ahead if number == 2 else forks.instead
        way = (_beside(forks.cell, size) == beyond[:, None]).argmax(1)
        step = directions[:, forks.cell, way] * (-1 if number == 2 else 1)
        right = fork_logits(network, sentences, forks).argmax(1) == forks.ahead
        good = np.flatnonzero(right & np.isfinite(step).all((0, 2)) & (forks.number > 0))[:_EACH]
        view = ForkView(network, sentences, forks)
        cases += [(_Case(view, forks, i, step[:, i], beyond[i]), number) for i in good]

    def compute(maze: float, blocks: float, dose: float) -> dict[str, Any]:
        case, number = cases[round(maze)]
        share = case.shares(round(blocks), dose)
        ways = _beside(np.array([case.cell]), size)[0]
        of_ways = [share[w] if w >= 0 else 0.0 for w in ways]
        said = int(share.argmax())
        passages = case.forks.first.mazes.passages[case.row]
        changed = (edges == sorted((case.cell, case.beyond))).all(1)
        says = {case.ahead: "stays on its way", case.instead: "follows the edit"}
        return {
            "walls": _strokes(edges[~passages & ~changed], size),
            "edited": _strokes(edges[changed], size),
            "frame": np.array([[0, 0], [size, 0], [size, -size], [0, -size], [0, 0]]) - [0.5, -0.5],
            "path": _points(case.path, size),
            "step": _points(np.array([case.cell, said if said < size**2 else case.cell]), size),
            "target": _points(case.target, size),
            "ways": np.array([*of_ways, max(0.0, 1 - sum(of_ways))]),
            "kind": _KINDS[number],
            "beyond": float(share[case.instead]),
            "kept": float(share[case.ahead]),
            "says": says.get(said, "goes elsewhere"),
        }

    names = tuple(f"{k}: {_KINDS[number]}" for k, (_, number) in enumerate(cases, start=1))
    blue, red, green, *_ = LATENT_COLOURS
    return Explorer(
        name="edited_wall",
        title="A wall moved inside the network",
        description="An unseen maze with the path so far, the wall that is edited in the stream "
        "at the current cell, and the network's next step with its probabilities.",
        compute=compute,
        parameters=(
            Parameter("maze", "maze", range(len(cases)), words=names),
            Parameter("blocks", "edited after blocks", range(1, 7), start=2),
            Parameter("dose", "dose, differences of means", (0, 0.5, 1, 1.5, 2, 3, 4), start=2),
        ),
        views=(
            Panel(
                "",
                "",
                (-1.35, size + 0.35),
                (0.6 - size, 0.6),
                (
                    Line("frame"),
                    Segments("walls"),
                    Segments("edited", "edited wall", red, dashed=True),
                    Line("path", "path so far", blue),
                    Line("step", "next step of the network", green),
                    Dots("step", colour=green),
                    Stars("target", "target", SERIES_COLOURS[1]),
                ),
                title="the maze as told",
                bare=True,
                xticks=tuple((i, str(i)) for i in range(size)),
                yticks=tuple((-i, str(i)) for i in range(size)),
            ),
            Panel(
                "next word",
                "probability",
                (-0.6, 4.6),
                (0, 1.02),
                (Bars("ways", colour=green),),
                xticks=tuple(enumerate(_WAYS)),
                title="what it says",
            ),
        ),
        readouts=(
            Readout("kind", "edit"),
            Readout("says", "the network"),
            Readout("beyond", "probability of the step the edit asks for or offers"),
            Readout("kept", "probability of the way as told"),
        ),
    )


class _Case:
    """One maze, and what the network says of it after an edit."""

    def __init__(self, view: ForkView, forks: Forks, row: int, step: Any, beyond: int) -> None:
        self._view, self.forks, self.row, self._step = view, forks, int(row), step
        self.cell, self.beyond = int(forks.cell[row]), int(beyond)
        self.ahead, self.instead = int(forks.ahead[row]), int(forks.instead[row])
        self.path = forks.first.path[row, : forks.number[row] + 1]
        self.target = forks.first.target[row : row + 1]

    def shares(self, blocks: int, dose: float) -> Any:
        """Probabilities of the next word."""
        stream = self._view.streams[blocks] + torch.from_numpy(dose * self._step[blocks])
        logits = self._view.logits(blocks, stream)[self.row]
        weights = np.exp(logits - logits.max())
        return weights / weights.sum()


def _beside(cells: Any, size: int) -> Any:
    """Cells up, down, left and right, (N, 4); −1 where the lattice ends."""
    row, column = cells[:, None] // size, cells[:, None] % size
    rows, columns = row + np.array([-1, 1, 0, 0]), column + np.array([0, 0, -1, 1])
    inside = (rows >= 0) & (rows < size) & (columns >= 0) & (columns < size)
    return np.where(inside, rows * size + columns, -1)


def _points(cells: Any, size: int) -> Any:
    return np.column_stack([cells % size, -(cells // size)]).astype(float)


def _strokes(edges: Any, size: int) -> Any:
    """Walls between pairs of cells, (n, 2, 2)."""
    ends = np.stack([_points(edges[:, k], size) for k in (0, 1)], axis=1)
    middle, half = ends.mean(1), (ends[:, 1] - ends[:, 0])[:, ::-1] / 2
    return np.stack([middle - half, middle + half], axis=1)
