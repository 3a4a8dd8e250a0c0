r"""The ideal observer of noisy evidence, and the way back from its answers to the latents.

Evidence :math:`X_t = x^* + \sigma\xi_t`. All that the past holds about the latents is its
(weighted) running mean; what is left is Gaussian, so the probability of each answer is that of a
half-space under a Gaussian, which can be inverted.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import log_expit, log_ndtr, ndtri_exp
from scipy.stats import norm

from .._validation import Array, as_array, as_count, as_kernel, as_number
from ._boundaries import Hyperplanes

__all__ = [
    "Posterior",
    "effective_looks",
    "effective_samples",
    "extract_latents",
    "ideal_observer",
    "probit_of_logit",
]


@dataclass(frozen=True, eq=False)
class Posterior:
    """What is known of the latents after each step.

    Attributes
    ----------
    mean : array, shape (n, T, D)
        Posterior mean of the latents: with a flat prior the running mean of the evidence.
    covariance : array, shape (T, D, D)
        The same for all trials.

    Examples
    --------
    >>> posterior = ideal_observer([[[0.5], [0.5]]], noise=1.0)
    >>> posterior.probabilities(Hyperplanes([[1]])).round(3).ravel()
    array([0.691, 0.76 ])
    """

    mean: Array
    covariance: Array

    def spread(self, tasks: Hyperplanes) -> Array:
        """Standard deviation of each task's margin after each step, shape (T, K)."""
        c = tasks.normals
        variance: Array = np.einsum("kd,tde,ke->tk", c, self.covariance, c)
        return np.sqrt(variance)

    def probabilities(self, tasks: Hyperplanes) -> Array:
        """Probability that each answer is "+", shape (n, T, K)."""
        probabilities: Array = norm.cdf(tasks.margins(self.mean) / self.spread(tasks))
        return probabilities

    def logits(self, tasks: Hyperplanes) -> Array:
        """The same as log odds, which stay exact where a probability rounds to 1."""
        probits = tasks.margins(self.mean) / self.spread(tasks)
        logits: Array = log_ndtr(probits) - log_ndtr(-probits)
        return logits


def ideal_observer(
    evidence: ArrayLike,
    noise: float,
    *,
    prior: ArrayLike | None = None,
    autocorrelation: float = 0.0,
) -> Posterior:
    r"""Posterior of the latents after each step of evidence.

    With independent noise and a flat prior, the running mean :math:`\mu(t)` and covariance
    :math:`\sigma^2/t`. With a Gaussian prior :math:`N(0, \Sigma)` the precision is
    :math:`\Sigma^{-1} + n_t/\sigma^2` and the mean shrinks accordingly. Noise with correlation
    :math:`\rho^{|s-t|}` between steps counts as :math:`n_t` independent samples
    (`effective_samples`); the mean weighs the first and the last sample 1 and those between
    :math:`1-\rho`.

    Parameters
    ----------
    evidence : array, shape (n, T, D)
    noise : float
        σ per step, above zero, in the units of the latents.
    prior : array, shape (D, D), optional
        Covariance of the latents; default: flat.
    autocorrelation : float, default 0
        ρ, at least 0 and below 1.

    Returns
    -------
    Posterior

    Examples
    --------
    >>> posterior = ideal_observer([[[1.0], [3.0]]], noise=0.5)
    >>> posterior.mean.ravel(), posterior.covariance.ravel()
    (array([1., 2.]), array([0.25 , 0.125]))
    """
    x = as_array("evidence", evidence, 3)
    sigma = as_number("noise", noise, above=0)
    rho = as_number("autocorrelation", autocorrelation, at_least=0)
    if rho >= 1:
        raise ValueError(f"autocorrelation must be below 1, found {rho:g}")
    t = np.arange(1, x.shape[1] + 1)
    # Weights of the least-squares mean: 1 at both ends, 1 − ρ between; the last sample so far
    # has its ρ added back.
    inner = (1 - rho) * np.cumsum(x, axis=1) + rho * x[:, :1]
    total = np.where(t == 1, 1.0, 2 + (t - 2) * (1 - rho))
    mean = np.where(t[:, None] == 1, x, (inner + rho * x) / total[:, None])
    samples = effective_samples(t, rho)
    evidence_precision = samples[:, None, None] / sigma**2 * np.eye(x.shape[2])
    if prior is None:
        return Posterior(mean, as_array("covariance", np.linalg.inv(evidence_precision)))
    precision = np.linalg.inv(as_kernel("prior", prior, x.shape[2])) + evidence_precision
    covariance: Array = np.linalg.inv(precision).astype(np.float64)
    shrunk = np.einsum("tde,tef,ntf->ntd", covariance, evidence_precision, mean)
    return Posterior(shrunk, covariance)


