"""A task with a direction planted in its stimuli that the labels do not depend on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from .._validation import (
    Array,
    Seed,
    as_array,
    as_count,
    as_generator,
    as_labels,
    as_stack,
)
from ..tasks import Task

__all__ = ["PlantedNuisance", "nuisance_share", "nuisance_weight", "planted_nuisance"]


@dataclass(frozen=True, eq=False)
class PlantedNuisance:
    r"""Stimuli :math:`x = s + \xi v`: signals s that decide the labels, and a nuisance ξ.

    Parameters
    ----------
    signals : array, shape (P, d_X)
        Without a component along the planted direction.
    labels : array, shape (P, d_Y), −1 or +1
        Known from the signals.
    direction : array, shape (d_X,)
        v, of length 1.

    Raises
    ------
    ValueError, TypeError
        If shapes disagree, the direction is not of length 1 or the signals have a part along it.

    Examples
    --------
    >>> plan = PlantedNuisance([[1.0, 0.0], [-1.0, 0.0]], [[1], [-1]], [0.0, 1.0])
    >>> plan.task([[2.0], [2.0]]).features.tolist()
    [[1.0, 2.0], [-1.0, 2.0]]
    """

    signals: Array
    labels: Array
    direction: Array

    def __post_init__(self) -> None:
        signals = as_array("signals", self.signals, 2)
        direction = as_array("direction", self.direction, 1)
        if direction.shape != signals.shape[1:]:
            raise ValueError(
                f"direction must have {signals.shape[1]} entries, found {len(direction)}"
            )
        if not np.isclose(np.linalg.norm(direction), 1):
            raise ValueError(f"direction must have length 1, found {np.linalg.norm(direction):g}")
        if np.abs(signals @ direction).max() > 1e-9 * np.abs(signals).max():
            raise ValueError("signals must be orthogonal to direction")
        object.__setattr__(self, "signals", signals)
        object.__setattr__(self, "labels", as_labels("labels", self.labels, len(signals)))
        object.__setattr__(self, "direction", direction)

    def task(self, nuisance: ArrayLike) -> Task:
        """The stimuli with these amounts of nuisance.

        Parameters
        ----------
        nuisance : array, shape (P,) or (P, n)
            ξ; with n columns every signal occurs n times, with one amount after the other.

        Returns
        -------
        Task
        """
        xi = as_array("nuisance", nuisance, (1, 2))
        xi = xi[:, None] if xi.ndim == 1 else xi
        if len(xi) != len(self.signals):
            raise ValueError(f"nuisance must have {len(self.signals)} rows, found {len(xi)}")
        stimuli = self.signals[:, None] + xi[..., None] * self.direction
        labels = np.repeat(self.labels, xi.shape[1], axis=0)
        return Task(labels, stimuli.reshape(-1, stimuli.shape[-1]))


def planted_nuisance(
    n_inputs: int, n_labels: int, n_stimuli: int, rng: Seed, *, n_teacher: int = 8
) -> PlantedNuisance:
    """Labels from a random two-layer teacher that is blind to one random direction.

    Signals are Gaussian, of unit variance in every direction but the planted one. The teacher's
    outputs, of which the labels are the signs, are balanced by taking off their medians.

    Parameters
    ----------
    n_inputs : int
        d_X, at least 2.
    n_labels : int
        d_Y.
    n_stimuli : int
        P.
    rng : int or numpy.random.Generator
    n_teacher : int, default 8
        Rectified-linear neurons of the teacher.

    Returns
    -------
    PlantedNuisance

    Examples
    --------
    >>> plan = planted_nuisance(8, 2, 100, rng=0)
    >>> plan.labels.mean(axis=0).tolist(), bool(np.allclose(plan.signals @ plan.direction, 0))
    ([0.0, 0.0], True)
    """
    d, k = as_count("n_inputs", n_inputs, at_least=2), as_count("n_labels", n_labels)
    p, m = as_count("n_stimuli", n_stimuli, at_least=2), as_count("n_teacher", n_teacher)
    generator = as_generator("rng", rng)
    direction = generator.standard_normal(d)
    direction /= np.linalg.norm(direction)
    first, second = generator.standard_normal((d, m)), generator.standard_normal((m, k))
    signals = generator.standard_normal((p, d))
    signals -= np.outer(signals @ direction, direction)
    signals -= np.outer(signals @ direction, direction)  # once more, for the rounding
    outputs = np.maximum(signals @ first / np.sqrt(d), 0) @ second
    labels = np.where(outputs > np.median(outputs, axis=0), 1.0, -1.0)
    return PlantedNuisance(signals, labels, direction)


def nuisance_weight(weights: ArrayLike, direction: ArrayLike) -> Array:
    r"""How much a linear map takes from one direction of its inputs, against the mean direction.

    .. math:: \frac{v^\top Z_a v}{\tr Z_a/M_a}, \qquad Z_a = W^\top W,

    1 for a direction like any other, 0 if the map does not see it.

    Parameters
    ----------
    weights : array, shape (..., M_b, M_a)
        W. Leading axes are replicas, recorded steps.
    direction : array, shape (M_a,)
        v, of length 1.

    Returns
    -------
    array, shape (...)

    Examples
    --------
    >>> [float(nuisance_weight([[1.0, 0.0]], v)) for v in ([1.0, 0.0], [0.0, 1.0])]
    [2.0, 0.0]
    """
    v = as_array("direction", direction, 1)
    w = as_stack("weights", weights)
    if v.shape != w.shape[-1:] or not np.isclose(np.linalg.norm(v), 1):
        raise ValueError(f"direction must have {w.shape[-1]} entries and length 1")
    total = np.square(w).sum((-2, -1))
    if not total.all():
        raise ValueError("weights must not all be zero")
    return np.asarray(np.square(w @ v).sum(-1) * w.shape[-1] / total)


def nuisance_share(responses: ArrayLike, n_draws: int) -> Array:
    r"""Share of the variance of a representation that is due to the nuisance.

    .. math:: \frac{\langle\mathrm{Var}_\xi[z\,|\,s]\rangle_s}{\mathrm{Var}[z]}

    Variances are sums over neurons. 0 if the representation is invariant, 1 if it knows nothing
    else. As variance over a finite number of draws it is unbiased above and below the line.

    Parameters
    ----------
    responses : array, shape (..., P · n_draws, M)
        To the stimuli of `PlantedNuisance.task`, all draws of one signal in a row.
    n_draws : int
        At least 2.

    Returns
    -------
    array, shape (...)

    Examples
    --------
    >>> signal, nuisance = np.repeat([-1.0, 1.0], 2), np.tile([-1.0, 1.0], 2)
    >>> float(nuisance_share(np.column_stack([signal, nuisance]), 2).round(3))
    0.667
    """
    z = as_stack("responses", responses)
    n = as_count("n_draws", n_draws, at_least=2)
    if z.shape[-2] % n or z.shape[-2] <= n:
        raise ValueError(f"responses must be to two signals or more, {n} draws each")
    grouped = z.reshape(*z.shape[:-2], -1, n, z.shape[-1])
    means = grouped.mean(-2)
    within = grouped.var(-2, ddof=1).sum(-1).mean(-1)
    between = means.var(-2, ddof=1).sum(-1) - within / n
    total = within + between
    if not (total > 0).all():
        raise ValueError("responses must vary")
    return np.asarray(within / total)
