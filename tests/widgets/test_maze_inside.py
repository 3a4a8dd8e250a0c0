"""The walls that the explorer reads, against a probe fitted anew by another route."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import Ridge
from sklearn.preprocessing import StandardScaler

from absrep.mazes import depth_first, held_out
from absrep.mazes.training import draw_puzzles, load, recipe

from .explorers import explorer

OFFSETS = {0: -4, 1: -1, 2: 0, 3: 1, 4: 2, 5: 3}  # from the end of the prompt


@pytest.fixture(scope="module")
def drawn():
    """The explorer's puzzles and sentences, drawn once more."""
    words, rng = recipe("solver").vocabulary, np.random.default_rng(28)
    seen = draw_puzzles(depth_first, 2600, 4, rng, unseen=False)
    new = draw_puzzles(depth_first, 40, 4, rng, unseen=True)
    seen, new = (some[some.lengths >= 4] for some in (seen, new))
    seen, new = seen[:1200], new[:8]
    assert held_out(new.mazes).all() and not held_out(seen.mazes).any()
    return seen, new, words.encode(seen, rng), words.encode(new, rng)


@pytest.mark.parametrize(("word", "layer"), [(0, 3), (1, 0), (1, 6), (3, 5)])
def test_the_walls_are_those_of_a_ridge_regression(drawn, word, layer):
    seen, new, *sentences = drawn
    network = load("solver", seeds=[0])
    fit_x, x = (
        network.streams(torch.from_numpy(s.tokens))[0, layer][
            torch.arange(len(s.tokens)), torch.from_numpy(s.prompt) + OFFSETS[word]
        ].numpy()
        for s in sentences
    )
    for key, columns in {"n right": False, "both": True}.items():
        if columns:
            fit_x, x = (np.column_stack([a, p.mazes.degrees]) for a, p in ((fit_x, seen), (x, new)))
        scale = StandardScaler().fit(fit_x)
        model = Ridge().fit(scale.transform(fit_x), 2.0 * seen.mazes.passages - 1)
        right = ((model.predict(scale.transform(x)) > 0) == new.mazes.passages).sum(axis=1)
        for maze in range(8):
            shown = explorer("maze_within").readouts_at(maze=maze + 1, word=word, layer=layer)
            # A reading at the very border may fall to either side in another precision.
            assert abs(int(shown[key].split()[0]) - right[maze]) <= 1
            assert shown[key].endswith("of 24")


def test_the_solvers_words_are_those_of_its_logits(drawn):
    _, new, _, sentences = drawn
    words = recipe("solver").vocabulary
    logits = load("solver", seeds=[0])(torch.from_numpy(sentences.tokens))[0].numpy()
    for maze, word in ((0, 1), (2, 3), (4, 5)):
        shown = explorer("maze_within").readouts_at(maze=maze + 1, word=word, layer=2)
        place = sentences.prompt[maze] + OFFSETS[word]
        assert shown["says"] == words.words[logits[maze, place].argmax()]
        assert shown["should"] == words.words[new.path[maze][OFFSETS[word] + 1]]


def test_bars_and_counts_agree(drawn):
    walls = (~drawn[1].mazes.passages).sum(axis=1)
    for maze in range(8):
        frame = explorer("maze_within").compute(maze=maze + 1, word=1, layer=6)
        right, wrong = (np.isnan(frame[key][:, 0]).sum() for key in ("right", "wrong"))
        missed = len(frame["missed"])
        assert right + missed == walls[maze]
        assert frame["n right"] == f"{24 - wrong - missed} of 24"
