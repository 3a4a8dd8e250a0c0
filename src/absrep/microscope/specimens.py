"""The four systems of the book, made ready for one table: responses, labels, read-out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import ArrayLike

from .._validation import Array, as_array, as_count, as_labels, as_names, as_number
from ..canonical import linear_layers, stationary_layers
from ..evidence import (
    Box,
    EvidenceTask,
    Learned,
    RandomEncoder,
    Trials,
    learn,
    random_hyperplanes,
    vanilla_rnn,
)
from ..kernels import gram, gram_factor
from ..mazes import Mazes, Puzzles, Sentences, streams_at
from ..mazes.training import draw_puzzles, load, recipe
from ..meanfield import solve
from ..nets import FeedForward, LanguageModel, LinearLayer, squared_error, train
from ..tasks import hypercube, noisy_trials

__all__ = [
    "Specimen",
    "evidence_specimen",
    "maze_blocks",
    "maze_specimen",
    "optimum_specimen",
    "trained_specimen",
    "wall_bits",
    "way_bits",
]

_N_LATENTS = 3
_INTERIOR = 4  # ways out of a cell that is not at the edge


@dataclass(frozen=True, eq=False)
class Specimen:
    """What one system holds of some binary latents, before and after training.

    Attributes
    ----------
    system : str
    latents : tuple of str
    labels : array, shape (n, d), −1 or +1
        Of every trial.
    trained, untrained : array, shape (R, n, N)
        What the read-out reads on these trials, in R networks.
    readout, untrained_readout : LinearLayer
        The map that reads it, at work on stimuli or trials of the same kind; replica axis first.

    Raises
    ------
    ValueError
        If shapes disagree.

    Examples
    --------
    >>> from absrep.microscope.specimens import optimum_specimen
    >>> found = optimum_specimen(n_trials=5, seeds=[0])
    >>> found.trained.shape[1], found.labels.shape
    (40, (40, 3))
    """

    system: str
    latents: tuple[str, ...]
    labels: Array
    trained: Array
    untrained: Array
    readout: LinearLayer
    untrained_readout: LinearLayer

    def __post_init__(self) -> None:
        for name in ("trained", "untrained"):
            object.__setattr__(self, name, as_array(name, getattr(self, name), 3))
        labels = as_labels("labels", self.labels, self.trained.shape[1])
        object.__setattr__(self, "labels", labels)
        if self.untrained.shape[1] != len(labels):
            raise ValueError(
                f"untrained must have {len(labels)} trials, found {self.untrained.shape[1]}"
            )
        object.__setattr__(self, "latents", as_names("latents", self.latents, labels.shape[1]))


def optimum_specimen(
    weight_decay: float = 0.01,
    *,
    noise: float = 0.5,
    n_trials: int = 30,
    width: int = 100,
    seeds: Sequence[int] = (0, 1, 2),
) -> Specimen:
    """The certified mean-field optimum for three latents and whitened inputs (Parts I and II).

    Responses are without noise; for the measures that need trials noise is added, isotropic in the
    space that the eight patterns span.

    Parameters
    ----------
    weight_decay : float, default 0.01
    noise : float, default 0.5
        Standard deviation along each axis, in units of the root mean squared distance of the
        patterns from their centre.
    n_trials : int, default 30
        Of each of the eight stimuli.
    width : int, default 100
        Neurons of the untrained networks.
    seeds : sequence of int, default 0, 1, 2
        Of the noise, one copy of the optimum each, and of the untrained networks.

    Returns
    -------
    Specimen

    Examples
    --------
    >>> from absrep import parallelism_score
    >>> from absrep.microscope.specimens import optimum_specimen
    >>> found = optimum_specimen(noise=0.0, n_trials=1, seeds=[0])
    >>> parallelism_score(found.trained, found.labels).round(6)
    array([[1., 1., 1.]])
    """
    task, best = hypercube(_N_LATENTS), solve(hypercube(_N_LATENTS), weight_decay=weight_decay)
    neurons = best.preactivations * np.sqrt(best.masses)
    layer = stationary_layers([neurons], task, weight_decay=weight_decay)["read-out"]
    copies = [np.repeat(part[None], len(seeds), axis=0) for part in _parts(layer)]
    readout = LinearLayer(*copies)
    start = _untrained(width, seeds)
    before = linear_layers(start, task.features, task.labels, squared_error)["read-out"]
    return _with_noise("mean-field optimum", readout, before, noise, n_trials, seeds)


def trained_specimen(
    weight_decay: float = 0.01,
    *,
    noise: float = 0.5,
    n_trials: int = 30,
    width: int = 100,
    n_steps: int = 2000,
    seeds: Sequence[int] = (0, 1, 2),
) -> Specimen:
    """Networks that gradient descent trained on the task of `optimum_specimen`.

    Parameters
    ----------
    weight_decay, noise, n_trials, width
        As for `optimum_specimen`.
    n_steps : int, default 2000
    seeds : sequence of int, default 0, 1, 2
        Of the networks and the noise.

    Returns
    -------
    Specimen

    Examples
    --------
    >>> from absrep.microscope.specimens import trained_specimen
    >>> trained_specimen(n_steps=10, seeds=[0, 1]).trained.shape
    (2, 240, 8)
    """
    task, network = hypercube(_N_LATENTS), _untrained(width, seeds)
    data = task.features, task.labels
    before = linear_layers(network, *data, squared_error)["read-out"]
    train(network, *data, n_steps=n_steps, weight_decay=weight_decay)
    after = linear_layers(network, *data, squared_error)["read-out"]
    return _with_noise("trained networks", after, before, noise, n_trials, seeds)


def evidence_specimen(
    *,
    n_tasks: int = 12,
    noise: float = 0.5,
    n_trials: int = 30,
    n_steps: int = 400,
    weight_decay: float = 0.0,
    seeds: Sequence[int] = (0, 1, 2),
) -> Specimen:
    """Recurrent networks that answered random questions about three latents (Part III).

    Their final states, on trials anywhere in the box; the labels are the signs of the latents,
    for which no question asks.

    Parameters
    ----------
    n_tasks : int, default 12
        Random hyperplanes.
    noise : float, default 0.5
        σ of the evidence at each of five steps, in half widths of the box.
    n_trials : int, default 30
        Of each combination of signs.
    n_steps : int, default 400
        Of training.
    weight_decay : float, default 0
    seeds : sequence of int, default 0, 1, 2

    Returns
    -------
    Specimen

    Examples
    --------
    >>> from absrep.microscope.specimens import evidence_specimen
    >>> evidence_specimen(n_steps=5, n_trials=5, seeds=[0]).trained.shape
    (1, 40, 64)
    """
    encoder = RandomEncoder((_N_LATENTS, 100, 100, 40), seed=0)
    planes = random_hyperplanes(n_tasks, _N_LATENTS, rng=0)
    task = EvidenceTask(planes, Box(np.ones(_N_LATENTS)), noise=noise, n_steps=5, encoder=encoder)
    rng = np.random.default_rng(1)
    labels = np.repeat(hypercube(_N_LATENTS).labels, as_count("n_trials", n_trials), axis=0)
    trials = task.observe(labels * rng.random(labels.shape), rng)
    before, after = (
        _final_readout(
            learn(task, vanilla_rnn, seeds=seeds, n_steps=steps, weight_decay=weight_decay), trials
        )
        for steps in (0, n_steps)
    )
    names = tuple(f"x{a + 1} > 0" for a in range(_N_LATENTS))
    return Specimen("evidence networks", names, labels, after.inputs, before.inputs, after, before)


def way_bits(puzzles: Puzzles) -> Array:
    """Where to: the target is below the origin, to its right; the first step is vertical.

    Puzzles whose target lies in the origin's row or column belong to neither side.

    Parameters
    ----------
    puzzles : Puzzles

    Returns
    -------
    array, shape (N, 3)
        −1 or +1; 0 where a bit is not defined.

    Examples
    --------
    >>> from absrep.mazes import Mazes, solve
    >>> from absrep.microscope.specimens import way_bits
    >>> way_bits(solve(Mazes(2, [[True, True, True, False]]), [1], [2]))
    array([[ 1., -1., -1.]])
    """
    size = puzzles.mazes.size
    down, right = (
        part(puzzles.target, size) - part(puzzles.origin, size)
        for part in (np.floor_divide, np.remainder)
    )
    vertical = np.where(np.abs(puzzles.path[:, 1] - puzzles.origin) == size, 1, -1)
    return np.column_stack([np.sign(down), np.sign(right), vertical]).astype(float)


def wall_bits(puzzles: Puzzles) -> Array:
    """What stands around the origin: it is open upwards, downwards, to the left.

    Puzzles that start at the edge of the lattice, where there is always a wall, have no bits.

    Parameters
    ----------
    puzzles : Puzzles

    Returns
    -------
    array, shape (N, 3)
        −1 or +1; 0 where a bit is not defined.

    Examples
    --------
    >>> from absrep.mazes import Mazes, solve
    >>> from absrep.microscope.specimens import wall_bits
    >>> wall_bits(solve(Mazes(2, [[True, True, True, False]]), [1], [2]))
    array([[0., 0., 0.]])
    """
    size, rows = puzzles.mazes.size, np.arange(len(puzzles))
    everything = Mazes(size, np.ones((1, puzzles.mazes.passages.shape[1]), bool))
    inside = everything.degrees[0][puzzles.origin] == _INTERIOR
    ways = puzzles.mazes.open[rows, puzzles.origin][:, :_N_LATENTS]
    return np.asarray(np.where(inside[:, None], np.where(ways, 1.0, -1.0), 0.0))


def maze_specimen(
    system: str,
    bits: Callable[[Puzzles], Array],
    latents: Sequence[str],
    *,
    seeds: Sequence[int] = (0, 1, 2),
    n_trials: int = 30,
    every_word: bool = False,
    rng: int = 0,
) -> Specimen:
    """Maze transformers at the first cell of the path, where they choose the first step (Part V).

    Looked at is what the read-out reads, the stream after the last block and its normalisation;
    the gradients are those of the error of this step. Percolation mazes that no training saw, as
    many of each combination of the latents.

    Parameters
    ----------
    system : str
        Name.
    bits : callable
        ``bits(puzzles)`` returns the latents (N, d), 0 where a puzzle is not to be used:
        `way_bits`, `wall_bits` or your own.
    latents : sequence of str
    seeds : sequence of int, default 0, 1, 2
        Of the networks that came with the library.
    n_trials : int, default 30
        Of each combination.
    every_word : bool, default False
        Whether the read-out has the rows of all words, or only of those that a path can hold, the
        cells and ``<end>``. The others are never right, and all that training does is to push
        them down together.
    rng : int, default 0
        Of the puzzles.

    Returns
    -------
    Specimen

    Examples
    --------
    >>> from absrep.microscope.specimens import maze_specimen, wall_bits
    >>> names = ["open up", "open down", "open left"]
    >>> maze_specimen("walls", wall_bits, names, seeds=[0], n_trials=3).trained.shape
    (1, 24, 96)
    """
    labels, ((_, after), (_, before)) = _looks_at_mazes(bits, seeds, n_trials, rng)
    if not every_word:
        words = recipe("solver").vocabulary
        said = [*range(words.n_cells), words["<end>"]]
        after, before = (
            LinearLayer(one.inputs, one.weights[:, said], one.gradients[..., said])
            for one in (after, before)
        )
    return Specimen(system, tuple(latents), labels, after.inputs, before.inputs, after, before)


def maze_blocks(
    system: str,
    bits: Callable[[Puzzles], Array],
    latents: Sequence[str],
    *,
    seeds: Sequence[int] = (0, 1, 2),
    n_trials: int = 30,
    rng: int = 0,
) -> list[Specimen]:
    """The stream of the same networks at the same place, before the first block and after each.

    Parameters
    ----------
    system, bits, latents, seeds, n_trials, rng
        As for `maze_specimen`.

    Returns
    -------
    list of Specimen
        Called "*system*, 0", "*system*, 1", …, all with the read-out of the last.

    Examples
    --------
    >>> from absrep.microscope.specimens import maze_blocks, wall_bits
    >>> names = ["open up", "open down", "open left"]
    >>> blocks = maze_blocks("walls", wall_bits, names, seeds=[0], n_trials=2)
    >>> [block.system for block in blocks][-1]
    'walls, 6'
    """
    labels, ((streams, after), (start, before)) = _looks_at_mazes(bits, seeds, n_trials, rng)
    return [
        Specimen(f"{system}, {block}", tuple(latents), labels, x, y, after, before)
        for block, (x, y) in enumerate(
            zip(streams.swapaxes(0, 1), start.swapaxes(0, 1), strict=True)
        )
    ]


def _looks_at_mazes(
    bits: Callable[[Puzzles], Array], seeds: Sequence[int], n_trials: int, rng: int
) -> tuple[Array, list[tuple[Array, LinearLayer]]]:
    """Labels; streams and read-out, of trained and of untrained networks."""
    how = recipe("solver")
    # The same seeds: the weights from which training started.
    networks = load("solver", seeds), how.network(seeds).requires_grad_(False)
    puzzles, labels = _balanced_puzzles(bits, as_count("n_trials", n_trials), rng)
    sentences = how.vocabulary.encode(puzzles, rng)
    return labels, [_choosing(network, sentences, puzzles) for network in networks]


def _balanced_puzzles(
    bits: Callable[[Puzzles], Array], n_trials: int, seed: int
) -> tuple[Puzzles, Array]:
    """As many puzzles of every combination of bits."""
    how, rng = recipe("solver"), np.random.default_rng([seed, 31])
    n = 100 * n_trials
    for _ in range(5):
        puzzles = draw_puzzles(how.kinds["percolation"], n, how.size, rng, unseen=True)
        labels = np.asarray(bits(puzzles), dtype=float)
        usable = np.flatnonzero((labels != 0).all(axis=1))
        groups = [
            usable[(labels[usable] == signs).all(axis=1)]
            for signs in hypercube(labels.shape[1]).labels
        ]
        if min(map(len, groups)) >= n_trials:
            chosen = np.concatenate([group[:n_trials] for group in groups])
            return puzzles[chosen], labels[chosen]
        n *= 2
    raise ValueError("bits must not leave a combination of latents so rare")


def _choosing(
    network: LanguageModel, sentences: Sentences, puzzles: Puzzles
) -> tuple[Array, LinearLayer]:
    """The stream (R, L + 1, n, width) at the first cell of the path; the read-out at work on it."""
    streams = streams_at(network, sentences, places=(1,))[:, :, :, 0]
    read, weights, gradients = [], [], []
    for one, stream in zip(network.replicas, streams[:, -1], strict=True):
        normed = one.norm(torch.from_numpy(stream).float())  # type: ignore[operator]
        logits = one.unembed(normed)  # type: ignore[operator]
        answers = torch.nn.functional.one_hot(
            torch.from_numpy(puzzles.path[:, 1]), logits.shape[-1]
        )
        gradients.append((logits.softmax(-1) - answers).double().numpy())
        read.append(normed.double().numpy())
        weights.append(one.unembed.weight.double().numpy())  # type: ignore[union-attr, operator]
    return streams, LinearLayer(np.stack(read), np.stack(weights), np.stack(gradients))


def _final_readout(learned: Learned, trials: Trials) -> LinearLayer:
    """The read-out of the last state; gradients of its cross-entropy."""
    network = learned.network
    states, logits = learned.final_states(trials), learned.logits(trials)[:, :, -1]
    wrong = 1 / (1 + np.exp(-logits)) - (trials.labels > 0)
    parts = [
        np.stack([getattr(one, name).detach().double().numpy() for one in network.readouts])
        for name in ("weight", "bias")
    ]
    return LinearLayer(states, parts[0], wrong, parts[1])


def _untrained(width: int, seeds: Sequence[int]) -> FeedForward:
    return FeedForward(2**_N_LATENTS, [width], _N_LATENTS, seeds=seeds)


def _with_noise(
    system: str,
    trained: LinearLayer,
    untrained: LinearLayer,
    noise: float,
    n_trials: int,
    seeds: Sequence[int],
) -> Specimen:
    """Noise-free layers, one row per stimulus, as trials."""
    sigma = as_number("noise", noise, at_least=0)
    labels = hypercube(_N_LATENTS).labels

    def recorded(layer: LinearLayer) -> Array:
        copies = []
        for features, seed in zip(layer.inputs, seeds, strict=True):
            # Any orthonormal axes of the space that the patterns span.
            patterns = gram_factor(gram(features - features.mean(axis=0)))
            size = np.sqrt(np.square(patterns).sum(axis=1).mean())
            copies.append(noisy_trials(patterns, labels, n_trials, sigma * size, rng=seed)[0])
        return np.stack(copies)

    names = tuple(f"y{a + 1}" for a in range(_N_LATENTS))
    repeated = np.repeat(labels, n_trials, axis=0)
    return Specimen(
        system, names, repeated, recorded(trained), recorded(untrained), trained, untrained
    )


def _parts(layer: LinearLayer) -> tuple[Array, Array, Array, Array]:
    offset: ArrayLike = np.broadcast_to(layer.offset, (layer.weights.shape[-2],))
    return layer.inputs, layer.weights, layer.gradients, np.asarray(offset)
