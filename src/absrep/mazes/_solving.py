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
    sentences = vocabulary.encode(puzzles, seed)
    end, pad = vocabulary["<end>"], vocabulary["<pad>"]
    n, longest = len(puzzles), vocabulary.n_cells + 1
    places = sentences.prompt[:, None] + np.arange(longest)
    # The right answer is a first draft. One pass tells what the network would say at each of its
    # places; up to the first difference that is what it says, and the rest is struck out.
    draft = np.full((n, int(places.max()) + 1), pad)
    width = min(draft.shape[1], sentences.tokens.shape[1])
    draft[:, :width] = sentences.tokens[:, :width]
    tokens = np.repeat(draft[None], network.n_replicas, axis=0)
    settled = np.zeros((network.n_replicas, n), np.int64)
    device = next(network.parameters()).device
    while (going := (settled < longest).any(axis=0)).any():
        at = np.broadcast_to(places[going], (len(tokens), *places[going].shape))
        some, left = tokens[:, going], settled[:, going]
        with torch.no_grad():
            logits = network(torch.from_numpy(some[:, :, : int(at.max())]).to(device))
        said = np.take_along_axis(logits.argmax(-1).cpu().numpy(), at - 1, axis=2)
        there = np.take_along_axis(some, at, axis=2)
        ended = np.cumsum(there == end, axis=2) - (there == end) > 0
        differs = (said != there) & ~ended & (np.arange(longest) >= left[..., None])
        first = np.where(differs.any(axis=2), differs.argmax(axis=2), longest)[..., None]
        there = np.where(np.arange(longest) > first, pad, there)
        there = np.where(np.arange(longest) == first, said, there)
        np.put_along_axis(some, at, there, axis=2)
        stop = (there == end).any(axis=2)
        tokens[:, going] = some
        settled[:, going] = np.where(stop, longest, first[..., 0] + 1)
    return np.take_along_axis(tokens, np.broadcast_to(places, (len(tokens), n, longest)), axis=2)


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
