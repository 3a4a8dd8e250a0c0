"""Chapter "Measuring the alignment": six alignments of a layer, over training."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..canonical import Alignments, verdicts
from ..canonical.sweeps import read_table
from ..figures import LATENT_COLOURS
from ._explorer import Explorer, Parameter, Readout
from ._marks import Area, Bars, Dots, Line, Panel, Segments

__all__ = ["alignment_over_training"]

_RELATIONS = ("f-RG", "f-RW", "f-GW", "b-RG", "b-RW", "b-GW")
_LAYERS = (
    ("MLP 64×4", "hidden 1"),
    ("MLP 64×4", "hidden 2"),
    ("MLP 64×4", "hidden 4"),
    ("MLP 64×4", "read-out"),
    ("CNN", "convolution 1"),
    ("CNN", "convolution 2"),
    ("CNN", "hidden"),
    ("transformer", "blocks.0.attention.value"),
    ("transformer", "blocks.0.attention.output"),
    ("transformer", "blocks.0.up"),
    ("contrastive MLP", "network.hidden 2"),
    ("contrastive MLP", "network.projection"),
)
_WORDS = ("neither", "rises", "holds")


def alignment_over_training() -> Explorer:
    """Matrix cosines of layers of four networks, with weight decay and without, ten replicas.

    Nothing is trained here: the networks are those of the table "architectures".

    Returns
    -------
    Explorer

    Examples
    --------
    >>> explorer = alignment_over_training()
    >>> shown = explorer.readouts_at(step=0, layer=1, relation=2)
    >>> shown["decay"] == shown["none"] == shown["untrained"]
    True
    """
    table = read_table("architectures")
    steps = sorted(set(table.step.tolist()))
    decays = sorted(set(table.decay.tolist()))
    names = list(Alignments.relations())
    found = {}  # decay, layer → steps, replicas, relations
    for layer in _LAYERS:
        rows = table[(table.network == layer[0]) & (table.layer == layer[1])]
        for decay in decays:
            part = rows[rows.decay == decay].sort_values(["step", "seed"])
            found[decay, layer] = part[names].to_numpy().reshape(len(steps), -1, len(names))
    places = np.arange(len(steps))

    def compute(step: float, layer: float, relation: float) -> dict[str, Any]:
        t, which, k = round(step), _LAYERS[round(layer)], round(relation)
        none, decay = (found[value, which] for value in decays)
        verdict = verdicts(decay[t], decay[0], none[t])[k]
        low, middle, high = np.quantile(decay[..., k], [0.25, 0.5, 0.75], axis=1)
        plain = np.median(none, axis=1)
        untrained = np.median(decay[0], axis=0)
        now = np.median(decay[t], axis=0)
        across = np.arange(len(names))
        return {
            "band": _band(low, high),
            "band none": _band(*np.quantile(none[..., k], [0.25, 0.75], axis=1)),
            "course": np.column_stack([places, middle]),
            "course none": np.column_stack([places, plain[:, k]]),
            "here": [[t, middle[t]]],
            "six": now,
            "six none": np.column_stack([across, plain[t]]),
            "six untrained": [[[i - 0.42, y], [i + 0.42, y]] for i, y in enumerate(untrained)],
            "decay": float(middle[t]),
            "range": f"{low[t]:.3f} to {high[t]:.3f}",
            "none": float(plain[t, k]),
            "untrained": float(untrained[k]),
            "verdict": _WORDS[verdict],
        }

    blue, red = LATENT_COLOURS[:2]
    return Explorer(
        name="alignment_over_training",
        title="Alignment over training",
        description="Left: one alignment of one layer over training, with weight decay and "
        "without, median and middle half of ten networks. Right: the six alignments of this "
        "layer at the step chosen, beside those without decay and those before training.",
        compute=compute,
        parameters=(
            Parameter(
                "step", "training step", places, start=len(steps) - 1, words=tuple(map(str, steps))
            ),
            Parameter(
                "layer",
                "layer",
                range(len(_LAYERS)),
                start=1,
                words=tuple(f"{network}: {_short(name)}" for network, name in _LAYERS),
            ),
            Parameter("relation", "relation", range(len(names)), start=2, words=_RELATIONS),
        ),
        views=(
            Panel(
                "training step",
                "matrix cosine",
                (-0.3, len(steps) - 0.7),
                (0.0, 1.02),
                (
                    Area("band none", colour=red, filled=False, dashed=True),
                    Area("band", colour=blue, filled=False),
                    Line("course none", "without weight decay", red, dashed=True),
                    Line("course", f"with weight decay {decays[-1]:g}", blue),
                    Dots("here", colour=blue),
                ),
                xticks=tuple((i, str(steps[i])) for i in places[::3]),
            ),
            Panel(
                "relation",
                "matrix cosine",
                (-0.6, len(names) - 0.4),
                (0.0, 1.02),
                (
                    Bars("six", colour=blue),
                    Dots("six none", "without weight decay", red),
                    Segments("six untrained", "untrained"),
                ),
                xticks=tuple(enumerate(_RELATIONS)),
            ),
        ),
        readouts=(
            Readout("decay", "with decay, median"),
            Readout("range", "middle half"),
            Readout("none", "without decay"),
            Readout("untrained", "untrained"),
            Readout("verdict", "verdict at this step"),
        ),
    )


def _short(layer: str) -> str:
    return layer.removeprefix("blocks.0.").removeprefix("attention.").removeprefix("network.")


def _band(low: Any, high: Any) -> Any:
    """Outline between two curves over the recorded steps."""
    places = np.arange(len(low))
    there, back = np.column_stack([places, low]), np.column_stack([places, high])[::-1]
    return np.concatenate([there, back])
