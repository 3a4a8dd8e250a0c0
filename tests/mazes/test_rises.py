"""Times of rises: against curves whose times are known, and bad input."""

import numpy as np
import pytest

from absrep.mazes import rise_times, sharpness

STEPS = np.linspace(0, 40, 4001)


@pytest.mark.parametrize("tau", [0.5, 2.0])
@pytest.mark.parametrize("scale", [1.0, -3.0])
def test_relaxation_and_its_scale_do_not_matter(tau, scale):
    curve = np.sign(scale) * (0.3 + scale * (1 - np.exp(-STEPS / tau)))
    times = rise_times(STEPS, curve, (0.1, 0.5, 0.9))
    expected = tau * np.log([10 / 9, 2, 10])
    assert times == pytest.approx(expected, abs=0.01)
    assert sharpness(times) == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize(("middle", "width"), [(10, 0.5), (20, 2.0)])
def test_logistic(middle, width):
    curve = 1 / (1 + np.exp(-(STEPS - middle) / width))
    times = rise_times(STEPS, curve)
    assert times == pytest.approx(middle + width * np.log(9) * np.array([-1, 0, 1]), abs=0.02)
    assert sharpness(times) == pytest.approx(middle / (2 * width * np.log(2)), rel=0.01)


@pytest.mark.parametrize("power", [2, 6, 20])
def test_powers_of_a_relaxation_are_later_and_sharper(power):
    """Shares q are reached where 1 − exp(−t) is q^(1/m)."""
    times = rise_times(STEPS, (1 - np.exp(-STEPS)) ** power)
    q = np.array([0.1, 0.5, 0.9])
    assert times == pytest.approx(-np.log1p(-(q ** (1 / power))), abs=0.01)
    assert sharpness(times) > 1


def test_noise_is_averaged_and_curves_come_in_any_shape():
    rng = np.random.default_rng(0)
    curve = 1 / (1 + np.exp(-(STEPS - 10)))
    noisy = curve + 0.05 * rng.standard_normal((2, 3, len(STEPS)))
    times = rise_times(STEPS, noisy, shares=[0.5])
    assert times.shape == (2, 3, 1)
    assert times == pytest.approx(10, abs=0.5)


def test_between_steps_it_is_read_along_straight_lines():
    assert rise_times([0, 100, 300], [0, 0, 1], [0.25, 0.75]).tolist() == [150, 250]
    # A fall is evened out with what comes before: levels 0, 0.5, 0.5, 1.
    assert rise_times([0, 1, 2, 3], [0, 1, 0, 1], [0.25, 0.75]).tolist() == [0.5, 2.5]


@pytest.mark.parametrize(
    ("steps", "curves", "shares", "named"),
    [
        ([0, 0], [0, 1], [0.5], "steps"),
        ([0], [0], [0.5], "steps"),
        ([0, 1], [0, 1, 2], [0.5], "curves"),
        ([0, 1], [1, 0], [0.5], "curves"),
        ([0, 1], [0, np.nan], [0.5], "curves"),
        ([0, 1], [0, 1], [1.0], "shares"),
    ],
)
def test_bad_input(steps, curves, shares, named):
    with pytest.raises(ValueError, match=f"^{named} "):
        rise_times(steps, curves, shares)


def test_sharpness_needs_three_times():
    with pytest.raises(ValueError, match="times must have 3"):
        sharpness([1.0, 2.0])
