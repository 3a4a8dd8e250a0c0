"""Chapter "What is an abstract representation?": from the square to the tetrahedron."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from .._validation import Array
from ..figures._style import LATENT_COLOURS, SERIES_COLOURS
from ..geometry import (
    balanced_dichotomies,
    kernel_ccgp,
    kernel_decoding,
    parallelism_score,
    participation_ratio,
)
from ..kernels import gram
from ..tasks import hypercube
from ._explorer import Explorer, Parameter, Readout
from ._marks import Dots, Line, Panel, Scene, Segments, Words

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
    by_context = (labels[:, None] != labels).sum(axis=-1) == 1

    def family(s: float) -> Array:
        return np.column_stack([labels, s * labels.prod(axis=1)])

    def scores(s: float, noise: float) -> Array:
        """PS, CCGP, decoding of the latents, decoding of all three dichotomies."""
        kernel = gram(family(s))
        ccgp = kernel_ccgp(kernel, labels.T, noise=noise, allowed_pairs=by_context)
        decoding = kernel_decoding(kernel, balanced_dichotomies(4), noise=noise)
        ps = parallelism_score(family(s), labels)
        return np.array([ps.mean(), ccgp.mean(), decoding[:2].mean(), decoding.mean()])

    @lru_cache(maxsize=64)  # the lines do not depend on where the interaction's slider stands
    def lines(noise: float) -> dict[str, Array]:
        at = np.linspace(0, 1, 26)
        drawn = np.array([scores(s, noise) for s in at]).T
        return {
            f"{key} line": np.column_stack([at, values])
            for key, values in zip(keys, drawn, strict=True)
        }

    keys = ("parallelism", "ccgp", "decoding", "shattering")

    def compute(interaction: float, noise: float) -> dict[str, Any]:
        patterns, now = family(interaction), scores(interaction, noise)
        return {
            "points": patterns,
            "first": patterns[[[0, 2], [1, 3]]],
            "second": patterns[[[0, 1], [2, 3]]],
            "now": np.column_stack([4 * [interaction], now]),
            "dimension": float(participation_ratio(patterns)),
            **dict(zip(keys, now, strict=True)),
            **lines(noise),
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
                (
                    Segments("first", "first latent differs", LATENT_COLOURS[0]),
                    Segments("second", "second latent differs", LATENT_COLOURS[1]),
                    Dots("points"),
                    Words("points", texts=("−−", "−+", "+−", "++")),
                ),
                radius=1.75,
                elevation=30.0,
            ),
            Panel(
                "interaction s",
                "score, or fraction correct",
                (0, 1),
                (0, 1.05),
                (
                    Line("parallelism line", "PS", SERIES_COLOURS[0]),
                    Line("ccgp line", "CCGP", SERIES_COLOURS[1]),
                    Line("decoding line", "decoding", SERIES_COLOURS[2]),
                    Line("shattering line", "shattering dimension", SERIES_COLOURS[3]),
                    Dots("now"),
                ),
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
