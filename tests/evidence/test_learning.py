"""Trained networks: states and outputs agree, and training reaches what the observer reaches."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from absrep.evidence import (
    Box,
    EvidenceTask,
    RandomEncoder,
    asked_always,
    evaluate,
    fan,
    gru,
    ideal_observer,
    integrator_rnn,
    leaky_rnn,
    learn,
    lstm,
    on_the_diagonal,
    r2_limit,
    random_hyperplanes,
    transformer,
    vanilla_rnn,
)

ARCHITECTURES = {
    "rnn": vanilla_rnn,
    "leaky": leaky_rnn,
    "integrator": integrator_rnn,
    "lstm": lstm,
    "gru": gru,
    "transformer": transformer,
}
TASK = EvidenceTask(fan(6), Box([0.5, 0.5]), noise=0.2, n_steps=10)


@pytest.fixture(scope="module")
def learned():
    return learn(TASK, vanilla_rnn, seeds=[0, 1], n_steps=600)


def test_parameter_counts_match():
    counts = {
        name: sum(p.numel() for p in a.make(40).parameters()) + 24 * (a.n_states + 1)
        for name, a in ARCHITECTURES.items()
    }
    assert counts == pytest.approx(dict.fromkeys(counts, counts["rnn"]), rel=0.03)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_states_are_causal_and_read_linearly(name):
    found = learn(TASK, ARCHITECTURES[name], seeds=[0], n_steps=3, question=asked_always)
    trials = TASK.trials(1500, rng=3)
    states, logits = found.states(trials), found.logits(trials)
    assert states.shape == (1, 1500, 10, ARCHITECTURES[name].n_states)
    np.testing.assert_array_equal(found.final_states(trials), states[:, :, -1])
    readout = found.network.readouts[0]
    expected = states[0] @ readout.weight.detach().numpy().T + readout.bias.detach().numpy()
    np.testing.assert_allclose(logits[0], expected, atol=1e-4)
    # What comes later changes nothing.
    inputs = trials.inputs.copy()
    inputs[:, 5:] += 1
    later = replace(trials, inputs=inputs)
    np.testing.assert_allclose(found.states(later)[:, :, :5], states[:, :, :5], atol=1e-5)


def test_training_comes_close_to_the_ideal_observer(learned):
    trials = TASK.trials(20_000, rng=5)
    logits = ideal_observer(trials.evidence, 0.2).logits(TASK.boundaries)[:, -1]
    ideal = np.logaddexp(0, -logits * trials.labels).mean()
    network = np.logaddexp(0, -learned.logits(trials)[:, :, -1] * trials.labels).mean((1, 2))
    assert (network < 1.1 * ideal).all()
    # Better only by what the edges of the box tell, which the observer does not know.
    assert (network > 0.95 * ideal).all()


def test_the_same_seeds_give_the_same_network(learned):
    again = learn(TASK, vanilla_rnn, seeds=[0, 1], n_steps=600)
    np.testing.assert_array_equal(again.training.error, learned.training.error)
    other = learn(TASK, vanilla_rnn, seeds=[1], n_steps=1)
    for a, b in zip(other.network.parameters(), learned.network.parameters(), strict=False):
        assert not torch.equal(a, b)


def test_evaluation_against_direct_computation(learned):
    found = evaluate(learned, rng=2)
    # The generator draws both one after the other, as `evaluate` does.
    rng = np.random.default_rng(2)
    fit, test = TASK.trials(8000, rng), TASK.trials(8000, rng)
    z, new = learned.final_states(fit), learned.final_states(test)
    for r in range(2):
        design = np.column_stack([z[r], np.ones(8000)])
        outside = ~((fit.latents[:, 0] > 0) & (fit.latents[:, 1] < 0))
        weights = np.linalg.lstsq(design[outside], fit.latents[outside], rcond=1e-6)[0]
        inside = (test.latents[:, 0] > 0) & (test.latents[:, 1] < 0)
        error = np.column_stack([new[r], np.ones(8000)])[inside] @ weights - test.latents[inside]
        assert found.held_out[r, 1] == pytest.approx(1 - 12 * np.mean(error**2), abs=2e-3)
        assert found.held_out_own[r, 1] == pytest.approx(1 - 48 * np.mean(error**2), abs=0.05)
        both = test.latents.prod(axis=1) > 0
        error = np.column_stack([new[r], np.ones(8000)])[both] @ weights - test.latents[both]
        assert found.published[r, 1] == pytest.approx(1 - 12 * np.mean(error**2), abs=2e-3)
    # Lines at 30° to one another see all of the plane; a single one sees half of it.
    assert found.unseen is None and found.seen == pytest.approx(found.within, abs=2e-3)
    assert (found.extraction_gain >= found.extraction).all()
    limit = r2_limit(TASK.latents, TASK.noise / np.sqrt(TASK.n_steps))[0]
    assert (found.within < limit + 0.002).all()  # 8000 trials: chance may lift it so much


def test_what_no_task_asks_about_is_not_needed():
    task = EvidenceTask(random_hyperplanes(1, 2, 0), Box([0.5, 0.5]), noise=0.2, n_steps=5)
    found = evaluate(learn(task, vanilla_rnn, seeds=[0], n_steps=400), rng=0)
    assert found.extraction is None
    assert found.unseen[0] < found.seen[0] - 0.05


def test_published_sampling_leaves_equal_signs_alone():
    latents = np.random.default_rng(0).uniform(-1, 1, (500, 3))
    same = on_the_diagonal([-1, -1, -1])(latents)
    np.testing.assert_array_equal(same, (latents < 0).all(axis=1))
    mixed = on_the_diagonal([1, -1, 1])(latents)
    np.testing.assert_array_equal(mixed, (latents < 0).all(axis=1) | (latents > 0).all(axis=1))


def test_encoded_inputs_reach_the_network():
    encoder = RandomEncoder((2, 30, 12), seed=0)
    task = EvidenceTask(fan(3), Box([1, 1]), noise=0.2, n_steps=4, encoder=encoder)
    assert learn(task, gru, seeds=[0], n_steps=1).network.n_inputs == 12
