"""Chapter "Recurrent networks": the sheet of states that stands for the evidence so far."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .._validation import Array
from ..evidence import (
    Box,
    EvidenceTask,
    LatentDecoder,
    Question,
    asked_always,
    asked_at_end,
    fan,
    learn,
    run_on,
    step_at,
    vanilla_rnn,
)
from ..figures import LATENT_COLOURS
from ._explorer import Explorer, Parameter, Readout
from ._marks import Line, Panel, Scene

__all__ = ["attractor_sheet"]

_SIDE = 7  # stimuli along a side of the grid
_STEPS = 20  # of evidence; as many follow without


def attractor_sheet() -> Explorer:
    """States of two networks for a grid of stimuli, while evidence comes and after.

    Both are trained once, here (a few seconds), on the evidence itself, without an encoder;
    moving a slider only looks up.

    Returns
    -------
    Explorer

    Examples
    --------
    >>> attractor_sheet().readouts_at(question=0, step=20)["size"]
    '1.00'
    """
    task = EvidenceTask(
        fan(24),
        Box(np.array([0.5, 0.5])),
        noise=0.2,
        n_steps=_STEPS,
    )
    courses = [_course(task, question) for question in (asked_at_end, asked_always)]

    def compute(question: float, step: float) -> dict[str, Any]:
        course, t = courses[round(question)], round(step)
        sheet, read = course.sheet[t], course.read[t]
        return {
            "sheet 1": _lines(sheet, 0),
            "sheet 2": _lines(sheet, 1),
            "read 1": _lines(read, 0),
            "read 2": _lines(read, 1),
            "size": course.size[t],
            "error": course.error[t],
            "flat": course.flat[t],
            "input": "evidence" if t <= _STEPS else "neutral",
        }

    blue, red = LATENT_COLOURS[:2]
    return Explorer(
        name="attractor_sheet",
        title="The sheet of states",
        description="Left: states of a network for a grid of stimuli, as a net of blue and red "
        "lines in three dimensions, which grows step by step and is bent. Right: the latents "
        "read from these states by the decoder of step twenty.",
        compute=compute,
        parameters=(
            Parameter("question", "asked", (0, 1), words=("at the end", "always")),
            Parameter("step", "t, step", (*range(1, 2 * _STEPS + 1),), start=_STEPS - 1),
        ),
        views=(
            Scene(
                (
                    Line("sheet 1", "x₁ changes", blue),
                    Line("sheet 2", "x₂ changes", red),
                ),
                radius=1.0,
                title="states, three principal components",
                elevation=35.0,
            ),
            Panel(
                "x̂₁, read",
                "x̂₂, read",
                (-1.077, 1.077),
                (-0.75, 0.75),
                (
                    Line("read 1", "x₁ changes", blue),
                    Line("read 2", "x₂ changes", red),
                ),
                title="latents as read at step 20",
            ),
        ),
        readouts=(
            Readout("input", "input"),
            Readout("size", "size of the sheet (step 20: 1)", ".2f"),
            Readout("error", "error of the read-out (sd)", ".2f"),
            Readout("flat", "variance in two dimensions", ".3f"),
        ),
    )


@dataclass(frozen=True, eq=False)
class _Course:
    """One network's answer to the grid of stimuli; the first axis of everything is the step."""

    sheet: Array
    read: Array
    size: Array
    error: Array
    flat: Array


def _course(task: EvidenceTask, question: Question) -> _Course:
    learned = learn(
        task, vanilla_rnn, seeds=[0], question=question, n_steps=400, batch_size=64, rng=0
    )
    side = np.linspace(-0.45, 0.45, _SIDE)
    grid = np.stack(np.meshgrid(side, side, indexing="ij"), axis=-1).reshape(-1, 2)
    core = learned.network.cores[0]
    during = run_on(step_at(core, grid), np.zeros((len(grid), 64)), _STEPS)
    after = run_on(step_at(core, np.zeros(2)), during[-1], _STEPS)
    states = np.concatenate([during, after[1:]])
    centred = states - states.mean(axis=1, keepdims=True)
    spread = np.square(centred).mean(axis=1).sum(axis=1)
    # Axes of the sheet at the end of the evidence, its centre of then as the origin.
    axes = np.linalg.svd(centred[_STEPS], full_matrices=False)[2][:3]
    sheet = (states - states[_STEPS].mean(axis=0)) @ axes.T
    variances = np.linalg.svd(centred, compute_uv=False) ** 2
    # Fitted on noisy trials: on the few states of the grid it could be right by chance.
    trials = task.trials(1000, rng=1)
    decoder = LatentDecoder.fit(learned.final_states(trials), trials.latents)
    read = np.concatenate([decoder.predict(now[None]) for now in states])
    wrong = np.square(read - grid).mean(axis=(1, 2)) / grid.var(axis=0).mean()
    total = variances.sum(axis=1)
    return _Course(
        sheet / np.linalg.norm(sheet, axis=2).max(),
        read,
        np.sqrt(spread / spread[_STEPS]),
        np.sqrt(wrong),
        variances[:, :2].sum(axis=1) / np.where(total > 0, total, 1.0),
    )


def _lines(points: Array, latent: int) -> Array:
    """The net's lines along which one latent changes, the pen lifted between them."""
    net = points.reshape(_SIDE, _SIDE, -1)
    lines = net.swapaxes(0, 1) if latent == 0 else net
    gap = np.full((_SIDE, 1, net.shape[2]), np.nan)
    return np.concatenate([lines, gap], axis=1).reshape(-1, net.shape[2])