def effective_samples(steps: ArrayLike, autocorrelation: float = 0.0) -> Array:
    r"""How many independent looks so many correlated ones are worth.

    .. math:: n_t = 1 + (t-1)\,\frac{1-\rho}{1+\rho}

    Parameters
    ----------
    steps : array
        t, at least 1.
    autocorrelation : float, default 0
        ρ of the noise from step to step, at least 0 and below 1.

    Returns
    -------
    array, same shape

    Examples
    --------
    >>> effective_samples([1, 20], 0.5).round(3)
    array([1.   , 7.333])
    """
    t = as_array("steps", steps)
    if (t < 1).any():
        raise ValueError(f"steps must be at least 1, found {t.min():g}")
    rho = as_number("autocorrelation", autocorrelation, at_least=0)
    if rho >= 1:
        raise ValueError(f"autocorrelation must be below 1, found {rho:g}")
    return np.asarray(1 + (t - 1) * (1 - rho) / (1 + rho))


def effective_looks(eigenvalue: float, n_looks: int) -> float:
    r"""How many looks are left of so many in a sum that keeps a share of itself at every step.

    .. math:: n_{\rm eff} = \frac{(\sum_t a^t)^2}{\sum_t a^{2t}}
              = \frac{(1+a)(1-a^T)}{(1-a)(1+a^T)}

    Parameters
    ----------
    eigenvalue : float
        a, at least 0: below 1 the sum forgets, above it drowns what is new.
    n_looks : int
        T.

    Returns
    -------
    float

    Examples
    --------
    >>> effective_looks(1.0, 20), round(effective_looks(0.9, 20), 2)
    (20.0, 14.88)
    """
    a = as_number("eigenvalue", eigenvalue, at_least=0)
    weights = a ** np.arange(as_count("n_looks", n_looks))
    return float(weights.sum() ** 2 / np.sum(weights**2))


def probit_of_logit(logits: ArrayLike) -> Array:
    r"""The standard normal quantile of a sigmoid, :math:`\Phi^{-1}(\mathrm{sigm}(u))`.

    Exact in the tails, where the sigmoid itself rounds to 0 or 1; near 0 about u/1.6.

    Parameters
    ----------
    logits : array

    Returns
    -------
    array, same shape

    Examples
    --------
    >>> probit_of_logit([0.0, 1.702, -40.0]).round(3)
    array([ 0.   ,  1.019, -8.593])
    """
    u = np.asarray(as_array("logits", logits))
    probits: Array = -np.sign(u) * ndtri_exp(log_expit(-np.abs(u)))
    return probits + 0.0  # no negative zero


def extract_latents(probits: ArrayLike, tasks: Hyperplanes, spread: ArrayLike) -> Array:
    r"""The posterior mean of the latents from the answers of an optimal classifier.

    .. math:: \mu = C^+\left(b + s\,\Phi^{-1}(\hat Y)\right)

    with :math:`s` the spread of the margins, :math:`\sigma/\sqrt t` for a flat prior.

    Parameters
    ----------
    probits : array, shape (..., K)
        :math:`\Phi^{-1}(\hat Y)`: of probabilities by `scipy.special.ndtri`, of logits by
        `probit_of_logit`.
    tasks : Hyperplanes
        With normals of rank D: fewer tasks than latents leave some direction unseen.
    spread : array, broadcast against `probits`
        `Posterior.spread`.

    Returns
    -------
    array, shape (..., D)

    Raises
    ------
    ValueError
        If the tasks do not span the space of the latents.

    Examples
    --------
    >>> tasks = Hyperplanes([[1, 0], [0, 1], [1, 1]], offsets=[0.1, 0, 0])
    >>> posterior = ideal_observer([[[0.3, -0.2], [0.1, 0.2]]], noise=0.5)
    >>> probits = probit_of_logit(posterior.logits(tasks))
    >>> extract_latents(probits, tasks, posterior.spread(tasks)).round(12)
    array([[[ 0.3, -0.2],
            [ 0.2,  0. ]]])
    """
    if tasks.rank < tasks.n_latents:
        raise ValueError(
            f"tasks must span the {tasks.n_latents} latents, found normals of rank {tasks.rank}"
        )
    u = as_array("probits", probits)
    if u.ndim == 0 or u.shape[-1] != tasks.n_tasks:
        raise ValueError(f"probits must have {tasks.n_tasks} in the last axis, found {u.shape}")
    margins = u * as_array("spread", spread)
    return (margins + tasks.offsets) @ np.linalg.pinv(tasks.normals).T
