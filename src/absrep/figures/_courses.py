"""How several measures go over training, side by side."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike

from .._validation import as_array
from ._style import NEUTRAL, SERIES_COLOURS, BookFigure, styled

__all__ = ["plot_courses"]


@styled
def plot_courses(
    panels: Mapping[str, Mapping[str, tuple[ArrayLike, ArrayLike]]],
    *,
    xlabel: str,
    ylabel: str,
    levels: Mapping[str, Mapping[str, float]] | None = None,
    marks: Mapping[str, float] | None = None,
    xscale: str = "linear",
    ylim: tuple[float, float] | None = None,
    n_columns: int = 2,
) -> Figure:
    """Measures of a few replicas over training: every replica thin, their mean thick.

    Parameters
    ----------
    panels : mapping of title to mapping of name to (x, values)
        x (T,), values (R, T). The same name has the same colour in all panels.
    xlabel, ylabel : str
        With units.
    levels : mapping of title to mapping of name to height, optional
        Horizontal lines in a panel, named at their left end.
    marks : mapping of name to x, optional
        Dotted vertical lines in every panel.
    xscale : str, default "linear"
        Or "symlog": linear up to the first step after 0, and logarithmic from there.
    ylim : (float, float), optional
    n_columns : int, default 2
        Most panels in a row.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If shapes do not fit, or there are more names than colours.
    """
    names = list(dict.fromkeys(name for courses in panels.values() for name in courses))
    if not names or len(names) > len(SERIES_COLOURS):
        raise ValueError(f"panels must have 1 to {len(SERIES_COLOURS)} names, found {names}")
    colours = dict(zip(names, SERIES_COLOURS, strict=False))
    n_columns = min(n_columns, len(panels))
    n_rows = -(-len(panels) // n_columns)
    figure = BookFigure(figsize=(max(6.4, 1.2 + 3.4 * n_columns), 0.9 + 2.8 * n_rows))
    axes = figure.subplots(n_rows, n_columns, squeeze=False, sharex=True, sharey=True)
    for ax in axes.ravel()[len(panels) :]:
        ax.set_axis_off()
    for ax, (title, courses) in zip(axes.ravel(), panels.items(), strict=False):
        first = np.inf
        for name, (x, y) in courses.items():
            at, values = as_array("panels", x, 1), as_array("panels", y, 2)
            if values.shape[1] != len(at):
                raise ValueError(
                    f"panels must hold values of {len(at)} columns, found {values.shape}"
                )
            ax.plot(at, values.T, color=colours[name], linewidth=0.8, alpha=0.5)
            ax.plot(at, values.mean(axis=0), color=colours[name])
            first = min([first, *at[at > 0]])
        for name, height in (levels or {}).get(title, {}).items():
            ax.axhline(height, color=NEUTRAL, linestyle="--", linewidth=1)
            where = {"xycoords": ax.get_yaxis_transform(), "ha": "left", "va": "bottom"}
            ax.annotate(name, (0.02, height), fontsize=8, color=NEUTRAL, **where)
        for place in (marks or {}).values():
            ax.axvline(place, color=NEUTRAL, linestyle=":", linewidth=1.2)
        if xscale == "symlog":
            ax.set_xscale(xscale, linthresh=first, linscale=0.4)
            ends = np.log10(2 * first), np.log10(max(np.max(x) for x, _ in courses.values()))
            decades = 10.0 ** np.arange(np.ceil(ends[0]), np.floor(ends[1]) + 1)
            ax.set_xticks([0, first, *decades], [f"{at:,g}" for at in (0, first, *decades)])
        else:
            ax.set_xscale(xscale)
            ax.xaxis.set_major_locator(MaxNLocator(nbins=4))
        ax.set(title=title, xlabel=xlabel, ylabel=ylabel)
        if ylim is not None:
            ax.set_ylim(*ylim)
        ax.label_outer()
    handles = [Line2D([], [], color=colours[name], label=name) for name in names]
    if marks:
        handles.append(Line2D([], [], color=NEUTRAL, linestyle=":", label=", ".join(marks)))
    figure.legend(handles=handles, loc="outside lower center", ncols=min(len(handles), 4))
    return figure
