"""What was found under the microscope, beside chance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from ._style import LATENT_COLOURS, NEUTRAL, BookFigure, styled

if TYPE_CHECKING:  # figures need neither pandas nor torch
    from ..microscope import Examination, Finding

__all__ = ["plot_examination"]

_CHANCE = "#C8C8C8"


@styled
def plot_examination(examination: Examination) -> Figure:
    """Every measure of a recording with its interval, over the range that chance gives it.

    Parameters
    ----------
    examination : Examination
        Scores are drawn on the left and dimensions on the right, on a logarithmic scale. What
        does not exist is written as such.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If none of its measures exists.
    """
    found = [f for f in examination.findings if np.isfinite(f.value)]
    if not found:
        raise ValueError("examination must hold a measure that exists, found none")
    missing = list(
        dict.fromkeys(f.measure for f in examination.findings if not np.isfinite(f.value))
    )
    panels = [p for p in ([f for f in found if f.small is s] for s in (False, True)) if p]
    colours = dict(zip(examination.data.names, LATENT_COLOURS, strict=False))
    height = 1.6 + 0.3 * max(map(len, panels))
    figure = BookFigure(figsize=(1.2 + 4.3 * len(panels), height))
    for ax, rows in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels, strict=True):
        _rows(ax, rows, colours)
        ax.set_ylim(max(map(len, panels)) - 0.4, -0.6)  # rows of one height in both
        if rows[0].small:
            ax.set(xscale="log", xlabel="number of dimensions")
            ax.set_xticks(_round_numbers(*ax.get_xlim()))
            ax.xaxis.set_major_formatter("{x:g}")
            ax.minorticks_off()
        else:
            ax.set(xlabel="score, or share of trials")
            ax.axvline(0, color=NEUTRAL, linewidth=0.6, zorder=0)
            ax.axvline(1, color=NEUTRAL, linewidth=0.6, zorder=0)
    names = {name: colours.get(name, NEUTRAL) for name in examination.data.names}
    names |= {"whole representation": NEUTRAL} if any(f.latent == "all" for f in found) else {}
    dot: dict[str, Any] = {"marker": "o", "linestyle": "-", "linewidth": 1.6}
    handles: list[Any] = [Line2D([], [], color=c, label=name, **dot) for name, c in names.items()]
    handles.append(Patch(color=_CHANCE, label="by chance, 95 %"))
    figure.legend(handles=handles, loc="outside lower center", ncols=min(4, len(handles)))
    if missing:
        figure.suptitle(f"Not measured: {', '.join(missing)}", fontsize=10, x=0.01, ha="left")
    return figure


def _rows(ax: Axes, rows: Sequence[Finding], colours: dict[str, str]) -> None:
    ax.use_sticky_edges = False  # a bar at the edge would seem to go on beyond it
    for row, finding in enumerate(rows):
        if finding.null is not None:
            low, high = finding.null_range
            ax.barh(row, high - low, left=low, height=0.62, color=_CHANCE, zorder=1)
        colour = colours.get(finding.latent, NEUTRAL)
        if np.isfinite(finding.interval).all():
            ax.plot(finding.interval, [row, row], color=colour, linewidth=1.6, zorder=2)
        ax.plot(finding.value, row, "o", color=colour, markersize=6, zorder=3)
    ax.set_yticks(range(len(rows)), [_once(rows, row) for row in range(len(rows))])
    ax.set_ylabel("measure")
    ax.tick_params(axis="y", length=0)


def _once(rows: Sequence[Finding], row: int) -> str:
    """Name of the measure, at the first of its rows only."""
    repeated = row > 0 and rows[row - 1].measure == rows[row].measure
    return "" if repeated else rows[row].measure.replace(", ", ",\n")


def _round_numbers(low: float, high: float) -> list[float]:
    steps = [k * 10.0**p for p in range(-1, 5) for k in (1, 2, 5)]
    return [step for step in steps if low <= step <= high]
