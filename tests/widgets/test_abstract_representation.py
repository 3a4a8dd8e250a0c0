"""From the square to the tetrahedron: the formulas of the chapter, and decoders on trials."""

import numpy as np
import pytest
from scipy.stats import norm

from absrep import abstraction_scores, noisy_trials, shattering
from absrep.widgets import square_to_tetrahedron

from ..helpers import latents

LABELS = latents(2)
EXPLORER = square_to_tetrahedron()
INTERACTION, NOISE = (parameter.values for parameter in EXPLORER.parameters)


@pytest.mark.parametrize("noise", NOISE)
def test_readouts_follow_the_formulas_of_the_chapter(noise):
    for s in INTERACTION:
        shown = EXPLORER.compute(interaction=s, noise=noise)
        decoding = norm.cdf(1 / noise)
        expected = {
            "parallelism": (1 - s**2) / (1 + s**2),
            "ccgp": norm.cdf((1 - s**2) / np.sqrt(1 + s**2) / noise),
            "decoding": decoding,
            "shattering": (2 * decoding + norm.cdf(s / noise)) / 3,  # XOR: the third coordinate
            "dimension": (2 + s**2) ** 2 / (2 + s**4),
        }
        assert {key: shown[key] for key in expected} == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(("interaction", "noise"), [(0.0, 0.5), (0.6, 0.9), (1.0, 0.5)])
def test_support_vector_machines_on_trials_find_the_same(interaction, noise):
    shown = EXPLORER.compute(interaction=interaction, noise=noise)
    trials, labels = noisy_trials(shown["points"], LABELS, 2000, noise, rng=0)
    found = abstraction_scores(trials, labels, penalty=1e-4, rng=0)
    split = shattering(trials, np.repeat(range(4), 2000), penalty=1e-4, rng=0)
    # Standard error of a fraction of 8000 trials: at most 0.006; of a cosine less.
    assert shown["parallelism"] == pytest.approx(found.parallelism.mean(), abs=0.02)
    assert shown["decoding"] == pytest.approx(found.decoding.mean(), abs=0.02)
    assert shown["ccgp"] == pytest.approx(found.ccgp.mean(), abs=0.02)
    assert shown["shattering"] == pytest.approx(split.dimension, abs=0.02)


def test_the_dots_lie_on_the_lines_and_inside_the_panel():
    keys = ("parallelism", "ccgp", "decoding", "shattering")
    for noise in NOISE:
        for s in INTERACTION:
            shown = EXPLORER.compute(interaction=s, noise=noise)
            for (at, height), key in zip(shown["now"], keys, strict=True):
                line = shown[f"{key} line"]
                assert at == s
                assert height == pytest.approx(np.interp(s, *line.T), abs=0.003)
                assert 0 <= line.min() and line.max() <= 1.05


def test_edges_join_conditions_that_differ_in_one_latent():
    points = EXPLORER.compute(interaction=0.4, noise=0.5)
    for latent, key in enumerate(("points, first", "points, second")):
        for minus, plus in points[key]:
            differs = np.sign(plus[:2]) != np.sign(minus[:2])
            assert differs[latent] and not differs[1 - latent]
