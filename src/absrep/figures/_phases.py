"""Phase diagrams: one quantity over two parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import matplotlib as mpl
import numpy as np
from matplotlib.colors import BoundaryNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter, ScalarFormatter
from numpy.typing import ArrayLike

from .._validation import Array, as_array, as_names
from ._style import BookFigure, styled

__all__ = ["plot_phases"]

Dots = tuple[ArrayLike, ArrayLike, ArrayLike]
Grid = tuple[ArrayLike, ArrayLike, ArrayLike]


@styled
def plot_phases(
    maps: Mapping[str, ArrayLike],
    x: ArrayLike,
    y: ArrayLike,
    *,
    xlabel: str,
    ylabel: str,
    value: str,
    levels: Sequence[float] | None = None,
    names: Sequence[str] = (),
    boundaries: Mapping[str, Grid] | None = None,
    simulated: Mapping[str, Dots] | None = None,
    scale: str = "log",
) -> Figure:
    """Heat maps side by side, with theory's phase boundaries as lines and simulations as dots.

    Parameters
    ----------
    maps : mapping of title to array, shape (len(y), len(x))
        One panel each, all on one colour scale.
    x, y : array, shape (n,)
        Parameters at the centres of the cells, ascending.
    xlabel, ylabel : str
    value : str
        What the colour means.
    levels : sequence of float, optional
        For a map with few values: these values, ascending, get a colour each, and so does what
        is nearest to them. Default: a continuous scale.
    names : sequence of str
        Names of the levels; default their numbers.
    boundaries : mapping of title to (x, y, phases), optional
        Number of the phase in theory, shape (len(y), len(x)), on a grid of its own, usually finer;
        a line is drawn where it changes.
    simulated : mapping of title to (x, y, value), optional
        Dots, each of shape (n,), coloured on the scale of the map.
    scale : str
        Of both axes, as in matplotlib: "linear", "log".

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If shapes disagree, the parameters or levels do not ascend, or a title is not among the
        maps.
    """
    xs, ys = _ascending("x", x), _ascending("y", y)
    panels = {title: as_array("maps", grid, 2) for title, grid in maps.items()}
    lines, dots = boundaries or {}, simulated or {}
    for title, grid in panels.items():
        if grid.shape != (len(ys), len(xs)):
            raise ValueError(
                f"maps must have shape {(len(ys), len(xs))}, found {grid.shape} for {title!r}"
            )
    for name, given in (("boundaries", lines), ("simulated", dots)):
        if unknown := set(given) - set(panels):
            raise ValueError(f"{name} must be for titles among the maps, found {sorted(unknown)}")
    cmap = mpl.colormaps["cividis"]
    stops = None if levels is None else _ascending("levels", levels)
    norm = _norm(list(panels.values()), stops)
    figure = BookFigure(figsize=(1.2 + 3.1 * len(panels), 3.5))
    axes = figure.subplots(1, len(panels), squeeze=False, sharey=True)[0]
    for ax, (title, grid) in zip(axes, panels.items(), strict=True):
        ax.set(xscale=scale, yscale=scale)
        image = ax.pcolormesh(_edges(xs, scale), _edges(ys, scale), grid, cmap=cmap, norm=norm)
        if title in lines:
            _draw_boundaries(ax, lines[title])
        if title in dots:
            at, height, found = (as_array("simulated", part, 1) for part in dots[title])
            ax.scatter(
                at, height, c=found, cmap=cmap, norm=norm, s=55, edgecolors="white", zorder=4
            )
        ax.set(title=title, xlabel=xlabel)
        if scale == "log":  # 0.5, 1, 2 instead of crowded powers of ten
            for line in (ax.xaxis, ax.yaxis):
                line.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
                line.set_major_formatter(ScalarFormatter())
                line.set_minor_formatter(NullFormatter())
    axes[0].set_ylabel(ylabel)
    bar = figure.colorbar(image, ax=axes, shrink=0.9)
    bar.set_label(value)
    if stops is not None:
        shown = as_names("names", names or [f"{s:.3g}" for s in stops], len(stops))
        bar.set_ticks(list(_middles(norm)), labels=list(shown))
        bar.ax.tick_params(length=0)
        bar.ax.minorticks_off()
    return figure


def _ascending(name: str, value: ArrayLike) -> Array:
    array = as_array(name, value, 1)
    if len(array) < 2 or (np.diff(array) <= 0).any():
        raise ValueError(f"{name} must be two or more numbers in ascending order, found {array}")
    return array


def _norm(grids: Sequence[Array], stops: Array | None) -> Normalize:
    """Colours on one scale for all panels; with levels, one colour from mid-way to mid-way."""
    if stops is None:
        low, high = min(g.min() for g in grids), max(g.max() for g in grids)
        return Normalize(float(low), float(high))
    between = [(low + high) / 2 for low, high in pairwise(stops)]
    everything = np.concatenate([g.ravel() for g in grids] + [stops])
    # Half a step beyond the outermost levels, and beyond everything on the map.
    first = min(2 * stops[0] - between[0], everything.min() - 1e-9)
    last = max(2 * stops[-1] - between[-1], everything.max() + 1e-9)
    return BoundaryNorm([first, *between, last], 256)


def _middles(norm: Normalize) -> list[float]:
    assert isinstance(norm, BoundaryNorm)
    return [float((low + high) / 2) for low, high in pairwise(norm.boundaries)]


def _edges(centres: Array, scale: str) -> Array:
    """Borders of the cells around their centres."""
    at = np.log(centres) if scale == "log" else centres
    between = (at[1:] + at[:-1]) / 2
    edges = np.concatenate([[2 * at[0] - between[0]], between, [2 * at[-1] - between[-1]]])
    return np.asarray(np.exp(edges) if scale == "log" else edges)


def _draw_boundaries(ax: mpl.axes.Axes, grid: Grid) -> None:
    x, y = (_ascending("boundaries", part) for part in grid[:2])
    phases = as_array("boundaries", grid[2], 2)
    if phases.shape != (len(y), len(x)):
        raise ValueError(f"boundaries must have shape {(len(y), len(x))}, found {phases.shape}")
    for phase in np.unique(phases):
        inside = (phases == phase).astype(np.float64)
        if inside.min() < inside.max():
            ax.contour(x, y, inside, levels=[0.5], colors="white", linewidths=2.6)
            ax.contour(x, y, inside, levels=[0.5], colors="black", linewidths=1.3)
