"""Networks that answer puzzles."""

from __future__ import annotations

import numpy as np
import torch

from .._validation import Seed
from ..nets import LanguageModel
from ._language import Answers, Sentences, Vocabulary
from ._lattice import Integers
from ._puzzles import Puzzles

__all__ = ["answer", "solve_rates", "targets"]


def targets(vocabulary: Vocabulary, sentences: Sentences) -> tuple[Integers, Integers]:
    """Inputs and targets of next-token training on paths: all that follows the origin in them.

    The first word of a path repeats the question's origin and is asked too.

    Parameters
    ----------
    vocabulary : Vocabulary
    sentences : Sentences

    Returns
    -------
    tokens : int array, shape (N, T − 1)
        All but the last.
    targets : int array, shape (N, T − 1)
        The next token after each, −1 before ``<path>`` and where only padding is left.

    Examples
    --------
    >>> from absrep.mazes import Mazes, solve
    >>> words = Vocabulary(2)
    >>> puzzle = solve(Mazes(2, [[True, False, False, True]]), [0], [3])
    >>> _, asked = targets(words, words.encode(puzzle, seed=0))
    >>> [words.words[token] for token in asked[0] if token >= 0]
    ['(0,0)', '(0,1)', '(1,1)', '<end>']
    """
    following = sentences.tokens[:, 1:].copy()
    early = np.arange(following.shape[1]) < sentences.prompt[:, None] - 1
    following[early | (following == vocabulary["<pad>"])] = -1
    return sentences.tokens[:, :-1], following


def answer(
    network: LanguageModel, vocabulary: Vocabulary, puzzles: Puzzles, seed: Seed
) -> Integers:
    """What networks say after the prompt, one most likely token after the other.

    Parameters
    ----------
    network : LanguageModel
        R replicas.
    vocabulary : Vocabulary
    puzzles : Puzzles
    seed : int or Generator
        For the order in which the passages are told.

    Returns
    -------
    int array, shape (R, N, n² + 1)
        Tokens; ``<pad>`` after ``<end>``.

    Examples
    --------
    >>> from absrep.mazes import depth_first, pose
    >>> words = Vocabulary(3)
    >>> network = LanguageModel(len(words), words.longest, 16, 2, 1, seeds=[0])
    >>> answer(network, words, pose(depth_first(5, 3, seed=0), seed=1), seed=2).shape
    (1, 5, 10)
    """
    return go_on(network, vocabulary, vocabulary.encode(puzzles, seed))


def go_on(network: LanguageModel, vocabulary: Vocabulary, sentences: Sentences) -> Integers:
    """What networks say after the prompts of given sentences; see `answer`."""
    end, pad = vocabulary["<end>"], vocabulary["<pad>"]
    n, longest = len(sentences.tokens), vocabulary.n_cells + 1
    room = int(sentences.prompt.max()) + longest
    prompt = np.full((n, room), pad)
    known = np.arange(room) < sentences.prompt[:, None]
    width = min(room, sentences.tokens.shape[1])
    prompt[:, :width] = np.where(known[:, :width], sentences.tokens[:, :width], pad)
    tokens = np.repeat(prompt[None], network.n_replicas, axis=0)
    going = np.ones(tokens.shape[:2], bool)
    device = next(network.parameters()).device
    for step in range(longest):
        rows = np.flatnonzero(going.any(axis=0))
        if not len(rows):
            break
        place = sentences.prompt[rows] + step
        with torch.no_grad():
            seen = torch.from_numpy(tokens[:, rows, : int(place.max())]).to(device)
            logits = network(seen).cpu().numpy()
        said = logits[:, np.arange(len(rows)), place - 1].argmax(-1)
        tokens[:, rows, place] = np.where(going[:, rows], said, pad)
        going[:, rows] &= said != end
    after = sentences.prompt[:, None] + np.arange(longest)
    return np.take_along_axis(tokens, np.broadcast_to(after, (len(tokens), *after.shape)), axis=2)


def solve_rates(
    network: LanguageModel, vocabulary: Vocabulary, puzzles: Puzzles, seed: Seed
) -> list[Answers]:
    """Answers of each replica to puzzles, judged; see `Vocabulary.judge`.

    Parameters
    ----------
    network : LanguageModel
    vocabulary : Vocabulary
    puzzles : Puzzles
    seed : int or Generator
        For the order in which the passages are told.

    Returns
    -------
    list of Answers
        One for each replica.

    Examples
    --------
    >>> from absrep.mazes import depth_first, pose
    >>> words = Vocabulary(3)
    >>> network = LanguageModel(len(words), words.longest, 16, 2, 1, seeds=[0])
    >>> judged = solve_rates(network, words, pose(depth_first(50, 3, seed=0), seed=1), seed=2)
    >>> bool(judged[0].exact.mean() < 0.5)
    True
    """
    return [vocabulary.judge(puzzles, said) for said in answer(network, vocabulary, puzzles, seed)]
