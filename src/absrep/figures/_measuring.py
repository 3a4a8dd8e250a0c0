"""Measures compared: a table of them, their distributions, and all dichotomies at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import ArrayLike

from .._validation import as_array, as_names
from ._style import NEUTRAL, SERIES_COLOURS, BookFigure, styled

__all__ = ["plot_dichotomies", "plot_distributions", "plot_table"]

Measured = Mapping[str, Mapping[str, ArrayLike]]


@styled
def plot_table(values: ArrayLike, rows: Sequence[str], columns: Sequence[str]) -> Figure:
    """Numbers in a table, each column shaded from its smallest (light) to its largest (dark).

    Parameters
    ----------
    values : array, shape (R, C)
    rows, columns : sequence of str
        Names, R and C of them.

    Returns
    -------
    matplotlib.figure.Figure
    """
    table = as_array("values", values, 2)
    down, across = as_names("rows", rows, len(table)), as_names("columns", columns, table.shape[1])
    low, span = table.min(axis=0), np.ptp(table, axis=0)
    shade = (table - low) / np.where(span > 0, span, 1.0)
    figure = BookFigure(figsize=(1.6 + 1.05 * len(across), 0.9 + 0.42 * len(down)))
    ax = figure.subplots()
    # Half of the scale: black digits stay readable on the darkest shade.
    ax.imshow(shade, cmap="Blues", vmin=0, vmax=2, aspect="auto")
    for (row, column), value in np.ndenumerate(table):
        ax.text(column, row, f"{value:.2f}".replace("-", "−"), ha="center", va="center")
    ax.set_xticks(range(len(across)), across)
    ax.set_yticks(range(len(down)), down)
    ax.tick_params(length=0, labeltop=True, labelbottom=False)
    ax.xaxis.set_label_position("top")
    ax.set(xlabel="measure", ylabel="representation")
    ax.spines[["left", "bottom"]].set_visible(False)
    return figure


@styled
def plot_distributions(
    panels: Measured, *, ylabel: str = "share of draws", bins: int = 30
) -> Figure:
    """Histograms of a few samples over each other, one panel for each measure.

    Parameters
    ----------
    panels : mapping of x-axis label to mapping of name to array, shape (n,)
        What has the same name has the same colour.
    ylabel : str
    bins : int
        Bins of each panel, common to its samples.

    Returns
    -------
    matplotlib.figure.Figure
    """
    names = list(dict.fromkeys(name for samples in panels.values() for name in samples))
    colours = _colours(names)
    figure = BookFigure(figsize=(4.2 * len(panels), 3.9))
    for ax, (label, samples) in zip(
        figure.subplots(1, len(panels), squeeze=False)[0], panels.items(), strict=True
    ):
        drawn = {name: as_array("panels", values, 1) for name, values in samples.items()}
        edges = np.histogram_bin_edges(np.concatenate(list(drawn.values())), bins)
        for name, values in drawn.items():
            weights = np.full(len(values), 1 / len(values))
            look: dict[str, Any] = {"color": colours[name], "linewidth": 2}
            ax.hist(values, edges, weights=weights, histtype="step", **look)
        ax.set(xlabel=label, ylabel=ylabel)
    handles = [Line2D([], [], color=colours[name], label=name) for name in names]
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles))
    return figure


@styled
def plot_dichotomies(simulated: Measured, theory: Measured, classes: Sequence[str]) -> Figure:
    """Measures of every dichotomy, grouped by class: dots simulated, a line for theory.

    Parameters
    ----------
    simulated, theory : mapping of measure to mapping of geometry to array, shape (D,)
        One panel for each measure, one colour for each geometry. Theory is drawn as its mean over
        the dichotomies of a class.
    classes : sequence of str
        Class of each dichotomy; drawn in the order of first appearance.

    Returns
    -------
    matplotlib.figure.Figure
    """
    order = list(dict.fromkeys(classes))
    member = np.array([order.index(name) for name in classes])
    geometries = list(dict.fromkeys(name for groups in simulated.values() for name in groups))
    colours = _colours(geometries)
    offsets = (np.arange(len(geometries)) - (len(geometries) - 1) / 2) * 0.8 / len(geometries)
    figure = BookFigure(figsize=(7.6, 0.7 + 2.1 * len(simulated)))
    axes = figure.subplots(len(simulated), 1, sharex=True, squeeze=False)[:, 0]
    for ax, (measure, groups) in zip(axes, simulated.items(), strict=True):
        for name, values in groups.items():
            dots = as_array("simulated", values, 1)
            lines = as_array("theory", theory[measure][name], 1)
            for k in range(len(order)):
                mine, centre = np.flatnonzero(member == k), k + offsets[geometries.index(name)]
                x = centre + (np.linspace(-0.08, 0.08, len(mine)) if len(mine) > 1 else np.zeros(1))
                ax.plot(x, dots[mine], "o", color=colours[name], markersize=4, alpha=0.7)
                edges = [centre - 0.12, centre + 0.12]
                ax.plot(edges, [lines[mine].mean()] * 2, color=colours[name])
        ax.set_ylabel(measure)
        ax.set_xlim(-0.5, len(order) - 0.5)
    axes[-1].set_xlabel("class of dichotomy (how many of the dichotomies belong to it)")
    axes[-1].set_xticks(
        range(len(order)), [f"{name}\n({np.sum(member == k)})" for k, name in enumerate(order)]
    )
    for ax in axes[:-1]:
        ax.set_xlabel(" ")
    handles = [Line2D([], [], color=colours[name], label=name, linewidth=5) for name in geometries]
    handles.append(Line2D([], [], color=NEUTRAL, label="theory"))
    handles.append(Line2D([], [], color=NEUTRAL, label="simulated", marker="o", linestyle=""))
    figure.legend(handles=handles, loc="outside upper center", ncols=len(handles))
    return figure


def _colours(names: Sequence[str]) -> dict[str, str]:
    if len(names) > len(SERIES_COLOURS):
        raise ValueError(
            f"at most {len(SERIES_COLOURS)} names can be told apart, found {list(names)}"
        )
    return dict(zip(names, SERIES_COLOURS, strict=False))
