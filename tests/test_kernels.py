"""Kernels: Walsh expansion, alignment, and the kernels that the book studies."""

from itertools import combinations
from math import comb, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import hadamard
from scipy.special import digamma

from absrep import (
    center,
    gram,
    gram_factor,
    kernel_alignment,
    kernel_from_spectrum,
    linear_cka,
    random_kernel,
    rotated_kernel,
    target_aligned_kernel,
    walsh_basis,
    walsh_orders,
    walsh_spectrum,
)

from .helpers import latents, rotation

SEEDS = st.integers(0, 10**6)


def spectra(largest_dimension=5):
    return st.integers(1, largest_dimension).flatmap(
        lambda d: st.lists(st.floats(0, 10), min_size=d + 1, max_size=d + 1)
    )


# ---------------------------------------------------------------- Gram matrices and centring


def test_gram_matrix_holds_every_inner_product():
    x = np.random.default_rng(0).standard_normal((4, 7))
    by_hand = [[sum(x[p, k] * x[q, k] for k in range(7)) for q in range(4)] for p in range(4)]
    np.testing.assert_allclose(gram(x), by_hand, rtol=0, atol=1e-12)


def test_gram_and_center_over_leading_axes_are_a_loop():
    x = np.random.default_rng(0).standard_normal((2, 3, 4, 5))
    for r in range(2):
        for e in range(3):
            np.testing.assert_allclose(gram(x)[r, e], gram(x[r, e]), atol=1e-14)
            np.testing.assert_allclose(center(gram(x))[r, e], center(gram(x[r, e])), atol=1e-14)


def test_center_is_the_gram_matrix_of_patterns_less_their_mean():
    x = np.random.default_rng(1).standard_normal((6, 3)) + 5
    np.testing.assert_allclose(center(gram(x)), gram(x - x.mean(axis=0)), atol=1e-12)


@pytest.mark.parametrize("rank", [1, 3, 6])
def test_gram_factor_is_the_symmetric_square_root(rank):
    kernel = random_kernel(6, rank, rng=rank)
    root = gram_factor(kernel)
    np.testing.assert_allclose(root @ root, kernel, atol=1e-12)
    np.testing.assert_allclose(root, root.T, atol=1e-12)
    # Positive semi-definite, which is what makes the square root unique.
    assert np.linalg.eigvalsh(root)[0] > -1e-7


# ------------------------------------------------------------------------------- Walsh basis


@pytest.mark.parametrize("d", range(1, 7))
def test_walsh_functions_are_orthogonal_signs(d):
    basis = walsh_basis(d)
    assert set(np.unique(basis)) == {-1.0, 1.0}
    np.testing.assert_array_equal(basis.T @ basis, 2**d * np.eye(2**d))


@pytest.mark.parametrize("d", range(1, 7))
def test_walsh_functions_are_the_columns_of_sylvesters_matrix(d):
    overlap = walsh_basis(d).T @ hadamard(2**d) / 2**d
    # Each is, up to sign, one Hadamard column: |overlap| is a permutation.
    assert (np.sort(np.abs(overlap), axis=0)[-1] == 1).all()
    np.testing.assert_array_equal(np.abs(overlap).sum(axis=1), np.ones(2**d))


@pytest.mark.parametrize("d", range(1, 6))
def test_walsh_columns_are_products_over_subsets_in_order_of_size(d):
    basis, labels = walsh_basis(d), latents(d)
    np.testing.assert_array_equal(basis[:, 1 : d + 1], labels)
    column = 0
    for order in range(d + 1):
        for subset in combinations(range(d), order):
            np.testing.assert_array_equal(basis[:, column], labels[:, list(subset)].prod(axis=1))
            column += 1


@pytest.mark.parametrize("d", range(1, 7))
def test_flipping_all_latents_flips_the_odd_orders(d):
    orders = walsh_orders(d)
    # Stimuli count up in binary, so reversing them flips every latent.
    np.testing.assert_array_equal(walsh_basis(d)[::-1], walsh_basis(d) * (-1.0) ** orders)
    assert [(orders == r).sum() for r in range(d + 1)] == [comb(d, r) for r in range(d + 1)]


# ---------------------------------------------------------------------------------- Spectra


