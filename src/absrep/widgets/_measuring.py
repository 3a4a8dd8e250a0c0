"""Chapter "Measuring abstraction": what each measure misses, and what few trials do to one."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from .._validation import Array
from ..figures import SERIES_COLOURS
from ..geometry import (
    cross_validated_parallelism_score,
    expected_parallelism_score,
    parallelism_score,
    participation_ratio,
)
from ..kernels import gram, kernel_alignment
from ..tasks import hypercube
from ._explorer import Explorer, Parameter, Readout
from ._marks import Area, Dots, Line, Panel, Scene, Segments
from ._stimuli import SCORE_LINES, lines, scores, square, square_marks

__all__ = ["few_trials", "fooled_measures"]

_LABELS = hypercube(2).labels
_Y1, _Y2 = _LABELS.T

# Ways to leave the square, by an amount a from 0 to 1.
_DISTORTIONS: dict[str, Callable[[float], tuple[Array, Array, Array]]] = {
    "bend": lambda a: (_Y1, _Y2, a * _Y1 * _Y2),
    "stretch": lambda a: ((1 + 1.5 * a) * _Y1, _Y2, 0 * _Y1),
    "lean": lambda a: (_Y1 + 1.5 * a * _Y2, _Y2, 0 * _Y1),
    "unequal contexts": lambda a: (_Y1, _Y2 * (1 + 0.95 * a * _Y1), 0 * _Y1),
    "fade": lambda a: ((1 - 0.95 * a) * _Y1, (1 - 0.95 * a) * _Y2, 0 * _Y1),
}
_NOISE = 0.5  # the chapter's σ
_RECORDINGS = 100


def fooled_measures() -> Explorer:
    """A square distorted in five ways: which measure notices, and which does not.

    Returns
    -------
    Explorer

    Examples
    --------
    >>> faint = fooled_measures().readouts_at(distortion=4, amount=1.0, noise=0.5)
    >>> faint["parallelism"], faint["decoding"]
    ('1.000', '0.540')
    """
    ways = list(_DISTORTIONS)

    def patterns_at(distortion: float, amount: float) -> Array:
        return np.column_stack(_DISTORTIONS[ways[round(distortion)]](amount))

    def measures(patterns: Array, noise: float) -> dict[str, float]:
        alignment = kernel_alignment(gram(patterns), gram(_LABELS))
        return scores(patterns, noise) | {"alignment": alignment}

    @lru_cache(maxsize=64)  # the lines do not depend on the amount
    def curves(distortion: float, noise: float) -> dict[str, Array]:
        at = np.linspace(0, 1, 26)
        return lines(at, [measures(patterns_at(distortion, a), noise) for a in at])

    def compute(distortion: float, amount: float, noise: float) -> dict[str, Any]:
        patterns = patterns_at(distortion, amount)
        now = measures(patterns, noise)
        return {
            **square(patterns),
            "now": np.column_stack([len(now) * [amount], list(now.values())]),
            "dimension": float(participation_ratio(patterns)),
            **now,
            **curves(distortion, noise),
        }

    return Explorer(
        name="fooled_measures",
        title="Which measure notices?",
        description="Left: a square of four points, distorted. Right: five measures against the "
        "amount of the distortion; some fall, some stay where they are.",
        compute=compute,
        parameters=(
            Parameter("distortion", "distortion", range(len(ways)), words=tuple(ways)),
            Parameter("amount", "amount of distortion", np.linspace(0, 1, 21), start=12),
            Parameter("noise", "σ, noise", (0.1, 0.25, 0.5, 1.0, 1.5), start=2),
        ),
        views=(
            Scene(
                square_marks(),
                radius=2.75,
                elevation=35.0,
            ),
            Panel(
                "amount of distortion",
                "score, or fraction correct",
                (0, 1),
                (0, 1.05),
                (
                    *SCORE_LINES,
                    Line("alignment line", "CKA with labels", SERIES_COLOURS[5], dashed=True),
                    Dots("now"),
                ),
            ),
        ),
        readouts=(
            Readout("parallelism", "PS"),
            Readout("ccgp", "CCGP"),
            Readout("decoding", "decoding accuracy"),
            Readout("shattering", "shattering dimension"),
            Readout("alignment", "CKA"),
            Readout("dimension", "participation ratio", ".2f"),
        ),
    )


def few_trials() -> Explorer:
    """Plain and corrected parallelism score of a hundred recordings of the same representation.

    Returns
    -------
    Explorer

    Examples
    --------
    >>> few_trials().readouts_at(interaction=0.0, n_trials=12, n_neurons=100)["expected"]
    '0.490'
    """
    trials = (4, 6, 8, 12, 16, 24, 32, 48, 64, 100)
    edges = np.linspace(-0.6, 1.8, 25)

    def patterns_at(interaction: float, n_neurons: float) -> Array:
        """Three axes are used, and which ones makes no difference to isotropic noise."""
        patterns = np.column_stack([_Y1, _Y2, interaction * _Y1 * _Y2])
        return np.asarray(patterns @ np.eye(3, round(n_neurons)))

    @lru_cache(maxsize=1024)
    def scores(interaction: float, n_trials: float, n_neurons: float) -> tuple[Array, Array]:
        """Plain and corrected score of every recording, means of the two latents."""
        patterns = patterns_at(interaction, n_neurons)
        means, error = _measured(patterns, n_trials)
        # Two rows with the means and with the squared errors of the trials that were simulated.
        rows = np.stack([means - error, means + error], axis=2).reshape(_RECORDINGS, 8, -1)
        labels = np.repeat(_LABELS, 2, axis=0)
        return parallelism_score(means, _LABELS).mean(axis=1), _corrected(rows, labels)

    @lru_cache(maxsize=64)
    def curves(interaction: float, n_neurons: float) -> dict[str, Any]:
        plain, corrected = zip(*(scores(interaction, n, n_neurons) for n in trials), strict=True)
        patterns, fine = patterns_at(interaction, n_neurons), np.geomspace(3, 130, 30)
        theory = [
            expected_parallelism_score(patterns, _LABELS, noise=_NOISE, n_trials=n).mean()
            for n in fine
        ]
        true = parallelism_score(patterns, _LABELS).mean()
        return {
            "theory line": np.column_stack([fine, theory]),
            "true line": [[3, true], [130, true]],
            "true upright": [[true, 0], [true, 1]],
            "true": true,
            **_mean_and_spread("plain", trials, plain),
            **_mean_and_spread("corrected", trials, corrected),
        }

    def compute(interaction: float, n_trials: float, n_neurons: float) -> dict[str, Any]:
        patterns = patterns_at(interaction, n_neurons)
        plain, corrected = scores(interaction, n_trials, n_neurons)
        kept = corrected[np.isfinite(corrected)]
        expected = expected_parallelism_score(patterns, _LABELS, noise=_NOISE, n_trials=n_trials)
        return {
            "moment": [[[n_trials, -0.4], [n_trials, 1.8]]],
            "plain histogram": _outline(plain, edges),
            "corrected histogram": _outline(kept, edges),
            "expected": expected.mean(),
            "plain": plain.mean(),
            "corrected": kept.mean() if len(kept) else "none",
            "spread": kept.std() if len(kept) else "none",
            "refused": 100 * (1 - len(kept) / len(corrected)),
            **curves(interaction, n_neurons),
        }

    plain_colour, corrected_colour = SERIES_COLOURS[1], SERIES_COLOURS[3]
    return Explorer(
        name="few_trials",
        title="What few trials do to the parallelism score",
        description="Left: against the number of trials the plain score rises slowly to the true "
        "one, on the theoretical line, while the corrected score comes near it earlier, with a "
        "wider spread. Right: both scores of a hundred simulated recordings, as histograms.",
        compute=compute,
        parameters=(
            Parameter("interaction", "s, bend of the square", np.linspace(0, 1, 6)),
            Parameter("n_trials", "n, trials per condition", trials, start=3),
            Parameter("n_neurons", "N, neurons", (10, 100, 400), start=1),
        ),
        views=(
            Panel(
                "trials per condition",
                "parallelism score",
                (3, 130),
                (-0.4, 1.8),
                (
                    Line("theory line", "plain, theory", plain_colour),
                    Line("true line", "true score", dashed=True),
                    Segments("plain bars", colour=plain_colour),
                    Segments("corrected bars", colour=corrected_colour),
                    Dots("plain dots", "plain", plain_colour),
                    Dots("corrected dots", "corrected", corrected_colour),
                    Segments("moment", dashed=True),
                ),
                xlog=True,
                xticks=tuple((n, str(n)) for n in (4, 8, 16, 32, 64)),
            ),
            Panel(
                "parallelism score",
                "share of recordings",
                (edges[0], edges[-1]),
                (0, 1),
                (
                    Area("plain histogram", colour=plain_colour),
                    Area("corrected histogram", colour=corrected_colour),
                    Line("true upright", dashed=True),
                ),
            ),
        ),
        readouts=(
            Readout("true", "true PS"),
            Readout("expected", "plain, theory"),
            Readout("plain", "plain, mean"),
            Readout("corrected", "corrected, mean"),
            Readout("spread", "corrected, sd"),
            Readout("refused", "not correctable", ".0f", "%"),
        ),
    )


def _measured(patterns: Array, n_trials: float) -> tuple[Array, Array]:
    """Condition means of all recordings, (R, P, N), and a vector as long as each one's error.

    For Gaussian noise the mean of n trials and their summed sample variance are independent, and
    the latter is χ² with N(n − 1) degrees of freedom: no need to draw the trials one by one.
    """
    rng = np.random.default_rng(0)
    conditions, n_neurons = patterns.shape
    size = (_RECORDINGS, conditions)
    means = patterns + _NOISE / np.sqrt(n_trials) * rng.standard_normal((*size, n_neurons))
    variance = _NOISE**2 * rng.chisquare(n_neurons * (n_trials - 1), size) / (n_trials - 1)
    error = np.zeros_like(means)
    error[..., 0] = np.sqrt(variance / n_trials)
    return means, error


def _corrected(rows: Array, labels: Array) -> Array:
    """Cross-validated scores of recordings, NaN where the noise leaves no direction."""
    try:
        return np.asarray(cross_validated_parallelism_score(rows, labels).mean(axis=1))
    except ValueError:
        if len(rows) == 1:
            return np.array([np.nan])
        half = len(rows) // 2
        return np.concatenate([_corrected(rows[:half], labels), _corrected(rows[half:], labels)])


def _mean_and_spread(name: str, at: tuple[int, ...], groups: tuple[Array, ...]) -> dict[str, Array]:
    """A dot and a bar of one standard deviation to either side, of what is finite."""
    kept = [values[np.isfinite(values)] for values in groups]
    rows = [(x, v.mean(), v.std()) for x, v in zip(at, kept, strict=True) if len(v)]
    x, mean, spread = np.array(rows).reshape(-1, 3).T
    ends = np.stack([mean - spread, mean + spread], axis=1)
    return {
        f"{name} dots": np.column_stack([x, mean]),
        f"{name} bars": np.stack([np.stack([x, x], axis=1), ends], axis=-1),
    }


def _outline(values: Array, edges: Array) -> Array:
    """Histogram as one outline; what lies beyond the edges is counted in the outermost bins."""
    counts, _ = np.histogram(np.clip(values, edges[0], edges[-1]), edges)
    top = np.repeat(counts / _RECORDINGS, 2)
    used = np.flatnonzero(top)
    if not len(used):
        return np.array([[edges[0], 0.0]])
    inside = slice(used[0], used[-1] + 1)
    x = np.repeat(edges, 2)[1:-1][inside]
    return np.column_stack([[x[0], *x, x[-1]], [0, *top[inside], 0]])
