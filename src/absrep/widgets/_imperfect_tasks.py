"""Chapter "Anisotropic and imperfect tasks": how much exclusive-or abstraction bears."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from ..figures import LATENT_COLOURS
from ..geometry import kernel_parallelism_score
from ..kernels import kernel_from_spectrum, walsh_spectrum
from ..meanfield import ExclusiveOr, exclusive_or, solve
from ..tasks import Task, hypercube
from ._explorer import Explorer, Parameter, Readout
from ._marks import Dots, Line, Panel, Scene, Stars
from ._stimuli import square, square_marks

__all__ = ["exclusive_or_weight"]

# Every latent is reported so often; how often the exclusive-or is, the reader chooses.
_REPORTS = 9
_CONSTANT = 5.0  # κ₀ of whitened inputs with a regularised bias


def exclusive_or_weight() -> Explorer:
    """Two latents and some exclusive-or: where abstraction begins to end, and where it has ended.

    Returns
    -------
    Explorer

    Examples
    --------
    >>> explorer = exclusive_or_weight()
    >>> explorer.readouts_at(reports=9, interaction=1.0, weight_decay=0.3)["first"]
    '0.000'
    """
    latents = hypercube(2).labels
    xor = latents[:, :1] * latents[:, 1:]
    basis = np.column_stack([latents, xor])
    weights = np.linspace(0, 1.15, 70)
    grid = np.geomspace(0.6, 4.8, 8)
    fine = 1 / (1 / _CONSTANT + np.linspace(1.2, 0, 41) ** 2)  # dense where the edges are steep

    def theory(weight: float, interaction: float, weight_decay: float) -> ExclusiveOr:
        return exclusive_or(weight, _CONSTANT, 1.0, interaction, weight_decay)

    @cache
    def scores(interaction: float, weight_decay: float) -> Any:
        """Parallelism score against the weight, in theory."""
        forms = [theory(w, interaction, weight_decay) for w in weights]
        return np.column_stack([weights, [form.parallelism for form in forms]])

    @cache
    def edges(weight_decay: float) -> Any:
        """Both edges against the interaction, in theory."""
        forms = [theory(0.0, k, weight_decay) for k in fine]
        return np.array([[f.begins for f in forms], [f.ends for f in forms]])

    def compute(reports: float, interaction: float, weight_decay: float) -> dict[str, Any]:
        m = round(reports)
        w = float(np.sqrt(m / _REPORTS))
        labels = np.column_stack([latents] * _REPORTS + [xor] * m)
        task = Task(labels, kernel=kernel_from_spectrum([_CONSTANT, 1, interaction]))
        # Labels √9 times as large have the optimum of a √9 times smaller decay, √9 times as large.
        scale = float(np.sqrt(_REPORTS))
        best = solve(task, weight_decay=scale * weight_decay, bias=0)
        form = theory(w, interaction, weight_decay)
        strengths = np.maximum(walsh_spectrum(best.kernel)[1:] / (4 * scale), 0)
        points = basis * np.sqrt(strengths)
        first, second = kernel_parallelism_score(best.kernel, latents)
        begins, ends = edges(weight_decay)
        held = 4 * strengths[2] / (4 * strengths[2] + weight_decay)
        return {
            **square(points),
            "line": scores(interaction, weight_decay),
            "begins": [[form.begins, -0.5], [form.begins, 1.05]],
            "ends": [[form.ends, -0.5], [form.ends, 1.05]],
            "found": [[w, (first + second) / 2]],
            "begin line": np.column_stack([fine, begins]),
            "end line": np.column_stack([fine, ends]),
            "now": [[interaction, w]],
            "first": first,
            "second": second,
            "answered": held if m else "not asked",
            "theory": form.loss,
            "loss": best.loss / _REPORTS,
            "gap": best.gap,
        }

    _, _, three, four, *_ = LATENT_COLOURS
    return Explorer(
        name="exclusive_or_weight",
        title="How much exclusive-or abstraction bears",
        description="Hidden geometry, the parallelism score against the weight of the "
        "exclusive-or, and the plane of this weight and the interaction in the input.",
        compute=compute,
        parameters=(
            Parameter(
                "reports",
                "m, weight of the exclusive-or: w = √m / 3",
                np.arange(10),
                start=1,
            ),
            Parameter("interaction", "κ₁₂, interaction in the input", grid, start=2),
            Parameter("weight_decay", "λ, weight decay", (0.01, 0.1, 1), start=1),
        ),
        views=(
            Scene(
                square_marks(),
                radius=1.4,
                title="hidden geometry",
            ),
            Panel(
                "weight w of the exclusive-or",
                "parallelism score",
                (0, 1.15),
                (-0.5, 1.05),
                (
                    Line("line", "theory", three),
                    Line("begins", "abstraction begins to end", three, dashed=True),
                    Line("ends", "nothing abstract is left", four, dashed=True),
                    Stars("found", "certified optimum"),
                ),
            ),
            Panel(
                "interaction κ₁₂ in the input (κ₀ = 5)",
                "weight w of the exclusive-or",
                (0.55, 5.2),
                (0, 1.15),
                (
                    Line("begin line", "abstraction begins to end", three, dashed=True),
                    Line("end line", "nothing abstract is left", four, dashed=True),
                    Dots("now"),
                ),
            ),
        ),
        readouts=(
            Readout("first", "PS₁"),
            Readout("second", "PS₂"),
            Readout("answered", "XOR, answer / target"),
            Readout("theory", "L, theory", ".5f"),
            Readout("loss", "L, certified optimum", ".5f"),
            Readout("gap", "gap", ".0e"),
        ),
    )
