"""The map looked through: read-outs by plain Python from the table's text."""

import csv
from importlib.resources import files
from math import nan, sqrt
from statistics import median

import numpy as np
import pytest

from absrep.canonical import Alignments

from .explorers import explorer, grid

RATE = 0.1


def rows():
    text = files("absrep.canonical").joinpath("tables", "map.csv").read_text()
    return [row for row in csv.DictReader(text.splitlines()) if int(row["step"]) > 0]


def number(text):
    return float(text) if text else nan


def test_readouts_are_those_of_the_table():
    made, by_cell = explorer("batch_and_decay"), {}
    for row in rows():
        by_cell.setdefault((row["layer"], float(row["decay"]), int(row["batch"])), []).append(row)
    words = {parameter.name: parameter.words for parameter in made.parameters}
    names = Alignments.relations()
    for values in grid(made):
        at = {key: words[key][round(value)] for key, value in values.items()}
        cell = by_cell[at["layer"], float(at["decay"]), int(at["batch"])]
        shown = made.readouts_at(**values)
        if any(number(row[name]) != number(row[name]) for row in cell for name in names):
            assert set(shown.values()) == {"collapsed"}
            continue
        cosine = median(number(row[names[round(values["relation"])]]) for row in cell)
        assert float(shown["cosine"]) == pytest.approx(cosine, abs=6e-4)
        total = {k: sum(number(row[k]) for row in cell) for k in ("rr", "rz", "gg", "gz", "zz")}
        for key, squares, products in (("below", "rr", "rz"), ("above", "gg", "gz")):
            size = sqrt(total[squares] / total["zz"])
            found = float(shown[key].split()[0].replace("−", "-"))
            assert found == pytest.approx(size if total[products] > 0 else -size, abs=6e-3)
        assert float(shown["held out"]) == pytest.approx(
            median(number(row["held out"]) for row in cell), abs=6e-4
        )
        if at["batch"] == "1198":
            assert shown["share"] == "no noise"
        elif at["decay"] == "0":
            assert shown["share"] == "no decay"
        else:
            share = RATE / (2 * int(at["batch"]) * float(at["decay"]))
            wanted = median(share * number(row["noise"]) / number(row["size"]) for row in cell)
            assert float(shown["share"]) == pytest.approx(wanted, abs=6e-4)


def test_the_chosen_line_is_where_its_relation_holds():
    """Cosine 1 on the line, and nowhere near it."""
    made, singular = explorer("batch_and_decay"), np.array([1.0, 2.0, 5.0])
    for k in range(6):
        result = made.compute(relation=k, layer=1, decay=4, batch=1)
        p, q = result["line"].mean(0)
        for place, holds in (((p, q), True), ((p + 0.3, q - 0.2), False)):
            r, g, z = (singular ** (2 * x) for x in (*place, 1.0))
            pairs = ((r * z, g), (r * z, z), (g, z), (r, g * z), (r, z), (g * z, z))
            a, b = pairs[k]
            cosine = a @ b / np.sqrt((a @ a) * (b @ b))
            assert (cosine > 1 - 1e-12) == holds


def test_no_mark_lies_entirely_outside_its_panel():
    made = explorer("batch_and_decay")
    for values in grid(made):
        result = made.compute(**values)
        for panel in made.views:
            for mark in panel.marks:
                points = mark.points(np.asarray(result[mark.key], dtype=float))
                points = points[np.isfinite(points).all(axis=1)]
                if len(points):
                    (left, right), (low, high) = panel.xlim, panel.ylim
                    x, y = points.T
                    assert np.any((left <= x) & (x <= right) & (low <= y) & (y <= high))
