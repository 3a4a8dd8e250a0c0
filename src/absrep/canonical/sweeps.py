"""Sweeps that take too long for a page: many networks, kept as a small table.

``python -m absrep.canonical.sweeps NAME`` trains what is missing in the table NAME; it can be
stopped at any time and goes on where it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from .._tables import Row, fill_from_command_line, fill_table
from .._validation import Array
from ..nets import FeedForward, Replicated, cross_entropy
from ..tasks import digits
from ._alignment import Alignments, alignments, linear_layers
from ._architectures import ARCHITECTURES
from ._learning import descend
from ._similarity import entry_correlation, fidelity, matrix_cosine, traceless_cosine

__all__ = ["Cell", "read_table", "run_cell", "run_sweep", "sweep"]

_TABLES = Path(__file__).parent / "tables"


@dataclass(frozen=True)
class Cell:
    """One batch of replicas to train: some rows of a table.

    Parameters
    ----------
    keys : mapping of str to int, float or str
        Columns that name the rows, beside seed, step and layer.
    network : callable
        ``network(seeds)`` returns the replicas.
    data : callable
        ``data()`` returns inputs and targets.
    n_steps, learning_rate, weight_decay, batch_size, error
        As for `descend`.
    record_at : sequence of int
        Steps beside the first and the last.
    probes : callable, optional
        ``probes(inputs, targets, error)`` returns further probes for `descend`, each with one
        number per replica (R,), or per replica and layer (R, L).
    similarities : mapping of str to callable, optional
        More similarities of matrices, in columns "name forward_rg" …
    plain : bool, default False
        Also the cosines of plain second moments.
    seeds : sequence of int, default 0 to 9

    Examples
    --------
    >>> cell = sweep("map")[0]
    >>> sorted(cell.keys)
    ['batch', 'decay']
    """

    keys: Mapping[str, int | float | str]
    network: Callable[[Sequence[int]], Replicated]
    data: Callable[[], tuple[Array, Array]]
    n_steps: int
    learning_rate: float
    weight_decay: float
    batch_size: int | None = None
    error: Callable[[Tensor, Tensor], Tensor] = cross_entropy
    record_at: Sequence[int] = ()
    probes: Callable[..., Mapping[str, Callable[[Any], Tensor]]] | None = None
    similarities: Mapping[str, Callable[[Array, Array], Array]] = field(default_factory=dict)
    plain: bool = False
    seeds: Sequence[int] = field(default=range(10))


def run_cell(cell: Cell) -> list[Row]:
    """Train and measure the replicas of a cell.

    Parameters
    ----------
    cell : Cell

    Returns
    -------
    list of dict
        One row per seed, recorded step and layer: keys, seed, step, layer, error per stimulus,
        the six alignments as cosines, the same as traceless cosines ("traceless forward_rg" …),
        as the cell's own similarities say and, where it asks for them, as cosines of plain moments
        ("plain forward_rg" …); and what its own probes found.

    Examples
    --------
    >>> from dataclasses import replace
    >>> rows = run_cell(replace(sweep("map")[0], n_steps=5, seeds=[0]))
    >>> rows[0]["step"], rows[0]["layer"], rows[-1]["step"], rows[-1]["layer"]
    (0, 'hidden 1', 5, 'read-out')
    """
    network = cell.network(cell.seeds)
    inputs, targets = cell.data()
    about = inputs, targets, cell.error
    names = list(linear_layers(network, *about))
    own = {} if cell.probes is None else cell.probes(*about)
    measures = {"": matrix_cosine, "traceless": traceless_cosine, **cell.similarities}

    def all_at_once(a: Array, b: Array) -> Array:
        return np.stack([measure(a, b) for measure in measures.values()])

    kinds = [*measures, *(["plain"] if cell.plain else [])]

    def probe(network: Replicated) -> Tensor:
        # One look at the network is dear, and serves all similarities.
        layers = linear_layers(network, *about).values()
        found = [alignments(layer, similarity=all_at_once).stacked() for layer in layers]
        if cell.plain:
            plain = [alignments(layer, centred=False).stacked() for layer in layers]
            found = [np.stack([*a, b]) for a, b in zip(found, plain, strict=True)]
        # From layers, similarities, replicas, relations.
        return torch.from_numpy(np.stack(found).transpose(2, 0, 1, 3))

    run = descend(
        network,
        inputs,
        targets,
        n_steps=cell.n_steps,
        learning_rate=cell.learning_rate,
        weight_decay=cell.weight_decay,
        batch_size=cell.batch_size,
        error=cell.error,
        record_at=cell.record_at,
        probes={"six": _where_defined(probe, len(kinds)), **own},
    )
    columns = {"error": run.error / inputs.shape[-2]}
    for i, kind in enumerate(kinds):
        for k, relation in enumerate(Alignments.relations()):
            columns[f"{kind} {relation}".lstrip()] = run.recorded["six"][..., i, k]
    columns |= {name: run.recorded[name] for name in own}
    shape = (len(run.steps), len(cell.seeds), len(names))
    whole = {
        name: np.broadcast_to(value if value.ndim == 3 else value[..., None], shape)
        for name, value in columns.items()
    }
    # Four digits: more would say nothing, and differ from machine to machine.
    return [
        {
            **cell.keys,
            "seed": seed,
            "step": int(step),
            "layer": layer,
            **{name: float(f"{value[t, r, k]:.4g}") for name, value in whole.items()},
        }
        for t, step in enumerate(run.steps)
        for r, seed in enumerate(cell.seeds)
        for k, layer in enumerate(names)
    ]


def _where_defined(
    probe: Callable[[Replicated], Tensor], n_similarities: int
) -> Callable[[Replicated], Tensor]:
    """NaN once the networks have collapsed: nothing is left that could align."""

    def careful(network: Replicated) -> Tensor:
        try:
            return probe(network)
        except ValueError:
            return torch.full((network.n_replicas, 1, n_similarities, 6), torch.nan)

    return careful


def run_sweep(cells: Sequence[Cell], table: Path, n_jobs: int = 1) -> pd.DataFrame:
    """Train what a table lacks, keeping every finished batch of cells at once.

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
    return fill_table(cells, _columns, run_cell, table, n_jobs)


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
    >>> sorted(read_table("map").seed.unique().tolist())
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
    """
    return pd.read_csv(_TABLES / _file(_known(name)))


def sweep(name: str) -> list[Cell]:
    """All cells of one of the book's sweeps.

    Parameters
    ----------
    name : str
        "map" (batch size and weight decay) or "architectures" (six fully connected networks, a
        convolutional one, a transformer and a contrastive one, over training, with weight decay
        and without).

    Returns
    -------
    list of Cell

    Examples
    --------
    >>> len(sweep("map")) >= 25
    True
    """
    return _SWEEPS[_known(name)]()


def _known(name: str) -> str:
    if name not in _SWEEPS:
        raise ValueError(f"name must be one of {sorted(_SWEEPS)}, found {name!r}")
    return name


def _file(name: str) -> str:
    # Per layer and step, a table is large enough to be worth packing.
    return f"{name}.csv.gz" if name == "architectures" else f"{name}.csv"


def _columns(cell: Cell) -> Row:
    return dict(cell.keys)


def _digits() -> tuple[Array, Array]:
    """Training images and the digit that each shows, one-hot."""
    split = digits(rng=0)
    assert split.train.features is not None
    return split.train.features, np.eye(10)[split.train_digits]


def _perceptron(*widths: int) -> Callable[[Sequence[int]], Replicated]:
    return lambda seeds: FeedForward(64, widths, 10, seeds, dtype=torch.float32)


def _map() -> list[Cell]:
    """Batch size and weight decay."""
    return [
        Cell(
            {"batch": batch, "decay": decay},
            _perceptron(64, 64),
            _digits,
            n_steps=20_000,
            learning_rate=0.1,
            weight_decay=decay,
            batch_size=batch,
        )
        for batch, decay in product((4, 16, 64, 256, 1198), (0.0, 3e-4, 1e-3, 3e-3, 1e-2))
    ]


def _architectures() -> list[Cell]:
    """Every architecture with and without weight decay, over training."""
    return [
        Cell(
            {"network": name, "decay": decay},
            architecture.network,
            architecture.data,
            n_steps=10_000,
            learning_rate=architecture.learning_rate,
            weight_decay=decay,
            batch_size=architecture.batch_size,
            error=architecture.error,
            record_at=(10, 30, 100, 300, 1000, 2000, 4000, 7000),
            probes=architecture.probes,
            similarities={"entry": entry_correlation, "fidelity": fidelity},
            plain=True,
        )
        for (name, architecture), decay in product(ARCHITECTURES.items(), (0.0, 3e-3))
    ]


_SWEEPS: Mapping[str, Callable[[], list[Cell]]] = MappingProxyType(
    {"map": _map, "architectures": _architectures}
)


def main(arguments: Iterable[str] | None = None) -> None:
    """Fill the tables that the command line names."""
    fill_from_command_line(
        "python -m absrep.canonical.sweeps",
        __doc__,
        _SWEEPS,
        lambda name, table, jobs: run_sweep(sweep(name), table, jobs),
        _TABLES,
        arguments,
        _file,
    )


if __name__ == "__main__":
    main()
