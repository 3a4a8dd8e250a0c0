"""How networks go wrong: where an answer first leaves the way, and what each step had to know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch

from .._validation import Array, Seed
from ..nets import LanguageModel
from ._language import Answers, Vocabulary
from ._lattice import Booleans, Integers, neighbour_table
from ._puzzles import Puzzles

__all__ = ["Mistakes", "Steps", "first_mistakes", "foretell", "right_steps"]


@dataclass(frozen=True, eq=False)
class Mistakes:
    """Where answers leave the shortest path.

    Attributes
    ----------
    step : int array, shape (N,)
        The first word that is wrong, 0 for the origin; −1 where all are right.
    kinds : mapping of str to bool array, shape (N,)
        What that word is; exactly one is True of each wrong answer:
        "wrong way" (an open neighbour), "wall" (a neighbour behind a wall), "jump" (a cell that is
        no neighbour), "stopped" (the end before the target), "went on" (past the target), or "word"
        (no cell).

    Examples
    --------
    >>> from absrep.mazes import Mazes, solve
    >>> puzzle = solve(Mazes(2, [[True, True, True, False]]), [1], [3])
    >>> words = Vocabulary(2)
    >>> said = words.judge(puzzle, [[1, 3, words["<end>"]]])  # through the wall
    >>> found = first_mistakes(puzzle, said)
    >>> found.step.tolist(), [kind for kind, has in found.kinds.items() if has.any()]
    ([1], ['wall'])
    """

    step: Integers
    kinds: Mapping[str, Booleans]


def first_mistakes(puzzles: Puzzles, answers: Answers) -> Mistakes:
    """Find where answers leave the shortest path, and how.

    Parameters
    ----------
    puzzles : Puzzles
    answers : Answers
        To these puzzles.

    Returns
    -------
    Mistakes

    Raises
    ------
    ValueError
        If there is not one answer for each puzzle.

    Examples
    --------
    >>> from absrep.mazes import depth_first, pose
    >>> words, puzzles = Vocabulary(3), pose(depth_first(5, 3, seed=0), seed=1)
    >>> answers = words.judge(puzzles, words.path_tokens(puzzles))
    >>> first_mistakes(puzzles, answers).step.tolist()
    [-1, -1, -1, -1, -1]
    """
    if len(answers.path) != len(puzzles):
        raise ValueError(f"answers must be {len(puzzles)}, found {len(answers.path)}")
    width = 1 + max(puzzles.path.shape[1], answers.path.shape[1])
    right, said = (
        np.pad(path, ((0, 0), (0, width - path.shape[1])), constant_values=-1)
        for path in (puzzles.path, answers.path)
    )
    differs = right != said
    # An answer of the right cells that is not exact lacks its end, or has a word in its place.
    step = np.where(differs.any(axis=1), differs.argmax(axis=1), puzzles.lengths + 1)
    rows, wrong = np.arange(len(puzzles)), ~answers.exact
    word, wanted = said[rows, step], right[rows, step]
    before = np.maximum(right[rows, np.maximum(step - 1, 0)], 0)
    neighbours, _ = neighbour_table(puzzles.mazes.size)
    cell = wrong & (word >= 0)
    past = cell & (wanted < 0)
    beside = (neighbours[before] == word[:, None]).any(axis=1) & (step > 0)
    joined = puzzles.mazes.joined(before, np.maximum(word, 0)) & (step > 0)
    on_the_way = cell & ~past
    stopped = wrong & (word < 0) & answers.ended
    kinds = {
        "wrong way": on_the_way & joined,
        "wall": on_the_way & beside & ~joined,
        "jump": on_the_way & ~beside,
        "stopped": stopped,
        "went on": past,
        "word": wrong & (word < 0) & ~stopped,
    }
    return Mistakes(np.where(wrong, step, -1), kinds)


@dataclass(frozen=True, eq=False)
class Steps:
    """All steps of right answers, one row for each.

    Attributes
    ----------
    puzzle : int array
        Which puzzle.
    step : int array
        1 for the first step, which is the second word of the path.
    here, ahead : int array
        The cell before and after.
    ways : int array
        Ways on: passages out of `here` without the one by which the path came.
    left : int array
        Steps from `here` to the target.

    Examples
    --------
    >>> from absrep.mazes import Mazes, solve
    >>> puzzle = solve(Mazes(2, [[True, True, True, False]]), [1], [3])
    >>> steps = right_steps(puzzle)
    >>> steps.here.tolist(), steps.ways.tolist(), steps.left.tolist()
    ([1, 0, 2], [1, 1, 1], [3, 2, 1])
    """

    puzzle: Integers
    step: Integers
    here: Integers
    ahead: Integers
    ways: Integers
    left: Integers


def right_steps(puzzles: Puzzles) -> Steps:
    """What each step of the shortest paths had to decide.

    Parameters
    ----------
    puzzles : Puzzles

    Returns
    -------
    Steps

    Examples
    --------
    >>> from absrep.mazes import depth_first, pose
    >>> puzzles = pose(depth_first(5, 3, seed=0), seed=1)
    >>> bool(len(right_steps(puzzles).step) == puzzles.lengths.sum())
    True
    """
    puzzle, before = np.nonzero(puzzles.path[:, 1:] >= 0)
    here, ahead = puzzles.path[puzzle, before], puzzles.path[puzzle, before + 1]
    ways = puzzles.mazes.degrees[puzzle, here] - (before > 0)
    return Steps(puzzle, before + 1, here, ahead, ways, puzzles.lengths[puzzle] - before)


def foretell(
    network: LanguageModel,
    vocabulary: Vocabulary,
    puzzles: Puzzles,
    seed: Seed,
    n_batch: int = 500,
) -> Array:
    """Probabilities of the next word all along the right answers.

    Parameters
    ----------
    network : LanguageModel
        R replicas.
    vocabulary : Vocabulary
    puzzles : Puzzles
    seed : int or Generator
        For the order in which the passages are told.
    n_batch : int, default 500
        Sentences at a time.

    Returns
    -------
    array, shape (R, N, K, V)
        At place k the first k words of the right answer are given: of the path's cell k at
        k = 0, 1, …, and of ``<end>`` after the last. Places after that mean nothing.

    Examples
    --------
    >>> from absrep.mazes import depth_first, pose
    >>> words = Vocabulary(3)
    >>> network = LanguageModel(len(words), words.longest, 16, 2, 1, seeds=[0])
    >>> puzzles = pose(depth_first(5, 3, seed=0), seed=1)
    >>> foretell(network, words, puzzles, seed=2).shape[-1] == len(words)
    True
    """
    sentences = vocabulary.encode(puzzles, seed)
    longest = puzzles.path.shape[1] + 1
    tokens, device = sentences.tokens, next(network.parameters()).device
    at = sentences.prompt[:, None] - 1 + np.arange(longest)
    at = np.minimum(at, tokens.shape[1] - 1)
    found = []
    for first in range(0, len(puzzles), n_batch):
        some = slice(first, first + n_batch)
        with torch.no_grad():
            logits = network(torch.from_numpy(tokens[some]).to(device)).double().softmax(-1)
        rows = np.arange(len(at[some]))[:, None]
        found.append(logits.cpu().numpy()[:, rows, at[some]])
    return np.concatenate(found, axis=1)
