"""Attention heads: which of them look at the cells to which one can go, and what they say."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import torch

from .._validation import Array, Seed, as_count, as_generator, as_number
from ..nets import LanguageModel
from ._language import Sentences
from ._lattice import Booleans, Integers, lattice_edges
from ._puzzles import Puzzles

__all__ = [
    "AdjacencyScores",
    "PathSteps",
    "adjacency_scores",
    "binding_scores",
    "direct_attribution",
    "path_steps",
]


@dataclass(frozen=True, eq=False)
class PathSteps:
    """Places at which a step has to be said: every cell of every path but the last.

    Attributes
    ----------
    row : int array, shape (M,)
        Which sentence.
    place : int array, shape (M,)
        Index of the token.
    cell : int array, shape (M,)
        Where the path is.
    ahead : int array, shape (M,)
        Where it goes next.

    Examples
    --------
    >>> from absrep.mazes import Vocabulary, depth_first, pose
    >>> puzzles = pose(depth_first(10, 3, seed=0), seed=1)
    >>> steps = path_steps(puzzles, Vocabulary(3).encode(puzzles, seed=2))
    >>> bool(len(steps) == puzzles.lengths.sum())
    True
    """

    row: Integers
    place: Integers
    cell: Integers
    ahead: Integers

    def __len__(self) -> int:
        return len(self.row)


def path_steps(puzzles: Puzzles, sentences: Sentences) -> PathSteps:
    """All steps of the right paths, sentence by sentence.

    Parameters
    ----------
    puzzles : Puzzles
    sentences : Sentences
        What they read.

    Returns
    -------
    PathSteps

    Raises
    ------
    ValueError
        If there is not one sentence for each puzzle.

    Examples
    --------
    >>> from absrep.mazes import Mazes, Vocabulary, solve
    >>> puzzle = solve(Mazes(2, [[True, True, True, False]]), [1], [3])
    >>> sentences = Vocabulary(2).encode(puzzle, seed=0)
    >>> steps = path_steps(puzzle, sentences)
    >>> steps.cell.tolist(), steps.ahead.tolist(), sentences.tokens[0, steps.place].tolist()
    ([1, 0, 2], [0, 2, 3], [1, 0, 2])
    """
    if len(sentences.tokens) != len(puzzles):
        raise ValueError(
            f"sentences must be {len(puzzles)}, one for each puzzle, found {len(sentences.tokens)}"
        )
    row, number = np.nonzero(puzzles.path[:, 1:] >= 0)
    return PathSteps(
        row,
        sentences.prompt[row] + number,
        puzzles.path[row, number],
        puzzles.path[row, number + 1],
    )


@dataclass(frozen=True, eq=False)
class AdjacencyScores:
    """Attention of every head from the cell where a path is to the words of the list of passages.

    A word of the list names the cell itself, a cell to which there is a passage from it (in that
    passage, "bound", or in another, "free"), a cell beside it but behind a wall, or another cell.

    Attributes
    ----------
    mass : array, shape (R, L, n_heads, M, 5, 2)
        Attention to all words of a kind: bound, free, walled, itself, other; first and second
        words of passages. What is missing to 1 goes to words outside the list.
    counts : int array, shape (M, 5, 2)
        Words of each kind.
    row : int array, shape (M,)
        Which sentence a step belongs to.

    Examples
    --------
    An untrained network looks everywhere alike:

    >>> from absrep.mazes import Vocabulary, depth_first, pose
    >>> from absrep.mazes.training import recipe
    >>> puzzles = pose(depth_first(50, 3, seed=0), seed=1)
    >>> sentences = Vocabulary(3).encode(puzzles, seed=2)
    >>> scores = adjacency_scores(recipe("tiny").network([0]), puzzles, sentences)
    >>> bool(scores.ratio.max() < 1.2), bool(abs(scores.selectivity).max() < 0.3)
    (True, True)
    """

    mass: Array
    counts: Integers
    row: Integers

    @property
    def ratio(self) -> Array:
        """Attention to true neighbours over chance, which is uniform on the list; (R, L, h)."""
        return self._measures(self._per_sentence())[0]

    @property
    def selectivity(self) -> Array:
        r"""Contrast of true against walled neighbours, from −1 to 1; (R, L, h).

        .. math:: \frac{\bar d_\text{true} - \bar d_\text{walled}}
                       {\bar d_\text{true} + \bar d_\text{walled}}

        with the attention per word, averaged over the steps from cells that have both. A head that
        sees where cells lie, and no passages, has 0.
        """
        return self._measures(self._per_sentence())[1]

    @property
    def density(self) -> Array:
        """Attention per word of each kind, over the mean of the list's; (R, L, h, 5, 2)."""
        per_word = self.mass.sum(3) / self.counts.sum(0)
        mean = self.mass.sum((3, 4, 5))[..., None, None] / self.counts.sum()
        density: Array = per_word / mean
        return density

    @property
    def passages(self) -> Array:
        """Attention to both words of the passages from the cell, over chance; (R, L, h)."""
        return self._measures(self._per_sentence())[2]

    def resampled(self, seed: Seed, n_resamples: int = 1000) -> tuple[Array, Array, Array]:
        """Bootstrap over sentences.

        Parameters
        ----------
        seed : int or Generator
        n_resamples : int, default 1000

        Returns
        -------
        ratio, selectivity, passages : array, shape (B, R, L, n_heads)
        """
        rng, sums = as_generator("seed", seed), self._per_sentence()
        n = sums.shape[-1]
        weights = rng.multinomial(n, np.full(n, 1 / n), as_count("n_resamples", n_resamples))
        drawn: Array = np.moveaxis(sums @ weights.T, -1, 0)
        return self._measures(drawn[..., None])

    def criterion(
        self,
        seed: Seed,
        *,
        ratio: float = 2.0,
        selectivity: float = 1 / 3,
        level: float = 0.95,
        n_resamples: int = 2000,
    ) -> Booleans:
        """Heads that are surely above both thresholds: adjacency heads.

        Parameters
        ----------
        seed : int or Generator
            Of the bootstrap.
        ratio : float, default 2
            Times the attention of chance that true neighbours must have.
        selectivity : float, default 1/3
            A true neighbour's word must have twice the attention of a walled one's.
        level : float, default 0.95
            Of the one-sided intervals, for all heads of a replica together (Bonferroni).
        n_resamples : int, default 2000

        Returns
        -------
        bool array, shape (R, L, n_heads)
        """
        low = self._lower(seed, level, n_resamples)
        passed: Booleans = (low[0] > ratio) & (low[1] > selectivity)
        return passed

    def passage_criterion(
        self, seed: Seed, *, ratio: float = 2.0, level: float = 0.95, n_resamples: int = 2000
    ) -> Booleans:
        """Heads whose attention to the cell's own passages is surely above a multiple of chance.

        Parameters
        ----------
        seed : int or Generator
            Of the bootstrap.
        ratio : float, default 2
        level : float, default 0.95
            As for `criterion`.
        n_resamples : int, default 2000

        Returns
        -------
        bool array, shape (R, L, n_heads)
        """
        passed: Booleans = self._lower(seed, level, n_resamples)[2] > ratio
        return passed

    def _lower(self, seed: Seed, level: float, n_resamples: int) -> list[Array]:
        """Lower bounds of the three measures, for all heads of a replica together."""
        miss = 1 - as_number("level", level, above=0)
        if not 0 < miss < 1:
            raise ValueError(f"level must be below 1, found {level}")
        low = miss / (self.mass.shape[1] * self.mass.shape[2])
        return [np.quantile(part, low, axis=0) for part in self.resampled(seed, n_resamples)]

    def _per_sentence(self) -> Array:
        """Sums over the steps of each sentence, (R, L, h, 6, N)."""
        bound, free, walled, itself = (self.mass[..., kind, :].sum(-1) for kind in range(4))
        n_true, n_walled = self.counts[:, :2].sum((1, 2)), self.counts[:, 2].sum(1)
        both = (n_true > 0) & (n_walled > 0)
        share = np.broadcast_to(n_true / self.counts.sum((1, 2)), bound.shape)
        true = (bound + free) / np.maximum(n_true, 1) * both
        wall = walled / np.maximum(n_walled, 1) * both
        ours = self.counts[:, [0, 3]].sum((1, 2)) / self.counts.sum((1, 2))
        ours = np.broadcast_to(ours, bound.shape)
        whole = np.stack([bound + free, share, true, wall, bound + itself, ours], axis=-2)
        of = self.row == np.unique(self.row)[:, None]
        sums: Array = whole @ of.T
        return sums

    @staticmethod
    def _measures(sums: Array) -> tuple[Array, Array, Array]:
        mass, share, true, wall, own, ours = np.moveaxis(sums.sum(-1), -1, 0)
        return mass / share, (true - wall) / np.maximum(true + wall, 1e-12), own / ours


