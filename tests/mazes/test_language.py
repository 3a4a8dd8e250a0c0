"""Sentences there and back, sentences that are none, and answers judged by hand."""

from collections import Counter
from itertools import pairwise, permutations, product
from math import factorial

import numpy as np
import pytest

from absrep.mazes import Mazes, Vocabulary, depth_first, percolation, pose, solve

from . import by_hand

WORDS = Vocabulary(3)
KINDS = {
    "depth first": depth_first(80, 3, seed=0),
    "corridor": depth_first(80, 3, seed=1, forks=False),
    "percolation": percolation(80, 3, seed=2, openness=0.6),
}
SPECIAL = ["<adjacency>", "<origin>", "<target>", "<path>", "<end>", "<pad>"]


def same(one, other):
    width = max(one.path.shape[1], other.path.shape[1])

    def padded(path):
        return np.pad(path, ((0, 0), (0, width - path.shape[1])), constant_values=-1)

    return (
        np.array_equal(one.mazes.passages, other.mazes.passages)
        and np.array_equal(one.origin, other.origin)
        and np.array_equal(one.target, other.target)
        and np.array_equal(padded(one.path), padded(other.path))
    )


def test_every_token_has_a_word_of_its_own():
    assert len(WORDS) == 15 == len(set(WORDS.words))
    assert list(WORDS.words[9:]) == SPECIAL
    assert WORDS.words[5] == "(1,2)"
    assert [WORDS[word] for word in WORDS.words] == list(range(15))
    with pytest.raises(KeyError, match="word must be one of"):
        WORDS["<start>"]
    with pytest.raises(ValueError, match="size"):
        Vocabulary(1)


@pytest.mark.parametrize("kind", KINDS)
def test_a_sentence_says_what_the_puzzle_is(kind):
    """Read with string methods alone."""
    puzzles = pose(KINDS[kind], seed=3)
    sentences = WORDS.encode(puzzles, seed=4)
    for row in range(len(puzzles)):
        text = " ".join(WORDS.say(sentences.tokens[row]))
        told, rest = text.removeprefix("<adjacency> ").split(" <origin> ")
        origin, rest = rest.split(" <target> ")
        target, rest = rest.split(" <path> ")
        path, padding = rest.split(" <end>")
        number = {f"({c // 3},{c % 3})": c for c in range(9)}
        listed = [number[word] for word in told.split()]
        pairs = [frozenset(pair) for pair in zip(listed[::2], listed[1::2], strict=True)]
        edges = [frozenset(pair) for pair in puzzles.mazes.edges.tolist()]
        there = [edge for edge, is_open in zip(edges, puzzles.mazes.passages[row], strict=True)
                 if is_open]  # fmt: skip
        assert len(pairs) == len(set(pairs)) and set(pairs) == set(there)
        assert number[origin] == puzzles.origin[row] and number[target] == puzzles.target[row]
        assert [number[word] for word in path.split()] == [
            cell for cell in puzzles.path[row] if cell >= 0
        ]
        assert set(padding.split()) <= {"<pad>"}
        assert sentences.prompt[row] == len(text.split(" <path>")[0].split()) + 1


@pytest.mark.parametrize("kind", KINDS)
def test_there_and_back(kind):
    puzzles = pose(KINDS[kind], seed=3)
    assert same(WORDS.decode(WORDS.encode(puzzles, seed=4).tokens), puzzles)


def test_every_order_and_every_side_is_told_and_equally_often(n=48_000):
    puzzle = solve(Mazes(2, [[True, True, True, False]] * n), [1] * n, [3] * n)
    tokens = Vocabulary(2).encode(puzzle, seed=0).tokens
    counts = Counter(map(tuple, tokens[:, 1:7].tolist()))
    sides = [((a, b), (b, a)) for a, b in ((0, 1), (2, 3), (0, 2))]
    wanted = {
        sum((sides[which][turn] for which, turn in zip(order, turns, strict=True)), ())
        for order in permutations(range(3))
        for turns in product((0, 1), repeat=3)
    }
    assert set(counts) == wanted and len(wanted) == factorial(3) * 2**3
    np.testing.assert_allclose([*counts.values()], n / 48, atol=4.5 * np.sqrt(n / 48))
    assert len(set(map(tuple, tokens[:, 7:].tolist()))) == 1


