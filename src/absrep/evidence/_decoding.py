"""Linear read-outs of the latents from a network's states, and what they do where none was seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._validation import Array, Seed, as_array, as_count, as_generator
from ._task import EvidenceTask, Trials

__all__ = ["Generalisation", "LatentDecoder", "in_orthant", "orthant_generalisation"]


_PRECISION = 1e-5


@dataclass(frozen=True, eq=False)
class LatentDecoder:
    """Affine least-squares read-out of D latents from M state variables, one per replica.

    Attributes
    ----------
    weights : array, shape (R, M, D)
    offset : array, shape (R, D)

    Examples
    --------
    >>> states = np.random.default_rng(0).standard_normal((1, 50, 3))
    >>> decoder = LatentDecoder.fit(states, 2 * states[0, :, :1] + 1)
    >>> decoder.weights.round(6).ravel() + 0.0, decoder.offset.round(6)
    (array([2., 0., 0.]), array([[1.]]))
    """

    weights: Array
    offset: Array

    @classmethod
    def fit(cls, states: ArrayLike, latents: ArrayLike) -> LatentDecoder:
        """Fit states (R, n, M) to latents (n, D); of equally good read-outs the smallest."""
        z, x = as_array("states", states, 3), as_array("latents", latents, 2)
        if z.shape[1] != len(x):
            raise ValueError(
                f"states must have {len(x)} trials, one per latent, found {z.shape[1]}"
            )
        centre = z.mean(axis=1, keepdims=True)
        # States come in single precision: what varies less than that is rounding, and a read-out
        # along it would be huge and mean nothing (layer normalisation leaves such a direction).
        weights = np.stack(
            [np.linalg.lstsq(each, x - x.mean(0), rcond=_PRECISION)[0] for each in z - centre]
        )
        return cls(weights, x.mean(0) - (centre @ weights)[:, 0])

    def predict(self, states: ArrayLike) -> Array:
        """Latents (R, n, D) read from states (R, n, M)."""
        return np.asarray(as_array("states", states, 3) @ self.weights + self.offset[:, None])

    def r2(self, states: ArrayLike, latents: ArrayLike, variance: ArrayLike) -> Array:
        r"""Share of `variance` explained, :math:`1 - \mathrm{MSE}/\mathrm{var}`.

        Averaged over latents, shape (R,).

        Parameters
        ----------
        states : array, shape (R, n, M)
        latents : array, shape (n, D)
        variance : array, shape (D,)
            What the error is compared with.
        """
        error = np.mean((self.predict(states) - as_array("latents", latents, 2)) ** 2, axis=1)
        return np.asarray(1 - np.mean(error / as_array("variance", variance, 1), axis=1))

    def angles(self) -> Array:
        """Angles in degrees between the read-out directions of all pairs, shape (R, D(D−1)/2)."""
        unit = self.weights / np.linalg.norm(self.weights, axis=1, keepdims=True)
        cosines = np.einsum("rmd,rme->rde", unit, unit)
        first, second = np.triu_indices(cosines.shape[-1], 1)
        return np.asarray(np.degrees(np.arccos(np.clip(cosines[:, first, second], -1, 1))))


Condition = Callable[[Array], NDArray[np.bool_]]


def in_orthant(signs: ArrayLike) -> Condition:
    """Whether latents (n, D) lie in the orthant with these signs (D,).

    Examples
    --------
    >>> in_orthant([1, -1])(np.array([[0.2, -0.1], [0.2, 0.1]]))
    array([ True, False])
    """
    s = as_array("signs", signs, 1)
    return lambda latents: np.all(latents * s > 0, axis=1)


@dataclass(frozen=True, eq=False)
class Generalisation:
    """How well the latents are read where the read-out has been fitted, and where not.

    Attributes
    ----------
    held_out : array, shape (R, F)
        Explained share of the *full* distribution's variance in each held-out orthant, its
        read-out fitted in all others.
    held_out_own : array, shape (R, F)
        The same error compared with the variance inside the held-out orthant.
    within : array, shape (R,)
        New trials of the full distribution, on which the read-out was fitted.

    Examples
    --------
    >>> found = Generalisation(np.array([[0.9, 0.8]]), np.array([[0.6, 0.2]]), np.array([0.97]))
    >>> np.median(found.held_out, axis=1)
    array([0.85])
    """

    held_out: Array
    held_out_own: Array
    within: Array


def orthant_generalisation(
    states: Callable[[Trials], Array],
    task: EvidenceTask,
    *,
    n_fit: int,
    n_test: int,
    rng: Seed,
    orthants: ArrayLike | None = None,
    sample_held_out: Callable[[Array], Condition] = in_orthant,
) -> Generalisation:
    r"""Fit the read-out with one orthant of the latents left out, and test it there.

    Parameters
    ----------
    states : callable
        From trials to final states (R, n, M).
    task : EvidenceTask
    n_fit, n_test : int
        Trials of the full distribution, whose share outside the orthant the read-out is fitted to
        and whose share inside it is tested on.
    rng : int or numpy.random.Generator
    orthants : array, shape (F, D), optional
        Signs of the orthants to leave out one by one; default: all :math:`2^D`.
    sample_held_out : callable, optional
        From signs to the condition on latents that the test trials meet; other than the orthant
        itself only to see what a wrong test would give.

    Returns
    -------
    Generalisation

    Examples
    --------
    >>> from absrep.evidence import Box, fan
    >>> task = EvidenceTask(fan(4), Box([0.5, 0.5]), noise=0.2, n_steps=20)
    >>> mean = lambda trials: trials.evidence.mean(axis=1)[None]
    >>> found = orthant_generalisation(mean, task, n_fit=2000, n_test=2000, rng=0)
    >>> found.held_out.shape, bool(found.held_out.min() > 0.95)
    ((1, 4), True)
    """
    generator = as_generator("rng", rng)
    seen = task.trials(as_count("n_fit", n_fit), generator)
    new = task.trials(as_count("n_test", n_test), generator)
    fit, test = Pool(states(seen), seen.latents), Pool(states(new), new.latents)
    d = task.latents.n_latents
    every = list(product((1.0, -1.0), repeat=d))
    signs = as_array("orthants", every if orthants is None else orthants, 2)
    return generalise(fit, test, task.latents.variance, signs, sample_held_out)


@dataclass(frozen=True, eq=False)
class Pool:
    """States (R, n, M) of trials, and their latents (n, D)."""

    states: Array
    latents: Array

    def where(self, condition: Condition) -> Pool:
        """The trials whose latents meet the condition."""
        chosen = condition(self.latents)
        return Pool(self.states[:, chosen], self.latents[chosen])


def generalise(
    fit: Pool,
    test: Pool,
    full: Array,
    orthants: Array,
    sample_held_out: Callable[[Array], Condition],
) -> Generalisation:
    """What `orthant_generalisation` does, with states at hand; `full` is the variance (D,)."""
    columns = []
    for signs in orthants:
        seen, unseen = fit.where(_outside(signs)), test.where(sample_held_out(signs))
        if len(unseen.latents) < 2:
            raise ValueError(f"n_test must be larger: no two trials for orthant {signs}")
        decoder = LatentDecoder.fit(seen.states, seen.latents)
        own = unseen.latents.var(axis=0)
        columns.append([decoder.r2(unseen.states, unseen.latents, var) for var in (full, own)])
    held_out, held_out_own = np.stack(columns, axis=-1)
    within = LatentDecoder.fit(fit.states, fit.latents)
    return Generalisation(held_out, held_out_own, within.r2(test.states, test.latents, full))


def _outside(signs: Array) -> Condition:
    inside = in_orthant(signs)
    return lambda latents: ~inside(latents)
