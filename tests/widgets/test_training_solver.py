"""A network solves a maze: the page's numbers by other routes."""

from itertools import pairwise

import numpy as np
import pytest

from absrep.mazes import Mazes, lattice_edges
from absrep.mazes.training import recipe

from .explorers import explorer, grid

WORDS = recipe("solver").vocabulary


@pytest.fixture(scope="module")
def results():
    made = explorer("solving")
    return made, [(values, made.compute(**values)) for values in grid(made)]


def passages_of(walls):
    """The maze from its drawing."""
    drawn = {tuple(np.round(stroke.mean(axis=0), 6)) for stroke in walls}
    middle = [((a % 4 + b % 4) / 2, -(a // 4 + b // 4) / 2) for a, b in lattice_edges(4).tolist()]
    return np.array([place not in drawn for place in middle])


def cells(points):
    return [round(-y * 4 + x) for x, y in points]


def test_names_say_the_length_and_whether_it_is_solved(results):
    made, all_of_them = results
    last = {values["puzzle"]: result for values, result in all_of_them}
    for number, name in enumerate(made.parameters[0].words):
        end = last[number]
        maze = Mazes(4, passages_of(end["walls"])[None])
        (start,), (target,) = cells(end["origin"]), cells(end["target"])
        length = maze.distances([start])[0, target]
        assert f"{length} steps" in name
        path = cells(end["so_far"])
        walks = all(maze.joined([a], [b])[0] for a, b in pairwise(path))
        exact = path[0] == start and path[-1] == target and walks and len(path) == length + 1
        assert exact == name.endswith(", solved")
        assert end["said"] == "<end>"


def test_what_is_said_is_what_is_most_likely(results):
    _, all_of_them = results
    for _, result in all_of_them:
        chances = result["next"].ravel()
        assert 0 <= chances.min() and chances.sum() <= 1 + 1e-6
        if result["said"] != "<end>":
            assert chances.argmax() == WORDS[result["said"]]
            assert result["chance"] == pytest.approx(chances.max())
        else:
            assert result["chance"] >= chances.max()
        np.testing.assert_allclose(
            result["product"],
            np.prod(result["sure"][: int(result["at"][0, 0]) + 1, 1]),
        )


def test_the_right_word_is_one_step_nearer(results):
    _, all_of_them = results
    for _, result in all_of_them:
        if not result["right"].startswith("(") or not len(result["so_far"]):
            continue
        maze = Mazes(4, passages_of(result["walls"])[None])
        left = maze.distances(cells(result["target"]))[0]
        here = cells(result["here"])[0]
        assert left[WORDS[result["right"]]] == left[here] - 1
        assert maze.joined([here], [WORDS[result["right"]]])[0]
