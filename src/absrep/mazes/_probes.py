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
from ._lattice import Booleans, Mazes, lattice_edges
from ._puzzles import Puzzles

__all__ = [
    "LinearProbe",
    "WallProbe",
    "degree_projection",
    "fit_linear",
    "fit_probe",
    "majority_accuracy",
    "shuffled_mazes",
    "streams_at",
    "walls_beside",
    "walls_by_role",
]


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
class LinearProbe:
    """A linear reading of some numbers.

    Attributes
    ----------
    weights : array, shape (width, K)
        One direction for each number.
    offset : array, shape (K,)

    Examples
    --------
    >>> probe = LinearProbe(np.eye(2), np.ones(2))
    >>> probe.scores([[1.0, 2.0]]).tolist()
    [[2.0, 3.0]]
    """

    weights: Array
    offset: Array

    def scores(self, streams: ArrayLike) -> Array:
        """Readings (N, K) of streams (N, width)."""
        x = as_array("streams", streams, 2)
        if x.shape[1] != len(self.weights):
            raise ValueError(f"streams must have {len(self.weights)} columns, found {x.shape[1]}")
        scores: Array = x @ self.weights + self.offset
        return scores

    def explained(self, streams: ArrayLike, values: ArrayLike) -> float:
        """Share of the variance of values (N, K) that the readings explain, all K together.

        Below 0 if the readings are worse than the mean of the values.
        """
        scores = self.scores(streams)
        y = as_array("values", values, 2)
        if scores.shape != y.shape:
            raise ValueError(f"values must have shape {scores.shape}, found {y.shape}")
        spread = float(np.sum((y - y.mean(axis=0)) ** 2))
        if spread == 0:
            raise ValueError("values must vary")
        return 1 - float(np.sum((y - scores) ** 2)) / spread


@dataclass(frozen=True, eq=False)
class WallProbe(LinearProbe):
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

    def right(self, streams: ArrayLike, mazes: Mazes) -> Booleans:
        """Whether each passage of each maze is read right, shape (N, E)."""
        scores = self.scores(streams)
        if scores.shape != mazes.passages.shape:
            raise ValueError(
                f"mazes must have passages of shape {scores.shape}, found {mazes.passages.shape}"
            )
        right: Booleans = (scores > 0) == mazes.passages
        return right

    def accuracy(self, streams: ArrayLike, mazes: Mazes) -> Array:
        """Share of mazes of which each passage is read right, shape (E,)."""
        share: Array = self.right(streams, mazes).mean(axis=0)
        return share


def fit_linear(streams: ArrayLike, values: ArrayLike, penalty: float = 1.0) -> LinearProbe:
    """Ridge regression of numbers on the stream.

    Parameters
    ----------
    streams : array, shape (N, width)
    values : array, shape (N, K)
    penalty : float, default 1
        Of the squared weights, on streams scaled to unit variance; the error is summed over the N.

    Returns
    -------
    LinearProbe

    Raises
    ------
    ValueError
        Naming the argument that is out of range, or if there is not one row of values for each
        stream.

    Examples
    --------
    >>> x = np.random.default_rng(0).standard_normal((1000, 3))
    >>> probe = fit_linear(x, x[:, :1] - 2 * x[:, 2:])
    >>> (probe.weights[:, 0].round(2) + 0).tolist()
    [1.0, 0.0, -2.0]
    """
    x, y = as_array("streams", streams, 2), as_array("values", values, 2)
    if len(x) != len(y):
        raise ValueError(f"values must have {len(x)} rows, one for each stream, found {len(y)}")
    mean, spread = x.mean(axis=0), x.std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    ridge = Ridge(alpha=as_number("penalty", penalty, above=0))
    ridge.fit((x - mean) / spread, y)
    weights = ridge.coef_.reshape(y.shape[1], -1).T / spread[:, None]
    return LinearProbe(weights, ridge.intercept_ - mean @ weights)


def fit_probe(streams: ArrayLike, mazes: Mazes, penalty: float = 1.0) -> WallProbe:
    """Ridge regression of all passages, ±1, on the stream.

    Parameters
    ----------
    streams : array, shape (N, width)
        To ask what they tell beyond the degrees, put the degrees beside them, and compare with a
        probe of the degrees alone.
    mazes : Mazes
        N of them.
    penalty : float, default 1
        See `fit_linear`.

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
    probe = fit_linear(x, 2.0 * mazes.passages - 1, penalty)
    return WallProbe(probe.weights, probe.offset)


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


def degree_projection(size: int) -> Array:
    """What the degrees of the cells tell of the passages: a projection P.

    The degrees are sums of the passages around each cell. If passages are independent with one
    variance, as in `percolation`, the best linear reading of them from the degrees is their mean
    plus P times their deviation from it, and P's diagonal is the share of the variance of each
    that it explains. P has rank n² − 1; the rest, of rank (n − 1)², is spanned by alternating sums
    around the squares of four cells.

    Parameters
    ----------
    size : int
        Cells on a side.

    Returns
    -------
    array, shape (E, E)
        E = 2n(n − 1), in the order of `lattice_edges`.

    Examples
    --------
    >>> degree_projection(2).round(2).diagonal().tolist()
    [0.75, 0.75, 0.75, 0.75]
    """
    edges = lattice_edges(size)
    beside = np.zeros((size * size, len(edges)))
    beside[edges.T, np.arange(len(edges))] = 1
    projection: Array = np.linalg.pinv(beside) @ beside
    return projection


def walls_beside(cells: ArrayLike, size: int) -> Booleans:
    """Places of walls that belong to chosen cells.

    Parameters
    ----------
    cells : int array, shape (N,) or (N, k)
        Cells of each maze; −1 is none.
    size : int
        Cells on a side.

    Returns
    -------
    bool array, shape (N, E)

    Examples
    --------
    >>> walls_beside([0, 3], 2).sum(axis=1).tolist()
    [2, 2]
    """
    first, second = lattice_edges(size).T
    chosen = np.asarray(cells)
    if not np.issubdtype(chosen.dtype, np.integer) or chosen.ndim not in (1, 2):
        raise ValueError(f"cells must be integers of shape (N,) or (N, k), found {chosen.shape}")
    if chosen.min() < -1 or chosen.max() >= size * size:
        raise ValueError(f"cells must be −1 to {size * size - 1}")
    there = np.zeros((len(chosen), size * size + 1), bool)  # the last column takes all the −1
    np.put_along_axis(there, chosen.reshape(len(chosen), -1), True, axis=1)
    beside: Booleans = there[:, first] | there[:, second]
    return beside


def walls_by_role(puzzles: Puzzles) -> dict[str, Booleans]:
    """Which places of walls matter for a puzzle, and which do not.

    Parameters
    ----------
    puzzles : Puzzles

    Returns
    -------
    dict of str to bool array, shape (N, E)
        "origin": beside the origin; "path": beside a later cell of the path, and not beside the
        origin; "elsewhere": all others.

    Examples
    --------
    >>> from absrep.mazes import solve
    >>> roles = walls_by_role(solve(Mazes(2, [[True, False, False, True]]), [0], [1]))
    >>> {role: which.sum().item() for role, which in roles.items()}
    {'origin': 2, 'path': 1, 'elsewhere': 1}
    """
    size = puzzles.mazes.size
    origin = walls_beside(puzzles.origin, size)
    path: Booleans = walls_beside(puzzles.path, size) & ~origin
    return {"origin": origin, "path": path, "elsewhere": ~(origin | path)}
