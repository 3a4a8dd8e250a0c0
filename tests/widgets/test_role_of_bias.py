"""The phase boundary against its theorem and a search over neurons."""

import numpy as np
import pytest

from absrep import hypercube, kernel_from_spectrum
from absrep.meanfield import solve
from absrep.widgets import phase_boundary

from .explorers import grid

EXPLORER = phase_boundary()


def pair_gain(x, y):
    return x * y / (x + y) if x >= y else (x + y) / 4


def test_phase_score_and_loss_are_the_theorems():
    phases = set()
    for point in list(grid(EXPLORER))[::5]:
        tau, k2, k1 = point.values()
        k0 = round(1 + 4 * tau, 9)
        gain = pair_gain(max(k0, (k0 + k2) / 2), k1)
        loss = 2 * (0.01 * np.sqrt(4 / gain) - 0.01**2 / (2 * gain))
        read = EXPLORER.readouts_at(**point)
        phase, score = (
            ("abstract", "1.000")
            if k2 < k0
            else ("one per stimulus", "0.000")
            if k2 > k0
            else ("on the boundary", "any, 0 to 1")
        )
        phases.add(phase)
        assert (read["phase"], read["parallelism"]) == (phase, score), point
        assert read["loss"] == f"{loss:.5f}"
        assert float(read["gap"].replace("−", "-")) < 1e-9
        assert read["critical"] == f"{max(k2 - 1, 0) / 4:.2f}"
    assert len(phases) == 3


def test_the_optimums_neurons_are_at_the_top_of_the_curve():
    for point in list(grid(EXPLORER))[::7]:
        drawn = EXPLORER.compute(**point)
        angles, curve = drawn["curve"].T
        assert curve.max() == pytest.approx(1, abs=1e-9)
        np.testing.assert_allclose(drawn["stars"][:, 1], 1, atol=1e-4)
        at = np.interp(drawn["stars"][:, 0], angles, curve)
        np.testing.assert_allclose(at, 1, atol=1e-3)
        if drawn["phase"] == "on the boundary":
            np.testing.assert_allclose(curve, 1, atol=1e-9)
        else:
            best = {0, 90} if drawn["phase"] == "abstract" else {45}
            assert set(angles[curve > 1 - 1e-6]) == best


def test_the_curve_is_the_best_of_all_preactivations_with_these_features():
    drawn = EXPLORER.compute(bias=0.1, interaction=2.6, latent=1.0)
    kernel = kernel_from_spectrum([1.0, 1.0, 2.6]) + 0.1
    steps = np.linspace(0, 0.8, 81)
    for angle in (15, 45, 70):
        w = np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))])
        answers = hypercube(2).labels @ w
        active = answers > 1e-12
        silent = np.stack(np.meshgrid(*[-steps] * (~active).sum()), -1).reshape(-1, (~active).sum())
        h = np.tile(np.maximum(answers, 0), (len(silent), 1))
        h[:, ~active] = silent
        cost = np.einsum("np,np->n", h, np.linalg.solve(kernel, h.T).T).min()
        # What the features say is Yᵀ(Yw)₊ = 2w, of squared length 4 = P.
        brute = 1 / cost
        shown = np.interp(angle, *drawn["curve"].T) * pair_gain((1.4 + 2.6) / 2, 1.0)
        assert brute <= shown * (1 + 1e-9)
        assert brute == pytest.approx(shown, rel=1e-3)


def test_the_kernel_turns_from_square_to_identity():
    near = 1 - np.eye(4) - np.eye(4)[::-1]
    for k2, wanted in ((1.7, np.eye(4) + near / 2), (1.9, np.eye(4))):
        drawn = EXPLORER.compute(bias=0.2, interaction=k2, latent=1.0)
        np.testing.assert_allclose(drawn["kernel"], wanted, atol=1e-6)


def test_the_bias_is_part_of_the_constant():
    kernel = kernel_from_spectrum([1.8, 1.0, 1.0])
    direct = solve(hypercube(2, kernel), bias=0.0)
    read = EXPLORER.readouts_at(bias=0.2, interaction=1.0, latent=1.0)
    assert read["constant"] == "1.8" and read["loss"] == f"{direct.loss:.5f}"
