"""Chapter "What is an abstract representation?": from the square to the tetrahedron."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.stats import norm

from ..figures._style import LATENT_COLOURS
from ..geometry import parallelism_score, participation_ratio
from ..tasks import hypercube
from ._explorer import Explorer, Parameter, Readout
from ._marks import Dots, Line, Panel, Scene, Segments, Words

__all__ = ["square_to_tetrahedron"]


def square_to_tetrahedron() -> Explorer:
    """Four conditions from square to tetrahedron: what parallelism, CCGP and decoding read.

    Returns
    -------
    Explorer

    Examples
    --------
    >>> square_to_tetrahedron().readouts_at(interaction=1.0, noise=0.5)["parallelism"]
    '0.000'
    """
    labels = hypercube(2).labels
    y1, y2 = labels.T
    scale = np.linspace(0, 1, 41)

    def generalisation(s: Any, noise: float) -> Any:
        return norm.cdf((1 - s**2) / (noise * np.sqrt(1 + s**2)))

    def compute(interaction: float, noise: float) -> dict[str, Any]:
        patterns = np.column_stack([y1, y2, interaction * y1 * y2])
        at = [interaction]
        ps = float(parallelism_score(patterns, labels).mean())
        ccgp, decoding = generalisation(interaction, noise), norm.cdf(1 / noise)
        return {
            "points": patterns,
            "first": patterns[[[0, 2], [1, 3]]],
            "second": patterns[[[0, 1], [2, 3]]],
            "ps line": np.column_stack([scale, (1 - scale**2) / (1 + scale**2)]),
            "ccgp line": np.column_stack([scale, generalisation(scale, noise)]),
            "decoding line": np.column_stack([scale, np.full_like(scale, decoding)]),
            "now": np.column_stack([3 * at, [ps, ccgp, decoding]]),
            "parallelism": ps,
            "ccgp": ccgp,
            "decoding": decoding,
            "dimension": float(participation_ratio(patterns)),
        }

    first, second, third = LATENT_COLOURS[:3]
    return Explorer(
        name="square_to_tetrahedron",
        title="From the square to the tetrahedron",
        description="Left: four points in space, edges in the colour of the latent that differs; "
        "they rise from a flat square to a tetrahedron. Right: parallelism and "
        "cross-condition generalisation fall while decoding stays.",
        compute=compute,
        parameters=(
            Parameter("interaction", "s, interaction", np.linspace(0, 1, 21), start=0),
            Parameter("noise", "σ, noise", np.linspace(0.2, 1.6, 15), start=3),
        ),
        views=(
            Scene(
                (
                    Segments("first", "first latent differs", first),
                    Segments("second", "second latent differs", second),
                    Dots("points"),
                    Words("points", texts=("−−", "−+", "+−", "++")),
                ),
                radius=1.75,
            ),
            Panel(
                "interaction s",
                "score or accuracy",
                (0, 1),
                (0, 1.05),
                (
                    Line("ps line", "parallelism score", third),
                    Line("ccgp line", "CCGP", LATENT_COLOURS[3]),
                    Line("decoding line", "decoding"),
                    Dots("now"),
                ),
            ),
        ),
        readouts=(
            Readout("parallelism", "PS"),
            Readout("ccgp", "CCGP"),
            Readout("decoding", "decoding accuracy"),
            Readout("dimension", "participation ratio", ".2f"),
        ),
    )
