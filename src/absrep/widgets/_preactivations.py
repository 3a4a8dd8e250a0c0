"""Chapter "From weights to preactivations": the loss of neurons, by their places and by number."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Any

import numpy as np
from scipy.optimize import minimize_scalar

from .._validation import Array
from ..figures import LATENT_COLOURS, SERIES_COLOURS
from ..geometry import kernel_parallelism_score
from ..kernels import walsh_basis
from ..meanfield import closed_form, energy, neuron_cost, solve
from ..tasks import Task, hypercube
from ._explorer import Explorer, Parameter, Readout
from ._marks import PLOT, Dots, Line, Panel, Scene, Segments, Squares, Stars, Words
from ._stimuli import STIMULI, square, square_marks

__all__ = ["fade_or_move", "rows_and_columns"]

_DECAY = 0.3
# Neurons for one stimulus each: of the two that 1 + y₁, 1 + y₂, 1 − y₁ and 1 − y₂ respond to.
_ONE_HOT = np.eye(4)[:, [3, 1, 0, 2]]

# What `_energies` draws and reads out.
_ENERGY_LINES = (
    Line("read-out", "read-out cost", SERIES_COLOURS[2]),
    Line("weights", "input-weight cost", SERIES_COLOURS[1]),
    Line("energies", "energy E"),
)
_ENERGY_READOUTS = (
    Readout("energy", "E"),
    Readout("read-out cost", "read-out cost"),
    Readout("weight cost", "input-weight cost"),
)


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
    task = hypercube(2)
    best = closed_form(task, weight_decay=_DECAY)
    abstract = best.preactivations * np.sqrt(best.masses)  # 1 + y₁, 1 + y₂, 1 − y₁, 1 − y₂
    first, second = abstract[:, [0, 2]], abstract[:, [1, 3]]
    size = minimize_scalar(
        lambda x: energy(x * _ONE_HOT, task, weight_decay=_DECAY), bounds=(0.1, 5), method="bounded"
    ).x
    pairs = (
        (first, second),
        (abstract, size * _ONE_HOT),
        (abstract, np.roll(abstract, -1, axis=1)),
    )
    along = np.linspace(0, 1, 41)

    def network(networks: float, way: float, t: float) -> tuple[Array, Array]:
        """Preactivations and masses on the way."""
        start, end = pairs[int(networks)]
        n = start.shape[1]
        if way == 0:
            return np.hstack([start, end]), np.repeat([1 - t, t], n)
        return (1 - t) * start + t * end, np.ones(n)

    def entries(kernel: Array) -> Array:
        """Of +− with itself, with ++ and with −+."""
        return kernel[2, [2, 3, 1]]

    @cache
    def path(networks: float, way: float) -> tuple[Array, Array]:
        """Entries of the kernel and terms of the energy all along."""
        places = [network(networks, way, x) for x in along]
        kernels = [entries(_kernel(*place)) for place in places]
        return np.array(kernels), np.array([_terms(task, *place) for place in places])

    def compute(networks: float, way: float, t: float) -> dict[str, Any]:
        h, masses = network(networks, way, t)
        kernels, energies = path(networks, way)
        kernel, now = _kernel(h, masses), _terms(task, h, masses)
        ends = [_kernel(*network(networks, way, x)) for x in (0.0, 1.0)]
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
            **_energies(along, energies, t, now),
            "chord": [[0, energies[0, 0]], [1, energies[-1, 0]]],
            "bend": float(np.abs(kernel - straight).max()),
            "ps": _parallelism(kernel, task.labels),
        }

    _, pink, _, sky, green, purple = SERIES_COLOURS
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
                yticks=tuple((-i, name) for i, name in enumerate(STIMULI)),
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
                    *_ENERGY_LINES,
                    Dots("energy now"),
                ),
                title="energy E",
            ),
        ),
        readouts=(
            *_ENERGY_READOUTS,
            Readout("bend", "largest bend of K"),
            Readout("ps", "PS"),
        ),
    )


def rows_and_columns() -> Explorer:
    """Four neurons turned and scaled: the table H by columns and by rows, and what it must cost.

    They turn from responding to everything, over reading one latent each, to one stimulus each.

    Returns
    -------
    Explorer

    Examples
    --------
    >>> rows_and_columns().readouts_at(turn=1.0, size=1.0)["ps"]
    '0.000'
    """
    task = hypercube(2)
    one, (y1, y2) = np.ones(4), task.labels.T
    modular = np.stack([one + y1, one + y2, one - y1, one - y2], axis=1)
    axes = np.stack([y1, y2, one], axis=1) / 2
    best = solve(task, weight_decay=_DECAY)
    down = np.array([0, 0, 1.2])  # preactivations are not negative here
    rays = np.stack([np.zeros((4, 3)), 0.75 * modular.T @ axes], axis=1) - down
    sizes = np.linspace(0, 1.3, 27)

    def unit_neurons(turn: float) -> Array:
        end = 4 * _ONE_HOT if turn > 0 else np.ones((4, 4))
        h = (1 - abs(turn)) * modular + abs(turn) * end
        return np.asarray(h / np.sqrt(neuron_cost(h, task)))

    @lru_cache(maxsize=64)
    def by_size(turn: float) -> Array:
        """Terms of the energy for every size, shape (n, 3)."""
        h = unit_neurons(turn)
        return np.array([_terms(task, size * h, np.ones(4)) for size in sizes])

    def compute(turn: float, size: float) -> dict[str, Any]:
        h = size * unit_neurons(turn)
        now, curves = _terms(task, h, np.ones(4)), by_size(turn)
        # The patterns of the constant, of the latents and of the interaction are orthogonal, by
        # symmetry: so these are coordinates of the stimuli in the space of the neurons.
        lengths = np.linalg.norm(walsh_basis(2).T @ np.maximum(h, 0) / 4, axis=1)
        rows = (walsh_basis(2) * lengths)[:, 1:]
        return {
            "columns": h.T @ axes - down,
            **square(rows, "rows"),
            "first rays": rays[::2],
            "second rays": rays[1::2],
            "ends": rays[:, 1],
            **_energies(sizes, curves, size, now),
            "best": [[np.sqrt(best.masses.mean()), best.loss]],
            "floor": best.loss,
            "ps": _parallelism(_kernel(h, np.ones(4)), task.labels),
        }

    first, second = LATENT_COLOURS[:2]
    return Explorer(
        name="rows_and_columns",
        title="The preactivations by columns and by rows",
        description="Left: four neurons as points in the space of stimuli, beside four rays. "
        "Middle: four stimuli as points in the space of neurons, a square when the neurons are on "
        "the rays. Right: the energy against the size of the neurons, a falling read-out cost "
        "plus a rising input-weight cost.",
        compute=compute,
        parameters=(
            Parameter(
                "turn",
                "turn (−1 all, 0 latents, 1 one-hot)",
                np.linspace(-1, 1, 17),
                start=12,
            ),
            Parameter("size", "√c(h), size of each neuron", np.linspace(0.1, 1.3, 13), start=6),
        ),
        views=(
            Scene(
                (
                    Segments("first rays", "first latent", first),
                    Segments("second rays", "second latent", second),
                    Dots("columns"),
                    Words("ends", texts=("1 + y₁", "1 + y₂", "1 − y₁", "1 − y₂")),
                ),
                radius=1.75,
                title="columns: neurons",
                elevation=30.0,
            ),
            Scene(
                square_marks("rows", "", ""),
                radius=1.35,
                title="rows: stimuli",
                elevation=30.0,
            ),
            Panel(
                "√c(h), size of each neuron",
                "loss",
                (0, 1.3),
                (0, 5.1),
                (
                    *_ENERGY_LINES,
                    Stars("best", "certified optimum"),
                    Dots("energy now"),
                ),
                title="energy E",
            ),
        ),
        readouts=(
            *_ENERGY_READOUTS,
            Readout("floor", "smallest E"),
            Readout("ps", "PS"),
        ),
    )


def _kernel(h: Array, masses: Array) -> Array:
    z = np.maximum(h, 0)
    return np.asarray((z * masses) @ z.T)


def _terms(task: Task, h: Array, masses: Array) -> tuple[float, float, float]:
    """Energy, what its read-out costs and what its input weights cost."""
    total = energy(h, task, weight_decay=_DECAY, masses=masses)
    weights = 0.5 * _DECAY * float(masses @ neuron_cost(h, task))
    return total, total - weights, weights


def _energies(
    at: Array, curves: Array, x: float, now: tuple[float, float, float]
) -> dict[str, Array | float]:
    """The terms as curves, shape (n, 3), and where the slider stands."""
    return {
        "energies": np.column_stack([at, curves[:, 0]]),
        "read-out": np.column_stack([at, curves[:, 1]]),
        "weights": np.column_stack([at, curves[:, 2]]),
        "energy now": np.column_stack([3 * [x], now]),
        "energy": now[0],
        "read-out cost": now[1],
        "weight cost": now[2],
    }


def _parallelism(kernel: Array, labels: Array) -> float | str:
    try:
        return float(kernel_parallelism_score(kernel, labels).mean())
    except ValueError:  # raised where the two values of a latent are not told apart
        return "undefined"