@given(spectra())
def test_walsh_spectrum_inverts_kernel_from_spectrum(kappa):
    d = len(kappa) - 1
    expected = np.repeat(kappa, [comb(d, r) for r in range(d + 1)])
    np.testing.assert_allclose(walsh_spectrum(kernel_from_spectrum(kappa)), expected, atol=1e-12)


@given(spectra())
def test_spectrum_holds_the_eigenvalues(kappa):
    d = len(kappa) - 1
    expected = np.sort(np.repeat(kappa, [comb(d, r) for r in range(d + 1)]))
    np.testing.assert_allclose(
        np.linalg.eigvalsh(kernel_from_spectrum(kappa)), expected, atol=1e-11
    )


def test_walsh_spectrum_of_any_kernel_sums_to_its_trace():
    kernel = random_kernel(16, 5, rng=0)
    assert walsh_spectrum(kernel).sum() == pytest.approx(np.trace(kernel), rel=1e-12)


def test_output_kernel_has_weight_on_single_latents_only():
    labels = latents(4)
    np.testing.assert_allclose(walsh_spectrum(labels @ labels.T), 16.0 * (walsh_orders(4) == 1))


# -------------------------------------------------------------------------------- Alignment


@pytest.mark.parametrize("d", range(1, 8))
def test_whitened_alignment_is_sqrt_d_over_p_minus_1(d):
    labels = latents(d)
    measured = kernel_alignment(np.eye(2**d), labels @ labels.T)
    assert measured == pytest.approx(sqrt(d / (2**d - 1)), abs=1e-12)


@given(spectra(), st.floats(0.1, 10))
def test_alignment_of_an_isotropic_kernel_is_the_share_of_its_linear_part(kappa, linear):
    # Centring removes the constant; the rest are eigenvalues with multiplicity C(d, r).
    kappa = [kappa[0], linear, *kappa[2:]]
    d = len(kappa) - 1
    squares = sum(comb(d, r) * kappa[r] ** 2 for r in range(1, d + 1))
    labels = latents(d)
    measured = kernel_alignment(kernel_from_spectrum(kappa), labels @ labels.T)
    assert measured == pytest.approx(linear * sqrt(d / squares), abs=1e-10)


