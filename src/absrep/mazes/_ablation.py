"""Networks without some of their heads, and what steps they then take."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from .._validation import Array
from ..nets import LanguageModel
from ._heads import PathSteps
from ._language import Sentences
from ._lattice import Booleans
from ._puzzles import Puzzles

__all__ = ["mute_everywhere", "mute_on_path", "step_logits", "step_rates"]


def step_logits(network: LanguageModel, sentences: Sentences, steps: PathSteps) -> Array:
    """Logits of the next word at each step of the right paths.

    Parameters
    ----------
    network : LanguageModel
    sentences : Sentences
    steps : PathSteps
        See `path_steps`.

    Returns
    -------
    array, shape (R, M, V)

    Examples
    --------
    >>> from absrep.mazes import Vocabulary, depth_first, path_steps, pose
    >>> from absrep.mazes.training import recipe
    >>> puzzles = pose(depth_first(20, 3, seed=0), seed=1)
    >>> sentences = Vocabulary(3).encode(puzzles, seed=2)
    >>> steps = path_steps(puzzles, sentences)
    >>> step_logits(recipe("tiny").network([0]), sentences, steps).shape == (1, len(steps), 15)
    True
    """
    with torch.no_grad():
        tokens = torch.from_numpy(sentences.tokens).to(next(network.parameters()).device)
        logits = network(tokens)[:, steps.row, steps.place]
    return logits.double().cpu().numpy()  # type: ignore[no-any-return]


def step_rates(logits: ArrayLike, puzzles: Puzzles, steps: PathSteps) -> tuple[Booleans, Booleans]:
    """Whether the likeliest word is a step through no wall, and whether it is the right one.

    Parameters
    ----------
    logits : array, shape (R, M, V)
    puzzles : Puzzles
    steps : PathSteps

    Returns
    -------
    valid, right : bool array, shape (R, M)

    Examples
    --------
    >>> from absrep.mazes import Mazes, Vocabulary, path_steps, solve
    >>> puzzle = solve(Mazes(2, [[True, True, True, False]]), [1], [3])
    >>> steps = path_steps(puzzle, Vocabulary(2).encode(puzzle, seed=0))
    >>> [rate.tolist() for rate in step_rates(np.eye(10)[[[0, 1, 1]]], puzzle, steps)]
    [[[True, True, False]], [[True, False, False]]]
    """
    said = np.asarray(logits).argmax(-1)
    n = puzzles.mazes.n_cells
    reachable = puzzles.mazes.adjacency()[steps.row, steps.cell]
    valid = (said < n) & reachable[np.arange(len(steps)), np.minimum(said, n - 1)]
    return valid, said == steps.ahead


def mute_on_path(
    network: LanguageModel, sentences: Sentences, steps: PathSteps, length: int, *, mean: bool
) -> Tensor:
    """For `LanguageModel.without_heads`: heads as they are up to ``<path>``, and mute after it.

    Parameters
    ----------
    network : LanguageModel
        Of one replica.
    sentences : Sentences
    steps : PathSteps
        Over which the mean is taken.
    length : int
        T', words of the longest sentence that the network may write.
    mean : bool
        On the path the heads always say their mean; or else nothing.

    Returns
    -------
    Tensor, shape (L, N, n_heads, T', width / n_heads)

    Examples
    --------
    Attention of the list does not change, so with no head muted nothing does:

    >>> from absrep.mazes import Vocabulary, depth_first, path_steps, pose
    >>> from absrep.mazes.training import recipe
    >>> network, words = recipe("tiny").network([0]), Vocabulary(3)
    >>> puzzles = pose(depth_first(20, 3, seed=0), seed=1)
    >>> sentences = words.encode(puzzles, seed=2)
    >>> steps = path_steps(puzzles, sentences)
    >>> instead = mute_on_path(network, sentences, steps, words.longest, mean=False)
    >>> with network.without_heads([(1, 0)], instead):
    ...     rates = step_rates(step_logits(network, sentences, steps), puzzles, steps)
    """
    taken = _taken(network, sentences)
    n_blocks, n, n_heads, known, width = taken.shape
    usual = taken[:, steps.row, :, steps.place].mean(0) if mean else taken.new_zeros(1)
    whole = taken.new_zeros(n_blocks, n, n_heads, length, width)
    whole[..., : min(known, length), :] = taken[..., :length, :]
    after = torch.arange(length) >= torch.from_numpy(sentences.prompt)[:, None]  # (N, T')
    said = usual[:, None, :, None] if mean else usual
    return torch.where(after[None, :, None, :, None], said, whole)


def mute_everywhere(network: LanguageModel, sentences: Sentences) -> Tensor:
    """For `LanguageModel.without_heads`: heads that say their mean at each place of a sentence.

    Parameters
    ----------
    network : LanguageModel
        Of one replica.
    sentences : Sentences
        With prompts of one length, so that places mean the same in all.

    Returns
    -------
    Tensor, shape (L, n_heads, T, width / n_heads)

    Examples
    --------
    >>> from absrep.mazes import Vocabulary, depth_first, pose
    >>> from absrep.mazes.training import recipe
    >>> sentences = Vocabulary(3).encode(pose(depth_first(20, 3, seed=0), seed=1), seed=2)
    >>> mute_everywhere(recipe("tiny").network([0]), sentences).shape[:2]
    torch.Size([2, 2])
    """
    if len(set(sentences.prompt.tolist())) > 1:
        raise ValueError("sentences must have prompts of one length")
    return _taken(network, sentences).mean(1)


def _taken(network: LanguageModel, sentences: Sentences) -> Tensor:
    if network.n_replicas != 1:
        raise ValueError(f"network must be of one replica, found {network.n_replicas}")
    with torch.no_grad():
        return network.head_outputs(torch.from_numpy(sentences.tokens))[0]
