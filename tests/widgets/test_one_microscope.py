"""Four systems to turn around: pictures and read-outs by other routes."""

import numpy as np
import pytest

from absrep import condition_means, parallelism_score
from absrep.canonical import alignments
from absrep.microscope.specimens import optimum_specimen
from absrep.widgets._one_microscope import facing_the_cube

from ..helpers import latents
from .explorers import explorer, grid

CUBE = latents(3)


@pytest.fixture(scope="module")
def results():
    made = explorer("four_systems")
    return {tuple(values.values()): made.compute(**values) for values in list(grid(made))}


def test_a_cube_is_shown_as_a_cube_however_it_is_turned():
    rng = np.random.default_rng(0)
    turn = np.linalg.qr(rng.standard_normal((20, 3)))[0]
    corners, share = facing_the_cube(5 * CUBE @ turn.T + 3, CUBE)
    np.testing.assert_allclose(corners, CUBE / np.sqrt(3), atol=1e-12)
    assert share == pytest.approx(1)


def test_distances_are_those_of_the_means():
    rng = np.random.default_rng(1)
    flat = rng.standard_normal((8, 3)) @ rng.standard_normal((3, 10))
    corners, share = facing_the_cube(flat, CUBE)
    between, shown = (
        np.linalg.norm(x[:, None] - x[None], axis=-1)
        for x in (condition_means(flat, CUBE)[0], corners)
    )
    np.testing.assert_allclose(shown / shown.max(), between / between.max(), atol=1e-9)
    assert share == pytest.approx(1)


def test_edges_join_conditions_that_differ_in_one_latent(results):
    corners = results[0, 1]["corners"]
    for latent in range(3):
        for low, high in results[0, 1][f"edges {latent}"]:
            ends = [np.flatnonzero((corners == end).all(axis=1))[0] for end in (low, high)]
            differ = CUBE[ends[0]] != CUBE[ends[1]]
            assert differ.tolist() == [k == latent for k in range(3)]


def test_first_system_is_the_optimum(results):
    found = optimum_specimen(seeds=[0], n_trials=24)
    for state, x, layer in (
        (0, found.untrained[0], found.untrained_readout),
        (1, found.trained[0], found.readout),
    ):
        result = results[0, state]
        assert result["PS"] == pytest.approx(parallelism_score(x, found.labels).mean())
        np.testing.assert_allclose(result["six"], alignments(layer).stacked()[0])


def test_everything_fits_into_its_panel(results):
    for result in results.values():
        assert np.all(result["six"] >= -1e-9) and np.all(result["six"] <= 1 + 1e-9)
        assert np.all(result["scores"] < 1.05) and np.all(result["scores"] > -0.3)
        assert np.all(np.abs(result["score nulls"][:, 1]) < 1.05)
        assert result["score nulls"][:, 1].min() > -0.3
        assert np.linalg.norm(result["corners"], axis=1).max() < 1.6 * np.sqrt(3)
        assert 0 < result["share"] <= 100 + 1e-9


def test_training_makes_the_walls_readable(results):
    assert results[4, 1]["decoding"] > results[4, 0]["decoding"] + 0.15
