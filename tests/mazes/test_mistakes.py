"""Mistakes, steps and chances, against what one finds by walking through each maze."""

import numpy as np
import pytest
import torch

from absrep.mazes import (
    Puzzles,
    Vocabulary,
    depth_first,
    first_mistakes,
    foretell,
    lattice_edges,
    percolation,
    pose,
    right_steps,
)
from absrep.nets import LanguageModel

WORDS = Vocabulary(3)
PUZZLES = pose(percolation(200, 3, seed=0, openness=0.6), seed=1)
KINDS = ("wrong way", "wall", "jump", "stopped", "went on", "word")


def passages(row):
    edges = lattice_edges(3)[PUZZLES.mazes.passages[row]]
    return {frozenset(edge) for edge in edges.tolist()}


def by_hand(row, answer):
    """Step and kind of the first wrong word, or None, from the words alone."""
    path = PUZZLES.path[row][PUZZLES.path[row] >= 0].tolist()
    beside = {frozenset(edge) for edge in lattice_edges(3).tolist()}
    for step, right in enumerate([*path, WORDS["<end>"]]):
        word = answer[step]
        if word == right:
            continue
        if word >= WORDS.n_cells:
            return step, "stopped" if word == WORDS["<end>"] else "word"
        if step == len(path):
            return step, "went on"
        pair = frozenset((path[step - 1], word)) if step else None
        if pair in passages(row):
            return step, "wrong way"
        return step, "wall" if pair in beside else "jump"
    return None


def test_mistakes_are_those_found_by_hand():
    rng = np.random.default_rng(2)
    answers = WORDS.path_tokens(PUZZLES)
    answers = np.pad(answers, ((0, 0), (0, 3)), constant_values=WORDS["<pad>"])
    for row in range(180):  # the last ones stay right
        step = rng.integers(PUZZLES.lengths[row] + 2)
        answers[row, step] = (
            rng.integers(WORDS.n_cells + 1) if rng.random() < 0.9 else WORDS["<path>"]
        )
        if answers[row, step] == WORDS.n_cells:
            answers[row, step] = WORDS["<end>"]
        if step == PUZZLES.lengths[row] + 1:
            answers[row, step + 1] = WORDS["<end>"]
    judged = WORDS.judge(PUZZLES, answers)
    found = first_mistakes(PUZZLES, judged)
    assert tuple(found.kinds) == KINDS
    assert np.array_equal(sum(found.kinds.values()), (~judged.exact).astype(int))
    kinds = set()
    for row in range(200):
        expected = by_hand(row, answers[row].tolist())
        if expected is None:
            assert found.step[row] == -1 and judged.exact[row]
            continue
        step, kind = expected
        if kind == "stopped" or judged.ended[row] or (answers[row] < WORDS.n_cells)[step]:
            assert found.step[row] == step
            assert [name for name, has in found.kinds.items() if has[row]] == [kind]
        else:
            assert found.kinds["word"][row]
        kinds.add(kind)
    assert kinds == set(KINDS)


def test_steps_are_those_of_the_paths():
    steps = right_steps(PUZZLES)
    rows = iter(np.column_stack(list(vars(steps).values())))
    for row in range(200):
        path = PUZZLES.path[row][PUZZLES.path[row] >= 0].tolist()
        for k in range(1, len(path)):
            out = {next(iter(p - {path[k - 1]})) for p in passages(row) if path[k - 1] in p}
            ways = out - ({path[k - 2]} if k > 1 else set())
            expected = (row, k, path[k - 1], path[k], len(ways), len(path) - k)
            assert tuple(map(int, next(rows))) == expected
            assert path[k] in ways
    assert next(rows, None) is None


def test_chances_are_those_of_each_sentence_by_itself():
    network = LanguageModel(len(WORDS), WORDS.longest, 16, 2, 2, seeds=[0, 1]).requires_grad_(False)
    draw = torch.Generator().manual_seed(0)
    for parameter in network.parameters():
        parameter.add_(0.3 * torch.randn(parameter.shape, generator=draw))
    some = PUZZLES[:12]
    found = foretell(network, WORDS, some, seed=3, n_batch=5)
    sentences = WORDS.encode(some, seed=3)
    for row in range(12):
        for k in range(some.lengths[row] + 2):
            before = sentences.tokens[row, : sentences.prompt[row] + k]
            expected = network(torch.from_numpy(before)[None])[:, 0, -1].softmax(-1)
            np.testing.assert_allclose(found[:, row, k], expected, atol=1e-5)


def test_chances_along_an_own_answer():
    """Puzzles whose path is an answer ask for its chances."""
    network = LanguageModel(len(WORDS), WORDS.longest, 16, 2, 1, seeds=[0]).requires_grad_(False)
    puzzle = pose(depth_first(1, 3, seed=4), seed=5)
    own = Puzzles(puzzle.mazes, puzzle.origin, puzzle.target, np.array([[0, 1, 2, -1]]))
    found = foretell(network, WORDS, own, seed=6)
    sentence = WORDS.encode(puzzle, seed=6)
    tokens = [*sentence.tokens[0, : sentence.prompt[0]].tolist(), 0, 1, 2]
    expected = network(torch.tensor([tokens]))[0, 0, -4:].softmax(-1)
    np.testing.assert_allclose(found[0, 0, :4], expected, atol=1e-5)


def test_answers_to_other_puzzles_are_an_error():
    judged = WORDS.judge(PUZZLES, WORDS.path_tokens(PUZZLES))
    with pytest.raises(ValueError, match="answers"):
        first_mistakes(PUZZLES[:3], judged)
