"""The edited wall: probabilities by reading the whole sentence again."""

import numpy as np
import pytest

from .explorers import explorer


@pytest.fixture(scope="module")
def made():
    return explorer("edited_wall")


def test_without_a_dose_nothing_is_edited(made):
    for maze in made.parameters[0].values:
        plain = made.compute(maze=maze, blocks=1, dose=0)
        assert plain["says"] == "stays on its way" and plain["kept"] > 0.5
        for blocks in (3, 6):
            again = made.compute(maze=maze, blocks=blocks, dose=0)
            np.testing.assert_allclose(again["ways"], plain["ways"], atol=1e-5)


def test_bars_are_probabilities_and_readouts_two_of_them(made):
    for maze in made.parameters[0].values:
        for dose in (0.5, 2):
            result = made.compute(maze=maze, blocks=3, dose=dose)
            assert result["ways"].sum() == pytest.approx(1, abs=1e-6)
            for key in ("beyond", "kept"):
                assert np.abs(result["ways"] - result[key]).min() < 1e-6


def test_shortcuts_are_followed_and_the_edit_needs_the_middle_of_the_network(made):
    for maze in made.parameters[0].values:
        result = made.compute(maze=maze, blocks=4, dose=2)
        if result["kind"] == "shortcut":
            assert result["says"] == "follows the edit"
        assert made.compute(maze=maze, blocks=1, dose=4)["says"] == "stays on its way"


def test_the_drawing_is_of_the_maze(made):
    for maze in made.parameters[0].values:
        result = made.compute(maze=maze, blocks=3, dose=1)
        steps = np.abs(np.diff(result["path"], axis=0)).sum(1)
        assert (steps == 1).all()
        edited = result["edited"][0]
        assert np.abs(edited[0] - edited[1]).sum() == 1
        middle = edited.mean(0)
        here = result["path"][-1]
        assert np.abs(middle - here).sum() == pytest.approx(0.5)
        assert result["walls"].shape[1:] == (2, 2)
        assert np.abs(result["walls"].mean(1) - middle).sum(1).min() > 0.4
