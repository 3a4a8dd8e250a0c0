"""The laboratory: choices, numbers against the library called directly, and the script."""

import csv
import json
import subprocess
import sys
from io import StringIO

import numpy as np
import pytest
import torch

from absrep import (
    balanced_dichotomies,
    ccgp,
    dichotomy_ccgp,
    dichotomy_decoding,
    hypercube,
    meanfield,
    multi_element,
    parallelism_score,
    random_kernel,
    walsh_spectrum,
)
from absrep import laboratory as lab
from absrep.laboratory import (
    Experiment,
    RandomPatterns,
    Rotated,
    TargetAligned,
    WalshSpectrum,
    Whitened,
    representation_measures,
    train_together,
    verdict,
)
from absrep.laboratory._activations import activation_code, network_activation
from absrep.meanfield import (
    Activation,
    absolute,
    cubic,
    erf,
    gelu,
    hard_tanh,
    leaky_relu,
    linear,
    relu,
    sigmoid,
    softplus,
    solve,
    tanh,
)

from .helpers import latents, repeated

QUICK = {"width": 20, "n_steps": 60}
SCRIPTED = [
    Experiment(**QUICK),
    Experiment(
        stimuli_per_class=2,
        correlation=0.3,
        xor=True,
        inputs=RandomPatterns(3, seed=2),
        activation=leaky_relu(1 / 3),  # a slope that its name rounds
        bias=np.inf,
        weight_decay=(0.02, 0.01),
        init_scale=0.7,
        noise=0.8,
        seed=5,
        **QUICK,
    ),
    Experiment(n_latents=3, inputs=WalshSpectrum((1, 0.3, 2, 0.1)), bias=0.0, **QUICK),
    Experiment(inputs=Rotated(8.0, seed=1), activation=hard_tanh, width=4, n_steps=60),
    Experiment(weight_decay=20.0, inputs=TargetAligned(0.1), **QUICK),  # collapses
]


@pytest.mark.parametrize("experiment", SCRIPTED, ids=range(len(SCRIPTED)))
def test_the_script_prints_the_same_numbers_to_the_last_digit(experiment, tmp_path):
    path = tmp_path / "experiment.py"
    path.write_text(experiment.script(), encoding="utf8")
    done = subprocess.run(
        [sys.executable, path], capture_output=True, text=True, timeout=300, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == experiment.report(experiment.train())


def test_the_script_does_not_use_what_it_checks():
    text = Experiment().script()
    assert "Experiment" not in text and max(map(len, text.splitlines())) <= 100


@pytest.mark.parametrize(
    ("choice", "named"),
    [
        ({"n_latents": 4}, "n_latents"),
        ({"n_latents": 2.0}, "n_latents"),
        ({"stimuli_per_class": 0}, "stimuli_per_class"),
        ({"stimuli_per_class": 4}, "at most 12 stimuli"),
        ({"n_latents": 3, "stimuli_per_class": 2}, "at most 12 stimuli"),
        ({"correlation": 1.1}, "correlation"),
        ({"correlation": -0.1}, "correlation"),
        ({"xor": 1}, "xor"),
        ({"inputs": "whitened"}, "inputs"),
        ({"inputs": WalshSpectrum((1, 1, 1, 1))}, "levels"),
        ({"activation": "relu"}, "activation"),
        ({"activation": cubic}, "activation"),
        ({"activation": Activation("sine", np.sin, np.cos, odd=True)}, "activation"),
        ({"bias": -1.0}, "bias"),
        ({"bias": np.nan}, "bias"),
        ({"weight_decay": 0.0}, "weight_decay"),
        ({"weight_decay": (0.1, 0.1, 0.1)}, "weight_decay"),
        ({"weight_decay": (0.1, 0.0)}, "weight_decay"),
        ({"width": 0}, "width"),
        ({"seed": -1}, "seed"),
        ({"n_steps": 0}, "n_steps"),
        ({"learning_rate": 0.0}, "learning_rate"),
        ({"init_scale": 0.0}, "init_scale"),
        ({"noise": 0.0}, "noise"),
    ],
)
def test_a_bad_choice_is_named(choice, named):
    with pytest.raises((ValueError, TypeError), match=named):
        Experiment(**choice)


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (lambda: TargetAligned(-1.0), "gain"),
        (lambda: WalshSpectrum((1.0, -1.0)), "levels"),
        (lambda: RandomPatterns(0), "n_features"),
        (lambda: RandomPatterns(3, seed=-1), "seed"),
        (lambda: Rotated(0.5), "ratio"),
        (lambda: Rotated(2.0, seed=-1), "seed"),
    ],
)
def test_bad_inputs_are_named(make, named):
    with pytest.raises(ValueError, match=named):
        make()


