"""Answers of networks, against answers made word by word and against a machine that cannot fail."""

from functools import partial

import numpy as np
import pytest
import torch

from absrep.mazes import (
    Vocabulary,
    answer,
    depth_first,
    percolation,
    pose,
    solve_rates,
    targets,
)
from absrep.mazes.training import load, recipe
from absrep.nets import LanguageModel, Replicated

WORDS = Vocabulary(3)
PUZZLES = pose(percolation(60, 3, seed=0, openness=0.6), seed=1)


def network(seeds=(0, 1), loud=True):
    made = LanguageModel(len(WORDS), WORDS.longest, 16, 2, 2, list(seeds)).requires_grad_(False)
    if loud:  # untrained networks say one word only
        draw = torch.Generator().manual_seed(0)
        for parameter in made.parameters():
            parameter.add_(0.3 * torch.randn(parameter.shape, generator=draw))
    return made


def word_by_word(made, puzzles, seed):
    """Greedy answers, one sentence and one word at a time."""
    sentences = WORDS.encode(puzzles, seed)
    answers = np.full((made.n_replicas, len(puzzles), WORDS.n_cells + 1), WORDS["<pad>"])
    for replica in range(made.n_replicas):
        for row in range(len(puzzles)):
            sentence = sentences.tokens[row, : sentences.prompt[row]].tolist()
            for step in range(WORDS.n_cells + 1):
                logits = made(torch.tensor([sentence]))[replica, 0, -1]
                sentence.append(int(logits.argmax()))
                answers[replica, row, step] = sentence[-1]
                if sentence[-1] == WORDS["<end>"]:
                    break
    return answers


@pytest.mark.parametrize("make", [network, partial(load, "tiny", [0])], ids=["random", "trained"])
def test_answers_are_those_made_word_by_word(make):
    made = make()
    expected = word_by_word(made, PUZZLES, seed=2)
    np.testing.assert_array_equal(answer(made, WORDS, PUZZLES, seed=2), expected)
    # Nothing depends on the right path, which the faster way uses as a draft.
    said = {tuple(row) for row in expected[0].tolist()}
    assert len(said) > 5


class Oracle(Replicated):
    """Reads the sentence and says the right next word, or a wrong one where told to."""

    def __init__(self, answers):
        super().__init__(WORDS.longest, len(WORDS), [0], torch.float32)
        self.scale = torch.nn.Parameter(torch.ones(()))
        self.answers = answers  # by question: words of the answer

    def forward(self, tokens):
        each = tokens.long().expand(1, *tokens.shape[-2:])[0]
        logits = torch.zeros(1, *each.shape, len(WORDS))
        for row, sentence in enumerate(each.tolist()):
            if WORDS["<path>"] not in sentence:
                continue
            start = sentence.index(WORDS["<path>"])
            question = tuple(sorted(sentence[1:start]) + sentence[start - 3 : start : 2])
            said = self.answers[question]
            for step in range(len(sentence) - start):
                word = said[step] if step < len(said) else WORDS["<end>"]
                logits[0, row, start + step, word] = 1.0
        return logits * self.scale


def questions(puzzles):
    sentences = WORDS.encode(puzzles, seed=5)
    for tokens, prompt in zip(sentences.tokens, sentences.prompt, strict=True):
        words = tokens[: prompt - 1].tolist()
        yield tuple(sorted(words[1:]) + words[prompt - 4 :: 2])


def rates(puzzles, answers):
    oracle = Oracle(dict(zip(questions(puzzles), answers, strict=True)))
    return solve_rates(oracle, WORDS, puzzles, seed=7)[0]


def paths_of(puzzles):
    return [path[path >= 0].tolist() for path in puzzles.path]


def test_a_machine_that_is_right_solves_all():
    right = [[*path, WORDS["<end>"]] for path in paths_of(PUZZLES)]
    found = rates(PUZZLES, right)
    assert found.exact.all() and found.valid.all() and found.reached.all() and found.ended.all()
    assert [path[path >= 0].tolist() for path in found.path] == paths_of(PUZZLES)


def test_machines_that_are_wrong_are_found_out():
    longer = PUZZLES[np.flatnonzero(PUZZLES.lengths >= 2)]
    paths = paths_of(longer)
    short = rates(longer, [[*path[:-1], WORDS["<end>"]] for path in paths])
    assert short.valid.all() and not (short.exact | short.reached).any()
    jump = rates(longer, [[path[0], path[-1], WORDS["<end>"]] for path in paths])
    assert jump.reached.all() and not (jump.exact | jump.valid).any()
    detour = rates(longer, [[*path[:2], *path, WORDS["<end>"]] for path in paths])
    assert detour.valid.all() and detour.reached.all() and not detour.exact.any()
    late = rates(longer, [[*path[1:], WORDS["<end>"]] for path in paths])
    assert late.reached.all() and not (late.valid | late.exact).any()
    # Never an end: the answer is cut where the longest path would be over.
    endless = rates(longer, [(path[:2] * 20)[:30] for path in paths])
    assert not (endless.ended | endless.exact | endless.valid).any()


def test_only_the_path_is_asked():
    sentences = WORDS.encode(PUZZLES, seed=3)
    tokens, asked = targets(WORDS, sentences)
    for row, (sentence, wanted) in enumerate(zip(sentences.tokens, asked, strict=True)):
        path = PUZZLES.path[row][PUZZLES.path[row] >= 0].tolist()
        start = sentence.tolist().index(WORDS["<path>"])
        assert wanted[wanted >= 0].tolist() == [*path, WORDS["<end>"]]
        assert np.flatnonzero(wanted >= 0).tolist() == list(range(start, start + len(path) + 1))
    np.testing.assert_array_equal(tokens, sentences.tokens[:, :-1])


def test_the_networks_of_the_book_solve_unseen_mazes():
    """Rates of the book, at a tenth of its questions; intervals are wider accordingly."""
    solver, how = load("solver"), recipe("solver")
    rng = np.random.default_rng(11)
    for kind, at_least in (("depth first", 0.7), ("percolation", 0.8)):
        puzzles = pose(how.kinds[kind](100, 4, rng), rng)
        for judged in solve_rates(solver, how.vocabulary, puzzles, seed=1):
            assert judged.exact.mean() > at_least
            assert (judged.valid >= judged.exact).all() and (judged.reached >= judged.exact).all()
    untrained = how.network([0]).requires_grad_(False)
    assert solve_rates(untrained, how.vocabulary, puzzles, seed=1)[0].exact.mean() < 0.05


def test_a_puzzle_of_another_size_is_an_error():
    with pytest.raises(ValueError, match="puzzles"):
        answer(network(), WORDS, pose(depth_first(3, 4, seed=0), seed=0), seed=0)
