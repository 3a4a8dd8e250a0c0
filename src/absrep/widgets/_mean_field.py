"""Chapter "One neuron in a mean field": the landscape that the neurons make for each other."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from .._validation import Array
from ..figures import LATENT_COLOURS
from ..kernels import target_aligned_kernel
from ..meanfield import (
    Certificate,
    Optimum,
    certify,
    closed_form,
    neuron_cost,
    neuron_energy,
    solve,
)
from ..tasks import hypercube
from ._explorer import Explorer, Parameter, Readout
from ._marks import Bars, Dots, Line, Panel, Stars
from ._stimuli import STIMULI

__all__ = ["neuron_landscape", "optimal_landscape"]


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

        def relative(h: Array) -> Array:
            """E over price plus earnings."""
            price = 0.5 * decay * neuron_cost(h, task, bias)
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
            Readout("loss", "loss L"),
            Readout("bound", "own lower bound"),
            Readout("gap", "own gap", ".1f", "%"),
            Readout("floor", "smallest loss L*"),
        ),
    )


def optimal_landscape() -> Explorer:
    """E(h; ρ*) around the optimum, for neurons h = cos θ · 1 + sin θ · y₁ (in units of their norm).

    Inputs are aligned with the labels by a gain g, so that κ₀ = 1 + 4τ and κ₁ = 1 + g.

    Returns
    -------
    Explorer

    Examples
    --------
    >>> optimal_landscape().readouts_at(weight_decay=0.1, bias=1.0, gain=0)["angle"]
    '45.0 °'
    """
    one, labels = np.ones(4), hypercube(2).labels
    degrees = np.linspace(-90, 90, 61)
    around = np.radians(degrees)
    neurons = (np.outer(one, np.cos(around)) + np.outer(labels[:, 0], np.sin(around))) / 2

    def compute(weight_decay: float, bias: float, gain: float) -> dict[str, Any]:
        task = hypercube(2, target_aligned_kernel(labels, gain))
        form = closed_form(task, weight_decay=weight_decay, bias=bias)
        best = solve(task, weight_decay=weight_decay, bias=bias)

        def over_decay(h: Array) -> Array:
            value = neuron_energy(h, best.kernel, task, weight_decay=weight_decay, bias=bias)
            return np.asarray(value / weight_decay)

        tilt = max(1.0, (1 + gain) / (1 + 4 * bias))  # κ₁/κ₀, eq. of the neuron that dips
        angle = np.degrees(np.arctan(tilt))
        tuned = one + tilt * labels[:, 0]
        there = form.strength > 0
        return {
            "landscape": np.column_stack([degrees, over_decay(neurons)]),
            "zero": [[-90, 0], [90, 0]],
            "optimum": [[-angle, 0], [angle, 0]] if there else np.full((1, 2), np.nan),
            "tuning": np.column_stack([np.arange(4), tuned if there else 0 * tuned]),
            "features": np.maximum(tuned, 0) if there else 0 * tuned,
            "level": [[-0.6, 0], [3.6, 0]],
            "lowest": float(over_decay(tuned[:, None] / np.linalg.norm(tuned))[0]),
            "angle": angle if there else "none",
            "strength": form.strength,
            "loss": best.loss,
            "gap": best.gap,
        }

    blue, orange = LATENT_COLOURS[:2]
    return Explorer(
        name="optimal_landscape",
        title="The landscape at the optimum",
        description="Left: the energy of a single neuron against its direction. It touches zero "
        "at the two directions of the optimum's neurons and is positive elsewhere; beyond the "
        "collapse it lifts off. Right: the preactivations of the neuron that touches.",
        compute=compute,
        parameters=(
            Parameter("weight_decay", "λ, weight decay", np.geomspace(0.02, 8, 14), start=3),
            Parameter("bias", "τ, bias strength", np.linspace(0.1, 1.5, 8), start=5),
            Parameter("gain", "g, alignment of the inputs", (0, 3, 6), start=0),
        ),
        views=(
            Panel(
                "direction θ in degrees (0: 1, ±90: ±y₁)",
                "E(h; ρ*) / λ",
                (-90, 90),
                (-0.05, 0.5),
                (
                    Line("zero", dashed=True),
                    Line("landscape", "energy of a neuron", blue),
                    Stars("optimum", "neurons of the optimum", orange),
                ),
                title="one neuron in the field of all",
                xticks=((-90, "−90"), (-45, "−45"), (0, "0"), (45, "45"), (90, "90")),
            ),
            Panel(
                "stimulus",
                "h, in units of its constant part",
                (-0.6, 3.6),
                (-4, 7),
                (
                    Bars("features", "φ(h)", orange),
                    Dots("tuning", "h"),
                    Line("level", dashed=True),
                ),
                title="the neuron that touches zero",
                xticks=tuple(enumerate(STIMULI)),
            ),
        ),
        readouts=(
            Readout("lowest", "E/λ at θ*", ".4f"),
            Readout("angle", "θ*", ".1f", "°"),
            Readout("strength", "b", ".4f"),
            Readout("loss", "L*", ".4f"),
            Readout("gap", "gap", ".0e"),
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
