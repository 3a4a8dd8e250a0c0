"""The explorer of the chapter "One neuron in a mean field"."""

from itertools import product

import numpy as np
import pytest

from absrep import hypercube, target_aligned_kernel
from absrep.meanfield import closed_form, energy, relu, solve
from absrep.meanfield._metric import input_metric
from absrep.meanfield._oracle import best_neurons
from absrep.widgets import neuron_landscape, optimal_landscape

DECAY = 0.3
TASK = hypercube(2)


@pytest.fixture(scope="module")
def explorer():
    return neuron_landscape()


def settings(explorer):
    for first, second, bias in product(*(p.values for p in explorer.parameters)):
        yield {"first": first, "second": second, "bias": bias}


def network(first, second, bias):
    """Neurons of unit size on the rays, and the masses that the sliders ask for."""
    y1, y2 = TASK.labels.T
    rays = np.stack([1 + y1, 1 - y1, 1 + y2, 1 - y2], axis=1)
    # At no bias the closed form does not apply, but is the limit.
    best = closed_form(TASK, weight_decay=DECAY, bias=max(bias, 1e-7))
    cost = input_metric(TASK, max(bias, 1e-7)).cost(rays)
    return rays, best.masses[0] / cost * np.repeat([first, second], 2)


def test_readouts_on_the_whole_grid(explorer):
    for values in settings(explorer):
        rays, masses = network(**values)
        bias, shown = values["bias"], explorer.readouts_at(**values)
        loss = energy(rays, TASK, weight_decay=DECAY, bias=bias, masses=masses)
        alpha = DECAY * np.linalg.solve((rays * masses) @ rays.T + DECAY * np.eye(4), TASK.labels)
        # The exact search over all neurons, also those that are not in the picture.
        found = best_neurons(alpha / DECAY, input_metric(TASK, bias), relu.sector, 0.0)
        assert found.complete
        s = found.bound
        t = min(1 / np.sqrt(s), np.sum(alpha * TASK.labels) / np.sum(alpha**2))
        bound = t * np.sum(alpha * TASK.labels) - 0.5 * t**2 * np.sum(alpha**2)
        assert float(shown["lowest"].replace("−", "-")) == pytest.approx(
            (1 - s) / (1 + s), abs=6e-4
        )
        assert float(shown["loss"]) == pytest.approx(loss, abs=6e-4)
        assert float(shown["bound"]) == pytest.approx(bound, abs=6e-4)
        assert float(shown["gap"].removesuffix(" %")) == pytest.approx(
            100 * (1 - bound / loss), abs=0.06
        )
        best = solve(TASK, weight_decay=DECAY, bias=bias).loss
        assert float(shown["floor"]) == pytest.approx(best, abs=6e-4)
        assert bound <= best * (1 + 1e-9) <= loss * (1 + 2e-9)


def test_the_optimum_touches_zero_at_its_neurons_only(explorer):
    for bias in (0.25, 1.0):
        result = explorer.compute(first=1.0, second=1.0, bias=bias)
        angles, values = result["landscape"].T
        at_rays = angles % 90 == 0
        np.testing.assert_allclose(values[at_rays], 0, atol=1e-9)
        assert values[~at_rays].min() > 1e-4
        best = solve(TASK, weight_decay=DECAY, bias=bias)
        found = np.degrees(np.arctan2(*(TASK.labels.T @ best.preactivations)[::-1]))
        assert sorted(np.round(found, 6) % 360) == [0, 90, 180, 270]
        assert result["loss"] == pytest.approx(result["bound"], rel=1e-9)


def test_without_a_bias_the_optimal_landscape_is_flat(explorer):
    result = explorer.compute(first=1.0, second=1.0, bias=0.0)
    np.testing.assert_allclose(result["landscape"][:, 1], 0, atol=1e-9)


def test_who_is_missing_would_join(explorer):
    result = explorer.compute(first=1.0, second=0.0, bias=1.0)
    angles, values = result["landscape"].T
    assert angles[values.argmin()] == 90 and values.min() < -0.9
    np.testing.assert_array_equal(np.isnan(result["neurons"][:, 0]), [False, True, False])
    # And too many: nobody would.
    assert explorer.compute(first=1.5, second=1.5, bias=1.0)["lowest"] > 0.3


def test_loss_is_convex_in_the_mass_and_marks_are_inside(explorer):
    for values in settings(explorer):
        result = explorer.compute(**values)
        assert np.diff(result["losses"][:, 1], 2).min() > -1e-12
        assert -1 <= result["landscape"][:, 1].min() and result["landscape"][:, 1].max() <= 0.5
        for key in ("losses", "bounds"):
            assert 0 <= result[key][:, 1].min() and result[key][:, 1].max() <= 4.2
        np.testing.assert_array_equal(np.array(result["now"])[:, 0], values["first"])


def test_the_optimal_landscape_touches_zero_where_the_certified_neurons_are():
    made = optimal_landscape()
    for decay, bias, gain in [(0.05, 0.3, 0), (0.05, 0.3, 6), (0.3, 1.1, 6), (0.3, 0.1, 3)]:
        result = made.compute(weight_decay=decay, bias=bias, gain=gain)
        task = hypercube(2, target_aligned_kernel(TASK.labels, gain))
        neurons = solve(task, weight_decay=decay, bias=bias).preactivations
        reads_first = np.abs(TASK.labels[:, 1] @ neurons) < 1e-6 * np.abs(neurons).max()
        level, latent = neurons[:, reads_first].mean(axis=0), TASK.labels[:, 0] @ neurons / 4
        angles = np.degrees(np.arctan2(np.abs(latent[reads_first]), level))
        np.testing.assert_allclose(angles, result["angle"], atol=1e-4)
        assert result["lowest"] == pytest.approx(0, abs=1e-9)
        assert result["landscape"][:, 1].min() > -1e-9 and result["gap"] < 1e-9


def test_beyond_the_collapse_no_neuron_pays():
    # Whitened, τ = 1.1: γ = 5.4/6.4, so the threshold is √(4γ) = 1.837.
    made = optimal_landscape()
    below, above = (made.compute(weight_decay=d, bias=1.1, gain=0) for d in (1.83, 1.84))
    assert below["strength"] > 0 and below["lowest"] == pytest.approx(0, abs=1e-9)
    assert above["strength"] == 0 and above["landscape"][:, 1].min() > 0
    assert above["loss"] == pytest.approx(4) and isinstance(above["angle"], str)
