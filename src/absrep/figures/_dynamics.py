"""Simulations against a theoretical bound."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from .._validation import as_array
from ._style import NEUTRAL, SERIES_COLOURS, BookFigure, styled

__all__ = ["plot_bound"]


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
        raise ValueError(
            f"points must be at most {len(SERIES_COLOURS)} series, found {len(points)}"
        )
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
