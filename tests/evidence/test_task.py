"""Trials: what is drawn is what was asked for."""

import numpy as np
import pytest
from scipy.stats import kstest

from absrep.evidence import (
    Box,
    EvidenceTask,
    Gaussian,
    Hyperplanes,
    Quadrics,
    RandomEncoder,
    fan,
    in_orthant,
    random_hyperplanes,
)

BOX = Box([0.5, 0.5])


def task(**changes):
    settings = {"boundaries": fan(4), "latents": BOX, "noise": 0.2, "n_steps": 10}
    return EvidenceTask(**settings | changes)


def test_trials_repeat_with_their_seed():
    first, again, other = task().trials(20, rng=0), task().trials(20, rng=0), task().trials(20, 1)
    np.testing.assert_array_equal(first.inputs, again.inputs)
    assert not np.array_equal(first.latents, other.latents)


def test_labels_are_the_sides_of_the_boundaries():
    trials = task().trials(500, rng=0)
    x, y = trials.latents.T
    for i, label in enumerate(trials.labels.T):
        above = y > np.tan((i + 0.5) * np.pi / 4) * x  # the authors' form, for slopes below 90°
        flipped = np.cos((i + 0.5) * np.pi / 4) < 0
        np.testing.assert_array_equal(label > 0, above ^ flipped)


def test_curved_boundaries():
    circle = Quadrics([np.eye(2)], [[0, 0]], [0.09])
    hyperbola = Quadrics([[[0, 0.5], [0.5, 0]]], [[0, 0]], [0.0])
    trials = task(boundaries=circle).trials(300, rng=0)
    inside = np.linalg.norm(trials.latents, axis=1) < 0.3
    np.testing.assert_array_equal(trials.labels[:, 0] < 0, inside)
    product = task(boundaries=hyperbola).trials(300, rng=0)
    np.testing.assert_array_equal(product.labels[:, 0], np.sign(product.latents.prod(axis=1)))


def test_noise_has_the_size_the_shape_and_the_memory_asked_for():
    laplace = lambda rng, shape: rng.laplace(scale=2**-0.5, size=shape)  # noqa: E731
    for settings in ({}, {"autocorrelation": 0.7}, {"noise_shape": laplace}):
        made = task(n_steps=30, **settings)
        trials = made.trials(4000, rng=0)
        noise = trials.evidence - trials.latents[:, None]
        assert noise.std() == pytest.approx(0.2, rel=0.01)
        step = np.mean(noise[:, 1:] * noise[:, :-1]) / 0.2**2
        assert step == pytest.approx(made.autocorrelation, abs=0.02)
        assert np.allclose(noise.std(axis=(0, 2)), 0.2, rtol=0.04)  # stationary


def test_boxes_are_uniform_and_may_be_correlated_and_unequal():
    correlation = np.array([[1, 0.8], [0.8, 1]])
    box = Box([0.5, 2.0], correlation=correlation)
    x = box.sample(20_000, np.random.default_rng(0))
    for column, half in zip(x.T, (0.5, 2.0), strict=True):
        assert kstest(column, "uniform", args=(-half, 2 * half)).pvalue > 1e-3
    # Of a Gaussian copula: Pearson's correlation of the uniforms is 6/π · asin(ρ/2).
    expected = 6 / np.pi * np.arcsin(0.4)
    assert np.corrcoef(x.T)[0, 1] == pytest.approx(expected, abs=0.01)
    np.testing.assert_allclose(x.var(axis=0), box.variance, rtol=0.03)


def test_gaussian_latents_have_their_covariance():
    covariance = np.array([[1.0, -0.3], [-0.3, 0.5]])
    x = Gaussian(covariance).sample(100_000, np.random.default_rng(0))
    np.testing.assert_allclose(np.cov(x.T), covariance, atol=0.02)
    np.testing.assert_allclose(Gaussian(covariance).variance, [1.0, 0.5])


def test_where_keeps_to_a_region():
    trials = task().trials(300, rng=0, where=in_orthant([1, -1]))
    assert len(trials.latents) == 300
    assert (trials.latents[:, 0] > 0).all() and (trials.latents[:, 1] < 0).all()
    with pytest.raises(ValueError, match="where"):
        task().trials(10, rng=0, where=lambda x: np.zeros(len(x), dtype=bool))


def test_the_encoder_is_frozen_and_hides_the_latents():
    encoder = RandomEncoder((2, 30, 30, 10), seed=3)
    again = RandomEncoder((2, 30, 30, 10), seed=3)
    x = np.random.default_rng(0).uniform(-0.5, 0.5, (70, 4, 2))
    np.testing.assert_array_equal(encoder(x), again(x))
    # Against torch's own layers with the same weights.
    import torch

    flow = torch.tensor(x)
    for i, (weights, biases) in enumerate(encoder._layers):
        flow = flow.relu() if i else flow
        flow = torch.nn.functional.linear(flow, torch.tensor(weights.T), torch.tensor(biases))
    np.testing.assert_allclose(encoder(x), flow.numpy(), atol=1e-14)
    assert task(encoder=encoder).trials(5, rng=0).inputs.shape == (5, 10, 10)


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (lambda: task(latents=Box([1.0])), "boundaries and latents"),
        (lambda: task(noise=-1), "noise"),
        (lambda: task(noise=np.nan), "noise"),
        (lambda: task(n_steps=0), "n_steps"),
        (lambda: task(autocorrelation=1.0), "autocorrelation"),
        (lambda: task().trials(0, rng=0), "n_trials"),
        (lambda: Box([0.5, -1]), "half_widths"),
        (lambda: Box([0.5, 1], correlation=[[1, 2], [2, 1]]), "correlation"),
        (lambda: Box([0.5, 1], correlation=[[2, 0], [0, 1]]), "correlation"),
        (lambda: Gaussian([[1, 1], [1, 1]]), "covariance"),
        (lambda: Hyperplanes([[0, 0]]), "normals"),
        (lambda: Hyperplanes([[1, 0]], offsets=[1, 2]), "offsets"),
        (lambda: fan(2).margins([1, 2, 3]), "latents"),
        (lambda: Quadrics([np.eye(2)], [[0, 0]], [1, 2]), "forms"),
        (lambda: random_hyperplanes(0, 2, rng=0), "n_tasks"),
        (lambda: RandomEncoder((3,), seed=0), "sizes"),
    ],
)
def test_bad_input_is_named(make, named):
    with pytest.raises(ValueError, match=named):
        make()
