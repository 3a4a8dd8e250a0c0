"""Sweeps: rows as measured, and one cell of each table trained again."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from absrep.canonical import Alignments, alignments, descend, linear_layers
from absrep.canonical.sweeps import main, read_table, run_cell, run_sweep, sweep

NAMES = ("map", "noisy", "rates")


def short(n_cells):
    return [replace(cell, n_steps=5, seeds=(0, 1)) for cell in sweep("map")[:n_cells]]


@pytest.mark.parametrize("name", NAMES)
def test_tables_are_complete(name):
    table, cells = read_table(name), sweep(name)
    keys = list(cells[0].keys)
    expected = pd.DataFrame([dict(cell.keys) for cell in cells])
    found = table[keys].drop_duplicates().reset_index(drop=True)
    pd.testing.assert_frame_equal(found, expected, check_dtype=False)
    assert (table.groupby(keys).seed.nunique() == 10).all()
    # Proportional matrices have the cosine 1; four digits are kept. Collapsed networks have none.
    assert table[list(Alignments.relations())].stack().dropna().between(0, 1).all()


def test_rows_are_what_the_networks_show():
    cell = short(1)[0]
    table = pd.DataFrame(run_cell(cell))
    network, data = cell.network(cell.seeds), cell.data()
    descend(
        network,
        *data,
        n_steps=5,
        learning_rate=cell.learning_rate,
        weight_decay=cell.weight_decay,
        batch_size=cell.batch_size,
    )
    layers = linear_layers(network, *data, cell.error)
    for name, layer in layers.items():
        rows = table[(table.step == 5) & (table.layer == name)]
        assert rows.seed.tolist() == [0, 1]
        assert np.allclose(
            rows[list(Alignments.relations())], alignments(layer).stacked(), atol=1e-3
        )


def test_a_sweep_goes_on_where_it_was(tmp_path, monkeypatch):
    path = tmp_path / "some.csv"
    first = run_sweep(short(1), path)
    trained = []

    def counting(cell):
        trained.append(cell)
        return run_cell(cell)

    monkeypatch.setattr("absrep.canonical.sweeps.run_cell", counting)
    both = run_sweep(short(2), path)
    assert len(trained) == 1
    pd.testing.assert_frame_equal(both.iloc[: len(first)], first)
    pd.testing.assert_frame_equal(pd.read_csv(path), both)
    with pytest.raises(ValueError, match="table has rows that no cell asks for"):
        run_sweep(short(1), path)


def test_the_command_line_names_tables(capsys):
    with pytest.raises(SystemExit):
        main(["no such table"])
    assert "invalid choice" in capsys.readouterr().err
    with pytest.raises(ValueError, match="name must be one of"):
        sweep("no such table")
