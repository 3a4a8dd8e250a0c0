"""Sweeps that take too long for a page: many networks, kept as a small table.

``python -m absrep.canonical.sweeps NAME`` trains what is missing in the table NAME; it can be
stopped at any time and goes on where it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations_with_replacement, product
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from .._tables import Row, fill_from_command_line, fill_table
from .._validation import Array
from ..nets import LinearLayer, Replicated, cross_entropy
from ._alignment import Alignments, alignments, linear_layers, moments
from ._architectures import ARCHITECTURES, Architecture
from ._exponents import log_products
from ._learning import descend
from ._power_law import diagonality
from ._similarity import entry_correlation, fidelity, matrix_cosine, traceless_cosine

__all__ = ["Cell", "products_of", "read_table", "run_cell", "run_sweep", "sweep"]

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
        probes={"six": _where_defined(probe, len(names), len(kinds)), **own},
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
    probe: Callable[[Replicated], Tensor], n_layers: int, n_similarities: int
) -> Callable[[Replicated], Tensor]:
    """NaN once the networks have collapsed: nothing is left that could align."""

    def careful(network: Replicated) -> Tensor:
        try:
            return probe(network)
        except ValueError:
            shape = network.n_replicas, n_layers, n_similarities, 6
            return torch.full(shape, torch.nan)

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


def products_of(rows: pd.DataFrame) -> Array:
    """What `absrep.canonical.log_products` found when the networks of some rows were trained.

    Parameters
    ----------
    rows : pandas.DataFrame
        Of the tables "map", "noisy" or "rates"; usually one layer of one cell, a row per seed.

    Returns
    -------
    array, shape (R, 3, 3)
        For `absrep.canonical.exponents`.

    Raises
    ------
    ValueError
        If the rows hold no such products, or there was nothing to measure: a network that has
        collapsed.

    Examples
    --------
    >>> rows = read_table("map").query("batch == 16 and decay == 0.03 and step > 0")
    >>> products_of(rows[rows.layer == "hidden 2"]).shape
    (10, 3, 3)
    """
    names = [["".join(sorted((i, k), key="rgz".index)) for k in "rgz"] for i in "rgz"]
    if not {name for line in names for name in line} <= set(rows.columns):
        raise ValueError("rows must hold the products of logarithms, found none")
    products = np.array([[rows[name].to_numpy(float) for name in line] for line in names])
    if not len(rows) or not np.isfinite(products).all():
        raise ValueError("rows must be of networks that have not collapsed")
    return np.moveaxis(products, -1, 0)


def sweep(name: str) -> list[Cell]:
    """All cells of one of the book's sweeps.

    Parameters
    ----------
    name : str
        "map" (batch size and weight decay), "noisy" (the same with half of the labels random),
        "rates" (learning rate and batch size, labels as in "noisy") or "architectures" (six fully
        connected networks, a convolutional one, a transformer and a contrastive one, over
        training, with weight decay and without).

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


def _perceptron() -> Architecture:
    """What the sweeps of noise and decay train."""
    return ARCHITECTURES["MLP 64×2"]


