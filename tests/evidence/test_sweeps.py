"""Sweeps: resumed, run on a cluster, and one network of each table trained again."""

from dataclasses import replace

import joblib
import numpy as np
import pandas as pd
import pytest
from distributed import Client, LocalCluster

from absrep.evidence.sweeps import main, read_table, run_cell, run_sweep, sweep

NAMES = ("tasks", "dimensions", "conditions", "robustness", "controls", "widths")
KEYS = {
    "tasks": {"architecture": "RNN", "tasks": 24, "seed": 0},
    "dimensions": {"latents": 3, "tasks": 6, "seed": 1},
    "conditions": {"noise": 0.4, "tasks": 6, "steps": 5, "seed": 2},
    "robustness": {"variant": "no encoder", "seed": 3},
    "controls": {"encoder": "folded", "architecture": "RNN", "tasks": 6, "seed": 0},
    "widths": {"architecture": "RNN", "states": 24, "tasks": 24, "seed": 4},
}


def short(n_cells):
    return [replace(cell, n_steps=5) for cell in sweep("tasks")[:n_cells]]


@pytest.mark.parametrize("name", NAMES)
def test_tables_are_complete(name):
    table, cells = read_table(name), sweep(name)
    expected = pd.DataFrame([{**cell.keys, "seed": cell.seed} for cell in cells])
    pd.testing.assert_frame_equal(table[expected.columns], expected, check_dtype=False)
    assert (table.groupby(list(cells[0].keys)).size() == 5).all()
    measured = table.drop(columns=expected.columns)
    assert measured[["error", "accuracy", "within", "held_out", "published"]].notna().all().all()


@pytest.mark.parametrize("name", NAMES)
def test_one_network_of_each_table_again(name):
    """Another machine rounds otherwise, and training lets that grow: hence the tolerances."""
    cell = next(c for c in sweep(name) if {**c.keys, "seed": c.seed} == KEYS[name])
    table = read_table(name)
    row = table[np.all([table[key] == value for key, value in KEYS[name].items()], axis=0)]
    assert len(row) == 1
    found = run_cell(cell)
    assert found["error"] == pytest.approx(row["error"].item(), rel=0.03)
    for measure in ("accuracy", "within"):
        assert found[measure] == pytest.approx(row[measure].item(), abs=0.01)
    assert found["observer_accuracy"] == pytest.approx(row["observer_accuracy"].item(), abs=1e-5)
    for measure in ("held_out", "published", "answers_held_out"):
        assert found[measure] == pytest.approx(row[measure].item(), abs=0.1)


def test_a_sweep_goes_on_where_it_was(tmp_path, monkeypatch):
    table = tmp_path / "some.csv"
    first = run_sweep(short(2), table)
    trained = []

    def counting(cell):
        trained.append(cell)
        return run_cell(cell)

    monkeypatch.setattr("absrep.evidence.sweeps.run_cell", counting)
    both = run_sweep(short(4), table)
    assert len(trained) == 2
    pd.testing.assert_frame_equal(both.iloc[:2], first)
    pd.testing.assert_frame_equal(pd.read_csv(table), both)
    with pytest.raises(ValueError, match="table has rows that no cell asks for"):
        run_sweep(short(3), table)


def test_a_dask_cluster_finds_the_same(tmp_path):
    alone = run_sweep(short(3), tmp_path / "alone.csv")
    with (
        LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster),
        joblib.parallel_config(backend="dask"),
    ):
        together = run_sweep(short(3), tmp_path / "together.csv", n_jobs=-1)
    pd.testing.assert_frame_equal(alone, together)


def test_the_command_line(tmp_path, monkeypatch):
    monkeypatch.setattr("absrep.evidence.sweeps.sweep", lambda name: short(1))
    main(["tasks", "--folder", str(tmp_path / "new")])
    assert len(pd.read_csv(tmp_path / "new" / "tasks.csv")) == 1


@pytest.mark.parametrize("function", [sweep, read_table])
def test_an_unknown_name(function):
    with pytest.raises(ValueError, match="name must be one of"):
        function("weather")
