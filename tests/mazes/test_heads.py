"""Scores of heads, and heads that are silenced, against counting by hand."""

from collections import deque
from itertools import pairwise

import numpy as np
import pytest
import torch

from absrep.mazes import (
    AdjacencyScores,
    Vocabulary,
    adjacency_scores,
    binding_scores,
    depth_first,
    direct_attribution,
    mute_everywhere,
    mute_on_path,
    path_steps,
    percolation,
    pose,
    step_logits,
    step_rates,
)
from absrep.mazes.interventions import head_patches, read_table, training_scores
from absrep.mazes.training import recipe

WORDS = Vocabulary(3)


@pytest.fixture(scope="module")
def case():
    puzzles = pose(percolation(12, 3, seed=0, openness=0.6), seed=1)
    sentences = WORDS.encode(puzzles, seed=2)
    network = recipe("tiny").network([3, 4])
    with torch.no_grad():  # sharp attention, so that errors show
        for one in network.replicas:
            for block in one.blocks:
                block.attention.query.weight *= 40
    return network, puzzles, sentences


def listed(sentences, i):
    """Pairs of places of the passages of a sentence."""
    last = sentences.prompt[i] - 6
    return [(t, t + 1) for t in range(1, last + 1, 2)]


def test_steps_are_the_cells_of_the_paths(case):
    _, puzzles, sentences = case
    steps = path_steps(puzzles, sentences)
    wanted = [
        (i, cell, ahead)
        for i in range(len(puzzles))
        for path in [[c for c in puzzles.path[i].tolist() if c >= 0]]
        for cell, ahead in pairwise(path)
    ]
    assert list(zip(steps.row, steps.cell, steps.ahead, strict=True)) == wanted
    assert (sentences.tokens[steps.row, steps.place] == steps.cell).all()
    assert (sentences.tokens[steps.row, steps.place + 1] == steps.ahead).all()
    with pytest.raises(ValueError, match="sentences must be 11"):
        path_steps(puzzles[:11], sentences)


