"""Tables of noise and decay: what is stored, by plain arithmetic; corners trained again."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from absrep.canonical import Alignments, alignments, descend, exponents, linear_layers, log_products
from absrep.canonical.sweeps import products_of, read_table, run_cell, sweep

RELATIONS = list(Alignments.relations())
NAMES = ("map", "noisy", "rates")


def short(name, index):
    return replace(sweep(name)[index], n_steps=30, seeds=(0, 1, 2))


@pytest.mark.parametrize("name", NAMES)
def test_measures_are_those_of_the_networks(name):
    cell = short(name, 1)
    table = pd.DataFrame(run_cell(cell)).query("step == 30")
    network, data = cell.network(cell.seeds), cell.data()
    descend(
        network,
        *data,
        n_steps=30,
        learning_rate=cell.learning_rate,
        weight_decay=cell.weight_decay,
        batch_size=cell.batch_size,
    )
    for layer, at_work in linear_layers(network, *data, cell.error).items():
        rows = table[table.layer == layer]
        again = exponents(log_products(at_work))
        for relation, law in exponents(products_of(rows)).items():
            assert law.exponent == pytest.approx(again[relation].exponent, rel=0.01)
        for replica in range(3):
            row, w = rows.iloc[replica], at_work.weights[replica]
            h, g = at_work.inputs[replica], at_work.gradients[replica]
            each = np.array([np.outer(one, other) for one, other in zip(g, h, strict=True)])
            z = w @ w.T
            assert row["noise"] == pytest.approx(each.var(0).sum(), rel=1e-3)
            assert row["size"] == pytest.approx(np.trace(z), rel=1e-3)
            assert row["spread"] == pytest.approx(np.trace(z) ** 2 / np.sum(z * z), rel=1e-3)


@pytest.mark.parametrize("name", NAMES)
def test_a_corner_trained_again_is_as_in_the_table(name):
    """Rounding makes trajectories part; what is compared is what ten networks have in common."""
    index = {"map": 19, "noisy": 11, "rates": 6}[name]
    cell = replace(sweep(name)[index], seeds=range(4))
    network, data = cell.network(cell.seeds), cell.data()
    descend(
        network,
        *data,
        n_steps=cell.n_steps,
        learning_rate=cell.learning_rate,
        weight_decay=cell.weight_decay,
        batch_size=cell.batch_size,
    )
    table = read_table(name).query("step > 0")
    for key, value in cell.keys.items():
        table = table[table[key] == value]
    for layer, at_work in linear_layers(network, *data, cell.error).items():
        stored = table[table.layer == layer][RELATIONS].median()
        assert np.median(alignments(at_work).stacked(), axis=0) == pytest.approx(
            stored.to_numpy(), abs=0.05
        )


def test_half_of_the_labels_are_random():
    (images, clean), (same, noisy) = (sweep(name)[0].data() for name in ("map", "noisy"))
    assert np.array_equal(images, same)
    assert (noisy.sum(1) == 1).all()
    # Half are drawn anew, and one in ten of these hits the old label.
    assert (clean == noisy).all(1).mean() == pytest.approx(0.55, abs=0.04)


def test_networks_forget_where_they_came_from_unless_said():
    for name in NAMES:
        for cell in sweep(name):
            forgotten = cell.learning_rate * cell.weight_decay * cell.n_steps
            slow = cell.weight_decay == 0 or (cell.batch_size == 1198 and cell.weight_decay == 1e-3)
            assert (forgotten < 3 - 1e-9) == slow


def test_rates_have_three_ratios_at_one_time():
    cells = sweep("rates")
    assert len({round(cell.learning_rate / cell.batch_size, 6) for cell in cells}) == 3
    assert {round(cell.learning_rate * cell.n_steps) for cell in cells} == {600}


def test_collapsed_networks_have_no_products():
    table = read_table("map")
    ended = table[(table.decay == 0.3) & (table.step > 0)]
    assert ended.forward_gw.isna().all()
    assert np.allclose(ended.error, np.log(10), atol=1e-3)
    with pytest.raises(ValueError, match="rows must be of networks that have not collapsed"):
        products_of(ended[ended.layer == "hidden 1"])
    with pytest.raises(ValueError, match="rows must hold the products"):
        products_of(table[["decay"]])
