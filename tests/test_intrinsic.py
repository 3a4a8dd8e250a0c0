"""Dimension and tangents of manifolds that are known."""

import numpy as np
import pytest

from absrep import intrinsic_dimension, local_axes

RNG = np.random.default_rng(0)


def circle(n):
    around = RNG.uniform(0, 2 * np.pi, n)
    return np.column_stack([np.cos(around), np.sin(around)])


def curved_sheet(n, width=50):
    """A smooth, curved surface in 50 dimensions, far from flat."""
    u = RNG.uniform(-1, 1, (n, 2))
    phase, frequency = RNG.uniform(0, 2 * np.pi, width), RNG.standard_normal((2, width))
    return np.cos(u @ frequency + phase)


def swiss_roll(n):
    t = 1.5 * np.pi * (1 + 2 * RNG.uniform(0, 1, n))
    return np.column_stack([t * np.cos(t), 21 * RNG.uniform(0, 1, n), t * np.sin(t)])


def cube(n, d):
    return np.pad(RNG.uniform(-1, 1, (n, d)), ((0, 0), (0, 10 - d)))


@pytest.mark.parametrize(
    ("points", "dimension"),
    [
        (circle(3000), 1),
        (curved_sheet(3000), 2),
        (swiss_roll(3000), 2),
        *((cube(6000, d), d) for d in (1, 2, 3)),
    ],
    ids=["circle", "sheet in 50-D", "Swiss roll", "line", "square", "cube"],
)
def test_dimension_of_a_known_manifold(points, dimension):
    assert intrinsic_dimension(points, 15) == pytest.approx(dimension, rel=0.07)


def test_no_bias_from_few_neighbours():
    # On a torus there is no edge: the estimate is right however few neighbours are asked.
    angles = RNG.uniform(0, 2 * np.pi, (4000, 2))
    torus = np.column_stack([np.cos(angles), np.sin(angles)])
    for k in (4, 8, 16):
        assert intrinsic_dimension(torus, k) == pytest.approx(2, abs=0.06)


def test_the_estimate_is_the_formula():
    points = RNG.standard_normal((40, 3))
    k, inverse = 6, []
    for i, point in enumerate(points):
        r = np.sort(np.linalg.norm(np.delete(points, i, 0) - point, axis=1))[:k]
        inverse.append(sum(np.log(r[-1] / r[j]) for j in range(k - 1)) / (k - 1))
    assert intrinsic_dimension(points, k) == pytest.approx(1 / np.mean(inverse))


def test_noise_across_counts_at_its_own_scale_only():
    sheet = np.pad(RNG.uniform(-1, 1, (4000, 2)), ((0, 0), (0, 8)))
    thick = sheet + 0.01 * RNG.standard_normal(sheet.shape)
    assert intrinsic_dimension(thick, 5) > 3
    assert intrinsic_dimension(thick, 400) == pytest.approx(2, abs=0.2)


def test_scale_rotation_and_place_do_not_matter():
    points = curved_sheet(300)
    turn = np.linalg.qr(RNG.standard_normal((50, 50)))[0]
    moved = 7 * points @ turn + 3
    assert intrinsic_dimension(moved, 10) == pytest.approx(intrinsic_dimension(points, 10))


def test_local_axes_are_the_tangents_of_a_circle():
    points = circle(2000)
    variances, axes = local_axes(points, 10)
    tangents = np.column_stack([-points[:, 1], points[:, 0]])
    assert np.abs(np.einsum("nd,nd->n", axes[:, :, 0], tangents)).min() > 0.99
    assert (variances[:, 1] < 0.01 * variances[:, 0]).all()


def test_local_axes_are_those_of_the_neighbourhoods_covariance():
    points = RNG.standard_normal((50, 4))
    variances, axes = local_axes(points, 12)
    near = np.argsort(np.linalg.norm(points - points[7], axis=1))[:13]
    covariance = np.cov(points[near].T)
    np.testing.assert_allclose(variances[7], np.linalg.eigvalsh(covariance)[::-1])
    rebuilt = axes[7] @ np.diag(variances[7]) @ axes[7].T
    np.testing.assert_allclose(rebuilt, covariance, atol=1e-12)


def test_neighbours_of_coinciding_points():
    doubled = np.repeat(RNG.standard_normal((20, 3)), 3, axis=0)
    assert local_axes(doubled, 2)[0].max() < 1e-20
    with pytest.raises(ValueError, match="coincide"):
        intrinsic_dimension(doubled, 5)


@pytest.mark.parametrize(
    ("points", "k", "named"),
    [
        (np.eye(3), 3, "n_neighbours"),
        (np.eye(9), 1, "n_neighbours"),
        (np.ones(9), 3, "points"),
    ],
)
def test_wrong_arguments_are_named(points, k, named):
    with pytest.raises(ValueError, match=named):
        intrinsic_dimension(points, k)