def test_the_same_seed_tells_the_same_sentence():
    puzzles = pose(KINDS["percolation"], seed=3)
    first, again, other = (WORDS.encode(puzzles, seed=seed).tokens for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_no_sentence_is_longer_than_the_longest():
    # All passages, or a path through all cells: the bound is for both at once, which cannot be.
    full = pose(Mazes(3, np.ones((50, 12), bool)), seed=0)
    longest = WORDS.encode(full, seed=0).tokens.shape[1]
    assert longest <= WORDS.longest == 1 + 24 + 5 + 9 + 1
    assert WORDS.path_tokens(full).shape == (50, full.path.shape[1] + 1)


def sentence(text):
    """Tokens of a sentence of 2 × 2 cells a, b / c, d."""
    names = {
        **dict(zip("abcd", range(4), strict=True)),
        **{w: 4 + i for i, w in enumerate(SPECIAL)},
    }
    return [[names.get(word, names.get(f"<{word}>")) for word in text.split()]]


GOOD = "adjacency a b d b origin a target d path a b d end"


def test_the_good_sentence_is_read():
    found = Vocabulary(2).decode(sentence(GOOD + " pad pad"))
    assert found.mazes.passages.tolist() == [[True, False, False, True]]
    assert found.path.tolist() == [[0, 1, 3]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (GOOD.replace(" end", ""), "each word once"),
        (GOOD.replace("target", "origin"), "each word once"),
        (GOOD + " end", "each word once"),
        ("a " + GOOD, "passages in pairs"),
        (GOOD.replace("d b origin", "d origin"), "passages in pairs"),
        (GOOD.replace("origin a", "origin a a"), "passages in pairs"),
        (GOOD.replace("target d", "target"), "passages in pairs"),
        (GOOD + " a", "nothing after the end but padding"),
        (GOOD.replace(" b d end", " pad b d end"), "nothing after the end but padding"),
        (GOOD.replace("path a b d", "path a"), "a path from the origin to the target"),
        (GOOD.replace("path a b d", "path b d"), "a path from the origin to the target"),
        (GOOD.replace("path a b d", "path a b"), "a path from the origin to the target"),
        (GOOD.replace("d b origin", "a d origin"), r"between neighbours, found \(0, 3\)"),
        (GOOD.replace("d b origin", "a a origin"), r"between neighbours, found \(0, 0\)"),
        (GOOD.replace("d b origin", "b a origin"), "each passage once"),
        (GOOD.replace("path a b d", "path a c d"), "must give the shortest path"),
        (GOOD.replace("path a b d", "path a b a b d"), "must give the shortest path"),
        (GOOD.replace("d b origin", "a c origin"), "one shortest path, found 0"),
        (GOOD.replace("d b origin", "d b a c c d origin"), "one shortest path, found 2"),
    ],
)
def test_what_is_no_sentence_is_refused_with_its_row_or_its_fault(text, message):
    with pytest.raises(ValueError, match=message):
        Vocabulary(2).decode(sentence(text))


def test_the_faulty_row_is_named():
    rows = [*sentence(GOOD), *sentence(GOOD.replace("path a b d", "path a c d"))]
    with pytest.raises(ValueError, match="row 1"):
        Vocabulary(2).decode(rows)


@pytest.mark.parametrize("tokens", [sentence(GOOD)[0], np.array(sentence(GOOD)) + 0.5])
def test_only_rows_of_tokens_are_read(tokens):
    with pytest.raises(ValueError, match="tokens must be integers of shape"):
        Vocabulary(2).decode(tokens)


