"""Checkpoint after checkpoint: read-outs by plain Python from the table's text."""

import csv
import gzip
from importlib.resources import files
from statistics import mean

import numpy as np
import pytest

from .explorers import explorer, grid


def rows():
    packed = files("absrep.mazes").joinpath("tables", "emergence.csv.gz").read_bytes()
    return list(csv.DictReader(gzip.decompress(packed).decode().splitlines()))


def test_readouts_are_those_of_the_table():
    made, parts = explorer("maze_checkpoints"), {}
    for row in rows():
        parts.setdefault((int(row["step"]), row["kind"], row["seed"]), []).append(row)
    words = {parameter.name: parameter.words for parameter in made.parameters}
    for values in grid(made):
        at = {key: words[key][round(value)] for key, value in values.items()}
        here = parts[int(at["checkpoint"].replace(",", "")), at["kind"], at["seed"]]
        shown = made.readouts_at(**values)
        for key, column in [*((k, k) for k in ("exact", "valid", "reached", "error")),
                            ("probe", "probe 6")]:  # fmt: skip
            wanted = mean(float(row[column]) for row in here)
            assert float(shown[key]) == pytest.approx(wanted, abs=6e-4, rel=1e-3)
        wanted = 100 * mean(float(row["joint 6"]) - float(row["degrees"]) for row in here)
        assert float(shown["beyond"].replace("−", "-")) == pytest.approx(wanted, abs=0.06)


def test_bars_and_dots_are_those_of_the_chosen_checkpoint():
    made = explorer("maze_checkpoints")
    last = len(made.parameters[0].values) - 1
    result = made.compute(checkpoint=last, kind=1, seed=2)
    assert result["layers"][:, 0].tolist() == list(range(7))
    assert result["layers"][-1, 1] == result["joint course"][-1, 1]
    assert np.all(result["chosen rates"][:, 0] == 12_000)
    assert result["chosen rates"][0, 1] == result["exact course"][-1, 1]


def test_no_mark_lies_entirely_outside_its_panel():
    made = explorer("maze_checkpoints")
    for values in grid(made):
        result = made.compute(**values)
        for panel in made.views:
            for mark in panel.marks:
                x, y = mark.points(np.asarray(result[mark.key], dtype=float)).T
                (left, right), (low, high) = panel.xlim, panel.ylim
                assert np.any((left <= x) & (x <= right) & (low <= y) & (y <= high))
