r"""Networks and the one training loop (needs torch).

Every network here is R networks in one: parameters and outputs carry a leading *replica* axis,
and one batched matrix product serves all. Replicas share data but nothing else, so the gradient
of their summed loss is each one's own gradient. Replica r is made from ``seeds[r]`` alone: it is
the same network in a batch of fifty as by itself.
"""

from ._feed_forward import FeedForward, hidden_kernel
from ._recurrent import Recurrent
from ._replicated import Replicated
from ._sequences import (
    CausalTransformer,
    Gated,
    LeakyRecurrent,
    RunningMean,
    SequenceClassifier,
    binary_cross_entropy,
)
from ._training import Training, cosine, squared_error, train, train_on_stream

__all__ = [
    "CausalTransformer",
    "FeedForward",
    "Gated",
    "LeakyRecurrent",
    "Recurrent",
    "Replicated",
    "RunningMean",
    "SequenceClassifier",
    "Training",
    "binary_cross_entropy",
    "cosine",
    "hidden_kernel",
    "squared_error",
    "train",
    "train_on_stream",
]
