"""Chapter "One neuron in a mean field": the landscape that the neurons make for each other."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from ..figures._style import LATENT_COLOURS
from ..meanfield import Certificate, Optimum, certify, neuron_energy, solve
from ..meanfield._metric import input_metric
from ..tasks import hypercube
from ._explorer import Explorer, Parameter, Readout
from ._marks import Array, Dots, Line, Panel, Stars

__all__ = ["neuron_landscape"]


def neuron_landscape() -> Explorer:
    """The single-neuron energy between too few and too many neurons, and the bound it gives.

    Two sliders set the masses of the neurons that read either latent, relative to the optimum's.

    Returns
    -------
    Explorer

    Examples
    --------
    >>> neuron_landscape().readouts_at(first=1.0, second=1.0, bias=1.0)["lowest"]
    '0.000'
    """
    task, decay = hypercube(2), 0.3
    one, (y1, y2) = np.ones(4), task.labels.T
    rays = np.stack([one + y1, one + y2, one - y1, one - y2], axis=1)
    degrees = np.linspace(0, 180, 25)
    fan = _neurons_by_angle(np.radians(degrees), y1, y2)
    masses = np.linspace(0, 1.5, 19)

    @lru_cache(maxsize=64)
    def optimum(bias: float) -> Optimum:
        return solve(task, weight_decay=decay, bias=bias)

    def features(first: float, second: float, bias: float) -> Array:
        """Z of neurons on the four rays, with these masses relative to the optimum's."""
        # All optimal kernels agree on what they do to the labels, which gives the masses.
        mass = y1 @ optimum(bias).kernel @ y1 / np.square(y1 @ rays).sum()
        return np.asarray(rays * np.sqrt(mass * np.array([first, second, first, second])))

    def report(first: float, second: float, bias: float) -> Certificate:
        network = features(first, second, bias)
        return certify(task, network, weight_decay=decay, bias=bias, optimum=optimum(bias))

    @lru_cache(maxsize=64)
    def bracket(second: float, bias: float) -> tuple[Array, Array]:
        reports = [report(float(first), second, bias) for first in masses]
        return np.array([r.loss for r in reports]), np.array([r.own_bound for r in reports])

    def compute(first: float, second: float, bias: float) -> dict[str, Any]:
        z = features(first, second, bias)
        metric = input_metric(task, bias)

        def relative(h: Array) -> Array:
            """E over price plus earnings."""
            price = 0.5 * decay * metric.cost(h)
            value = neuron_energy(h, z @ z.T, task, weight_decay=decay, bias=bias)
            return np.asarray(value / (2 * price - value))

        landscape = relative(fan.reshape(4, -1)).reshape(fan.shape[1:]).min(axis=0)
        wells = np.column_stack([[0, 90, 180], relative(rays)[:3]])
        there = np.array([first, second, first])[:, None] > 0
        now = report(first, second, bias)
        losses, bounds = bracket(second, bias)
        smallest = optimum(bias).loss
        return {
            "landscape": np.column_stack([degrees, landscape]),
            "zero": [[0, 0], [180, 0]],
            "optimum": wells,
            "neurons": np.where(there, wells, np.nan),
            "losses": np.column_stack([masses, losses]),
            "bounds": np.column_stack([masses, bounds]),
            "smallest": [[0, smallest], [masses[-1], smallest]],
            "best": [[1, smallest]],
            "now": [[first, now.loss], [first, now.own_bound]],
            "lowest": landscape.min(),
            "loss": now.loss,
            "bound": now.own_bound,
            "gap": 100 * (1 - now.own_bound / now.loss),
            "floor": smallest,
        }

    blue, orange, green = LATENT_COLOURS[:3]
    grid = np.linspace(0, 1.5, 7)
    return Explorer(
        name="neuron_landscape",
        title="The landscape that neurons make for each other",
        description="Left: the energy of a single neuron against the latent it reads. There is a "
        "valley below zero where neurons are missing, and at the optimum the valleys touch zero. "
        "Right: loss and lower bound against the mass of one kind of neurons; they meet at the "
        "optimum.",
        compute=compute,
        parameters=(
            Parameter("first", "mass of the 1 ± y₁ neurons (1: optimal)", grid, start=2),
            Parameter("second", "mass of the 1 ± y₂ neurons (1: optimal)", grid, start=0),
            Parameter("bias", "τ, bias strength", np.linspace(0, 1, 5), start=4),
        ),
        views=(
            Panel(
                "what the neuron reads",
                "E(h; ρ) / (price + earnings)",
                (-8, 188),
                (-1, 0.5),
                (
                    Line("zero", dashed=True),
                    Line("landscape", "lowest energy", blue),
                    Stars("optimum", "neurons of the optimum", orange),
                    Dots("neurons", "neurons of this network"),
                ),
                title="one more neuron",
                xticks=((0, "1 + y₁"), (90, "1 + y₂"), (180, "1 − y₁")),
            ),
            Panel(
                "mass of the 1 ± y₁ neurons",
                "loss",
                (0, 1.5),
                (0, 4.2),
                (
                    Line("smallest", "smallest loss", dashed=True),
                    Line("losses", "loss"),
                    Line("bounds", "own lower bound", green),
                    Stars("best", colour=orange),
                    Dots("now"),
                ),
                title="the whole network",
            ),
        ),
        readouts=(
            Readout("lowest", "lowest energy"),
            Readout("loss", "loss"),
            Readout("bound", "own lower bound"),
            Readout("gap", "own gap", ".1f", "%"),
            Readout("floor", "smallest loss"),
        ),
    )


def _neurons_by_angle(angles: Array, y1: Array, y2: Array) -> Array:
    """Neurons with cos(angle) y₁ + sin(angle) y₂ in them, shape (4, several, angles).

    They differ in their constant and in their interaction. As the inverse input kernel has no
    positive entry off its diagonal, the best of them have no negative entry, but a zero.
    """
    u, v = np.cos(angles), np.sin(angles)
    interaction = np.minimum(np.abs(u), np.abs(v)) * np.sign(u * v)
    share = np.linspace(0, 1, 13)[:, None]
    read = np.multiply.outer(y1, u) + np.multiply.outer(y2, v)
    neurons = read[:, None] + np.multiply.outer(y1 * y2, share * interaction)
    return np.asarray(neurons - neurons.min(axis=0))
