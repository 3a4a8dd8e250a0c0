"""Where the stream goes when a way is open, and what a solver says when it is moved there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from .._validation import Array, as_array, as_count
from ..nets import LanguageModel
from ._edits import Forks, check_one
from ._heads import PathSteps
from ._language import Sentences
from ._lattice import Mazes, neighbour_table
from ._puzzles import Puzzles

__all__ = ["ForkView", "open_directions", "step_streams", "way_directions"]


class ForkView:
    """Sentences that end at their forks, read once; the last word's stream can then be edited.

    What comes before does not depend on the last word, so an edit of its stream after l blocks
    costs only that word's way through the blocks that follow.

    Parameters
    ----------
    network : LanguageModel
        Of one replica.
    sentences : Sentences
    forks : Forks

    Attributes
    ----------
    streams : Tensor, shape (L + 1, N, width)
        Of the word at the fork.

    Examples
    --------
    >>> from absrep.mazes import Vocabulary, depth_first, fork_logits, fork_sentences
    >>> from absrep.mazes import move_passages, pose
    >>> from absrep.mazes.training import recipe
    >>> network = recipe("tiny").network([0])
    >>> forks = move_passages(pose(depth_first(50, 3, seed=0), seed=1), seed=2)
    >>> first, _, _ = fork_sentences(Vocabulary(3), forks, seed=3)
    >>> view = ForkView(network, first, forks)
    >>> np.allclose(view.logits(1, view.streams[1]), fork_logits(network, first, forks), atol=1e-5)
    True
    """

    def __init__(self, network: LanguageModel, sentences: Sentences, forks: Forks) -> None:
        check_one(network)
        self._one = cast(Any, network.replicas[0])
        at = torch.from_numpy(sentences.prompt + forks.number)
        n = torch.arange(len(forks))
        with torch.no_grad():
            whole = network.streams(torch.from_numpy(sentences.tokens))[0]
            self.streams = whole[:, n, at]
            self._later = torch.arange(whole.shape[2]) >= at[:, None]
            self._known = [self._keys_and_values(block, x) for block, x in self._blocks(whole)]

    def _blocks(self, streams: Tensor) -> Iterator[tuple[Any, Tensor]]:
        return zip(self._one.blocks, streams[:-1], strict=True)

    @staticmethod
    def _keys_and_values(block: Any, stream: Tensor) -> tuple[Tensor, Tensor]:
        read, attention = block.first_norm(stream), block.attention
        shape = (*stream.shape[:-1], attention.n_heads, -1)
        return attention.key(read).reshape(shape), attention.value(read).reshape(shape)

    def logits(self, n_blocks: int, stream: Tensor) -> Array:
        """Logits at the fork when the stream there is this one after some blocks.

        Parameters
        ----------
        n_blocks : int
        stream : Tensor, shape (N, width)

        Returns
        -------
        array, shape (N, V)
        """
        if stream.shape != self.streams[0].shape:
            raise ValueError(
                f"stream must have shape {tuple(self.streams[0].shape)}, "
                f"found {tuple(stream.shape)}"
            )
        first, x = as_count("n_blocks", n_blocks, at_least=0), stream.to(self.streams.dtype)
        with torch.no_grad():
            both = list(zip(self._one.blocks, self._known, strict=True))
            for block, (keys, values) in both[first:]:
                own_key, own_value = self._keys_and_values(block, x)  # (N, h, m)
                query = block.attention.query(block.first_norm(x)).reshape(own_key.shape)
                scores = torch.einsum("nhm,nthm->nht", query, keys)
                scores = scores.masked_fill(self._later[:, None], -torch.inf)
                own = (query * own_key).sum(-1, keepdim=True)
                weights = torch.cat([scores, own], -1) / query.shape[-1] ** 0.5
                weights = weights.softmax(-1)
                taken = torch.einsum("nht,nthm->nhm", weights[..., :-1], values)
                taken = taken + weights[..., -1:] * own_value
                x = x + block.attention.output(taken.flatten(1))
                x = x + block.down(torch.relu(block.up(block.second_norm(x))))
            logits: Array = self._one.unembed(self._one.norm(x)).double().numpy()
        return logits


def open_directions(
    streams: ArrayLike, mazes: Mazes, cells: ArrayLike, usable: ArrayLike | None = None
) -> Array:
    """Where the stream goes if the way up, down, left or right of a cell is open.

    The difference of the mean streams with the way open and closed, for each cell by itself.

    Parameters
    ----------
    streams : array, shape (M, width)
    mazes : Mazes
        M of them.
    cells : int array, shape (M,)
        Where the path is.
    usable : bool array, shape (M, 4), optional
        Which of the four ways to count; for instance, not the one that the path takes.

    Returns
    -------
    array, shape (n², 4, width)
        NaN where the lattice ends, or where there is no example of one of the two.

    Examples
    --------
    >>> from absrep.mazes import percolation
    >>> mazes = percolation(2000, 2, seed=0, openness=0.5)
    >>> cells = np.zeros(2000, int)
    >>> found = open_directions(2.0 * mazes.open[:, 0], mazes, cells)  # way down: number 1
    >>> float(found[0, 1, 1].round(1)), bool(np.isnan(found[0, 0]).all())
    (2.0, True)
    """
    x, n_cells = as_array("streams", streams, 2), mazes.n_cells
    where = np.asarray(cells)
    if len(x) != len(mazes) or where.shape != (len(x),):
        raise ValueError(f"cells must be {len(x)}, one for each row, found shape {where.shape}")
    ways = mazes.open[np.arange(len(mazes)), where]
    counted = np.ones_like(ways) if usable is None else np.asarray(usable, dtype=bool)
    exists = neighbour_table(mazes.size)[0][where] < n_cells
    found = np.full((n_cells, 4, x.shape[1]), np.nan)
    for cell in range(n_cells):
        here = where == cell
        for way in range(4):
            asked = here & counted[:, way] & exists[:, way]
            sides = [x[asked & (ways[:, way] == side)] for side in (True, False)]
            if all(map(len, sides)):
                found[cell, way] = sides[0].mean(0) - sides[1].mean(0)
    return found


def step_streams(
    network: LanguageModel, sentences: Sentences, steps: PathSteps, n_batch: int = 250
) -> Array:
    """Residual stream at every step of the right paths, before the first block and after each.

    Parameters
    ----------
    network : LanguageModel
        Of one replica.
    sentences : Sentences
    steps : PathSteps
        See `path_steps`.
    n_batch : int, default 250
        Sentences at a time.

    Returns
    -------
    array, shape (L + 1, M, width)

    Examples
    --------
    >>> from absrep.mazes import Vocabulary, depth_first, path_steps, pose
    >>> from absrep.mazes.training import recipe
    >>> puzzles = pose(depth_first(20, 3, seed=0), seed=1)
    >>> sentences = Vocabulary(3).encode(puzzles, seed=2)
    >>> steps = path_steps(puzzles, sentences)
    >>> step_streams(recipe("tiny").network([0]), sentences, steps).shape == (3, len(steps), 32)
    True
    """
    check_one(network)
    parts = []
    for first in range(0, len(sentences.tokens), n_batch):
        chosen = np.flatnonzero((steps.row >= first) & (steps.row < first + n_batch))
        with torch.no_grad():
            tokens = torch.from_numpy(sentences.tokens[first : first + n_batch])
            streams = network.streams(tokens)[0]
        parts.append(streams[:, steps.row[chosen] - first, steps.place[chosen]])
    streams_at: Array = torch.cat(parts, dim=1).double().numpy()
    return streams_at


def way_directions(
    streams: ArrayLike, puzzles: Puzzles, sentences: Sentences, steps: PathSteps
) -> Array:
    """`open_directions` from the steps of right paths, without what the path itself says.

    Not counted are the way that the path takes and the one that it comes from: else "open" would
    mean "go there".

    Parameters
    ----------
    streams : array, shape (L + 1, M, width)
        See `step_streams`.
    puzzles : Puzzles
    sentences : Sentences
    steps : PathSteps

    Returns
    -------
    array, shape (L + 1, n², 4, width)

    Examples
    --------
    >>> from absrep.mazes import Vocabulary, depth_first, path_steps, pose
    >>> puzzles = pose(depth_first(200, 3, seed=0), seed=1)
    >>> sentences = Vocabulary(3).encode(puzzles, seed=2)
    >>> steps = path_steps(puzzles, sentences)
    >>> way_directions(np.ones((1, len(steps), 2)), puzzles, sentences, steps).shape
    (1, 9, 4, 2)
    """
    before = sentences.tokens[steps.row, steps.place - 1]  # <path> is no cell
    ways = neighbour_table(puzzles.mazes.size)[0][steps.cell]
    usable = (ways != steps.ahead[:, None]) & (ways != before[:, None])
    mazes = puzzles.mazes[steps.row]
    each = as_array("streams", streams, 3)
    return np.stack([open_directions(x, mazes, steps.cell, usable) for x in each])
