"""What a network is asked about the evidence: the targets and the error that it is trained on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from .._validation import Array, as_number
from ..nets import binary_cross_entropy
from ._boundaries import Hyperplanes
from ._observer import ideal_observer
from ._task import EvidenceTask, Trials

__all__ = [
    "Question",
    "asked_always",
    "asked_at_end",
    "asked_for_confidence",
    "asked_for_probabilities",
    "until_bound",
]


@dataclass(frozen=True)
class Question:
    """Targets and error of a network's outputs.

    Parameters
    ----------
    targets : callable
        ``targets(task, trials)`` of shape (n, S, K), for the last S steps of each trial.
    error : callable, default `absrep.nets.binary_cross_entropy`
        ``error(outputs, targets)`` of each replica, outputs of shape (R, n, T, K).

    Examples
    --------
    >>> from absrep.evidence import Box, EvidenceTask, fan
    >>> task = EvidenceTask(fan(3), Box([1, 1]), noise=0.1, n_steps=20)
    >>> asked_at_end.targets(task, task.trials(5, rng=0)).shape
    (5, 1, 3)
    """

    targets: Callable[[EvidenceTask, Trials], Array]
    error: Callable[[Tensor, Tensor], Tensor] = binary_cross_entropy


def _answers(task: EvidenceTask, trials: Trials) -> Array:
    return np.asarray((trials.labels[:, None] + 1) / 2)


def _answers_throughout(task: EvidenceTask, trials: Trials) -> Array:
    return np.repeat(_answers(task, trials), task.n_steps, axis=1)


def _probabilities(task: EvidenceTask, trials: Trials) -> Array:
    planes = task.boundaries
    if not isinstance(planes, Hyperplanes):
        raise TypeError(f"task must have Hyperplanes, found {type(planes).__name__}")
    observer = ideal_observer(trials.evidence, task.noise, autocorrelation=task.autocorrelation)
    return observer.probabilities(planes)


def _confidence(task: EvidenceTask, trials: Trials) -> Array:
    return np.abs(2 * _probabilities(task, trials) - 1)


asked_at_end = Question(_answers)
asked_always = Question(_answers_throughout)
asked_for_probabilities = Question(_probabilities)
asked_for_confidence = Question(_confidence)


def until_bound(bound: float) -> Question:
    r"""Report the evidence for each answer until it reaches a bound: free response time.

    The target is :math:`\sum_{s\le t} m_i(X_s)/\sigma`, absorbed at ±bound where it first gets
    there, and the error the mean square of what :math:`\tanh` of the output misses, as a share of
    the bound. The moment of the answer is the one at which the output reaches the bound.

    Parameters
    ----------
    bound : float
        In standard deviations of the evidence of one step, above zero.

    Returns
    -------
    Question

    Examples
    --------
    >>> from absrep.evidence import Box, EvidenceTask, fan
    >>> task = EvidenceTask(fan(2), Box([1, 1]), noise=0.1, n_steps=3)
    >>> trials = task.observe([[0.0, 0.2]], rng=0)
    >>> until_bound(3.0).targets(task, trials).round(2).tolist()
    [[[0.41, -0.47], [0.76, -1.0], [1.0, -1.0]]]
    """
    limit = as_number("bound", bound, above=0)

    def targets(task: EvidenceTask, trials: Trials) -> Array:
        total = np.cumsum(task.boundaries.margins(trials.evidence) / task.noise, axis=1)
        # Where the bound has been reached, the first crossing decides for the rest of the trial.
        reached = np.abs(total) >= limit
        first = np.where(reached.any(axis=1), reached.argmax(axis=1), total.shape[1])
        absorbed = np.arange(total.shape[1])[:, None] >= first[:, None]
        at_first = np.minimum(first, total.shape[1] - 1)[:, None]
        side = np.sign(np.take_along_axis(total, at_first, axis=1))
        return np.where(absorbed, side, total / limit)

    return Question(targets, _bounded_error)


def _bounded_error(outputs: Tensor, targets: Tensor) -> Tensor:
    return (torch.tanh(outputs) - targets).square().mean((1, 2, 3))
