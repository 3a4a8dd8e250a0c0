"""Sweeps that take too long for a page: many networks, trained in parallel, kept as a small table.

``python -m absrep.evidence.sweeps NAME --jobs 2`` trains what is missing in the table NAME; it can
be stopped at any time and goes on where it was. Work goes through joblib: inside
``joblib.parallel_config(backend="dask")`` the same `run_sweep` uses a Dask cluster.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from .._tables import Row, fill_from_command_line, fill_table
from .._validation import Array
from ..nets import LeakyRecurrent
from ._boundaries import Boundaries, Quadrics, fan, random_hyperplanes
from ._evaluation import evaluate
from ._latents import Box
from ._learning import (
    Architecture,
    gru,
    integrator_rnn,
    leaky_rnn,
    learn,
    lstm,
    transformer,
    vanilla_rnn,
)
from ._questions import (
    Question,
    asked_always,
    asked_at_end,
    asked_for_confidence,
    asked_for_probabilities,
    until_bound,
)
from ._task import EvidenceTask, RandomEncoder

__all__ = ["Cell", "read_table", "run_cell", "run_sweep", "sweep"]

_TABLES = Path(__file__).parent / "tables"
_SEEDS = range(5)
_ARCHITECTURES = MappingProxyType(
    {
        "RNN": vanilla_rnn,
        "integrator": integrator_rnn,
        "leaky RNN": leaky_rnn,
        "LSTM": lstm,
        "GRU": gru,
        "transformer": transformer,
    }
)


@dataclass(frozen=True)
class Cell:
    """One network to train: a row of a table.

    Parameters
    ----------
    keys : mapping of str to int, float or str
        Columns that name the row, beside the seed.
    seed : int
        Of encoder, boundaries where they are random, first weights, and trials.
    task : callable
        ``task(seed)`` returns the `EvidenceTask`.
    architecture : Architecture
    question : Question, default `asked_at_end`
    n_steps : int
        Gradient steps of 128 trials.

    Examples
    --------
    >>> cell = sweep("tasks")[0]
    >>> dict(cell.keys), cell.seed
    ({'architecture': 'RNN', 'tasks': 2}, 0)
    """

    keys: Mapping[str, int | float | str]
    seed: int
    task: Callable[[int], EvidenceTask]
    architecture: Architecture = vanilla_rnn
    question: Question = asked_at_end
    n_steps: int = 1250


def run_cell(cell: Cell) -> Row:
    """Train and measure one network.

    Parameters
    ----------
    cell : Cell

    Returns
    -------
    dict
        Its keys and seed; then the fields of `Evaluation`, those with one number per orthant as
        their median over orthants, and `worst`, the lowest of `held_out`.

    Examples
    --------
    >>> from dataclasses import replace
    >>> row = run_cell(replace(sweep("tasks")[0], n_steps=20))
    >>> row["tasks"], row["seed"], bool(row["held_out"] < row["within"])
    (2, 0, True)
    """
    learned = learn(
        cell.task(cell.seed),
        cell.architecture,
        question=cell.question,
        seeds=[cell.seed],
        n_steps=cell.n_steps,
        rng=np.random.default_rng([1, cell.seed]),
    )
    found = evaluate(learned, np.random.default_rng([2, cell.seed]))
    row: Row = {**cell.keys, "seed": cell.seed}
    for name, value in vars(found).items():
        # Six digits: more would say nothing, and differ from machine to machine.
        row[name] = float("nan") if value is None else float(f"{np.median(value):.6g}")
    row["worst"] = float(f"{found.held_out.min():.6g}")
    return row


def run_sweep(cells: Sequence[Cell], table: Path, n_jobs: int = 1) -> pd.DataFrame:
    """Train what a table lacks, keeping every finished batch of rows at once.

    Parameters
    ----------
    cells : sequence of Cell
        All with the same names of keys.
    table : Path
        A CSV file; made if there is none.
    n_jobs : int, default 1
        Processes, or what joblib's backend makes of it; −1 for all.

    Returns
    -------
    pandas.DataFrame
        One row per cell, in their order.

    Raises
    ------
    ValueError
        If the table has rows that no cell asks for.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     table = run_sweep([], Path(folder) / "empty.csv")
    >>> len(table)
    0
    """
    return fill_table(cells, _columns, _rows, table, n_jobs)


def _columns(cell: Cell) -> Row:
    return {**cell.keys, "seed": cell.seed}


def _rows(cell: Cell) -> list[Row]:
    return [run_cell(cell)]


def read_table(name: str) -> pd.DataFrame:
    """The table of a sweep, as it comes with the library.

    Parameters
    ----------
    name : str
        As for `sweep`.

    Returns
    -------
    pandas.DataFrame

    Examples
    --------
    >>> sorted(read_table("tasks").tasks.unique().tolist())
    [2, 3, 6, 12, 24]
    """
    return pd.read_csv(_TABLES / f"{_known(name)}.csv")


def sweep(name: str) -> list[Cell]:
    """All networks of one of the book's sweeps.

    Parameters
    ----------
    name : str
        "tasks" (number of tasks, for six architectures), "dimensions" (of the latents, and number
        of tasks), "conditions" (noise, number of tasks, time), "robustness" (other boundaries,
        questions, latents and noises), "controls" (networks that were not trained, and an
        encoder whose outputs no linear read-out can undo) or "widths" (a recurrent network with
        as few states as the transformer).

    Returns
    -------
    list of Cell

    Examples
    --------
    >>> sorted({cell.keys["latents"] for cell in sweep("dimensions")})
    [2, 3, 4, 5, 6]
    """
    return _SWEEPS[_known(name)]()


def _known(name: str) -> str:
    if name not in _SWEEPS:
        raise ValueError(f"name must be one of {sorted(_SWEEPS)}, found {name!r}")
    return name


def _task(
    boundaries: Callable[[int], Boundaries],
    n_latents: int = 2,
    noise: float = 0.2,
    n_steps: int = 20,
    **others: Any,
) -> Callable[[int], EvidenceTask]:
    """The authors' task, from its seed; `others` replaces parts of it."""

    def make(seed: int) -> EvidenceTask:
        parts: dict[str, Any] = {
            "latents": Box(np.full(n_latents, 0.5)),
            "encoder": RandomEncoder((n_latents, 100, 100, 40), seed),
        }
        return EvidenceTask(boundaries(seed), noise=noise, n_steps=n_steps, **{**parts, **others})

    return make


