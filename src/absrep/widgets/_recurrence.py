"""Chapter "Recurrence": an abstract code through time, up to the answer and beyond it."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._validation import Array
from ..figures import LATENT_COLOURS
from ..geometry import parallelism_score
from ..meanfield import recurrent_closed_form, recurrent_weights, relu
from ..tasks import hypercube
from ._explorer import Explorer, Parameter, Readout
from ._marks import PLOT, Dots, Line, Panel

__all__ = ["memory_in_time"]

_LONG = 20  # steps that the network runs on


def memory_in_time() -> Explorer:
    """Strength of the code at every step, its persistence, and eigenvalues of recurrent weights.

    Lines are the closed form and its linear dynamics, dots the ReLU network with the cheapest
    weights for it, which runs on beyond the steps that it was made for.

    Returns
    -------
    Explorer

    Examples
    --------
    >>> memory_in_time().readouts_at(task=0, n_steps=5, weight_decay=0.005)["labels"]
    '0.867'
    """
    square = hypercube(2)

    def compute(task: float, n_steps: float, weight_decay: float) -> dict[str, Any]:
        n, held = round(n_steps), task == 0
        inputs, reads = n if held else 1, n if task == 2 else 1
        form = recurrent_closed_form(square, n, weight_decay, 1.0, inputs, reads)
        label, constant = form.memory
        drive = np.ones(_LONG) if held else np.eye(_LONG)[0]
        q = [np.sqrt(form.strengths[0])]
        for on in drive[1:]:
            q.append(label * q[-1] + q[0] * on)
        weights = recurrent_weights(
            form.preactivations, square, relu, weight_decay, 1.0, inputs, reads
        )
        states = _run(weights, square.features, drive)
        seen = np.einsum("tpm,pa->tam", states, square.labels) / square.n_stimuli
        found = np.square(seen).sum(axis=2).mean(axis=1)
        eigenvalues = np.linalg.eigvals(weights[1])
        learned, kept = form.strengths[-1] > 0, found[-1] > 1e-9
        # Nothing is drawn of a collapsed network, whose strengths have no logarithm.
        steps = np.arange(1, _LONG + 1) if learned else np.full(_LONG, np.nan)
        return {
            "theory": np.column_stack([steps, np.square(q)])[:n],
            "on": np.column_stack([steps, np.square(q)])[n - 1 :],
            "level": np.column_stack([steps[:n], form.constants / square.n_latents]),
            "network": np.column_stack([steps, found]),
            "end": [[n, 0.01], [n, 100]],
            "unit": _circle(1.0),
            "label": _circle(label),
            "constant": _circle(constant),
            "eigenvalues": np.column_stack([eigenvalues.real, eigenvalues.imag]),
            "loss": form.loss,
            "labels": label,
            "constants": constant,
            "persists": found[-1] / found[n - 1] if learned else "collapsed",
            "ps": parallelism_score(states[:n], square.labels).min() if learned else "collapsed",
            "ps long": parallelism_score(states, square.labels).min() if kept else "nothing left",
        }

    blue, red = LATENT_COLOURS[:2]
    return Explorer(
        name="memory_in_time",
        title="A code through time",
        description="Left: strength of the code against steps, up to the answer and on to step "
        "twenty, where it settles, grows or stays. Right: the eigenvalues of the recurrent "
        "weights in the complex plane, inside, outside or on the unit circle.",
        compute=compute,
        parameters=(
            Parameter(
                "task",
                "input and answer",
                (0, 1, 2),
                words=("held, read at T", "pulse, read at T", "pulse, always read"),
            ),
            Parameter("n_steps", "T, steps", range(1, 9), start=4),
            Parameter("weight_decay", "λ, weight decay", np.geomspace(0.01, 1.6, 5)),
        ),
        views=(
            Panel(
                "step t",
                "strength",
                (0, _LONG + 0.5),
                (0.01, 100),
                (
                    Line("level", "c/d, constant", red),
                    Line("theory", "b, labels", blue),
                    Line("on", "linear dynamics, run on", blue, dashed=True),
                    Dots("network", "network with the cheapest weights", blue),
                    Line("end", dashed=True),
                ),
                ylog=True,
            ),
            Panel(
                "real part",
                "imaginary part",
                (-2.1, 2.1),
                (-2.1 * PLOT[1] / PLOT[0], 2.1 * PLOT[1] / PLOT[0]),
                (
                    Line("unit", "modulus 1", dashed=True),
                    Line("label", "b, labels", blue),
                    Line("constant", "c/d, constant", red),
                    Dots("eigenvalues"),
                ),
                title="eigenvalues of W",
            ),
        ),
        readouts=(
            Readout("loss", "E, loss", ".4f"),
            Readout("labels", "w"),
            Readout("constants", "w₀"),
            Readout("persists", "b at step 20 / at T", ".3g"),
            Readout("ps", "smallest PS up to T"),
            Readout("ps long", "smallest PS up to step 20"),
        ),
    )


def _run(weights: tuple[Array, Array, Array, Array], features: Array, drive: Array) -> Array:
    """States of the ReLU network, shape (steps, P, M)."""
    into, recurrent, _, bias = weights
    states = [np.zeros((len(features), len(bias)))]
    for on in drive:
        states.append(np.maximum(states[-1] @ recurrent + on * features @ into + bias, 0))
    return np.stack(states[1:])


def _circle(radius: float) -> Array:
    around = np.linspace(0, 2 * np.pi, 37)
    return radius * np.column_stack([np.cos(around), np.sin(around)])
