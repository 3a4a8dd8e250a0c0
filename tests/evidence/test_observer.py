"""The ideal observer against brute-force Bayes, and the way back to the latents."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import toeplitz
from scipy.special import expit, log_ndtr, ndtri

from absrep.evidence import (
    Gaussian,
    Hyperplanes,
    extract_latents,
    fan,
    ideal_observer,
    probit_of_logit,
    random_hyperplanes,
)


def test_probabilities_are_those_of_bayes_on_a_grid():
    rng, sigma, prior = np.random.default_rng(0), 0.7, np.array([[1.0, 0.4], [0.4, 0.6]])
    evidence = rng.standard_normal((1, 4, 2))
    tasks = Hyperplanes([[1, 0], [1, 2], [-1, 1]], offsets=[0.1, -0.3, 0.2])
    axis = np.linspace(-5, 5, 1001)
    grid = np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1)
    log = -0.5 * np.einsum("xyd,de,xye->xy", grid, np.linalg.inv(prior), grid)
    posterior = ideal_observer(evidence, sigma, prior=prior)
    for t in range(4):
        log = log - 0.5 * ((evidence[0, t] - grid) ** 2).sum(-1) / sigma**2
        weight = np.exp(log - log.max())
        weight /= weight.sum()
        np.testing.assert_allclose(
            posterior.mean[0, t], np.einsum("xy,xyd->d", weight, grid), atol=1e-10
        )
        # The boundary cuts grid cells: half a cell on each side.
        yes = np.einsum("xy,xyk->k", weight, tasks.margins(grid) > 0)
        np.testing.assert_allclose(posterior.probabilities(tasks)[0, t], yes, atol=0.01)


def test_correlated_noise_is_weighed_by_least_squares():
    rng, rho, sigma = np.random.default_rng(1), 0.6, 0.4
    evidence = rng.standard_normal((3, 7, 2))
    posterior = ideal_observer(evidence, sigma, autocorrelation=rho)
    for t in range(1, 8):
        weights = np.linalg.solve(toeplitz(rho ** np.arange(t)), np.ones(t))
        mean = np.einsum("t,ntd->nd", weights / weights.sum(), evidence[:, :t])
        np.testing.assert_allclose(posterior.mean[:, t - 1], mean, atol=1e-14)
        np.testing.assert_allclose(
            posterior.covariance[t - 1], sigma**2 / weights.sum() * np.eye(2), atol=1e-14
        )


def test_a_wide_prior_is_a_flat_one():
    evidence = np.random.default_rng(2).standard_normal((2, 5, 3))
    flat = ideal_observer(evidence, 0.5)
    wide = ideal_observer(evidence, 0.5, prior=1e9 * np.eye(3))
    np.testing.assert_allclose(wide.mean, flat.mean, atol=1e-8)


def test_the_posterior_is_calibrated():
    # Of the answers given with probability p, a share p is right.
    rng = np.random.default_rng(3)
    x = Gaussian(np.eye(2)).sample(200_000, rng)
    evidence = x[:, None] + 0.8 * rng.standard_normal((len(x), 3, 2))
    said = ideal_observer(evidence, 0.8, prior=np.eye(2)).probabilities(fan(2))[:, -1]
    truth = fan(2).margins(x) > 0
    for low in (0.1, 0.5, 0.8):
        some = (said > low) & (said < low + 0.05)
        assert truth[some].mean() == pytest.approx(said[some].mean(), abs=0.015)


@pytest.mark.parametrize("n_latents", [2, 3, 4, 5, 6])
@pytest.mark.parametrize("extra", [0, 7])
@pytest.mark.parametrize("prior", [None, "correlated"])
def test_the_answers_give_the_latents_back(n_latents, extra, prior):
    rng = np.random.default_rng(n_latents)
    tasks = random_hyperplanes(n_latents + extra, n_latents, rng, offset_scale=0.2)
    factor = rng.standard_normal((n_latents, n_latents))
    prior = None if prior is None else factor @ factor.T + 0.1 * np.eye(n_latents)
    posterior = ideal_observer(rng.uniform(-1, 1, (50, 20, n_latents)), 0.2, prior=prior)
    back = extract_latents(probit_of_logit(posterior.logits(tasks)), tasks, posterior.spread(tasks))
    condition = np.linalg.cond(tasks.normals)
    np.testing.assert_allclose(back, posterior.mean, atol=1e-12 * condition)


@pytest.mark.parametrize("n_latents", [2, 3, 4, 5, 6])
def test_fewer_tasks_than_latents_are_refused(n_latents):
    tasks = random_hyperplanes(n_latents - 1, n_latents, rng=0)
    with pytest.raises(ValueError, match=f"span the {n_latents} latents, found normals of rank"):
        extract_latents(np.zeros(n_latents - 1), tasks, 1.0)


def test_what_the_tasks_do_not_see_cannot_be_told():
    # Two latents that differ along the unseen direction get the same answers.
    tasks = Hyperplanes([[1, 1], [2, 2]])
    first, second = (ideal_observer([[[a, 1 - a]]], 0.3) for a in (0.0, 0.8))
    np.testing.assert_allclose(first.probabilities(tasks), second.probabilities(tasks))


@given(st.floats(-300, 300))
def test_probit_of_logit_is_exact_also_in_the_tails(u):
    z = probit_of_logit([u])[0]
    # log Φ(z) against log sigm(u), on the side that is not close to zero in the logarithm
    np.testing.assert_allclose(log_ndtr(-abs(z)), -np.logaddexp(0, abs(u)), rtol=1e-9)
    if abs(u) < 20:
        assert z == pytest.approx(ndtri(expit(u)), abs=1e-6)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"evidence": np.zeros((2, 3))}, "evidence"),
        ({"evidence": np.full((1, 2, 2), np.nan)}, "evidence"),
        ({"noise": 0.0}, "noise"),
        ({"noise": -1.0}, "noise"),
        ({"autocorrelation": 1.0}, "autocorrelation"),
        ({"autocorrelation": -0.1}, "autocorrelation"),
        ({"prior": np.eye(3)}, "prior"),
    ],
)
def test_bad_input_is_named(arguments, named):
    with pytest.raises(ValueError, match=named):
        ideal_observer(**{"evidence": np.zeros((1, 2, 2)), "noise": 1.0} | arguments)


def test_accuracy_of_the_observer_on_gaussian_latents():
    # P(sign right) = 1 − arccos(ρ)/π with ρ the correlation of margin and estimate.
    rng, sigma, steps = np.random.default_rng(4), 0.5, 4
    x = rng.standard_normal((400_000, 1))
    evidence = x[:, None] + sigma * rng.standard_normal((len(x), steps, 1))
    right = np.sign(ideal_observer(evidence, sigma).mean[:, -1]) == np.sign(x)
    rho = 1 / np.sqrt(1 + sigma**2 / steps)
    assert right.mean() == pytest.approx(1 - np.arccos(rho) / np.pi, abs=3 * 0.0006)
