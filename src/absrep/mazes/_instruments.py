"""What interventions work with: solvers without heads, and with their streams moved."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor

from .._tables import Row
from .._validation import Array
from ..nets import LanguageModel
from ._ablation import mute_everywhere, mute_on_path, step_logits, step_rates
from ._directions import ForkView, step_streams, way_directions
from ._edits import Forks, patched_logits
from ._heads import path_steps
from ._language import Sentences
from ._lattice import Booleans, neighbour_table
from ._probes import fit_probe, streams_at
from ._puzzles import Puzzles
from .training import draw_puzzles, load, recipe

__all__ = ["DOSES", "Directions", "Silence"]

DOSES = (0.5, 1.0, 1.5, 2.0, 3.0, 4.0)


class Silence:
    """A solver, puzzles, and what it says of them without some heads."""

    def __init__(self, seed: int, n_puzzles: int) -> None:
        solver, rng = recipe("solver"), np.random.default_rng(seed)
        self.network, self.words = load("solver", [seed]), solver.vocabulary
        kind = solver.kinds["depth first"]
        self.puzzles = draw_puzzles(kind, n_puzzles, solver.size, rng, unseen=True)
        self.sentences = self.words.encode(self.puzzles, seed)
        self.steps = path_steps(self.puzzles, self.sentences)
        args = self.network, self.sentences, self.steps, self.words.longest
        self.ways: dict[str, Tensor] = {
            "mean on path": mute_on_path(*args, mean=True),
            "zero on path": mute_on_path(*args, mean=False),
            "mean everywhere": mute_everywhere(self.network, self.sentences),
        }
        blocks, heads = range(self.network.n_blocks), range(self.network.n_heads)
        self.everyone = [(b, h) for b in blocks for h in heads]

    def __call__(self, how: str, gone: list[tuple[int, int]]) -> Row:
        with self.network.without_heads(gone, self.ways[how]):
            logits = step_logits(self.network, self.sentences, self.steps)
        valid, right = step_rates(logits, self.puzzles, self.steps)
        return {"steps": len(self.steps), "valid": valid.mean(), "right": right.mean()}

    def _spoken(self) -> np.ndarray[Any, Any]:
        """Answers word by word, of all sentences together: each head's words go by sentence."""
        n, prompt = np.arange(len(self.puzzles)), self.sentences.prompt
        end, pad = self.words["<end>"], self.words["<pad>"]
        tokens = np.full((len(n), self.words.longest), pad)
        known = np.arange(self.sentences.tokens.shape[1]) < prompt[:, None]
        tokens[:, : known.shape[1]] = np.where(known, self.sentences.tokens, pad)
        after = prompt[:, None] + np.arange(self.words.n_cells + 1)
        for place in after.T:
            with torch.no_grad():
                logits = self.network(torch.from_numpy(tokens[:, : int(place.max())]))[0]
            ended = (tokens == end).any(1)
            tokens[n, place] = np.where(ended, pad, logits.numpy()[n, place - 1].argmax(-1))
        said: np.ndarray[Any, Any] = tokens[n[:, None], after]
        return said

    def answers(self, how: str, gone: list[tuple[int, int]], spoken: bool) -> Row:
        found: Row = {"puzzles": len(self.puzzles)}
        said = None
        if spoken:
            with self.network.without_heads(gone, self.ways[how]):
                said = self.words.judge(self.puzzles, self._spoken())
        for name in ("valid", "reached", "exact"):
            found[f"{name} answers"] = np.nan if said is None else getattr(said, name).mean()
        return found


class Directions:
    """Directions in which the stream says that a way is open, and edits along them."""

    def __init__(self, network: LanguageModel, seen: Puzzles, rng: np.random.Generator) -> None:
        self.network, self.rng = network, rng
        sentences = recipe("solver").vocabulary.encode(seen, rng)
        steps = path_steps(seen, sentences)
        streams = step_streams(network, sentences, steps)
        mazes = seen.mazes[steps.row]
        self.neighbours, self.edges = neighbour_table(seen.mazes.size)
        self.means = way_directions(streams, seen, sentences, steps)
        self._finite: Any = np.isfinite(self.means).all((0, 3))
        self.probes = np.stack([fit_probe(x, mazes).weights.T for x in streams])
        start = streams_at(network, sentences)[0, :, :, 0]
        there = seen.mazes.passages
        self.global_means = np.stack(
            [[x[o].mean(0) - x[~o].mean(0) for o in there.T] for x in start]
        )

    def _way(self, forks: Forks, closing: bool) -> np.ndarray[Any, Any]:
        beyond = forks.ahead if closing else forks.instead
        way: np.ndarray[Any, Any] = (self.neighbours[forks.cell] == beyond[:, None]).argmax(1)
        return way

    def known(self, forks: Forks, closing: bool) -> Booleans:
        """Where there is a direction for this way and for another one."""
        finite = self._finite[forks.cell]
        own = finite[np.arange(len(forks)), self._way(forks, closing)]
        both: Booleans = own & (finite.sum(1) > 1)
        return both

    def edited(
        self, forks: Forks, sentences: Sentences, closing: bool
    ) -> Iterator[tuple[int, str, float, Array]]:
        """Blocks, direction, dose and logits at the fork, for all of them."""
        n, way = np.arange(len(forks)), self._way(forks, closing)
        view = ForkView(self.network, sentences, forks)
        finite = self._finite[forks.cell]
        finite[n, way] = False
        another = (self.rng.random(finite.shape) * finite).argmax(1)
        edge, sign = self.edges[forks.cell, way], -1 if closing else 1
        for blocks in range(1, self.network.n_blocks):
            means = self.means[blocks, forks.cell, way]
            length = np.linalg.norm(means, axis=1, keepdims=True)
            kinds = {
                "means": means,
                "probe": self.probes[blocks, edge],
                "another way": self.means[blocks, forks.cell, another],
                "random": self.rng.standard_normal(means.shape),
            }
            for name, direction in kinds.items():
                step = sign * length * direction / np.linalg.norm(direction, axis=1, keepdims=True)
                for dose in DOSES:
                    moved = view.streams[blocks] + torch.from_numpy(dose * step)
                    yield blocks, name, dose, view.logits(blocks, moved)
        # At <path> once, at the dose that does most: this costs a whole reading each.
        with torch.no_grad():
            own = self.network.streams(torch.from_numpy(sentences.tokens))[0]
        start = np.arange(sentences.tokens.shape[1]) == sentences.prompt[:, None] - 1
        for blocks in range(1, self.network.n_blocks):
            step = sign * DOSES[-1] * self.global_means[blocks, edge]
            moved = own[blocks] + torch.from_numpy(step)[:, None]
            args = (self.network, sentences, forks, blocks, start, moved)
            yield blocks, "<path>", DOSES[-1], patched_logits(*args)
