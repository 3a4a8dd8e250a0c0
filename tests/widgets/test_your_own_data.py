"""The recording under the microscope: against the measures themselves and the theory of noise."""

import numpy as np
import pytest

from absrep import expected_parallelism_score
from absrep.widgets._your_own_data import _EDGES, _N_NEURONS, _RANGE, _SIZES

from ..helpers import latents
from .explorers import explorer


@pytest.fixture(scope="module")
def made():
    return explorer("examined_recording")


def grid(made, name):
    return next(p.values for p in made.parameters if p.name == name)


def test_the_true_score_is_that_of_the_family(made):
    for s in grid(made, "bend"):
        shown = made.compute(bend=s, noise=0.25, n_trials=64)
        assert shown["true"] == pytest.approx((1 - s**2) / (1 + s**2), abs=1e-9)


@pytest.mark.parametrize("noise", [0.25, 0.5, 1.0])
def test_the_plain_score_is_where_noise_puts_it(made, noise):
    for n in _SIZES:
        shown = made.compute(bend=0.0, noise=noise, n_trials=n)
        patterns = latents(2) @ np.eye(2, _N_NEURONS)
        expected = expected_parallelism_score(patterns, latents(2), noise=noise, n_trials=n)[0]
        # One recording: within what shuffles of forty neurons spread, plus its own noise.
        assert shown["plain"] == pytest.approx(expected, abs=3 / np.sqrt(_N_NEURONS - 1))


def test_chance_is_around_zero_with_the_width_of_forty_neurons(made):
    band = made.compute(bend=0.5, noise=1.0, n_trials=16)["chance"]
    lower, upper = band[: len(_SIZES), 1], band[len(_SIZES) :, 1]
    assert np.abs(lower.mean() + 2 / np.sqrt(_N_NEURONS - 1)) < 0.12
    assert np.abs(upper.mean() - 2 / np.sqrt(_N_NEURONS - 1)) < 0.12


def test_everything_is_drawn_within_its_panel(made):
    for s in grid(made, "bend"):
        for noise in grid(made, "noise"):
            shown = made.compute(bend=s, noise=noise, n_trials=8)
            for name in ("plain dots", "corrected dots"):
                assert ((shown[name][:, 1] >= _RANGE[0]) & (shown[name][:, 1] <= _RANGE[1])).all()
            for name in ("plain bars", "corrected bars"):
                assert np.abs(shown[name][..., 1] - np.mean(_RANGE)).max(initial=0) <= 1.2 + 1e-9
            heights = shown["null"][1:-1, 1].reshape(-1, 2)[:, 0]
            assert heights.sum() == pytest.approx(1) and heights.max() < 0.5
            assert _EDGES[0] < shown["plain"] < _EDGES[-1]


def test_what_noise_leaves_no_length_of_is_not_corrected(made):
    words = [
        made.readouts_at(bend=s, noise=1.5, n_trials=4)["corrected"] for s in grid(made, "bend")
    ]
    assert "none" in words
    strong = made.readouts_at(bend=0.0, noise=0.25, n_trials=64)
    assert float(strong["corrected"]) == pytest.approx(1, abs=0.05)
