"""Chance levels against random rotations and random weights; verdicts by hand."""

import numpy as np
import pytest

from absrep.canonical import (
    alignments,
    chance_cosine,
    matrix_cosine,
    random_weight_alignments,
    traceless_cosine,
    verdicts,
)
from absrep.nets import LinearLayer

from ..helpers import rotation

RNG = np.random.default_rng(0)


def covariance(size, decay):
    """A covariance with a power-law spectrum, in a random frame."""
    q = rotation(size, RNG)
    return q * np.arange(1, size + 1) ** -decay @ q.T


@pytest.mark.parametrize("decays", [(0.5, 1.0), (2.0, 0.3)])
def test_cosines_of_matrices_turned_at_random(decays):
    size, n = 6, 20_000
    a, b = (covariance(size, decay) for decay in decays)
    turns = np.stack([rotation(size, RNG) for _ in range(n)])
    turned = turns @ b @ turns.mT
    still = np.broadcast_to(a, turned.shape)
    cosines = matrix_cosine(still, turned)
    assert cosines.mean() == pytest.approx(
        float(chance_cosine(a, b)), abs=5 * cosines.std() / n**0.5
    )
    traceless = traceless_cosine(still, turned)
    assert abs(traceless.mean()) < 5 * traceless.std() / n**0.5
    assert traceless.std() == pytest.approx(np.sqrt(2 / ((size - 1) * (size + 2))), rel=0.03)


@pytest.mark.parametrize("shape", [(60, 90), (120, 50)])
@pytest.mark.parametrize("centred", [True, False])
@pytest.mark.parametrize("traceless", [True, False])
def test_alignments_of_random_weights(shape, centred, traceless):
    above, below = shape
    n_networks, n_stimuli = 40, 600
    h = RNG.standard_normal((n_stimuli, below)) * np.arange(1, below + 1) ** -0.4 + 0.1
    g = RNG.standard_normal((n_stimuli, above)) * np.arange(1, above + 1) ** -0.7
    repeated = [np.broadcast_to(a, (n_networks, *a.shape)) for a in (h, g)]
    weights = RNG.standard_normal((n_networks, above, below))
    layer = LinearLayer(repeated[0], weights, repeated[1])
    similarity = traceless_cosine if traceless else matrix_cosine
    found = alignments(layer, centred=centred, similarity=similarity).stacked()
    wanted = random_weight_alignments(layer, centred=centred, traceless=traceless).stacked()
    assert np.ptp(wanted, axis=0).max() < 1e-12
    assert np.allclose(found.mean(0), wanted[0], atol=0.02)


def test_verdicts_compare_each_replica_with_itself():
    trained = np.array([[0.95, 0.95, 0.8]] * 9 + [[0.5, 0.5, 0.1]])
    untrained = np.array([[0.6, 0.9, 0.2]] * 9 + [[0.4, 0.6, 0.2]])
    assert verdicts(trained, untrained, untrained).tolist() == [2, 2, 1]
    assert verdicts(trained, untrained, untrained, share=1).tolist() == [2, 0, 0]
    assert verdicts(trained, untrained, untrained, threshold=0.7).tolist() == [2, 2, 2]
    assert verdicts(trained, untrained, trained).tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (lambda: verdicts([0.5], [0.5, 0.5], [0.5]), "untrained"),
        (lambda: verdicts([0.5], [0.5], [[0.5]]), "undecayed"),
        (lambda: verdicts([np.nan], [0.5], [0.5]), "trained"),
        (lambda: verdicts([0.5], [0.5], [0.5], share=0.0), "share"),
        (lambda: verdicts([0.5], [0.5], [0.5], threshold=None), "threshold"),
        (lambda: chance_cosine(np.zeros((2, 2)), np.eye(2)), "a"),
        (lambda: chance_cosine(np.eye(2), np.eye(3)), "b"),
    ],
)
def test_bad_arguments_are_named(make, named):
    with pytest.raises((ValueError, TypeError), match=f"^{named} must"):
        make()
