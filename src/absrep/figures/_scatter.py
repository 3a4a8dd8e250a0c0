"""One dot per kernel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import ArrayLike

from .._validation import as_array
from ._style import NEUTRAL, OPTIMUM_MARK, SERIES_COLOURS, BookFigure, styled

__all__ = ["plot_scatter"]

Points = Mapping[str, tuple[ArrayLike, ArrayLike]]

_HIGHLIGHT = "#CC0000"


@styled
def plot_scatter(
    *,
    xlabel: str,
    ylabel: str,
    simulated: Points | None = None,
    optimum: Points | None = None,
    highlighted: Points | None = None,
    diagonal: bool = False,
    label: str = "trained network",
    n_columns: int | None = None,
) -> Figure:
    """Trained networks (dots) and certified optima (stars) against a measure, panel by panel.

    Parameters
    ----------
    xlabel, ylabel : str
        With units; the same for all panels.
    simulated : mapping of panel title to (x, y), optional
        Both of shape (n,), one dot each.
    optimum : mapping of panel title to (x, y), optional
        Drawn as stars beneath the dots of the panel with the same title.
    highlighted : mapping of name to (x, y), optional
        Large red dots in every panel, named in the legend.
    diagonal : bool
        Draw the line y = x.
    label : str, default "trained network"
        What the legend calls the dots of `simulated`.
    n_columns : int, optional
        Panels per row; all in one row by default.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If neither `simulated` nor `optimum` is given, x and y differ in length or
        `n_columns` is below 1.
    """
    dots, stars, special = simulated or {}, optimum or {}, highlighted or {}
    titles = list(dict.fromkeys([*dots, *stars]))
    if not titles:
        raise ValueError("simulated or optimum must be given")
    if n_columns is not None and n_columns < 1:
        raise ValueError(f"n_columns must be at least 1, found {n_columns}")
    n_columns = min(n_columns or len(titles), len(titles))
    n_rows = -(-len(titles) // n_columns)
    figure = BookFigure(figsize=(max(5.2, 0.9 + 3.4 * n_columns), 0.6 + 3.4 * n_rows))
    axes = figure.subplots(n_rows, n_columns, squeeze=False, sharex=True, sharey=True)
    star: dict[str, Any] = OPTIMUM_MARK | {
        "markersize": 6,
        "color": NEUTRAL,
        "markeredgewidth": 0.7,
    }
    dot: dict[str, Any] = {
        "marker": "o",
        "linestyle": "",
        "color": SERIES_COLOURS[3],
        "markeredgewidth": 0,
    }
    red: dict[str, Any] = {"marker": "o", "linestyle": "", "color": _HIGHLIGHT}
    for ax in axes.flat[len(titles) :]:
        ax.remove()
    for i, (ax, title) in enumerate(zip(axes.flat, titles, strict=False)):
        if diagonal:
            ax.axline((0, 0), slope=1, color=NEUTRAL, linestyle=":", linewidth=1.2, zorder=0)
        if title in stars:
            ax.plot(*_pair("optimum", stars[title]), **star, alpha=0.8)
        if title in dots:
            ax.plot(*_pair("simulated", dots[title]), **dot, markersize=3.5)
        for points in special.values():
            ax.plot(*_pair("highlighted", points), **red, markersize=8, zorder=5)
        ax.set_title(title)
        if i + n_columns >= len(titles):  # nothing below
            ax.set_xlabel(xlabel)
            ax.tick_params(labelbottom=True)
        if i % n_columns == 0:
            ax.set_ylabel(ylabel)
    handles = []
    if stars:
        handles.append(Line2D([], [], label="certified optimum", **star))
    if dots:
        handles.append(Line2D([], [], label=label, **dot))
    handles += [Line2D([], [], label=name, **red) for name in special]
    if diagonal:
        handles.append(Line2D([], [], color=NEUTRAL, linestyle=":", linewidth=1.2, label="equal"))
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles))
    return figure


def _pair(name: str, points: tuple[ArrayLike, ArrayLike]) -> tuple[ArrayLike, ArrayLike]:
    x, y = (as_array(name, values, 1) for values in points)
    if len(x) != len(y):
        raise ValueError(f"{name} must hold as many x as y, found {len(x)} and {len(y)}")
    return x, y
