"""Networks of four tilted neurons: against weights built by hand, and against the optimum."""

import numpy as np
import pytest
from scipy.optimize import minimize

from absrep import hypercube, kernel_from_spectrum, kernel_parallelism_score, random_kernel
from absrep.meanfield import solve, tilted_networks

from .helpers import latents

Y = latents(2)
WALSH = np.column_stack([np.ones(4), Y, Y.prod(axis=1)]) / 2


def flip_symmetric(rng):
    """Random kernel that stays the same when both latents change sign."""
    blocks = np.zeros((4, 4))
    for rows in ([0, 3], [1, 2]):
        x = rng.standard_normal((2, 4))
        blocks[np.ix_(rows, rows)] = x @ x.T / 4
    return WALSH @ blocks @ WALSH.T


def by_hand(kernel, p, q, bias=1.0):
    """Cost and parallelism of the network with tilts p and q, from its neurons one by one."""
    precision = np.linalg.inv(kernel + bias)
    y1, y2 = Y.T
    network, cost = [], 0.0
    for sign in (1, -1):
        for own, other, tilt, back in ((y1, y2, p, q), (y2, y1, q, p)):
            z = (1 + sign * own) * (1 + sign * tilt * other)
            silent = np.flatnonzero(own != sign)

            def size(x, z=z, silent=silent):
                h = z.copy()
                h[silent] = -(x**2)
                return h @ precision @ h

            starts = ([0.0, 0.0], [1.0, 1.0], [1.0, 0.1], [0.1, 1.0])
            c = min(minimize(size, x0, tol=1e-14).fun for x0 in starts)
            weights = sign * np.array([1.0, -back]) / (2 * (1 - p * q))
            weights = weights if own is y1 else weights[::-1]
            network.append((z, weights, np.linalg.norm(weights) / np.sqrt(c)))
            cost += np.linalg.norm(weights) * np.sqrt(c)
    answers = sum(np.outer(z, u) for z, u, _ in network)
    np.testing.assert_allclose(answers, Y, atol=1e-12)  # it fits the labels
    hidden = sum(mass * np.outer(z, z) for z, _, mass in network)
    return cost, kernel_parallelism_score(hidden, Y)


@pytest.mark.parametrize("seed", range(6))
def test_cost_and_score_are_those_of_the_network_built_by_hand(seed):
    kernel = random_kernel(4, 8, rng=seed)
    found = tilted_networks(kernel)
    cost, parallelism = by_hand(kernel, *found.tilts[0])
    assert found.cost[0] == pytest.approx(cost, rel=1e-9)
    np.testing.assert_allclose(found.parallelism[0], parallelism, atol=1e-6)


@pytest.mark.parametrize("seed", range(8))
def test_no_other_tilt_is_cheaper(seed):
    kernel = random_kernel(4, 6, rng=seed)
    found = tilted_networks(kernel)
    for p, q in np.random.default_rng(seed).uniform(-0.95, 0.95, (20, 2)):
        assert by_hand(kernel, p, q)[0] >= found.cost[0] * (1 - 1e-9)


def test_cost_is_never_below_the_certified_optimum_and_sometimes_equal():
    rng = np.random.default_rng(0)
    kernels = [flip_symmetric(rng) for _ in range(20)] + [
        random_kernel(4, 6, rng) for _ in range(9)
    ]
    best = np.array([solve(hypercube(2, kernel), weight_decay=0).lower_bound for kernel in kernels])
    excess = tilted_networks(kernels).cost / best - 1
    assert excess.min() > -1e-8
    assert (excess[:20] < 1e-6).sum() >= 5


@pytest.mark.parametrize(("interaction", "score"), [(0.8, 1.0), (1.2, 0.0)])
def test_the_family_contains_both_sides_of_the_phase_boundary(interaction, score):
    # No bias: κ₀ = 1, and the optimum jumps where the interaction exceeds it.
    found = tilted_networks(kernel_from_spectrum([1, 0.7, interaction]), bias=0.0)
    np.testing.assert_allclose(found.parallelism, score, atol=2e-3)


@pytest.mark.parametrize(
    ("kernels", "bias", "named"),
    [
        (np.eye(8), 1.0, "kernels"),
        (np.ones((4, 4)), 1.0, "kernels"),
        (-np.eye(4), 1.0, "kernels"),
        (np.eye(4), -1.0, "bias"),
    ],
)
def test_malformed_calls_name_the_argument(kernels, bias, named):
    with pytest.raises(ValueError, match=named):
        tilted_networks(kernels, bias)
