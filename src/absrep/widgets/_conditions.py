"""Chapter "Conditions and robustness": the tables of trained networks, to be looked through."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from .._validation import Array
from ..evidence import (
    Box,
    EvidenceTask,
    Trials,
    fan,
    ideal_observer,
    on_the_diagonal,
    orthant_generalisation,
    probit_of_logit,
    r2_limit,
)
from ..evidence.sweeps import read_table
from ..figures import LATENT_COLOURS, SERIES_COLOURS
from ._explorer import Explorer, Parameter, Readout
from ._marks import Dots, Line, Panel, Segments

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["noise_and_time", "number_of_tasks"]

_MEASURES = {
    "within": "new trials from everywhere",
    "published": "held out, published test",
    "held_out": "held-out quadrant",
    "held_out_own": "the same, against its own variance",
    "answers_held_out": "held-out quadrant, from the answers",
}
_BOX = Box(np.array([0.5, 0.5]))
_NOISE, _STEPS = 0.2, 20
# Where r² is written on an axis that is even in log(1 − r²).
_TICKS = (-1, 0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99)


def number_of_tasks() -> Explorer:
    """How well the latents are read from trained networks, against the number of tasks.

    The networks are those of the table "tasks" (and of "controls", without training); nothing is
    trained here. The lines are what optimal answers allow.

    Returns
    -------
    Explorer

    Examples
    --------
    >>> shown = number_of_tasks().readouts_at(architecture=0, measure=2, tasks=4)
    >>> float(shown["logits"]) < 0.93 < float(shown["probits"])
    True
    """
    table = read_table("tasks")
    control = read_table("controls")
    control = control[control.encoder == "wide"]
    kinds = tuple(dict.fromkeys(table.architecture))
    columns = tuple(_MEASURES)
    counts = np.sort(table.tasks.unique())
    theory = {
        read.__name__: np.array([_optimal(int(k), read) for k in counts])
        for read in (np.asarray, probit_of_logit)
    }

    @cache
    def curves(architecture: int, measure: int) -> dict[str, Any]:
        column = columns[measure]
        rows = table[table.architecture == kinds[architecture]]
        bare = control[control.architecture == kinds[architecture]][column].median()
        return {
            **_networks(rows, "tasks", column),
            "logit line": _at(counts, theory["asarray"][:, measure]),
            "probit line": _at(counts, theory["probit_of_logit"][:, measure]),
            "untrained line": _at([counts[0], counts[-1]], [bare, bare]),
            "untrained": bare,
        }

    def compute(architecture: float, measure: float, tasks: float) -> dict[str, Any]:
        kind, which, k = round(architecture), round(measure), round(tasks)
        column = columns[which]
        here = table[(table.architecture == kinds[kind]) & (table.tasks == counts[k])]
        return {
            **curves(kind, which),
            "now": _at(here.tasks, here[column]),
            **_summary(here[column]),
            "probits": theory["probit_of_logit"][k, which],
            "logits": theory["asarray"][k, which],
        }

    _, pink, orange, blue, *_ = SERIES_COLOURS
    return Explorer(
        name="number_of_tasks",
        title="Number of tasks, and how well the latents are read",
        description="r² of the latents read from trained networks against the number of tasks, "
        "five networks each with median and middle half, what optimal answers would allow, and "
        "the level of networks that were not trained.",
        compute=compute,
        parameters=(
            Parameter("architecture", "network", range(len(kinds)), words=kinds),
            Parameter("measure", "tested on", range(5), start=2, words=tuple(_MEASURES.values())),
            Parameter("tasks", "K, tasks", range(len(counts)), words=tuple(f"{k}" for k in counts)),
        ),
        views=(
            Panel(
                "tasks K",
                "r² of the latents",
                (1.7, 29),
                (_height(-2), _height(0.991)),
                (
                    Line("probit line", "optimal answers, as probits", blue),
                    Line("logit line", "optimal answers, as logits", blue, dashed=True),
                    Line("untrained line", "median without training", pink, dashed=True),
                    Dots("networks", "trained networks", SERIES_COLOURS[0]),
                    Line("medians", "their median", SERIES_COLOURS[0]),
                    Segments("middle", "middle half", SERIES_COLOURS[0]),
                    Dots("now", "at this K", orange),
                ),
                xlog=True,
                xticks=tuple((float(k), f"{k}") for k in counts),
                yticks=_ticks(),
            ),
        ),
        readouts=(
            Readout("median", "r², median"),
            Readout("lowest", "lowest"),
            Readout("highest", "highest"),
            Readout("untrained", "without training"),
            Readout("probits", "optimal, as probits"),
            Readout("logits", "optimal, as logits"),
        ),
    )


def noise_and_time() -> Explorer:
    """How well the latents are read from trained networks, against noise and time.

    The networks are those of the table "conditions"; nothing is trained here.

    Returns
    -------
    Explorer

    Examples
    --------
    >>> shown = noise_and_time().readouts_at(noise=1, steps=1, tasks=2)
    >>> shown["unknown"], shown["limit"]
    ('0.0240', '0.978')
    """
    table = read_table("conditions")
    table = table.assign(unknown=table.noise**2 / table.steps / _BOX.variance[0])
    noises, lengths, counts = (np.sort(table[c].unique()) for c in ("noise", "steps", "tasks"))
    fine = np.geomspace(0.0025, 0.45, 40)
    limits = r2_limit(_BOX, np.sqrt(fine * _BOX.variance[0]))[:, 0]

    @cache
    def curves(count: int) -> dict[str, Any]:
        rows = table[table.tasks == count]
        parts: dict[str, Array] = {}
        for column in ("within", "held_out"):
            found = _networks(rows, "unknown", column)
            parts |= {f"{column} {name}": values for name, values in found.items()}
        return parts

    def compute(noise: float, steps: float, tasks: float) -> dict[str, Any]:
        sigma, length, count = noises[round(noise)], lengths[round(steps)], counts[round(tasks)]
        here = table[(table.tasks == count) & (table.noise == sigma) & (table.steps == length)]
        unknown = sigma**2 / length / _BOX.variance[0]
        return {
            **curves(int(count)),
            "limit line": _at(fine, limits),
            "plain line": _at(fine, 1 - fine),
            "within now": _at(here.unknown, here.within),
            "held_out now": _at(here.unknown, here.held_out),
            "unknown": unknown,
            "limit": r2_limit(_BOX, [sigma / np.sqrt(length)])[0, 0],
            "within": _summary(here.within)["median"],
            "held out": _summary(here.held_out)["median"],
            "own": _summary(here.held_out_own)["median"],
        }

    blue, orange = LATENT_COLOURS[0], SERIES_COLOURS[2]

    def panel(column: str, title: str) -> Panel:
        return Panel(
            "σ²/(T v), what is left unknown",
            "r² of the latents",
            (0.0025, 0.45),
            (_height(-1), _height(0.9975)),
            (
                Line("limit line", "limit, walls known", blue),
                Line("plain line", "1 − σ²/(T v)", blue, dashed=True),
                Dots(f"{column} networks", "trained networks", SERIES_COLOURS[0]),
                Segments(f"{column} middle", "middle half", SERIES_COLOURS[0]),
                Dots(f"{column} now", "at this noise and time", orange),
            ),
            title=title,
            xlog=True,
            yticks=_ticks(),
        )

    return Explorer(
        name="noise_and_time",
        title="Noise and time",
        description="r² of the latents read from trained networks against the share of variance "
        "that the evidence leaves unknown, on trials from everywhere and in a held-out quadrant, "
        "with the limit of every observer.",
        compute=compute,
        parameters=(
            Parameter("noise", "σ, noise", range(len(noises)), 1, words=_words(noises)),
            Parameter("steps", "T, steps", range(len(lengths)), 1, words=_words(lengths)),
            Parameter("tasks", "K, tasks", range(len(counts)), 2, words=_words(counts)),
        ),
        views=(panel("within", "everywhere"), panel("held_out", "held-out quadrant")),
        readouts=(
            Readout("unknown", "σ²/(T v)", ".4f"),
            Readout("limit", "limit of r²"),
            Readout("within", "r² everywhere, median"),
            Readout("held out", "r² held out, median"),
            Readout("own", "against its own variance"),
        ),
    )


def _optimal(n_tasks: int, read: Any) -> list[float]:
    """What a linear read-out of optimal answers reaches, one number for each of `_MEASURES`."""
    # One look with the noise of the mean of all is the same evidence, and cheaper to draw.
    noise = _NOISE / np.sqrt(_STEPS)
    task = EvidenceTask(fan(n_tasks), _BOX, noise, 1)

    def answers(trials: Trials) -> Array:
        logits = ideal_observer(trials.evidence, noise).logits(fan(n_tasks))
        return np.asarray(read(logits[:, -1]))[None]

    true = orthant_generalisation(answers, task, n_fit=4000, n_test=8000, rng=0)
    wrong = orthant_generalisation(
        answers, task, n_fit=4000, n_test=8000, rng=0, sample_held_out=on_the_diagonal
    )
    held, own = np.median(true.held_out), np.median(true.held_out_own)
    return [float(r) for r in (true.within[0], np.median(wrong.held_out), held, own, held)]


def _networks(rows: pd.DataFrame, x: str, column: str) -> dict[str, Array]:
    """Every network, and median and middle half at each place."""
    quartiles = rows.groupby(x)[column].quantile([0.25, 0.5, 0.75]).unstack()
    places = np.asarray(quartiles.index, dtype=float)
    low, middle, high = (_at(places, quartiles[q]) for q in (0.25, 0.5, 0.75))
    return {
        "networks": _at(rows[x], rows[column]),
        "medians": middle,
        "middle": np.stack([low, high], axis=1),
    }


def _summary(values: pd.Series[float]) -> dict[str, float | str]:
    if not len(values):
        return dict.fromkeys(("median", "lowest", "highest"), "not trained")
    return {"median": values.median(), "lowest": values.min(), "highest": values.max()}


def _height(r2: ArrayLike) -> Any:
    """Place of r² on the vertical axis: even in the logarithm of the error."""
    return -np.log10(1 - np.asarray(r2, dtype=float))


def _at(x: ArrayLike, r2: ArrayLike) -> Array:
    return np.column_stack([np.asarray(x, dtype=float), _height(r2)])


def _ticks() -> tuple[tuple[float, str], ...]:
    return tuple((float(_height(r)), f"{r:g}".replace("-", "−")) for r in _TICKS)


def _words(values: Array) -> tuple[str, ...]:
    return tuple(f"{value:g}" for value in values)
