"""Chapter "Many stimuli per class": members of a class become one, or come apart."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from ..figures import LATENT_COLOURS
from ..geometry import kernel_parallelism_score
from ..kernels import center
from ..meanfield import ClosedForm, Optimum, closed_form, solve
from ..tasks import Task, multi_element
from ._explorer import Explorer, Parameter, Readout
from ._marks import Dots, Line, Panel, Scene, Segments, Stars, matrix_panel
from ._stimuli import STIMULI, square, square_edges

__all__ = ["members_come_apart", "members_of_a_class"]


def _spread(kernel: Any) -> float:
    """Distance of members from their class mean over that of class means, from the kernel."""
    n = len(kernel) // 4
    centred = center(kernel)
    between = np.trace(np.kron(np.eye(4), np.full((n, n), 1 / n)) @ centred)
    return float(np.sqrt(max(np.trace(centred) - between, 0) / between))


def _strength(kernel: Any, labels: Any) -> float:
    """The weight b of the output kernel: mean of yᵀKy / N² over the latents."""
    return float(np.einsum("pa,pq,qa->", labels, kernel, labels) / labels.size / len(labels))


def members_of_a_class() -> Explorer:
    """Members of a class, correlated in the input, become one point in the hidden layer.

    The closed form is drawn for any number of members. The certified optimum is solved for up to
    two: with more, the exact search for the best neuron takes longer than a reader waits.

    Returns
    -------
    Explorer

    Examples
    --------
    >>> members_of_a_class().readouts_at(members=2, correlation=0.3, weight_decay=0.01)["spread"]
    '0.000'
    """
    counts = np.arange(1, 9)

    def equal_members(n: int, correlation: float) -> Task:
        return multi_element(2, (1 - correlation) * np.eye(n) + correlation)

    @cache
    def theory(correlation: float, weight_decay: float) -> list[ClosedForm]:
        """One closed form for every number of members."""
        tasks = [equal_members(n, correlation) for n in counts.tolist()]
        return [closed_form(task, weight_decay=weight_decay) for task in tasks]

    def compute(members: float, correlation: float, weight_decay: float) -> dict[str, Any]:
        n = round(members)
        task, forms = equal_members(n, correlation), theory(correlation, weight_decay)
        form = forms[n - 1]
        best = solve(task, weight_decay=weight_decay) if n <= 2 else None
        kernel = form.kernel if best is None else best.kernel
        learned = form.strength > 0
        scores = kernel_parallelism_score(kernel, task.labels) if learned else np.zeros(2)
        return {
            "input": task.input_kernel,
            "hidden": form.kernel / form.kernel.max() if learned else form.kernel,
            "line": np.column_stack([counts, [one.strength for one in forms]]),
            "now": [[n, form.strength]],
            "certified": [[n, _strength(kernel, task.labels)]] if best else np.empty((0, 2)),
            "ps": float(scores.mean()) if learned else "collapsed",
            "strength": form.strength,
            "spread": _spread(kernel) if learned else "collapsed",
            "loss": form.loss,
            "optimum": f"{best.loss:.5f}" if best else "only for n ≤ 2",
        }

    return Explorer(
        name="members_of_a_class",
        title="Members of a class become one",
        description="Input kernel with a block for each class, hidden kernel that is constant "
        "within blocks, and the strength b of the output kernel against the members per class.",
        compute=compute,
        parameters=(
            Parameter("members", "n, members per class", np.arange(1, 6), start=3),
            Parameter("correlation", "r, correlation of members", np.linspace(0, 0.9, 7), start=2),
            Parameter("weight_decay", "λ, weight decay", np.geomspace(0.01, 2.5, 6), start=0),
        ),
        views=(
            matrix_panel("input", STIMULI, 1.0, title="input kernel"),
            matrix_panel("hidden", STIMULI, 1.0, title="hidden kernel (largest entry 1)"),
            Panel(
                "members per class n",
                "strength b",
                (0.5, 8.5),
                (0, 0.5),
                (
                    Line("line", "theory", LATENT_COLOURS[0]),
                    Dots("now", colour=LATENT_COLOURS[0]),
                    Stars("certified", "certified optimum (n ≤ 2)"),
                ),
            ),
        ),
        readouts=(
            Readout("ps", "PS"),
            Readout("strength", "b", ".4f"),
            Readout("spread", "spread within classes"),
            Readout("loss", "L, theory", ".5f"),
            Readout("optimum", "L, certified optimum"),
        ),
    )


def members_come_apart() -> Explorer:
    """Two members per class: where their contrast is cheap enough, they get neurons of their own.

    The certified optima of the page's values are solved once, when the explorer is made.

    Returns
    -------
    Explorer

    Examples
    --------
    >>> members_come_apart().readouts_at(contrast=1.0)["members"]
    'are one'
    """
    half = np.full((2, 2), 0.5)
    # Class means have c₁ = 1 whatever the contrast, and γ with them.
    gain = (1 + 8) / (2 + 8)
    boundary = 2 * gain * 3
    values = Parameter("contrast", "c_w, contrast of members", np.geomspace(0.4, 12, 13), start=4)
    labels = multi_element(2, 2 * half).labels

    @cache
    def optimum(contrast: float) -> Optimum:
        return solve(multi_element(2, half + contrast * (np.eye(2) - half)))

    trail = [[value, _spread(optimum(value).kernel)] for value in values.values]

    def compute(contrast: float) -> dict[str, Any]:
        best = optimum(contrast)
        means = center(best.kernel).reshape(4, 2, 4, 2)
        own = np.einsum("cici->ci", means)
        middle = np.einsum("cicj->c", means) / 4
        # Distances of the two members from the mean of their class: one up, one down.
        height = np.sqrt(np.maximum((own.mean(axis=1) - middle), 0))
        strength = np.sqrt(np.diag(labels.T @ best.kernel @ labels)) / len(labels)
        flat = labels[::2] * strength
        up, down = np.column_stack([flat, height]), np.column_stack([flat, -height])
        spread = _spread(best.kernel)
        return {
            "points": np.concatenate([up, down]),
            "pairs": np.stack([up, down], axis=1),
            **square(np.pad(flat, ((0, 0), (0, 1))), "means"),
            "trail": trail,
            "now": [[contrast, spread]],
            "boundary": [[boundary, 0], [boundary, 1.6]],
            "ratio": contrast / boundary,
            "spread": spread,
            "ps": float(kernel_parallelism_score(best.kernel, labels).mean()),
            "members": "are one" if spread < 1e-3 else "came apart",
            "loss": best.loss,
            "gap": best.gap,
        }

    third = LATENT_COLOURS[2]
    return Explorer(
        name="members_come_apart",
        title="When members get neurons of their own",
        description="Left: four class means in a plane, the two members of each above and below "
        "by their distance from it. Right: the spread within classes jumps at the boundary.",
        compute=compute,
        parameters=(values,),
        views=(
            Scene(
                (
                    *square_edges("means"),
                    Segments("pairs"),
                    Dots("points", "members (height: distance from the class mean)"),
                ),
                radius=1.7,
                title="class means and members",
            ),
            Panel(
                "contrast c_w of members (c₁ = 1)",
                "spread within classes",
                (0.36, 13.5),
                (0, 1.6),
                (
                    Line("boundary", "boundary c_w*", third, dashed=True),
                    Stars("trail", "certified optimum"),
                    Dots("now", colour=third),
                ),
                xlog=True,
                xticks=((0.5, "0.5"), (1, "1"), (2, "2"), (5, "5"), (10, "10")),
            ),
        ),
        readouts=(
            Readout("ratio", "c_w / c_w*", ".2f"),
            Readout("members", "members"),
            Readout("spread", "spread within classes"),
            Readout("ps", "PS"),
            Readout("loss", "L, certified optimum", ".5f"),
            Readout("gap", "gap", ".0e"),
        ),
    )