def _fan(n_tasks: int, **others: Any) -> Callable[[int], EvidenceTask]:
    return _task(lambda _: fan(n_tasks), **others)


def _tasks() -> list[Cell]:
    """Number of tasks and architecture."""
    grid = [
        *product(("RNN", "transformer", "LSTM", "integrator"), (2, 3, 6, 12, 24)),
        *product(("leaky RNN", "GRU"), (2, 24)),
    ]
    return [
        Cell({"architecture": name, "tasks": k}, seed, _fan(k), _ARCHITECTURES[name])
        for (name, k), seed in product(grid, _SEEDS)
    ]


def _dimensions() -> list[Cell]:
    """Dimension of the latents and number of tasks below, at and above it."""

    def planes(n_tasks: int, n_latents: int) -> Callable[[int], EvidenceTask]:
        return _task(lambda seed: random_hyperplanes(n_tasks, n_latents, seed), n_latents)

    return [
        Cell({"latents": d, "tasks": k}, seed, planes(k, d))
        for d in (2, 3, 4, 5, 6)
        for k, seed in product((d - 1, d, 2 * d, 6 * d), _SEEDS)
    ]


def _conditions() -> list[Cell]:
    """Noise, number of tasks and time."""
    return [
        Cell(
            {"noise": noise, "tasks": k, "steps": steps},
            seed,
            _fan(k, noise=noise, n_steps=steps),
        )
        for noise, k, steps, seed in product((0.1, 0.2, 0.4), (2, 6, 24), (5, 20, 40), _SEEDS)
    ]


def _robustness() -> list[Cell]:
    """Other boundaries, questions, latents and noises; twelve tasks."""
    lines = _fan(12)
    offset = _task(lambda seed: random_hyperplanes(12, 2, seed, offset_scale=0.2))
    half = np.full(2, 0.5)
    asked: dict[str, tuple[Callable[[int], EvidenceTask], Question]] = {
        "asked always": (lines, asked_always),
        "probabilities": (lines, asked_for_probabilities),
        "confidence alone": (lines, asked_for_confidence),
        "confidence, offsets": (offset, asked_for_confidence),
        "free response time": (lines, until_bound(5.0)),
    }
    tasks: dict[str, Callable[[int], EvidenceTask]] = {
        "lines": lines,
        "lines, offsets": offset,
        "circles": _task(_circles),
        "conics": _task(_conics),
        "products": _task(_products),
        "no encoder": _fan(12, encoder=None),
        "unequal latents": _fan(12, latents=Box(np.array([0.5, 0.25]))),
        "autocorrelated noise": _fan(12, autocorrelation=0.6),
        "skewed noise": _fan(12, noise_shape=_gumbel),
    }
    for rho in (0.3, 0.6, 0.9):
        correlation = np.array([[1, rho], [rho, 1]])
        tasks[f"correlation {rho:g}"] = _fan(12, latents=Box(half, correlation))
    asked |= {name: (task, asked_at_end) for name, task in tasks.items()}
    cells = [
        Cell({"variant": name}, seed, task, question=question)
        for (name, (task, question)), seed in product(asked.items(), _SEEDS)
    ]
    longer = [Cell({"variant": "ten times longer"}, seed, lines, n_steps=12_500) for seed in _SEEDS]
    return [*cells, *longer]


