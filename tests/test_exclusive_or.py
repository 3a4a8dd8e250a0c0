"""The closed form for two latents and some exclusive-or, against the certified solver."""

import numpy as np
import pytest

from absrep import Task, kernel_from_spectrum, kernel_parallelism_score
from absrep.meanfield import closed_form, exclusive_or, solve

from .helpers import latents

Y = latents(2)
XOR = Y[:, :1] * Y[:, 1:]


def certified(reports, constant, interaction, first, second, latent=1.0):
    """Optimum where the exclusive-or is reported so often for 16 reports of each latent.

    Labels four times as large have the optimum of a four times smaller decay, four times as large.
    """
    inputs = kernel_from_spectrum([constant, latent, interaction])
    task = Task(np.column_stack([Y] * 16 + [XOR] * reports), kernel=inputs)
    best = solve(task, weight_decay=(4 * first, 4 * second), bias=0)
    assert best.certified and best.gap < 1e-9
    return best.kernel / 4, best.loss / 16


@pytest.mark.parametrize("decay", [0.01, 0.3, 1.0])
@pytest.mark.parametrize(("constant", "interaction"), [(5, 0.6), (5, 1), (5, 4.5), (2.2, 1)])
def test_kernel_and_loss_are_the_certified_ones(constant, interaction, decay):
    for reports in (1, 2, 5, 9, 16, 40):
        form = exclusive_or(np.sqrt(reports / 16), constant, 1.0, interaction, decay)
        kernel, loss = certified(reports, constant, interaction, decay, decay)
        assert form.loss == pytest.approx(loss, rel=1e-9)
        np.testing.assert_allclose(form.kernel, kernel, atol=1e-6)


def test_scales_with_the_inputs_and_with_unequal_decays():
    form = exclusive_or(np.sqrt(3 / 16), 10.0, 2.0, 3.0, (0.02, 0.5))
    kernel, loss = certified(3, 10.0, 3.0, 0.02, 0.5, latent=2.0)
    assert form.loss == pytest.approx(loss, rel=1e-9)
    np.testing.assert_allclose(form.kernel, kernel, atol=1e-6)


@pytest.mark.parametrize("decay", [0.01, 0.3])
def test_score_is_one_below_the_first_edge_and_zero_from_the_second_on(decay):
    form = exclusive_or(0.0, weight_decay=decay)
    assert 0 < form.begins < form.ends < 1
    # The statements of the chapter's theorem, for τ = 1.
    assert form.begins == pytest.approx(decay * np.sqrt(1 / 5))
    assert form.ends == pytest.approx(np.sqrt(2 / 3))
    for weight in np.linspace(0, 1, 41):
        kernel = exclusive_or(weight, weight_decay=decay).kernel
        score = kernel_parallelism_score(kernel, Y)
        gain, root = np.sqrt(4 * 5 / 6), weight * np.sqrt(5)
        between = (gain - root) / (gain + root - 2 * decay)
        np.testing.assert_allclose(score, np.clip(between, 0, 1), atol=1e-12)


def test_without_exclusive_or_it_is_the_closed_form():
    form, known = exclusive_or(0.0), closed_form(Task(Y, kernel=np.eye(4)))
    assert form.loss == pytest.approx(known.loss, rel=1e-12)
    np.testing.assert_allclose(form.kernel, known.kernel, atol=1e-12)


@pytest.mark.parametrize("weight", [0.0, 0.4, 0.7, 1.0])
def test_its_score_is_that_of_its_kernel(weight):
    form = exclusive_or(weight, interaction=2.0)
    score = kernel_parallelism_score(form.kernel, Y)
    np.testing.assert_allclose(score, form.parallelism, atol=1e-12)


def test_all_collapses_in_turn():
    # The exclusive-or, half as important, goes at half the decay at which it goes for w = 1.
    assert exclusive_or(0.5, weight_decay=3.0).loss == pytest.approx(2 * (2 + 0.25))
    assert not exclusive_or(0.5, weight_decay=3.0).kernel.any()
    with pytest.raises(ValueError, match="weight_decay"):
        _ = exclusive_or(0.5, weight_decay=3.0).parallelism
    # Latents that have collapsed have the strength 0, whatever the rounding.
    for decay in np.linspace(1.83, 6, 200):
        form = exclusive_or(0.3, weight_decay=decay)
        assert form.latent == form.interaction == 0 and not form.kernel.any()


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"weight": -0.1}, "weight"),
        ({"weight": np.nan}, "weight"),
        ({"constant": 0}, "constant"),
        ({"latent": 0}, "latent"),
        ({"constant": 1, "latent": 2, "interaction": 1}, "latent"),
        ({"interaction": 5.1}, "interaction"),
        ({"interaction": 0.5}, "interaction"),
        ({"weight_decay": 0}, "weight_decay"),
    ],
)
def test_bad_input_is_named(changed, named):
    with pytest.raises(ValueError, match=named):
        exclusive_or(**{"weight": 0.5} | changed)
