"""The table of the four systems: every entry by another route, and its nulls."""

import numpy as np
import pandas as pd
import pytest

from absrep import ccgp, decoding_accuracy, parallelism_score
from absrep.canonical import alignments, random_weight_alignments
from absrep.microscope import Measure
from absrep.microscope.comparison import compare, compared_measures, summarise
from absrep.microscope.specimens import optimum_specimen
from absrep.nets import LinearLayer

from ..helpers import latents


@pytest.fixture(scope="module")
def specimen():
    return optimum_specimen(n_trials=10, seeds=[0, 1])


@pytest.fixture(scope="module")
def table(specimen):
    return compare([specimen], rng=0, n_shuffles=3)


def test_rows_are_states_and_replicas(table):
    assert table.groupby("state")["replica"].count().to_dict() == {
        "trained": 2,
        "untrained": 2,
        "shuffled": 6,
    }


def test_entries_are_the_measures_themselves(specimen, table):
    seed = int(np.random.default_rng(0).integers(2**32))
    for state in ("trained", "untrained"):
        rows = table[table["state"] == state]
        for row, x in zip(rows.itertuples(), getattr(specimen, state), strict=True):
            assert row.PS == pytest.approx(parallelism_score(x, specimen.labels).mean())
            assert row.CCGP == pytest.approx(ccgp(x, specimen.labels).mean())
            accuracy = decoding_accuracy(x, specimen.labels, rng=seed).mean()
            assert row.decoding == pytest.approx(accuracy)


def test_alignments_are_those_of_the_readout_and_of_random_weights(specimen, table):
    columns = list(table.columns[-6:])
    for state, wanted in (
        ("trained", alignments(specimen.readout)),
        ("untrained", alignments(specimen.untrained_readout)),
    ):
        found = table.loc[table["state"] == state, columns].to_numpy()
        np.testing.assert_allclose(found, wanted.stacked())
    chance = random_weight_alignments(specimen.readout).stacked()
    shuffled = table[table["state"] == "shuffled"]
    found = shuffled[columns].to_numpy()
    np.testing.assert_allclose(found, chance[shuffled["replica"]])


def test_shuffled_labels_are_at_chance(table):
    shuffled = table[table["state"] == "shuffled"]
    assert abs(shuffled["decoding"].mean() - 0.5) < 0.1
    assert abs(shuffled["CCGP"].mean() - 0.5) < 0.15


def test_what_does_not_exist_is_missing(specimen):
    def fails(x, y, seed):
        raise ValueError("no such thing")

    found = compare([specimen], rng=0, n_shuffles=0, measures=[Measure("x", fails, None)])
    assert found["x"].isna().all()
    assert (summarise(found).loc["x"] == "–").all()


def test_specimens_have_names_of_their_own(specimen):
    with pytest.raises(ValueError, match="different names"):
        compare([specimen, specimen], rng=0)
    with pytest.raises(ValueError, match="at least one"):
        compare([], rng=0)


def test_measures_are_of_the_standard_ones():
    names = [measure.name for measure in compared_measures()]
    assert {"PS", "PS, corrected", "CCGP", "decoding", "shattering"} < set(names)


def test_summary_is_median_and_range():
    rows = pd.DataFrame(
        {"system": "a", "state": "s", "replica": range(3), "m": [0.1, -0.25, np.nan]}
    )
    assert summarise(rows)["a"].loc["m", "s"] == "−0.07 [−0.25, 0.10]"


def test_a_change_of_coordinates_keeps_what_the_proposition_says():
    # The proposition of the chapter, on a read-out that no optimum made.
    rng = np.random.default_rng(0)
    y, w = latents(3), rng.standard_normal((3, 5))
    z, g = y @ rng.standard_normal((3, 5)), rng.standard_normal((8, 3))
    a = rng.standard_normal((5, 5))
    before, after = (
        LinearLayer(z, w, g),
        LinearLayer(z @ a.T, w @ np.linalg.inv(a), g),
    )
    one, two = alignments(before), alignments(after)
    np.testing.assert_allclose(two.forward_rg, one.forward_rg)
    for name in ("forward_rw", "forward_gw", "backward_rg", "backward_rw"):
        assert abs(getattr(two, name) - getattr(one, name)) > 1e-3
    np.testing.assert_allclose(parallelism_score(after.inputs, y), 1)
    turn = np.linalg.qr(a)[0]
    same = alignments(LinearLayer(z @ turn.T, w @ turn.T, g))
    np.testing.assert_allclose(same.stacked(), one.stacked())
