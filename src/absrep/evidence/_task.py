"""Evidence accumulation: trials of a multi-task classification with noisy evidence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from .._validation import Array, Seed, as_array, as_count, as_function, as_generator, as_number
from ._boundaries import Boundaries
from ._latents import LatentDistribution

__all__ = ["EvidenceTask", "RandomEncoder", "Trials"]

# So few rows at a time stay in the processor's cache from layer to layer: twice as fast.
_ROWS = 64


@dataclass(frozen=True, eq=False)
class Trials:
    """A batch of trials; float64 throughout.

    Attributes
    ----------
    latents : array, shape (n, D)
        :math:`x^*`.
    evidence : array, shape (n, T, D)
        The latents plus noise, at each step.
    inputs : array, shape (n, T, d_X)
        What a network sees: the evidence itself, or what the encoder makes of it.
    labels : array, shape (n, K), −1 or +1
        Sign of each margin of the true latents.

    Examples
    --------
    >>> from absrep.evidence import Box, fan
    >>> trials = EvidenceTask(fan(2), Box([1, 1]), noise=0.0, n_steps=1).trials(5, rng=0)
    >>> bool((trials.inputs[:, 0] == trials.latents).all())
    True
    """

    latents: Array
    evidence: Array
    inputs: Array
    labels: Array


@dataclass(frozen=True, eq=False)
class RandomEncoder:
    """A frozen network with random weights and ReLUs: it hides the latents in its outputs.

    Weights and biases are uniform on ±1/√fan-in, torch's default for a linear layer, with which
    the authors of the multi-task evidence paper made theirs; no ReLU after the last layer.

    Parameters
    ----------
    sizes : tuple of int
        Inputs, hidden layers, outputs.
    seed : int

    Examples
    --------
    >>> encoder = RandomEncoder((2, 100, 100, 40), seed=0)
    >>> encoder(np.zeros((5, 20, 2))).shape
    (5, 20, 40)
    """

    sizes: tuple[int, ...]
    seed: int

    def __post_init__(self) -> None:
        sizes = [as_count("sizes", size) for size in self.sizes]
        if len(sizes) < 2:
            raise ValueError(f"sizes must be inputs, hidden layers, outputs, found {self.sizes}")
        rng = as_generator("seed", self.seed)
        layers = []
        for n_in, n_out in pairwise(sizes):
            edge = n_in**-0.5
            layers.append(
                (rng.uniform(-edge, edge, (n_in, n_out)), rng.uniform(-edge, edge, n_out))
            )
        object.__setattr__(self, "_layers", layers)

    def __call__(self, evidence: Array) -> Array:
        """Encode the last axis."""
        rows = evidence.reshape(-1, evidence.shape[-1])
        encoded = np.empty((len(rows), self.sizes[-1]))
        for first in range(0, len(rows), _ROWS):
            encoded[first : first + _ROWS] = self._encode(rows[first : first + _ROWS])
        return encoded.reshape(*evidence.shape[:-1], self.sizes[-1])

    def _encode(self, rows: Array) -> Array:
        layers: list[tuple[Array, Array]] = self._layers  # type: ignore[attr-defined]
        for i, (weights, biases) in enumerate(layers):
            rows = (np.maximum(rows, 0, out=rows) if i else rows) @ weights
            rows += biases
        return rows


def gaussian_noise(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Standard normal noise, the default."""
    return rng.standard_normal(shape)


@dataclass(frozen=True, eq=False)
class EvidenceTask:
    r"""K classifications of D latents from T noisy looks at them.

    .. math:: X_t = x^* + \sigma\xi_t, \qquad y_i = \mathrm{sign}\,m_i(x^*)

    Parameters
    ----------
    boundaries : Boundaries
        The margins :math:`m_i`.
    latents : LatentDistribution
        Where :math:`x^*` comes from.
    noise : float
        σ, standard deviation of the evidence at one step, in the units of the latents.
    n_steps : int
        T, steps of evidence.
    autocorrelation : float, default 0
        ρ, of the noise from step to step (stationary, first order), at least 0 and below 1.
    noise_shape : callable, optional
        ``noise_shape(rng, shape)`` returns independent noise of mean 0 and variance 1; default
        Gaussian.
    encoder : callable, optional
        From evidence (n, T, D) to the inputs (n, T, d_X) that a network sees; default: none.

    Raises
    ------
    ValueError
        If boundaries and latents disagree on D, or a number is out of range.

    Examples
    --------
    >>> from absrep.evidence import Box, fan
    >>> task = EvidenceTask(fan(6), Box([0.5, 0.5]), noise=0.2, n_steps=20)
    >>> trials = task.trials(100, rng=0)
    >>> trials.inputs.shape, trials.labels.shape
    ((100, 20, 2), (100, 6))
    """

    boundaries: Boundaries
    latents: LatentDistribution
    noise: float
    n_steps: int
    autocorrelation: float = 0.0
    noise_shape: Callable[[np.random.Generator, tuple[int, ...]], Array] = gaussian_noise
    encoder: Callable[[Array], Array] | None = None

    def __post_init__(self) -> None:
        if self.boundaries.n_latents != self.latents.n_latents:
            raise ValueError(
                f"boundaries and latents must have the same number of latents, found "
                f"{self.boundaries.n_latents} and {self.latents.n_latents}"
            )
        as_number("noise", self.noise, at_least=0)
        as_count("n_steps", self.n_steps)
        as_function("noise_shape", self.noise_shape)
        if not 0 <= as_number("autocorrelation", self.autocorrelation) < 1:
            raise ValueError(f"autocorrelation must be in [0, 1), found {self.autocorrelation}")

    def trials(
        self, n_trials: int, rng: Seed, *, where: Callable[[Array], ArrayLike] | None = None
    ) -> Trials:
        """Draw trials.

        Parameters
        ----------
        n_trials : int
        rng : int or numpy.random.Generator
        where : callable, optional
            From latents (n, D) to booleans (n,): only latents for which it is true are used,
            such as one orthant. It must not be rarer than one in a thousand.

        Returns
        -------
        Trials
        """
        generator = as_generator("rng", rng)
        latents = self._draw(as_count("n_trials", n_trials), generator, where)
        return self.observe(latents, generator)

    def observe(self, latents: ArrayLike, rng: Seed) -> Trials:
        """Draw evidence for given latents, shape (n, D)."""
        x = as_array("latents", latents, 2)
        labels = np.where(self.boundaries.margins(x) > 0, 1.0, -1.0)
        noise = self.noise_shape(as_generator("rng", rng), (len(x), self.n_steps, x.shape[1]))
        rho = self.autocorrelation
        if rho > 0:
            for t in range(1, self.n_steps):
                noise[:, t] = rho * noise[:, t - 1] + np.sqrt(1 - rho**2) * noise[:, t]
        evidence = x[:, None] + self.noise * noise
        inputs = evidence if self.encoder is None else self.encoder(evidence)
        return Trials(x, evidence, inputs, labels)

    def _draw(
        self,
        n: int,
        rng: np.random.Generator,
        where: Callable[[Array], ArrayLike] | None,
    ) -> Array:
        if where is None:
            return self.latents.sample(n, rng)
        found = np.empty((0, self.latents.n_latents))
        for _ in range(1000):
            more = self.latents.sample(max(n, 100), rng)
            found = np.concatenate([found, more[np.asarray(where(more), dtype=bool)]])
            if len(found) >= n:
                return found[:n]
        raise ValueError("where is true too rarely: fewer than one latent in a thousand")
