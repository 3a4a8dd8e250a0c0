"""Both sides of the balance equations of a linear map in stationary training."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from .._validation import Array, as_count, as_function, as_number
from ..nets import LinearLayer, Replicated
from ._alignment import linear_layers

__all__ = ["Balance", "balance_above", "balance_below", "layer_probe"]


@dataclass(frozen=True, eq=False)
class Balance:
    r"""What one step of training is expected to do to :math:`WW^\top` (or :math:`W^\top W`).

    The expectation is over the mini-batch, at the given weights. The change is
    η (noise − drift − decay), exactly; it vanishes on average over a stationary trajectory.

    Attributes
    ----------
    drift : array, shape (..., M, M)
        From the error: :math:`\langle g_b\bar h_b^\top + \bar h_bg_b^\top\rangle` with
        :math:`\bar h_b = Wh_a`, or :math:`\langle g_ah_a^\top + h_ag_a^\top\rangle` below.
    decay : array, shape (..., M, M)
        From the weight decay: :math:`2\gamma Z`.
    noise : array, shape (..., M, M)
        From the square of the step: its rate times the second moment of the whole gradient.

    Examples
    --------
    >>> identity = np.eye(2)
    >>> Balance(-1.5 * identity, 2 * identity, 0.5 * identity).excess.tolist()
    [[0.0, 0.0], [0.0, 0.0]]
    """

    drift: Array
    decay: Array
    noise: Array

    @property
    def excess(self) -> Array:
        """Noise − drift − decay, zero on average in a stationary state."""
        return np.asarray(self.noise - self.drift - self.decay)

    def stacked(self) -> Array:
        """Drift, decay and noise, shape (3, ..., M, M)."""
        return np.stack([self.drift, self.decay, self.noise])


def balance_above(
    layer: LinearLayer, *, learning_rate: float, weight_decay: float, batch_size: int | None = None
) -> Balance:
    r"""The terms of {eq}`eq-balance-above`, for :math:`WW^\top`.

    Parameters
    ----------
    layer : LinearLayer
        With one row per stimulus (not a convolution or attention, where the gradient of a
        stimulus is a sum over rows).
    learning_rate : float
        η, for the *mean* error of the batch.
    weight_decay : float
        γ, likewise: a step is :math:`\Delta W = -\eta(\nabla+\gamma W)`.
    batch_size : int, optional
        B, drawn with replacement. Default: no batches, the gradient of all stimuli.

    Returns
    -------
    Balance

    Examples
    --------
    >>> layer = LinearLayer([[1.0], [-1.0]], [[2.0]], [[0.5], [0.5]])
    >>> found = balance_above(layer, learning_rate=0.1, weight_decay=0.01, batch_size=1)
    >>> [round(term.item(), 6) for term in (found.drift, found.decay, found.noise)]
    [0.0, 0.08, 0.02504]
    """
    return _balance(
        layer.gradients, layer.inputs, layer.weights, learning_rate, weight_decay, batch_size
    )


def balance_below(
    layer: LinearLayer, *, learning_rate: float, weight_decay: float, batch_size: int | None = None
) -> Balance:
    r"""The terms of {eq}`eq-balance-below`, for :math:`W^\top W`; see `balance_above`.

    Parameters
    ----------
    layer, learning_rate, weight_decay, batch_size
        See `balance_above`.

    Returns
    -------
    Balance

    Examples
    --------
    >>> layer = LinearLayer([[1.0], [-1.0]], [[2.0]], [[0.5], [0.5]])
    >>> found = balance_below(layer, learning_rate=0.1, weight_decay=0.01)
    >>> [round(term.item(), 6) for term in (found.drift, found.decay, found.noise)]
    [0.0, 0.08, 4e-05]
    """
    # The transposed map: gradients and inputs change places.
    return _balance(
        layer.inputs, layer.gradients, layer.weights.mT, learning_rate, weight_decay, batch_size
    )


def layer_probe(
    inputs: ArrayLike,
    targets: ArrayLike,
    error: Callable[[Tensor, Tensor], Tensor],
    layer: str,
    measure: Callable[[LinearLayer], Array],
) -> Callable[[Replicated], Tensor]:
    """Recorder of anything measured on one linear map, for the ``probes`` of training.

    Parameters
    ----------
    inputs, targets, error
        See `linear_layers`.
    layer : str
        One of the names that `linear_layers` gives.
    measure : callable
        From a linear map to an array.

    Returns
    -------
    callable
        From a network to a tensor: what was measured.

    Examples
    --------
    >>> from absrep import hypercube
    >>> from absrep.nets import FeedForward, squared_error, train
    >>> task, network = hypercube(2), FeedForward(4, [20], 2, seeds=range(3))
    >>> data = task.features, task.labels
    >>> rates = {"learning_rate": 0.1, "weight_decay": 0.01}
    >>> probe = layer_probe(
    ...     *data, squared_error, "read-out", lambda layer: balance_above(layer, **rates).excess
    ... )
    >>> run = train(network, *data, n_steps=5, weight_decay=0.01, probes={"excess": probe})
    >>> run.recorded["excess"].shape
    (2, 3, 2, 2)
    """
    as_function("measure", measure)

    def probe(network: Replicated) -> Tensor:
        layers = linear_layers(network, inputs, targets, error)
        if layer not in layers:
            raise ValueError(f"layer must be one of {list(layers)}, found {layer!r}")
        return torch.from_numpy(np.asarray(measure(layers[layer])))

    return probe


def _balance(
    left: Array,
    right: Array,
    weights: Array,
    learning_rate: float,
    weight_decay: float,
    batch_size: int | None,
) -> Balance:
    """Balance of VVᵀ where the gradient by V is the mean of left ⊗ right."""
    eta = as_number("learning_rate", learning_rate, above=0)
    gamma = as_number("weight_decay", weight_decay, at_least=0)
    size = None if batch_size is None else as_count("batch_size", batch_size)
    n = left.shape[-2]
    gradient = left.mT @ right / n
    drift = gradient @ weights.mT
    decay = 2 * gamma * weights @ weights.mT
    whole = gradient + gamma * weights
    second = whole @ whole.mT
    if size is not None:
        length = np.square(right).sum(-1, keepdims=True)
        second = second + (left.mT @ (length * left) / n - gradient @ gradient.mT) / size
    return Balance(drift + drift.mT, decay, eta * second)
