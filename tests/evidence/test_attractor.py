"""Slow points, spectra and dimensions of dynamics whose attractors are known."""

import numpy as np
import pytest
import torch
from scipy.linalg import subspace_angles
from scipy.optimize import root

from absrep.evidence import (
    jacobians,
    local_spectrum,
    run_on,
    slow_points,
    step_at,
)
from absrep.geometry import intrinsic_dimension, local_axes
from absrep.nets import LeakyRecurrent

RNG = np.random.default_rng(0)


def linear(matrix, offset=0.0):
    matrix = torch.tensor(matrix)
    return lambda z: z @ matrix.T + offset


def kept(n_kept, size, rest, rng):
    """A matrix that keeps a random subspace and shrinks all else; and the subspace."""
    basis = np.linalg.qr(rng.standard_normal((size, size)))[0]
    values = np.r_[np.ones(n_kept), np.full(size - n_kept, rest)]
    return basis @ np.diag(values) @ basis.T, basis[:, :n_kept]


@pytest.mark.parametrize("d", [1, 2, 3])
def test_a_linear_attractor_is_found_with_its_dimension_and_its_tangents(d):
    rng = np.random.default_rng(d)
    matrix, basis = kept(d, 30, 0.4, rng)
    step = linear(matrix)
    starts = rng.standard_normal((2000, 30))
    found = slow_points(step, starts)
    assert found.converged.all() and found.speeds.max() < 1e-12
    # Of all fixed points the descent finds the nearest, the orthogonal projection.
    np.testing.assert_allclose(found.points, starts @ basis @ basis.T, atol=1e-10)
    assert intrinsic_dimension(found.points, 20) == pytest.approx(d, rel=0.1)
    spectrum = local_spectrum(step, found.points[:5])
    assert (spectrum.n_slow(1000) == d).all()
    np.testing.assert_allclose(spectrum.time_constants[:, d:], -1 / np.log(0.4), rtol=1e-9)
    for tangents in (spectrum.directions(d)[0], local_axes(found.points, 40)[1][0][:, :d]):
        assert subspace_angles(tangents, basis).max() < 1e-6


def test_a_line_attractor_of_rectifiers():
    # W = vvᵀ with v ≥ 0 keeps what lies along v, and cuts off the negative half.
    v = np.abs(RNG.standard_normal(12))
    v /= np.linalg.norm(v)
    core = LeakyRecurrent(3, 12)
    with torch.no_grad():
        _, within, *offsets = core.cell.all_weights[0]
        within.copy_(torch.tensor(np.outer(v, v)))
        for offset in offsets:
            offset.zero_()
    step = step_at(core, np.zeros(3))
    starts = RNG.uniform(0, 2, (300, 12))
    found = slow_points(step, starts)
    assert found.speeds.max() < 1e-6  # the weights are in single precision
    assert intrinsic_dimension(found.points, 20) == pytest.approx(1, abs=0.1)
    spectrum = local_spectrum(step, found.points[:3])
    assert (spectrum.n_slow(100) == 1).all()
    assert subspace_angles(spectrum.directions(1)[0], v[:, None])[0] < 1e-4
    np.testing.assert_allclose(run_on(step, found.points, 50)[-1], found.points, atol=1e-4)


def ring(z):
    """Radius goes to 1, the angle stays; two further dimensions decay."""
    radius = z[:, :2].norm(dim=1, keepdim=True)
    return torch.cat([z[:, :2] * (1.5 - 0.5 * radius**2), 0.3 * z[:, 2:]], dim=1)


def test_a_ring_attractor():
    starts = RNG.standard_normal((500, 4))
    found = slow_points(ring, starts)
    on_ring = np.linalg.norm(found.points[:, :2], axis=1)
    # The origin is a fixed point, too.
    assert np.minimum(abs(on_ring - 1), on_ring).max() < 1e-6
    points = found.points[on_ring > 0.5]
    assert len(points) > 400 and intrinsic_dimension(points, 20) == pytest.approx(1, abs=0.1)
    spectrum = local_spectrum(ring, points)
    np.testing.assert_allclose(
        spectrum.eigenvalues, np.tile([1, 0.3, 0.3, 0], (len(points), 1)), atol=1e-6
    )
    around = np.column_stack([-points[:, 1], points[:, 0]]) / np.linalg.norm(
        points[:, :2], axis=1, keepdims=True
    )
    along = np.einsum("nm,nm->n", spectrum.directions(1)[:, :2, 0], around)
    np.testing.assert_allclose(abs(along), 1, atol=1e-9)


def test_two_stable_states_and_the_saddle_between_them_are_points():
    # Two units that inhibit each other; scipy finds the same three.
    weights = torch.tensor([[2.0, -3.0], [-3.0, 2.0]], dtype=torch.float64)

    def step(z):
        return 0.5 * z + 0.5 * torch.sigmoid(z @ weights.T)

    found = slow_points(step, RNG.uniform(-0.5, 1.5, (60, 2)))
    assert found.converged.all() and found.speeds.max() < 1e-9
    distinct = np.unique(found.points.round(6), axis=0)
    assert len(distinct) == 3
    truth = [
        root(lambda z: step(torch.tensor(z[None])).numpy()[0] - z, start, tol=1e-12).x
        for start in distinct
    ]
    np.testing.assert_allclose(distinct, truth, atol=1e-6)
    stable = np.abs(local_spectrum(step, distinct).eigenvalues).max(axis=1) < 1
    assert stable.sum() == 2


