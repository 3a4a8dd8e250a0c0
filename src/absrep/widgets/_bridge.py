"""Chapter "Bridge": the label kernel of many tasks, and how abstract the best network is."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from ..evidence import Hyperplanes, answer_kernel, graded_answers
from ..figures import LATENT_COLOURS, SERIES_COLOURS
from ..geometry import kernel_parallelism_score
from ..kernels import walsh_orders, walsh_spectrum
from ..meanfield import odd_optimum, solve
from ..tasks import GradedTask, hypercube
from ._explorer import Explorer, Parameter, Readout
from ._marks import Bars, Line, Panel, Stars, matrix_panel

__all__ = ["many_tasks"]

_DECAY = 0.03
_NUMBERS = (1, 2, 3, 4, 8, 64, 0)  # 0: infinitely many
_CORNERS = ("−−−", "−−+", "−+−", "−++", "+−−", "+−+", "++−", "+++")


def many_tasks() -> Explorer:
    """Random tasks on three latents: their label kernel, and the certified parallelism score.

    The first N of one fixed list of tasks; 0 stands for infinitely many.

    Returns
    -------
    Explorer

    Examples
    --------
    >>> explorer = many_tasks()
    >>> explorer.readouts_at(tasks=0, spread=0.0)["certified"]
    '0.540'
    """
    cube = hypercube(3).labels
    # Latents and their products in the order constant, latents, pairs, triple.
    by_order = np.argsort(walsh_orders(3), kind="stable")
    normals = np.random.default_rng(1).standard_normal((max(_NUMBERS), 3)) / np.sqrt(3)
    planes, unit = Hyperplanes(normals), 1 / np.linalg.norm(normals, axis=1)
    spreads = np.linspace(0, 3, 7)

    @cache
    def limit() -> Any:
        """Score of infinitely many tasks against the spread, in theory."""
        fine = np.linspace(0, 3.2, 65)
        return np.array([[s, _score(odd_optimum(_task(cube, s), _DECAY).kernel)] for s in fine])

    def compute(tasks: float, spread: float) -> dict[str, Any]:
        n = round(tasks)
        if n:
            answers = graded_answers(planes, cube, spread * unit)[:, :n]
            task = GradedTask.of_kernel(answers @ answers.T / n, np.eye(8))
        else:
            task = _task(cube, spread)
        best, kernel = solve(task, weight_decay=_DECAY), task.output_kernel
        weights = np.maximum(walsh_spectrum(kernel) / 8, 0)[by_order]
        score = _score(best.kernel)
        held = np.isfinite(score)
        theory = odd_optimum(task, _DECAY)
        values = np.linalg.eigvalsh(kernel)
        return {
            "kernel": kernel,
            "weights": weights,
            "limit": limit(),
            "found": [[spread, score]] if held else np.zeros((0, 2)),
            "certified": score if held else "not all latents held",
            "latents": float(weights[1:4].sum() / weights.sum()),
            "triple": float(weights[7] / weights.sum()),
            "rank": float(np.sum(values > 1e-9 * values[-1])),
            "bound": theory.loss,
            "loss": best.loss,
        }

    one, *_ = LATENT_COLOURS
    return Explorer(
        name="many_tasks",
        title="Many tasks, seen by the mean-field theory",
        description="Label kernel of random tasks on the corners of three latents, its Walsh "
        "spectrum, and the parallelism score of the best hidden layer against the spread of the "
        "margins.",
        compute=compute,
        parameters=(
            Parameter(
                "tasks",
                "N, number of tasks",
                _NUMBERS,
                start=len(_NUMBERS) - 1,
                words=(*map(str, _NUMBERS[:-1]), "∞"),
            ),
            Parameter("spread", "s, spread of a margin (half width of the box: 1)", spreads),
        ),
        views=(
            matrix_panel("kernel", _CORNERS, 1.0, title="label kernel per task"),
            Panel(
                "Walsh function",
                "weight in the label kernel",
                (-0.6, 7.6),
                (0, 1.02),
                (Bars("weights", colour=one),),
                xticks=tuple(enumerate(("1", "x₁", "x₂", "x₃", "x₁₂", "x₁₃", "x₂₃", "x₁₂₃"))),
            ),
            Panel(
                "spread s of a margin",
                "parallelism score",
                (-0.1, 3.2),
                (0, 1.05),
                (
                    Line("limit", "N = ∞, theory", SERIES_COLOURS[0]),
                    Stars("found", "certified optimum"),
                ),
            ),
        ),
        readouts=(
            Readout("certified", "PS, certified"),
            Readout("latents", "share of the latents in the labels"),
            Readout("triple", "share of the triple"),
            Readout("rank", "rank of the label kernel", ".0f"),
            Readout("loss", "L, certified optimum", ".5f"),
            Readout("bound", "L, bound for odd tasks", ".5f"),
        ),
    )


def _task(cube: Any, spread: float) -> GradedTask:
    return GradedTask.of_kernel(answer_kernel(cube, spread), np.eye(8))


def _score(kernel: Any) -> float:
    """Mean parallelism score; NaN where a latent is not held in some context."""
    try:
        return float(kernel_parallelism_score(kernel, hypercube(3).labels).mean())
    except ValueError:
        return float("nan")
