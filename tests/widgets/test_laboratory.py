"""The laboratory's page figure against single experiments; the live one through its objects."""

import csv
import json
import subprocess
import sys
from io import StringIO

import pytest

from absrep import hypercube
from absrep.laboratory import Experiment, Rotated, TargetAligned, WalshSpectrum
from absrep.meanfield import absolute, closed_form, linear, relu, solve, tanh
from absrep.widgets import laboratory

from .explorers import explorer, grid


def test_the_page_shows_what_a_single_experiment_gives():
    made = explorer("optimal_and_trained")
    alone = Experiment(
        inputs=TargetAligned(3.0),
        activation=absolute,
        weight_decay=0.05,
        width=50,
        n_steps=800,
        learning_rate=0.1,
        init_scale=0.3,
    )
    numbers = alone.measures(alone.train())
    shown = made.readouts_at(inputs=1, activation=1, bias=1.0)
    assert float(shown["loss"]) == pytest.approx(numbers["optimum"]["loss"], abs=6e-6)
    assert float(shown["trained loss"]) == pytest.approx(numbers["trained"]["loss"], abs=1e-4)
    result = made.compute(inputs=1, activation=1, bias=1.0)
    assert result["optimum"][0, 0] == pytest.approx(numbers["optimum"]["PS"], abs=1e-9)
    assert result["trained"][0, 0] == pytest.approx(numbers["trained"]["PS"], abs=1e-2)


def test_the_page_agrees_with_the_solver_and_its_networks_come_close():
    made = explorer("optimal_and_trained")
    for values in grid(made):
        result = made.compute(**values)
        kernel = {0: None, 1: TargetAligned(3.0).kernel(2), 3: Rotated(10.0, 3).kernel(2)}
        if values["inputs"] in kernel:
            activation = (relu, absolute, linear)[int(values["activation"])]
            task = hypercube(2, kernel[values["inputs"]])
            best = solve(task, activation, 0.05, values["bias"])
            assert result["loss"] == pytest.approx(best.loss, rel=1e-6)
            if result["form"] == "applies":
                loss = closed_form(task, activation, 0.05, values["bias"]).loss
                assert result["loss"] == pytest.approx(loss, rel=1e-9)
        assert result["verdict"] == "certified"
        assert 0 <= float(result["trained loss"]) / result["loss"] - 1 + 1e-4 < 0.01
        assert result["course"][-1, 0] == 800 and result["ps course"][:, 1].min() > -0.35


@pytest.fixture
def lab():
    made = laboratory()
    for name, value in (("n_steps", 100), ("width", 20)):
        made.controls[name].value = value
    return made


def test_choices_train_and_export(lab, tmp_path):
    lab.controls["inputs"].value = "Walsh spectrum"
    assert lab.controls["k2"].layout.display == "" and lab.controls["gain"].layout.display == "none"
    lab.controls["k2"].value = 2.0
    lab.controls["bias"].value = 0.0
    assert "even interactions" in lab.message.value and lab.picture.value == ""
    lab.solve.click()
    assert "certified optimum" in lab.message.value and lab.run is None
    assert "<svg" in lab.picture.value
    assert "trained" not in lab.table.value
    lab.train.click()
    assert lab.progress.value == lab.progress.max == 100
    wanted = Experiment(inputs=WalshSpectrum((1, 1, 2.0)), bias=0.0, n_steps=100, width=20)
    assert lab.table.value == wanted.table(wanted.train())
    assert lab.script.value == wanted.script()
    assert lab.numbers.value.count("<tr>") == 1 + len(wanted.measures()["optimum"])

    lab.save.click()
    assert "folder must be named" in lab.message.value
    lab.folder.value = str(tmp_path / "none")
    lab.save.click()
    assert "folder must exist" in lab.message.value and list(tmp_path.iterdir()) == []
    lab.folder.value = str(tmp_path)
    lab.save.click()
    assert "Written" in lab.message.value
    files = {path.suffix: path for path in tmp_path.iterdir()}
    assert set(files) == {".py", ".csv", ".json"}
    done = subprocess.run(
        [sys.executable, files[".py"]], capture_output=True, text=True, timeout=120, check=True
    )
    report = json.loads(files[".json"].read_text(encoding="utf8"))
    assert json.loads(done.stdout) == report
    rows = csv.DictReader(StringIO(files[".csv"].read_text(encoding="utf8")))
    trained = {row["measure"]: row["trained"] for row in rows}
    assert float(trained["loss"]) == report["measures"]["trained"]["loss"]


def test_the_picture_follows_the_training(lab, monkeypatch):
    monkeypatch.setattr("absrep.widgets._laboratory._SECONDS_BETWEEN_PICTURES", 0.0)
    pictures, steps = [], []
    lab.picture.observe(lambda change: pictures.append(change["new"]), names="value")
    lab.progress.observe(lambda change: steps.append(change["new"]), names="value")
    lab.train.click()
    assert len(set(pictures)) > 10 and steps == sorted(steps) and steps[-1] == 100


def test_a_changed_choice_takes_old_results_away(lab):
    lab.train.click()
    assert lab.run is not None
    lab.controls["seed"].value = 1
    assert lab.run is None and lab.picture.value == lab.table.value == lab.script.value == ""


def test_choices_that_do_not_go_together_say_so(lab):
    lab.controls["n_latents"].value = 3
    lab.controls["stimuli_per_class"].value = 2
    assert "at most 12 stimuli" in lab.message.value
    assert lab.experiment is None and lab.train.disabled and lab.solve.disabled
    lab.train.click()
    assert lab.run is None
    lab.controls["stimuli_per_class"].value = 1
    assert lab.experiment is not None and not lab.train.disabled


def test_every_control_reaches_the_experiment(lab):
    values = {
        **{"n_latents": 2, "stimuli_per_class": 2, "correlation": 0.25, "xor": True, "seed": 4},
        **{"activation": tanh, "bias": 0.1, "width": 12, "n_steps": 200, "noise": 0.75},
        **{"learning_rate": 0.01, "init_scale": 0.1},
    }
    for name, value in values.items():
        lab.controls[name].value = value
    lab.controls["first_decay"].value, lab.controls["second_decay"].value = 0.1, 0.001
    for kind, controls, inputs in (
        ("rotated", {"ratio": 100.0, "rotation_seed": 7}, Rotated(100.0, 7)),
        ("aligned with the targets", {"gain": 2.0}, TargetAligned(2.0)),
    ):
        lab.controls["inputs"].value = kind
        for name, value in controls.items():
            lab.controls[name].value = value
        assert lab.experiment == Experiment(**values, inputs=inputs, weight_decay=(0.1, 0.001))


def test_an_optimum_that_is_not_certified_is_not_called_so(lab):
    assert "A closed form applies" in lab.message.value
    lab.controls["width"].value = 3
    lab.solve.click()
    assert "best found, certified to within" in lab.message.value
    assert ">best found<" in lab.picture.value


def test_it_shows_itself_in_a_notebook(lab, monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    lab._ipython_display_()
    assert shown == [lab.box]


def test_what_goes_wrong_in_training_is_shown(lab):
    lab.controls["learning_rate"].max = 300
    lab.controls["learning_rate"].value = 1e300
    lab.train.click()
    assert "not finite" in lab.message.value and not lab.train.disabled
