"""Chapter "Depth": the strengths of all layers, and the jump in which learning collapses."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from ..figures import LATENT_COLOURS
from ..meanfield import DeepClosedForm, deep_closed_form, deep_collapse, deep_modular
from ..tasks import hypercube
from ._explorer import Explorer, Parameter, Readout
from ._marks import Bars, Dots, Line, Panel

__all__ = ["depth_profile"]


def depth_profile() -> Explorer:
    """Strengths of all layers, alike in sign and not, and the gain of the outputs to the collapse.

    Returns
    -------
    Explorer

    Examples
    --------
    >>> depth_profile().readouts_at(depth=2, weight_decay=0.005, latents=2)["last"]
    '0.536'
    """
    layers = Parameter("depth", "L, hidden layers", range(1, 9), start=5)
    decays = Parameter("weight_decay", "λ, weight decay", np.geomspace(0.01, 3, 12), start=2)
    latents = Parameter("latents", "d, latents", (2, 3))

    @cache
    def best(n: int, decay: float, d: int) -> DeepClosedForm:
        return deep_closed_form(hypercube(d), n, decay)

    def gain(n: int, decay: float, d: int) -> float:
        read = 2**d * best(n, decay, d).strengths[-1]
        return float(read / (read + decay))

    @cache
    def fall(n: int, d: int) -> list[list[float]]:
        edge = deep_collapse(hypercube(d), n)
        alive = [*(decay for decay in decays.values if decay < edge), edge * (1 - 1e-6)]
        return [*([decay, gain(n, decay, d)] for decay in alive), [edge, 0], [4, 0]]

    def compute(depth: float, weight_decay: float, latents: float) -> dict[str, Any]:
        n, d = round(depth), round(latents)
        form, line, numbers = best(n, weight_decay, d), fall(n, d), np.arange(1, n + 1)
        learned = form.strengths[-1] > 0
        signs, ratio = np.zeros((n, 2)), 1.0
        if learned:
            modular = deep_modular(hypercube(d), n, weight_decay)
            signs, ratio = modular.strengths, modular.loss / form.loss
        now = gain(n, weight_decay, d)
        return {
            "strengths": np.column_stack([numbers, form.strengths]),
            "plus": np.column_stack([numbers, signs[:, 0]]),
            "minus": np.column_stack([numbers, -signs[:, 1]]),
            "fall": line,
            "now": [[weight_decay, now]],
            "loss": form.loss,
            "first": form.strengths[0],
            "last": form.strengths[-1],
            "gain": now,
            "collapse": line[-2][0],
            "ratio": ratio if learned else "collapsed",
        }

    blue, red = LATENT_COLOURS[:2]
    return Explorer(
        name="depth_profile",
        title="Layer by layer",
        description="Left: the strength of every layer, largest in the last, and how it splits "
        "into two signs in the cheapest code: bars upwards and downwards. Right: the gain of the "
        "outputs against weight decay, which falls to zero, with a jump if there are two layers "
        "or more.",
        compute=compute,
        parameters=(layers, decays, latents),
        views=(
            Panel(
                "layer l",
                "strength",
                (0.4, 8.6),
                (-0.3, 0.65),
                (
                    Bars("plus", "b⁺, cheapest signs", blue),
                    Bars("minus", "b⁻ (downwards)", red),
                    Line("strengths", "b, equal signs"),
                    Dots("strengths"),
                ),
            ),
            Panel(
                "weight decay λ",
                "gain of the outputs",
                (0.01, 4),
                (0, 1.05),
                (Line("fall", "b, equal signs"), Dots("now")),
                xlog=True,
            ),
        ),
        readouts=(
            Readout("loss", "E, loss", ".4f"),
            Readout("first", "b₁"),
            Readout("last", "b_L, last layer"),
            Readout("gain", "gain of the outputs"),
            Readout("collapse", "collapse at λ"),
            Readout("ratio", "E, cheapest / equal signs"),
        ),
    )
