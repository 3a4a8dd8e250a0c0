"""Distributions of the latent variables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import norm

from .._validation import Array, as_array, as_count, as_kernel

__all__ = ["Box", "Gaussian", "LatentDistribution"]


class LatentDistribution(Protocol):
    """Where the latents of a trial come from; centred on zero.

    Examples
    --------
    >>> latents: LatentDistribution = Gaussian(np.eye(3))
    >>> latents.n_latents, latents.variance
    (3, array([1., 1., 1.]))
    """

    @property
    def n_latents(self) -> int:
        """D."""
        ...

    @property
    def variance(self) -> Array:
        """Of each latent, shape (D,)."""
        ...

    def sample(self, n_trials: int, rng: np.random.Generator) -> Array:
        """Latents of so many trials, shape (n, D)."""
        ...


@dataclass(frozen=True, eq=False)
class Box:
    r"""Uniform on :math:`[-h_i, h_i]`, independent or correlated through a Gaussian copula.

    Parameters
    ----------
    half_widths : array, shape (D,)
        :math:`h_i`, above zero; unequal ones make the latents anisotropic.
    correlation : array, shape (D, D), optional
        Of the underlying normal variables; the marginals stay uniform. Default: independent.

    Examples
    --------
    >>> Box([0.5, 0.5]).variance.round(4)
    array([0.0833, 0.0833])
    """

    half_widths: Array
    correlation: Array | None = None

    def __post_init__(self) -> None:
        widths = as_array("half_widths", self.half_widths, 1)
        if (widths <= 0).any():
            raise ValueError(f"half_widths must be above zero, found {widths.min():g}")
        object.__setattr__(self, "half_widths", widths)
        if self.correlation is not None:
            object.__setattr__(self, "correlation", _correlation(self.correlation, len(widths)))

    @property
    def n_latents(self) -> int:
        """D."""
        return len(self.half_widths)

    @property
    def variance(self) -> Array:
        """Of each latent, shape (D,)."""
        return np.asarray(self.half_widths**2 / 3)

    def sample(self, n_trials: int, rng: np.random.Generator) -> Array:
        """Latents of so many trials, shape (n, D)."""
        shape = (as_count("n_trials", n_trials), self.n_latents)
        if self.correlation is None:
            return rng.uniform(-1, 1, shape) * self.half_widths
        normal = rng.standard_normal(shape) @ np.linalg.cholesky(self.correlation).T
        return np.asarray((2 * norm.cdf(normal) - 1) * self.half_widths)


@dataclass(frozen=True, eq=False)
class Gaussian:
    """Normal latents, for which the ideal observer is exact with its prior.

    Parameters
    ----------
    covariance : array, shape (D, D)
        Positive definite.

    Examples
    --------
    >>> Gaussian([[1.0, 0.5], [0.5, 1.0]]).sample(3, np.random.default_rng(0)).shape
    (3, 2)
    """

    covariance: Array

    def __post_init__(self) -> None:
        covariance = as_kernel("covariance", self.covariance)
        if np.linalg.eigvalsh(covariance)[0] <= 0:
            raise ValueError("covariance must be positive definite")
        object.__setattr__(self, "covariance", covariance)

    @property
    def n_latents(self) -> int:
        """D."""
        return len(self.covariance)

    @property
    def variance(self) -> Array:
        """Of each latent, shape (D,)."""
        return np.diag(self.covariance).copy()

    def sample(self, n_trials: int, rng: np.random.Generator) -> Array:
        """Latents of so many trials, shape (n, D)."""
        normal = rng.standard_normal((as_count("n_trials", n_trials), self.n_latents))
        return normal @ np.linalg.cholesky(self.covariance).T


def _correlation(value: ArrayLike, n_latents: int) -> Array:
    matrix = as_kernel("correlation", value, n_latents)
    if not np.allclose(np.diag(matrix), 1):
        raise ValueError(f"correlation must have ones on its diagonal, found {np.diag(matrix)}")
    if np.linalg.eigvalsh(matrix)[0] <= 0:
        raise ValueError("correlation must be positive definite")
    return matrix
