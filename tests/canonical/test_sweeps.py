"""Sweeps: rows as measured, and one cell of each table trained again."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import RidgeClassifier
from sklearn.preprocessing import StandardScaler

from absrep import digits
from absrep.canonical import (
    Alignments,
    alignments,
    descend,
    entry_correlation,
    fidelity,
    linear_layers,
)
from absrep.canonical._architectures import ARCHITECTURES
from absrep.canonical.sweeps import main, read_table, run_cell, run_sweep, sweep

NAMES = ("map", "noisy", "rates", "architectures")


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


def test_accuracy_is_the_share_of_held_out_digits():
    split = digits(rng=0)
    architecture = ARCHITECTURES["MLP 64"]
    network = architecture.network([0, 1])
    first, second = (w.detach().double().numpy() for w in network.weights)
    offset = network.biases[0].detach().double().numpy()
    outputs = np.maximum(split.test.features @ first + offset, 0) @ second
    right = (outputs.argmax(-1) == split.test_digits).mean(-1)
    assert np.allclose(architecture.accuracy(network), right, atol=2 / 599)


def test_accuracy_of_a_contrastive_network_is_that_of_a_read_out():
    split = digits(rng=0)
    architecture = ARCHITECTURES["contrastive MLP"]
    network = architecture.network([3])
    w, b, v, c, *_ = (p[0].detach().double().numpy() for p in network.stacked)
    features = [
        np.maximum(np.maximum(x @ w.T + b, 0) @ v.T + c, 0)
        for x in (split.train.features, split.test.features)
    ]
    ready = [StandardScaler().fit_transform(z) for z in features]
    score = RidgeClassifier().fit(ready[0], split.train_digits).score(ready[1], split.test_digits)
    assert float(architecture.accuracy(network)[0]) == pytest.approx(score, abs=2 / 599)
    pairs, nothing = architecture.data()
    assert len(pairs) % architecture.batch_size == 0 and nothing.shape == (len(pairs), 64)


def test_further_similarities_have_columns_of_their_own():
    cell = replace(sweep("architectures")[1], n_steps=5, record_at=(), seeds=(0, 1))
    table = pd.DataFrame(run_cell(cell))
    network, data = cell.network(cell.seeds), cell.data()
    first = table[(table.step == 0) & (table.layer == "read-out")]
    layer = linear_layers(network, *data, cell.error)["read-out"]
    for name, options in {
        "entry": {"similarity": entry_correlation},
        "fidelity": {"similarity": fidelity},
        "plain": {"centred": False},
    }.items():
        columns = [f"{name} {relation}" for relation in Alignments.relations()]
        assert np.allclose(first[columns], alignments(layer, **options).stacked(), atol=1e-3)


@pytest.mark.parametrize("name", ["MLP 32×2", "transformer"])
def test_the_beginning_of_the_table_of_architectures_comes_out_again(name):
    cell = next(c for c in sweep("architectures") if c.keys["network"] == name and c.keys["decay"])
    fresh = pd.DataFrame(run_cell(replace(cell, n_steps=30, record_at=(10,), seeds=(0, 7))))
    table = read_table("architectures")
    kept = table[
        (table.network == name)
        & (table.decay == cell.keys["decay"])
        & table.step.isin([0, 10, 30])
        & table.seed.isin([0, 7])
    ]
    keys = ["step", "seed", "layer"]
    columns = [c for c in fresh.columns if c not in (*keys, *cell.keys)]
    fresh, kept = (rows.set_index(keys)[columns].sort_index() for rows in (fresh, kept))
    assert fresh.index.equals(kept.index)
    assert np.allclose(fresh, kept, atol=0.01, rtol=0.01)
