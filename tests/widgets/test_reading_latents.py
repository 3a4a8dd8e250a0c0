"""Tails of the logits: read-outs against the theory and by other routes."""

import numpy as np
import pytest
from scipy.special import entr
from scipy.stats import norm

from .explorers import explorer, grid

NAME = "tails_of_the_logits"


def test_each_formula_is_right_for_its_own_answers():
    made = explorer(NAME)
    for t in made.parameters[1].values:
        assert made.compute(optimal=1.0, steps=t)["exact"] == pytest.approx(1, abs=1e-12)
        assert made.compute(optimal=1.0, steps=t)["excess"] < 1e-9
        straight = made.compute(optimal=0.0, steps=t)
        assert straight["straight"] == pytest.approx(1, abs=1e-12)
        assert straight["exact"] < 1 and 0 < straight["excess"] < 1
        np.testing.assert_allclose(*straight["straight dots"].T, atol=1e-12)


def test_lines_are_the_logits():
    made = explorer(NAME)
    for values in grid(made):
        result = made.compute(**values)
        m, best = result["optimum"].T
        np.testing.assert_allclose(best, norm.logcdf(m) - norm.logsf(m), rtol=1e-10, atol=1e-12)
        share = values["optimal"]
        mixed = share * best + (1 - share) * 1.702 * m
        np.testing.assert_allclose(result["now"][:, 1], mixed, rtol=1e-12, atol=1e-12)
        assert 0 <= result["far"] <= 100
        assert result["bars"][:, 1].sum() == pytest.approx(45, rel=0.05)


def test_excess_of_straight_logits_over_uniform_margins():
    # At the end of a trial the margins near a boundary are nearly uniform.
    m = np.linspace(-8, 8, 4001)
    p, q = norm.cdf(m), 1 / (1 + np.exp(-1.702 * m))
    lost = np.mean(-p * np.log(q) - (1 - p) * np.log1p(-q))
    expected = 100 * (lost / np.mean(entr(p) + entr(1 - p)) - 1)
    found = explorer(NAME).compute(optimal=0.0, steps=20)["excess"]
    assert found == pytest.approx(expected, rel=0.2)


def test_the_loss_hardly_notices_what_the_coordinates_do():
    made = explorer(NAME)
    results = [made.compute(optimal=o, steps=20) for o in made.parameters[0].values]
    assert max(r["excess"] for r in results) < 1
    assert np.ptp([r["straight"] for r in results]) > 1
    assert (np.diff([r["exact"] for r in results]) > 0).all()
