"""Mazes, their solutions and their sentences, against the library of the maze paper's authors.

maze-dataset is no dependency: with the newest version of what it needs it does not import. Put it
into a folder of its own, outside of this repository, and say where::

    pip install --target PEER maze-dataset==1.4.2 muutils==0.8.12
    MAZE_DATASET=PEER make benchmark

Packages that are in both places are taken from ours. Both sides dig, solve and write the same
number of mazes; the first tests make sure that it is the same task, and where it is not.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections import Counter
from types import SimpleNamespace

import numpy as np
import pytest

from absrep.mazes import Mazes, Vocabulary, depth_first, depth_first_law, pose, solve

pytestmark = pytest.mark.filterwarnings("ignore")
N_MAZES = 1000
SIZES = [5, 7]


@pytest.fixture(scope="module")
def theirs():
    folder = os.environ.get("MAZE_DATASET")
    if folder is None:
        pytest.skip("the environment variable MAZE_DATASET names no folder with the peer")
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        patch.setattr(sys, "path", [*sys.path, folder])
        maze_dataset = pytest.importorskip("maze_dataset", reason="the peer is maze-dataset 1.4.2")
        from maze_dataset.tokenization import (
            MazeTokenizer,
            MazeTokenizerModular,
            TokenizationMode,
        )

        mode = TokenizationMode.AOTP_UT_uniform
        yield SimpleNamespace(
            dig=maze_dataset.LatticeMazeGenerators.gen_dfs,
            dataset=maze_dataset.MazeDataset,
            config=maze_dataset.MazeDatasetConfig,
            tokenizers={
                "modular": lambda size: MazeTokenizerModular(),
                "legacy": lambda size: MazeTokenizer(tokenization_mode=mode, max_grid_size=size),
            },
        )


def dataset(theirs, n_mazes, size):
    config = theirs.config(name="bench", grid_n=size, n_mazes=n_mazes, maze_ctor=theirs.dig, seed=0)
    return theirs.dataset.from_config(
        config, load_local=False, save_local=False, do_download=False, verbose=False
    )


def passages(maze):
    down, right = maze.connection_list
    return np.concatenate([right[:, :-1].ravel(), down[:-1].ravel()])


def as_mazes(found, size):
    return Mazes(size, np.stack([passages(maze) for maze in found]))


def test_their_paths_are_ours(theirs):
    found = dataset(theirs, 200, 5)
    paths = [[5 * int(row) + int(column) for row, column in maze.solution] for maze in found]
    ours = solve(as_mazes(found, 5), [path[0] for path in paths], [path[-1] for path in paths])
    for row, path in enumerate(paths):
        assert [cell for cell in ours.path[row] if cell >= 0] == path


def test_their_sentences_say_what_ours_say(theirs):
    found = dataset(theirs, 50, 4)
    words = Vocabulary(4)
    named = {"ADJLIST_START": "adjacency", "ORIGIN_START": "origin", "TARGET_START": "target"}
    named |= {"PATH_START": "path", "PATH_END": "end"}
    translated = []
    for maze in found:
        text = maze.as_tokens(theirs.tokenizers["legacy"](4))
        inside = [token.strip("<>") for token in text if token not in ("<-->", ";")]
        kept = [named.get(token, token) for token in inside]
        kept = [token for token in kept if not token.endswith(("START", "_END"))]
        translated.append([words[t if t.startswith("(") else f"<{t}>"] for t in kept])
    width = max(map(len, translated))
    tokens = [row + [words["<pad>"]] * (width - len(row)) for row in translated]
    np.testing.assert_array_equal(words.decode(tokens).mazes.passages, as_mazes(found, 4).passages)


def test_their_walks_start_in_all_but_the_last_row_and_column(theirs, n=20_000):
    """Their mazes follow our law with (n − 1)² of the n² starts, ours with all of them."""
    mazes, law = depth_first_law(3)
    drawn = [theirs.dig((3, 3)) for _ in range(n)]
    starts = {tuple(map(int, maze.generation_meta["start_coord"])) for maze in drawn}
    assert starts == {(0, 0), (0, 1), (1, 0), (1, 1)}
    counts = Counter(map(bytes, as_mazes(drawn, 3).passages))
    seen = np.array([counts[bytes(row)] for row in mazes.passages])
    assert seen.sum() == n  # only trees that ours digs, too
    chi2, freedom = np.sum((seen - n * law) ** 2 / (n * law)), len(law) - 1
    assert chi2 > freedom + 20 * np.sqrt(2 * freedom)  # with another law


@pytest.mark.parametrize("size", SIZES)
def test_digging(against, theirs, size, benchmark):
    against(
        f"{N_MAZES} depth-first mazes, {size} × {size}",
        lambda: depth_first(N_MAZES, size, seed=0),
        lambda: [theirs.dig((size, size)) for _ in range(N_MAZES)],
        rounds=3,
        calls=3,
    )
    assert benchmark.extra_info["times_faster"] > 10


@pytest.mark.parametrize("size", SIZES)
def test_solving(against, theirs, size, benchmark):
    mazes = depth_first(N_MAZES, size, seed=0)
    peers = [theirs.dig((size, size)) for _ in range(N_MAZES)]
    against(
        f"{N_MAZES} questions and paths, {size} × {size}",
        lambda: pose(mazes, seed=0),
        lambda: [maze.generate_random_path() for maze in peers],
        rounds=3,
        calls=3,
    )
    assert benchmark.extra_info["times_faster"] > 10


@pytest.mark.parametrize("tokenizer", ["modular", "legacy"])
@pytest.mark.parametrize("size", SIZES)
def test_writing(against, theirs, size, tokenizer, benchmark):
    words, puzzles = Vocabulary(size), pose(depth_first(N_MAZES, size, seed=0), seed=0)
    peers, writer = dataset(theirs, N_MAZES, size), theirs.tokenizers[tokenizer](size)
    against(
        f"{N_MAZES} sentences to numbers, {size} × {size}, theirs {tokenizer}",
        lambda: words.encode(puzzles, seed=0),
        lambda: [writer.encode(text) for text in peers.as_tokens(writer)],
        rounds=3,
        calls=3,
    )
    assert benchmark.extra_info["times_faster"] > 10


@pytest.mark.parametrize("size", SIZES)
def test_all_three(against, theirs, size, benchmark, capsys):
    words, writer = Vocabulary(size), theirs.tokenizers["legacy"](size)
    against(
        f"{N_MAZES} sentences from nothing, {size} × {size}",
        lambda: words.encode(pose(depth_first(N_MAZES, size, seed=0), seed=0), seed=0),
        lambda: [writer.encode(text) for text in dataset(theirs, N_MAZES, size).as_tokens(writer)],
        rounds=3,
        calls=3,
    )
    took = [N_MAZES / benchmark.extra_info[f"{side}_seconds"] for side in ("ours", "peer")]
    with capsys.disabled():
        print("  sentences per second: ours {:.0f}, peer {:.0f}".format(*took))
    assert benchmark.extra_info["times_faster"] > 10
