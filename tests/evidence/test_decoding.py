"""Read-outs of the latents against scikit-learn, and generalisation where the answer is known."""

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.metrics import r2_score

from absrep.evidence import (
    Box,
    EvidenceTask,
    LatentDecoder,
    fan,
    in_orthant,
    orthant_generalisation,
)

TASK = EvidenceTask(fan(4), Box([0.5, 0.5]), noise=0.2, n_steps=20)


def running_mean(trials):
    return trials.evidence.mean(axis=1)[None]


def test_the_decoder_is_least_squares():
    rng = np.random.default_rng(0)
    states, latents = rng.standard_normal((3, 200, 8)), rng.standard_normal((200, 2))
    decoder = LatentDecoder.fit(states, latents)
    for r in range(3):
        model = LinearRegression().fit(states[r], latents)
        np.testing.assert_allclose(decoder.weights[r], model.coef_.T, atol=1e-12)
        np.testing.assert_allclose(decoder.offset[r], model.intercept_, atol=1e-12)
        ours = decoder.r2(states, latents, latents.var(axis=0))[r]
        assert ours == pytest.approx(r2_score(latents, model.predict(states[r])))


def test_angles_between_axes():
    decoder = LatentDecoder(np.array([[[1.0, 1.0], [0.0, 1.0]]]), np.zeros((1, 2)))
    np.testing.assert_allclose(decoder.angles(), [[45.0]])


def test_the_running_mean_generalises_up_to_the_noise():
    # Explained variance of the mean of T looks: 1 − σ²/(T var) = 1 − 0.48/T. In a held-out
    # orthant the same error is four times as much of its own variance.
    found = orthant_generalisation(running_mean, TASK, n_fit=20_000, n_test=20_000, rng=0)
    np.testing.assert_allclose(found.within, 1 - 0.48 / 20, atol=0.001)
    np.testing.assert_allclose(found.held_out, 1 - 0.48 / 20, atol=0.003)
    np.testing.assert_allclose(found.held_out_own, 1 - 4 * 0.48 / 20, atol=0.012)


def test_a_code_without_parallel_axes_does_not_generalise():
    # Distances from four points tell the place, but not in the same way everywhere.
    corners = np.array([[0.5, 0.5], [0.5, -0.5], [-0.5, 0.5], [-0.5, -0.5]])

    def distances(trials):
        x = trials.evidence.mean(axis=1)
        return np.exp(-8 * ((x[:, None] - corners) ** 2).sum(-1))[None]

    found = orthant_generalisation(distances, TASK, n_fit=5000, n_test=5000, rng=0)
    assert found.within.min() > 0.75
    assert found.held_out.max() < found.within.min() - 0.1


def test_testing_where_the_readout_was_fitted_hides_it():
    # What the published code does for two of four quadrants: test in quadrants 1 and 3.
    def swapped(signs):
        first = np.sign(signs[0] * signs[1])
        return in_orthant(signs) if first > 0 else lambda x: x.prod(axis=1) > 0

    rng = np.random.default_rng(0)
    shape = rng.standard_normal((2, 30)), rng.standard_normal(30)

    def tangled(trials):
        return np.maximum(4 * trials.evidence.mean(axis=1) @ shape[0] + shape[1], 0)[None]

    true = orthant_generalisation(tangled, TASK, n_fit=5000, n_test=5000, rng=0)
    wrong = orthant_generalisation(
        tangled, TASK, n_fit=5000, n_test=5000, rng=0, sample_held_out=swapped
    )
    np.testing.assert_allclose(wrong.held_out[:, [0, 3]], true.held_out[:, [0, 3]], atol=0.05)
    assert (wrong.held_out[:, 1:3] > true.held_out[:, 1:3]).all()


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (lambda: LatentDecoder.fit(np.zeros((1, 5, 2)), np.zeros((4, 2))), "states"),
        (lambda: LatentDecoder.fit(np.full((1, 5, 2), np.nan), np.zeros((5, 2))), "states"),
        (
            lambda: orthant_generalisation(running_mean, TASK, n_fit=0, n_test=1, rng=0),
            "n_fit",
        ),
    ],
)
def test_bad_input_is_named(make, named):
    with pytest.raises(ValueError, match=named):
        make()
