"""Explorers of whitened inputs against the formulas of the chapter and a search for neurons."""

import numpy as np
import pytest

from absrep import hypercube, kernel_from_spectrum
from absrep.meanfield import relu, strongest_neurons
from absrep.widgets import below_zero, collapse_threshold

from .explorers import grid


def gain(k0, k1):
    return k0 * k1 / (k0 + k1) if k0 >= k1 else (k0 + k1) / 4


def test_strength_and_loss_are_the_theorems_up_to_collapse_and_beyond():
    explorer = collapse_threshold()
    points = list(grid(explorer))
    seen = set()
    for point in points[::7]:
        g, first, second = point.values()
        p_gamma, nu = 4 * gain(5, 1 + g), np.sqrt(first * second)
        b, loss = 0.0, 4.0
        if nu < np.sqrt(p_gamma):
            b = (np.sqrt(second * p_gamma / first) - second) / 4
            loss = 2 * (nu * 4 / np.sqrt(p_gamma) - 2 * nu**2 / p_gamma)
        seen.add(b == 0)
        read = explorer.readouts_at(**point)
        assert read["strength"] == f"{b:.4f}"
        assert read["threshold"] == f"{np.sqrt(p_gamma):.3f}"
        assert read["loss"] == read["optimum"] == f"{loss:.5f}"
        assert float(read["gap"].replace("−", "-")) < 1e-9
    assert seen == {True, False}


def test_the_strength_lies_on_the_line():
    explorer = collapse_threshold()
    for point in list(grid(explorer))[::23]:
        drawn = explorer.compute(**point)
        x, y = np.transpose(drawn["line"])
        for key in ("theory", "certified"):
            ((at, found),) = drawn[key]
            assert found == pytest.approx(np.interp(at, x, y), abs=1e-8)


@pytest.mark.parametrize("latent", [0.2, 0.8, 1.0, 1.4, 3.0, 4.0])
def test_neurons_dip_where_labels_are_stronger_than_the_constant(latent):
    explorer = below_zero()
    drawn = explorer.compute(latent=latent)
    task = hypercube(2, kernel_from_spectrum([1, latent, 0.5]))
    searched = strongest_neurons([1.0], task, relu, bias=0.0).signals[0]
    assert drawn["gain"] == pytest.approx(gain(1, latent), rel=1e-9)
    assert drawn["optimum"] == pytest.approx(searched, rel=1e-6)
    dip = min(0, (1 - latent) / (1 + latent))
    assert drawn["dip"] == pytest.approx(dip)
    np.testing.assert_allclose(drawn["preactivations"], [dip, dip, 1, 1], atol=1e-9)
    np.testing.assert_allclose(drawn["certified neuron"][:, 1], [dip, dip, 1, 1], atol=1e-6)
    assert np.tan(np.radians(drawn["angle"])) == pytest.approx(max(1, latent))


def test_certified_neurons_are_on_the_rays():
    for point in grid(below_zero()):
        drawn = below_zero().compute(**point)
        rays = np.concatenate([drawn["first"][:, 1], drawn["second"][:, 1]])
        cosines = drawn["certified rays"] @ rays.T
        np.testing.assert_allclose(cosines.max(axis=1), 1, atol=1e-9)
        assert len(set(cosines.argmax(axis=1))) == 4


def test_staying_above_zero_costs_gain_only_beyond_the_constant():
    drawn = below_zero().compute(latent=1.0)
    latents, free = np.transpose(drawn["gain line"])
    above = np.transpose(drawn["above line"])[1]
    np.testing.assert_allclose(above, latents / (1 + latents), rtol=1e-9)
    np.testing.assert_allclose(free[latents <= 1], above[latents <= 1], rtol=1e-9)
    assert (free[latents > 1.05] > above[latents > 1.05]).all()