def test_attention_to_each_kind_of_word_is_what_counting_gives(case):
    network, puzzles, sentences = case
    scores = adjacency_scores(network, puzzles, sentences, n_batch=5)
    steps = path_steps(puzzles, sentences)
    with torch.no_grad():
        attention = network.attention(torch.from_numpy(sentences.tokens)).numpy()
    joined = puzzles.mazes.adjacency()
    for m in range(len(steps)):
        i, q, c = steps.row[m], steps.place[m], steps.cell[m]
        mass, counts = np.zeros((*scores.mass.shape[:3], 5, 2)), np.zeros((5, 2), int)
        for pair in listed(sentences, i):
            for place, t in enumerate(pair):
                word, partner = sentences.tokens[i, t], sentences.tokens[i, pair[1 - place]]
                near = abs(word // 3 - c // 3) + abs(word % 3 - c % 3) == 1
                kind = 4
                if word == c:
                    kind = 3
                elif partner == c:
                    kind = 0
                elif near:
                    kind = 1 if joined[i, c, word] else 2
                mass[..., kind, place] += attention[:, :, i, :, q, t]
                counts[kind, place] += 1
        np.testing.assert_allclose(scores.mass[:, :, :, m], mass, atol=1e-5)
        np.testing.assert_array_equal(scores.counts[m], counts)


def test_ratio_and_selectivity_by_hand():
    counts = np.zeros((3, 5, 2), int)
    counts[:, :, 1] = [[1, 1, 1, 1, 6], [2, 0, 0, 2, 6], [1, 0, 3, 1, 5]]
    mass = np.zeros((1, 1, 1, 3, 5, 2))
    mass[0, 0, 0, :, :, 1] = [[0.3, 0.1, 0.1, 0.2, 0], [0.5, 0, 0, 0.5, 0], [0.2, 0, 0.3, 0.1, 0.1]]
    scores = AdjacencyScores(mass, counts, np.array([0, 0, 1]))
    assert scores.ratio.item() == pytest.approx((0.4 + 0.5 + 0.2) / (0.2 + 0.2 + 0.1))
    true, wall = (0.4 / 2 + 0.2) / 2, (0.1 + 0.3 / 3) / 2  # the second step has no walled one
    assert scores.selectivity.item() == pytest.approx((true - wall) / (true + wall))
    assert scores.passages.item() == pytest.approx((0.5 + 1.0 + 0.3) / (0.2 + 0.4 + 0.2))
    drawn = scores.resampled(0, 4000)
    only = [(0.9 / 0.4), (0.2 / 0.1)]  # twice the one sentence, or the other
    assert np.isclose(np.unique(drawn[0].round(6)), sorted([*only, 1.1 / 0.5])).all()


def test_who_knows_the_lattice_only_does_not_pass():
    puzzles = pose(depth_first(60, 4, seed=0), seed=1)
    words = Vocabulary(4)
    scores = adjacency_scores(recipe("solver").network([0]), puzzles, words.encode(puzzles, seed=2))
    counts = scores.counts
    lattice, reader = np.zeros((2, *counts.shape))
    lattice[:, :3] = counts[:, :3] / counts[:, :3].sum((1, 2), keepdims=True)
    own = counts[:, [0, 3], 1]
    reader[:, [0, 3], 1] = own / own.sum(1, keepdims=True)
    made = AdjacencyScores(np.stack([lattice, reader])[None, None], counts, scores.row)
    assert made.ratio[0, 0, 0] > 2 and abs(made.selectivity[0, 0, 0]) < 1e-12
    assert made.criterion(0).ravel().tolist() == [False, True]
    assert reader[:, :2].sum((1, 2)).mean() == pytest.approx(0.5, abs=0.08)  # at most half
    assert not scores.criterion(0).any() and not scores.passage_criterion(0).any()
    with pytest.raises(ValueError, match="level"):
        made.criterion(0, level=1.0)


def test_binding_by_counting(case):
    network, _, sentences = case
    found = binding_scores(network, sentences)
    with torch.no_grad():
        attention = network.attention(torch.from_numpy(sentences.tokens)).numpy()
    tied, loose, same, chance = [], [], [], []
    for i in range(len(sentences.tokens)):
        pairs = listed(sentences, i)
        tied += [attention[:, :, i, :, b, a] for a, b in pairs]
        loose += [attention[:, :, i, :, a, a - 1] for a, _ in pairs[1:]]
        places = [t for pair in pairs for t in pair]
        for t in places:
            earlier = [
                s for s in places if s < t and sentences.tokens[i, s] == sentences.tokens[i, t]
            ]
            if earlier:
                same.append(sum(attention[:, :, i, :, t, s] for s in earlier))
                chance.append(len(earlier) / (t + 1))
    wanted = [np.mean(tied, 0), np.mean(loose, 0), np.sum(same, 0) / np.sum(chance)]
    np.testing.assert_allclose(found, np.stack(wanted, axis=-1), rtol=1e-4)


def test_what_heads_say_adds_up_to_the_logits():
    puzzles = pose(depth_first(6, 3, seed=0), seed=1)
    sentences = WORDS.encode(puzzles, seed=2)
    steps = path_steps(puzzles, sentences)
    network = recipe("tiny").network([5, 6])
    with torch.no_grad():  # nothing but heads writes into the stream
        for one in network.replicas:
            for block in one.blocks:
                block.down.weight.zero_()
                block.attention.output.weight *= 20
        streams = network.streams(torch.from_numpy(sentences.tokens))
        logits = step_logits(network, sentences, steps)
        said = direct_attribution(network, sentences, steps, n_batch=4).sum((1, 2))
        for r, one in enumerate(network.replicas):
            first, last = streams[r, [0, -1]][:, steps.row, steps.place].double()
            spread = (last.var(-1, unbiased=False) + 1e-5).sqrt()[:, None]
            start = (first - first.mean(-1, keepdim=True)) / spread
            rest = (start @ one.unembed.weight.double().T).numpy()
            np.testing.assert_allclose(said[r] + rest, logits[r], atol=1e-4)


def test_heads_are_mute_on_the_path_and_as_they_are_before():
    network, puzzles = recipe("tiny").network([1]), pose(depth_first(8, 3, seed=0), seed=1)
    sentences = WORDS.encode(puzzles, seed=2)
    steps, length = path_steps(puzzles, sentences), WORDS.longest
    with torch.no_grad():
        own = network.head_outputs(torch.from_numpy(sentences.tokens))[0].numpy()
    mean = np.mean([own[:, i, :, q] for i, q in zip(steps.row, steps.place, strict=True)], axis=0)
    for use_mean in (True, False):
        instead = mute_on_path(network, sentences, steps, length, mean=use_mean).numpy()
        for i, start in enumerate(sentences.prompt):
            np.testing.assert_array_equal(instead[:, i, :, :start], own[:, i, :, :start])
            for t in range(start, length):
                wanted = mean if use_mean else 0 * mean
                np.testing.assert_allclose(instead[:, i, :, t], wanted, atol=1e-6)
    np.testing.assert_allclose(mute_everywhere(network, sentences).numpy(), own.mean(1), atol=1e-6)


def test_heads_that_say_their_own_words_change_nothing_and_others_do():
    network, puzzles = recipe("tiny").network([1]), pose(depth_first(8, 3, seed=0), seed=1)
    tokens = torch.from_numpy(WORDS.encode(puzzles, seed=2).tokens)
    with torch.no_grad():
        own, plain = network.head_outputs(tokens)[0], network(tokens)
        with network.without_heads([(0, 1), (1, 0)], own):
            np.testing.assert_allclose(network(tokens), plain, atol=1e-6)
        short = own[:, :, :, :5].clone()
        short[:, 3] += 1.0  # another word of one sentence at its first five places
        with network.without_heads([(0, 1)], short):
            moved = (network(tokens) - plain).abs().amax((0, 2, 3)) > 1e-3
    assert moved.tolist() == [i == 3 for i in range(8)]


def test_rates_of_steps_against_a_walk_through_the_maze():
    puzzles = pose(percolation(40, 3, seed=0, openness=0.6), seed=1)
    steps = path_steps(puzzles, WORDS.encode(puzzles, seed=2))
    logits = np.random.default_rng(0).standard_normal((2, len(steps), len(WORDS)))
    valid, right = step_rates(logits, puzzles, steps)
    for r in range(2):
        for m, said in enumerate(logits[r].argmax(-1)):
            start, maze = steps.cell[m], puzzles.mazes[int(steps.row[m])]
            queue, distance = deque([start]), {start: 0}
            while queue:
                here = queue.popleft()
                for (a, b), there in zip(maze.edges, maze.passages[0], strict=True):
                    if there and here in (a, b):
                        other = a + b - here
                        if other not in distance:
                            distance[other] = distance[here] + 1
                            queue.append(other)
            assert valid[r, m] == (distance.get(said, 0) == 1)
            assert right[r, m] == (said == steps.ahead[m])


def test_the_table_is_what_the_command_makes():
    rows = read_table("head_patches").query("seed == 1")
    again = head_patches(1)
    assert [(row["block"], row["head"]) for row in again] == list(
        zip(rows.block, rows["head"], strict=True)
    )
    np.testing.assert_allclose([row["share"] for row in again], rows.share, atol=5e-3)


def test_tables_are_of_all_seeds_and_names_are_checked():
    for name in ("ablation", "patches", "head_patches", "edits"):
        assert set(read_table(name).seed) == {0, 1, 2}
    with pytest.raises(ValueError, match="name must be one of"):
        read_table("heads")
    table = read_table("ablation")
    for seed in range(3):
        passed = training_scores(seed).passage_criterion(0).sum()
        rows = table[(table.seed == seed) & (table.what == "passage heads")]
        assert (rows.heads == passed).all()
