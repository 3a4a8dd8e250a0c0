"""Chapter "When it understands": a checkpoint after the other."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from .._validation import Array
from ..figures import LATENT_COLOURS, SERIES_COLOURS
from ..mazes.sweeps import courses, read_table
from ._explorer import Explorer, Parameter, Readout
from ._marks import Dots, Line, Panel

__all__ = ["maze_checkpoints"]

_KINDS = ("depth first", "percolation")
_RATES = ("exact", "valid", "reached")


def maze_checkpoints() -> Explorer:
    """What the maze solvers can do, and what a probe reads from them, over their training.

    The numbers are those of the table "emergence"; nothing is trained or asked here.

    Returns
    -------
    Explorer

    Examples
    --------
    >>> shown = maze_checkpoints().readouts_at(checkpoint=0, kind=0, seed=0)
    >>> shown["exact"], shown["valid"]
    ('0.000', '0.000')
    """
    table = read_table("emergence")
    seeds, steps = (sorted(table[key].unique().tolist()) for key in ("seed", "step"))
    last = sum(name.startswith("probe ") for name in table.columns) - 1

    @cache
    def course(kind: int, seed: int, measure: str) -> Array:
        at, values = courses(table, _KINDS[kind], measure)
        return np.column_stack([at, values[seed].mean(axis=0)])

    def compute(checkpoint: float, kind: float, seed: float) -> dict[str, Any]:
        t, k, r = round(checkpoint), round(kind), round(seed)
        rates = {name: course(k, r, name) for name in _RATES}
        probes = {name: course(k, r, f"{name} {last}") for name in ("probe", "joint")}
        degrees = course(k, r, "degrees")[0, 1]
        layers = np.arange(last + 1)
        joint = np.array([course(k, r, f"joint {layer}")[t, 1] for layer in layers])
        found = {name: values[t, 1] for name, values in (rates | probes).items()}
        return {
            **{f"{name} course": values for name, values in (rates | probes).items()},
            "chosen rates": np.array([values[t] for values in rates.values()]),
            "chosen probes": np.array([values[t] for values in probes.values()]),
            "degrees level": np.array([[0, degrees], [steps[-1], degrees]]),
            "degrees across": np.array([[-0.5, degrees], [last + 0.5, degrees]]),
            "layers": np.column_stack([layers, joint]),
            **found,
            "beyond": f"{100 * (found['joint'] - degrees):+.1f}".replace("-", "−"),
            "error": course(k, r, "error")[t, 1],
        }

    blue, orange, green, *_ = LATENT_COLOURS
    black, pink, *_ = SERIES_COLOURS
    ticks = tuple((float(step), f"{step}") for step in (0, 3000, 6000, 9000))
    return Explorer(
        name="maze_checkpoints",
        title="Solving and reading walls, checkpoint after checkpoint",
        description="Rates of solved unseen puzzles over training, accuracy of linear probes of "
        "the walls with and without the degrees of the cells, and the same by layer.",
        compute=compute,
        parameters=(
            Parameter(
                "checkpoint",
                "training step",
                range(len(steps)),
                start=min(8, len(steps) - 1),
                words=tuple(f"{step:,}" for step in steps),
            ),
            Parameter("kind", "mazes", range(2), words=_KINDS),
            Parameter("seed", "network", range(len(seeds)), words=tuple(map(str, seeds))),
        ),
        views=(
            Panel(
                "training step",
                "share of unseen puzzles",
                (-200, steps[-1] + 200),
                (-0.02, 1.02),
                (
                    Line("reached course", "target reached", green),
                    Line("valid course", "no wall crossed", orange),
                    Line("exact course", "shortest path, exactly", blue),
                    Dots("chosen rates", "", black),
                ),
                title="what it can do",
                xticks=ticks,
            ),
            Panel(
                "training step",
                "walls read right at <path>",
                (-200, steps[-1] + 200),
                (0.5, 1.0),
                (
                    Line("joint course", "from the stream and the degrees", blue),
                    Line("degrees level", "from the degrees alone", black, dashed=True),
                    Line("probe course", "from the stream alone", pink),
                    Dots("chosen probes", "", black),
                ),
                title="what it holds, after the last block",
                xticks=ticks,
            ),
            Panel(
                "blocks passed",
                "walls read right at <path>",
                (-0.6, last + 0.6),
                (0.8, 1.0),
                (
                    Line("degrees across", "", black, dashed=True),
                    Line("layers", "", blue),
                    Dots("layers", "", blue),
                ),
                title="stream and degrees, by layer",
                xticks=tuple((float(layer), f"{layer}") for layer in range(last + 1)),
            ),
        ),
        readouts=(
            Readout("exact", "exact"),
            Readout("valid", "valid"),
            Readout("reached", "target reached"),
            Readout("error", "error per token (nats)"),
            Readout("probe", "walls, from the stream alone"),
            Readout("beyond", "beyond the degrees (percentage points)"),
        ),
    )
