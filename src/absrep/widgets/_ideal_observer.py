"""Chapter "The ideal observer": a posterior that forms, with and without a prior."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from .._validation import Array
from ..evidence import (
    Box,
    EvidenceTask,
    Posterior,
    Trials,
    fan,
    ideal_observer,
    r2_limit,
    within_box,
)
from ..figures import LATENT_COLOURS, SERIES_COLOURS
from ._explorer import Explorer, Parameter, Readout
from ._marks import PLOT, Bars, Dots, Line, Panel

__all__ = ["posterior_in_a_box"]

_HALF = 0.5
_TRUTHS = np.array([[0.12, 0.2], [0.46, 0.1], [-0.45, -0.42]])
_STEPS = 20
_TALL = 0.75


def posterior_in_a_box() -> Explorer:
    """What is known of two latents and of three answers, step by step.

    The trial's noise is drawn once; its strength only scales it.

    Returns
    -------
    Explorer

    Examples
    --------
    >>> shown = posterior_in_a_box().readouts_at(truth=0, n_steps=1, noise=0.2)
    >>> shown["spread"], shown["limit"], shown["limit without"]
    ('0.200', '0.693', '0.520')
    """
    tasks, box = fan(3), Box(np.array([_HALF, _HALF]))

    @cache
    def drawn(noise: float) -> Trials:
        task = EvidenceTask(tasks, box, noise, _STEPS)
        return task.observe(_TRUTHS, rng=317)

    def compute(truth: float, n_steps: float, noise: float) -> dict[str, Any]:
        which, t = round(truth), round(n_steps)
        samples = drawn(noise).evidence[which : which + 1, :t]
        every = ideal_observer(samples, noise)
        flat = Posterior(every.mean[:, -1:], every.covariance[-1:])
        known = within_box(flat, box)
        mu, s = flat.mean[0, 0], noise / np.sqrt(t)
        with_box, without = known.probabilities(tasks)[0, 0], flat.probabilities(tasks)[0, 0]
        gap = np.full((1, 2), np.nan)
        rings = np.concatenate([_ring(mu, s), gap, _ring(mu, 2 * s)])
        shown = (np.abs(rings) < (_TALL * PLOT[0] / PLOT[1], _TALL)).all(axis=1)
        rings[~shown] = np.nan
        x = np.linspace(-_HALF, _HALF, 41)
        bell = np.exp(-0.5 * ((x - mu[0]) / s) ** 2)
        wide = np.clip(mu[0] + s * np.linspace(-3.5, 3.5, 36), -1.2, 1.2)
        at = np.arange(tasks.n_tasks)
        return {
            "walls": _walls(),
            "lines": _boundaries(tasks.normals),
            "samples": samples[0],
            "rings": rings,
            "inside": np.where((np.abs(rings) > _HALF).any(axis=1)[:, None], np.nan, rings),
            "mean": mu[None],
            "box mean": known.mean[0],
            "truth": _ring(_TRUTHS[which], 0.035, 13),
            "bell": np.column_stack([wide, np.exp(-0.5 * ((wide - mu[0]) / s) ** 2)]),
            # Scaled to the height of the bell, of which it is a part.
            "cut bell": np.concatenate(
                [[[-_HALF, 0]], np.column_stack([x, bell]), [[_HALF, 0]]], axis=0
            ),
            "first": [[_TRUTHS[which, 0], 0], [_TRUTHS[which, 0], 1.1]],
            "bars": np.column_stack([at - 0.17, with_box]),
            "flat bars": np.column_stack([at + 0.17, without]),
            "half": [[-0.6, 0.5], [2.6, 0.5]],
            "spread": s,
            "error": float(np.linalg.norm(known.mean[0, 0] - _TRUTHS[which])),
            "error without": float(np.linalg.norm(mu - _TRUTHS[which])),
            "limit": r2_limit(box, s)[0],
            "limit without": float(1 - s**2 / box.variance[0]),
        }

    orange, grey = SERIES_COLOURS[2], SERIES_COLOURS[3]
    wide = _TALL * PLOT[0] / PLOT[1]
    return Explorer(
        name="posterior_in_a_box",
        title="A posterior as evidence arrives",
        description="First panel: samples, their mean and circles around it that the walls of the "
        "box cut off. Second: the posterior of the first latent, a bell and the same bell cut off. "
        "Third: the probability of plus for three questions, with and without the prior.",
        compute=compute,
        parameters=(
            Parameter(
                "truth", "truth", (0, 1, 2), words=("inside", "at a wall", "in a corner"), start=2
            ),
            Parameter("n_steps", "t, steps of evidence", (1, 2, 4, 8, 14, 20), start=1),
            Parameter("noise", "σ, noise", (0.1, 0.2, 0.4, 0.8), start=2),
        ),
        views=(
            Panel(
                "latent 1",
                "latent 2",
                (-wide, wide),
                (-_TALL, _TALL),
                (
                    Line("walls"),
                    Line("lines", "boundaries", LATENT_COLOURS[0]),
                    Dots("samples", "samples", grey),
                    Line("rings", dashed=True),
                    Line("inside", "1 and 2 s"),
                    Dots("mean", "running mean μ"),
                    Dots("box mean", "posterior mean, box", orange),
                    Line("truth", "truth", SERIES_COLOURS[5]),
                ),
            ),
            Panel(
                "latent 1",
                "posterior density",
                (-1.2, 1.2),
                (0, 1.1),
                (
                    Line("bell", "no prior", dashed=True),
                    Line("cut bell", "in the box", orange),
                    Line("first", "truth", SERIES_COLOURS[5]),
                ),
                title="both scaled to the peak of the bell",
                yticks=((0, "0"),),
            ),
            Panel(
                "question",
                "probability of +",
                (-0.6, 2.6),
                (0, 1),
                (
                    Bars("bars", "in the box", orange, width=0.3),
                    Bars("flat bars", "no prior", filled=False, width=0.3),
                    Line("half", dashed=True),
                ),
                xticks=((0, "1"), (1, "2"), (2, "3")),
            ),
        ),
        readouts=(
            Readout("spread", "s = σ/√t"),
            Readout("error", "error, box"),
            Readout("error without", "error, no prior"),
            Readout("limit", "r² limit, box"),
            Readout("limit without", "r² limit, no prior"),
        ),
    )


def _ring(centre: Array, radius: float, n: int = 37) -> Array:
    around = np.linspace(0, 2 * np.pi, n)
    return np.asarray(centre + radius * np.column_stack([np.cos(around), np.sin(around)]))


def _walls() -> Array:
    return _HALF * np.array([[-1, -1], [1, -1], [1, 1], [-1, 1], [-1, -1]])


def _boundaries(normals: Array) -> Array:
    """Through the centre, from wall to wall."""
    along = np.column_stack([-normals[:, 1], normals[:, 0]])
    along *= _HALF / np.abs(along).max(axis=1, keepdims=True)
    ends = np.stack([-along, along, np.full_like(along, np.nan)], axis=1)
    return np.asarray(ends.reshape(-1, 2))
