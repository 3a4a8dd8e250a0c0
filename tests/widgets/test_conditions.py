"""The tables looked through: read-outs by plain Python, theory by simulated observers."""

import csv
from importlib.resources import files
from statistics import median

import numpy as np
import pytest

from absrep.evidence import Box, EvidenceTask, LatentDecoder, fan

from .explorers import explorer, grid

MEASURES = ("within", "published", "held_out", "held_out_own", "answers_held_out")


def rows(name):
    text = files("absrep.evidence").joinpath("tables", f"{name}.csv").read_text()
    return list(csv.DictReader(text.splitlines()))


def test_number_of_tasks_shows_the_medians_of_the_table():
    made, table = explorer("number_of_tasks"), rows("tasks")
    kinds, counts = made.parameters[0].words, made.parameters[2].words
    for values in grid(made):
        column = MEASURES[round(values["measure"])]
        wanted = [
            float(row[column])
            for row in table
            if row["architecture"] == kinds[round(values["architecture"])]
            and row["tasks"] == counts[round(values["tasks"])]
        ]
        shown = made.readouts_at(**values)
        if not wanted:
            assert shown["median"] == "not trained"
            continue
        for key, measure in (("median", median), ("lowest", min), ("highest", max)):
            assert float(shown[key].replace("−", "-")) == pytest.approx(measure(wanted), abs=6e-4)


def test_untrained_level_is_that_of_the_controls():
    made, table = explorer("number_of_tasks"), rows("controls")
    for i, kind in enumerate(made.parameters[0].words):
        wanted = median(
            float(row["held_out"])
            for row in table
            if row["architecture"] == kind and row["encoder"] == "wide"
        )
        shown = made.readouts_at(architecture=i, measure=2, tasks=0)["untrained"]
        assert float(shown) == pytest.approx(wanted, abs=6e-4)


def test_optimal_probits_are_as_good_as_the_mean_of_the_evidence():
    """Probits of optimal answers are a linear map of the mean, at every step of the trial."""
    made = explorer("number_of_tasks")
    task = EvidenceTask(fan(2), Box([0.5, 0.5]), noise=0.2, n_steps=20)
    seen, new = (task.trials(20_000, rng) for rng in (0, 1))
    decoder = LatentDecoder.fit(seen.evidence.mean(axis=1)[None], seen.latents)
    wanted = decoder.r2(new.evidence.mean(axis=1)[None], new.latents, [1 / 12, 1 / 12])[0]
    for k in range(5):
        for measure in (0, 1, 2):
            shown = made.readouts_at(architecture=0, measure=measure, tasks=k)
            assert float(shown["probits"]) == pytest.approx(wanted, abs=0.004)
            assert float(shown["logits"]) < wanted - 0.03
        own = made.readouts_at(architecture=0, measure=3, tasks=k)
        assert 1 - float(own["probits"]) == pytest.approx(4 * (1 - wanted), abs=0.02)


@pytest.mark.parametrize("name", ["number_of_tasks", "noise_and_time"])
def test_no_mark_lies_entirely_outside_its_panel(name):
    made = explorer(name)
    for values in grid(made):
        result = made.compute(**values)
        for panel in made.views:
            for mark in panel.marks:
                points = mark.points(np.asarray(result[mark.key], dtype=float))
                if not len(points):
                    continue
                points = points[np.isfinite(points).all(axis=1)]
                (left, right), (low, high) = panel.xlim, panel.ylim
                x, y = points.T
                assert np.any((left <= x) & (x <= right) & (low <= y) & (y <= high))


def test_noise_and_time_shows_the_medians_of_the_table():
    made, table = explorer("noise_and_time"), rows("conditions")
    words = {parameter.name: parameter.words for parameter in made.parameters}
    for values in grid(made):
        here = [
            row
            for row in table
            if all(
                row[key] == words[key][round(values[key])] for key in ("noise", "steps", "tasks")
            )
        ]
        shown = made.readouts_at(**values)
        noise, steps = float(here[0]["noise"]), int(here[0]["steps"])
        assert float(shown["unknown"]) == pytest.approx(12 * noise**2 / steps, abs=6e-5)
        for key, column in (("within", "within"), ("held out", "held_out")):
            wanted = median(float(row[column]) for row in here)
            assert float(shown[key].replace("−", "-")) == pytest.approx(wanted, abs=6e-4)


def test_limit_of_noise_and_time_is_that_of_the_best_estimate():
    """Mean of the truth among trials with nearly the same mean of the evidence."""
    made = explorer("noise_and_time")
    rng = np.random.default_rng(0)
    x = rng.uniform(-0.5, 0.5, 400_000)
    seen = x + 0.4 / np.sqrt(5) * rng.standard_normal(len(x))
    bins = np.digitize(seen, np.linspace(-1, 1, 200))
    counts, sums = np.bincount(bins), np.bincount(bins, x)
    best = np.divide(sums, counts, out=np.zeros(len(sums)), where=counts > 0)[bins]
    wanted = 1 - 12 * np.mean((x - best) ** 2)
    shown = made.readouts_at(noise=2, steps=0, tasks=0)["limit"]
    assert float(shown) == pytest.approx(wanted, abs=0.004)
