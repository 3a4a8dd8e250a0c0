"""Networks that learn to answer many questions about the same evidence."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from .._validation import Array, Seed, as_count, as_generator
from ..nets import (
    CausalTransformer,
    Gated,
    LeakyRecurrent,
    RunningMean,
    SequenceClassifier,
    Training,
    train_on_stream,
)
from ._questions import Question, asked_at_end
from ._task import EvidenceTask, Trials

__all__ = [
    "Architecture",
    "Learned",
    "gru",
    "integrator_rnn",
    "leaky_rnn",
    "learn",
    "lstm",
    "running_mean",
    "transformer",
    "vanilla_rnn",
]

# Trials that go through a network at once when it is only looked at; they bound the memory used.
_CHUNK = 1000


@dataclass(frozen=True)
class Architecture:
    """A kind of network that reads a sequence.

    Those that come with the book have nearly as many parameters as `vanilla_rnn` (within 3 %, for
    the 40 inputs and 24 tasks of the authors of the multi-task evidence paper), hence different
    numbers of state variables.

    Parameters
    ----------
    make : callable
        ``make(n_inputs)`` returns a module from inputs (n, T, d_X) to states (n, T, M).
    n_states : int
        M.

    Examples
    --------
    >>> sum(p.numel() for p in vanilla_rnn.make(40).parameters())
    6784
    """

    make: Callable[[int], nn.Module]
    n_states: int


vanilla_rnn = Architecture(lambda n_inputs: LeakyRecurrent(n_inputs, 64), 64)
leaky_rnn = Architecture(lambda n_inputs: LeakyRecurrent(n_inputs, 64, leak=0.5), 64)
integrator_rnn = Architecture(lambda n_inputs: LeakyRecurrent(n_inputs, 64, integrate=True), 64)
lstm = Architecture(lambda n_inputs: Gated(nn.LSTM, n_inputs, 28), 28)
gru = Architecture(lambda n_inputs: Gated(nn.GRU, n_inputs, 33), 33)
transformer = Architecture(
    lambda n_inputs: CausalTransformer(n_inputs, 24, n_heads=4, feedforward=88), 24
)

running_mean = Architecture(lambda n_inputs: RunningMean(n_inputs, 24, feedforward=124), 24)


@dataclass(frozen=True, eq=False)
class Learned:
    """Networks trained on a task, R replicas.

    Attributes
    ----------
    task : EvidenceTask
    question : Question
    training : absrep.nets.Training
        With the network, and its loss and error on the validation trials.

    Examples
    --------
    >>> from absrep.evidence import Box, fan
    >>> task = EvidenceTask(fan(4), Box([1, 1]), noise=0.2, n_steps=5)
    >>> learned = learn(task, vanilla_rnn, seeds=[0, 1], n_steps=20)
    >>> trials = task.trials(10, rng=1)
    >>> learned.states(trials).shape, learned.final_states(trials).shape
    ((2, 10, 5, 64), (2, 10, 64))
    >>> learned.logits(trials).shape
    (2, 10, 5, 4)
    """

    task: EvidenceTask
    question: Question
    training: Training

    @property
    def network(self) -> SequenceClassifier:
        """As trained."""
        network = self.training.network
        assert isinstance(network, SequenceClassifier)
        return network

    def states(self, trials: Trials) -> Array:
        """States after each step, shape (R, n, T, M)."""
        return np.concatenate([z.numpy() for z in self._run(trials)], axis=1).astype(float)

    def final_states(self, trials: Trials) -> Array:
        """States after the last step, shape (R, n, M)."""
        return np.concatenate([z[:, :, -1].numpy() for z in self._run(trials)], axis=1).astype(
            float
        )

    def logits(self, trials: Trials) -> Array:
        """Outputs after each step, shape (R, n, T, K)."""
        with torch.no_grad():
            parts = [self.network.read(z).numpy() for z in self._run(trials)]
        return np.concatenate(parts, axis=1).astype(float)

    def _run(self, trials: Trials) -> Iterator[Tensor]:
        like = next(self.network.parameters())
        for first in range(0, len(trials.inputs), _CHUNK):
            part = torch.tensor(trials.inputs[first : first + _CHUNK], dtype=like.dtype)
            with torch.no_grad():
                yield self.network.states(part)


def learn(
    task: EvidenceTask,
    architecture: Architecture,
    *,
    seeds: Sequence[int],
    question: Question = asked_at_end,
    n_steps: int = 2000,
    batch_size: int = 128,
    learning_rate: float = 0.01,
    weight_decay: float = 0.0,
    rng: Seed = 0,
    n_validation: int = 2000,
    record_at: Iterable[int] = (),
    probes: Mapping[str, Callable[[Any], Tensor]] | None = None,
    progress: bool = False,
) -> Learned:
    """Train networks on trials that never repeat.

    Parameters
    ----------
    task : EvidenceTask
    architecture : Architecture
    seeds : sequence of int
        One per replica, for its first weights. All replicas see the same trials.
    question : Question, default `asked_at_end`
    n_steps, batch_size : int
        Gradient steps, and trials per step. The defaults, a quarter of a million trials, bring
        all architectures of the book to within a few per cent of the ideal observer's error on
        the authors' task.
    learning_rate : float, default 0.01
        Of Adam, falling to zero along half a cosine.
    weight_decay : float, default 0
        See `absrep.nets.SequenceClassifier.penalty`.
    rng : int or numpy.random.Generator, default 0
        Of the trials.
    n_validation : int
        Trials on which loss and error are recorded; drawn first, never trained on.
    record_at, probes, progress
        As for `absrep.nets.train`.

    Returns
    -------
    Learned

    Examples
    --------
    >>> from absrep.evidence import Box, fan
    >>> task = EvidenceTask(fan(4), Box([1, 1]), noise=0.2, n_steps=5)
    >>> learned = learn(task, gru, seeds=[0], n_steps=200)
    >>> bool(learned.training.error[-1, 0] < 0.3 * learned.training.error[0, 0])
    True
    """
    generator = as_generator("rng", rng)
    size = as_count("batch_size", batch_size)

    def sample(n_trials: int) -> tuple[Array, Array]:
        trials = task.trials(n_trials, generator)
        return trials.inputs, question.targets(task, trials)

    validation = sample(as_count("n_validation", n_validation))
    n_inputs = validation[0].shape[-1]
    network = SequenceClassifier(
        lambda: architecture.make(n_inputs),
        n_inputs,
        architecture.n_states,
        task.boundaries.n_tasks,
        seeds,
        n_read=validation[1].shape[-2],
    )
    training = train_on_stream(
        network,
        lambda: sample(size),
        validation,
        n_steps=n_steps,
        error=question.error,
        learning_rate=learning_rate,
        weight_decay=weight_decay,
        record_at=record_at,
        probes=probes,
        progress=progress,
    )
    return Learned(task, question, training)
