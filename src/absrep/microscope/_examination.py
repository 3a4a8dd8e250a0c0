"""Everything about one recording: each measure with its interval and what chance would give."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.stats import t
from tqdm import tqdm

from .._validation import Array, Seed, as_count, as_generator
from ..geometry import NullDistribution
from ._measures import Measure, standard_measures
from ._responses import Responses, as_responses
from ._shares import wilson_interval

__all__ = ["Examination", "Finding", "examine"]

_LEVEL = 0.95
_MOST_GROUPS = 20
WHOLE = "all"


@dataclass(frozen=True, eq=False)
class Finding:
    """One measure of one latent, or of the whole representation.

    Attributes
    ----------
    measure : str
    latent : str
        Name of the latent; "all" for a measure of the whole representation.
    value : float
        NaN where the measure does not exist.
    interval : (float, float)
        95 %, by a delete-a-group jackknife over trials; for shares of trials Wilson's where that
        is wider; NaN where there is none. Not cut at the ends of the measure's range, which a
        corrected score may itself be beyond.
    null : NullDistribution or None
        The measure and its values on shuffled data.
    small : bool
        Whether low values are the remarkable ones.
    note : str
        Why something is missing, or drawn from few shuffles; empty if nothing is.

    Examples
    --------
    >>> from absrep import NullDistribution
    >>> from absrep.microscope import Finding
    >>> null = NullDistribution(np.array(0.9), np.linspace(-0.5, 0.5, 99))
    >>> finding = Finding("PS", "side", 0.9, (0.8, 1.0), null)
    >>> finding.p_value, round(finding.z_score, 2)
    (0.01, 3.07)
    """

    measure: str
    latent: str
    value: float
    interval: tuple[float, float] = (np.nan, np.nan)
    null: NullDistribution | None = None
    small: bool = False
    note: str = ""

    @property
    def p_value(self) -> float:
        """Share of shuffles, the data counted in, at least as far out; NaN without a null."""
        if self.null is None:
            return np.nan
        if self.small:
            return float(NullDistribution(-self.null.observed, -self.null.shuffled).p_value)
        return float(self.null.p_value)

    @property
    def z_score(self) -> float:
        """Distance from the null mean in its standard deviations; NaN without a null."""
        return np.nan if self.null is None else float(self.null.z_score)

    @property
    def null_range(self) -> tuple[float, float]:
        """The middle 95 % of the shuffles; NaN without a null."""
        if self.null is None:
            return np.nan, np.nan
        low, high = np.quantile(self.null.shuffled, [(1 - _LEVEL) / 2, (1 + _LEVEL) / 2])
        return float(low), float(high)


@dataclass(frozen=True, eq=False)
class Examination:
    """All findings about a recording.

    Attributes
    ----------
    data : Responses
    findings : tuple of Finding

    Examples
    --------
    >>> from absrep.microscope import examine
    >>> trials, labels = noisy_trials(np.eye(4, 30), hypercube(2).labels, 20, noise=0.1, rng=0)
    >>> found = examine(trials, labels, rng=0, n_shuffles=19)
    >>> found["decoding", "y1"].value
    1.0
    """

    data: Responses
    findings: tuple[Finding, ...]

    def __getitem__(self, key: tuple[str, str] | str) -> Finding:
        measure, latent = (key, WHOLE) if isinstance(key, str) else key
        for finding in self.findings:
            if (finding.measure, finding.latent) == (measure, latent):
                return finding
        known = ", ".join(dict.fromkeys(f"{f.measure} ({f.latent})" for f in self.findings))
        raise KeyError(f"no finding {measure!r} of {latent!r}; there are {known}")

    def table(self) -> pd.DataFrame:
        """One line per finding: value, interval, null, and how unlikely by chance.

        The column "Holm" has the p-values after Holm's correction for there being several: of
        those that are at most 0.05, with a probability of at least 95 % none is a false alarm.
        """
        adjusted = _holm(np.array([f.p_value for f in self.findings]))
        rows = [
            {
                "measure": f.measure,
                "latent": f.latent,
                "value": f.value,
                "low": f.interval[0],
                "high": f.interval[1],
                "null": np.nan if f.null is None else f.null.shuffled.mean(),
                "null low": f.null_range[0],
                "null high": f.null_range[1],
                "z": f.z_score,
                "p": f.p_value,
                "Holm": p,
                "note": f.note,
            }
            for f, p in zip(self.findings, adjusted, strict=True)
        ]
        return pd.DataFrame(rows)


def examine(
    responses: ArrayLike | Responses,
    labels: ArrayLike | None = None,
    *,
    rng: Seed,
    n_shuffles: int = 300,
    names: Sequence[str] | None = None,
    measures: Sequence[Measure] | None = None,
    progress: bool = False,
) -> Examination:
    """Put a recording under the microscope: every measure, its interval and its null.

    Parameters
    ----------
    responses : array, shape (n, N), or Responses
        One row per trial; or what `read_responses` returns, and then no `labels` or `names`.
    labels : array, shape (n, d), −1 or +1
    rng : int or numpy.random.Generator
        Decides shuffles, folds and groups.
    n_shuffles : int, default 300
        Of each kind; 0 for no nulls. No p-value is below 1/(1 + n_shuffles), and none of a measure
        with fewer (`Measure.most_shuffles`; 20 for shattering) below 1/(1 + that number).
    names : sequence of str, optional
        Of the latents; default y1, y2, …
    measures : sequence of Measure, optional
        Default `standard_measures`.
    progress : bool
        Show a progress bar.

    Returns
    -------
    Examination

    Examples
    --------
    >>> from absrep.microscope import examine
    >>> square = hypercube(2).labels @ np.eye(2, 50)
    >>> trials, labels = noisy_trials(square, hypercube(2).labels, 20, noise=0.3, rng=0)
    >>> found = examine(trials, labels, rng=0, n_shuffles=19)["PS", "y1"]
    >>> found.value > 0.8, found.p_value
    (True, 0.05)
    """
    if isinstance(responses, Responses):
        if labels is not None or names is not None:
            raise ValueError("labels and names must be left out: responses has its own")
        data = responses
    elif labels is None:
        raise ValueError("labels must be given, one row per trial")
    else:
        data = as_responses(responses, labels, names)
    repeats = as_count("n_shuffles", n_shuffles, at_least=0)
    if repeats == 1:
        raise ValueError("n_shuffles must be 0 or at least 2, found 1")
    asked = standard_measures() if measures is None else tuple(measures)
    generator = as_generator("rng", rng)
    seed = int(generator.integers(2**32))
    x, y = data.responses, data.labels

    width = {m.name: y.shape[1] if m.per_latent else 1 for m in asked}
    values: dict[str, Array] = {}
    notes: dict[str, str] = {}
    for measure in asked:
        values[measure.name], notes[measure.name] = _tried(measure, x, y, seed, width[measure.name])
    alive = [m for m in asked if np.isfinite(values[m.name]).all()]
    spread = _jackknife(alive, x, y, seed, width, generator)
    nulls = _nulls(alive, x, y, seed, width, repeats, generator, progress)
    findings = []
    for m in asked:
        for k in range(width[m.name]):
            value, note = float(values[m.name][k]), notes[m.name]
            interval, null = (np.nan, np.nan), None
            if m in alive:
                interval = _student(value, *spread[m.name], k)
                if m.rate:
                    low, high = wilson_interval(value, _effective_trials(y), level=_LEVEL)
                    interval = _wider(interval, (float(low), float(high)))
                if not np.isfinite(interval).all():
                    note = "no interval: too few trials to leave some out"
                if m.name in nulls:
                    null, lost = _null_of(value, nulls[m.name][:, k])
                    note = note or lost or _coarse(m, repeats)
            latent = data.names[k] if m.per_latent else WHOLE
            findings.append(Finding(m.name, latent, value, interval, null, m.small, note))
    return Examination(data, tuple(findings))


def _tried(measure: Measure, x: Array, y: Array, seed: int, width: int) -> tuple[Array, str]:
    """Values of a measure (width,), NaN and the reason where it does not exist."""
    try:
        found = np.asarray(measure.compute(x, y, seed), dtype=np.float64).reshape(-1)
    except ValueError as error:
        return np.full(width, np.nan), str(error)
    if len(found) != width:
        raise ValueError(
            f"measures must return {width} numbers here, found {len(found)} of {measure.name!r}"
        )
    return found, ""


def _nulls(
    measures: Sequence[Measure],
    x: Array,
    y: Array,
    seed: int,
    width: dict[str, int],
    repeats: int,
    rng: np.random.Generator,
    progress: bool,
) -> dict[str, Array]:
    """Values on shuffled data (repeats, width); measures with one shuffle share its draws."""
    tested = [m for m in measures if m.shuffle is not None] if repeats else []
    drawn: dict[str, list[Array]] = {m.name: [] for m in tested}
    kinds = list(dict.fromkeys(m.shuffle for m in tested if m.shuffle is not None))
    rounds = [(kind, r) for kind in kinds for r in range(repeats)]
    for kind, r in tqdm(rounds, disable=not progress, desc="shuffles"):
        shuffled, dealt = kind(x, y, rng)
        for m in tested:
            if m.shuffle is kind and r < (m.most_shuffles or repeats):
                drawn[m.name].append(_tried(m, shuffled, dealt, seed, width[m.name])[0])
    return {name: np.array(values) for name, values in drawn.items()}


def _null_of(value: float, drawn: Array) -> tuple[NullDistribution | None, str]:
    kept = drawn[np.isfinite(drawn)]
    lost = "" if len(kept) == len(drawn) else f"null from {len(kept)} of {len(drawn)} shuffles"
    if len(kept) < 2:
        return None, lost
    return NullDistribution(np.array(value), kept), lost


def _coarse(measure: Measure, repeats: int) -> str:
    """What a measure that is shuffled less often than the others cannot say."""
    if measure.most_shuffles is None or measure.most_shuffles >= repeats:
        return ""
    least = 1 / (1 + measure.most_shuffles)
    return f"{measure.most_shuffles} shuffles only: p is at least {least:.3f}"


def _jackknife(
    measures: Sequence[Measure],
    x: Array,
    y: Array,
    seed: int,
    width: dict[str, int],
    rng: np.random.Generator,
) -> dict[str, tuple[Array, int]]:
    """Standard errors and their degrees of freedom, by leaving out one group of trials at a time.

    Every group has its share of every condition.
    """
    conditions = np.unique(y, axis=0, return_inverse=True)[1].reshape(-1)
    fewest = int(np.bincount(conditions).min())
    n_groups = min(_MOST_GROUPS, fewest)
    if n_groups < 2:
        return {m.name: (np.full(width[m.name], np.nan), 1) for m in measures}
    group = np.empty(len(x), dtype=np.int64)
    for condition in range(conditions.max() + 1):
        rows = rng.permutation(np.flatnonzero(conditions == condition))
        group[rows] = (np.arange(len(rows)) + rng.integers(n_groups)) % n_groups
    errors = {}
    for m in measures:
        left = np.stack(
            [
                _tried(m, x[group != g], y[group != g], seed, width[m.name])[0]
                for g in range(n_groups)
            ]
        )
        errors[m.name] = (np.sqrt((n_groups - 1) * left.var(axis=0)), n_groups - 1)
    return errors


def _student(value: float, error: Array, freedom: int, k: int) -> tuple[float, float]:
    reach = float(t.ppf((1 + _LEVEL) / 2, freedom) * error[k])
    return value - reach, value + reach


def _wider(jackknifed: tuple[float, float], binomial: tuple[float, float]) -> tuple[float, float]:
    """Of two intervals for a share; the jackknife is blind where every trial is right."""
    if not np.isfinite(jackknifed).all():
        return binomial
    low, high = max(0.0, jackknifed[0]), min(1.0, jackknifed[1])
    return (low, high) if high - low > binomial[1] - binomial[0] else binomial


def _holm(p_values: Array) -> Array:
    """Holm's step-down correction; what has no p-value (NaN) is no test."""
    tested = np.flatnonzero(np.isfinite(p_values))
    order = tested[np.argsort(p_values[tested])]
    adjusted = np.full(len(p_values), np.nan)
    weighed = p_values[order] * np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(weighed))
    return adjusted


def _effective_trials(labels: Array) -> float:
    """Trials that equal conditions would need for the same precision of a mean over conditions."""
    counts = np.unique(labels, axis=0, return_counts=True)[1]
    return float(len(counts) ** 2 / np.sum(1 / counts))
