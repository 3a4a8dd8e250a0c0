"""Forgetting: weights and errors against a simulated leaky sum."""

import numpy as np
import pytest

from absrep.evidence import effective_looks

from .explorers import explorer


@pytest.mark.parametrize("a", [0.5, 0.9, 0.98, 1.0])
@pytest.mark.parametrize("trained", [5, 20])
def test_a_simulated_leaky_sum(a, trained):
    rng = np.random.default_rng(0)
    x = rng.uniform(-0.5, 0.5, 200_000)
    q, total, found, means = np.zeros_like(x), np.zeros_like(x), {}, {}
    for t in range(1, 2 * trained + 1):
        look = x + 0.4 * rng.standard_normal(len(x))
        q, total = a * q + look, total + look
        if t in (trained, 2 * trained):
            found[t], means[t] = q, total / t
    gain = sum(a**k for k in range(trained))
    shown = explorer("leaking_away").readouts_at(eigenvalue=a, trained=trained, noise=0.4)
    for key, estimate in (
        ("at T", found[trained] / gain),
        ("at 2T", found[2 * trained] / gain),
        ("mean at T", means[trained]),
        ("mean at 2T", means[2 * trained]),
    ):
        r2 = 1 - np.mean((estimate - x) ** 2) * 12
        assert float(shown[key].replace("−", "-")) == pytest.approx(r2, abs=0.02)


@pytest.mark.parametrize("a", [0.0, 0.3, 0.95])
def test_effective_looks_in_closed_form(a):
    closed = (1 + a) * (1 - a**20) / ((1 - a) * (1 + a**20))
    assert effective_looks(a, 20) == pytest.approx(closed)


@pytest.mark.parametrize("a", [-0.1, np.nan])
def test_an_eigenvalue_is_not_negative(a):
    with pytest.raises(ValueError, match="eigenvalue"):
        effective_looks(a, 20)
