"""Chapter "What is an abstract representation?": from the square to the tetrahedron."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from .._validation import Array
from ..geometry import participation_ratio
from ..tasks import hypercube
from ._explorer import Explorer, Parameter, Readout
from ._marks import Dots, Panel, Scene
from ._stimuli import SCORE_LINES, lines, scores, square, square_marks

__all__ = ["square_to_tetrahedron"]


def square_to_tetrahedron() -> Explorer:
    """Four conditions from square to tetrahedron: what is lost, and what is bought with it.

    Returns
    -------
    Explorer

    Examples
    --------
    >>> square_to_tetrahedron().readouts_at(interaction=1.0, noise=0.5)["parallelism"]
    '0.000'
    """
    labels = hypercube(2).labels

    def family(s: float) -> Array:
        return np.column_stack([labels, s * labels.prod(axis=1)])

    @lru_cache(maxsize=64)  # the lines do not depend on where the interaction's slider stands
    def curves(noise: float) -> dict[str, Array]:
        at = np.linspace(0, 1, 26)
        return lines(at, [scores(family(s), noise) for s in at])

    def compute(interaction: float, noise: float) -> dict[str, Any]:
        patterns = family(interaction)
        now = scores(patterns, noise)
        return {
            **square(patterns),
            "now": np.column_stack([len(now) * [interaction], list(now.values())]),
            "dimension": float(participation_ratio(patterns)),
            **now,
            **curves(noise),
        }

    return Explorer(
        name="square_to_tetrahedron",
        title="From the square to the tetrahedron",
        description="Left: four points in space, edges in the colour of the latent that differs; "
        "they rise from a flat square to a tetrahedron. Right: parallelism and "
        "cross-condition generalisation fall, decoding stays, shattering dimension rises.",
        compute=compute,
        parameters=(
            Parameter("interaction", "s, interaction", np.linspace(0, 1, 21), start=8),
            Parameter("noise", "σ, noise", np.linspace(0.2, 1.6, 15), start=3),
        ),
        views=(
            Scene(
                square_marks(),
                radius=1.75,
                elevation=30.0,
            ),
            Panel(
                "interaction s",
                "score, or fraction correct",
                (0, 1),
                (0, 1.05),
                (*SCORE_LINES, Dots("now")),
            ),
        ),
        readouts=(
            Readout("parallelism", "PS"),
            Readout("ccgp", "CCGP"),
            Readout("decoding", "decoding accuracy"),
            Readout("shattering", "shattering dimension"),
            Readout("dimension", "participation ratio", ".2f"),
        ),
    )
