"""Where training ends, over two parameters of its start; and simulations against a bound."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from .._validation import as_array, as_names
from ._style import NEUTRAL, SERIES_COLOURS, BookFigure, styled

__all__ = ["plot_bound", "plot_tables"]


@styled
def plot_tables(
    tables: Mapping[str, ArrayLike],
    rows: Sequence[str],
    columns: Sequence[str],
    *,
    xlabel: str,
    ylabel: str,
) -> Figure:
    """Tables of numbers between 0 and 1 side by side, each cell coloured and written out.

    Parameters
    ----------
    tables : mapping of title to array, shape (n_rows, n_columns)
        One colour scale, from 0 (dark) to 1 (light), for all.
    rows, columns : sequence of str
        Values of the two parameters; the first row is drawn at the bottom.
    xlabel, ylabel : str
        Names of the parameters along the columns and the rows.

    Returns
    -------
    matplotlib.figure.Figure
    """
    if not tables:
        raise ValueError("tables must not be empty")
    up, along = as_names("rows", rows, len(rows)), as_names("columns", columns, len(columns))
    figure = BookFigure(figsize=(0.6 + 3.1 * len(tables), 0.45 * len(up) + 1.4))
    grid = figure.subplots(1, len(tables), sharey=True, squeeze=False)[0]
    for ax, (title, table) in zip(grid, tables.items(), strict=True):
        values = as_array(f"tables[{title!r}]", table, 2)
        if values.shape != (len(up), len(along)):
            raise ValueError(
                f"tables[{title!r}] must have shape {(len(up), len(along))}, found {values.shape}"
            )
        ax.imshow(values, vmin=0, vmax=1, origin="lower", aspect="auto")
        for (row, column), value in np.ndenumerate(values):
            colour = "white" if value < 0.55 else "black"
            # No minus sign for what is rounded to nothing.
            text = f"{round(value, 2) + 0.0:.2f}"
            ax.text(column, row, text, ha="center", va="center", fontsize=9, color=colour)
        ax.set(title=title, xlabel=xlabel)
        ax.set_xticks(range(len(along)), along)
        ax.set_yticks(range(len(up)), up)
        ax.tick_params(length=0)
    grid[0].set_ylabel(ylabel)
    return figure


@styled
def plot_bound(
    points: Mapping[str, tuple[ArrayLike, ArrayLike]],
    bound: tuple[ArrayLike, ArrayLike],
    *,
    xlabel: str,
    ylabel: str,
    label: str,
) -> Figure:
    """Simulations (dots) and a theoretical bound (line), on logarithmic axes.

    Parameters
    ----------
    points : mapping of name to (x, y)
        Both of the same shape, positive; one colour for each name.
    bound : (x, y), each of shape (n,)
        No dot may lie above it.
    xlabel, ylabel : str
    label : str
        Name of the bound.

    Returns
    -------
    matplotlib.figure.Figure
    """
    if len(points) > len(SERIES_COLOURS):
        raise ValueError(f"points must be at most {len(SERIES_COLOURS)} series, found {points}")
    figure = BookFigure(figsize=(6.8, 4.0))
    ax = figure.subplots()
    for colour, (name, (x, y)) in zip(SERIES_COLOURS, points.items(), strict=False):
        across, high = (as_array(f"points[{name!r}]", np.ravel(v), 1) for v in (x, y))
        ax.plot(across, high, "o", markersize=3, alpha=0.5, color=colour, label=name)
    ax.plot(*(as_array("bound", v, 1) for v in bound), color=NEUTRAL, label=label)
    ax.set(xlabel=xlabel, ylabel=ylabel, xscale="log", yscale="log")
    legend = figure.legend(loc="outside right center")
    for handle in legend.legend_handles:
        if handle is not None:
            handle.set_alpha(1)
    return figure
