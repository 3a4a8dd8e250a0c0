"""Stochastic gradient descent with weight decay, as the hypothesis is about it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import torch
from numpy.typing import ArrayLike
from torch import Tensor

from .._validation import as_array, as_number
from ..nets import Replicated, Training, cross_entropy, train

__all__ = ["descend"]


def descend(
    network: Replicated,
    inputs: ArrayLike,
    targets: ArrayLike,
    *,
    n_steps: int,
    learning_rate: float,
    weight_decay: float,
    batch_size: int | None = None,
    error: Callable[[Tensor, Tensor], Tensor] = cross_entropy,
    record_at: Iterable[int] = (),
    probes: Mapping[str, Callable[[Any], Tensor]] | None = None,
    progress: bool = False,
) -> Training:
    r"""Plain SGD at a constant rate on the *mean* error per stimulus, with weight decay.

    .. math:: \Delta W = -\eta\Bigl(\frac1B\sum_{i\in\text{batch}}\nabla_W\ell_i + \gamma W\Bigr)

    It calls `absrep.nets.train`, whose loss is a sum over stimuli; only the units differ. The
    rate does not fall: the noise of the gradients is part of what is studied.

    Parameters
    ----------
    network : Replicated
        Trained in place.
    inputs, targets : array
        As for `absrep.nets.train`.
    n_steps : int
    learning_rate : float
        η, above 0.
    weight_decay : float
        γ, not negative.
    batch_size : int, optional
        B; default: all stimuli.
    error : callable, default `absrep.nets.cross_entropy`
        One number per replica, summed over stimuli.
    record_at, probes, progress
        As for `absrep.nets.train`.

    Returns
    -------
    Training
        Its ``loss`` and ``error`` are sums over stimuli.

    Raises
    ------
    ValueError, TypeError, FloatingPointError
        As `absrep.nets.train`.

    Examples
    --------
    >>> import numpy as np
    >>> from absrep.nets import FeedForward
    >>> network = FeedForward(4, [20], 2, seeds=range(3))
    >>> run = descend(network, np.eye(4), np.eye(2)[[0, 0, 1, 1]], n_steps=200,
    ...               learning_rate=0.1, weight_decay=1e-3, batch_size=2)
    >>> run.error.shape, bool((run.error[-1] < run.error[0]).all())
    ((2, 3), True)
    """
    x = as_array("inputs", inputs, (2, 3))
    n = x.shape[-2]
    return train(
        network,
        x,
        targets,
        n_steps=n_steps,
        weight_decay=n * as_number("weight_decay", weight_decay, at_least=0),
        optimizer=torch.optim.SGD,
        learning_rate=as_number("learning_rate", learning_rate, above=0) / n,
        schedule=lambda progress: 1.0,
        batch_size=batch_size,
        error=error,
        record_at=record_at,
        probes=probes,
        progress=progress,
    )
