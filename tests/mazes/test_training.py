"""The weights that came with the library: made again, and never shown what is held out."""

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors import safe_open

from absrep.mazes import Mazes, Vocabulary, depth_first, held_out, solve_rates
from absrep.mazes import training as module
from absrep.mazes.training import draw_puzzles, fit, load, load_file, main, recipe, save

WEIGHTS = module._WEIGHTS
SHIPPED = sorted(WEIGHTS.glob("*.safetensors"))


def test_the_tiny_network_is_made_again(tmp_path):
    """By its own command; another machine rounds otherwise, and training lets that grow."""
    main(["tiny", "--folder", str(tmp_path), "--checkpoints", str(tmp_path / "states")])
    again, log = (pd.read_csv(folder / "tiny-0.csv") for folder in (tmp_path, WEIGHTS))
    assert again["step"].tolist() == log["step"].tolist() == [0, 133, 267, 400]
    assert again["error"][0] == pytest.approx(log["error"][0], rel=1e-3)
    np.testing.assert_allclose(again["error"], log["error"], rtol=0.3)
    made, shipped = load_file(recipe("tiny"), tmp_path / "tiny-0.safetensors"), load("tiny", [0])
    puzzles = draw_puzzles(
        recipe("tiny").kinds["percolation"], 500, 3, np.random.default_rng(9), unseen=True
    )
    exact = [
        solve_rates(network, Vocabulary(3), puzzles, seed=0)[0].exact.mean()
        for network in (made, shipped)
    ]
    assert exact[0] == pytest.approx(exact[1], abs=0.12) and min(exact) > 0.5
    states = sorted((tmp_path / "states").iterdir())
    assert [file.stem for file in states] == [f"tiny-0-{step:06d}" for step in log["step"]]
    last = load_file(recipe("tiny"), states[-1])
    for one, other in zip(last.parameters(), made.parameters(), strict=True):
        assert torch.equal(one, other)
    start = load_file(recipe("tiny"), states[0])
    for one, other in zip(
        start.parameters(), recipe("tiny").network([0]).parameters(), strict=True
    ):
        torch.testing.assert_close(one, other.detach(), atol=1e-3, rtol=1e-3)


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_shipped_weights_say_how_they_were_made(file):
    name, seed = file.stem.split("-")
    with safe_open(file, framework="pt") as stored:
        note = stored.metadata()
        assert all(stored.get_tensor(key).dtype == torch.float16 for key in stored.keys())
    assert note["command"].startswith(f"python -m absrep.mazes.training {name} --seed {seed}")
    log = pd.read_csv(file.with_suffix(".csv"))
    how = recipe(name)
    assert len(log) == how.n_records + 1 and log["step"].iloc[-1] == how.n_steps
    assert log["error"].iloc[-1] < 0.2 * log["error"].iloc[0]


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_shipped_weights_have_the_error_of_their_log(file):
    """On other puzzles of the same kinds, in other precision: hence the tolerance."""
    name, seed = file.stem.split("-")
    how = recipe(name)
    network, rng = load(name, [int(seed)]), np.random.default_rng(100)
    drawn = [draw_puzzles(kind, 300, how.size, rng, unseen=True) for kind in how.kinds.values()]
    mazes = Mazes(how.size, np.concatenate([part.mazes.passages for part in drawn]))
    puzzles = module.pose(mazes, rng)
    x, y = module.targets(how.vocabulary, how.vocabulary.encode(puzzles, rng))
    with torch.no_grad():
        error = module.next_token_error(network(torch.from_numpy(x)), torch.from_numpy(y))
    logged = pd.read_csv(file.with_suffix(".csv"))["error"].iloc[-1]
    assert error.item() == pytest.approx(logged, rel=0.4)


def test_all_weights_together_are_small():
    assert sum(file.stat().st_size for file in SHIPPED) < 5e6


@pytest.mark.parametrize("name", ["solver", "tiny"])
def test_held_out_mazes_never_come_in_the_stream(name):
    how, words = recipe(name), recipe(name).vocabulary
    batches = module._stream(how, seed=0)
    for _ in range(70):  # more than one drawing of mazes
        x, y = batches()
        assert len(x) == how.batch_size and y.shape == x.shape
        # Sentences without their last word: what is asked of the last place is this word.
        last = (y >= 0) & (np.cumsum(y[:, ::-1] >= 0, axis=1)[:, ::-1] == 1)
        whole = np.concatenate([x, np.full((len(x), 1), words["<pad>"])], axis=1)
        rows, places = np.nonzero(last)
        whole[rows, places + 1] = y[rows, places]
        puzzles = words.decode(whole)
        assert not held_out(puzzles.mazes).any()


def test_the_stream_mixes_its_kinds_evenly_and_does_not_repeat():
    how, words = recipe("solver"), recipe("solver").vocabulary
    batches = module._stream(how, seed=1)
    sentences = [row.tobytes() for _ in range(64) for row in batches()[0]]
    assert len(set(sentences)) > 0.99 * len(sentences)
    batches = module._stream(how, seed=1)
    asked = np.concatenate([(batches()[0] == words["<adjacency>"]).argmax(1) for _ in range(4)])
    assert (asked == 0).all()
    counts = []
    for _ in range(64):
        x, _ = batches()
        passages = ((x == words["<origin>"]).argmax(1) - 1) // 2
        counts.append(passages == 15)  # all depth-first trees, and few others
    assert 0.45 < np.mean(counts) < 0.65


def test_validation_is_unseen_and_apart_from_training():
    rng = np.random.default_rng(0)
    for unseen in (True, False):
        for kind in (depth_first, recipe("solver").kinds["percolation"]):
            puzzles = draw_puzzles(kind, 400, 4, rng, unseen=unseen)
            assert len(puzzles) == 400 and (held_out(puzzles.mazes) == unseen).all()


def test_rates_rise_stay_and_fall():
    how = recipe("solver")
    steps = np.linspace(0, 1, 1001)
    rates = np.array([how.rate(p) for p in steps])
    assert rates[0] == pytest.approx(1 / 200) and rates.max() == 1.0 and rates[-1] == 0.0
    assert (np.diff(rates[:17]) > 0).all() and (np.diff(rates[701:]) < 0).all()
    assert (rates[20:700] == 1).all()


def test_weights_come_back_as_replicas(tmp_path):
    how = recipe("tiny")
    networks = how.network([4, 5])
    for replica, seed in enumerate((4, 5)):
        save(how.network([seed]), tmp_path / f"{replica}.safetensors", {"seed": str(seed)})
    again = load_file(how, tmp_path / "0.safetensors", tmp_path / "1.safetensors")
    tokens = torch.zeros(1, 3, dtype=torch.long)
    with torch.no_grad():
        torch.testing.assert_close(again(tokens), networks(tokens), atol=2e-3, rtol=1e-2)
    assert not any(p.requires_grad for p in again.parameters())


def test_training_repeats_itself():
    short = module.replace(recipe("tiny"), n_steps=4, n_records=2)
    first, second = fit(short, seed=3), fit(short, seed=3)
    np.testing.assert_array_equal(first.error, second.error)
    assert not np.array_equal(first.error, fit(short, seed=4).error)


def test_what_does_not_exist_is_named():
    with pytest.raises(ValueError, match="name"):
        recipe("no such")
    with pytest.raises(ValueError, match="seeds"):
        load("tiny", [99])
    with pytest.raises(ValueError, match="n_puzzles"):
        draw_puzzles(depth_first, 0, 4, np.random.default_rng(0), unseen=True)
