"""Explorers of input geometry against bounds, formulas and the geometry that they draw."""

import numpy as np
import pytest

from absrep import (
    center,
    hypercube,
    kernel_alignment,
    kernel_from_spectrum,
    kernel_parallelism_score,
    parallelism_score,
)
from absrep.meanfield import solve
from absrep.widgets import random_inputs, tilted_inputs

from .explorers import grid

LABELS = hypercube(2).labels
RANDOM, TILTED = random_inputs(), tilted_inputs()


def correlated(latent, r):
    kernel = kernel_from_spectrum([1, latent, 1])
    y1, y2 = LABELS.T
    return kernel + latent * r / 4 * (np.outer(y1, y2) + np.outer(y2, y1))


def test_inputs_are_in_order_of_alignment_and_the_target_makes_them_abstract():
    last = RANDOM.parameters[0].values[-1]
    alone = [RANDOM.compute(which=k, mixture=0.0) for k in range(1, int(last) + 1)]
    alignments = [drawn["alignment"] for drawn in alone]
    assert alignments == sorted(alignments)
    np.testing.assert_allclose(alone[0]["cloud"], [d["now"][0] for d in alone], atol=1e-9)
    scores = [drawn["parallelism"] for drawn in alone]
    assert min(scores) < 0.3 and max(scores) > 0.99  # there is something to see
    for drawn, k in zip(alone[::4], range(1, int(last) + 1, 4), strict=True):
        mixed = RANDOM.compute(which=k, mixture=0.2)
        assert mixed["alignment"] > drawn["alignment"]
        assert mixed["parallelism"] > 0.9
        assert mixed["gap"] < 1e-8 and drawn["gap"] < 1e-8


@pytest.mark.parametrize("explorer", [RANDOM, TILTED], ids=["random", "tilted"])
def test_the_drawn_points_have_the_geometry_that_is_read_out(explorer):
    for point in list(grid(explorer))[::17]:
        drawn = explorer.compute(**point)
        for name, key in (("input", "input score"), ("hidden", "parallelism")):
            points = drawn[name]
            assert np.square(points).sum() == pytest.approx(4)
            np.testing.assert_allclose(points.mean(axis=0), 0, atol=1e-6)
            assert parallelism_score(points, LABELS).mean() == pytest.approx(drawn[key], abs=1e-6)
        found = kernel_alignment(drawn["input"] @ drawn["input"].T, LABELS @ LABELS.T)
        assert found == pytest.approx(drawn["alignment"])


@pytest.mark.parametrize(("latent", "r"), [(0.25, 0.9), (1.0, 0.3), (16.0, 0.6)])
def test_inputs_have_the_correlation_of_the_slider(latent, r):
    kernel, drawn = correlated(latent, r), TILTED.compute(latent=latent, correlation=r)
    best = solve(hypercube(2, kernel), weight_decay=0.03)
    for name, wanted in (("input", kernel), ("hidden", best.kernel)):
        wanted = center(wanted)
        shown = drawn[name] @ drawn[name].T * np.trace(wanted) / 4
        np.testing.assert_allclose(shown, wanted, atol=1e-6 * np.abs(wanted).max())
    assert drawn["parallelism"] == pytest.approx(
        kernel_parallelism_score(best.kernel, LABELS).mean()
    )
    assert drawn["input score"] == pytest.approx((latent - 1) / (latent + 1))


def test_without_correlation_the_whole_road_is_abstract():
    for latent in TILTED.parameters[0].values:
        drawn = TILTED.compute(latent=latent, correlation=0.0)
        assert drawn["parallelism"] == pytest.approx(1, abs=1e-6)
        assert drawn["tilt"] == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("latent", [0.25, 1.0, 2.0])
def test_a_small_correlation_tilts_by_the_first_order_formula(latent):
    r = 0.1
    drawn = TILTED.compute(latent=latent, correlation=r)
    tilt = r / latent / (3 / 5 + 4 / latent + 1)  # κ₀ = 5, κ_r = 1
    assert drawn["tilt"] == pytest.approx(tilt, rel=0.03)
    assert 1 - drawn["parallelism"] == pytest.approx(4 * tilt**2, rel=0.1)
    assert drawn["tilted"] == pytest.approx(drawn["parallelism"], abs=1e-3)
