"""Chapter "Your own data": a recording whose truth is known, under the microscope."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from .._validation import Array
from ..figures import SERIES_COLOURS
from ..geometry import parallelism_score
from ..microscope import Examination, Finding, examine, standard_measures
from ..tasks import hypercube, noisy_trials
from ._explorer import Explorer, Parameter, Readout
from ._marks import Area, Dots, Line, Panel, Segments

__all__ = ["examined_recording"]

_LABELS = hypercube(2).labels
_SIZES = (4, 8, 16, 32, 64)
_N_NEURONS = 40
_N_SHUFFLES = 39
_RANGE = (-0.6, 1.8)
_EDGES = np.linspace(-0.6, 1.2, 25)


def examined_recording() -> Explorer:
    """One simulated recording, its parallelism score with interval, and what chance gives.

    Every setting is one recording, drawn with the same random numbers.

    Returns
    -------
    Explorer

    Examples
    --------
    >>> shown = examined_recording().readouts_at(bend=0.0, noise=0.5, n_trials=32)
    >>> shown["true"], shown["p"]
    ('1.000', '0.025')
    """
    measures = standard_measures()[:2]  # plain and corrected parallelism score

    def patterns_at(bend: float) -> Array:
        patterns = np.column_stack([_LABELS, bend * _LABELS[:, 0] * _LABELS[:, 1]])
        # Turned so that neurons are alike, as the shuffle takes them to be.
        turn = np.linalg.qr(np.random.default_rng(0).standard_normal((_N_NEURONS, 3)))[0]
        return np.asarray(patterns @ turn.T)

    @lru_cache(maxsize=512)
    def examined(bend: float, noise: float, n_trials: int) -> Examination:
        trials, labels = noisy_trials(patterns_at(bend), _LABELS, n_trials, noise, rng=1)
        return examine(trials, labels, rng=2, n_shuffles=_N_SHUFFLES, measures=measures)

    @lru_cache(maxsize=128)  # the courses do not depend on where the slider of trials stands
    def courses(bend: float, noise: float) -> dict[str, Any]:
        all_sizes = [examined(bend, noise, n) for n in _SIZES]
        bands = np.array([found["PS", "y1"].null_range for found in all_sizes])
        sizes = np.array(_SIZES, dtype=float)
        around = [
            np.column_stack([sizes, bands[:, 0]]),
            np.column_stack([sizes, bands[:, 1]])[::-1],
        ]
        true = float(parallelism_score(patterns_at(bend), _LABELS)[0])
        return {
            "chance": np.concatenate(around),
            "true": true,
            "true line": [[3, true], [80, true]],
            **_course("plain", [found["PS", "y1"] for found in all_sizes], 0.97),
            **_course("corrected", [found["PS, corrected", "y1"] for found in all_sizes], 1.03),
        }

    def compute(bend: float, noise: float, n_trials: float) -> dict[str, Any]:
        n = int(min(_SIZES, key=lambda size: abs(np.log(size / n_trials))))
        found = examined(bend, noise, n)
        plain, corrected = found["PS", "y1"], found["PS, corrected", "y1"]
        assert plain.null is not None
        heights = np.histogram(plain.null.shuffled, _EDGES)[0] / _N_SHUFFLES
        return {
            **courses(bend, noise),
            "moment": [[[n, _RANGE[0]], [n, _RANGE[1]]]],
            "null": np.column_stack([np.repeat(_EDGES, 2), [0, *np.repeat(heights, 2), 0]]),
            "observed": [[[plain.value, 0], [plain.value, 0.5]]],
            "plain": plain.value,
            "corrected": corrected.value if np.isfinite(corrected.value) else "none",
            "interval": _written(corrected),
            "by chance": f"{plain.null_range[0]:.2f} to {plain.null_range[1]:.2f}".replace(
                "-", "−"
            ),
            "p": plain.p_value,
        }

    plain_colour, corrected_colour = SERIES_COLOURS[1], SERIES_COLOURS[3]
    return Explorer(
        name="examined_recording",
        title="A recording under the microscope",
        description="Left: plain and corrected parallelism score of one recording with their "
        "intervals, against the number of trials, above a band of what shuffled neurons give. "
        "Right: the shuffles as a histogram, with the plain score as an upright line.",
        compute=compute,
        parameters=(
            Parameter("bend", "s, bend of the square", np.linspace(0, 1, 5), start=1),
            Parameter("noise", "σ, noise", (0.25, 0.5, 1.0, 1.5), start=1),
            Parameter("n_trials", "n, trials per condition", _SIZES, start=1),
        ),
        views=(
            Panel(
                "trials per condition",
                "parallelism score",
                (3, 85),
                _RANGE,
                (
                    Area("chance", "by chance, 95 %", "#999999"),
                    Line("true line", "true score", dashed=True),
                    Segments("plain bars", colour=plain_colour),
                    Segments("corrected bars", colour=corrected_colour),
                    Dots("plain dots", "plain", plain_colour),
                    Dots("corrected dots", "corrected", corrected_colour),
                    Segments("moment", dashed=True),
                ),
                xlog=True,
                xticks=tuple((n, str(n)) for n in _SIZES),
            ),
            Panel(
                "parallelism score",
                "share of shuffles",
                (_EDGES[0], _EDGES[-1]),
                (0, 0.5),
                (
                    Area("null", colour="#999999"),
                    Segments("observed", "plain score of the recording", plain_colour),
                ),
            ),
        ),
        readouts=(
            Readout("true", "true PS"),
            Readout("plain", "plain"),
            Readout("corrected", "corrected"),
            Readout("interval", "its 95 % interval"),
            Readout("by chance", "plain, by chance"),
            Readout("p", "p"),
        ),
    )


def _course(name: str, findings: list[Finding], aside: float) -> dict[str, Any]:
    """Dots and intervals against the number of trials, as far as they lie in the panel."""
    dots, bars = [], []
    for n, finding in zip(_SIZES, findings, strict=True):
        if _RANGE[0] <= finding.value <= _RANGE[1]:
            dots.append([aside * n, finding.value])
        if np.isfinite(finding.interval).all():
            ends = np.clip(finding.interval, *_RANGE)
            bars.append([[aside * n, ends[0]], [aside * n, ends[1]]])
    return {
        f"{name} dots": np.array(dots).reshape(-1, 2),
        f"{name} bars": np.array(bars).reshape(-1, 2, 2),
    }


def _written(finding: Finding) -> str:
    if not np.isfinite(finding.interval).all():
        return "none"
    return " to ".join(f"{end:.2f}" for end in finding.interval).replace("-", "−")
