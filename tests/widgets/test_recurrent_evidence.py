"""The sheet of states against networks trained again and run by hand."""

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression

from absrep.evidence import Box, EvidenceTask, asked_always, asked_at_end, fan, learn, vanilla_rnn
from absrep.widgets import attractor_sheet

TASK = EvidenceTask(fan(24), Box([0.5, 0.5]), noise=0.2, n_steps=20)


@pytest.fixture(scope="module")
def sheet():
    return attractor_sheet()


def states_by_hand(learned, grid):
    """Twenty steps of evidence, twenty without; shape (41, n, M)."""
    weights = learned.network.cores[0].cell.all_weights[0]
    into, within, *offsets = (w.detach().double().numpy() for w in weights)
    states = [np.zeros((len(grid), len(within)))]
    for t in range(40):
        drive = (grid if t < 20 else 0 * grid) @ into.T + sum(offsets)
        states.append(np.maximum(states[-1] @ within.T + drive, 0))
    return np.stack(states)


@pytest.mark.parametrize("question", [0, 1])
def test_readouts_are_those_of_the_network_run_by_hand(sheet, question):
    asked = (asked_at_end, asked_always)[question]
    learned = learn(TASK, vanilla_rnn, seeds=[0], question=asked, n_steps=400, batch_size=64)
    side = np.linspace(-0.45, 0.45, 7)
    grid = np.array([(a, b) for a in side for b in side])
    states = states_by_hand(learned, grid)
    trials = TASK.trials(1000, rng=1)
    reader = LinearRegression().fit(learned.final_states(trials)[0], trials.latents)
    spread = states.var(axis=1).sum(axis=1)
    for step in (1, 7, 20, 33, 40):
        shown = sheet.readouts_at(question=question, step=step)
        size = np.sqrt(spread[step] / spread[20])
        error = np.sqrt(np.mean((reader.predict(states[step]) - grid) ** 2) / grid[:, 0].var())
        assert float(shown["size"]) == pytest.approx(size, abs=0.006)
        assert float(shown["error"]) == pytest.approx(error, abs=0.006)
        assert shown["input"] == ("evidence" if step <= 20 else "neutral")


def test_both_families_of_lines_pass_through_the_same_states(sheet):
    for question in (0, 1):
        for step in (1, 20, 40):
            drawn = sheet.compute(question=question, step=step)
            for kind in ("sheet", "read"):
                nets = [drawn[f"{kind} {latent}"] for latent in (1, 2)]
                first, second = (
                    np.unique(lines[~np.isnan(lines).any(axis=1)].round(9), axis=0)
                    for lines in nets
                )
                np.testing.assert_array_equal(first, second)
            assert np.nanmax(np.linalg.norm(drawn["sheet 1"], axis=1)) <= 1 + 1e-12


def test_one_latent_changes_along_a_line(sheet):
    read = sheet.compute(question=0, step=20)
    for latent in (0, 1):
        lines = read[f"read {latent + 1}"].reshape(7, 8, 2)[:, :7]
        assert (np.diff(lines[:, :, latent], axis=1) > 0).mean() > 0.9
        assert np.abs(np.diff(lines[:, :, 1 - latent], axis=1)).max() < 0.12


def test_one_network_keeps_and_the_other_forgets(sheet):
    def error(question, step):
        return float(sheet.readouts_at(question=question, step=step)["error"])

    assert error(0, 20) < 0.15 and error(1, 20) < 0.15
    assert error(0, 25) < error(1, 25)
    assert float(sheet.readouts_at(question=1, step=40)["size"]) < 0.6
