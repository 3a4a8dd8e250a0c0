"""Alignments of many layers at a glance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from .._validation import as_array, as_names
from ._style import BookFigure, styled

__all__ = ["plot_alignments"]


@styled
def plot_alignments(
    values: Mapping[str, ArrayLike],
    verdicts: Mapping[str, ArrayLike],
    layers: Mapping[str, Sequence[str]],
    relations: Sequence[str],
    *,
    value: str,
    limits: tuple[float, float] = (0.0, 1.0),
) -> Figure:
    """A table of alignments, a block of rows per network, shaded on one scale.

    Bold in a frame where a relation holds, an arrow where it only rises.

    Parameters
    ----------
    values : mapping of network to array, shape (layers, relations)
    verdicts : mapping of network to int array, shape (layers, relations)
        2 it holds, 1 it only rises, 0 neither.
    layers : mapping of network to sequence of str
        Names of its layers.
    relations : sequence of str
    value : str
        What the colour means.
    limits : (float, float)
        Of the colours.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If the networks or the shapes differ.
    """
    if not values or not (list(values) == list(verdicts) == list(layers)):
        raise ValueError("values, verdicts and layers must be of the same networks, at least one")
    columns = as_names("relations", relations, len(relations))
    # Above each block a row for the name of the network.
    total = sum(len(names) + 1 for names in layers.values())
    figure = BookFigure(figsize=(7.4, 0.9 + 0.27 * total))
    ax = figure.subplots()
    ticks: dict[float, str] = {}
    top = 0
    for network, given in values.items():
        names = as_names("layers", layers[network], len(layers[network]))
        table, decided = (as_array("values", a, 2) for a in (given, verdicts[network]))
        shape = (len(names), len(columns))
        if table.shape != shape or decided.shape != shape:
            raise ValueError(
                f"values and verdicts must have shape {shape} for {network!r}, "
                f"found {table.shape} and {decided.shape}"
            )
        ax.text(-0.5, top, network, ha="left", va="center", weight="bold", fontsize=10)
        first = top + 1
        # Half of the scale: black digits stay readable on the darkest shade.
        ax.imshow(
            table, cmap="Blues", vmin=limits[0], vmax=2 * limits[1] - limits[0], aspect="auto",
            extent=(-0.5, len(columns) - 0.5, first + len(names) - 0.5, first - 0.5),
        )  # fmt: skip
        for (row, column), number in np.ndenumerate(table):
            holds, rises = decided[row, column] == 2, decided[row, column] == 1
            text = f"{number:.2f}".replace("-", "−") + (" ↑" if rises else "")
            look: dict[str, Any] = {"weight": "bold"} if holds else {}
            if holds:
                look["bbox"] = {"boxstyle": "square,pad=0.15", "facecolor": "white"}
            place = column, first + row
            ax.text(*place, text, ha="center", va="center", fontsize=9, **look)
        ticks |= {first + row: name for row, name in enumerate(names)}
        top = first + len(names)
    ax.set(xlim=(-0.5, len(columns) - 0.5), ylim=(total - 0.5, -0.5), xlabel=value, ylabel="layer")
    ax.set_xticks(range(len(columns)), columns)
    ax.set_yticks(list(ticks), list(ticks.values()))
    ax.tick_params(length=0, labelsize=9, labeltop=True, labelbottom=False)
    ax.xaxis.set_label_position("top")
    ax.spines[["left", "bottom"]].set_visible(False)
    return figure
