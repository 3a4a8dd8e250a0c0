"""Mazes seen from above."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike

from .._validation import Array, as_array, as_count
from ._style import LATENT_COLOURS, NEUTRAL, SERIES_COLOURS, BookFigure, styled

if TYPE_CHECKING:
    from ..mazes import Mazes

__all__ = ["plot_mazes"]

_PATH_COLOURS = (LATENT_COLOURS[0], LATENT_COLOURS[1], LATENT_COLOURS[2], SERIES_COLOURS[1])
_SHADES = "Oranges"


@styled
def plot_mazes(
    mazes: Mazes,
    titles: Sequence[str] | None = None,
    *,
    paths: Mapping[str, ArrayLike] | None = None,
    origin: ArrayLike | None = None,
    target: ArrayLike | None = None,
    edge_values: ArrayLike | None = None,
    cell_values: ArrayLike | None = None,
    limits: tuple[float, float] = (0.0, 1.0),
    value: str = "",
    columns: int = 6,
) -> Figure:
    """Mazes side by side, with paths and with values at the places of walls or in cells.

    Parameters
    ----------
    mazes : Mazes
        N of them; their walls are black lines.
    titles : sequence of str, optional
        One for each maze.
    paths : mapping of name to int array, shape (N, L), optional
        Cells of a path through each maze, −1 after its end; a colour for each name. Steps through
        walls are drawn as they are.
    origin, target : int array, shape (N,), optional
        Cells: a ring and a cross.
    edge_values : array, shape (N, 2n(n − 1)), optional
        A number for each pair of `lattice_edges`, such as the probability of a wall: a broad
        orange bar at the place of the wall, the darker the larger.
    cell_values : array, shape (N, n²), optional
        A number for each cell: its shade.
    limits : tuple of float, default 0, 1
        Values of white and of the darkest shade.
    value : str, optional
        What the values are; with it there is a colour bar.
    columns : int, default 6
        Most mazes in a row.

    Returns
    -------
    matplotlib.figure.Figure
    """
    n, size = len(mazes), mazes.size
    named = {name: _cells(f"paths {name!r}", path, mazes, 2) for name, path in _items(paths)}
    ends = {
        name: _cells(name, cells, mazes, 1)
        for name, cells in (("origin", origin), ("target", target))
        if cells is not None
    }
    edges = _values("edge_values", edge_values, (n, len(mazes.edges)))
    inside = _values("cell_values", cell_values, (n, mazes.n_cells))
    if titles is not None and (isinstance(titles, str) or len(titles) != n):
        raise ValueError(f"titles must be {n}, one for each maze, found {titles!r}")
    if not limits[0] < limits[1]:
        raise ValueError(f"limits must rise, found {limits}")
    scale = ScalarMappable(Normalize(*limits), _SHADES)
    across = min(n, as_count("columns", columns))
    down = -(-n // across)
    room = 0.3 if titles is not None else 0.1
    figure = BookFigure(figsize=(1.7 * across + 0.3, (1.6 + room) * down + 0.35))
    grid = figure.subplots(down, across, squeeze=False)
    for axes in grid.flat:
        axes.set_axis_off()
    for i, axes in enumerate(grid.flat[:n]):
        if inside is not None:
            shades = scale.to_rgba(inside[i])
            for cell, shade in enumerate(shades):
                corner = (cell % size - 0.5, cell // size - 0.5)
                axes.add_patch(Rectangle(corner, 1, 1, facecolor=shade, linewidth=0))
        strokes = _strokes(mazes.edges.astype(float), size)
        if edges is not None:
            shades = scale.to_rgba(edges[i])
            # Shorter than the wall, so that bars do not meet in the corners of cells.
            middle = strokes.mean(axis=1, keepdims=True)
            short = middle + 0.75 * (strokes - middle)
            axes.add_collection(LineCollection(list(short), colors=shades, linewidths=9))
        _draw_walls(axes, strokes[~mazes.passages[i]], size)
        if titles is not None:
            axes.set_title(titles[i], fontsize=10)
        _draw_ways(axes, {name: path[i] for name, path in named.items()}, size)
        for name, mark in (("origin", "o"), ("target", "x")):
            if name in ends:
                x, y = ends[name][i] % size, ends[name][i] // size
                look = {"markersize": 8, "markerfacecolor": "none", "mew": 2, "linestyle": ""}
                axes.plot(x, y, mark, color=NEUTRAL, label=name, **look, zorder=5)
    handles, labels = grid[0, 0].get_legend_handles_labels()
    if handles:
        figure.legend(handles, labels, loc="outside lower center", ncols=len(handles))
    if value:
        figure.colorbar(scale, ax=grid, label=value, shrink=0.8, fraction=0.05)
    return figure


def _draw_walls(axes: Axes, walls: Array, size: int) -> None:
    """Walls between cells, and the wall around."""
    axes.add_collection(LineCollection(list(walls), colors=NEUTRAL, linewidths=2, zorder=3))
    frame = Rectangle((-0.5, -0.5), size, size, fill=False, edgecolor=NEUTRAL, linewidth=2)
    frame.set_zorder(3)
    axes.add_patch(frame)
    reach = (-0.6, size - 0.4)
    axes.set(xlim=reach, ylim=reach[::-1], aspect="equal")


def _draw_ways(axes: Axes, paths: Mapping[str, Array], size: int) -> None:
    """Paths, beside one another where there are several."""
    for k, (name, path) in enumerate(paths.items()):
        cells = path[path >= 0]
        aside = 0.14 * (k - (len(paths) - 1) / 2)
        colour = _PATH_COLOURS[k % len(_PATH_COLOURS)]
        x, y = cells % size + aside, cells // size + aside
        axes.plot(x, y, "-", color=colour, label=name, solid_joinstyle="round", zorder=4)


def _strokes(edges: Array, size: int) -> Array:
    """Where the wall between two cells stands: two points, shape (E, 2, 2)."""
    places = np.stack([edges % size, edges // size], axis=-1)
    middle, along = places.mean(axis=1), places[:, 1] - places[:, 0]
    half = along[:, ::-1] / 2  # at a right angle to the step from cell to cell
    strokes: Array = np.stack([middle - half, middle + half], axis=1)
    return strokes


def _items(paths: Mapping[str, ArrayLike] | None) -> list[tuple[str, ArrayLike]]:
    if paths is None:
        return []
    if not isinstance(paths, Mapping):
        raise TypeError(f"paths must be a mapping of names to paths, found {type(paths).__name__}")
    return list(paths.items())


def _cells(name: str, value: ArrayLike, mazes: Mazes, ndim: int) -> Array:
    cells = as_array(name, value, ndim)
    lowest = 0 if ndim == 1 else -1
    if len(cells) != len(mazes):
        raise ValueError(f"{name} must have {len(mazes)} rows, found {len(cells)}")
    if cells.min() < lowest or cells.max() >= mazes.n_cells or (cells != cells.round()).any():
        raise ValueError(f"{name} must be cells, {lowest} to {mazes.n_cells - 1}")
    return cells


def _values(name: str, value: ArrayLike | None, shape: tuple[int, int]) -> Array | None:
    if value is None:
        return None
    values = as_array(name, value, 2)
    if values.shape != shape:
        raise ValueError(f"{name} must have shape {shape}, found {values.shape}")
    return values