def test_alignment_equals_the_explicit_double_sum():
    a, b = random_kernel(5, 3, rng=0), random_kernel(5, 8, rng=1)

    def centred(k):
        p, total = len(k), sum(map(sum, k))
        rows, columns = [sum(row) / p for row in k], [sum(column) / p for column in k.T]
        return [[k[i, j] - rows[i] - columns[j] + total / p**2 for j in range(p)] for i in range(p)]

    def inner(u, v):
        return sum(u[i][j] * v[i][j] for i in range(5) for j in range(5))

    u, v = centred(a), centred(b)
    slow = inner(u, v) / sqrt(inner(u, u) * inner(v, v))
    assert kernel_alignment(a, b) == pytest.approx(slow, abs=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_linear_cka_equals_rsatoolbox_whitened_cosine_of_euclidean_rdms(seed):
    import rsatoolbox

    rng = np.random.default_rng(seed)
    a = rng.standard_normal((12, 30))
    b = rng.standard_normal((12, 7)) + a[:, :7]
    rdms = [rsatoolbox.rdm.calc_rdm(rsatoolbox.data.Dataset(x), method="euclidean") for x in (a, b)]
    theirs = rsatoolbox.rdm.compare(*rdms, method="cosine_cov").item()
    assert linear_cka(a, b) == pytest.approx(theirs, abs=1e-9)


def _two_representations(seed):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((8, 5)), rng.standard_normal((8, 11)), rng


@given(SEEDS, st.floats(1e-3, 1e3), st.floats(-10, 10))
def test_cka_ignores_rotation_uniform_scale_and_offset(seed, scale, offset):
    a, b, rng = _two_representations(seed)
    moved = scale * (a @ rotation(5, rng) + offset * rng.standard_normal(5))
    assert linear_cka(moved, b) == pytest.approx(linear_cka(a, b), abs=1e-9)
    assert linear_cka(moved, a) == pytest.approx(1, abs=1e-9)


@given(SEEDS)
def test_cka_is_symmetric_and_between_0_and_1(seed):
    a, b, _ = _two_representations(seed)
    assert linear_cka(a, b) == pytest.approx(linear_cka(b, a), abs=1e-12)
    assert 0 <= linear_cka(a, b) < 1


def test_cka_sees_stretched_axes_and_swapped_stimuli():
    # Negative control: what it must not be invariant to.
    a, _, rng = _two_representations(0)
    assert linear_cka(a * [1, 1, 1, 1, 5], a) < 0.95
    assert linear_cka(a[rng.permutation(8)], a) < 0.9


def test_cka_ignores_an_offset_of_a_million():
    a, b, _ = _two_representations(0)
    assert linear_cka(a + 1e6, b) == pytest.approx(linear_cka(a, b), abs=1e-6)


# -------------------------------------------------------------------- The aligned path, noise


@pytest.mark.parametrize("d", [1, 2, 4])
def test_target_aligned_path_runs_from_whitened_to_the_output_kernel(d):
    labels = latents(d)
    output = labels @ labels.T
    np.testing.assert_array_equal(target_aligned_kernel(labels, 0.0), np.eye(2**d))
    far = target_aligned_kernel(labels, 1e9)
    np.testing.assert_allclose(far / 1e9, output / 2**d, atol=1e-8)
    assert kernel_alignment(far, output) == pytest.approx(1, abs=1e-8)


@given(st.integers(1, 5), st.floats(0, 100))
def test_alignment_along_the_path_has_its_closed_form(d, gain):
    # Eigenvalue 1 + g on the d latents, 1 on the other P − 1 − d.
    labels = latents(d)
    measured = kernel_alignment(target_aligned_kernel(labels, gain), labels @ labels.T)
    squares = d * (1 + gain) ** 2 + 2**d - 1 - d
    assert measured == pytest.approx((1 + gain) * sqrt(d / squares), abs=1e-10)


@given(st.integers(1, 12), st.integers(1, 12), SEEDS)
def test_random_kernel_is_positive_with_the_rank_of_its_features(p, n, seed):
    values = np.linalg.eigvalsh(random_kernel(p, n, rng=seed))
    assert values[0] > -1e-12 * values[-1]
    assert (values > 1e-9 * values[-1]).sum() == min(p, n)


def test_random_kernel_whitens_as_features_grow_in_number():
    # Diagonal entries have mean 1 and variance 2/N, the others mean 0 and variance 1/N.
    n = 40_000
    deviation = (random_kernel(8, n, rng=0) - np.eye(8)) * sqrt(n)
    assert np.abs(deviation).max() < 5
    assert 0.5 < np.std(deviation[np.triu_indices(8, 1)]) < 1.6


def test_random_kernel_with_one_feature_is_chi_square():
    # K_pp ~ χ²_1: E log K = ψ(1/2) + log 2 = −1.2704, variance π²/2.
    draws = np.log(np.diag(random_kernel(2000, 1, rng=0)))
    assert draws.mean() == pytest.approx(digamma(0.5) + np.log(2), abs=4 * np.pi / sqrt(2 * 2000))


def test_random_kernel_repeats_with_its_seed_and_only_then():
    np.testing.assert_array_equal(random_kernel(4, 3, rng=5), random_kernel(4, 3, rng=5))
    assert np.abs(random_kernel(4, 3, rng=5) - random_kernel(4, 3, rng=6)).max() > 0.1


@given(st.lists(st.floats(0, 50), min_size=1, max_size=8), SEEDS)
def test_rotated_kernel_keeps_its_spectrum(spectrum, seed):
    values = np.linalg.eigvalsh(rotated_kernel(spectrum, rng=seed))
    np.testing.assert_allclose(values, np.sort(spectrum), atol=1e-12 * (1 + max(spectrum)))


def test_rotated_kernel_has_no_preferred_direction():
    # Over all rotations the mean of O diag(κ) Oᵀ is the mean eigenvalue times the identity.
    rng = np.random.default_rng(0)
    mean = np.mean([rotated_kernel([8.0, 1.0, 0.0], rng) for _ in range(4000)], axis=0)
    np.testing.assert_allclose(mean, 3 * np.eye(3), atol=0.25)