def adjacency_scores(
    network: LanguageModel, puzzles: Puzzles, sentences: Sentences, n_batch: int = 50
) -> AdjacencyScores:
    """Where the heads look from the cells of the right path.

    Parameters
    ----------
    network : LanguageModel
    puzzles : Puzzles
    sentences : Sentences
        What they read.
    n_batch : int, default 50
        Sentences at a time.

    Returns
    -------
    AdjacencyScores

    Examples
    --------
    >>> from absrep.mazes import Vocabulary, depth_first, pose
    >>> from absrep.mazes.training import recipe
    >>> puzzles = pose(depth_first(10, 3, seed=0), seed=1)
    >>> sentences = Vocabulary(3).encode(puzzles, seed=2)
    >>> adjacency_scores(recipe("tiny").network([0]), puzzles, sentences).mass.shape[:3]
    (1, 2, 2)
    """
    steps = path_steps(puzzles, sentences)
    kinds = _kinds(puzzles, sentences, steps)
    parts = []
    for first in range(0, len(puzzles), n_batch):
        chosen = np.flatnonzero((steps.row >= first) & (steps.row < first + n_batch))
        some = torch.from_numpy(sentences.tokens[first : first + n_batch])
        with torch.no_grad():
            attention = network.attention(some.to(_device(network))).cpu().numpy()
        rows = attention[:, :, steps.row[chosen] - first, :, steps.place[chosen]]
        parts.append(np.einsum("mrlht,mtks->rlhmks", rows, kinds[chosen], optimize=True))
    mass = np.concatenate(parts, axis=3).astype(np.float64)
    return AdjacencyScores(mass, kinds.sum(1).astype(np.int64), steps.row)


