"""Tables of trained networks: what takes too long for a page is trained once and kept."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import joblib
import pandas as pd
from tqdm import tqdm

__all__ = ["Row", "fill_from_command_line", "fill_table"]

Row = dict[str, int | float | str]
Cell = TypeVar("Cell")


def fill_table(
    cells: Sequence[Cell],
    columns: Callable[[Cell], Row],
    run: Callable[[Cell], list[Row]],
    table: Path,
    n_jobs: int = 1,
) -> pd.DataFrame:
    """Compute what a table lacks, keeping every finished batch of rows at once.

    `columns(cell)` names a cell's rows, with the same columns for all cells; `run(cell)` makes
    them, at least one. Rows come in the order of the cells.
    """
    wanted = {_key(columns(cell)): cell for cell in cells}
    names = [] if not cells else list(columns(cells[0]))
    done: dict[tuple[str, ...], list[Row]] = {}
    for row in [] if not table.exists() else pd.read_csv(table).to_dict("records"):
        done.setdefault(_key({name: row[name] for name in names}), []).append(row)
    if strangers := set(done) - set(wanted):
        raise ValueError(f"table has rows that no cell asks for, such as {strangers.pop()}")
    missing = [key for key in wanted if key not in done]

    def frame() -> pd.DataFrame:
        return pd.DataFrame([row for key in wanted for row in done.get(key, [])])

    # Batches rather than one generator: not every backend of joblib returns results one by one.
    at_once = 4 * joblib.effective_n_jobs(n_jobs)
    with joblib.Parallel(n_jobs=n_jobs) as pool, tqdm(total=len(missing), unit="cell") as bar:
        for first in range(0, len(missing), at_once):
            batch = missing[first : first + at_once]
            found = pool(joblib.delayed(run)(wanted[key]) for key in batch)
            done |= dict(zip(batch, found, strict=True))
            frame().to_csv(table, index=False)
            bar.update(len(batch))
    return frame()


def _key(columns: Mapping[str, int | float | str]) -> tuple[str, ...]:
    return tuple(
        f"{value:g}" if not isinstance(value, str) else value for value in columns.values()
    )


def fill_from_command_line(
    program: str,
    description: str | None,
    names: Iterable[str],
    fill: Callable[[str, Path, int], object],
    folder: Path,
    arguments: Iterable[str] | None,
    file: Callable[[str], str] = "{}.csv".format,
) -> None:
    """``program NAME ... [--jobs N] [--folder FOLDER]`` calls `fill(name, table, jobs)`.

    `file(name)` is what the table is called; ".csv.gz" is packed.
    """
    parser = argparse.ArgumentParser(prog=program, description=description)
    parser.add_argument("names", nargs="+", choices=sorted(names), metavar="NAME")
    parser.add_argument("--jobs", type=int, default=1, help="processes; -1 for all processors")
    parser.add_argument("--folder", type=Path, default=folder, help="where the tables are")
    options = parser.parse_args(None if arguments is None else list(arguments))
    options.folder.mkdir(parents=True, exist_ok=True)
    for name in options.names:
        fill(name, options.folder / file(name), options.jobs)
