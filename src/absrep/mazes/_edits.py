"""Mazes that differ in one passage, and networks that read the other one's stream."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from .._validation import Array, Seed, as_count, as_generator
from ..nets import LanguageModel
from ._language import Sentences, Vocabulary
from ._lattice import Booleans, Integers, Mazes, lattice_edges, neighbour_table, shortest_ways
from ._puzzles import Puzzles, solve

__all__ = [
    "Forks",
    "close_passages",
    "fork_logits",
    "fork_sentences",
    "move_passages",
    "open_walls",
    "patched_logits",
]


@dataclass(frozen=True, eq=False)
class Forks:
    """Pairs of puzzles with the same question in mazes that hardly differ, and where it matters.

    Attributes
    ----------
    first, second : Puzzles
        With the same origins and targets.
    number : int array, shape (N,)
        PathSteps from the origin to the fork; up to there the paths agree.
    instead : int array, shape (N,)
        The cell beside the fork to which the second maze may lead.

    Examples
    --------
    >>> from absrep.mazes import depth_first, pose
    >>> forks = move_passages(pose(depth_first(100, 4, seed=0), seed=1), seed=2)
    >>> bool((forks.ahead != forks.instead).all())
    True
    """

    first: Puzzles
    second: Puzzles
    number: Integers
    instead: Integers

    def __len__(self) -> int:
        return len(self.number)

    def __getitem__(self, which: slice | ArrayLike) -> Forks:
        """Some of the pairs."""
        index = which if isinstance(which, slice) else np.atleast_1d(np.asarray(which))
        return Forks(self.first[index], self.second[index], self.number[index], self.instead[index])

    @property
    def cell(self) -> Integers:
        """Where the fork is, shape (N,)."""
        return self.first.path[np.arange(len(self)), self.number]

    @property
    def ahead(self) -> Integers:
        """The cell after the fork on the first path, shape (N,)."""
        return self.first.path[np.arange(len(self)), self.number + 1]


def _changed(puzzles: Puzzles, passages: Booleans) -> tuple[Puzzles, Integers]:
    """The same questions in other mazes, and which of them have one shortest path there."""
    if not len(passages):
        raise ValueError("puzzles must have some with a wall to change, found none")
    others = Mazes(puzzles.mazes.size, passages)
    _, ways = shortest_ways(others, puzzles.target)
    kept = np.flatnonzero(ways[np.arange(len(others)), puzzles.origin] == 1)
    if not len(kept):
        raise ValueError("puzzles must have some with one shortest path then, found none")
    return solve(others[kept], puzzles.origin[kept], puzzles.target[kept]), kept


def _forks(first: Puzzles, second: Puzzles) -> tuple[Forks, Integers]:
    """Where the paths of pairs part, and which pairs' paths do."""
    width = min(first.path.shape[1], second.path.shape[1])
    differ = first.path[:, :width] != second.path[:, :width]
    forked = np.flatnonzero(differ.any(1))
    if not len(forked):
        raise ValueError("puzzles must have some whose path the change moves, found none")
    number = differ[forked].argmax(1) - 1
    other = second[forked]
    instead = other.path[np.arange(len(other)), number + 1]
    return Forks(first[forked], other, number, instead), forked


def move_passages(puzzles: Puzzles, seed: Seed) -> Forks:
    """Take away one passage of each path, and open another wall: as many passages as before.

    Of the walls beside whose removal the target is reached again all are alike likely. Puzzles
    with none, or with more than one shortest path then, are left out. A tree remains a tree.

    Parameters
    ----------
    puzzles : Puzzles
    seed : int or Generator

    Returns
    -------
    Forks

    Examples
    --------
    >>> from absrep.mazes import depth_first, pose
    >>> forks = move_passages(pose(depth_first(100, 4, seed=0), seed=1), seed=2)
    >>> (forks.first.mazes.passages != forks.second.mazes.passages).sum(axis=1).tolist()[:3]
    [2, 2, 2]
    """
    rng = as_generator("seed", seed)
    rows, edges = np.arange(len(puzzles)), lattice_edges(puzzles.mazes.size)
    _, gone = _passage_on_path(puzzles, rng)
    passages = puzzles.mazes.passages & ~gone
    near = shortest_ways(Mazes(puzzles.mazes.size, passages), puzzles.origin)[0] >= 0
    far = shortest_ways(Mazes(puzzles.mazes.size, passages), puzzles.target)[0] >= 0
    a, b = edges.T
    joins = ((near[:, a] & far[:, b]) | (near[:, b] & far[:, a])) & ~passages & ~gone
    chosen = (rng.random(joins.shape) * joins).argmax(1)
    passages[rows, chosen] |= joins[rows, chosen]
    kept = np.flatnonzero(joins.any(1))
    second, unique = _changed(puzzles[kept] if len(kept) else puzzles, passages[kept])
    return _forks(puzzles[kept[unique]], second)[0]


