r"""What one neuron can say about the labels for what it costs.

A neuron with preactivations h costs :math:`c(h) = h^\top\tilde K^{-1}h` and sends the read-out the
*signal* :math:`s(h) = Y^\top φ(h)/\sqrt P`. How the strongest signal grows with the cost decides
whether representations are abstract: see the chapter on nonlinearities.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from .._validation import Array, Seed, as_array, as_count, as_generator, as_number
from ..tasks import Task
from ._activations import Activation
from ._ascent import minimise_smooth
from ._metric import input_metric
from ._solver import as_activation

__all__ = ["StrongestNeurons", "paired_signal", "strongest_neurons"]

_ANGLES = 721
_ZOOMS = 5


@dataclass(frozen=True, eq=False)
class StrongestNeurons:
    r"""Neurons that say most about the labels at given costs, as a search found them.

    Attributes
    ----------
    signals : array, shape (n,)
        :math:`ψ(c) = \max_{c(h) \le c} \lVert Y^\top φ(h)\rVert^2/P`.
    preactivations : array, shape (P, n)
        The neuron that attains each, one of several where the task is symmetric.
    """

    signals: Array
    preactivations: Array


def as_costs(value: ArrayLike) -> Array:
    costs = as_array("costs", value, 1)
    if not len(costs) or (costs <= 0).any():
        raise ValueError(f"costs must be above zero, found {value!r}")
    return costs


def paired_signal(
    costs: ArrayLike, activation: Activation, constant: float, latent: float
) -> Array:
    r"""Largest signal per stimulus of a neuron that tells two values apart.

    .. math:: G(k) = \max_{m^2/κ_0 + x^2/κ_1 \le k}
        \left[\frac{φ(m+x) - φ(m-x)}2\right]^2

    The neuron :math:`h = m1 + xy_a` has the cost Pk and the signal PG(k). Where G is concave no
    neuron does better, on average over stimuli, and the optimum is abstract.

    Parameters
    ----------
    costs : array, shape (n,)
        k, per stimulus; above zero.
    activation : Activation
    constant, latent : float
        κ₀ and κ₁, the eigenvalues of :math:`\tilde K` on the constant and on the labels.

    Returns
    -------
    array, shape (n,)

    Raises
    ------
    TypeError, ValueError
        If an argument is out of its range.

    Examples
    --------
    For ReLU it is the gain times k:

    >>> from absrep.meanfield import paired_signal, relu
    >>> paired_signal([0.5, 1.0, 2.0], relu, constant=5, latent=1) * 6 / 5
    array([0.5, 1. , 2. ])
    """
    phi = as_activation(activation)
    k = as_costs(costs)[:, None]
    mean = np.sqrt(k * as_number("constant", constant, above=0))
    swing = np.sqrt(k * as_number("latent", latent, above=0))
    # x < 0 gives the same signal with the other sign.
    low, high = np.full(k.shape, -np.pi / 2), np.full(k.shape, np.pi / 2)
    best = np.zeros(len(k))
    for _ in range(_ZOOMS):
        angle = low + (high - low) * np.linspace(0, 1, _ANGLES)
        m, x = mean * np.sin(angle), swing * np.cos(angle)
        value = ((phi.value(m + x) - phi.value(m - x)) / 2) ** 2
        at = value.argmax(axis=1)[:, None]
        best = np.maximum(best, np.take_along_axis(value, at, 1)[:, 0])
        centre, step = np.take_along_axis(angle, at, 1), (high - low) / (_ANGLES - 1)
        low, high = centre - step, centre + step
    # Where a larger neuron would say less, a smaller one is taken.
    order = np.argsort(k[:, 0], kind="stable")
    best[order] = np.maximum.accumulate(best[order])
    return best


def strongest_neurons(
    costs: ArrayLike,
    task: Task,
    activation: Activation,
    bias: float = 1.0,
    *,
    rng: Seed = 0,
    n_starts: int = 8,
) -> StrongestNeurons:
    r"""Find the neuron with the strongest signal at every cost, by ascent from several starts.

    .. math:: ψ(c) = \max_{c(h) \le c} \lVert Y^\top φ(h)\rVert^2/P

    Parameters
    ----------
    costs : array, shape (n,)
        Above zero.
    task : Task
    activation : Activation
    bias : float
        τ in [0, ∞).
    rng : int or numpy.random.Generator
        Decides the random starts.
    n_starts : int
        Random starts at every cost, beside the latents, :math:`1 ± y_a`, single stimuli, and the
        best neuron at the cost before.

    Returns
    -------
    StrongestNeurons
        Not rigorous: a search may miss the strongest.

    Raises
    ------
    TypeError, ValueError
        If an argument is out of its range.

    Examples
    --------
    >>> from absrep.meanfield import relu, strongest_neurons
    >>> strongest_neurons([1.0, 2.0], hypercube(2), relu).signals.round(6)
    array([0.833333, 1.666667])
    """
    phi = as_activation(activation)
    given = as_costs(costs)
    metric = input_metric(task, bias)
    if metric.free:
        raise ValueError("bias must be finite")
    p = task.n_stimuli
    unit = task.labels / np.sqrt(p)
    random = as_generator("rng", rng).standard_normal((p, as_count("n_starts", n_starts, 0)))
    shapes = [task.labels, -task.labels, 1 + task.labels, np.eye(p)[:, :1], random]
    starts = [metric.whiten @ h for h in np.concatenate(shapes, axis=1).T]
    starts = [u / np.linalg.norm(u) for u in starts if u.any()]
    signals, neurons = np.zeros(len(given)), np.zeros((p, len(given)))
    largest, strongest, last = 0.0, np.zeros(p), list[Array]()
    for i in np.argsort(given, kind="stable"):
        size = float(np.sqrt(given[i]))

        def negative(u: Array, size: float = size) -> tuple[float, Array]:
            length = float(np.sqrt(u @ u))
            direction = u / length
            h = size * (metric.factor @ direction)
            s = unit.T @ phi.value(h)
            gradient = -2 * size * (metric.factor.T @ (phi.derivative(h) * (unit @ s)))
            gradient = (gradient - direction * (direction @ gradient)) / length
            return -float(s @ s), gradient

        ends = [minimise_smooth(negative, u, 1e-10, 200) for u in [*starts, *last]]
        value, u = min(ends, key=lambda end: end[0])
        last = [u / np.linalg.norm(u)]
        # Where a larger neuron would say less, the smaller one is kept.
        if -value > largest:
            largest, strongest = -value, size * (metric.factor @ last[0])
        signals[i], neurons[:, i] = largest, strongest
    return StrongestNeurons(signals, neurons)
