"""Chapter "The six relations": a network in which all of them are known exactly."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._validation import Array
from ..canonical import alignments, linear_layers, linear_optimum
from ..figures import LATENT_COLOURS
from ..nets import FeedForward, squared_error, train
from ._explorer import Explorer, Parameter, Readout
from ._marks import Bars, Dots, Line, Mark, Panel

__all__ = ["singular_values"]

_RELATIONS = ("RG", "RW", "GW")
# A handful of networks is trained, at these spreads and at the decays of the page.
_TRAINED = (0.0, 0.4, 0.8)


def _target(spread: float) -> Array:
    """Four inputs, three outputs; singular values 2 (1 + r), 2 and 2 (1 − r)."""
    values: Array = 2 * np.array([1 + spread, 1, 1 - spread])
    return np.asarray(values[:, None] * np.eye(3, 4))


def _six(spread: float, weight_decay: float) -> Array:
    """The alignments of the exact optimum, shape (2 layers, 6)."""
    layers = linear_optimum(_target(spread), weight_decay).values()
    return np.stack([alignments(layer, centred=False).stacked() for layer in layers])


def _trained(weight_decay: float) -> Array:
    """The same of trained networks, shape (2 layers, spreads, 6)."""
    x = linear_optimum(_target(0), weight_decay)["hidden 1"].inputs
    y = np.stack([x @ _target(spread).T for spread in _TRAINED])
    data = np.stack([x] * len(y)), y
    network = FeedForward(4, [6], 3, range(len(y)), bias=0, activation=lambda h: h)
    train(network, *data, n_steps=500, weight_decay=len(x) * weight_decay, learning_rate=0.05)
    layers = linear_layers(network, *data, squared_error).values()
    return np.stack([alignments(layer, centred=False).stacked() for layer in layers])


def singular_values() -> Explorer:
    """Two linear layers at their optimum: all alignments against the spread of singular values.

    The networks shown as dots are trained once, when the explorer is made, at the values of the
    decay that the page has; between them there are lines only.

    Returns
    -------
    Explorer

    Examples
    --------
    >>> explorer = singular_values()
    >>> explorer.readouts_at(spread=0, weight_decay=0.25)["forward_rg"]
    '1.000'
    """
    spreads = np.linspace(0, 0.9, 10)
    decays = Parameter("weight_decay", "γ, weight decay", [0.1, 0.25, 0.5, 0.7, 1.1], start=1)
    trained = {decay: _trained(decay) for decay in decays.values}
    fine = np.linspace(0, 0.9, 46)

    def compute(spread: float, weight_decay: float) -> dict[str, Any]:
        curves = np.stack([_six(r, weight_decay) for r in fine], axis=1)
        now = _six(spread, weight_decay)
        asked = np.linalg.svd(_target(spread), compute_uv=False)
        learned = np.maximum(asked - weight_decay, 0)
        shown: dict[str, Any] = {
            "asked": np.column_stack([np.arange(3), asked]),
            "learned": np.column_stack([np.arange(3), learned]),
            "here": [[spread, 0], [spread, 1.05]],
            "modes": str(int((learned > 0).sum())) + " of 3",
        }
        # First layer: backward relations; second layer: forward ones. The others are 1.
        for layer, side, first in ((0, "backward", 3), (1, "forward", 0)):
            for i, relation in enumerate(_RELATIONS):
                key = f"{side}_{relation.lower()}"
                shown[key] = float(now[layer, first + i])
                shown[f"{key}_line"] = np.column_stack([fine, curves[layer, :, first + i]])
                dots = trained[weight_decay][layer, :, first + i] if weight_decay in trained else ()
                shown[f"{key}_dots"] = (
                    np.column_stack([_TRAINED, dots]) if len(dots) else np.empty((0, 2))
                )
        return shown

    def panel(side: str, letter: str, title: str) -> Panel:
        marks: list[Mark] = [Line("here", dashed=True)]
        for relation, colour in zip(_RELATIONS, LATENT_COLOURS, strict=False):
            key = f"{side}_{relation.lower()}"
            marks += [
                Line(f"{key}_line", relation, colour),
                Dots(f"{key}_dots", colour=colour),
            ]
        ylabel = f"cosine, {letter}-RG, {letter}-RW, {letter}-GW"
        return Panel("spread r", ylabel, (-0.02, 0.93), (0, 1.06), tuple(marks), title=title)

    return Explorer(
        name="singular_values",
        title="Which relations hold in two linear layers",
        description="Left: singular values that the target asks for and that are learned. Middle: "
        "the backward alignments of the first layer over their spread. Right: the forward "
        "alignments of the second layer.",
        compute=compute,
        parameters=(
            Parameter("spread", "r, spread of the singular values", spreads, start=4),
            decays,
        ),
        views=(
            Panel(
                "mode",
                "singular value",
                (-0.6, 2.6),
                (0, 4),
                (
                    Bars("asked", "of the target", LATENT_COLOURS[3], filled=False),
                    Bars("learned", "learned", LATENT_COLOURS[3]),
                ),
                xticks=((0, "1"), (1, "2"), (2, "3")),
            ),
            panel("backward", "b", "first layer, backward (forward: 1)"),
            panel("forward", "f", "second layer, forward (backward: 1)"),
        ),
        readouts=(
            Readout("modes", "modes learned"),
            Readout("backward_rg", "first layer, b-RG"),
            Readout("backward_rw", "b-RW"),
            Readout("forward_rg", "second layer, f-RG"),
            Readout("forward_rw", "f-RW"),
            Readout("forward_gw", "f-GW"),
        ),
    )
