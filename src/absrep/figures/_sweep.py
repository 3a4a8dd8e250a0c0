"""One quantity along one parameter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter
from numpy.typing import ArrayLike

from .._validation import as_array
from ._style import NEUTRAL, OPTIMUM_MARK, SERIES_COLOURS, BookFigure, styled

__all__ = ["plot_sweep"]

Curves = Mapping[str, tuple[ArrayLike, ArrayLike]]


@styled
def plot_sweep(
    *,
    xlabel: str,
    ylabel: str,
    theory: Curves | None = None,
    simulated: Curves | None = None,
    optimum: Curves | None = None,
    boundaries: Mapping[str, float] | None = None,
    xscale: str = "linear",
    yscale: str = "linear",
) -> Figure:
    """Theory (lines), simulation (dots) and certified optimum (stars) along one parameter.

    What has the same name has the same colour.

    Parameters
    ----------
    xlabel, ylabel : str
        With units.
    theory : mapping of name to (x, y), optional
        Both of shape (n,).
    simulated : mapping of name to (x, values), optional
        Values of shape (replicas, n), drawn as mean and standard deviation over replicas.
    optimum : mapping of name to (x, y), optional
    boundaries : mapping of name to x, optional
        Dotted vertical lines, such as phase boundaries.
    xscale, yscale : str
        As in matplotlib: "linear", "log", "symlog".

    Returns
    -------
    matplotlib.figure.Figure
    """
    lines, dots, stars = theory or {}, simulated or {}, optimum or {}
    names = list(dict.fromkeys([*lines, *dots, *stars]))
    if len(names) > len(SERIES_COLOURS):
        raise ValueError(f"at most {len(SERIES_COLOURS)} names can be told apart, found {names}")
    colours = dict(zip(names, SERIES_COLOURS, strict=False))
    figure = BookFigure(figsize=(6.8, 3.8))
    ax = figure.subplots()
    for name, (x, y) in lines.items():
        ax.plot(as_array("theory", x, 1), as_array("theory", y, 1), color=colours[name])
    for name, (x, y) in dots.items():
        values = as_array("simulated", y, 2)
        mean, spread = values.mean(axis=0), values.std(axis=0)
        at = as_array("simulated", x, 1)
        ax.errorbar(at, mean, spread, fmt="o", markersize=5, color=colours[name], linewidth=1.5)
    for name, (x, y) in stars.items():
        at, height = as_array("optimum", x, 1), as_array("optimum", y, 1)
        ax.plot(at, height, color=colours[name], zorder=4, **OPTIMUM_MARK)
    for name, place in (boundaries or {}).items():
        ax.axvline(place, color=NEUTRAL, linestyle=":", linewidth=1.2)
        ax.annotate(
            name,
            (place, 0.5),
            xycoords=ax.get_xaxis_transform(),
            rotation=90,
            ha="right",
            va="center",
            fontsize=9,
            color=NEUTRAL,
        )
    ax.set(xlabel=xlabel, ylabel=ylabel, xscale=xscale, yscale=yscale)
    if xscale == "linear":
        drawn_at = [np.asarray(x) for curves in (lines, dots, stars) for x, _ in curves.values()]
        whole = all((x == np.round(x)).all() for x in drawn_at)  # counts have no halves
        ax.xaxis.set_major_locator(MaxNLocator(nbins=7, integer=whole))
    for axis, (low, high) in ((ax.xaxis, ax.get_xlim()), (ax.yaxis, ax.get_ylim())):
        # Matplotlib writes 2 × 10⁰, 3 × 10⁰, … over each other where a log axis is short.
        if axis.get_scale() == "log" and high < 100 * low:
            axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            axis.set_major_formatter("{x:g}")
            axis.set_minor_formatter(NullFormatter())
    # A single name says no more than the vertical axis does.
    named = names if len(names) > 1 else []
    handles = [Line2D([], [], color=colours[name], label=name, linewidth=5) for name in named]
    kinds: dict[str, tuple[Curves, dict[str, Any]]] = {
        "theory": (lines, {}),
        "simulated": (dots, {"marker": "o", "linestyle": ""}),
        "certified optimum": (stars, OPTIMUM_MARK),
    }
    for label, (drawn, look) in kinds.items():
        if drawn:
            handles.append(Line2D([], [], color=NEUTRAL, label=label, **look))
    figure.legend(handles=handles, loc="outside right center")
    return figure
