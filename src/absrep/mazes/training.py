"""The trained networks of this part, and the command that makes them.

``python -m absrep.mazes.training NAME --seed S`` trains one network by `recipe(NAME)`, with a
progress bar, and leaves its weights (``NAME-S.safetensors``, in half precision), its log
(``NAME-S.csv``), the shares of unseen puzzles that it solves (``NAME-S-rates.csv``) and, with
``--checkpoints FOLDER``, its state at every recorded step. The weights of "long" are not shipped.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from time import perf_counter
from types import MappingProxyType
from typing import cast

import numpy as np
import pandas as pd
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from .._validation import as_count
from ..nets import LanguageModel, Training, next_token_error, train_on_stream
from ._generation import depth_first, held_out, percolation
from ._language import Vocabulary
from ._lattice import Integers, Mazes
from ._puzzles import Puzzles, pose
from ._solving import solve_rates, targets

__all__ = ["Recipe", "draw_puzzles", "fit", "load", "load_file", "rates", "recipe", "save"]

_WEIGHTS = Path(__file__).parent / "weights"
Draw = Callable[[int, int, np.random.Generator], Mazes]


@dataclass(frozen=True)
class Recipe:
    """A network and how it is trained.

    Parameters
    ----------
    kinds : mapping of str to callable
        Kinds of maze, in equal parts: ``draw(n_mazes, size, rng)`` returns Mazes.
    size : int
        Cells on a side.
    width, n_heads, n_blocks : int
        Of the `LanguageModel`.
    n_steps, batch_size : int
    learning_rate : float
        At its highest: it rises over the first 200 steps and falls to 0 over the last 30 %.
    n_records : int
        Checkpoints, evenly spaced, beside the untrained network.
    start : callable, optional
        ``start(network)`` changes the untrained network in place; see `absrep.mazes.starts`.

    Examples
    --------
    >>> recipe("tiny").network(seeds=[0]).n_parameters < 30_000
    True
    """

    kinds: Mapping[str, Draw]
    size: int
    width: int
    n_heads: int
    n_blocks: int
    n_steps: int
    batch_size: int = 32
    learning_rate: float = 2e-3
    n_records: int = 50
    start: Callable[[LanguageModel], object] | None = None

    @property
    def vocabulary(self) -> Vocabulary:
        """The language of its mazes."""
        return Vocabulary(self.size)

    def network(
        self, seeds: Iterable[int], multiply_in: torch.dtype | None = None
    ) -> LanguageModel:
        """Untrained replicas."""
        words = self.vocabulary
        shape = (len(words), words.longest, self.width, self.n_heads, self.n_blocks)
        network = LanguageModel(*shape, seeds=list(seeds), multiply_in=multiply_in)
        if self.start is not None:
            with torch.no_grad():
                self.start(network)
        return network

    def rate(self, progress: float) -> float:
        """Factor on the learning rate."""
        return min(1.0, (progress * self.n_steps + 1) / 200, (1 - progress) / 0.3)


_SOLVER = Recipe(
    {"depth first": depth_first, "percolation": partial(percolation, openness=0.55)},
    size=4,
    width=96,
    n_heads=4,
    n_blocks=6,
    n_steps=12_000,
)
_RECIPES: Mapping[str, Recipe] = MappingProxyType(
    {
        "solver": _SOLVER,
        "long": replace(_SOLVER, n_steps=20_000),
        "tiny": Recipe(
            {"percolation": partial(percolation, openness=0.6)},
            size=3,
            width=32,
            n_heads=2,
            n_blocks=2,
            n_steps=400,
            learning_rate=5e-3,
            n_records=3,
        ),
    }
)


def recipe(name: str) -> Recipe:
    """A recipe by its name.

    "solver" made the networks of the book, "long" is the same with more steps, and "tiny"
    takes seconds.

    Parameters
    ----------
    name : str

    Returns
    -------
    Recipe

    Raises
    ------
    ValueError
        If there is none of that name.

    Examples
    --------
    >>> recipe("solver").size
    4
    """
    if name not in _RECIPES:
        raise ValueError(f"name must be one of {sorted(_RECIPES)}, found {name!r}")
    return _RECIPES[name]


def draw_puzzles(
    kind: Draw, n_puzzles: int, size: int, rng: np.random.Generator, *, unseen: bool
) -> Puzzles:
    """Puzzles on mazes of one kind, all from the side of the fence that `held_out` puts them on.

    Parameters
    ----------
    kind : callable
        ``kind(n_mazes, size, rng)`` returns Mazes.
    n_puzzles : int
    size : int
    rng : Generator
    unseen : bool
        On mazes that no training sees, or on the others.

    Returns
    -------
    Puzzles

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> puzzles = draw_puzzles(depth_first, 50, 4, rng, unseen=True)
    >>> len(puzzles), bool(held_out(puzzles.mazes).all())
    (50, True)
    """
    wanted = as_count("n_puzzles", n_puzzles)
    found: list[np.ndarray[tuple[int, ...], np.dtype[np.bool_]]] = []
    while sum(map(len, found)) < wanted:
        mazes = kind(wanted, size, rng)
        found.append(mazes.passages[held_out(mazes) == unseen])
    return pose(Mazes(size, np.concatenate(found)[:wanted]), rng)


def _stream(recipe: Recipe, seed: int) -> Callable[[], tuple[Integers, Integers]]:
    """Batches that never repeat, of mazes that are not held out."""
    rng, words = np.random.default_rng(seed), recipe.vocabulary
    each = -(-64 * recipe.batch_size // len(recipe.kinds))

    def batches() -> Iterator[tuple[Integers, Integers]]:
        while True:
            drawn = [
                draw_puzzles(kind, each, recipe.size, rng, unseen=False).mazes.passages
                for kind in recipe.kinds.values()
            ]
            mazes = Mazes(recipe.size, rng.permutation(np.concatenate(drawn)))
            puzzles = pose(mazes, rng)
            for first in range(0, 64 * recipe.batch_size, recipe.batch_size):
                some = puzzles[first : first + recipe.batch_size]
                yield targets(words, words.encode(some, rng))

    return batches().__next__


def fit(
    recipe: Recipe,
    seed: int,
    *,
    multiply_in: torch.dtype | None = None,
    watch: Callable[[Training], object] | None = None,
    progress: bool = False,
) -> Training:
    """Train one network by a recipe.

    Parameters
    ----------
    recipe : Recipe
    seed : int
        Of the network and of its mazes.
    multiply_in : torch.dtype, optional
        See `LanguageModel`.
    watch : callable, optional
        See `absrep.nets.train`.
    progress : bool

    Returns
    -------
    Training
        Its error is the mean over the path tokens of 500 unseen puzzles of each kind, in nats.

    Examples
    --------
    >>> run = fit(recipe("tiny"), seed=0)
    >>> bool(run.error[-1, 0] < 0.5 * run.error[0, 0])
    True
    """
    words, rng = recipe.vocabulary, np.random.default_rng([seed, 1])
    held = [draw_puzzles(k, 500, recipe.size, rng, unseen=True) for k in recipe.kinds.values()]
    both = pose(Mazes(recipe.size, np.concatenate([part.mazes.passages for part in held])), rng)
    spacing = np.linspace(0, recipe.n_steps, recipe.n_records + 1).round().astype(int)
    return train_on_stream(
        recipe.network([seed], multiply_in),
        _stream(recipe, seed),
        targets(words, words.encode(both, rng)),
        n_steps=recipe.n_steps,
        error=next_token_error,
        optimizer=partial(torch.optim.Adam, betas=(0.9, 0.98)),
        learning_rate=recipe.learning_rate,
        schedule=recipe.rate,
        record_at=spacing.tolist(),
        watch=watch,
        progress=progress,
    )


def save(network: LanguageModel, file: Path, note: Mapping[str, str]) -> None:
    """Write the weights of one replica in half precision, with a note of how they were made.

    Parameters
    ----------
    network : LanguageModel
        Of one replica.
    file : Path
    note : mapping of str to str

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(recipe("tiny").network([3]), Path(folder) / "a.safetensors", {"seed": "3"})
    ...     again = load_file(recipe("tiny"), Path(folder) / "a.safetensors")
    >>> again.n_replicas
    1
    """
    halves = {name: p.detach().half().contiguous() for name, p in network.state_dict().items()}
    save_file(halves, file, metadata=dict(note))


def load_file(recipe: Recipe, *files: Path) -> LanguageModel:
    """Networks of one recipe from their files, as replicas.

    Parameters
    ----------
    recipe : Recipe
    *files : Path

    Returns
    -------
    LanguageModel
        In single precision; its parameters ask for no gradient.

    Examples
    --------
    >>> load_file(recipe("tiny"), _WEIGHTS / "tiny-0.safetensors").n_replicas
    1
    """
    network = recipe.network(range(len(files)))
    for replica, file in zip(network.replicas, files, strict=True):
        with safe_open(file, framework="pt") as stored:
            names = {name.removeprefix("replicas.0."): name for name in stored.keys()}
            replica.load_state_dict({k: stored.get_tensor(n).float() for k, n in names.items()})
    return network.requires_grad_(False)


def load(name: str, seeds: Iterable[int] = (0, 1, 2)) -> LanguageModel:
    """Networks that came with the library, as replicas.

    Parameters
    ----------
    name : str
        Of a `recipe`.
    seeds : iterable of int, default 0, 1, 2

    Returns
    -------
    LanguageModel

    Raises
    ------
    ValueError
        If there is no such network.

    Examples
    --------
    >>> load("solver", seeds=[0]).n_blocks
    6
    """
    files = [_WEIGHTS / f"{name}-{seed}.safetensors" for seed in seeds]
    if missing := [file.name for file in files if not file.exists()]:
        there = sorted(file.stem for file in _WEIGHTS.glob("*.safetensors"))
        raise ValueError(f"name and seeds must be among {there}, found {missing[0]}")
    return load_file(recipe(name), *files)


def rates(recipe: Recipe, network: LanguageModel, n_puzzles: int = 1000) -> pd.DataFrame:
    """Shares of unseen puzzles of each kind of its training that a network solves.

    Parameters
    ----------
    recipe : Recipe
    network : LanguageModel
        Replicas.
    n_puzzles : int, default 1000
        Of each kind.

    Returns
    -------
    DataFrame
        A row for each kind and replica, with columns kind, replica, puzzles, exact, valid and
        reached; see `Answers`.

    Examples
    --------
    >>> rates(recipe("tiny"), load("tiny", seeds=[0]), n_puzzles=50)["kind"].tolist()
    ['percolation']
    """
    words, rows = recipe.vocabulary, []
    for kind, draw in recipe.kinds.items():
        rng = np.random.default_rng([n_puzzles, 2])
        puzzles = draw_puzzles(draw, n_puzzles, recipe.size, rng, unseen=True)
        for replica, answers in enumerate(solve_rates(network, words, puzzles, seed=rng)):
            judged = {name: getattr(answers, name).mean() for name in ("exact", "valid", "reached")}
            rows.append({"kind": kind, "replica": replica, "puzzles": n_puzzles} | judged)
    return pd.DataFrame(rows)


def main(arguments: Iterable[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="absrep.mazes.training", description=__doc__)
    parser.add_argument("name", choices=sorted(_RECIPES))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path, default=_WEIGHTS, help="where weights and log go")
    parser.add_argument("--checkpoints", type=Path, help="where states along training go")
    parser.add_argument(
        "--full-precision", action="store_true", help="float32 products instead of bfloat16"
    )
    options = parser.parse_args(None if arguments is None else list(arguments))
    stem, started = f"{options.name}-{options.seed}", perf_counter()
    note = {
        "command": f"python -m absrep.mazes.training {options.name} --seed {options.seed}"
        + " --full-precision" * options.full_precision,
        "torch": torch.__version__,
    }
    options.folder.mkdir(parents=True, exist_ok=True)
    seconds: list[float] = []

    def keep(run: Training) -> None:
        seconds.append(perf_counter() - started)
        step = int(run.steps[-1])
        rows = {"step": run.steps, "error": run.error[:, 0], "seconds": np.round(seconds, 1)}
        pd.DataFrame(rows).to_csv(options.folder / f"{stem}.csv", index=False)
        if options.checkpoints is not None:
            options.checkpoints.mkdir(parents=True, exist_ok=True)
            file = options.checkpoints / f"{stem}-{step:06d}.safetensors"
            save(cast(LanguageModel, run.network), file, note | {"step": str(step)})

    precision = None if options.full_precision else torch.bfloat16
    run = fit(recipe(options.name), options.seed, multiply_in=precision, watch=keep, progress=True)
    file = options.folder / f"{stem}.safetensors"
    save(cast(LanguageModel, run.network), file, note)
    how = recipe(options.name)
    rates(how, load_file(how, file)).to_csv(options.folder / f"{stem}-rates.csv", index=False)


if __name__ == "__main__":
    main()
