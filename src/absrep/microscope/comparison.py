"""One table of the same measures over several systems."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from tqdm import tqdm

from .._validation import Array, Seed, as_count, as_generator
from ..canonical import Alignments, alignments, random_weight_alignments
from ..geometry import shuffle_labels
from ._measures import Measure, standard_measures
from .specimens import Specimen

__all__ = ["compare", "compared_measures", "summarise"]

_NAMES = (
    *("PS", "PS, corrected", "CCGP", "decoding", "shattering"),
    *("dimension of means", "dimension of means, corrected"),
)


def compared_measures() -> tuple[Measure, ...]:
    """The `standard_measures` that exist for activity of either sign and need no neighbours.

    Returns
    -------
    tuple of Measure

    Examples
    --------
    >>> from absrep.microscope.comparison import compared_measures
    >>> [measure.name for measure in compared_measures()][:3]
    ['PS', 'PS, corrected', 'CCGP']
    """
    return tuple(measure for measure in standard_measures() if measure.name in _NAMES)


def compare(
    specimens: Sequence[Specimen],
    *,
    rng: Seed,
    n_shuffles: int = 3,
    measures: Sequence[Measure] | None = None,
    progress: bool = False,
) -> pd.DataFrame:
    """The same measures of every system, trained, untrained and with shuffled labels.

    Parameters
    ----------
    specimens : sequence of Specimen
        With different names.
    rng : int or numpy.random.Generator
        Of shuffles and folds.
    n_shuffles : int, default 3
        Of the labels, in each trained network.
    measures : sequence of Measure, optional
        Default `compared_measures`.
    progress : bool
        Show a progress bar.

    Returns
    -------
    pandas.DataFrame
        One row per system, state ("trained", "untrained", "shuffled") and replica (or replica and
        shuffle): columns ``system``, ``state``, ``replica``, one for each measure, mean over the
        latents, NaN where it does not exist; then the six alignments of the read-out. Labels play
        no role in these: their second null, in the rows "shuffled", are weights drawn at random,
        `absrep.canonical.random_weight_alignments`.

    Raises
    ------
    ValueError
        If two specimens have the same name.

    Examples
    --------
    >>> from absrep.microscope.comparison import compare
    >>> from absrep.microscope.specimens import optimum_specimen
    >>> table = compare([optimum_specimen(seeds=[0], noise=0.2)], rng=0, n_shuffles=1)
    >>> table[["state", "PS", "decoding"]].round(1)
           state   PS  decoding
    0    trained  1.0       1.0
    1  untrained  0.0       1.0
    2   shuffled ...
    """
    names = [specimen.system for specimen in specimens]
    if not names or len(set(names)) < len(names):
        raise ValueError(f"specimens must be at least one, with different names, found {names}")
    repeats = as_count("n_shuffles", n_shuffles, at_least=0)
    asked = compared_measures() if measures is None else tuple(measures)
    generator = as_generator("rng", rng)
    seed = int(generator.integers(2**32))
    looks = [look for specimen in specimens for look in _looks(specimen, repeats, generator)]
    rows = []
    for system, state, replica, x, y, six in tqdm(looks, disable=not progress, desc="looks"):
        row: dict[str, object] = {"system": system, "state": state, "replica": replica}
        row |= {measure.name: _mean(measure, x, y, seed) for measure in asked}
        row |= dict(zip(Alignments.relations(), six, strict=True))
        rows.append(row)
    return pd.DataFrame(rows)


def summarise(table: pd.DataFrame) -> pd.DataFrame:
    """Median over networks, with the lowest and the highest, of what `compare` found.

    Parameters
    ----------
    table : pandas.DataFrame

    Returns
    -------
    pandas.DataFrame
        One row per measure, one column per system and state; text.

    Examples
    --------
    >>> table = pd.DataFrame({"system": ["a", "a"], "state": ["trained"] * 2, "replica": [0, 1],
    ...                       "PS": [0.5, 0.7]})
    >>> summarise(table)["a"].loc["PS", "trained"]
    '0.60 [0.50, 0.70]'
    """
    numbers = [c for c in table.columns if c not in ("system", "state", "replica")]
    columns = {
        key: {name: _range(rows[name].to_numpy(dtype=float)) for name in numbers}
        for key, rows in table.groupby(["system", "state"], sort=False)
    }
    return pd.DataFrame(columns)


def _looks(
    specimen: Specimen, repeats: int, rng: np.random.Generator
) -> Iterator[tuple[str, str, int, Array, Array, Array]]:
    """System, state, replica, responses, labels and alignments of every row."""
    y, found = specimen.labels, specimen.trained
    states = (
        ("trained", found, alignments(specimen.readout)),
        ("untrained", specimen.untrained, alignments(specimen.untrained_readout)),
    )
    for state, responses, six in states:
        for replica, (x, row) in enumerate(zip(responses, six.stacked(), strict=True)):
            yield specimen.system, state, replica, x, y, row
    chance = random_weight_alignments(specimen.readout).stacked()
    for replica, (x, row) in enumerate(zip(found, chance, strict=True)):
        for _ in range(repeats):
            _, dealt = shuffle_labels(x, y, rng)
            yield specimen.system, "shuffled", replica, x, dealt, row


def _mean(measure: Measure, responses: Array, labels: Array, seed: int) -> float:
    try:
        return float(np.mean(np.asarray(measure.compute(responses, labels, seed))))
    except ValueError:
        return np.nan


def _range(values: Array) -> str:
    known = values[np.isfinite(values)]
    if not len(known):
        return "–"
    return f"{np.median(known):.2f} [{known.min():.2f}, {known.max():.2f}]".replace("-", "−")
