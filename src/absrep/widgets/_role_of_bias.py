"""Chapter "The role of the bias": the boundary between the square and the tetrahedron."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..figures import LATENT_COLOURS, SERIES_COLOURS
from ..geometry import kernel_parallelism_score
from ..kernels import kernel_from_spectrum, walsh_spectrum
from ..meanfield import feature_cost, paired_signal, relu, solve
from ..tasks import hypercube
from ._explorer import Explorer, Parameter, Readout
from ._marks import Dots, Line, Panel, Stars, Words, matrix_panel
from ._stimuli import STIMULI

__all__ = ["phase_boundary"]


def phase_boundary() -> Explorer:
    """The best neurons and their kernel on both sides of the boundary κ₂ = κ₀, and on it.

    Returns
    -------
    Explorer

    Examples
    --------
    >>> explorer = phase_boundary()
    >>> explorer.readouts_at(bias=0.0, interaction=1.4, latent=1.0)["phase"]
    'one per stimulus'
    >>> explorer.readouts_at(bias=0.2, interaction=1.4, latent=1.0)["phase"]
    'abstract'
    """
    labels = hypercube(2).labels
    angles = np.linspace(0, 90, 19)
    directions = np.stack([np.cos(np.radians(angles)), np.sin(np.radians(angles))])
    # Rounded, because a stimulus that is silent but for rounding could not go below zero.
    features = relu.value((labels @ directions).round(12))

    def compute(bias: float, interaction: float, latent: float) -> dict[str, Any]:
        task = hypercube(2, kernel_from_spectrum([1.0, latent, interaction]))
        best = solve(task, bias=bias)
        constant = float(walsh_spectrum(task.input_kernel + bias)[0])
        gain = paired_signal([1.0], relu, max(constant, (constant + interaction) / 2), latent)[0]
        said = np.square(labels.T @ features).sum(axis=0) / 4
        curve = said / feature_cost(features, task, relu, bias)
        # What the solver's neurons, of cost 1, say of either latent; a quarter turn is a symmetry.
        signals = labels.T @ relu.value(best.preactivations)
        turn = np.round(np.degrees(np.arctan2(signals[1], signals[0])), 3) % 90
        strength = np.square(signals).sum(axis=0) / 4
        stars = np.column_stack([np.append(turn, turn + 90), np.tile(strength, 2) / gain])
        stars = np.unique(stars[stars[:, 0] <= 90].round(4), axis=0)
        between = abs(interaction - constant) < 1e-9 * constant
        phase = "abstract" if interaction < constant else "one per stimulus"
        return {
            "boundary": [[1, 1], [3, 3]],
            "places": [[1.75, 0.7], [1.0, 3.3]],
            "now": [[constant, interaction]],
            "curve": np.column_stack([angles, curve / gain]),
            "stars": stars,
            "kernel": best.kernel / best.kernel.diagonal().mean(),
            "constant": constant,
            "critical": max((interaction - 1) / 4, 0.0),
            "phase": "on the boundary" if between else phase,
            "parallelism": "any, 0 to 1"
            if between
            else kernel_parallelism_score(best.kernel, labels).mean(),
            "loss": best.loss,
            "gap": best.gap,
        }

    return Explorer(
        name="phase_boundary",
        title="The phase boundary",
        description="First: a map of constant and interaction, its diagonal the boundary. "
        "Second: the gain of a neuron against its direction, highest along the latents or between "
        "them. Third: the kernel of the optimum.",
        compute=compute,
        parameters=(
            Parameter("bias", "τ, strength of the bias", np.linspace(0, 0.5, 6), start=2),
            Parameter("interaction", "κ₂, interaction in the input", np.linspace(0.6, 3.4, 15), 2),
            Parameter("latent", "κ₁, labels in the input", np.geomspace(1 / 3, 3, 3), start=1),
        ),
        views=(
            Panel(
                "constant with bias, κ₀ = 1 + 4τ",
                "interaction κ₂",
                (0.9, 3.1),
                (0.5, 3.5),
                (
                    Line("boundary", "boundary, κ₂ = κ₀", SERIES_COLOURS[1]),
                    Words("places", texts=("abstract, PS = 1", "one per stimulus, PS = 0")),
                    Dots("now", "these inputs"),
                ),
            ),
            Panel(
                "what the neuron reads",
                "gain / γ",
                (0, 90),
                (0.4, 1.05),
                (
                    Line("curve", "neurons with features (Yw)₊", LATENT_COLOURS[2]),
                    Stars("stars", "neurons of the certified optimum"),
                ),
                xticks=((0, "y₁"), (45, "both (one stimulus)"), (90, "y₂")),
            ),
            matrix_panel("kernel", STIMULI, 1.0, title="certified kernel / diagonal"),
        ),
        readouts=(
            Readout("constant", "κ₀", ".1f"),
            Readout("critical", "τ_c, boundary", ".2f"),
            Readout("phase", "phase"),
            Readout("parallelism", "PS"),
            Readout("loss", "L", ".5f"),
            Readout("gap", "gap", ".0e"),
        ),
    )
