"""Mazes as sentences: tokens in, tokens out, and what a sentence says."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from .._validation import Seed, as_count, as_generator
from ._lattice import Booleans, Integers, Mazes, lattice_edges
from ._puzzles import Puzzles, solve

__all__ = ["Answers", "Sentences", "Vocabulary"]

_SPECIAL = ("<adjacency>", "<origin>", "<target>", "<path>", "<end>", "<pad>")


@dataclass(frozen=True, eq=False)
class Sentences:
    """Tokens of many puzzles.

    Attributes
    ----------
    tokens : int array, shape (N, T)
        Padded at the end.
    prompt : int array, shape (N,)
        Tokens up to and with ``<path>``: what a network is given.

    Examples
    --------
    >>> from absrep.mazes import depth_first, pose
    >>> sentences = Vocabulary(3).encode(pose(depth_first(4, 3, seed=0), seed=1), seed=2)
    >>> sentences.tokens.shape[0], set(sentences.prompt.tolist())
    (4, {22})
    """

    tokens: Integers
    prompt: Integers


@dataclass(frozen=True, eq=False)
class Answers:
    """Paths that a network gave, and what they are worth.

    Attributes
    ----------
    path : int array, shape (N, L)
        Cells, −1 after the end.
    ended : bool array, shape (N,)
        ``<end>`` was said, and only cells before it.
    valid : bool array, shape (N,)
        It starts at the origin, ended, and never goes through a wall.
    reached : bool array, shape (N,)
        The last cell before the end is the target, however it got there.
    exact : bool array, shape (N,)
        It is the shortest path, token by token.

    Examples
    --------
    >>> from absrep.mazes import depth_first, pose
    >>> puzzles = pose(depth_first(5, 3, seed=0), seed=1)
    >>> words = Vocabulary(3)
    >>> answers = words.judge(puzzles, words.path_tokens(puzzles))
    >>> bool(answers.exact.all() and answers.valid.all() and answers.reached.all())
    True
    """

    path: Integers
    ended: Booleans
    valid: Booleans
    reached: Booleans
    exact: Booleans


@dataclass(frozen=True)
class Vocabulary:
    """The language of mazes of one size.

    A sentence is ``<adjacency> a b c d … <origin> o <target> t <path> o … t <end>``: the passages
    one after the other, in random order and each from a random side, two cells for each; then the
    question; then the path. A cell is one token, its number; the six words come after the cells.

    Parameters
    ----------
    size : int
        Cells on a side.

    Examples
    --------
    >>> words = Vocabulary(2)
    >>> puzzle = solve(Mazes(2, [[True, True, True, False]]), [1], [3])
    >>> print(*words.say(words.encode(puzzle, seed=0).tokens[0]))
    <adjacency> (0,0) (1,0) (1,0) (1,1) (0,0) (0,1) <origin> (0,1) <target> (1,1) <path> (0,1) \
