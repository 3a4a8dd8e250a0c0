"""Chapter "Input geometry": which inputs have an abstract best hidden layer."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from .._validation import Array
from ..figures import LATENT_COLOURS, SERIES_COLOURS
from ..geometry import kernel_parallelism_score
from ..kernels import (
    kernel_alignment,
    kernel_from_spectrum,
    random_kernel,
    rotated_kernel,
)
from ..meanfield import solve, tilted_networks
from ..tasks import hypercube
from ._explorer import Explorer, Parameter, Readout
from ._marks import Line, Panel, Scene, Stars
from ._stimuli import at_unit_size, facing_the_labels, square, square_marks

__all__ = ["random_inputs", "tilted_inputs"]

_LABELS = hypercube(2).labels
_WEIGHT_DECAY = 0.03  # the chapter's
# Of whitened inputs: √(2/3).
_WHITENED = kernel_alignment(np.eye(4), _LABELS @ _LABELS.T)


def random_inputs() -> Explorer:
    """Random inputs, their best hidden layer, and how much alignment tells of it.

    The inputs are Gaussian patterns and random rotations in turn, drawn as in the chapter and put
    in order of their alignment with the task.

    Returns
    -------
    Explorer

    Examples
    --------
    >>> random_inputs().readouts_at(which=1, mixture=0.9)["parallelism"]  # mostly the target
    '1.000'
    """
    target = _LABELS @ _LABELS.T / 2  # of trace 4, as whitened inputs have
    rng, count = np.random.default_rng(0), 24
    drawn = []
    for i in range(count // 2):
        drawn.append(random_kernel(4, (4, 6, 16)[i % 3], rng))
        drawn.append(rotated_kernel(np.exp(rng.uniform(np.log(0.1), np.log(10), 4)), rng))
    kernels = [kernel * 4 / np.trace(kernel) for kernel in drawn]
    kernels.sort(key=lambda kernel: kernel_alignment(kernel, target))
    cloud = [
        [kernel_alignment(kernel, target), _parallelism(solved.kernel)]
        for kernel in kernels
        for solved in [solve(hypercube(2, kernel), weight_decay=_WEIGHT_DECAY)]
    ]

    def compute(which: float, mixture: float) -> dict[str, Any]:
        kernel = (1 - mixture) * kernels[int(which) - 1] + mixture * target
        best = solve(hypercube(2, kernel), weight_decay=_WEIGHT_DECAY)
        alignment, score = kernel_alignment(kernel, target), _parallelism(best.kernel)
        return {
            **_drawing("input", kernel),
            **_drawing("hidden", best.kernel),
            "cloud": cloud,
            "whitened": [[_WHITENED, -1], [_WHITENED, 1]],
            "now": [[alignment, score]],
            "alignment": alignment,
            "input score": _parallelism(kernel),
            "parallelism": score,
            "loss": best.loss,
            "gap": best.gap,
        }

    return Explorer(
        name="random_inputs",
        title="Random inputs and their best hidden layer",
        description="First and second: four stimuli in space, in the input and in the certified "
        "optimum of the hidden layer. Third: parallelism score against alignment, close to 1 "
        "on the right of whitened inputs, anything on the left.",
        compute=compute,
        parameters=(
            Parameter("which", "random input, by alignment", range(1, count + 1), start=4),
            Parameter("mixture", "w, share of the target kernel", np.linspace(0, 0.2, 5)),
        ),
        views=(
            _scene("input", "input"),
            _scene("hidden", "best hidden layer"),
            Panel(
                "alignment of input and output",
                "PS of the hidden layer",
                (0, 1),
                (0, 1.05),
                (
                    Line("whitened", "whitened", SERIES_COLOURS[2], dashed=True),
                    Stars("cloud", "all certified optima, w = 0", SERIES_COLOURS[3]),
                    Stars("now", "this one", filled=True),
                ),
            ),
        ),
        readouts=(
            Readout("alignment", "alignment"),
            Readout("input score", "PS, input"),
            Readout("parallelism", "PS, hidden"),
            Readout("loss", "L", ".4f"),
            Readout("gap", "gap", ".0e"),
        ),
    )


def tilted_inputs() -> Explorer:
    """From anti-aligned to aligned inputs, and what bends the hidden layer: correlated latents.

    Returns
    -------
    Explorer

    Examples
    --------
    >>> explorer = tilted_inputs()
    >>> explorer.readouts_at(latent=0.25, correlation=0.0)["parallelism"]  # anti-aligned
    '1.000'
    >>> explorer.readouts_at(latent=1.0, correlation=0.9)["parallelism"]
    '0.841'
    """
    y1, y2 = _LABELS.T
    pair = (np.outer(y1, y2) + np.outer(y2, y1)) / 4
    correlations = np.linspace(0, 0.9, 10)

    def inputs(latent: float, correlation: float) -> Array:
        return np.asarray(kernel_from_spectrum([1, latent, 1]) + latent * correlation * pair)

    @cache
    def predicted(latent: float) -> Array:
        tilted = tilted_networks([inputs(latent, r) for r in correlations])
        return np.column_stack([correlations, tilted.parallelism.mean(axis=1)])

    def compute(latent: float, correlation: float) -> dict[str, Any]:
        kernel = inputs(latent, correlation)
        best = solve(hypercube(2, kernel), weight_decay=_WEIGHT_DECAY)
        tilted, input_score = tilted_networks(kernel), _parallelism(kernel)
        return {
            **_drawing("input", kernel),
            **_drawing("hidden", best.kernel),
            "predicted": predicted(latent),
            "of input": [[0, input_score], [0.95, input_score]],
            "now": [[correlation, _parallelism(best.kernel)]],
            "alignment": kernel_alignment(kernel, _LABELS @ _LABELS.T),
            "input score": input_score,
            "tilt": tilted.tilts.mean(),
            "tilted": tilted.parallelism.mean(),
            "parallelism": _parallelism(best.kernel),
            "gap": best.gap,
        }

    return Explorer(
        name="tilted_inputs",
        title="What bends the hidden layer",
        description="First and second: four stimuli in space, in the input and in the certified "
        "optimum of the hidden layer. Third: parallelism score against the correlation of the "
        "latents in the input.",
        compute=compute,
        parameters=(
            Parameter("latent", "κ₁, latents in the input", np.geomspace(0.25, 16, 7), start=2),
            Parameter("correlation", "r, correlation of the latents", np.linspace(0, 0.9, 10)),
        ),
        views=(
            _scene("input", "input"),
            _scene("hidden", "best hidden layer"),
            Panel(
                "correlation r of the latents in the input",
                "parallelism score",
                (0, 0.95),
                (-0.7, 1.05),
                (
                    Line("predicted", "hidden, tilted networks", LATENT_COLOURS[2]),
                    Line("of input", "input", SERIES_COLOURS[1]),
                    Stars("now", "hidden, certified optimum"),
                ),
            ),
        ),
        readouts=(
            Readout("alignment", "alignment"),
            Readout("input score", "PS, input"),
            Readout("tilt", "tilt p"),
            Readout("tilted", "PS, tilted network"),
            Readout("parallelism", "PS, certified optimum"),
            Readout("gap", "gap", ".0e"),
        ),
    )


def _parallelism(kernel: Array) -> float:
    return float(kernel_parallelism_score(kernel, _LABELS).mean())


def _drawing(name: str, kernel: Array) -> dict[str, Array]:
    return square(at_unit_size(facing_the_labels(kernel)), name)


def _scene(name: str, title: str) -> Scene:
    marks = square_marks(name, "y₁ differs", "y₂ differs")
    return Scene(marks, radius=1.4, title=title, elevation=30.0)
