"""Modularity of read-outs: closed forms, invariances and limits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from absrep import hypercube, readout_modularity
from absrep.meanfield import solve


@pytest.mark.parametrize("d", [2, 3, 5])
def test_neurons_of_one_output_have_one_and_even_ones_a_share(d):
    rng = np.random.default_rng(0)
    single = np.eye(d)[rng.integers(d, size=40)] * rng.standard_normal((40, 1))
    assert readout_modularity(single) == pytest.approx(1, abs=1e-15)
    even = rng.choice([-1.0, 1.0], size=(40, d)) * rng.random((40, 1))
    assert readout_modularity(even) == pytest.approx(1 / d, abs=1e-15)


def test_gaussian_weights_to_two_outputs_have_their_expected_share():
    # E max(x², y²) = 1 + 2/π for standard normal x, y.
    w = np.random.default_rng(0).standard_normal((200_000, 2))
    assert readout_modularity(w) == pytest.approx(0.5 + 1 / np.pi, abs=2e-3)


@given(st.integers(0, 10**6), st.integers(2, 5), st.floats(1e-3, 1e3))
def test_it_is_a_weighted_mean_of_shares_and_ignores_scale_signs_and_order(seed, d, scale):
    rng = np.random.default_rng(seed)
    w = rng.standard_normal((7, d))
    shares = [max(row**2) / sum(row**2) for row in w]
    value = readout_modularity(w)
    assert value == pytest.approx(np.average(shares, weights=(w**2).sum(1)), rel=1e-12)
    assert 1 / d <= value <= 1
    changed = scale * rng.choice([-1, 1], size=w.shape) * w[rng.permutation(7)]
    changed = changed[:, rng.permutation(d)]
    assert readout_modularity(changed) == pytest.approx(value, rel=1e-12)


def test_silent_neurons_do_not_count():
    w = np.array([[2.0, 0.0], [0.0, 1.0]])
    assert readout_modularity(np.vstack([w, np.zeros((5, 2))])) == readout_modularity(w) == 1


def test_leading_axes_are_a_loop():
    w = np.random.default_rng(0).standard_normal((3, 4, 6, 2))
    looped = [[float(readout_modularity(w[i, j])) for j in range(4)] for i in range(3)]
    np.testing.assert_allclose(readout_modularity(w), looped, rtol=1e-14)


def test_the_certified_optimum_is_modular():
    task = hypercube(3)
    best = solve(task)
    z = np.maximum(best.preactivations, 0) * np.sqrt(best.masses)
    weights = z.T @ np.linalg.solve(best.kernel + 0.01 * np.eye(8), task.labels)
    assert readout_modularity(weights) == pytest.approx(1, abs=1e-9)
