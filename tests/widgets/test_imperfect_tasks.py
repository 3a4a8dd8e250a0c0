"""How much exclusive-or abstraction bears: the read-outs by other routes."""

import numpy as np
import pytest

from ..helpers import latents
from .explorers import explorer, grid

NAME = "exclusive_or_weight"


@pytest.fixture(scope="module")
def results():
    made = explorer(NAME)
    return [(values, made.compute(**values)) for values in list(grid(made))[::3]]


def theorem(weight, interaction, decay):
    """Parallelism score by the chapter's theorem (whitened apart from κ₁₂, κ₀ = 5)."""
    t, gain = (1 / interaction - 1 / 5) / 4, np.sqrt(4 * 5 / 6)
    root = weight / np.sqrt(t)
    return np.clip((gain - root) / (gain + root - 2 * decay), 0, 1)


def test_certified_loss_is_that_of_the_theory(results):
    for _, result in results:
        assert result["loss"] == pytest.approx(result["theory"], rel=1e-9)
        assert result["gap"] < 1e-9


def test_scores_are_those_of_the_theorem(results):
    for values, result in results:
        weight = np.sqrt(values["reports"]) / 3
        if weight**2 > 1 / values["interaction"] + 1 / 5:
            assert result["first"] < 1e-6  # the exclusive-or outweighs the latents
            continue
        wanted = theorem(weight, values["interaction"], values["weight_decay"])
        assert result["first"] == pytest.approx(wanted, abs=1e-6)
        assert result["second"] == pytest.approx(wanted, abs=1e-6)


def test_star_lies_on_the_line(results):
    for _, result in results:
        (weight, score), line = result["found"][0], result["line"]
        near = np.argmin(np.abs(line[:, 0] - weight))
        low, high = line[max(near - 1, 0) : near + 2, 1].min(), line[max(near - 1, 0), 1]
        assert low - 1e-6 <= score <= high + 1e-6


def test_star_is_in_its_panel_where_the_score_is_lowest():
    made = explorer(NAME)
    interaction, decays = made.parameters[1].values[-1], made.parameters[2].values
    for decay in decays:
        result = made.compute(reports=9, interaction=interaction, weight_decay=decay)
        (_, score), (low, high) = result["found"][0], made.views[1].ylim
        assert low < score < 0 < high


def test_geometry_has_the_scores_it_is_drawn_with(results):
    labels = latents(2)
    for _, result in results:
        points = result["points"]
        sides = points[labels[:, 0] > 0] - points[labels[:, 0] < 0]
        cosine = sides[0] @ sides[1] / np.linalg.norm(sides[0]) / np.linalg.norm(sides[1])
        assert cosine == pytest.approx(result["first"], abs=1e-5)


def test_answer_is_none_where_abstraction_is_whole_and_rises_with_the_demand(results):
    made = explorer(NAME)
    for interaction in made.parameters[1].values[::3]:
        answers = [
            made.compute(reports=m, interaction=interaction, weight_decay=1.0)["answered"]
            for m in range(10)
        ]
        assert answers[0] == "not asked"
        assert np.all(np.diff(answers[1:]) > -1e-9) and answers[-1] > answers[1]
    # w = 1/3 lies below λ√t = 1/√5.
    assert float(made.readouts_at(reports=1, interaction=1.0, weight_decay=1.0)["answered"]) == 0
