"""A posterior in a box: what is drawn and read out, by brute force on a grid."""

import numpy as np
import pytest

from absrep.evidence import fan

from .explorers import explorer, grid

NAME = "posterior_in_a_box"
AXIS = (np.arange(400) + 0.5) / 400 - 0.5
GRID = np.stack(np.meshgrid(AXIS, AXIS, indexing="ij"), axis=-1)


def brute_force(samples, noise):
    """Posterior mean in the box and the probabilities of +, from every sample by itself."""
    log = sum(-0.5 * ((GRID - sample) ** 2).sum(-1) / noise**2 for sample in samples)
    weight = np.exp(log - log.max())
    weight /= weight.sum()
    mean = np.einsum("xy,xyd->d", weight, GRID)
    return mean, np.einsum("xy,xyk->k", weight, fan(3).margins(GRID) > 0)


def test_means_and_answers_are_those_of_bayes():
    made = explorer(NAME)
    for values in list(grid(made))[::3]:
        result = made.compute(**values)
        assert len(result["samples"]) == values["n_steps"]
        mean, plus = brute_force(result["samples"], values["noise"])
        np.testing.assert_allclose(result["box mean"][0], mean, atol=2e-3)
        np.testing.assert_allclose(result["bars"][:, 1], plus, atol=0.02)
        np.testing.assert_allclose(result["mean"][0], result["samples"].mean(axis=0), atol=1e-12)
        truth = result["truth"].mean(axis=0)
        assert result["error"] == pytest.approx(np.linalg.norm(mean - truth), abs=0.01)


def test_rings_are_cut_off_at_the_walls_and_bells_meet_there():
    made = explorer(NAME)
    for values in grid(made):
        result = made.compute(**values)
        inside = result["inside"][~np.isnan(result["inside"][:, 0])]
        assert (np.abs(inside) <= 0.5 + 1e-12).all()
        cut = result["cut bell"]
        assert cut[0].tolist() == [-0.5, 0] and cut[-1].tolist() == [0.5, 0]
        assert (np.abs(cut[:, 0]) <= 0.5).all()
        s = values["noise"] / np.sqrt(values["n_steps"])
        assert result["spread"] == pytest.approx(s)
        assert result["limit"] > result["limit without"] == pytest.approx(1 - 12 * s**2)


def test_a_lot_of_noise_leaves_the_prior():
    result = explorer(NAME).compute(truth=0, n_steps=1, noise=0.8)
    assert result["limit"] < 0.12 and result["limit without"] < -6
