"""Chapter "Collapse": twelve alignments at the certified optimum, across the phase boundary."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._validation import Array
from ..canonical import alignments, optimum_alignments, stationary_layers
from ..figures import LATENT_COLOURS
from ..geometry import kernel_parallelism_score
from ..kernels import kernel_alignment, kernel_from_spectrum
from ..meanfield import relu, solve
from ..tasks import hypercube
from ._explorer import Explorer, Parameter, Readout
from ._marks import Panel, Segments, Stars, matrix_panel
from ._stimuli import STIMULI

__all__ = ["alignments_at_the_optimum"]

_RELATIONS = ("f-RG", "f-RW", "f-GW", "b-RG", "b-RW", "b-GW")


def alignments_at_the_optimum() -> Explorer:
    """The six alignments of both layers at the certified optimum of two latents.

    Returns
    -------
    Explorer

    Examples
    --------
    >>> explorer = alignments_at_the_optimum()
    >>> explorer.readouts_at(interaction=3.0, bias=0.1, centred=1)["parallelism"]
    '0.000'
    """
    weight_decay = 0.01

    def compute(interaction: float, bias: float, centred: float) -> dict[str, Any]:
        task = hypercube(2, kernel_from_spectrum([1.0, 1.0, interaction]))
        best = solve(task, weight_decay=weight_decay, bias=bias)
        layers = stationary_layers(
            [best.preactivations * np.sqrt(best.masses)], task, relu, weight_decay, bias
        )
        found = {
            name: alignments(layer, centred=bool(centred)).stacked()
            for name, layer in layers.items()
        }
        theory = {name: np.zeros((0, 2, 2)) for name in found}
        try:
            form = optimum_alignments(task, relu, weight_decay, bias, centred=bool(centred))
        except ValueError:  # beyond the boundary no formula is known
            pass
        else:
            theory = {name: _strokes(six.stacked()) for name, six in form.items()}
        drawn = {f"{name} certified": _points(six) for name, six in found.items()}
        drawn |= {f"{name} theory": strokes for name, strokes in theory.items()}
        return {
            **drawn,
            "kernel": best.kernel,
            "ratio": interaction / (1 + 4 * bias),
            "parallelism": kernel_parallelism_score(best.kernel, task.labels).mean(),
            "likeness": kernel_alignment(best.kernel, task.output_kernel),
            "backward": found["read-out"][4],
            "gap": best.gap,
        }

    def panel(layer: str, title: str) -> Panel:
        return Panel(
            "relation",
            "alignment",
            (-0.6, 5.6),
            (0, 1.1),
            (
                Segments(f"{layer} theory", "theory, where abstract", LATENT_COLOURS[0]),
                Stars(f"{layer} certified", "certified optimum"),
            ),
            title=title,
            xticks=tuple(enumerate(_RELATIONS)),
        )

    return Explorer(
        name="alignments_at_the_optimum",
        title="The six alignments where the loss is smallest",
        description="Left and middle: the six alignments of the hidden layer and of the read-out, "
        "stars on short lines as long as the optimum is abstract. Right: the hidden kernel. "
        "Beyond κ₂ = κ₀ two alignments of the read-out fall below 1.",
        compute=compute,
        parameters=(
            Parameter(
                "interaction", "κ₂, interaction in the inputs", np.linspace(0.3, 3.5, 17), start=3
            ),
            Parameter("bias", "τ, strength of the bias", (0.1, 0.2, 0.3, 0.5, 1.0, 3.0), start=4),
            Parameter("centred", "moments", (0.0, 1.0), start=1, words=("plain", "centred")),
        ),
        views=(
            panel("hidden 1", "hidden layer"),
            panel("read-out", "read-out"),
            matrix_panel("kernel", STIMULI, 1.7, title="hidden kernel"),
        ),
        readouts=(
            Readout("ratio", "κ₂/κ₀", ".2f"),
            Readout("parallelism", "PS"),
            Readout("likeness", "likeness of K and K_Y"),
            Readout("backward", "b-RW of the read-out"),
            Readout("gap", "gap", ".0e"),
        ),
    )


def _points(six: Array) -> Array:
    return np.column_stack([np.arange(6.0), six])


def _strokes(
    six: Array,
) -> Array:
    """A short horizontal line at each alignment."""
    ends = [[[place - 0.3, value], [place + 0.3, value]] for place, value in enumerate(six)]
    return np.array(ends)
