"""What networks are asked: targets against brute force."""

import numpy as np
import pytest
import torch
from scipy.stats import norm

from absrep.evidence import (
    Box,
    EvidenceTask,
    Hyperplanes,
    Quadrics,
    asked_always,
    asked_at_end,
    asked_for_confidence,
    asked_for_probabilities,
    fan,
    ideal_observer,
    until_bound,
)

TASK = EvidenceTask(fan(3), Box([0.5, 0.5]), noise=0.2, n_steps=8)
TRIALS = TASK.trials(50, rng=0)


def test_answers_are_the_labels():
    at_end = asked_at_end.targets(TASK, TRIALS)
    np.testing.assert_array_equal(2 * at_end[:, 0] - 1, TRIALS.labels)
    np.testing.assert_array_equal(asked_always.targets(TASK, TRIALS), np.repeat(at_end, 8, axis=1))


def test_probabilities_of_a_flat_prior_step_by_step():
    found = asked_for_probabilities.targets(TASK, TRIALS)
    for t in range(8):
        mean = TRIALS.evidence[:, : t + 1].mean(axis=1)
        expected = norm.cdf(mean @ TASK.boundaries.normals.T * np.sqrt(t + 1) / 0.2)
        np.testing.assert_allclose(found[:, t], expected, atol=1e-12)
    np.testing.assert_allclose(asked_for_confidence.targets(TASK, TRIALS), np.abs(2 * found - 1))


def test_the_lowest_error_of_graded_targets_is_their_entropy():
    p = torch.tensor(asked_for_probabilities.targets(TASK, TRIALS)).clamp(1e-9, 1 - 1e-9)
    lowest = asked_for_probabilities.error(torch.logit(p)[None], p)
    entropy = torch.special.entr(p) + torch.special.entr(1 - p)
    assert lowest.item() == pytest.approx(entropy.mean().item())
    assert asked_for_probabilities.error(1.01 * torch.logit(p)[None], p) > lowest


def test_evidence_is_absorbed_at_the_bound():
    found = until_bound(4.0).targets(TASK, TRIALS)
    for n in range(50):
        for k in range(3):
            total, side = 0.0, None
            for t in range(8):
                total += TASK.boundaries.margins(TRIALS.evidence[n, t])[k] / 0.2
                if side is None and abs(total) >= 4:
                    side = np.sign(total)
                expected = total / 4 if side is None else side
                assert found[n, t, k] == pytest.approx(expected)
    outputs = torch.atanh(torch.tensor(found).clamp(-1 + 1e-12, 1 - 1e-12))
    assert until_bound(4.0).error(outputs[None], torch.tensor(found)).item() < 1e-12


def test_probabilities_are_of_hyperplanes_only():
    curved = EvidenceTask(Quadrics([np.eye(2)], [[0, 0]], [0.1]), Box([1, 1]), 0.2, n_steps=2)
    with pytest.raises(TypeError, match="task must have Hyperplanes"):
        asked_for_probabilities.targets(curved, curved.trials(3, rng=0))


@pytest.mark.parametrize("bound", [0.0, -1.0, np.nan])
def test_a_bound_is_above_zero(bound):
    with pytest.raises(ValueError, match="bound"):
        until_bound(bound)


def test_autocorrelated_noise_counts_less():
    # Offset and autocorrelation reach the observer that makes the targets.
    planes = Hyperplanes([[1.0]], [0.1])
    task = EvidenceTask(planes, Box([1.0]), noise=0.3, n_steps=5, autocorrelation=0.7)
    trials = task.trials(20, rng=1)
    observer = ideal_observer(trials.evidence, 0.3, autocorrelation=0.7)
    np.testing.assert_allclose(
        asked_for_probabilities.targets(task, trials), observer.probabilities(planes)
    )
