"""Chapter "Reading the latents out": what the tails of the logits do to coordinates and to loss."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import log_expit, log_ndtr, ndtr

from .._validation import Array
from ..evidence import Box, EvidenceTask, extract_latents, fan, ideal_observer, probit_of_logit
from ..figures import LATENT_COLOURS, NEUTRAL, SERIES_COLOURS
from ._explorer import Explorer, Parameter, Readout
from ._marks import Bars, Dots, Line, Panel

__all__ = ["tails_of_the_logits"]

_NOISE = 0.2
_STRAIGHT = 1.702


def tails_of_the_logits() -> Explorer:
    """Straight logits, optimal ones and all between: coordinates by two formulas, and the loss.

    The published task with six boundaries. The trials are drawn once.

    Returns
    -------
    Explorer

    Examples
    --------
    >>> shown = tails_of_the_logits().readouts_at(optimal=1.0, steps=20)
    >>> shown["exact"], shown["excess"]
    ('1.000', '0.00 %')
    """
    tasks = fan(6)
    task = EvidenceTask(tasks, Box(np.array([0.5, 0.5])), _NOISE, 20)
    trials = task.trials(600, rng=3)
    every = ideal_observer(trials.evidence, _NOISE)
    margins = tasks.margins(every.mean) / every.spread(tasks)

    def answers(m: Array, optimal: float) -> Array:
        best = log_ndtr(m) - log_ndtr(-m)
        return np.asarray((1 - optimal) * _STRAIGHT * m + optimal * best)

    def compute(optimal: float, steps: float) -> dict[str, Any]:
        t = round(steps) - 1
        m, mu = margins[:, t], every.mean[:, t]
        u, s = answers(m, optimal), every.spread(tasks)[t]
        exact = extract_latents(probit_of_logit(u), tasks, s)
        straight = extract_latents(u / _STRAIGHT, tasks, s)
        best = log_ndtr(m) - log_ndtr(-m)
        lost = _cross_entropy(m, u) / _cross_entropy(m, best) - 1
        axis = np.linspace(0, 12, 49)
        shown = slice(0, 60)
        return {
            "now": np.column_stack([axis, answers(axis, optimal)]),
            "optimum": np.column_stack([axis, answers(axis, 1.0)]),
            "line": np.column_stack([axis, _STRAIGHT * axis]),
            "bars": _histogram(np.abs(m)),
            "exact dots": np.column_stack([mu[shown, 0], exact[shown, 0]]),
            "straight dots": np.column_stack([mu[shown, 0], straight[shown, 0]]),
            "equal": [[-1, -1], [1, 1]],
            "exact": _explained(exact, mu),
            "straight": _explained(straight, mu),
            "excess": 100 * max(lost, 0.0),
            "far": 100 * float(np.mean(np.abs(m) > 3)),
        }

    blue, red = LATENT_COLOURS[:2]
    return Explorer(
        name="tails_of_the_logits",
        title="The tails of the logits",
        description="Left: the logit against the margin, somewhere between the straight line and "
        "the curve of the optimum, above a histogram of the margins. Right: the first coordinate "
        "extracted by the exact and by the straight formula against the running mean.",
        compute=compute,
        parameters=(
            Parameter("optimal", "from straight (0) to optimal (1)", np.linspace(0, 1, 11)),
            Parameter("steps", "t, steps of evidence", (1, 2, 3, 5, 7, 10, 14, 20), start=7),
        ),
        views=(
            Panel(
                "margin m [standard deviations]",
                "logit u",
                (0, 12),
                (0, 45),
                (
                    Bars("bars", "margins (share)", SERIES_COLOURS[3], width=0.9),
                    Line("optimum", "optimal"),
                    Line("line", "1.702 m", dashed=True),
                    Line("now", "answers given", SERIES_COLOURS[2]),
                ),
            ),
            Panel(
                "running mean μ₁",
                "extracted coordinate",
                (-1, 1),
                (-1.5, 1.5),
                (
                    Line("equal", colour=NEUTRAL),
                    Dots("exact dots", "exact formula", blue),
                    Dots("straight dots", "u/1.702", red),
                ),
            ),
        ),
        readouts=(
            Readout("exact", "R² about μ, exact formula"),
            Readout("straight", "R² about μ, u/1.702"),
            Readout("excess", "cross-entropy above the optimum", ".2f", "%"),
            Readout("far", "margins above 3", ".0f", "%"),
        ),
    )


def _cross_entropy(margins: Array, logits: Array) -> float:
    """Expected, where the probability of + is Φ of the margin."""
    plus, minus = ndtr(margins) * log_expit(logits), ndtr(-margins) * log_expit(-logits)
    return -float(np.mean(plus + minus))


def _explained(found: Array, target: Array) -> float:
    return float(1 - np.mean((found - target) ** 2) / np.mean(target.var(axis=0)))


def _histogram(margins: Array) -> Array:
    """Bars one standard deviation wide; a share of one would be as high as the panel."""
    counts = np.histogram(margins, np.arange(13))[0]
    return np.column_stack([np.arange(12) + 0.5, 45 * counts / margins.size])