(0,0) (1,0) (1,1) <end>
    """

    size: int

    def __post_init__(self) -> None:
        as_count("size", self.size, at_least=2)

    @property
    def n_cells(self) -> int:
        """Number of cells."""
        return self.size**2

    def __len__(self) -> int:
        """Number of tokens."""
        return self.n_cells + len(_SPECIAL)

    @property
    def words(self) -> tuple[str, ...]:
        """What each token is called: cells by (row,column)."""
        cells = tuple(f"({c // self.size},{c % self.size})" for c in range(self.n_cells))
        return cells + _SPECIAL

    def __getitem__(self, word: str) -> int:
        """Number of a token."""
        if word not in self.words:
            raise KeyError(f"word must be one of {', '.join(self.words)}, found {word!r}")
        return self.words.index(word)

    def say(self, tokens: ArrayLike) -> list[str]:
        """Words of a row of tokens."""
        return [self.words[token] for token in np.asarray(tokens)]

    @property
    def longest(self) -> int:
        """Tokens of the longest sentence that there can be."""
        return 2 * len(lattice_edges(self.size)) + 6 + self.n_cells + 1

    def encode(self, puzzles: Puzzles, seed: Seed) -> Sentences:
        """Write puzzles down.

        Parameters
        ----------
        puzzles : Puzzles
        seed : int or Generator
            For the order of the passages, and of the two cells of each.

        Returns
        -------
        Sentences
        """
        self._check(puzzles)
        rng = as_generator("seed", seed)
        n, edges = len(puzzles), lattice_edges(self.size)
        there = puzzles.mazes.passages
        most = int(there.sum(axis=1).max())
        order = np.where(there, rng.random(there.shape), 2).argsort(axis=1)[:, :most]
        turned = rng.random((n, most, 1)) < 0.5
        pairs = np.where(turned, edges[order][..., ::-1], edges[order])
        pairs[~np.take_along_axis(there, order, axis=1)] = self["<pad>"]
        question = np.tile(
            [self[w] for w in ("<origin>", "<pad>", "<target>", "<pad>", "<path>")], (n, 1)
        )
        question[:, 1], question[:, 3] = puzzles.origin, puzzles.target
        start = np.full((n, 1), self["<adjacency>"])
        parts = [start, pairs.reshape(n, -1), question, self.path_tokens(puzzles)]
        tokens = np.concatenate(parts, axis=1)
        # Gaps of mazes with fewer passages go to the end.
        gap = tokens == self["<pad>"]
        if gap[:, : -parts[-1].shape[1]].any():
            tokens = np.take_along_axis(tokens, gap.argsort(axis=1, kind="stable"), axis=1)
        tokens = tokens[:, : int((tokens != self["<pad>"]).sum(axis=1).max())]
        return Sentences(tokens, 6 + 2 * there.sum(axis=1))

    def path_tokens(self, puzzles: Puzzles) -> Integers:
        """The right answers: paths, ``<end>`` and padding, shape (N, L + 1)."""
        path = np.where(puzzles.path < 0, self["<pad>"], puzzles.path)
        path = np.concatenate([path, np.full((len(path), 1), self["<pad>"])], axis=1)
        path[np.arange(len(path)), puzzles.lengths + 1] = self["<end>"]
        return path

    def decode(self, tokens: ArrayLike) -> Puzzles:
        """Read sentences back; the path is solved anew and must be the one written.

        Parameters
        ----------
        tokens : int array, shape (N, T)

        Returns
        -------
        Puzzles

        Raises
        ------
        ValueError
            If a row is no sentence of this language, with the first such row and what is wrong.

        Examples
        --------
        >>> from absrep.mazes import depth_first, pose
        >>> puzzles = pose(depth_first(20, 3, seed=0), seed=1)
        >>> words = Vocabulary(3)
        >>> again = words.decode(words.encode(puzzles, seed=2).tokens)
        >>> bool((again.mazes.passages == puzzles.mazes.passages).all())
        True
        """
        rows = np.asarray(tokens)
        if rows.ndim != 2 or not np.issubdtype(rows.dtype, np.integer):
            raise ValueError(f"tokens must be integers of shape (N, T), found shape {rows.shape}")
        found = [self._read(number, row) for number, row in enumerate(rows)]
        mazes = Mazes(self.size, np.stack([passages for passages, _ in found]))
        paths = [path for _, path in found]
        puzzles = solve(mazes, [path[0] for path in paths], [path[-1] for path in paths])
        for number, path in enumerate(paths):
            if not np.array_equal(puzzles.path[number][: len(path)], path):
                raise ValueError(f"tokens of row {number} must give the shortest path")
        return puzzles

    def _read(self, number: int, row: Integers) -> tuple[Booleans, Integers]:
        """Passages and path of a sentence."""

        def fail(what: str) -> ValueError:
            return ValueError(f"tokens of row {number} must be a sentence: {what}")

        content = row[row != self["<pad>"]]
        marks = [self[w] for w in ("<adjacency>", "<origin>", "<target>", "<path>", "<end>")]
        places = [np.flatnonzero(content == mark) for mark in marks]
        if any(len(place) != 1 for place in places):
            raise fail("each word once")
        start, origin, target, path, end = (int(place[0]) for place in places)
        if start != 0 or origin % 2 == 0 or (target, path) != (origin + 2, origin + 4):
            raise fail("passages in pairs, one origin, one target, the path")
        if end != len(content) - 1 or (row[: len(content)] == self["<pad>"]).any():
            raise fail("nothing after the end but padding")
        steps = content[path + 1 : end]
        if len(steps) < 2 or (steps[0], steps[-1]) != (content[origin + 1], content[target + 1]):
            raise fail("a path from the origin to the target")
        pairs = np.sort(content[1:origin].reshape(-1, 2), axis=1)
        index = {(int(a), int(b)): edge for edge, (a, b) in enumerate(lattice_edges(self.size))}
        passages = np.zeros(len(index), bool)
        for a, b in pairs.tolist():
            if (a, b) not in index or passages[index[a, b]]:
                raise fail(f"each passage once and between neighbours, found {(a, b)}")
            passages[index[a, b]] = True
        return passages, steps

    def judge(self, puzzles: Puzzles, said: ArrayLike) -> Answers:
        """What answers are worth.

        Parameters
        ----------
        puzzles : Puzzles
        said : int array, shape (N, L)
            Tokens that follow the prompt, the origin first; what comes after ``<end>`` is ignored.

        Returns
        -------
        Answers

        Raises
        ------
        ValueError
            If there is not one row for each puzzle, or a number is no token.
        """
        self._check(puzzles)
        tokens = np.asarray(said)
        if tokens.ndim != 2 or len(tokens) != len(puzzles):
            raise ValueError(f"said must have {len(puzzles)} rows, found shape {tokens.shape}")
        if tokens.min() < 0 or tokens.max() >= len(self):
            raise ValueError(f"said must be tokens, 0 to {len(self) - 1}")
        before = np.cumsum(tokens == self["<end>"], axis=1) == 0
        cell = tokens < self.n_cells
        ended = ~before[:, -1] & (cell | ~before).all(axis=1)
        path = np.where(before & cell, tokens, -1)
        length = (path >= 0).sum(axis=1)
        last = path[np.arange(len(path)), np.maximum(length - 1, 0)]
        here, ahead = path[:, :-1], path[:, 1:]
        step = (here >= 0) & (ahead >= 0)
        passable = puzzles.mazes.joined(np.maximum(here, 0), np.maximum(ahead, 0)) | ~step
        valid = ended & (path[:, 0] == puzzles.origin) & passable.all(axis=1)
        width = max(path.shape[1], puzzles.path.shape[1])
        exact = ended & (_padded(path, width) == _padded(puzzles.path, width)).all(axis=1)
        return Answers(path, ended, valid, ended & (last == puzzles.target), exact)

    def _check(self, puzzles: Puzzles) -> None:
        if puzzles.mazes.size != self.size:
            raise ValueError(
                f"puzzles must have mazes of size {self.size}, found {puzzles.mazes.size}"
            )


def _padded(path: Integers, width: int) -> Integers:
    return np.pad(path, ((0, 0), (0, width - path.shape[1])), constant_values=-1)