def open_walls(puzzles: Puzzles, seed: Seed, *, useful: bool) -> Forks:
    """Open a wall beside a cell of each path, and see whether this makes a shortcut.

    One wall of each puzzle is tried at random; the fork is at the cell of the path.

    Parameters
    ----------
    puzzles : Puzzles
    seed : int or Generator
    useful : bool
        Keep those in which the one shortest path now goes through that wall; or else those in
        which the path stays as it is.

    Returns
    -------
    Forks

    Examples
    --------
    >>> from absrep.mazes import percolation, pose
    >>> puzzles = pose(percolation(500, 4, seed=0, openness=0.55), seed=1)
    >>> forks = open_walls(puzzles, seed=2, useful=True)
    >>> bool(forks.second.mazes.joined(forks.cell, forks.instead).all())
    True
    >>> bool(forks.first.mazes.joined(forks.cell, forks.instead).any())
    False
    """
    rng = as_generator("seed", seed)
    number = (rng.random(len(puzzles)) * puzzles.lengths).astype(int)
    cell = puzzles.path[np.arange(len(puzzles)), number]
    neighbours, edge = (table[cell] for table in neighbour_table(puzzles.mazes.size))
    able = ~puzzles.mazes.open[np.arange(len(puzzles)), cell] & (neighbours < puzzles.mazes.n_cells)
    way = (rng.random(able.shape) * able).argmax(1)
    tried = np.flatnonzero(able.any(1))
    passages = puzzles.mazes.passages[tried].copy()
    passages[np.arange(len(tried)), edge[tried, way[tried]]] = True
    second, unique = _changed(puzzles[tried] if len(tried) else puzzles, passages)
    tried = tried[unique]
    instead = neighbours[tried, way[tried]]
    if useful:
        forks, forked = _forks(puzzles[tried], second)
        there = tried[forked]
        kept = np.flatnonzero((forks.instead == instead[forked]) & (forks.number == number[there]))
        if not len(kept):
            raise ValueError("puzzles must have some that a wall's opening shortens, found none")
        return forks[kept]
    kept = np.flatnonzero(second.lengths == puzzles.lengths[tried])  # unique: then it is the same
    if not len(kept):
        raise ValueError("puzzles must have some that a wall's opening leaves alone, found none")
    at = tried[kept]
    return Forks(puzzles[at], second[kept], number[at], instead[kept])


def close_passages(puzzles: Puzzles, seed: Seed) -> Forks:
    """Close one passage of each path, where there is a way around that starts just before it.

    Parameters
    ----------
    puzzles : Puzzles
    seed : int or Generator

    Returns
    -------
    Forks

    Examples
    --------
    >>> from absrep.mazes import percolation, pose
    >>> puzzles = pose(percolation(500, 4, seed=0, openness=0.55), seed=1)
    >>> forks = close_passages(puzzles, seed=2)
    >>> bool(forks.second.mazes.joined(forks.cell, forks.ahead).any())
    False
    """
    rng = as_generator("seed", seed)
    at, gone = _passage_on_path(puzzles, rng)
    second, unique = _changed(puzzles, puzzles.mazes.passages & ~gone)
    forks, forked = _forks(puzzles[unique], second)
    kept = np.flatnonzero(forks.number == at[unique][forked])
    if not len(kept):
        raise ValueError("puzzles must have some with a way around, found none")
    return forks[kept]


def _passage_on_path(puzzles: Puzzles, rng: np.random.Generator) -> tuple[Integers, Booleans]:
    """A step of each path, all alike likely, and its passage, (N,) and (N, E)."""
    at = (rng.random(len(puzzles)) * puzzles.lengths).astype(int)
    ends = puzzles.path[np.arange(len(puzzles))[:, None], at[:, None] + [0, 1]]
    edges = lattice_edges(puzzles.mazes.size)
    return at, (edges[None] == np.sort(ends, axis=1)[:, None]).all(2)