def _widths() -> list[Cell]:
    """The plain recurrent network with as few states as the transformer."""
    small = Architecture(lambda n_inputs: LeakyRecurrent(n_inputs, 24), 24)
    return [
        Cell({"architecture": "RNN", "states": 24, "tasks": 24}, seed, _fan(24), small)
        for seed in _SEEDS
    ]


def _controls() -> list[Cell]:
    """Networks without training (0 tasks), and an encoder that hides the latents better.

    The outputs of the authors' encoder are many enough that a linear map of them is the evidence,
    nearly, everywhere. Three outputs of stronger weights are not.
    """
    untrained = [
        Cell(
            {"encoder": "wide", "architecture": name, "tasks": 0},
            seed,
            _fan(1),
            architecture,
            n_steps=0,
        )
        for (name, architecture), seed in product(_ARCHITECTURES.items(), _SEEDS)
    ]

    def folded(n_tasks: int) -> Callable[[int], EvidenceTask]:
        def make(seed: int) -> EvidenceTask:
            encoder = RandomEncoder((2, 100, 100, 3), seed)
            return _fan(n_tasks, encoder=lambda x: encoder(10 * x))(seed)

        return make

    return untrained + [
        Cell(
            {"encoder": "folded", "architecture": "RNN", "tasks": k},
            seed,
            folded(max(k, 1)),
            n_steps=1250 if k else 0,
        )
        for k, seed in product((0, 2, 6, 24), _SEEDS)
    ]


def _circles(seed: int) -> Quadrics:
    """Twelve circles with centres in the box and the radius that halves the trials, roughly."""
    centres = np.random.default_rng([3, seed]).uniform(-0.5, 0.5, (12, 2))
    squares = np.sum(centres**2, axis=1)
    return Quadrics(np.tile(np.eye(2), (12, 1, 1)), -2 * centres, 0.16 - squares)


def _conics(seed: int) -> Quadrics:
    """Twelve random quadratic forms through points in the box."""
    rng = np.random.default_rng([4, seed])
    forms, normals = rng.standard_normal((12, 2, 2)), 0.5 * rng.standard_normal((12, 2))
    flat = Quadrics(forms, normals, np.zeros(12))
    through = rng.uniform(-0.3, 0.3, (12, 2))
    return Quadrics(forms, normals, np.diagonal(flat.margins(through)).copy())


def _products(seed: int) -> Quadrics:
    """Twelve hyperbolas through the centre: x and −x have the same answers."""
    angles = np.arange(12) * np.pi / 12
    forms = np.array([[[np.cos(a), np.sin(a)], [np.sin(a), -np.cos(a)]] for a in angles])
    return Quadrics(forms, np.zeros((12, 2)), np.zeros(12))


def _gumbel(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Skewed noise of mean 0 and variance 1."""
    return np.asarray((rng.gumbel(size=shape) - np.euler_gamma) * np.sqrt(6) / np.pi)


_SWEEPS: Mapping[str, Callable[[], list[Cell]]] = MappingProxyType(
    {
        "tasks": _tasks,
        "dimensions": _dimensions,
        "conditions": _conditions,
        "robustness": _robustness,
        "controls": _controls,
        "widths": _widths,
    }
)


def main(arguments: Iterable[str] | None = None) -> None:
    """Fill the tables that the command line names."""
    fill_from_command_line(
        "python -m absrep.evidence.sweeps",
        __doc__,
        _SWEEPS,
        lambda name, table, jobs: run_sweep(sweep(name), table, jobs),
        _TABLES,
        arguments,
    )


if __name__ == "__main__":
    main()
