"""Chapter "Whitened inputs": how strong the universal kernel is, and when it collapses."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..figures._style import LATENT_COLOURS
from ..meanfield import closed_form, solve
from ..tasks import hypercube
from ._explorer import Explorer, Parameter, Readout
from ._marks import Dots, Line, Panel, Stars, matrix_panel

__all__ = ["collapse_threshold"]


def collapse_threshold() -> Explorer:
    """Strength and loss of the universal kernel against the two weight decays, to its collapse.

    Returns
    -------
    Explorer

    Examples
    --------
    >>> collapse_threshold().readouts_at(input_decay=0.01, output_decay=0.01)["optimum"]
    '0.04370'
    """
    task = hypercube(2)
    # Whitened inputs with a regularised bias: κ₀ = 5, κ₁ = 1, so that √(Pγ) = √(4 · 5/6).
    edge = float(np.sqrt(4 * 5 / 6))
    nu = np.linspace(0, 1.4 * edge, 40)

    def compute(input_decay: float, output_decay: float) -> dict[str, Any]:
        decays = (input_decay, output_decay)
        theory, best = closed_form(task, weight_decay=decays), solve(task, weight_decay=decays)
        scale = np.sqrt(input_decay / output_decay)
        now, labels = np.sqrt(input_decay * output_decay), task.labels
        found = np.einsum("pa,pq,qa->", labels, best.kernel, labels) / 32
        return {
            "line": np.column_stack([nu, np.maximum(edge - nu, 0) / 4]),
            "edge": [[edge, 0], [edge, 0.5]],
            "theory": [[now, theory.strength * scale]],
            "certified": [[now, found * scale]],
            "kernel": best.kernel * scale,
            "nu": now,
            "strength": theory.strength,
            "loss": theory.loss,
            "optimum": best.loss,
            "gap": best.gap,
        }

    decays = np.geomspace(0.01, 2.5, 16)
    return Explorer(
        name="collapse_threshold",
        title="The collapse threshold",
        description="Left: the strength of the hidden kernel falls on a straight line to zero at "
        "the threshold. Right: the kernel, four by four, shrinks with it.",
        compute=compute,
        parameters=(
            Parameter("input_decay", "λ₁, decay of the input weights", decays, start=5),
            Parameter("output_decay", "λ₂, decay of the output weights", decays, start=5),
        ),
        views=(
            Panel(
                "ν = √(λ₁λ₂)",
                "strength b √(λ₁/λ₂)",
                (0, 1.4 * edge),
                (0, 0.5),
                (
                    Line("line", "theory", LATENT_COLOURS[0]),
                    Line("edge", "collapse, ν = √(Pγ)", dashed=True),
                    Dots("theory", colour=LATENT_COLOURS[0]),
                    Stars("certified", "certified optimum"),
                ),
            ),
            matrix_panel("kernel", ("−−", "−+", "+−", "++"), 1.6, title="hidden kernel √(λ₁/λ₂)"),
        ),
        readouts=(
            Readout("nu", "ν"),
            Readout("strength", "b", ".4f"),
            Readout("loss", "L, theory", ".5f"),
            Readout("optimum", "L, certified optimum", ".5f"),
            Readout("gap", "gap", ".0e"),
        ),
    )