def fork_sentences(
    vocabulary: Vocabulary, forks: Forks, seed: Seed
) -> tuple[Sentences, Sentences, Integers]:
    """Sentences of both puzzles, told alike, up to the fork.

    Where a passage has moved, the new one stands in the place of the old one, so that the
    sentences differ in two words. Otherwise each has an order of its own.

    Parameters
    ----------
    vocabulary : Vocabulary
    forks : Forks
    seed : int or Generator

    Returns
    -------
    first, second : Sentences
        After the fork there is padding only.
    slot : int array, shape (N,)
        Place of the first of the two words that differ; −1 where the number of passages does.

    Examples
    --------
    >>> from absrep.mazes import depth_first, pose
    >>> forks = move_passages(pose(depth_first(100, 4, seed=0), seed=1), seed=2)
    >>> first, second, slot = fork_sentences(Vocabulary(4), forks, seed=3)
    >>> sorted(set((first.tokens != second.tokens).sum(axis=1).tolist())) in ([1, 2], [2])
    True
    """
    rng = as_generator("seed", seed)
    first = _cut(vocabulary, vocabulary.encode(forks.first, rng), forks.number)
    second = _cut(vocabulary, vocabulary.encode(forks.second, rng), forks.number)
    rows = np.arange(len(forks))
    before, after = forks.first.mazes.passages, forks.second.mazes.passages
    moved = (before & ~after).any(1) & (after & ~before).any(1)
    slot = np.full(len(forks), -1)
    if not moved.any():
        return first, second, slot
    edges, tokens = lattice_edges(vocabulary.size), first.tokens
    old, new = edges[(before & ~after).argmax(1)], edges[(after & ~before).argmax(1)]
    odd = np.arange(1, tokens.shape[1] - 1, 2)
    pairs = np.sort(np.stack([tokens[:, odd], tokens[:, odd + 1]], axis=-1), axis=-1)
    is_old = (pairs == old[:, None]).all(-1) & (odd < first.prompt[:, None] - 6)
    slot = np.where(moved, odd[is_old.argmax(1)], -1)
    told = np.where(rng.random((len(forks), 1)) < 0.5, new, new[:, ::-1])
    width = min(tokens.shape[1], second.tokens.shape[1])
    alike = tokens.copy()
    alike[rows, slot], alike[rows, slot + 1] = told.T
    if not moved.all():
        raise ValueError("forks must all move a passage, or none")
    return first, Sentences(alike[:, : max(width, tokens.shape[1])], first.prompt), slot


def _cut(vocabulary: Vocabulary, sentences: Sentences, number: Integers) -> Sentences:
    """Nothing but padding after a step."""
    last = sentences.prompt + number
    tokens = sentences.tokens[:, : int(last.max()) + 1]
    kept = np.arange(tokens.shape[1]) <= last[:, None]
    return Sentences(np.where(kept, tokens, vocabulary["<pad>"]), sentences.prompt)


def fork_logits(network: LanguageModel, sentences: Sentences, forks: Forks) -> Array:
    """Logits of the next word at the fork.

    Parameters
    ----------
    network : LanguageModel
        Of one replica.
    sentences : Sentences
    forks : Forks

    Returns
    -------
    array, shape (N, V)

    Examples
    --------
    >>> from absrep.mazes import depth_first, pose
    >>> from absrep.mazes.training import recipe
    >>> forks = move_passages(pose(depth_first(50, 3, seed=0), seed=1), seed=2)
    >>> first, _, _ = fork_sentences(Vocabulary(3), forks, seed=3)
    >>> fork_logits(recipe("tiny").network([0]), first, forks).shape == (len(forks), 15)
    True
    """
    check_one(network)
    with torch.no_grad():
        logits = network(torch.from_numpy(sentences.tokens))[0]
    place = sentences.prompt + forks.number
    return logits[np.arange(len(forks)), place].double().numpy()  # type: ignore[no-any-return]


def patched_logits(
    network: LanguageModel,
    sentences: Sentences,
    forks: Forks,
    n_blocks: int,
    places: ArrayLike,
    stream: Tensor,
) -> Array:
    """Logits of the next word at the fork, with a part of the stream replaced.

    Parameters
    ----------
    network : LanguageModel
        Of one replica.
    sentences : Sentences
    forks : Forks
    n_blocks : int
        After how many blocks the stream is replaced.
    places : bool array, shape (N, T)
        At which words.
    stream : Tensor, shape (N, T, width)
        By what: the stream of other sentences, or the same one moved by some step.

    Returns
    -------
    array, shape (N, V)

    Examples
    --------
    All of the stream from the second sentence gives its logits:

    >>> from absrep.mazes import depth_first, pose
    >>> from absrep.mazes.training import recipe
    >>> network = recipe("tiny").network([0])
    >>> forks = move_passages(pose(depth_first(50, 3, seed=0), seed=1), seed=2)
    >>> first, second, _ = fork_sentences(Vocabulary(3), forks, seed=3)
    >>> everywhere = np.ones(first.tokens.shape, bool)
    >>> there = network.streams(torch.from_numpy(second.tokens))[0, 1]
    >>> patched = patched_logits(network, first, forks, 1, everywhere, there)
    >>> np.allclose(patched, fork_logits(network, second, forks), atol=1e-5)
    True
    """
    check_one(network)
    chosen, shape = np.asarray(places), sentences.tokens.shape
    if chosen.shape != shape or chosen.dtype != np.bool_:
        raise ValueError(f"places must be bool of shape {shape}, found {chosen.shape}")
    if tuple(stream.shape) != (*shape, network.width):
        raise ValueError(
            f"stream must have shape {(*shape, network.width)}, found {tuple(stream.shape)}"
        )
    swap, other = torch.from_numpy(chosen)[..., None], stream.detach()
    with network.with_stream({n_blocks: lambda own: torch.where(swap, other.to(own.dtype), own)}):
        return fork_logits(network, sentences, forks)


def check_one(network: LanguageModel) -> None:
    """Refuse a network of several replicas."""
    if as_count("network.n_replicas", network.n_replicas) != 1:
        raise ValueError(f"network must be of one replica, found {network.n_replicas}")