def test_a_leak_to_a_point():
    found = slow_points(linear(0.8 * np.eye(5), 1.0), RNG.standard_normal((20, 5)))
    np.testing.assert_allclose(found.points, 5, atol=1e-10)
    spectrum = local_spectrum(linear(0.8 * np.eye(5)), found.points[:1])
    np.testing.assert_allclose(spectrum.time_constants, 1 / np.log(1.25))
    assert spectrum.n_slow(4.9)[0] == 5 and spectrum.n_slow(5.1)[0] == 0


def test_a_minimum_that_is_not_zero_is_reported_with_its_speed():
    # F(z) − z = (1, z₂): nowhere zero, slowest where z₂ = 0.
    found = slow_points(
        lambda z: torch.stack([z[:, 0] + 1, 2 * z[:, 1]], dim=1), [[3.0, 4.0], [0.0, -1.0]]
    )
    assert found.converged.all()
    np.testing.assert_allclose(found.speeds, 1)
    np.testing.assert_allclose(found.points, [[3, 0], [0, 0]], atol=1e-6)


def test_a_slow_manifold_is_met_where_it_is_near_and_left_for_the_fixed_point_later():
    # Along the first axis the decay is slow, across it fast.
    matrix = np.diag([0.999, 0.5, 0.5])
    starts = RNG.uniform(0.5, 1, (50, 3))
    early = slow_points(linear(matrix), starts, speed=2e-3)
    assert early.converged.all() and early.speeds.max() <= 2e-3
    np.testing.assert_allclose(early.points[:, 0], starts[:, 0], atol=1e-2)
    late = slow_points(linear(matrix), starts)
    np.testing.assert_allclose(late.points, 0, atol=1e-8)


@pytest.mark.parametrize(("leak", "integrate"), [(1.0, False), (0.3, False), (0.5, True)])
def test_jacobian_of_rectifiers_in_closed_form(leak, integrate):
    torch.manual_seed(0)
    core = LeakyRecurrent(4, 10, leak, integrate)
    x, z = RNG.standard_normal(4), RNG.uniform(0, 1, (20, 10))
    into, within, first, second = (p.detach().double().numpy() for p in core.cell.all_weights[0])
    active = z @ within.T + into @ x + first + second > 0
    assert active.any() and not active.all()
    expected = (1.0 if integrate else 1 - leak) * np.eye(10) + leak * active[..., None] * within
    np.testing.assert_allclose(jacobians(step_at(core, x), z), expected, atol=1e-12)


def test_the_constant_step_is_the_networks_own():
    torch.manual_seed(1)
    core = LeakyRecurrent(4, 10, 0.4)
    x = RNG.standard_normal((6, 4))
    with torch.no_grad():
        course = core(torch.tensor(x, dtype=torch.float32)[:, None].expand(6, 7, 4))
    run = run_on(step_at(core, x), np.zeros((6, 10)), 7)
    np.testing.assert_allclose(run[1:].swapaxes(0, 1), course.numpy(), atol=1e-5)
    assert next(core.parameters()).dtype == torch.float32  # left as it was


def test_directions_of_a_matrix_that_is_not_normal():
    # Eigenvectors far from orthogonal; the invariant subspace is the eigenvectors' span.
    vectors = np.eye(6) + 0.8 * np.triu(RNG.standard_normal((6, 6)), 1)
    values = np.array([0.2, 1.02, -0.9, 0.97, 0.5, 0.1])
    matrix = vectors @ np.diag(values) @ np.linalg.inv(vectors)
    spectrum = local_spectrum(linear(matrix), np.zeros((1, 6)))
    np.testing.assert_allclose(spectrum.eigenvalues[0, :3], [1.02, 0.97, 0.5], atol=1e-9)
    basis = spectrum.directions(2)[0]
    np.testing.assert_allclose(basis.T @ basis, np.eye(2), atol=1e-12)
    assert subspace_angles(basis, vectors[:, [1, 3]]).max() < 1e-9


def test_a_rotation_is_no_memory():
    turn = np.array([[0.0, -1.0], [1.0, 0.0]])
    spectrum = local_spectrum(linear(turn), np.zeros((1, 2)))
    assert spectrum.n_slow(2)[0] == 0
    assert np.isinf(spectrum.time_constants).all() or (abs(spectrum.time_constants) > 1e9).all()


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (lambda: slow_points(torch.cos, [1.0]), "starts"),
        (lambda: slow_points(torch.cos, [[1.0]], speed=-1), "speed"),
        (lambda: slow_points(torch.cos, [[1.0]], n_iterations=0), "n_iterations"),
        (lambda: slow_points(lambda z: z[:, :1], [[1.0, 2.0]]), "step"),
        (lambda: run_on(torch.cos, [[1.0]], -1), "n_steps"),
        (lambda: local_spectrum(torch.cos, [[1.0]]).directions(2), "n_directions"),
        (lambda: local_spectrum(torch.cos, [[1.0]]).n_slow(0), "horizon"),
        (lambda: step_at(LeakyRecurrent(2, 3), np.zeros((1, 1, 2))), "inputs"),
    ],
)
def test_wrong_arguments_are_named(call, named):
    with pytest.raises(ValueError, match=named):
        call()


def test_a_network_without_a_step_is_an_error():
    with pytest.raises(TypeError, match=r"core\.step"):
        step_at(torch.nn.Linear(2, 2), np.zeros(2))
