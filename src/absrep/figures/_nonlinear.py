"""What activations do to single neurons and to parallelism."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import ArrayLike

from .._validation import as_array
from ._style import LATENT_COLOURS, NEUTRAL, SERIES_COLOURS, BookFigure, styled

__all__ = ["ExponentPanel", "plot_exponents", "plot_readout_plane", "plot_signals"]

Signals = Mapping[str, tuple[ArrayLike, ArrayLike, ArrayLike]]


@styled
def plot_signals(panels: Mapping[str, Signals]) -> Figure:
    """Strongest signal of a neuron per cost, ψ(c)/c, against the cost c.

    Parameters
    ----------
    panels : mapping of title to mapping of name to (costs, pairs, searched)
        Each of shape (n,): the costs, the best ratio among neurons that take two values (a line)
        and among all neurons (dots).

    Returns
    -------
    matplotlib.figure.Figure
        Vertical axes are logarithmic where the ratios differ much.
    """
    figure = BookFigure(figsize=(3.3 * len(panels), 4.2))
    axes = figure.subplots(1, len(panels), squeeze=False)
    for ax, (title, series) in zip(axes[0], panels.items(), strict=True):
        if len(series) > len(SERIES_COLOURS):
            raise ValueError(f"panels must hold at most {len(SERIES_COLOURS)} names, found {title}")
        for colour, (name, (costs, pairs, searched)) in zip(
            SERIES_COLOURS, series.items(), strict=False
        ):
            x = as_array("panels", costs, 1)
            ax.plot(x, as_array("panels", pairs, 1), color=colour, label=name)
            ax.plot(x, as_array("panels", searched, 1), "o", markersize=4, color=colour)
        drawn = np.concatenate([np.ravel(line.get_ydata()) for line in ax.lines])
        yscale = "log" if drawn.max() > 3 * drawn.min() else "linear"
        ax.set(title=title, xlabel="cost c of a neuron", xscale="log", yscale=yscale)
        ax.legend(fontsize=8, loc="upper center", bbox_to_anchor=(0.5, -0.2), ncols=2)
    axes[0, 0].set_ylabel("signal per cost, ψ(c)/c")
    return figure


@styled
def plot_readout_plane(weights: Mapping[str, ArrayLike]) -> Figure:
    """Output weights of hidden neurons, one dot per neuron.

    Parameters
    ----------
    weights : mapping of title to array, shape (M, 2)
        Weights to the first and to the second output.

    Returns
    -------
    matplotlib.figure.Figure
    """
    columns = min(len(weights), 4)
    rows = -(-len(weights) // columns)
    figure = BookFigure(figsize=(2.2 * columns, 2.4 * rows))
    axes = figure.subplots(rows, columns, squeeze=False)
    for ax in axes.ravel()[len(weights) :]:
        ax.axis("off")
    for i, (ax, (title, given)) in enumerate(zip(axes.ravel(), weights.items(), strict=False)):
        u = as_array("weights", given, 2)
        if u.shape[1] != 2:
            raise ValueError(f"weights must have 2 columns, found shape {u.shape}")
        largest = 1.15 * float(np.abs(u).max()) or 1.0
        ax.axhline(0, color=NEUTRAL, linewidth=0.6)
        ax.axvline(0, color=NEUTRAL, linewidth=0.6)
        ax.plot(u[:, 0], u[:, 1], "o", markersize=5, alpha=0.6, color=LATENT_COLOURS[0])
        ax.set(title=title, xlim=(-largest, largest), ylim=(-largest, largest), aspect="equal")
        ax.set_xlabel("weight to output 1" if i >= len(weights) - columns else " ")
        if i % columns == 0:
            ax.set_ylabel("weight to output 2")
    return figure


@dataclass(frozen=True, eq=False)
class ExponentPanel:
    """One panel of `plot_exponents`.

    Attributes
    ----------
    theory : (x, y), each of shape (n,)
        Parallelism of the symmetric optimum.
    trained : (x, values), values of shape (replicas, n)
    best : (x, y)
        Parallelism of the best optimum that was found.
    """

    theory: tuple[ArrayLike, ArrayLike]
    trained: tuple[ArrayLike, ArrayLike]
    best: tuple[ArrayLike, ArrayLike]


@styled
def plot_exponents(panels: Mapping[str, ExponentPanel]) -> Figure:
    """Parallelism score against the exponent p of ReLU^p.

    Parameters
    ----------
    panels : mapping of title to ExponentPanel

    Returns
    -------
    matplotlib.figure.Figure
    """
    columns = min(len(panels), 3)
    rows = -(-len(panels) // columns)
    figure = BookFigure(figsize=(2.9 * columns, 2.5 * rows))
    axes = figure.subplots(rows, columns, squeeze=False, sharey=True)
    for ax in axes.ravel()[len(panels) :]:
        ax.axis("off")
    for i, (ax, (title, panel)) in enumerate(zip(axes.ravel(), panels.items(), strict=False)):
        ax.axvline(1, color=NEUTRAL, linestyle=":", linewidth=1)
        ax.plot(*(as_array("theory", v, 1) for v in panel.theory), color=SERIES_COLOURS[0])
        at = as_array("trained", panel.trained[0], 1)
        values = as_array("trained", panel.trained[1], 2)
        for replica in values:
            ax.plot(at, replica, "o", markersize=4, alpha=0.5, color=LATENT_COLOURS[0])
        x, y = (as_array("best", v, 1) for v in panel.best)
        ax.plot(x, y, "D", markersize=7, markerfacecolor="none", color=LATENT_COLOURS[1])
        ax.set(
            title=title, ylim=(-0.05, 1.08), ylabel="parallelism score" if not i % columns else ""
        )
        ax.set_xlabel("exponent p")
    handles = [
        Line2D([], [], color=SERIES_COLOURS[0], label="theory: four neurons, turned"),
        Line2D([], [], marker="o", linestyle="", color=LATENT_COLOURS[0], label="trained"),
        Line2D(
            [],
            [],
            marker="D",
            linestyle="",
            markerfacecolor="none",
            color=LATENT_COLOURS[1],
            label="best found",
        ),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=3)
    return figure
