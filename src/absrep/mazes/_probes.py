"""Linear probes: which walls does a point of the residual stream know of?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import ArrayLike
from sklearn.linear_model import Ridge

from .._validation import Array, Seed, as_array, as_generator, as_number
from ..nets import LanguageModel
from ._language import Sentences
from ._lattice import Booleans, Mazes

__all__ = ["WallProbe", "fit_probe", "majority_accuracy", "shuffled_mazes", "streams_at"]


def streams_at(
    network: LanguageModel, sentences: Sentences, places: Sequence[int] = (0,), n_batch: int = 500
) -> Array:
    """Residual stream of sentences at chosen places, before the first block and after each.

    Parameters
    ----------
    network : LanguageModel
        R replicas of L blocks.
    sentences : Sentences
    places : sequence of int, default (0,)
        Counted from ``<path>``: 0 is that word, −1 the target, −3 the origin, −5 the last cell of
        the adjacency list, 1 the first cell of the path.
    n_batch : int, default 500
        Sentences at a time.

    Returns
    -------
    array, shape (R, L + 1, N, K, width)

    Raises
    ------
    ValueError
        If a place is outside some sentence.

    Examples
    --------
    >>> from absrep.mazes import Vocabulary, depth_first, pose
    >>> words = Vocabulary(3)
    >>> network = LanguageModel(len(words), words.longest, 16, 2, 1, seeds=[0])
    >>> sentences = words.encode(pose(depth_first(20, 3, seed=0), seed=1), seed=2)
    >>> streams_at(network, sentences, places=(-1, 0)).shape
    (1, 2, 20, 2, 16)
    """
    index = sentences.prompt[:, None] - 1 + np.asarray(places, dtype=int)
    tokens = sentences.tokens
    if index.min() < 0 or index.max() >= tokens.shape[1]:
        raise ValueError(f"places must lie inside every sentence, found {list(places)}")
    tokens = tokens[:, : int(index.max()) + 1]
    device = next(network.parameters()).device
    found = []
    for first in range(0, len(tokens), n_batch):
        some = slice(first, first + n_batch)
        with torch.no_grad():
            streams = network.streams(torch.from_numpy(tokens[some]).to(device)).float()
        rows = np.arange(len(tokens[some]))[:, None]
        found.append(streams.cpu().numpy()[:, :, rows, index[some]].astype(np.float64))
    return np.concatenate(found, axis=2)


@dataclass(frozen=True, eq=False)
class WallProbe:
    """A linear reading of every passage: above 0 means open.

    Attributes
    ----------
    weights : array, shape (width, E)
        One direction for each pair of `lattice_edges`.
    offset : array, shape (E,)

    Examples
    --------
    >>> from absrep.mazes import percolation
    >>> mazes = percolation(500, 3, seed=0, openness=0.5)
    >>> probe = fit_probe(2.0 * mazes.passages - 1, mazes)
    >>> bool((probe.accuracy(2.0 * mazes.passages - 1, mazes) == 1).all())
    True
    """

    weights: Array
    offset: Array

    def scores(self, streams: ArrayLike) -> Array:
        """Reading of each passage, (N, E), of streams (N, width)."""
        x = as_array("streams", streams, 2)
        if x.shape[1] != len(self.weights):
            raise ValueError(f"streams must have {len(self.weights)} columns, found {x.shape[1]}")
        return x @ self.weights + self.offset

    def accuracy(self, streams: ArrayLike, mazes: Mazes) -> Array:
        """Share of mazes of which each passage is read right, shape (E,)."""
        scores = self.scores(streams)
        if scores.shape != mazes.passages.shape:
            raise ValueError(
                f"mazes must have passages of shape {scores.shape}, found {mazes.passages.shape}"
            )
        right: Array = ((scores > 0) == mazes.passages).mean(axis=0)
        return right


def fit_probe(streams: ArrayLike, mazes: Mazes, penalty: float = 1.0) -> WallProbe:
    """Ridge regression of all passages, ±1, on the stream.

    Parameters
    ----------
    streams : array, shape (N, width)
    mazes : Mazes
        N of them.
    penalty : float, default 1
        Of the squared weights, on streams scaled to unit variance; the error is summed over mazes.

    Returns
    -------
    WallProbe

    Examples
    --------
    >>> from absrep.mazes import percolation
    >>> mazes = percolation(500, 3, seed=0, openness=0.5)
    >>> probe = fit_probe(mazes.degrees, mazes)  # how many ways out of each cell
    >>> bool(probe.accuracy(mazes.degrees, mazes).mean() > majority_accuracy(mazes, mazes).mean())
    True
    """
    x = as_array("streams", streams, 2)
    if len(x) != len(mazes):
        raise ValueError(f"mazes must be {len(x)}, one for each row, found {len(mazes)}")
    mean, spread = x.mean(axis=0), x.std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    ridge = Ridge(alpha=as_number("penalty", penalty, above=0))
    ridge.fit((x - mean) / spread, 2.0 * mazes.passages - 1)
    weights = ridge.coef_.T / spread[:, None]
    return WallProbe(weights, ridge.intercept_ - mean @ weights)


def majority_accuracy(seen: Mazes, unseen: Mazes) -> Array:
    """Accuracy on `unseen` of saying of each passage what is more frequent in `seen`, (E,).

    Parameters
    ----------
    seen, unseen : Mazes

    Returns
    -------
    array, shape (E,)

    Examples
    --------
    >>> mazes = Mazes(2, [[True, False, True, True], [True, False, True, False]])
    >>> majority_accuracy(mazes, mazes).tolist()
    [1.0, 1.0, 1.0, 0.5]
    """
    usual = seen.passages.mean(axis=0) > 0.5
    right: Array = (unseen.passages == usual).mean(axis=0)
    return right


def shuffled_mazes(mazes: Mazes, seed: Seed) -> Mazes:
    """The same mazes in another order: labels of a probe that has nothing to find.

    Parameters
    ----------
    mazes : Mazes
    seed : int or Generator

    Returns
    -------
    Mazes

    Examples
    --------
    >>> from absrep.mazes import depth_first
    >>> mazes = depth_first(100, 3, seed=0)
    >>> bool((shuffled_mazes(mazes, 1).degrees.sum() == mazes.degrees.sum()))
    True
    """
    order = as_generator("seed", seed).permutation(len(mazes))
    shuffled: Booleans = mazes.passages[order]
    return Mazes(mazes.size, shuffled)
