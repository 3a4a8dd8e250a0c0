"""Chapter "Architectures": what forgetting costs, and what becomes of a fixed read-out in time."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..evidence import Box, effective_looks
from ..figures import LATENT_COLOURS
from ._explorer import Explorer, Parameter, Readout
from ._marks import Bars, Line, Panel

__all__ = ["leaking_away"]

_LONGEST = 80
_VARIANCE = float(Box(np.array([0.5])).variance[0])


def leaking_away() -> Explorer:
    """A state that keeps the share a of itself at every step, read as it was right at step T.

    The line "running mean" is what attention or a clock would reach.

    Returns
    -------
    Explorer

    Examples
    --------
    >>> shown = leaking_away().readouts_at(eigenvalue=1.0, trained=20, noise=0.2)
    >>> shown["looks"], shown["at T"] == shown["mean at T"]
    ('20.0', True)
    """
    steps = np.arange(1, _LONGEST + 1)

    def compute(eigenvalue: float, trained: float, noise: float) -> dict[str, Any]:
        T, share = round(trained), noise**2 / _VARIANCE
        sums = np.cumsum(eigenvalue ** (steps - 1.0))
        squares = np.cumsum(eigenvalue ** (2 * (steps - 1.0)))
        gain = sums / sums[T - 1]
        missed = (gain - 1) ** 2 + share * squares / sums[T - 1] ** 2
        weights = eigenvalue ** (T - steps[:T].astype(float))
        return {
            "weights": np.column_stack([steps[:T], T * weights / weights.sum()]),
            "even": [[0.5, 1.0], [T + 0.5, 1.0]],
            "leaky": np.column_stack([steps, missed]),
            "mean": np.column_stack([steps, share / steps]),
            "end": [[T, 1e-3], [T, 10.0]],
            "looks": effective_looks(eigenvalue, T),
            "at T": 1 - missed[T - 1],
            "mean at T": 1 - share / T,
            "at 2T": 1 - missed[2 * T - 1],
            "mean at 2T": 1 - share / (2 * T),
        }

    blue, red = LATENT_COLOURS[:2]
    return Explorer(
        name="leaking_away",
        title="Forgetting, and reading in the same way for longer",
        description="Left: the weight of each look in a leaky sum at the end of a trial, against "
        "equal weights. Right: unexplained share of the latents' variance against the step, if "
        "the read-out that is right at the end is kept, and for the running mean.",
        compute=compute,
        parameters=(
            Parameter(
                "eigenvalue",
                "a, share kept",
                (0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.98, 1.0),
                start=6,
            ),
            Parameter("trained", "T, steps of a trial", (5, 10, 20, 40), start=2),
            Parameter("noise", "σ, noise per step", (0.1, 0.2, 0.4), start=1),
        ),
        views=(
            Panel(
                "look",
                "weight × T",
                (0.0, 41.0),
                (0.0, 6.0),
                (
                    Bars("weights", "leaky sum", blue),
                    Line("even", "running mean", red),
                ),
            ),
            Panel(
                "step t",
                "unexplained share 1 − r²",
                (0.0, _LONGEST),
                (1e-3, 10.0),
                (
                    Line("leaky", "leaky sum, read as at T", blue),
                    Line("mean", "running mean", red),
                    Line("end", "T", dashed=True),
                ),
                ylog=True,
            ),
        ),
        readouts=(
            Readout("looks", "effective number of looks at T", ".1f"),
            Readout("at T", "r² at T"),
            Readout("mean at T", "running mean, r² at T"),
            Readout("at 2T", "r² at 2T, same read-out"),
            Readout("mean at 2T", "running mean, r² at 2T"),
        ),
    )
