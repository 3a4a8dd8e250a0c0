"""The box prior against closed forms in many digits, brute-force Bayes and simulation."""

import mpmath
import numpy as np
import pytest
from scipy import integrate
from scipy.linalg import toeplitz
from scipy.special import ndtr
from scipy.stats import truncnorm

from absrep.evidence import (
    Box,
    Gaussian,
    Hyperplanes,
    Posterior,
    answer_accuracy,
    effective_samples,
    fan,
    ideal_observer,
    r2_limit,
    random_hyperplanes,
    within_box,
)


def seen_at(locations, spread):
    """The flat prior's posterior of one latent after one step."""
    return Posterior(np.reshape(locations, (-1, 1, 1)).astype(float), np.full((1, 1, 1), spread**2))


def truncated(location, spread, half_width):
    """Mean and variance in sixty digits, where the closed form can be trusted."""
    with mpmath.workdps(60):
        m, s, h = map(mpmath.mpf, (location, spread, half_width))
        low, high = (-h - m) / s, (h - m) / s
        mass = (mpmath.erfc(low / mpmath.sqrt(2)) - mpmath.erfc(high / mpmath.sqrt(2))) / 2
        if high < 0:
            mass = (mpmath.erfc(-high / mpmath.sqrt(2)) - mpmath.erfc(-low / mpmath.sqrt(2))) / 2
        shift = (mpmath.npdf(low) - mpmath.npdf(high)) / mass
        curve = (high * mpmath.npdf(high) - low * mpmath.npdf(low)) / mass
        return float(m + s * shift), float(s**2 * (1 - curve - shift**2))


@pytest.mark.parametrize("spread", [1e-6, 1e-3, 0.045, 0.2, 1.0, 30.0])
def test_moments_are_the_closed_form_in_many_digits(spread):
    locations = [0.0, 0.3, -0.49, 0.5, 0.51, -0.9, 5.0, -300.0]
    known = within_box(seen_at(locations, spread), Box([0.5]))
    means, variances = zip(*(truncated(m, spread, 0.5) for m in locations), strict=True)
    np.testing.assert_allclose(known.mean.ravel(), means, atol=1e-15, rtol=1e-14)
    np.testing.assert_allclose(known.variance.ravel(), variances, rtol=2e-11)
    assert (np.abs(known.mean) <= 0.5).all() and (known.variance > 0).all()


def test_moments_after_many_steps_of_correlated_noise_are_scipys():
    rng, half = np.random.default_rng(0), np.array([0.5, 0.2])
    evidence = rng.uniform(-0.5, 0.5, (3, 5, 2))
    known = within_box(ideal_observer(evidence, 0.3, autocorrelation=0.4), Box(half))
    for t in range(5):
        precision = np.linalg.inv(toeplitz(0.4 ** np.arange(t + 1)))
        mean = precision.sum(0) @ evidence[:, : t + 1] / precision.sum()
        s = 0.3 / np.sqrt(precision.sum())
        rest = truncnorm((-half - mean) / s, (half - mean) / s, mean, s)
        np.testing.assert_allclose(known.mean[:, t], rest.mean(), rtol=1e-10)
        np.testing.assert_allclose(known.variance[:, t], rest.var(), rtol=1e-9)


@pytest.mark.parametrize("spread", [0.0447, 0.2, 1.0])
def test_answers_are_integrals_over_the_box(spread):
    rng, half = np.random.default_rng(1), np.array([0.5, 0.3])
    tasks = random_hyperplanes(4, 2, rng, offset_scale=0.1)
    aligned = Hyperplanes([[1, 0], [0, -1], [1, 1e-9]], [0.1, 0.2, -0.3])
    tasks = Hyperplanes(
        np.concatenate([tasks.normals, aligned.normals]),
        np.concatenate([tasks.offsets, aligned.offsets]),
    )
    m = rng.uniform(-0.6, 0.6, 2)
    posterior = Posterior(m[None, None], spread**2 * np.eye(2)[None])
    found = within_box(posterior, Box(half)).probabilities(tasks)[0, 0]
    laws = [
        truncnorm((-h - x) / spread, (h - x) / spread, x, spread) for h, x in zip(half, m, strict=1)
    ]
    for p, c, b in zip(found, tasks.normals, tasks.offsets, strict=True):
        if abs(c[1]) < 1e-6:
            expected = laws[0].sf(b / c[0]) if c[0] > 0 else laws[0].cdf(b / c[0])
        else:
            side = laws[1].sf if c[1] > 0 else laws[1].cdf

            def inner(x, c=c, b=b, side=side):
                return laws[0].pdf(x) * side((b - c[0] * x) / c[1])

            walls = np.divide(b - c[1] * half[1] * np.array([1, -1]), c[0]) if c[0] else []
            kinks = [x for x in walls if abs(x) < half[0]]
            near = np.clip(m[0] + spread * np.array([-3.0, 0, 3]), -0.499, 0.499)
            expected = integrate.quad(inner, -half[0], half[0], points=[*kinks, *near], limit=200)[
                0
            ]
        assert p == pytest.approx(expected, abs=1e-9)


