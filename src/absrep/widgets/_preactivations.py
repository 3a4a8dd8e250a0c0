"""Chapter "From weights to preactivations": the loss of neurons, by their places and by number."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from scipy.optimize import minimize_scalar

from ..figures._style import SERIES_COLOURS
from ..geometry import kernel_parallelism_score
from ..meanfield import closed_form, energy
from ..meanfield._metric import input_metric
from ..tasks import hypercube
from ._explorer import Explorer, Parameter, Readout
from ._marks import PLOT, Array, Dots, Line, Panel, Squares

__all__ = ["fade_or_move"]

_STIMULI = ("−−", "−+", "+−", "++")


def fade_or_move() -> Explorer:
    """From one network to another: by fading one out and the other in, or by moving the neurons.

    Fading mixes the measures, along which the kernel is linear; moving mixes the preactivations.

    Returns
    -------
    Explorer

    Examples
    --------
    >>> fade_or_move().readouts_at(networks=0, way=0, t=0.5)["bend"]
    '0.000'
    """
    task, decay = hypercube(2), 0.3
    best = closed_form(task, weight_decay=decay)
    abstract = best.preactivations * np.sqrt(best.masses)  # 1 + y₁, 1 + y₂, 1 − y₁, 1 − y₂
    first, second = abstract[:, [0, 2]], abstract[:, [1, 3]]
    one_hot = np.eye(4)[:, [3, 1, 0, 2]]  # each one of the two that its neuron liked
    size = minimize_scalar(
        lambda x: energy(x * one_hot, task, weight_decay=decay), bounds=(0.1, 5), method="bounded"
    ).x
    pairs = (
        (first, second),
        (abstract, size * one_hot),
        (abstract, np.roll(abstract, -1, axis=1)),
    )
    metric = input_metric(task, 1.0)
    along = np.linspace(0, 1, 41)

    def network(networks: float, way: float, t: float) -> tuple[Array, Array]:
        """Preactivations and masses on the way."""
        start, end = pairs[int(networks)]
        n = start.shape[1]
        if way == 0:
            return np.hstack([start, end]), np.repeat([1 - t, t], n)
        return (1 - t) * start + t * end, np.ones(n)

    def kernel_of(h: Array, masses: Array) -> Array:
        z = np.maximum(h, 0)
        return np.asarray((z * masses) @ z.T)

    def terms(h: Array, masses: Array) -> tuple[float, float, float]:
        """Energy, what its read-out costs and what its input weights cost."""
        total = energy(h, task, weight_decay=decay, masses=masses)
        weights = 0.5 * decay * float(masses @ metric.cost(h))
        return total, total - weights, weights

    def entries(kernel: Array) -> Array:
        """Of +− with itself, with ++ and with −+."""
        return kernel[2, [2, 3, 1]]

    @cache
    def path(networks: float, way: float) -> tuple[Array, Array]:
        """Entries of the kernel and terms of the energy all along."""
        places = [network(networks, way, x) for x in along]
        kernels = [entries(kernel_of(*place)) for place in places]
        return np.array(kernels), np.array([terms(*place) for place in places])

    def compute(networks: float, way: float, t: float) -> dict[str, Any]:
        h, masses = network(networks, way, t)
        kernels, energies = path(networks, way)
        kernel, now = kernel_of(h, masses), terms(h, masses)
        ends = [kernel_of(*network(networks, way, x)) for x in (0.0, 1.0)]
        straight = (1 - t) * ends[0] + t * ends[1]
        table = np.zeros((2, 4, 8))
        # Mass is size squared for a ReLU, so a fading neuron is drawn as a shrinking one.
        shown, n = h * np.sqrt(masses), pairs[int(networks)][0].shape[1]
        table[0, :, :n] = shown[:, :n]
        table[1, :, 4 : 4 + shown.shape[1] - n] = shown[:, n:]
        return {
            "neurons": table[0],
            "newcomers": table[1],
            "same": np.column_stack([along, kernels[:, 0]]),
            "shared": np.column_stack([along, kernels[:, 1]]),
            "opposite": np.column_stack([along, kernels[:, 2]]),
            "straight": [
                point
                for a, b in zip(kernels[0], kernels[-1], strict=True)
                for point in ([0, a], [1, b], [np.nan, np.nan])
            ],
            "kernel now": np.column_stack([3 * [t], entries(kernel)]),
            "energies": np.column_stack([along, energies[:, 0]]),
            "read-out": np.column_stack([along, energies[:, 1]]),
            "weights": np.column_stack([along, energies[:, 2]]),
            "chord": [[0, energies[0, 0]], [1, energies[-1, 0]]],
            "energy now": np.column_stack([3 * [t], now]),
            "energy": now[0],
            "read-out cost": now[1],
            "weight cost": now[2],
            "bend": float(np.abs(kernel - straight).max()),
            "ps": _parallelism(kernel, task.labels),
        }

    _, pink, orange, sky, green, purple = SERIES_COLOURS
    high = 8 * PLOT[1] / PLOT[0] / 2  # cells are square
    return Explorer(
        name="fade_or_move",
        title="Fade or move",
        description="Left: a table of preactivations, a row per stimulus and a column per neuron. "
        "Middle: three entries of the kernel on the way from one network to the other, straight "
        "lines if neurons fade, bent if they move. Right: the energy and its two terms, below the "
        "chord if neurons fade.",
        compute=compute,
        parameters=(
            Parameter(
                "networks",
                "from → to",
                range(3),
                words=("y₁ → y₂", "abstract → one-hot", "abstract → renumbered"),
            ),
            Parameter("way", "how", range(2), words=("neurons fade", "neurons move")),
            Parameter("t", "t, how far", np.linspace(0, 1, 21), start=6),
        ),
        views=(
            Panel(
                "neurons",
                "",
                (-0.5, 7.5),
                (-1.5 - high, -1.5 + high),
                (
                    Squares("neurons", colour=pink, largest=1.5),
                    Squares("newcomers", colour=purple, largest=1.5),
                ),
                title="preactivations H",
                bare=True,
                xticks=tuple((i, str(i + 1)) for i in range(8)),
                yticks=tuple((-i, name) for i, name in enumerate(_STIMULI)),
            ),
            Panel(
                "t",
                "entries of K",
                (0, 1),
                (0, 2),
                (
                    Line("straight", "straight line", dashed=True),
                    Line("same", "K of +− and +−", sky),
                    Line("shared", "K of +− and ++", green),
                    Line("opposite", "K of +− and −+", purple),
                    Dots("kernel now"),
                ),
                title="kernel K",
            ),
            Panel(
                "t",
                "loss",
                (0, 1),
                (0, 3),
                (
                    Line("chord", "straight line", dashed=True),
                    Line("read-out", "read-out cost", orange),
                    Line("weights", "input-weight cost", pink),
                    Line("energies", "energy E"),
                    Dots("energy now"),
                ),
                title="energy E",
            ),
        ),
        readouts=(
            Readout("energy", "E"),
            Readout("read-out cost", "read-out cost"),
            Readout("weight cost", "input-weight cost"),
            Readout("bend", "largest bend of K"),
            Readout("ps", "PS"),
        ),
    )


def _parallelism(kernel: Array, labels: Array) -> float | str:
    try:
        return float(kernel_parallelism_score(kernel, labels).mean())
    except ValueError:  # raised where the two values of a latent are not told apart
        return "undefined"