def judged_by_hand(maze, origin, right, said):
    """Ended, valid, reached, exact of one answer, in words."""
    text = WORDS.say(said)
    if "<end>" not in text:
        return (False,) * 4
    spoken = text[: text.index("<end>")]
    if any(word in SPECIAL for word in spoken):
        return (False,) * 4
    cells = [WORDS[word] for word in spoken]
    ways = by_hand.ways_out(3, maze.edges.tolist(), maze.passages[0])
    steps = list(pairwise(cells))
    valid = bool(cells) and cells[0] == origin and all(b in ways[a] for a, b in steps)
    return True, valid, bool(cells) and cells[-1] == right[-1], cells == right


@pytest.mark.parametrize("kind", KINDS)
def test_answers_are_judged_as_by_hand(kind):
    rng = np.random.default_rng(0)
    puzzles = pose(KINDS[kind][np.repeat(np.arange(80), 10)], seed=3)
    right = WORDS.path_tokens(puzzles)
    said = np.pad(right, ((0, 0), (0, 3)), constant_values=WORDS["<end>"])
    # One to three words of most answers are spoilt.
    for _ in range(3):
        where = rng.integers(said.shape[1], size=len(said))
        spoil = rng.random(len(said)) < 0.4
        said[spoil, where[spoil]] = rng.integers(15, size=spoil.sum())
    found = WORDS.judge(puzzles, said)
    wanted = [
        judged_by_hand(
            puzzles.mazes[row],
            int(puzzles.origin[row]),
            [int(cell) for cell in puzzles.path[row] if cell >= 0],
            said[row],
        )
        for row in range(len(puzzles))
    ]
    marks = np.stack([found.ended, found.valid, found.reached, found.exact], axis=1)
    np.testing.assert_array_equal(marks, wanted)
    assert (marks.mean(axis=0) > 0.05).all() and (marks.mean(axis=0) < 0.98).all()
    assert (marks[marks[:, 3]].all(axis=1)).all()  # an exact answer is right in every way


def test_what_comes_after_the_end_does_not_count():
    puzzle = solve(Mazes(3, np.ones((1, 12), bool)), [0], [2])
    end, pad = WORDS["<end>"], WORDS["<pad>"]
    for tail in ([end, 5, 0], [pad, pad, pad], [WORDS["<path>"], end, 7]):
        judged = WORDS.judge(puzzle, [[0, 1, 2, end, *tail]])
        assert judged.exact.all() and judged.valid.all() and judged.reached.all()
        assert judged.path[0].tolist()[:3] == [0, 1, 2] and (judged.path[0, 3:] == -1).all()


def test_an_empty_answer_is_wrong():
    puzzle = solve(Mazes(3, np.ones((1, 12), bool)), [0], [2])
    judged = WORDS.judge(puzzle, [[WORDS["<end>"], 0, 1, 2]])
    assert judged.ended.all()
    assert not (judged.valid | judged.reached | judged.exact).any()


PUZZLES = pose(KINDS["depth first"], seed=0)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Vocabulary(4).encode(PUZZLES, 0), "puzzles must have mazes of size 4, found 3"),
        (lambda: Vocabulary(4).judge(PUZZLES, [[0]]), "puzzles must have mazes of size 4"),
        (lambda: WORDS.judge(PUZZLES, np.zeros((3, 4), int)), "said must have 80 rows"),
        (lambda: WORDS.judge(PUZZLES, np.zeros(80, int)), "said must have 80 rows"),
        (lambda: WORDS.judge(PUZZLES, np.full((80, 4), 15)), "said must be tokens, 0 to 14"),
        (lambda: WORDS.judge(PUZZLES, np.full((80, 4), -1)), "said must be tokens"),
        (lambda: WORDS.encode(PUZZLES, -3), "seed"),
    ],
)
def test_bad_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
