"""The same synthetic trials given to decodanda 0.8.6: where it agrees, and where it differs.

Differences of definition: decodanda bootstraps (its scores are random), joins all pairs of
conditions within a Hamming distance where Bernardi et al. (2020) take the best one-to-one
pairing, and so has a parallelism score by chance that is not zero.
"""

import numpy as np
import pytest

from absrep import balanced_dichotomies, ccgp, dichotomy_ccgp, dichotomy_parallelism
from absrep import parallelism_score as ps

from .helpers import decodanda_session, latents, repeated

CUBE = latents(3)
DICHOTOMIES = balanced_dichotomies(8)
PARITY = CUBE.prod(axis=1)


def test_parallelism_of_latents_is_decodandas_on_noise_free_trials():
    rng = np.random.default_rng(0)
    trials, labels, _ = repeated(rng.standard_normal((8, 30)), CUBE, 3, 0, rng)
    with decodanda_session(trials, labels, seed=0) as theirs:
        expected = [theirs.parallelism(latent, method="cosine") for latent in CUBE.T]
    np.testing.assert_allclose(ps(trials, labels), expected, rtol=0, atol=1e-12)


def test_parallelism_of_latents_is_decodandas_but_for_its_bootstrap():
    # Resampling 2n of n trials with replacement adds σ̂²/2n to the variance of a mean, which
    # lengthens coding vectors and leaves their products: a factor known from the data.
    rng = np.random.default_rng(0)
    n_trials, n_repeats = 10, 40
    trials, labels, conditions = repeated(
        CUBE @ rng.standard_normal((3, 100)) + 0.7 * rng.standard_normal((8, 100)),
        CUBE,
        n_trials,
        2.0,
        rng,
    )
    with decodanda_session(trials, labels, seed=0) as theirs:
        runs = np.array(
            [[theirs.parallelism(y, method="cosine") for y in CUBE.T] for _ in range(n_repeats)]
        )
    means = np.stack([trials[conditions == c].mean(axis=0) for c in range(8)])
    added = np.array([trials[conditions == c].var(axis=0).sum() / (2 * n_trials) for c in range(8)])
    lengthened = []
    for latent in range(3):
        plus, minus = (np.flatnonzero(CUBE[:, latent] == s) for s in (1, -1))
        squared = np.square(means[plus] - means[minus]).sum(axis=1)
        lengthened.append(np.mean(squared / (squared + added[plus] + added[minus])))
    error = runs.std(axis=0) / np.sqrt(n_repeats)
    difference = np.abs(runs.mean(axis=0) - ps(trials, labels) * lengthened)
    assert (difference < 4 * error + 0.003).all()
    assert (np.abs(runs.mean(axis=0) - ps(trials, labels)) > 0.02).all()  # the factor matters


def test_where_they_differ_decodandas_parallelism_has_a_chance_level_of_its_own():
    # Eight orthonormal conditions: no structure at all. decodanda's coding vectors join every
    # pair of the two sides, so many share an end point, and two such vectors have cosine 1/2.
    # Of the 120 pairs of its 16 vectors 48 do: it reads 48/120 × 1/2 = 1/5 for any dichotomy.
    # With distance 1, parity has three neighbours a condition, 8 × 3 of 66 pairs: 2/11.
    # One-to-one pairings share no end point: ours reads 0.
    trials, labels, conditions = repeated(np.eye(8), CUBE, 3, 0, np.random.default_rng(0))
    with decodanda_session(trials, labels, seed=0) as theirs:
        all_pairs = [
            theirs.parallelism(d, method="cosine", max_semantic_dist=3) for d in DICHOTOMIES
        ]
        neighbours = theirs.parallelism(PARITY, method="cosine")
    np.testing.assert_allclose(all_pairs, 1 / 5, atol=1e-12)
    assert neighbours == pytest.approx(2 / 11, abs=1e-12)
    np.testing.assert_allclose(
        dichotomy_parallelism(trials, conditions, DICHOTOMIES), 0, atol=1e-12
    )


def test_where_they_differ_decodanda_does_not_look_for_the_best_pairing():
    # A cube with two conditions of one side exchanged in name: still two parallel faces, which
    # Bernardi's maximum finds and decodanda's fixed pairs do not.
    renamed = CUBE[[1, 0, 2, 3, 4, 5, 6, 7]]
    trials, labels, conditions = repeated(renamed, CUBE, 3, 0, np.random.default_rng(0))
    with decodanda_session(trials, labels, seed=0) as theirs:
        fixed = theirs.parallelism(CUBE[:, 0], method="cosine")
    assert dichotomy_parallelism(trials, conditions, CUBE[:, 0]) == pytest.approx(1, abs=1e-12)
    assert fixed == pytest.approx(ps(trials, labels)[0], abs=1e-12)
    assert fixed < 0.9


def test_ccgp_is_decodandas_on_noise_free_trials():
    rng = np.random.default_rng(0)
    trials, labels, conditions = repeated(rng.standard_normal((8, 20)), CUBE, 3, 0, rng)
    trials -= trials.mean(axis=0)  # decodanda penalises the bias; we take the mean off first
    with decodanda_session(trials, labels, seed=0) as theirs:
        latent = [theirs.ccgp(y, resamplings=1) for y in CUBE.T]
        every = [theirs.ccgp(d, resamplings=1, max_semantic_dist=3) for d in DICHOTOMIES]
    np.testing.assert_allclose(ccgp(trials, labels), latent, rtol=0, atol=1e-12)
    ours = dichotomy_ccgp(trials, conditions, DICHOTOMIES)
    np.testing.assert_allclose(ours, every, rtol=0, atol=1e-12)
    assert len(np.unique(ours)) > 10  # neither all perfect nor all at chance


def test_ccgp_of_all_35_dichotomies_is_decodandas_within_its_sampling_error():
    # Two runs of decodanda differ by their bootstraps; ours must be as close to them as they
    # are to each other, without a bias.
    rng = np.random.default_rng(0)
    trials, labels, conditions = repeated(rng.standard_normal((8, 10)), CUBE, 30, 1.0, rng)
    with decodanda_session(trials, labels, seed=0) as theirs:
        runs = np.array(
            [
                [theirs.ccgp(d, resamplings=1, max_semantic_dist=3) for d in DICHOTOMIES]
                for _ in range(2)
            ]
        )
    ours = dichotomy_ccgp(trials, conditions, DICHOTOMIES)
    scatter = np.sqrt(np.square(runs[0] - runs[1]).mean() / 2)
    difference = ours - runs
    assert np.sqrt(np.square(difference).mean()) < 1.5 * scatter
    assert abs(difference.mean()) < 4 * scatter / np.sqrt(difference.size)
    assert ours.std() > 4 * scatter  # the dichotomies differ by far more than that
