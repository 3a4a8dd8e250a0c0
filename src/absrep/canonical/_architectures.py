"""The networks whose alignments the book compares, their data, and what they have learned."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import Any

import numpy as np
import torch
from sklearn.linear_model import RidgeClassifier
from torch import Tensor, nn

from .._validation import Array
from ..nets import (
    FeedForward,
    Modules,
    Replicated,
    RowTransformer,
    TwoViews,
    convolutional_network,
    cross_entropy,
    info_nce,
    shifted_views,
)
from ..tasks import DigitsTask, digits

__all__ = ["ARCHITECTURES", "Architecture"]

_GROUP = 64  # stimuli whose views are compared


class Architecture:
    """A network, what it is trained on, and the accuracy of what can be read from it.

    Parameters
    ----------
    network : callable
        ``network(seeds)`` returns the replicas.
    contrastive : bool, default False
        Trained on pairs of views, without labels; the accuracy is that of a linear read-out of
        its last hidden layer. Otherwise on images and digits.

    Examples
    --------
    >>> transformer = ARCHITECTURES["transformer"]
    >>> transformer.network([0]).n_parameters, transformer.data()[0].shape
    (9482, (1198, 64))
    """

    def __init__(
        self, network: Callable[[Sequence[int]], Replicated], *, contrastive: bool = False
    ) -> None:
        self.network = network
        self.contrastive = contrastive
        self.batch_size = _GROUP if contrastive else 16
        self.learning_rate = 0.2 if contrastive else 0.1
        self.error = info_nce(0.5, _GROUP) if contrastive else cross_entropy

    def data(self) -> tuple[Array, Array]:
        """Inputs and targets."""
        images, answers = _images()
        if not self.contrastive:
            return images, answers
        pairs = shifted_views(images[: len(images) // _GROUP * _GROUP], 4, 0, noise=0.5)
        return pairs, np.zeros((len(pairs), self.network([0]).n_outputs))

    def probes(
        self, inputs: Array, targets: Array, error: Any
    ) -> Mapping[str, Callable[[Replicated], Tensor]]:
        """For the cell of a sweep: the share of held-out digits that are told right."""
        return {"accuracy": self.accuracy}

    def accuracy(self, network: Replicated) -> Tensor:
        """On held-out images, shape (R,)."""
        split = _split()
        (seen, _), held_out = _images(), split.test.features
        if self.contrastive:
            features = [_features(network, images) for images in (seen, held_out)]
            scores = [
                RidgeClassifier().fit(a, split.train_digits).score(b, split.test_digits)
                for a, b in zip(*features, strict=True)
            ]
            return torch.tensor(scores)
        like = next(network.parameters())
        outputs = network(torch.tensor(held_out, dtype=like.dtype))
        right: Tensor = outputs.argmax(-1) == torch.tensor(split.test_digits)
        return right.double().mean(1)


def _features(network: Replicated, images: Array | None) -> Array:
    """Last hidden layer (R, n, M) on images without noise, each neuron standardised."""
    assert images is not None
    like = next(network.parameters())
    twice = torch.tensor(np.tile(images, 2), dtype=like.dtype)
    nothing = torch.zeros(len(images), network.n_outputs)
    layers = network.linear_layers(twice, nothing, info_nce(0.5, len(images)))
    features = list(layers.values())[-1].inputs[:, ::2]  # the two views are the same
    spread = features.std(axis=1, keepdims=True)
    return np.asarray((features - features.mean(axis=1, keepdims=True)) / (spread + 1e-9))


@cache
def _split() -> DigitsTask:
    return digits(rng=0)


def _images() -> tuple[Array, Array]:
    """Training images and the digit that each shows, one-hot."""
    split = _split()
    assert split.train.features is not None
    return split.train.features, np.eye(10)[split.train_digits]


def _perceptron(*widths: int) -> Architecture:
    return Architecture(lambda seeds: FeedForward(64, widths, 10, seeds, dtype=torch.float32))


def _modules(make: Callable[[], nn.Module], **others: Any) -> Architecture:
    return Architecture(lambda seeds: Modules(make, 64, 10, seeds), **others)


def _encoder() -> nn.Module:
    """Two hidden layers and a projection, for two views."""
    parts = {
        "hidden 1": nn.Linear(64, 128),
        "rectified 1": nn.ReLU(),
        "hidden 2": nn.Linear(128, 128),
        "rectified 2": nn.ReLU(),
        "projection": nn.Linear(128, 32),
    }
    encoder = nn.Sequential()
    for name, part in parts.items():
        encoder.add_module(name, part)
    return TwoViews(encoder)


ARCHITECTURES: Mapping[str, Architecture] = MappingProxyType(
    {
        "MLP 64": _perceptron(64),
        "MLP 64×2": _perceptron(64, 64),
        "MLP 64×3": _perceptron(64, 64, 64),
        "MLP 64×4": _perceptron(64, 64, 64, 64),
        "MLP 32×2": _perceptron(32, 32),
        "MLP 128×2": _perceptron(128, 128),
        "CNN": _modules(lambda: convolutional_network(8, [8, 16], 32, 10)),
        "transformer": _modules(lambda: RowTransformer(8, 32, 4, 10, feedforward=64)),
        "contrastive MLP": Architecture(
            lambda seeds: Modules(_encoder, 128, 64, seeds), contrastive=True
        ),
    }
)
