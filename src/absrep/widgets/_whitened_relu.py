"""Chapter "Whitened inputs": which neurons are best, how strong their kernel, and its collapse."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..figures import LATENT_COLOURS, NEUTRAL, SERIES_COLOURS
from ..kernels import kernel_from_spectrum, target_aligned_kernel, walsh_basis, walsh_spectrum
from ..meanfield import absolute, closed_form, paired_signal, relu, solve
from ..tasks import hypercube
from ._explorer import Explorer, Parameter, Readout
from ._marks import Bars, Dots, Line, Panel, Scene, Segments, Stars, Words, matrix_panel
from ._stimuli import STIMULI

__all__ = ["below_zero", "collapse_threshold"]


def collapse_threshold() -> Explorer:
    """Strength of the universal kernel against two weight decays and alignment, to its collapse.

    Returns
    -------
    Explorer

    Examples
    --------
    >>> explorer = collapse_threshold()
    >>> explorer.readouts_at(alignment=0, input_decay=0.01, output_decay=0.01)["optimum"]
    '0.04370'
    """
    labels = hypercube(2).labels
    farthest, highest = 5.5, 1.1  # of ν and of the strength, at the strongest alignment

    def compute(alignment: float, input_decay: float, output_decay: float) -> dict[str, Any]:
        task = hypercube(2, target_aligned_kernel(labels, alignment))
        k0, k1, *_ = walsh_spectrum(task.input_kernel + 1)  # with a bias of strength 1
        edge = float(np.sqrt(4 * paired_signal([1.0], relu, k0, k1)[0]))
        decays = (input_decay, output_decay)
        theory, best = closed_form(task, weight_decay=decays), solve(task, weight_decay=decays)
        scale = np.sqrt(input_decay / output_decay)
        now = np.sqrt(input_decay * output_decay)
        found = walsh_spectrum(best.kernel)[1:3].mean() / 4
        return {
            "line": [[0, edge / 4], [edge, 0], [farthest, 0]],
            "edge": [[edge, 0], [edge, highest]],
            "theory": [[now, theory.strength * scale]],
            "certified": [[now, found * scale]],
            "kernel": best.kernel * scale,
            "nu": now,
            "threshold": edge,
            "strength": theory.strength,
            "loss": theory.loss,
            "optimum": best.loss,
            "gap": best.gap,
        }

    decays = np.geomspace(0.01, 5, 10)
    return Explorer(
        name="collapse_threshold",
        title="The collapse threshold",
        description="Left: the strength of the hidden kernel falls on a straight line to zero at "
        "the threshold, which moves with the alignment. Right: the kernel shrinks with it.",
        compute=compute,
        parameters=(
            Parameter("alignment", "g, target alignment of the inputs", np.arange(0, 13, 4)),
            Parameter("input_decay", "λ₁, decay of the input weights", decays, start=4),
            Parameter("output_decay", "λ₂, decay of the output weights", decays, start=4),
        ),
        views=(
            Panel(
                "ν = √(λ₁λ₂)",
                "strength b √(λ₁/λ₂)",
                (0, farthest),
                (0, highest),
                (
                    Line("line", "theory", LATENT_COLOURS[0]),
                    Line("edge", "collapse, ν = √(Pγ)", dashed=True),
                    Dots("theory", colour=LATENT_COLOURS[0]),
                    Stars("certified", "certified optimum"),
                ),
            ),
            matrix_panel("kernel", STIMULI, 3.0, title="hidden kernel, K √(λ₁/λ₂)"),
        ),
        readouts=(
            Readout("nu", "ν"),
            Readout("threshold", "√(Pγ)"),
            Readout("strength", "b", ".4f"),
            Readout("loss", "L, theory", ".5f"),
            Readout("optimum", "L, certified optimum", ".5f"),
            Readout("gap", "gap", ".0e"),
        ),
    )


def below_zero() -> Explorer:
    """The best neurons while the labels grow in the input: when they dip below zero, and why.

    Returns
    -------
    Explorer

    Examples
    --------
    >>> below_zero().readouts_at(latent=2.0)["dip"]  # κ₁ = 2κ₀
    '−0.333'
    """
    labels, weight_decay = hypercube(2).labels, 0.1
    strengths = np.linspace(0.1, 4, 40)
    # |x| gains nothing from going below zero: its gain is that of neurons that stay above.
    curves = {
        key: [[k, paired_signal([1.0], activation, 1.0, k)[0]] for k in strengths]
        for key, activation in (("gain line", relu), ("above line", absolute))
    }

    def compute(latent: float) -> dict[str, Any]:
        task = hypercube(2, kernel_from_spectrum([1.0, latent, 0.5]))
        form = closed_form(task, weight_decay=weight_decay, bias=0.0)
        best = solve(task, weight_decay=weight_decay, bias=0.0)
        theory, found = (n.preactivations / n.preactivations.max(axis=0) for n in (form, best))
        first = np.argmax((found > 1 - 1e-6).T.astype(float) @ labels[:, 0])
        # Neurons of the solver have the cost 1, so this is what they give for their cost.
        gains = np.square(labels.T @ relu.value(best.preactivations)).sum(axis=0) / 4
        ends = {}
        for name, neurons in (("theory", theory), ("certified", found)):
            coefficients = neurons.T @ walsh_basis(2)[:, [1, 2, 0]]
            ends[name] = coefficients / np.linalg.norm(coefficients, axis=1, keepdims=True)
        rays = np.stack([np.zeros((4, 3)), ends["theory"]], axis=1)
        along = np.abs(labels.T @ theory / 4).max(axis=0)  # on the latent, and on the constant
        return {
            **curves,
            "features": relu.value(theory[:, 0]),
            "preactivations": theory[:, 0],
            "certified neuron": np.column_stack([np.arange(4), found[:, first]]),
            "first": rays[[0, 2]],
            "second": rays[[1, 3]],
            "certified rays": ends["certified"],
            "poles": [[1.0, 0, 0], [0, 1.0, 0], [0, 0, 1.0]],
            "gain star": [[latent, gains.max()]],
            "ratio": latent,
            "gain": paired_signal([1.0], relu, 1.0, latent)[0],
            "optimum": gains.max(),
            "dip": theory.min(),
            "angle": np.degrees(np.arctan2(along, theory.mean(axis=0))).mean(),
            "gap": best.gap,
        }

    first, second = LATENT_COLOURS[:2]
    return Explorer(
        name="below_zero",
        title="When the best neurons dip below zero",
        description="First: preactivations of one optimal neuron at four stimuli; two of them go "
        "below zero. Second: all optimal neurons as four rays in space. Third: the "
        "gain rises with the strength of the labels, along a straight line from 1 on.",
        compute=compute,
        parameters=(
            Parameter("latent", "κ₁/κ₀, labels in the input", np.linspace(0.2, 4, 20), start=4),
        ),
        views=(
            Panel(
                "stimulus (y₁, y₂)",
                "activity / peak",
                (-0.6, 3.6),
                (-0.8, 1.1),
                (
                    Bars("preactivations", "preactivation, theory", first, filled=False),
                    Bars("features", "after the ReLU", first),
                    Stars("certified neuron", "certified optimum"),
                ),
                title="a neuron that reads y₁",
                xticks=tuple(enumerate(STIMULI)),
            ),
            Scene(
                (
                    Segments("first", "neurons of y₁", first),
                    Segments("second", "neurons of y₂", second),
                    Stars("certified rays", "certified optimum"),
                    Words("poles", texts=("y₁", "y₂", "constant")),
                ),
                radius=1.2,
                title="directions of all neurons",
            ),
            Panel(
                "κ₁/κ₀",
                "gain γ/κ₀",
                (0, 4),
                (0, 1.3),
                (
                    Line("gain line", "gain, theory"),
                    Line("above line", "if h ≥ 0", SERIES_COLOURS[1], dashed=True),
                    Stars("gain star", "certified optimum", NEUTRAL),
                ),
            ),
        ),
        readouts=(
            Readout("gain", "γ/κ₀, theory", ".4f"),
            Readout("optimum", "γ/κ₀, certified optimum", ".4f"),
            Readout("dip", "opposite / peak"),
            Readout("angle", "angle to the constant", ".1f", "°"),
            Readout("gap", "gap", ".0e"),
        ),
    )
