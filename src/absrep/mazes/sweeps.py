"""How solving and wall probes came about: a table over the checkpoints of a training.

``python -m absrep.mazes.sweeps emergence --checkpoints FOLDER`` measures what is missing in the
table, for every file that ``python -m absrep.mazes.training solver --checkpoints FOLDER`` left
there; it can be stopped at any time and goes on where it was.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from .._tables import Row, fill_table
from .._validation import Array
from ..nets import LanguageModel
from ._language import Sentences, Vocabulary
from ._lattice import Booleans, Integers, Mazes, lattice_edges
from ._probes import fit_probe
from ._puzzles import Puzzles
from ._solving import go_on, targets
from .training import Draw, Recipe, draw_puzzles, load_file, recipe

__all__ = ["Cell", "cells", "courses", "read_table", "run_cell", "run_sweep"]

_TABLES = Path(__file__).parent / "tables"
# Places at which the stream is read: <path>, and the first cell of the path.
_PLACES = {"": 0, "origin ": 1}


@dataclass(frozen=True)
class Cell:
    """One checkpoint to look at: some rows of the table.

    Parameters
    ----------
    recipe : Recipe
        Of the network.
    seed, step : int
        Which training, and how far.
    file : Path
        The weights.
    n_parts, n_each : int, default 10 and 50
        Unseen puzzles of each kind, in parts of equal size: what an interval is made from.
    n_fit : int, default 1000
        Puzzles of each kind on which probes are fitted, on mazes from the side that training sees.

    Examples
    --------
    >>> Cell(recipe("tiny"), seed=0, step=400, file=Path("tiny-0-000400.safetensors")).n_parts
    10
    """

    recipe: Recipe
    seed: int
    step: int
    file: Path
    n_parts: int = 10
    n_each: int = 50
    n_fit: int = 1000


def run_cell(cell: Cell) -> list[Row]:
    """Look at one checkpoint.

    All checkpoints get the same puzzles, told in the same order.

    Parameters
    ----------
    cell : Cell

    Returns
    -------
    list of dict
        One row for each kind of maze and part of the unseen puzzles: seed, step, kind, part;

        - "error", nats per token of the path, "next", share of right next tokens after right
          beginnings (without the first, which repeats the origin), and "exact", "valid" and
          "reached" as in `Answers`, for the answers of the network left alone;
        - "seen error" and "seen exact", of puzzles on mazes that training may have seen;
        - "probe l", accuracy of the wall probe after l blocks at ``<path>``, "origin probe l" at
          the first cell of the path;
        - "joint l" and "origin joint l": of a probe that is given the degrees of all cells beside
          the stream ("degrees": those alone);
        - "near l", "near joint l", "near degrees", "origin near l", …: the same on the walls and
          passages of the cells of the right path only;
        - "way l" and "origin way l": of a linear probe of which cells are on the right path, mean
          of its accuracies on those which are and those which are not.

    Examples
    --------
    >>> import tempfile
    >>> from absrep.mazes.training import save
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "tiny-0-000000.safetensors"
    ...     save(recipe("tiny").network([0]), file, {})
    ...     rows = run_cell(Cell(recipe("tiny"), 0, 0, file, n_parts=2, n_each=20, n_fit=100))
    >>> len(rows), rows[0]["kind"], rows[0]["exact"]
    (2, 'percolation', 0.0)
    """
    network = load_file(cell.recipe, cell.file)
    network.multiply_in = torch.bfloat16
    rows: list[Row] = []
    for number, (name, kind) in enumerate(cell.recipe.kinds.items()):
        for part, measured in enumerate(_look(cell, network, kind, number)):
            # Four digits: more would say nothing, and differ from machine to machine.
            numbers = {key: float(f"{value:.4g}") for key, value in measured.items()}
            rows.append({**_columns(cell), "kind": name, "part": part, **numbers})
    return rows


def _look(
    cell: Cell, network: LanguageModel, kind: Draw, number: int
) -> Iterator[dict[str, float]]:
    """Measures of each part of the unseen puzzles of one kind."""
    rng, words = np.random.default_rng([2312, number]), cell.recipe.vocabulary
    n_test = cell.n_parts * cell.n_each
    fit, test = (
        draw_puzzles(kind, n, cell.recipe.size, rng, unseen=unseen)
        for n, unseen in ((cell.n_fit, False), (n_test, True))
    )
    seen = _read(network, words, words.encode(fit, rng))
    sentences = words.encode(test, rng)
    unseen = _read(network, words, sentences)
    # A greedy answer is exact just if every token is right after a right beginning.
    exact = np.asarray(unseen.right.all(axis=1))
    said = np.full((n_test, words.n_cells + 1), words["<pad>"])
    right_ones = words.path_tokens(test)
    said[:, : right_ones.shape[1]] = right_ones
    lost = np.flatnonzero(~exact)
    if len(lost):
        alone = Sentences(sentences.tokens[lost], sentences.prompt[lost])
        said[lost] = go_on(network, words, alone)[0]
    answers = words.judge(test, said)
    later = test.lengths + 1  # tokens after the first
    steps = (unseen.right[:, 1:].sum(axis=1) - (unseen.right.shape[1] - 1 - later)) / later
    per_puzzle = {
        "error": unseen.error,
        "next": steps,
        **{name: getattr(answers, name).astype(float) for name in ("exact", "valid", "reached")},
        "seen error": seen.error[:n_test],
        "seen exact": np.asarray(seen.right[:n_test].all(axis=1), float),
        **_probed(fit, test, seen.streams, unseen.streams),
    }
    for part in range(cell.n_parts):
        some = slice(part * cell.n_each, (part + 1) * cell.n_each)
        yield {name: float(np.nanmean(value[some])) for name, value in per_puzzle.items()}


@dataclass(frozen=True, eq=False)
class _Reading:
    """What a network makes of sentences when it is given the right path word by word.

    streams (L + 1, N, K, width), error (N,) in nats per token, right (N, T): next tokens of the
    path, True where none is asked.
    """

    streams: Array
    error: Array
    right: Booleans


def _read(
    network: LanguageModel, words: Vocabulary, sentences: Sentences, n_batch: int = 50
) -> _Reading:
    tokens, asked = targets(words, sentences)
    places = sentences.prompt[:, None] - 1 + np.array(list(_PLACES.values()))
    (one,) = network.replicas
    parts = []
    for first in range(0, len(tokens), n_batch):
        some = slice(first, first + n_batch)
        with torch.no_grad():
            streams = network.streams(torch.from_numpy(tokens[some]))[0].float()
            logits = one.unembed(one.norm(streams[-1]))  # type: ignore[operator]
        wanted = torch.from_numpy(asked[some])
        error = torch.nn.functional.cross_entropy(
            logits.movedim(-1, 1), wanted, ignore_index=-1, reduction="none"
        )
        count = (wanted >= 0).sum(1)
        right = (logits.argmax(-1) == wanted) | (wanted < 0)
        rows = np.arange(len(wanted))[:, None]
        kept = streams.numpy()[:, rows, places[some]].astype(np.float64)
        parts.append((kept, (error.sum(1) / count).double().numpy(), right.numpy()))
    streams_of, errors, rights = zip(*parts, strict=True)
    # Only the last columns are of paths: as many as the longest has.
    right_of = _of_paths(np.concatenate(rights), sentences.prompt, words.n_cells + 1)
    return _Reading(np.concatenate(streams_of, axis=1), np.concatenate(errors), right_of)


def _of_paths(right: Booleans, prompt: Integers, longest: int) -> Booleans:
    """Columns from ``<path>`` on, (N, longest)."""
    padded = np.pad(right, ((0, 0), (0, longest)), constant_values=True)
    return np.take_along_axis(padded, prompt[:, None] - 1 + np.arange(longest), axis=1)


def _probed(fit: Puzzles, test: Puzzles, seen: Array, unseen: Array) -> dict[str, Array]:
    """Accuracies of all probes, each (N,)."""
    near = _near(test)
    known, asked = fit.mazes.degrees.astype(float), test.mazes.degrees.astype(float)
    by_degrees = _right(known, fit.mazes, asked, test.mazes)
    found = {"degrees": by_degrees.mean(axis=1), "near degrees": _mean_where(by_degrees, near)}
    on, on_asked = _on_way(fit), _on_way(test)
    for (place, at), layer in (
        (pair, layer)
        for pair in zip(_PLACES, range(len(_PLACES)), strict=True)
        for layer in range(len(seen))
    ):
        x, z = seen[layer, :, at], unseen[layer, :, at]
        right = _right(x, fit.mazes, z, test.mazes)
        found[f"{place}probe {layer}"] = right.mean(axis=1)
        found[f"{place}near {layer}"] = _mean_where(right, near)
        both = np.hstack([x, known]), np.hstack([z, asked])
        joint = _right(both[0], fit.mazes, both[1], test.mazes)
        found[f"{place}joint {layer}"] = joint.mean(axis=1)
        found[f"{place}near joint {layer}"] = _mean_where(joint, near)
        said = _scores(x, on, z) > 0
        sides = [_mean_where(said == on_asked, side) for side in (on_asked, ~on_asked)]
        found[f"{place}way {layer}"] = np.mean(sides, axis=0)
    return found


def _right(x: Array, mazes: Mazes, z: Array, unseen: Mazes) -> Booleans:
    found: Booleans = (fit_probe(x, mazes).scores(z) > 0) == unseen.passages
    return found


def _scores(x: Array, labels: Booleans, z: Array) -> Array:
    """Ridge regression as in `fit_probe`, of balanced labels."""
    mean, spread = x.mean(axis=0), x.std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    scaled = (x - mean) / spread
    share = labels.mean(axis=0)
    wanted = labels - share
    weights = np.linalg.solve(scaled.T @ scaled + np.eye(x.shape[1]), scaled.T @ wanted)
    # The middle between the means of the two sides, on the line that was fitted.
    line = scaled @ weights
    sides = [(line * side).sum(0) / np.maximum(side.sum(0), 1) for side in (labels, ~labels)]
    scores: Array = (z - mean) / spread @ weights - np.mean(sides, axis=0)
    return scores


def _near(puzzles: Puzzles) -> Booleans:
    """Pairs of cells of which one or both are on the right path, (N, E)."""
    return np.asarray(_on_way(puzzles)[:, lattice_edges(puzzles.mazes.size)].any(axis=2))


def _on_way(puzzles: Puzzles) -> Booleans:
    """Cells of the right path, (N, n²)."""
    places = puzzles.path[:, :, None] == np.arange(puzzles.mazes.size**2)
    return np.asarray(places.any(axis=1))


def _mean_where(values: Booleans, where: Booleans) -> Array:
    counted: Array = (values & where).sum(axis=1) / where.sum(axis=1)
    return counted


def cells(name: str, checkpoints: Path) -> list[Cell]:
    """All checkpoints of a recipe in a folder.

    Parameters
    ----------
    name : str
        Of a `recipe`.
    checkpoints : Path

    Returns
    -------
    list of Cell

    Raises
    ------
    ValueError
        If there is none.

    Examples
    --------
    >>> import tempfile
    >>> from absrep.mazes.training import save
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(recipe("tiny").network([3]), Path(folder) / "tiny-3-000200.safetensors", {})
    ...     [(cell.seed, cell.step) for cell in cells("tiny", Path(folder))]
    [(3, 200)]
    """
    pattern = re.compile(rf"{re.escape(name)}-(\d+)-(\d+)\.safetensors")
    files = sorted(checkpoints.glob(f"{name}-*-*.safetensors"))
    found = [(file, match) for file in files if (match := pattern.fullmatch(file.name))]
    if not found:
        raise ValueError(f"checkpoints must hold {name}-SEED-STEP.safetensors, found none")
    made = [Cell(recipe(name), int(match[1]), int(match[2]), file) for file, match in found]
    return sorted(made, key=lambda cell: (cell.seed, cell.step))


def run_sweep(wanted: Sequence[Cell], table: Path, n_jobs: int = 1) -> pd.DataFrame:
    """Look at what a table lacks, keeping every finished checkpoint.

    Parameters
    ----------
    wanted : sequence of Cell
    table : Path
        A CSV file, packed if it ends with ".gz"; made if there is none.
    n_jobs : int, default 1
        Processes; −1 for all.

    Returns
    -------
    pandas.DataFrame
        The rows of all cells, in their order.

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
    return fill_table(wanted, _columns, run_cell, table, n_jobs)


