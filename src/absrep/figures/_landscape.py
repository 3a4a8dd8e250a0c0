"""The energy of a single neuron over a slice of its space, and losses against their bound."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.colors import TwoSlopeNorm
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import ArrayLike

from .._validation import as_array
from ._style import NEUTRAL, BookFigure, styled

__all__ = ["plot_excess", "plot_landscape"]


@styled
def plot_landscape(
    x: ArrayLike,
    y: ArrayLike,
    energies: Mapping[str, ArrayLike],
    *,
    xlabel: str,
    ylabel: str,
    label: str,
    neurons: Mapping[str, ArrayLike] | None = None,
    marks: ArrayLike | None = None,
) -> Figure:
    """Energy landscapes side by side: below zero purple, above zero orange, zero outlined.

    Parameters
    ----------
    x : array, shape (m,)
    y : array, shape (n,)
        Coordinates of the slice.
    energies : mapping of title to array, shape (n, m)
        One panel each, with a colour scale of its own that is white at zero.
    xlabel, ylabel, label : str
        Of the two coordinates and of the energy.
    neurons : mapping of title to array, shape (2, M), optional
        Where neurons are in the slice, as dots; those outside of it are left out.
    marks : array, shape (2, k), optional
        Predicted places, as circles in every panel.

    Returns
    -------
    matplotlib.figure.Figure
    """
    across, up = as_array("x", x, 1), as_array("y", y, 1)
    n_columns = 2 if len(energies) == 4 else min(len(energies), 3)
    n_rows = -(-len(energies) // n_columns)
    figure = BookFigure(figsize=(3.9 * n_columns, 0.4 + 4.3 * n_rows))
    axes = figure.subplots(n_rows, n_columns, squeeze=False).ravel()
    for ax in axes[len(energies) :]:
        ax.set_axis_off()
    for ax, (title, values) in zip(axes, energies.items(), strict=False):
        height = as_array("energies", values, 2)
        if height.shape != (len(up), len(across)):
            raise ValueError(
                f"energies must have shape {(len(up), len(across))}, as y and x, "
                f"found {height.shape}"
            )
        low, high = float(height.min()), float(height.max())
        reach = max(high, -low) or 1.0
        # Rounding on either side of zero must not get a colour scale of its own.
        bottom = low if low < -1e-3 * reach else -reach
        top = high if high > 1e-3 * reach else reach
        image = ax.pcolormesh(
            across, up, height, cmap="PuOr_r", norm=TwoSlopeNorm(0, bottom, top), rasterized=True
        )
        if bottom == low and top == high:
            ax.contour(across, up, height, levels=[0], colors=NEUTRAL, linewidths=1.5)
        bar = figure.colorbar(image, ax=ax, location="bottom", label=label, shrink=0.8)
        ends = [bottom if bottom == low else 0.0, top if top == high else 0.0]
        bar.ax.set_xlim(*ends)
        bar.set_ticks(sorted({*ends, 0.0}))
        bar.ax.set_xticklabels([f"{tick:.3g}" for tick in sorted({*ends, 0.0})])
        if marks is not None:
            places = as_array("marks", marks, 2)
            ax.plot(*places, "o", markersize=13, markerfacecolor="none", color=NEUTRAL)
        if neurons is not None:
            ax.plot(*as_array("neurons", neurons[title], 2), "o", color=NEUTRAL, markersize=4)
        ax.set(title=title, xlabel=xlabel, ylabel=ylabel, aspect="equal")
        ax.set(xlim=across[[0, -1]], ylim=up[[0, -1]])
    handles = [Line2D([], [], color=NEUTRAL, linewidth=1.5, label="energy zero")]
    if neurons is not None:
        look = {"marker": "o", "markersize": 4, "linestyle": ""}
        handles.append(Line2D([], [], color=NEUTRAL, label="neurons", **look))  # type: ignore[arg-type]
    if marks is not None:
        look = {"marker": "o", "markersize": 11, "markerfacecolor": "none", "linestyle": ""}
        handles.append(Line2D([], [], color=NEUTRAL, label="predicted", **look))  # type: ignore[arg-type]
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles))
    return figure


@styled
def plot_excess(groups: Mapping[str, ArrayLike], *, xlabel: str) -> Figure:
    """Histograms of positive numbers over many decades, one row per group.

    Parameters
    ----------
    groups : mapping of name to array, shape (n,)
        Above zero; on common logarithmic bins.
    xlabel : str

    Returns
    -------
    matplotlib.figure.Figure
    """
    values = {name: as_array("groups", group, 1) for name, group in groups.items()}
    together = np.concatenate(list(values.values()))
    if together.min() <= 0:
        raise ValueError(f"groups must hold numbers above zero, found {together.min():g}")
    low, high = np.floor(np.log10(together.min())), np.ceil(np.log10(together.max()))
    bins = np.logspace(low, max(high, low + 1), 4 * int(max(high - low, 1)) + 1)
    figure = BookFigure(figsize=(6.8, 0.8 + 1.1 * len(values)))
    axes = figure.subplots(len(values), 1, sharex=True, squeeze=False)[:, 0]
    for ax, (name, group) in zip(axes, values.items(), strict=True):
        ax.hist(group, bins, color=NEUTRAL, alpha=0.75)
        ax.set(xscale="log", ylabel="networks")
        ax.set_title(f"{name} ({len(group)})", loc="left", fontsize=10)
    for ax in axes:
        ax.set_xlabel(xlabel if ax is axes[-1] else " ", fontsize=11 if ax is axes[-1] else 1)
    return figure