def _kinds(puzzles: Puzzles, sentences: Sentences, steps: PathSteps) -> np.ndarray[Any, Any]:
    """Whether each token is a word of the list of each kind, as 0 and 1: (M, T, 5, 2)."""
    n_cells, tokens = puzzles.mazes.n_cells, sentences.tokens[steps.row]
    place = np.arange(tokens.shape[1])
    listed = (place >= 1) & (place <= sentences.prompt[steps.row, None] - 6)
    word = np.where(listed, tokens, 0)
    partner = np.where(listed, tokens[:, np.minimum(((place - 1) ^ 1) + 1, place[-1])], -1)
    beside = np.zeros((n_cells, n_cells), bool)
    first, second = lattice_edges(puzzles.mazes.size).T
    beside[first, second] = beside[second, first] = True
    cell = steps.cell[:, None]
    joined = puzzles.mazes.adjacency()[steps.row[:, None], cell, word]
    bound, itself = partner == cell, word == cell
    free, walled = joined & ~bound, beside[cell, word] & ~joined
    kinds = np.stack([bound, free, walled, itself, ~(bound | free | walled | itself)], axis=-1)
    second = np.stack([place % 2 == 1, place % 2 == 0], axis=-1)
    of_list: np.ndarray[Any, Any] = (kinds & listed[..., None])[..., None] & second[:, None]
    return of_list.astype(np.float32)