def _power_measures(
    inputs: Array, targets: Array, error: Callable[[Tensor, Tensor], Tensor]
) -> dict[str, Callable[[Any], Tensor]]:
    """What the exponents of a cell are computed from, and how much noise takes part.

    "rr" … "zz" are the entries of `log_products` (r: log H_a, g: log G_b, z: log Z), "diagonal r"
    and "diagonal g" the `diagonality` of H_a and G_b in the basis of the weights, "spread" the
    participation ratio of Z, "size" its trace, and "noise" the trace of the covariance of the
    gradient of one stimulus by W.
    """

    def per_layer(measure: Callable[[LinearLayer], Array]) -> Callable[[Any], Tensor]:
        def probe(network: Replicated) -> Tensor:
            layers = linear_layers(network, inputs, targets, error).values()
            return torch.from_numpy(np.stack([measure(layer) for layer in layers], axis=-1))

        return probe

    def entry(i: int, k: int) -> Callable[[LinearLayer], Array]:
        return lambda layer: log_products(layer)[..., i, k]

    def diagonal(matrix: str, basis: str) -> Callable[[LinearLayer], Array]:
        def measure(layer: LinearLayer) -> Array:
            found = vars(moments(layer))
            try:
                # Two digits: the table is to stay small.
                return diagonality(found[matrix], found[basis]).round(2)
            except ValueError:  # a network that has collapsed
                return np.full(len(layer.weights), np.nan)

        return measure

    def spread(layer: LinearLayer) -> Array:
        squares = np.linalg.svd(layer.weights, compute_uv=False) ** 2
        with np.errstate(invalid="ignore"):
            return np.asarray(squares.sum(-1) ** 2 / (squares**2).sum(-1))

    def size(layer: LinearLayer) -> Array:
        return np.asarray((layer.weights**2).sum((-2, -1)))

    def noise(layer: LinearLayer) -> Array:
        lengths = (layer.inputs**2).sum(-1) * (layer.gradients**2).sum(-1)
        mean = layer.gradients.mT @ layer.inputs / layer.inputs.shape[-2]
        return np.asarray(lengths.mean(-1) - (mean**2).sum((-2, -1)))

    measures = {
        "".join(pair): entry("rgz".index(pair[0]), "rgz".index(pair[1]))
        for pair in combinations_with_replacement("rgz", 2)
    }
    measures["diagonal r"] = diagonal("representation_below", "weights_below")
    measures["diagonal g"] = diagonal("gradient_above", "weights_above")
    measures |= {"spread": spread, "size": size, "noise": noise}
    return {"held out": _perceptron().accuracy} | {
        name: per_layer(m) for name, m in measures.items()
    }


def _half_random() -> tuple[Array, Array]:
    """The digits, half of the labels replaced by random ones: gradients that stay noisy."""
    images, labels = _perceptron().data()
    rng = np.random.default_rng(0)
    replaced = rng.random(len(labels)) < 0.5
    labels[replaced] = np.eye(10)[rng.integers(10, size=int(replaced.sum()))]
    return images, labels


def _noise_cell(
    keys: Mapping[str, float], data: Callable[[], tuple[Array, Array]], time: float, rate: float
) -> Cell:
    return Cell(
        keys,
        _perceptron().network,
        data,
        n_steps=round(time / rate),
        learning_rate=rate,
        weight_decay=keys["decay"],
        batch_size=int(keys["batch"]),
        probes=_power_measures,
    )


def _map() -> list[Cell]:
    """Batch size and weight decay, to ηγt ≥ 3 where that can be paid for."""
    # Full batches cost most, and small decay needs most time.
    times = {0.0: 1000, 1e-3: 3000, 3e-3: 1000, 1e-2: 600, 3e-2: 600, 1e-1: 300, 3e-1: 200}
    return [
        _noise_cell(
            {"batch": batch, "decay": decay},
            _perceptron().data,
            time if batch < 1198 else min(time, 1000),
            0.1,
        )
        for batch, (decay, time) in product((4, 16, 64, 256, 1198), times.items())
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


def _noisy() -> list[Cell]:
    """The same where noise is large: half of the labels are random."""
    times = {3e-3: 1000, 1e-2: 600, 3e-2: 600}
    return [
        _noise_cell({"batch": batch, "decay": decay}, _half_random, time, 0.1)
        for batch, (decay, time) in product((2, 4, 16, 64, 256), times.items())
    ]


def _rates() -> list[Cell]:
    """Learning rate at one batch size, and both at one ratio: is the noise η/B?"""
    pairs = ((16, 0.025), (64, 0.1), (8, 0.05), (16, 0.1), (32, 0.2), (4, 0.1), (16, 0.4))
    return [
        _noise_cell({"batch": batch, "rate": rate, "decay": 1e-2}, _half_random, 600, rate)
        for batch, rate in pairs
    ]


_SWEEPS: Mapping[str, Callable[[], list[Cell]]] = MappingProxyType(
    {"map": _map, "noisy": _noisy, "rates": _rates, "architectures": _architectures}
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
