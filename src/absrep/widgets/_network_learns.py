"""Chapter "A network learns one": the film of a training."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..figures import LATENT_COLOURS, SERIES_COLOURS
from ..geometry import kernel_parallelism_score
from ..kernels import kernel_alignment
from ..meanfield import closed_form
from ..tasks import Task, hypercube
from ._explorer import Explorer, Parameter, Readout
from ._marks import Dots, Line, Panel, Scene, Segments
from ._stimuli import at_unit_size, facing_the_labels, square, square_marks

if TYPE_CHECKING:  # only `training_film` itself needs torch
    from ..nets import Training

__all__ = ["training_film"]

# Of the initial weights, relative to the default; 1 is the first network of the chapter.
_SCALES = (0.1, 1, 2, 5)
_DECAY, _LAST = 0.01, 4000


def training_film() -> Explorer:
    """A network on its way to the square, step by step, from small or from large weights.

    The networks, one for each initial scale, are trained here, once, in a few seconds; the sliders
    choose among the recorded steps.

    Returns
    -------
    Explorer

    Examples
    --------
    >>> film = training_film()
    >>> film.readouts_at(step=4000, init_scale=1)["first"]
    '1.000'
    """
    task = hypercube(2)
    run = _trained(task)
    best = closed_form(task, weight_decay=_DECAY)
    kernels = run.recorded["kernel"]
    ps = np.array([[kernel_parallelism_score(k, task.labels) for k in step] for step in kernels])
    at = np.maximum(run.steps, 0.5)  # where step 0 is drawn on the logarithmic axis
    wide = (0.4, 1.25 * _LAST)

    def compute(step: float, init_scale: float) -> dict[str, Any]:
        t = int(np.abs(run.steps - step).argmin())
        r = int(np.abs(np.array(_SCALES) - init_scale).argmin())
        points = at_unit_size(facing_the_labels(kernels[t, r]))
        return {
            "loss curve": np.column_stack([at, run.loss[:, r]]),
            "error curve": np.column_stack([at, run.error[:, r]]),
            "first curve": np.column_stack([at, ps[:, r, 0]]),
            "second curve": np.column_stack([at, ps[:, r, 1]]),
            "floor": [[wide[0], best.loss], [wide[1], best.loss]],
            "abstract": [[wide[0], 1], [wide[1], 1]],
            "loss now": [[[at[t], 1e-6], [at[t], 1e3]]],
            "ps now": [[[at[t], -0.4], [at[t], 1.05]]],
            **square(points),
            "square": at_unit_size(facing_the_labels(best.kernel))[[0, 1, 3, 2, 0]],
            "loss": run.loss[t, r],
            "lowest": best.loss,
            "error": run.error[t, r],
            "first": ps[t, r, 0],
            "second": ps[t, r, 1],
            "alignment": kernel_alignment(kernels[t, r], best.kernel),
        }

    ticks = ((0.5, "0"), (1, "1"), (10, "10"), (100, "100"), (1000, "1000"))
    first, second = LATENT_COLOURS[:2]
    return Explorer(
        name="training_film",
        title="The film of a training",
        description="Left: over the steps of training the loss falls to its theoretical floor. "
        "Right: later, the parallelism score of both latents rises to one. Below: the four "
        "hidden patterns, at first a tetrahedron, fall into the plane of a square.",
        compute=compute,
        parameters=(
            Parameter("step", "gradient steps", run.steps, start=len(at) // 2, digits=4),
            Parameter("init_scale", "initial scale of the weights", _SCALES, start=1),
        ),
        views=(
            Panel(
                "gradient steps",
                "loss",
                wide,
                (1e-6, 1000),
                (
                    Line("floor", "theory"),
                    Dots("error curve", "error alone", SERIES_COLOURS[2]),
                    Dots("loss curve", "loss, error + penalty"),
                    Segments("loss now", dashed=True),
                ),
                xlog=True,
                ylog=True,
                xticks=ticks,
            ),
            Panel(
                "gradient steps",
                "parallelism score",
                wide,
                (-0.4, 1.05),
                (
                    Line("abstract", "theory"),
                    Dots("first curve", "first latent", first),
                    Dots("second curve", "second latent", second),
                    Segments("ps now", dashed=True),
                ),
                xlog=True,
                xticks=ticks,
                yticks=((0, "0"), (0.5, "0.5"), (1, "1")),
            ),
            Scene(
                (
                    Line("square", dashed=True),
                    *square_marks("points", "first latent", "second latent"),
                ),
                radius=1.4,
                title="hidden patterns, drawn at equal size",
                elevation=30.0,
            ),
        ),
        readouts=(
            Readout("loss", "L", ".4f"),
            Readout("lowest", "L*, theory", ".4f"),
            Readout("error", "error", ".5f"),
            Readout("first", "PS₁"),
            Readout("second", "PS₂"),
            Readout("alignment", "alignment with K*"),
        ),
    )


def _trained(task: Task) -> Training:
    """The same random start at every scale, as the replicas of one network."""
    import torch

    from ..nets import FeedForward, hidden_kernel, train

    network = FeedForward(task.n_stimuli, [100], task.n_latents, seeds=[0] * len(_SCALES))
    with torch.no_grad():
        for weight in network.weights:
            weight *= torch.tensor(_SCALES)[:, None, None]
    stimuli = torch.tensor(task.features)
    return train(
        network,
        task.features,
        task.labels,
        n_steps=_LAST,
        weight_decay=_DECAY,
        record_at=np.unique(np.geomspace(1, _LAST, 32).astype(int)),
        probes={"kernel": lambda network: hidden_kernel(network, stimuli)},
    )