def test_answers_to_one_latent_are_exact_in_the_tails():
    m, s, h, b = -3.0, 0.05, 0.5, 0.1
    logit = within_box(seen_at([m], s), Box([h])).logits(Hyperplanes([[1]], [b])).item()
    with mpmath.workdps(60):

        def erfc(x):
            return mpmath.erfc((mpmath.mpf(x) - m) / s / mpmath.sqrt(2))

        exact = mpmath.log((erfc(b) - erfc(h)) / (erfc(-h) - erfc(b)))
    assert logit == pytest.approx(float(exact), rel=1e-10)


def test_a_large_logit_is_that_of_the_nearest_points():
    # So little noise that the ratio is that of the densities at the points closest to the mean.
    tasks, s = Hyperplanes([[1, 2]], [0.3]), 1e-3
    known = within_box(
        Posterior(np.array([[[0.1, -0.2]]]), s**2 * np.eye(2)[None]), Box([0.5, 0.5])
    )
    distance = tasks.margins([0.1, -0.2])[0]
    expected = -0.5 * (distance / s) ** 2
    assert known.logits(tasks).item() == pytest.approx(expected, rel=1e-3)


def test_a_wide_box_is_a_flat_prior_and_a_small_one_leaves_the_prior():
    evidence = np.random.default_rng(2).standard_normal((3, 4, 2))
    flat, tasks = ideal_observer(evidence, 0.5), random_hyperplanes(3, 2, 3, 0.2)
    wide = within_box(flat, Box([50.0, 50.0]))
    np.testing.assert_allclose(wide.mean, flat.mean, atol=1e-12)
    np.testing.assert_allclose(
        wide.variance,
        np.broadcast_to(flat.covariance[0, 0, 0], 1)
        / np.arange(1, 5)[:, None]
        * np.ones((3, 4, 2)),
        rtol=1e-10,
    )
    np.testing.assert_allclose(wide.logits(tasks), flat.logits(tasks), rtol=1e-9, atol=1e-12)
    small = within_box(flat, Box([1e-4, 1e-4]))
    np.testing.assert_allclose(small.variance, 1e-8 / 3, rtol=1e-5)
    np.testing.assert_allclose(small.probabilities(fan(3)), 0.5, atol=1e-3)


def test_the_posterior_is_calibrated_and_the_flat_one_is_not():
    rng, box = np.random.default_rng(4), Box([0.5, 0.5])
    x = box.sample(60_000, rng)
    flat = ideal_observer(x[:, None] + 0.4 * rng.standard_normal((len(x), 1, 2)), 0.4)
    known, truth = within_box(flat, box), fan(3).margins(x) > 0
    said, confident = known.probabilities(fan(3))[:, 0], flat.probabilities(fan(3))[:, 0]
    for low in (0.1, 0.3, 0.6, 0.8):
        some = (said > low) & (said < low + 0.1)
        assert truth[some].mean() == pytest.approx(said[some].mean(), abs=0.015)
    some = (confident > 0.9) & (confident < 0.95)
    assert truth[some].mean() < confident[some].mean() - 0.015
    errors = (known.mean[:, 0] - x) ** 2
    assert errors.mean() == pytest.approx(known.variance.mean(), rel=0.01)


@pytest.mark.parametrize("spread", [0.0447, 0.2, 1.0, 5.0])
def test_limit_is_the_error_of_the_posterior_mean(spread):
    rng, box = np.random.default_rng(5), Box([0.5, 0.2])
    x = box.sample(200_000, rng)
    known = within_box(
        Posterior(
            (x + spread * rng.standard_normal(x.shape))[:, None], spread**2 * np.eye(2)[None]
        ),
        box,
    )
    squares = (known.mean[:, 0] - x) ** 2 / box.variance
    error = squares.std(axis=0) / np.sqrt(len(x))
    limit = r2_limit(box, spread)
    assert (np.abs(1 - squares.mean(axis=0) - limit) < 4 * error).all()


def test_limit_against_tweedies_formula():
    # MMSE = s² − s⁴ J with J the Fisher information of the running mean's own density.
    for s in (0.05, 0.2, 0.7, 2.0):

        def information(m, s=s):
            slope = np.exp(-0.5 * ((m + 1) / s) ** 2) - np.exp(-0.5 * ((m - 1) / s) ** 2)
            slope /= 2 * s * np.sqrt(2 * np.pi)
            return slope**2 / ((ndtr((m + 1) / s) - ndtr((m - 1) / s)) / 2)

        edge = [max(0, 1 - 8 * s), 1.0]
        fisher = 2 * integrate.quad(information, edge[0], 1 + 8 * s, points=edge[1:], limit=200)[0]
        expected = 1 - 3 * (s**2 - s**4 * fisher)
        assert r2_limit(Box([1.0]), s).item() == pytest.approx(expected, abs=1e-9)


