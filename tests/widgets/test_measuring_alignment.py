"""Alignment over training: what is shown against the table itself, by loops."""

import csv
import gzip
from importlib.resources import files
from statistics import median

import numpy as np
import pytest

from .explorers import explorer, grid

COLUMNS = (
    "forward_rg",
    "forward_rw",
    "forward_gw",
    "backward_rg",
    "backward_rw",
    "backward_gw",
)


@pytest.fixture(scope="module")
def rows():
    path = files("absrep.canonical") / "tables" / "architectures.csv.gz"
    with gzip.open(str(path), "rt", encoding="utf8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def made():
    return explorer("alignment_over_training")


def seeds(rows, network, layer, decay, step, column):
    found = {
        row["seed"]: float(row[column])
        for row in rows
        if (row["network"], row["layer"], row["step"]) == (network, layer, step)
        and (float(row["decay"]) > 0) == decay
    }
    return [found[seed] for seed in sorted(found)]


def layer_of(made, rows, index):
    network, short = made.parameters[1].words[index].split(": ")
    names = {row["layer"] for row in rows if row["network"] == network}
    (layer,) = [name for name in names if name.rpartition(".")[2] == short]
    return network, layer


def test_readouts_are_those_of_the_table(made, rows):
    steps = made.parameters[0].words
    for t, which, k in ((0, 1, 2), (4, 3, 0), (9, 5, 5), (9, 8, 1), (9, 11, 4)):
        place = *layer_of(made, rows, which), COLUMNS[k]
        trained, none = (
            seeds(rows, *place[:2], decay, steps[t], place[2]) for decay in (True, False)
        )
        untrained = seeds(rows, *place[:2], True, steps[0], place[2])
        shown = made.readouts_at(step=t, layer=which, relation=k)
        assert len(trained) == 10
        assert shown["decay"] == f"{median(trained):.3f}"
        assert shown["none"] == f"{median(none):.3f}"
        assert shown["untrained"] == f"{median(untrained):.3f}"
        above = sum(a > b and a > c for a, b, c in zip(trained, none, untrained, strict=True))
        rises = "holds" if median(trained) >= 0.9 else "rises"
        assert shown["verdict"] == (rises if above >= 9 else "neither")


def test_bars_and_curve_meet(made):
    for values in list(grid(made))[::7]:
        result = made.compute(**values)
        t, k = round(values["step"]), round(values["relation"])
        assert result["six"][k] == result["decay"] == result["course"][t][1]
        assert result["six none"][k][1] == result["course none"][t][1] == result["none"]
        assert result["six untrained"][k][0][1] == result["course"][0][1]
        assert result["course"][0][1] == result["course none"][0][1]


def test_bands_enclose_the_median_and_stay_in_the_panel(made):
    for values in list(grid(made))[::7]:
        result = made.compute(**values)
        n = len(made.parameters[0].values)
        low, high = result["band"][:n, 1], result["band"][n:, 1][::-1]
        middle = result["course"][:, 1]
        assert (low <= middle).all() and (middle <= high).all()
        assert low.min() >= 0 and high.max() <= 1
        assert np.all((np.asarray(result["six"]) >= 0) & (np.asarray(result["six"]) <= 1))
