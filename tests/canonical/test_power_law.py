"""Exponents against planted ones, coverage of their intervals by simulation."""

import numpy as np
import pytest

from absrep.canonical import (
    diagonality,
    exponents,
    fit_exponent,
    log_products,
    moments,
    power_law,
    power_laws,
    reciprocity,
    spectral_power_law,
)
from absrep.nets import LinearLayer


def rotations(rng, replicas, size):
    return np.linalg.qr(rng.standard_normal((replicas, size, size)))[0]


def planted(rng, exponent, replicas=10, size=10, noise=0.2):
    """A, B, Z with a common basis; noise has the same share of the variance of log A and log B."""
    z = rng.standard_normal((replicas, size))
    a = z + noise * rng.standard_normal(z.shape)
    b = exponent * (z + noise * rng.standard_normal(z.shape))
    basis = rotations(rng, replicas, size)
    return tuple((basis * np.exp(logs)[:, None]) @ basis.mT for logs in (a, b, z))


def random_layer(rng, replicas=4, above=5, below=7, n=40):
    return LinearLayer(
        rng.standard_normal((replicas, n, below)) * rng.lognormal(size=below),
        rng.standard_normal((replicas, above, below)),
        rng.standard_normal((replicas, n, above)) * rng.lognormal(size=above),
        rng.standard_normal((replicas, above)),
    )


@pytest.mark.parametrize("exponent", [2, 0.5, -1])
def test_exact_powers_are_found_exactly(exponent):
    a, b, z = planted(np.random.default_rng(0), exponent, noise=0)
    scales = np.random.default_rng(1).lognormal(size=(10, 1, 1))  # a factor per replica is free
    law = power_law(a, scales * b, z, cut=0)
    assert law.exponent == pytest.approx(exponent)
    assert law.lower == pytest.approx(exponent) == law.upper
    assert law.r_squared == pytest.approx(1)
    assert law.diagonal == pytest.approx(1)
    assert law.r_squared_exponential < 0.9
    # Sorted, a falling power looks like a rising one: spectra do not know what belongs to what.
    assert spectral_power_law(a, b, cut=0).exponent == pytest.approx(abs(exponent), rel=0.3)


@pytest.mark.parametrize(("exponent", "replicas"), [(2, 10), (0.5, 10), (-1, 5), (2, 3)])
def test_intervals_cover_what_they_promise(exponent, replicas):
    rng = np.random.default_rng(0)
    n, inside = 400, 0
    for _ in range(n):
        law = power_law(*planted(rng, exponent, replicas), cut=0)
        inside += law.lower <= exponent <= law.upper
    # Binomial: three standard deviations around 95 % are ± 3.3 %.
    assert 0.917 <= inside / n <= 0.983


def test_reciprocity_covers_what_it_promises_although_the_two_are_correlated():
    rng, n, inside = np.random.default_rng(1), 400, 0
    for _ in range(n):
        a, b, z = planted(rng, 2)
        product, lower, upper = reciprocity(power_law(a, b, z, cut=0), power_law(z, a, z, cut=0))
        assert lower <= product <= upper
        # z itself has no noise: the axis finds √(1 + noise²) there.
        inside += lower <= 2 * np.sqrt(1 + 0.2**2) <= upper
    assert 0.917 <= inside / n <= 0.983


def test_noise_on_one_side_biases_as_the_bracket_says():
    rng = np.random.default_rng(0)
    z = rng.standard_normal((10, 3000))
    b = 2 * z + rng.standard_normal(z.shape)
    products = np.stack([np.stack([z, b], -2) @ np.stack([z, b], -1)], 0)[0]
    law = fit_exponent(products)
    assert law.bracket[0] == pytest.approx(2, abs=0.05)  # ordinary regression of B on A
    assert law.exponent == pytest.approx(np.sqrt(5), abs=0.05)
    assert law.bracket[1] == pytest.approx(2.5, abs=0.05)


def test_swapping_inverts_and_powers_multiply():
    a, b, z = planted(np.random.default_rng(2), 2)
    law, back = power_law(a, b, z, cut=0), power_law(b, a, z, cut=0)
    assert law.exponent * back.exponent == pytest.approx(1)
    assert (law.lower * back.upper, law.upper * back.lower) == pytest.approx((1, 1))
    # Powers are taken in the basis of Z, as A and B are diagonal there.
    squared = power_law(a @ a, b, z, cut=0)
    assert squared.exponent == pytest.approx(law.exponent / 2)
    assert squared.r_squared == pytest.approx(law.r_squared)


def test_without_a_relation_the_interval_is_open():
    rng = np.random.default_rng(0)
    opened = []
    for _ in range(200):
        z, a, b = rng.lognormal(size=(3, 10, 10, 1)) * np.eye(10)
        law = power_law(a, b, z, cut=0)
        opened.append(np.isinf([law.lower, law.upper]).all())
        product = reciprocity(law, law)
        assert np.isinf(product[1:]).all() == opened[-1]
    assert np.mean(opened) > 0.9


