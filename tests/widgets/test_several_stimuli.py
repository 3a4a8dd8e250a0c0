"""Members of a class: the read-outs by other routes."""

import numpy as np
import pytest

from absrep import Task, gram_factor
from absrep.meanfield import solve

from ..helpers import latents
from .explorers import explorer, grid

Y = latents(2)


def blocks(block):
    n = len(block)
    return Task(np.repeat(Y, n, axis=0), kernel=np.kron(np.eye(4), block))


def spread(kernel):
    """Of the points themselves, class by class."""
    points = gram_factor(kernel)
    points = (points - points.mean(axis=0)).reshape(4, -1, len(kernel))
    means = points.mean(axis=1, keepdims=True)
    return np.sqrt(np.square(points - means).sum() / np.square(means * np.ones_like(points)).sum())


class TestMembersOfAClass:
    NAME = "members_of_a_class"

    def test_theory_is_the_certified_optimum(self):
        made = explorer(self.NAME)
        for values in list(grid(made))[::4]:
            n = int(values["members"])
            if n > 3:
                continue
            block = (1 - values["correlation"]) * np.eye(n) + values["correlation"]
            best = solve(blocks(block), weight_decay=values["weight_decay"])
            result = made.compute(**values)
            assert result["loss"] == pytest.approx(best.loss, rel=1e-9)
            labels = np.repeat(Y, n, axis=0)
            found = [y @ best.kernel @ y / (4 * n) ** 2 for y in labels.T]
            np.testing.assert_allclose(found, result["strength"], atol=1e-6)
            if result["strength"] > 0:
                assert result["ps"] == pytest.approx(1, abs=1e-6)
                assert result["spread"] == pytest.approx(spread(best.kernel), abs=1e-5)
                shown = best.kernel / best.kernel.max()
                np.testing.assert_allclose(result["hidden"], shown, atol=1e-5)
            else:
                assert result["ps"] == result["spread"] == "collapsed"

    def test_dot_is_on_the_line_and_star_on_the_dot(self):
        made = explorer(self.NAME)
        for values in list(grid(made))[::5]:
            result = made.compute(**values)
            n = int(values["members"])
            np.testing.assert_array_equal(result["now"][0], result["line"][n - 1])
            assert len(result["certified"]) == (n <= 2)
            if n <= 2:
                np.testing.assert_allclose(result["certified"], result["now"], atol=1e-6)

    def test_more_members_are_learned_where_one_is_not(self):
        made = explorer(self.NAME)
        one, five = (made.readouts_at(members=n, correlation=0.3, weight_decay=2.5) for n in (1, 5))
        assert one["ps"] == "collapsed" and five["ps"] == "1.000"


class TestMembersComeApart:
    NAME = "members_come_apart"

    def test_members_part_at_the_chapters_boundary(self):
        made = explorer(self.NAME)
        gain = 1 / (1 + 1 / 9)  # c₁ = 1 and κ₀ = 1 + 8τ
        boundary = 2 * gain * (2 * 2 - 1) / (2 - 1)
        for values in grid(made):
            result = made.compute(**values)
            assert result["ratio"] == pytest.approx(values["contrast"] / boundary)
            apart = values["contrast"] > boundary
            assert result["members"] == ("came apart" if apart else "are one")
            assert (result["spread"] > 0.1) == apart
            assert result["ps"] == pytest.approx(1, abs=1e-6)
            assert result["gap"] < 1e-9

    @pytest.mark.parametrize("contrast", [0.7, 8.0])
    def test_spread_and_picture_are_those_of_the_optimum(self, contrast):
        result = explorer(self.NAME).compute(contrast=contrast)
        half = np.full((2, 2), 0.5)
        best = solve(blocks(half + contrast * (np.eye(2) - half)))
        assert result["loss"] == pytest.approx(best.loss, rel=1e-9)
        assert result["spread"] == pytest.approx(spread(best.kernel), abs=1e-5)
        # Distances of members from each other, and of class means, as in the hidden layer.
        drawn, points = result["pairs"], gram_factor(best.kernel).reshape(4, 2, 8)
        apart = np.linalg.norm(points[:, 0] - points[:, 1], axis=1)
        np.testing.assert_allclose(
            np.linalg.norm(drawn[:, 0] - drawn[:, 1], axis=1), apart, atol=1e-6
        )
        means, flat = points.mean(axis=1), drawn.mean(axis=1)
        np.testing.assert_allclose(
            np.linalg.norm(means[0] - means, axis=1),
            np.linalg.norm(flat[0] - flat, axis=1),
            atol=1e-6,
        )