def test_limits_are_in_order_and_have_their_ends():
    spread = np.geomspace(1e-3, 1e3, 40)
    box = r2_limit(Box([0.5]), spread)[:, 0]
    linear = r2_limit(Gaussian([[1 / 12]]), spread)[:, 0]
    np.testing.assert_allclose(linear, 1 / (1 + 12 * spread**2), rtol=1e-12)
    flat = 1 - 12 * spread**2
    assert (box - linear > -1e-13).all() and (linear - flat > -1e-13).all()
    assert (np.diff(box) < 1e-13).all() and box[0] == pytest.approx(1, abs=2e-5)
    assert box[-1] == pytest.approx(linear[-1], rel=1e-4)
    # Two walls, each as seen from far inside: ∫φ²/Φ = 0.9032.
    wall = integrate.quad(lambda z: np.exp(-z * z) / (2 * np.pi) / ndtr(z), -30, 12)[0]
    u = spread[spread < 0.1] / 0.5
    np.testing.assert_allclose(box[: len(u)], 1 - 3 * u**2 + 3 * wall * u**3, atol=1e-11)


def test_limit_of_correlated_gaussian_latents():
    cov = np.array([[1.0, 0.6], [0.6, 0.5]])
    posterior = np.linalg.inv(np.linalg.inv(cov) + np.eye(2) / 0.3**2)
    expected = 1 - np.diag(posterior) / np.diag(cov)
    np.testing.assert_allclose(r2_limit(Gaussian(cov), [0.3])[0], expected, rtol=1e-12)


@pytest.mark.parametrize("spread", [0.02, 0.2, 2.0])
def test_accuracy_is_the_mean_over_the_box(spread):
    half = np.array([0.5, 0.3])
    tasks = Hyperplanes(
        [[1, 0], [1, 1], [1, -2], [3, 1], [1, 1e-3], [0, 1]], [0.1, 0, 0.3, -0.2, 0.4, 0.6]
    )
    nodes, weights = np.polynomial.legendre.leggauss(2000)
    grid = np.stack(np.meshgrid(nodes * half[0], nodes * half[1], indexing="ij"), axis=-1)
    for k in range(tasks.n_tasks):
        one = Hyperplanes(tasks.normals[[k]], tasks.offsets[[k]])
        right = ndtr(np.abs(one.margins(grid)[..., 0]) / spread)
        expected = weights @ right @ weights / 4  # the kink costs some digits
        assert answer_accuracy(one, Box(half), spread).item() == pytest.approx(expected, abs=2e-6)


def test_accuracy_for_thin_directions_and_one_latent():
    box = Box([0.5, 0.5])
    for small in (0.0, 1e-6, 1e-5, 3e-5, 1e-4, 1e-3):
        found = answer_accuracy(Hyperplanes([[1, small]], [0.1]), box, 0.1).item()
        alone = answer_accuracy(Hyperplanes([[1]], [0.1]), Box([0.5]), 0.1).item()
        assert found == pytest.approx(alone, abs=1e-9 + small**2)
    # From half to certain.
    assert answer_accuracy(fan(3), box, 1e6) == pytest.approx(0.5, abs=1e-6)
    assert answer_accuracy(fan(3), box, 1e-9) == pytest.approx(1, abs=1e-8)


def test_effective_samples_are_the_sum_of_the_precision():
    for rho in (0.0, 0.3, 0.9):
        for t in (1, 2, 7):
            expected = np.linalg.inv(toeplitz(rho ** np.arange(t))).sum()
            assert effective_samples(t, rho) == pytest.approx(expected, rel=1e-9)


CORRELATED = Box([0.5, 0.5], [[1, 0.5], [0.5, 1]])
SEEN = Posterior(np.zeros((1, 1, 2)), np.eye(2)[None])


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (lambda: within_box(SEEN, CORRELATED), "box must be one of independent"),
        (lambda: within_box(SEEN, Box([0.5])), "box must have 2 latents"),
        (
            lambda: within_box(Posterior(SEEN.mean, np.array([[[1, 0.1], [0.1, 1]]])), Box([1, 1])),
            "posterior must be of independent",
        ),
        (lambda: within_box(SEEN, Box([1, 1])).logits(Hyperplanes([[1]])), "tasks must have 2"),
        (lambda: r2_limit(Box([1]), 0.0), "spread must be above zero"),
        (lambda: r2_limit(CORRELATED, 1.0), "latents must be independent"),
        (lambda: answer_accuracy(fan(2), CORRELATED, 1.0), "box must be one of independent"),
        (lambda: answer_accuracy(fan(2), Box([1]), 1.0), "tasks and box"),
        (lambda: answer_accuracy(fan(2), Box([1, 1]), -1.0), "spread must be above zero"),
        (lambda: effective_samples(0), "steps must be at least 1"),
        (lambda: effective_samples(2, 1.0), "autocorrelation"),
    ],
)
def test_bad_input_is_named(call, named):
    with pytest.raises(ValueError, match=named):
        call()


def test_more_than_two_latents_have_moments_but_no_answers():
    known = within_box(ideal_observer(np.zeros((1, 2, 3)), 0.1), Box([1, 1, 1]))
    assert known.mean.shape == (1, 2, 3)
    with pytest.raises(ValueError, match="at most two latents"):
        known.logits(random_hyperplanes(3, 3, 0))