def test_an_exponential_is_told_from_a_power():
    rng = np.random.default_rng(0)
    x = rng.uniform(0.1, 3, (5, 12))

    def make(entries):
        return entries[..., None] * np.eye(12)

    law = power_law(make(x / x.max(-1, keepdims=True)), make(np.exp(2 * x)), make(x), cut=0)
    assert law.r_squared_exponential > 0.97 > law.r_squared
    assert law.r_squared_quadratic > law.r_squared + 0.05
    straight = power_law(make(x), make(x**2), make(x), cut=0)
    assert straight.r_squared_quadratic == pytest.approx(straight.r_squared)


def test_the_cut_leaves_out_directions():
    values = np.array([1.0, 0.1, 1e-2, 1e-5])
    z = np.eye(4) * values
    law = power_law(z[None].repeat(3, 0), z[None].repeat(3, 0) ** 2, z)
    assert np.exp(law.log_base).reshape(3, 3)[0] == pytest.approx([1e-2, 0.1, 1])
    assert law.replica.tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2]


def test_diagonality_is_zero_by_chance_and_one_in_the_own_basis():
    rng = np.random.default_rng(0)
    factor = rng.standard_normal((6, 9))
    matrix = factor @ factor.T
    basis = rotations(rng, 20_000, 6)
    chance = diagonality(matrix, (basis * np.arange(6.0)) @ basis.mT)
    assert chance.mean() == pytest.approx(0, abs=0.005)
    assert chance.std() > 0.05
    assert diagonality(matrix, matrix @ matrix) == pytest.approx(1)
    assert diagonality(3 * np.eye(6), matrix) == 1


def test_all_six_exponents_follow_from_three_logarithms():
    """The identities H_b = W H_a Wᵀ and G_a = Wᵀ G_b W, against covariances formed directly."""
    layer = random_layer(np.random.default_rng(0))
    direct, short = power_laws(layer), exponents(log_products(layer))
    assert list(direct) == list(short)
    for name, law in short.items():
        assert law.exponent == pytest.approx(direct[name].exponent)
        assert law.r_squared == pytest.approx(direct[name].r_squared)
        assert (law.lower, law.upper) == pytest.approx((direct[name].lower, direct[name].upper))


def test_log_products_by_hand():
    layer = random_layer(np.random.default_rng(3), replicas=1)
    left, singular, right = np.linalg.svd(layer.weights[0])
    m = moments(layer)
    logs = np.log(
        [
            [v @ m.representation_below[0] @ v for v in right[:5]],
            [u @ m.gradient_above[0] @ u for u in left.T],
            singular**2,
        ]
    )
    assert log_products(layer)[0] == pytest.approx(5 * np.cov(logs, bias=True))


def test_collapsed_networks_have_no_spread():
    silent = LinearLayer(np.zeros((2, 6, 4)), np.zeros((2, 3, 4)), np.zeros((2, 6, 3)))
    assert np.isnan(log_products(silent)).all()


def covariances(replicas=3):
    return np.eye(3)[None].repeat(replicas, 0) * [1.0, 2.0, 3.0]


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda c: power_law(c[:2], c[:2], c[:2]), "matrix must have at least 3 replicas"),
        (lambda c: spectral_power_law(c[:2], c[:2]), "matrix must have at least 3 replicas"),
        (lambda c: power_law(c, c[:, :2, :2], c), "matrix must have 3 × 3 entries"),
        (lambda c: power_law(c, c, 0 * c), "basis must not be zero"),
        (lambda c: power_law(c, -c, c), "matrix must be positive semi-definite"),
        (lambda c: power_law(c, c, c, cut=0.9), "cut must leave two directions"),
        (lambda c: power_law(c, c, c, cut=-1), "cut must be"),
        (lambda c: power_law(c, c, c, confidence=1.0), "confidence must be below 1"),
        (lambda c: power_law(0 * c + np.eye(3), c, c), "products must be of logarithms"),
        (lambda c: power_law(c, c[:2], c), "must have the same replicas"),
        (lambda c: fit_exponent(c), "products must have shape"),
        (lambda c: fit_exponent(c[:2, :2, :2]), "products must have at least 3 replicas"),
        (lambda c: exponents(c[:, :2, :2]), "products must have shape"),
        (
            lambda c: reciprocity(
                spectral_power_law(c, c), spectral_power_law(covariances(4), covariances(4))
            ),
            "second must have 3 replicas",
        ),
        (lambda c: diagonality(c, c[:, :2]), "basis must have 3 × 3 entries"),
    ],
)
def test_bad_input(call, match):
    with pytest.raises(ValueError, match=match):
        call(covariances())
