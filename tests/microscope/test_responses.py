"""Recordings read from files: what was written comes back, and nothing is guessed."""

import numpy as np
import pandas as pd
import pytest

from absrep.microscope import Responses, binary_labels, read_responses

TRIALS = np.random.default_rng(0).poisson(3.0, (6, 4)).astype(float)
SIDE = np.array(["left", "left", "right", "right", "left", "right"])
REWARD = np.array([0, 1, 0, 1, 1, 0])
SIGNS = np.column_stack([np.where(SIDE == "right", 1.0, -1.0), 2.0 * REWARD - 1])


@pytest.fixture
def csv(tmp_path):
    table = pd.DataFrame(TRIALS, columns=["a", "b", "c", "d"])
    table.insert(0, "side", SIDE)
    table["reward"], table["trial"] = REWARD, range(6)
    table.to_csv(tmp_path / "recording.csv", index=False)
    return tmp_path / "recording.csv"


@pytest.fixture
def npz(tmp_path):
    def saved(**arrays):
        np.savez(tmp_path / "recording.npz", **arrays)
        return tmp_path / "recording.npz"

    return saved


def same(found, names):
    np.testing.assert_array_equal(found.responses, TRIALS)
    np.testing.assert_array_equal(found.labels, SIGNS)
    assert found.names == names


def test_a_csv_comes_back(csv):
    same(read_responses(csv, ["side", "reward"], ignore=["trial"]), ("side", "reward"))
    assert read_responses(str(csv), ["reward"], ignore=["trial", "side"]).meanings == (("0", "1"),)


def test_an_npz_comes_back_in_all_its_forms(npz):
    named = npz(responses=TRIALS, side=SIDE, reward=REWARD, trial=range(6))
    same(read_responses(named, ["side", "reward"]), ("side", "reward"))
    same(read_responses(named, ignore=["trial"]), ("side", "reward"))
    same(read_responses(npz(responses=TRIALS, labels=SIGNS)), ("y1", "y2"))
    both = npz(responses=TRIALS, labels=SIGNS, names=["side", "reward"])
    same(read_responses(both), ("side", "reward"))


@pytest.mark.parametrize(
    ("latents", "ignore", "message"),
    [
        (None, [], "latents must name"),
        (["angle"], [], "must have 'angle', found side, a, b"),
        (["reward"], ["trial"], "'side' of recording.csv is not: is it a latent"),
        (["trial"], ["side"], "latent 'trial' must take two values, found 6"),
        (["side", "reward"], ["trial", "a", "b", "c", "d"], "no column for a neuron"),
    ],
)
def test_what_a_csv_lacks_is_said(csv, latents, ignore, message):
    with pytest.raises(ValueError, match=message):
        read_responses(csv, latents, ignore=ignore)


def test_what_an_npz_lacks_is_said(npz, tmp_path):
    with pytest.raises(ValueError, match="must have 'responses', found rates"):
        read_responses(npz(rates=TRIALS))
    with pytest.raises(ValueError, match="latents must not be empty"):
        read_responses(npz(responses=TRIALS))
    with pytest.raises(ValueError, match="6 entries, one per trial, found 5 of 'side'"):
        read_responses(npz(responses=TRIALS, side=SIDE[1:]))
    with pytest.raises(ValueError, match="responses must be finite"):
        read_responses(npz(responses=np.full((6, 1), np.nan), side=SIDE))
    with pytest.raises(ValueError, match=r"\.npz or \.csv, found 'x\.mat'"):
        read_responses(tmp_path / "x.mat")
    with pytest.raises(TypeError, match="latents must be a sequence"):
        read_responses(npz(responses=TRIALS, side=SIDE), "side")


def test_missing_csv_entries_are_not_filled(csv):
    csv.write_text(csv.read_text().replace("left", "", 1))
    with pytest.raises(ValueError, match="'side' must not have missing"):
        read_responses(csv, ["side", "reward"], ignore=["trial"])


@pytest.mark.parametrize("values", [[False, True], ["a", "b"], [0, 7], [-1.0, 1.0]])
def test_the_value_that_sorts_first_is_minus_one(values):
    labels, meanings = binary_labels("x", [values[1], values[0], values[1]])
    np.testing.assert_array_equal(labels, [1, -1, 1])
    assert meanings == (str(values[0]), str(values[1]))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([1, 1], "found 1 .1.: it says nothing"),
        (range(8), "found 8 .0, 1, 2, 3, 4, ….: cut it in two"),
        ([[0, 1]], "one column"),
    ],
)
def test_other_latents_are_refused(values, message):
    with pytest.raises(ValueError, match=f"'x' must .*{message}"):
        binary_labels("x", values)


def test_standardising_gives_every_neuron_the_same_variance():
    data = Responses.of(np.column_stack([TRIALS * [1, 5, 0.1, 1], np.ones(6)]), {"side": SIDE})
    found = data.standardised()
    np.testing.assert_allclose(found.responses.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(found.responses.std(axis=0), [1, 1, 1, 1, 0], atol=1e-12)
    assert found.labels is data.labels and found.names == data.names
