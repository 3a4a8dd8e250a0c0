"""Measures of many trained networks: every replica, their median, and half of them around it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import cycle
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import ArrayLike

from .._validation import Array, as_array
from ._style import NEUTRAL, SERIES_COLOURS, BookFigure, styled

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["plot_replicas"]

# Share of the distance between neighbouring places that the groups at one place take up.
_SPREAD = 0.5
# One after the other, so that several lines of theory can be told apart.
_DASHES: tuple[Literal["-", "--", ":"], ...] = ("-", "--", ":")


@styled
def plot_replicas(
    table: pd.DataFrame,
    x: str,
    measures: Mapping[str, str],
    *,
    xlabel: str,
    groups: str | None = None,
    panels: str | None = None,
    ylabel: str | None = None,
    theory: Mapping[str, tuple[ArrayLike, ArrayLike]] | None = None,
    ylim: tuple[float, float] | None = None,
    n_columns: int = 3,
) -> Figure:
    """Measures of trained networks against what was varied.

    A small dot is a network, a large one the median over networks, a bar holds the middle half of
    them. The values of `x` are drawn at equal distances, whatever they are; where they are
    numbers, thin lines join the medians. There is one line per group or, without groups, one per
    measure; one panel per value of `panels` or, without it but with groups, one per measure.

    Parameters
    ----------
    table : pandas.DataFrame
        One row per network.
    x : str
        The column that was varied.
    measures : mapping of str to str
        Columns to draw, and what to call them.
    xlabel : str
        With units.
    groups, panels : str, optional
        Columns of the table; in the order in which their values appear.
    ylabel : str, optional
        Needed where the panels do not each show one measure.
    theory : mapping of name to (x, y), optional
        Lines, in every panel; their x among those of the table.
    ylim : tuple of float, optional
        What lies outside is marked at the edge by a triangle.
    n_columns : int
        Most panels in a row.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If the table lacks a column, or there is no way to tell the measures apart.
    """
    wanted = [x, *measures, *(name for name in (groups, panels) if name)]
    if lacking := [name for name in wanted if name not in table.columns]:
        raise ValueError(f"table must have the columns {wanted}, found none called {lacking[0]!r}")
    if not len(table):
        raise ValueError("table must have a row")
    if not measures or (groups and panels and len(measures) > 1):
        raise ValueError("measures must be one, if groups and panels are both given")
    each_measure = bool(groups) and not panels
    if not each_measure and ylabel is None and len(measures) > 1:
        raise ValueError("ylabel must be given: a panel has several measures")
    places = list(dict.fromkeys(table[x]))
    if all(isinstance(place, (int, float, np.number)) for place in places):
        places.sort()
    lines = list(dict.fromkeys(table[groups])) if groups else list(measures.values())
    if len(lines) > len(SERIES_COLOURS):
        raise ValueError(f"at most {len(SERIES_COLOURS)} lines can be told apart, found {lines}")
    drawn = list(_panels(table, measures, groups, panels))

    n_columns = min(n_columns, len(drawn))
    n_rows = -(-len(drawn) // n_columns)
    figure = BookFigure(figsize=(max(6.4, 1.2 + 2.9 * n_columns), 0.9 + 2.7 * n_rows))
    axes = figure.subplots(n_rows, n_columns, squeeze=False, sharex=True, sharey=not each_measure)
    for ax in axes.ravel()[len(drawn) :]:
        ax.set_axis_off()
    for i, (ax, (title, curves)) in enumerate(zip(axes.ravel(), drawn, strict=False)):
        for (name, (at, y)), look in zip((theory or {}).items(), cycle(_DASHES)):
            where = [_place(places, value, name) for value in np.asarray(at).tolist()]
            ax.plot(where, as_array("theory", y, 1), color=NEUTRAL, linestyle=look, label=name)
        for k, (rows, column) in enumerate(curves):
            at = (k - (len(lines) - 1) / 2) * _SPREAD / len(lines)
            values = [np.asarray(rows[column][rows[x] == p], dtype=float) for p in places]
            _draw(ax, at, values, SERIES_COLOURS[k], joined=not isinstance(places[0], str))
        words = [f"{p:g}" if not isinstance(p, str) else p for p in places]
        crowded = max(map(len, words)) > 6 or sum(map(len, words)) > 30
        slanted = {"rotation": 40, "ha": "right"} if crowded else {}
        ax.set_xticks(range(len(places)), words, **slanted)
        ax.set_xlim(-0.5, len(places) - 0.5)
        ax.tick_params(labelbottom=i + n_columns >= len(drawn))
        if ylim is not None:
            ax.set_ylim(*ylim)
        if i + n_columns >= len(drawn):
            ax.set_xlabel(xlabel)
        if each_measure:
            ax.set_ylabel(title)
        else:
            ax.set_title(title)
    if not each_measure:
        for ax in axes[:, 0]:
            ax.set_ylabel(ylabel or next(iter(measures.values())))
    _beyond(axes.ravel(), ylim)
    width = 0 if isinstance(places[0], str) else 1
    handles = [
        Line2D([], [], color=colour, marker="o", linewidth=width, label=f"{name}")
        for name, colour in zip(lines, SERIES_COLOURS, strict=False)
        if len(lines) > 1
    ]
    if theory:
        handles += [
            Line2D([], [], color=NEUTRAL, linestyle=look, label=name)
            for name, look in zip(theory, cycle(_DASHES))
        ]
    if handles:
        figure.legend(handles=handles, loc="outside lower center", ncols=min(len(handles), 4))
    return figure


def _panels(
    table: pd.DataFrame, measures: Mapping[str, str], groups: str | None, panels: str | None
) -> Iterator[tuple[str, list[tuple[pd.DataFrame, str]]]]:
    """Title, and for each line the rows and the column it shows."""
    names = list(dict.fromkeys(table[groups])) if groups else []
    if groups and not panels:
        for column, label in measures.items():
            yield label, [(table[table[groups] == name], column) for name in names]
        return
    parts = {"": table}
    if panels:
        parts = {str(p): table[table[panels] == p] for p in dict.fromkeys(table[panels])}
    for title, rows in parts.items():
        if groups:
            (column,) = measures
            yield title, [(rows[rows[groups] == name], column) for name in names]
        else:
            yield title, [(rows, column) for column in measures]


def _place(places: list[Any], value: float | str, name: str) -> int:
    if value not in places:
        raise ValueError(f"theory must be at the table's {places}, found {value} in {name!r}")
    return places.index(value)


def _draw(ax: Axes, shift: float, values: list[Array], colour: str, joined: bool) -> None:
    """One line: all networks, their median, and the middle half."""
    found = [(i + shift, v[np.isfinite(v)]) for i, v in enumerate(values)]
    found = [(at, v) for at, v in found if len(v)]
    for at, v in found:
        ax.plot(np.full(len(v), at), v, ".", color=colour, alpha=0.45, markersize=4)
    if not found:
        return
    low, middle, high = np.array([np.quantile(v, [0.25, 0.5, 0.75]) for _, v in found]).T
    ax.errorbar(
        [at for at, _ in found],
        middle,
        [middle - low, high - middle],
        fmt="o-" if joined else "o",
        color=colour,
        markersize=5,
        linewidth=1,
        elinewidth=2,
    )


def _beyond(axes: Array, ylim: tuple[float, float] | None) -> None:
    """Triangles where a network lies outside what is drawn."""
    if ylim is None:
        return
    for ax in axes:
        for dots in [line for line in ax.lines if line.get_marker() == "."]:
            at, heights = (np.asarray(values) for values in dots.get_data())
            out = (heights < ylim[0], ylim[0], "v"), (heights > ylim[1], ylim[1], "^")
            for where, edge, mark in out:
                look = {"color": dots.get_color(), "markersize": 5, "clip_on": False}
                if where.any():  # an empty line has no extent, and would confuse the layout
                    ax.plot(at[where], np.full(where.sum(), edge), mark, **look)