def binding_scores(network: LanguageModel, sentences: Sentences) -> Array:
    """Which heads tie the two cells of a passage together, or the mentions of a cell.

    Parameters
    ----------
    network : LanguageModel
    sentences : Sentences

    Returns
    -------
    array, shape (R, L, n_heads, 3)
        Mean attention of a passage's second cell to its first; of a passage's first cell to the
        word before it, which is of another passage; of a word to all earlier mentions of its cell,
        over what uniform attention to the words so far would give them.

    Examples
    --------
    >>> from absrep.mazes import Vocabulary, depth_first, pose
    >>> words = Vocabulary(3)
    >>> sentences = words.encode(pose(depth_first(20, 3, seed=0), seed=1), seed=2)
    >>> network = LanguageModel(len(words), words.longest, 16, 2, 1, seeds=[0])
    >>> binding_scores(network, sentences).shape
    (1, 1, 2, 3)
    """
    tokens = sentences.tokens
    with torch.no_grad():
        attention = network.attention(torch.from_numpy(tokens).to(_device(network))).cpu().numpy()
    place = np.arange(tokens.shape[1])
    listed = (place >= 1) & (place <= sentences.prompt[:, None] - 6)
    before = np.diagonal(attention[..., 1:, :], axis1=-2, axis2=-1)  # (R, L, n, h, T − 1)
    second, first = listed & (place % 2 == 0), listed & (place % 2 == 1) & (place > 1)
    tied, loose = (
        np.einsum("rlnht,nt->rlh", before, which[:, 1:]) / which.sum() for which in (second, first)
    )
    earlier = (tokens[:, :, None] == tokens[:, None, :]) & (place < place[:, None])
    earlier &= listed[:, :, None] & listed[:, None, :]
    asked = earlier.any(2)
    expected = (earlier.sum(2) / (place + 1))[asked].sum()
    same = np.einsum("rlnhts,nts->rlh", attention, earlier) / expected
    return np.stack([tied, loose, same], axis=-1).astype(np.float64)


def direct_attribution(
    network: LanguageModel, sentences: Sentences, steps: PathSteps, n_batch: int = 100
) -> Array:
    r"""What each head adds to the logits by itself, past all later blocks.

    The last LayerNorm divides by the spread of the whole stream, which is kept as it is.

    Parameters
    ----------
    network : LanguageModel
    sentences : Sentences
    steps : PathSteps
        Where; see `path_steps`.
    n_batch : int, default 100
        Sentences at a time.

    Returns
    -------
    array, shape (R, L, n_heads, M, V)
        Logits of all tokens. To all of them, the mean over tokens is of no account.

    Examples
    --------
    >>> from absrep.mazes import Vocabulary, depth_first, pose
    >>> words = Vocabulary(3)
    >>> puzzles = pose(depth_first(20, 3, seed=0), seed=1)
    >>> sentences = words.encode(puzzles, seed=2)
    >>> network = LanguageModel(len(words), words.longest, 16, 2, 1, seeds=[0])
    >>> steps = path_steps(puzzles, sentences)
    >>> direct_attribution(network, sentences, steps).shape == (1, 1, 2, len(steps), len(words))
    True
    """
    parts = []
    for first in range(0, len(sentences.tokens), n_batch):
        chosen = np.flatnonzero((steps.row >= first) & (steps.row < first + n_batch))
        row, place = steps.row[chosen] - first, steps.place[chosen]
        some = torch.from_numpy(sentences.tokens[first : first + n_batch]).to(_device(network))
        with torch.no_grad():
            taken = network.head_outputs(some)[:, :, row, :, place]  # (m, R, L, h, width / h)
            last = network.streams(some)[:, -1, row, place]
            parts.append(_past_the_blocks(network, taken.movedim(0, 3), last))
    logits: Array = torch.cat(parts, dim=3).double().cpu().numpy()
    return logits


def _past_the_blocks(
    network: LanguageModel, taken: torch.Tensor, last: torch.Tensor
) -> torch.Tensor:
    """Logits of what heads took, (R, L, h, m, width / h), in streams (R, m, width)."""
    found = []
    for one, each, stream in zip(cast(Iterable[Any], network.replicas), taken, last, strict=True):
        spread = (stream.var(-1, unbiased=False) + one.norm.eps).sqrt()[:, None]
        maps = torch.stack([block.attention.output.weight for block in one.blocks])
        maps = maps.reshape(*maps.shape[:-1], network.n_heads, -1)  # (L, width, h, width / h)
        written = torch.einsum("lhmk,lwhk->lhmw", each, maps)
        centred = written - written.mean(-1, keepdim=True)
        found.append(centred / spread * one.norm.weight @ one.unembed.weight.T)
    return torch.stack(found)


def _device(network: LanguageModel) -> torch.device:
    return next(network.parameters()).device
