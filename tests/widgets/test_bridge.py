"""Many tasks and their label kernel: the read-outs by other routes."""

import numpy as np
import pytest

from absrep import kernel_parallelism_score

from ..helpers import latents
from .explorers import explorer, grid

CUBE = latents(3)
WALSH = np.array(
    [CUBE[:, list(s)].prod(axis=1) for s in ([], [0], [1], [2], [0, 1], [0, 2], [1, 2], [0, 1, 2])]
)


@pytest.fixture(scope="module")
def results():
    made = explorer("many_tasks")
    return [(values, made.compute(**values)) for values in list(grid(made))]


def test_bars_make_the_kernel_of_infinitely_many_tasks(results):
    for values, result in results:
        if values["tasks"] == 0:
            whole = np.einsum("s,sp,sq->pq", result["weights"], WALSH, WALSH)
            np.testing.assert_allclose(whole, result["kernel"], atol=1e-12)
        np.testing.assert_allclose(
            np.einsum("sp,pq,sq->s", WALSH, result["kernel"], WALSH) / 64,
            result["weights"],
            atol=1e-12,
        )


def test_score_of_infinitely_many_tasks_is_that_of_the_corollary(results):
    for values, result in results:
        if values["tasks"] == 0:
            q = 1 / (1 + values["spread"] ** 2)
            full, third = 2 / np.pi * np.arcsin(q * np.array([1, 1 / 3]))
            omega = np.array([full + third, full - 3 * third]) / 4
            b1, b3 = np.maximum(np.sqrt(0.9 * 8 * omega) - 0.03, 0)
            wanted = (b1 - b3 / 3) / (b1 + b3)
            assert result["certified"] == pytest.approx(wanted, abs=1e-9)
            assert result["loss"] == pytest.approx(result["bound"], rel=1e-9)
            line = result["limit"]
            assert np.interp(values["spread"], *line.T) == pytest.approx(wanted, abs=0.01)


def test_bound_is_never_above_the_certified_optimum(results):
    for _, result in results:
        assert result["bound"] <= result["loss"] * (1 + 1e-9)


def test_one_certain_task_holds_some_latents_not(results):
    for values, result in results:
        if values["tasks"] == 1 and values["spread"] == 0:
            assert result["certified"] == "not all latents held" and not len(result["found"])
            with pytest.raises(ValueError, match="coding direction is zero"):
                kernel_parallelism_score(result["kernel"], CUBE)


def test_rank_is_that_of_the_tasks_and_odd(results):
    for values, result in results:
        most = 4 if values["tasks"] == 0 else min(values["tasks"], 4)
        assert 1 <= result["rank"] <= most
        np.testing.assert_allclose(result["kernel"], -result["kernel"][::-1], atol=1e-12)


def test_star_is_in_its_panel(results):
    low, high = explorer("many_tasks").views[2].ylim
    for _, result in results:
        for _, height in result["found"]:
            assert low < height <= high
