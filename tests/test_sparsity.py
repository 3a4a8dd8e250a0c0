"""Lifetime sparsity against its definition and its limits."""

import numpy as np
import pytest

from absrep import lifetime_sparsity


def test_limits():
    assert lifetime_sparsity(np.ones((10, 3))) == pytest.approx(0)
    assert lifetime_sparsity(np.eye(7)) == pytest.approx(1)
    assert lifetime_sparsity(np.zeros((5, 2))) == 1


def test_half_normal_rates():
    # ⟨r⟩²/⟨r²⟩ is 2/π for the absolute value of a normal variable, 1/π for its positive part.
    x = np.random.default_rng(0).standard_normal((400_000, 1))
    assert lifetime_sparsity(np.abs(x)) == pytest.approx(1 - 2 / np.pi, abs=0.003)
    assert lifetime_sparsity(np.maximum(x, 0)) == pytest.approx(1 - 1 / np.pi, abs=0.003)


def test_gain_does_not_matter():
    rates = np.random.default_rng(1).exponential(size=(50, 4))
    assert lifetime_sparsity(rates * [1, 2, 3, 400]) == pytest.approx(lifetime_sparsity(rates))
