"""Chapter "Other nonlinearities": the signal of one neuron decides."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from ..figures import LATENT_COLOURS
from ..geometry import kernel_parallelism_score
from ..meanfield import (
    absolute,
    closed_form,
    erf,
    gelu,
    hard_tanh,
    leaky_relu,
    linear,
    local_optima,
    neuron_cost,
    paired_signal,
    relu,
    relu_power,
    sigmoid,
    softplus,
    strongest_neurons,
    tanh,
)
from ..tasks import hypercube
from ._explorer import Explorer, Parameter, Readout
from ._marks import Dots, Line, Panel, Stars, matrix_panel
from ._stimuli import STIMULI

__all__ = ["signal_of_a_neuron"]

_ACTIVATIONS = {
    "ReLU": relu,
    "leaky ReLU, slope 0.9": leaky_relu(0.9),
    "|h|": absolute,
    "linear": linear,
    "tanh": tanh,
    "erf": erf,
    "sigmoid": sigmoid,
    "hard tanh": hard_tanh,
    "GELU": gelu,
    "softplus": softplus,
    "ReLU to the power 1.5": relu_power(1.5),
}


def signal_of_a_neuron() -> Explorer:
    """What one neuron of an activation can tell for its cost, and the network that follows.

    Four neurons, whitened inputs, a regularised bias. Where the chapter's theorem applies the
    optimum is its closed form; elsewhere the best of eight descents, which nobody has certified.
    The signals are searched once per activation and kept.

    Returns
    -------
    Explorer

    Examples
    --------
    >>> signal_of_a_neuron().readouts_at(activation=4, weight_decay=0.01)["ps"]  # tanh
    '1.000'
    """
    task, width = hypercube(2), 4
    p, constant = task.n_stimuli, 5.0
    activations = tuple(_ACTIVATIONS.values())
    at, costs = np.linspace(-3, 3, 61), np.geomspace(0.1, 10, 33)
    searched = np.geomspace(0.1, 10, 7)

    @cache
    def signals(index: int) -> tuple[Any, Any]:
        """ψ(c)/c of the best pair, and of the best of all neurons found."""
        phi = activations[index]
        pairs = p * paired_signal(costs / p, phi, constant=constant, latent=1) / costs
        every = strongest_neurons(searched, task, phi, n_starts=2).signals / searched
        return np.column_stack([costs, pairs]), np.column_stack([searched, every])

    @cache
    def networks(index: int, weight_decay: float) -> tuple[list[Any], float, bool]:
        """Preactivations of the best network, then of others; its loss; is it proved the best?"""
        phi = activations[index]
        if phi.slopes is not None or phi.saturating:
            form = closed_form(task, phi, weight_decay, width=width)
            # Degree 1 leaves the number of neurons open: four, as large as that needs.
            size = np.sqrt(form.masses * len(form.masses) / width)
            return [form.preactivations * size], form.loss, True
        ends = local_optima(task, phi, weight_decay, width=width, n_starts=8)
        near = ends.losses < 1.01 * ends.losses[0]
        found = [h for h, close in zip(ends.preactivations, near, strict=True) if close]
        return found, float(ends.losses[0]), False

    def compute(activation: float, weight_decay: float) -> dict[str, Any]:
        index = round(activation)
        phi = activations[index]
        pairs, every = signals(index)
        ends, losses, proved = networks(index, weight_decay)
        h = ends[0]
        features = phi.value(h)
        cost = neuron_cost(h, task)
        told = np.square(task.labels.T @ features).sum(axis=0) / p
        speaks = told > 1e-4
        kernel = features @ features.T
        learned = bool(speaks.any())
        rise = np.diff(np.log(every[:, 1]))
        scores = [_mean_score(phi.value(one), task.labels) for one in ends] if learned else []
        return {
            "curve": np.column_stack([at, phi.value(at)]),
            "used": np.column_stack([h[:, speaks].ravel(), features[:, speaks].ravel()]),
            "pairs": pairs,
            "every": every,
            "neurons": np.column_stack([cost, told / np.maximum(cost, 1e-300)])[speaks],
            "kernel": kernel / np.abs(kernel).max() if learned else 0 * kernel,
            "signal": "rises" if rise.max() > 1e-3 else "falls" if rise.min() < -1e-3 else "flat",
            "known": "proved" if proved else "best found, not certified",
            "ps": scores[0] if learned else "collapsed",
            "worst": "not searched" if proved else min(scores) if learned else "collapsed",
            "loss": losses,
        }

    first, second, third = LATENT_COLOURS[:3]
    return Explorer(
        name="signal_of_a_neuron",
        title="What one neuron can tell decides",
        description="The activation, with the preactivations that the best network uses; the "
        "signal of a neuron per unit of its cost; and the hidden kernel.",
        compute=compute,
        parameters=(
            Parameter(
                "activation",
                "activation φ",
                np.arange(len(activations)),
                start=4,
                words=tuple(_ACTIVATIONS),
            ),
            Parameter("weight_decay", "λ, weight decay", np.geomspace(0.003, 1, 6), start=1),
        ),
        views=(
            Panel(
                "preactivation h",
                "φ(h)",
                (-3, 3),
                (-1.6, 3.2),
                (Line("curve", "activation"), Dots("used", "used by the network", second)),
            ),
            Panel(
                "cost c of a neuron",
                "signal per cost ψ(c)/c",
                (0.1, 30),
                (0.01, 3),
                (
                    Line("pairs", "best neuron that tells one latent only", first),
                    Dots("every", "best of all neurons (search)", third),
                    Stars("neurons", "neurons of the network"),
                ),
                xlog=True,
                ylog=True,
            ),
            matrix_panel("kernel", STIMULI, 1.0, title="hidden kernel (largest entry 1)"),
        ),
        readouts=(
            Readout("signal", "signal per cost"),
            Readout("known", "network"),
            Readout("ps", "PS"),
            Readout("worst", "lowest PS within 1 % of L"),
            Readout("loss", "L", ".4f"),
        ),
    )


def _mean_score(features: Any, labels: Any) -> float:
    return float(kernel_parallelism_score(features @ features.T, labels).mean())