def _columns(cell: Cell) -> Row:
    return {"seed": cell.seed, "step": cell.step}


def read_table(name: str) -> pd.DataFrame:
    """A table that came with the library.

    Parameters
    ----------
    name : str
        "emergence": 21 checkpoints of each of the three solvers of the book, dense where they
        learn fastest; see `run_cell`.

    Returns
    -------
    pandas.DataFrame

    Raises
    ------
    ValueError
        If there is none of that name.

    Examples
    --------
    >>> sorted(read_table("emergence").kind.unique())
    ['depth first', 'percolation']
    """
    if name != "emergence":
        raise ValueError(f"name must be 'emergence', found {name!r}")
    return pd.read_csv(_TABLES / f"{name}.csv.gz")


def courses(table: pd.DataFrame, kind: str, measure: str) -> tuple[Integers, Array]:
    """One measure of one kind of maze over training.

    Parameters
    ----------
    table : pandas.DataFrame
        Of `read_table`.
    kind : str
    measure : str
        A column; see `run_cell`.

    Returns
    -------
    steps : int array, shape (T,)
    values : array, shape (R, P, T)
        Of every network and part of the puzzles.

    Raises
    ------
    ValueError
        If the table lacks the kind or the column.

    Examples
    --------
    >>> steps, exact = courses(read_table("emergence"), "percolation", "exact")
    >>> len(exact), bool(exact[..., -1].mean() > 0.9)
    (3, True)
    """
    if kind not in set(table.kind):
        raise ValueError(f"kind must be one of {sorted(set(table.kind))}, found {kind!r}")
    if measure not in table.columns:
        raise ValueError(f"measure must be a column of the table, found {measure!r}")
    wide = table[table.kind == kind].pivot(index=["seed", "part"], columns="step", values=measure)
    n_seeds = table.seed.nunique()
    return wide.columns.to_numpy(int), wide.to_numpy(float).reshape(n_seeds, -1, wide.shape[1])


def main(arguments: Iterable[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="absrep.mazes.sweeps", description=__doc__)
    parser.add_argument("name", choices=["emergence"])
    parser.add_argument("--checkpoints", type=Path, required=True, help="where the states are")
    parser.add_argument("--recipe", default="solver", help="whose checkpoints, see training")
    parser.add_argument("--folder", type=Path, default=_TABLES, help="where the table is")
    parser.add_argument("--jobs", type=int, default=1, help="processes; -1 for all processors")
    options = parser.parse_args(None if arguments is None else list(arguments))
    options.folder.mkdir(parents=True, exist_ok=True)
    table = options.folder / f"{options.name}.csv.gz"
    run_sweep(cells(options.recipe, options.checkpoints), table, options.jobs)


if __name__ == "__main__":
    main()