@pytest.mark.parametrize("d", [2, 3])
def test_inputs_are_what_they_say(d):
    p, labels = 2**d, latents(d)
    np.testing.assert_allclose(Whitened().kernel(d), np.eye(p), atol=1e-15)
    aligned = np.eye(p) + 2.5 * labels @ labels.T / p
    np.testing.assert_allclose(TargetAligned(2.5).kernel(d), aligned, atol=1e-12)
    levels = (3.0, 0.5, 2.0, 0.1)[: d + 1]
    found = np.sort(walsh_spectrum(WalshSpectrum(levels).kernel(d)))
    counts = [1, d, d * (d - 1) // 2, 1][: d + 1]
    np.testing.assert_allclose(found, np.sort(np.repeat(levels, counts)), atol=1e-12)
    np.testing.assert_array_equal(RandomPatterns(5, 3).kernel(d), random_kernel(p, 5, 3))
    eigenvalues = np.linalg.eigvalsh(Rotated(9.0, 4).kernel(d))
    assert eigenvalues.mean() == pytest.approx(1) and eigenvalues[-1] / eigenvalues[
        0
    ] == pytest.approx(9)


def test_several_stimuli_and_xor():
    task = Experiment(stimuli_per_class=3, correlation=0.4, xor=True).task
    wanted = multi_element(2, 0.6 * np.eye(3) + 0.4)
    np.testing.assert_allclose(task.input_kernel, wanted.input_kernel, atol=1e-12)
    np.testing.assert_array_equal(task.labels[:, :2], wanted.labels)
    np.testing.assert_array_equal(task.labels[:, 2], wanted.labels.prod(axis=1))


@pytest.mark.parametrize(
    "activation",
    [
        *(relu, leaky_relu(0.3), absolute, linear, tanh, erf, hard_tanh, sigmoid, softplus, gelu),
        leaky_relu(-0.5),
    ],
    ids=repr,
)
def test_networks_and_theory_have_the_same_activation(activation):
    function, code = network_activation(activation)
    x = np.linspace(-3, 3, 41)
    values = function(torch.tensor(x)).numpy()
    np.testing.assert_allclose(values, activation.value(x), atol=1e-12)
    written = eval(code, {"torch": torch})(torch.tensor(x)).numpy()
    np.testing.assert_array_equal(written, values)
    named = eval(activation_code(activation), vars(meanfield))
    np.testing.assert_array_equal(named.value(x), activation.value(x))


def test_the_default_experiment_reaches_the_certified_optimum():
    experiment = Experiment(weight_decay=0.05, n_steps=1500)
    run = experiment.train()
    columns = experiment.measures(run)
    assert list(columns) == ["closed form", "optimum", "trained"]
    loss = 2 * (0.05 * np.sqrt(4 * 6 / 5) - 0.05**2 * 6 / 10)  # γ = 5/6
    for column in columns.values():
        assert column["loss"] == pytest.approx(loss, rel=2e-3)
        assert column["PS"] == pytest.approx(1, abs=0.02)
    assert columns["optimum"]["gap"] < 1e-9 and experiment.verdict() == "certified optimum"
    assert 0 <= columns["trained"]["gap"] < 2e-3
    # The trained features themselves, by another route.
    features = run.network.hidden(torch.tensor(experiment.task.features))[-1].detach().numpy()[0]
    ps = parallelism_score(features, experiment.latents).mean()
    assert columns["trained"]["PS"] == pytest.approx(ps, abs=1e-12)
    course = lab.parallelism_course(run, experiment.latents)
    assert course[-1] == pytest.approx(ps, abs=1e-12) and abs(course[0]) < 0.5


def test_measures_agree_with_decoders_on_trials():
    rng = np.random.default_rng(0)
    y = latents(2)
    patterns = y @ rng.standard_normal((2, 30)) + 0.5 * rng.standard_normal((4, 30))
    measures = representation_measures(patterns, rng.standard_normal((30, 2)), y, y, noise=0.5)
    spread = np.sqrt(np.square(patterns - patterns.mean(axis=0)).sum(axis=1).mean())
    trials, labels, conditions = repeated(patterns, y, 2000, 0.5 * spread, rng)
    splits = balanced_dichotomies(4)
    shattering = dichotomy_decoding(trials, conditions, splits, rng=0, penalty=1e-9).mean()
    decoding = dichotomy_decoding(trials, conditions, y.T, rng=0, penalty=1e-9).mean()
    assert measures["shattering"] == pytest.approx(shattering, abs=0.01)
    assert measures["decoding"] == pytest.approx(decoding, abs=0.01)
    general = ccgp(trials, labels, penalty=1e-9).mean()
    by_context = np.array([[0, 1, 1, 0], [1, 0, 0, 1], [1, 0, 0, 1], [0, 1, 1, 0]])
    wanted = dichotomy_ccgp(trials, conditions, y.T, allowed_pairs=by_context, penalty=1e-9)
    assert measures["CCGP"] == pytest.approx(general, abs=0.01)
    assert measures["CCGP"] == pytest.approx(wanted.mean(), abs=0.01)


def test_a_collapsed_network_has_no_measures():
    experiment = Experiment(weight_decay=20.0, **QUICK)
    best = experiment.measures()["optimum"]
    assert best["loss"] == pytest.approx(4) and best["PS"] is None and best["modularity"] is None
    table = list(csv.DictReader(StringIO(experiment.table())))
    assert {row["measure"]: row["optimum"] for row in table}["PS"] == ""


def test_a_measure_that_does_not_exist_is_none_and_the_others_remain():
    y = latents(2)
    one = representation_measures(y[:, :1], [[1.0, 0.0]], y, y)
    assert one["PS"] is None and one["participation ratio"] == pytest.approx(1)


def test_shapes_that_disagree_are_an_error():
    with pytest.raises(ValueError, match="read_out"):
        representation_measures(np.eye(4), np.eye(3), latents(2), latents(2))


def test_the_table_has_every_number_in_full():
    experiment = Experiment(**QUICK)
    run = experiment.train()
    rows = list(csv.DictReader(StringIO(experiment.table(run))))
    for name, column in experiment.measures(run).items():
        for row in rows:
            assert (float(row[name]) if row[name] else None) == column[row["measure"]]


def test_verdicts_are_honest():
    assert Experiment().verdict() == "certified optimum"
    narrow = Experiment(width=3)
    assert "certified to within" in narrow.verdict() and narrow.optimum().gap > 1e-3
    loose = solve(hypercube(2), cubic, width=2, n_starts=1)
    assert not loose.certified and verdict(loose) == "best found, not certified"


def test_no_closed_form_says_why():
    status = Experiment(xor=True).closed_form_status()
    assert "combinations" in status
    assert "closed form" not in Experiment(xor=True).measures()
    assert Experiment().closed_form_status() == "applies"


def test_training_together_is_training_one_by_one():
    several = [
        Experiment(inputs=inputs, seed=seed, **QUICK)
        for inputs, seed in ((Whitened(), 0), (TargetAligned(2.0), 3))
    ]
    for experiment, run in zip(several, train_together(several), strict=True):
        alone = experiment.train()
        np.testing.assert_allclose(run.loss, alone.loss, rtol=1e-9)
        wanted, found = experiment.measures(alone)["trained"], experiment.measures(run)["trained"]
        assert found["PS"] == pytest.approx(wanted["PS"], abs=1e-9)
    with pytest.raises(ValueError, match="experiments"):
        train_together([Experiment(), Experiment(bias=0.0)])
    with pytest.raises(ValueError, match="experiments"):
        train_together([])


def test_training_can_be_watched_without_changing_it():
    experiment, seen = Experiment(**QUICK), []
    run = experiment.train(watch=lambda so_far: seen.append(so_far.steps[-1]))
    np.testing.assert_array_equal(seen, run.steps)
    np.testing.assert_array_equal(run.loss, experiment.train().loss)
    with pytest.raises(TypeError, match="watch"):
        experiment.train(watch=3)
