"""Every measure of one representation, and what is known of an optimum."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .._validation import Array, as_labels, as_number
from ..geometry import (
    balanced_dichotomies,
    condition_means,
    kernel_ccgp,
    kernel_decoding,
    kernel_parallelism_score,
    participation_ratio,
    readout_modularity,
)
from ..kernels import center, gram, kernel_alignment
from ..meanfield import Optimum
from ..nets import Training

__all__ = ["Measures", "parallelism_course", "representation_measures", "verdict"]

Measures = dict[str, float | None]

_MEASURES = (
    "PS",
    "CCGP",
    "decoding",
    "shattering",
    "participation ratio",
    "alignment",
    "modularity",
)

# A gap above this is shown: below it, the optimum is known for every purpose.
_CLOSED_GAP = 1e-6
# A network whose answers are all smaller than this has collapsed: it holds nothing to measure.
_SILENT = 1e-3


def representation_measures(
    features: ArrayLike,
    read_out: ArrayLike,
    latents: ArrayLike,
    targets: ArrayLike,
    *,
    noise: float = 0.5,
) -> Measures:
    """Every measure of one representation and its read-out; means over the latents.

    Parameters
    ----------
    features : array, shape (P, M)
    read_out : array, shape (M, d_Y)
    latents : array, shape (P, d)
    targets : array, shape (P, d_Y)
    noise : float, optional
        For CCGP and decoding, see `Experiment`.

    Returns
    -------
    dict of str to float or None
        Parallelism score ("PS"); expected accuracies of the mean-difference decoder on the classes
        with noise: "CCGP" and "decoding" of the latents, "shattering" over all balanced
        dichotomies; "participation ratio"; "alignment" of the kernel with that of the targets;
        "modularity" of the read-out. None where a measure does not exist; all are None if the
        network has collapsed (no answer reaches 0.001).

    Examples
    --------
    >>> from absrep.laboratory import representation_measures
    >>> square = hypercube(2).labels
    >>> measures = representation_measures(square, np.eye(2), square, square)
    >>> [round(measures[name], 9) for name in ("PS", "participation ratio", "modularity")]
    [1.0, 2.0, 1.0]
    """
    z, weights = np.asarray(features, dtype=np.float64), np.asarray(read_out, dtype=np.float64)
    y = as_labels("latents", latents)
    asked = as_labels("targets", targets, len(y))
    sigma = as_number("noise", noise, above=0)
    if z.ndim != 2 or weights.shape != (z.shape[1], asked.shape[1]) or len(z) != len(y):
        raise ValueError(
            f"features and read_out must have shapes ({len(y)}, M) and (M, {asked.shape[1]}), "
            f"found {z.shape} and {weights.shape}"
        )
    if np.abs(z @ weights).max() < _SILENT:
        return dict.fromkeys(_MEASURES)
    means, classes = condition_means(z, y)
    # In units of the root mean squared distance from the centre.
    kernel = center(gram(means))
    kernel = kernel * len(kernel) / np.trace(kernel)
    neighbours = (classes[:, None] != classes[None]).sum(axis=-1) <= 1
    computed: tuple[Callable[[], Any], ...] = (
        lambda: kernel_parallelism_score(kernel, classes),
        lambda: kernel_ccgp(kernel, classes.T, noise=sigma, allowed_pairs=neighbours),
        lambda: kernel_decoding(kernel, classes.T, noise=sigma),
        lambda: kernel_decoding(kernel, balanced_dichotomies(len(classes)), noise=sigma),
        lambda: participation_ratio(z),
        lambda: kernel_alignment(gram(z), gram(asked)),
        lambda: readout_modularity(weights),
    )
    return dict(zip(_MEASURES, map(_defined, computed), strict=True))


def parallelism_course(run: Training, latents: ArrayLike) -> Array:
    """Parallelism score, mean over the latents, at every recorded step of `Experiment.train`.

    Parameters
    ----------
    run : Training
    latents : array, shape (P, d)

    Returns
    -------
    array, shape (T,)
        NaN where it does not exist.

    Examples
    --------
    >>> from absrep.laboratory import Experiment, parallelism_course
    >>> experiment = Experiment(n_steps=50)
    >>> run = experiment.train()
    >>> len(parallelism_course(run, experiment.latents)) == len(run.steps)
    True
    """
    y = as_labels("latents", latents)

    def score(features: Array) -> float:
        found = _defined(lambda: kernel_parallelism_score(gram(features), y))
        return np.nan if found is None else found

    return np.array([score(features) for features in run.recorded["features"][:, 0]])


def verdict(optimum: Optimum) -> str:
    """What is known of an optimum, in words.

    Examples
    --------
    >>> from absrep.laboratory import verdict
    >>> from absrep.meanfield import solve
    >>> verdict(solve(hypercube(2))), verdict(solve(hypercube(2), width=3))
    ('certified optimum', 'best found, certified to within 3.7 %')
    """
    if not optimum.certified:
        return "best found, not certified"
    if optimum.gap <= _CLOSED_GAP:
        return "certified optimum"
    return f"best found, certified to within {100 * optimum.gap:.2g} %"


def _defined(measure: Callable[[], Any]) -> float | None:
    """The mean of a measure, None where it says that it does not exist."""
    try:
        return float(np.mean(measure()))
    except ValueError:
        return None
