"""All 35 balanced dichotomies of 3 latents, 8 conditions × 20 trials × 100 neurons.

In the normal suite only our side runs, once. To time it against decodanda in the same process::

    OMP_NUM_THREADS=1 python -m pytest tests/benchmarks --benchmark-enable

decodanda is given its fast path: explicit lists of conditions, one resampling. Both sides try the
same held-out pairs (all 16 a dichotomy) with the same support vector machine.
"""

import numpy as np
import pytest

from absrep import balanced_dichotomies, dichotomy_ccgp, dichotomy_parallelism

from ..helpers import decodanda_session, latents, repeated

CUBE, DICHOTOMIES = latents(3), balanced_dichotomies(8)


@pytest.fixture(scope="module")
def recording():
    rng = np.random.default_rng(0)
    return repeated(rng.standard_normal((8, 100)), CUBE, 20, 3.0, rng)


@pytest.mark.parametrize("measure", [dichotomy_parallelism, dichotomy_ccgp])
def test_dichotomies_together_are_the_dichotomies_alone(benchmark, recording, measure):
    trials, _, conditions = recording
    together = benchmark.pedantic(measure, (trials, conditions, DICHOTOMIES))
    alone = [measure(trials, conditions, d)[0] for d in DICHOTOMIES[::7]]
    np.testing.assert_allclose(together[::7], alone, atol=1e-12)


@pytest.mark.parametrize("max_distance", [1, 3])
@pytest.mark.parametrize("method", ["pearson", "cosine"])
def test_parallelism_against_decodanda(against, recording, method, max_distance):
    # Its default is Pearson at distance 1; cosine is our definition; 3 reaches all pairs.
    trials, labels, conditions = recording
    options = {"method": method, "max_semantic_dist": max_distance}
    with decodanda_session(trials, labels, seed=0) as theirs:
        against(
            f"PS of 35 dichotomies, decodanda's {method} at distance {max_distance}",
            lambda: dichotomy_parallelism(trials, conditions, DICHOTOMIES),
            lambda: [theirs.parallelism(d, **options) for d in DICHOTOMIES],
            rounds=9,
        )


def test_ccgp_against_decodanda(against, recording):
    trials, labels, conditions = recording
    with decodanda_session(trials, labels, seed=0) as theirs:
        against(
            "CCGP of 35 dichotomies, all held-out pairs",
            lambda: dichotomy_ccgp(trials, conditions, DICHOTOMIES),
            lambda: [theirs.ccgp(d, resamplings=1, max_semantic_dist=3) for d in DICHOTOMIES],
            rounds=3,
        )
