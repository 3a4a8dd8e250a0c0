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
    places = sentences.prompt[:, None] + np.arange(longest)
    # The right answer is a first draft. One pass tells what the network would say at each of its
    # places; up to the first difference that is what it says, and the rest is struck out.
    draft = np.full((n, int(places.max()) + 1), pad)
    width = min(draft.shape[1], sentences.tokens.shape[1])
    draft[:, :width] = sentences.tokens[:, :width]
    tokens = np.repeat(draft[None], network.n_replicas, axis=0)
    settled = np.zeros((network.n_replicas, n), np.int64)
    each, step = np.arange(network.n_replicas)[:, None], np.arange(longest)
    device = next(network.parameters()).device
    while (going := settled < longest).any():
        # Of each network the puzzles that it has not done, and as many others as it takes.
        which = np.argsort(~going, axis=1, kind="stable")[:, : going.sum(axis=1).max()]
        some, at, left = tokens[each, which], places[which], settled[each, which]
        there = np.take_along_axis(some, at, axis=2)
        known = np.where(there != pad, step + 1, 0).max(axis=2)
        known = np.where(left < longest, np.maximum(known, left), 0)
        known = np.minimum(known, longest - 1)[..., None]
        width = int(np.take_along_axis(at, known, axis=2).max())
        with torch.no_grad():
            logits = network(torch.from_numpy(some[:, :, :width]).to(device))
        said = logits.argmax(-1).cpu().numpy()
        said = np.take_along_axis(said, np.minimum(at - 1, width - 1), axis=2)
        ended = np.cumsum(there == end, axis=2) - (there == end) > 0
        asked = (step >= left[..., None]) & (step <= known) & ~ended
        differs = asked & (said != there)
        first = np.where(differs.any(axis=2), differs.argmax(axis=2), known[..., 0])[..., None]
        there = np.where((step > first) & differs.any(axis=2, keepdims=True), pad, there)
        there = np.where(step == first, np.where(asked, said, there), there)
        np.put_along_axis(some, at, there, axis=2)
        tokens[each, which] = some
        done = (there == end).any(axis=2) | (left == longest)
        settled[each, which] = np.where(done, longest, first[..., 0] + 1)
    return tokens[each[..., None], np.arange(n)[:, None], places]


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
