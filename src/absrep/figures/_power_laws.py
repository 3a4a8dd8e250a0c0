"""Power laws: their points, their exponents, and maps of what was measured over two parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import ArrayLike

from .._validation import as_array, as_names
from ._style import NEUTRAL, OPTIMUM_MARK, SERIES_COLOURS, BookFigure, styled

if TYPE_CHECKING:
    from ..canonical import PowerLaw

__all__ = ["plot_exponent_plane", "plot_intervals", "plot_map", "plot_power_laws"]

# Relations of a kind have a colour in common; on the side above the map they are solid.
_KINDS = ("#882255", "#0072B2", "#009E73")

Intervals = Mapping[str, tuple[ArrayLike, ArrayLike, ArrayLike]]


@styled
def plot_map(
    maps: Mapping[str, ArrayLike],
    rows: Sequence[str],
    columns: Sequence[str],
    *,
    xlabel: str,
    ylabel: str,
    value: str,
    limits: tuple[float, float] = (0.0, 1.0),
    n_columns: int = 3,
) -> Figure:
    """Heat maps over two parameters at equal distances, with their numbers.

    Parameters
    ----------
    maps : mapping of title to array, shape (R, C)
        One panel each; NaN where nothing was measured, shown as a dash.
    rows, columns : sequence of str
        Values of the parameters, R and C of them; the first row is at the bottom.
    xlabel, ylabel : str
    value : str
        What the colour means.
    limits : (float, float), default (0, 1)
        Ends of the colour scale.
    n_columns : int, default 3
        Most panels in a row.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If shapes and names do not fit.
    """
    panels = {title: np.asarray(grid, dtype=float) for title, grid in maps.items()}
    for title, grid in panels.items():
        if grid.ndim != 2:
            raise ValueError(f"maps must have 2 axes, found shape {grid.shape} for {title!r}")
        down = as_names("rows", rows, len(grid))
        across = as_names("columns", columns, grid.shape[1])
    n_columns = min(n_columns, len(panels))
    n_rows = -(-len(panels) // n_columns)
    size = (1.3 + 0.55 * len(columns) * n_columns, 0.9 + (0.5 + 0.36 * len(rows)) * n_rows)
    figure = BookFigure(figsize=size)
    axes = figure.subplots(n_rows, n_columns, squeeze=False, sharex=True, sharey=True)
    for ax in axes.ravel()[len(panels) :]:
        ax.set_axis_off()
    low, high = limits
    for ax, (title, grid) in zip(axes.ravel(), panels.items(), strict=False):
        image = ax.imshow(grid, vmin=low, vmax=high, aspect="auto", origin="lower")
        for (row, column), number in np.ndenumerate(grid):
            text = f"{number:.2f}".replace("-", "−") if np.isfinite(number) else "–"
            dark = np.isfinite(number) and number < (low + high) / 2
            colour = "white" if dark else "black"
            ax.text(column, row, text, ha="center", va="center", color=colour, fontsize=8)
        ax.set(title=title, xlabel=xlabel, ylabel=ylabel)
        ax.set_xticks(range(len(across)), across, fontsize=8)
        ax.set_yticks(range(len(down)), down, fontsize=8)
        ax.tick_params(length=0)
        ax.label_outer()
    figure.colorbar(image, ax=axes, shrink=0.7, label=value)
    return figure


@styled
def plot_intervals(
    panels: Mapping[str, Intervals],
    places: Sequence[str],
    *,
    xlabel: str,
    ylabel: str,
    marks: Mapping[str, float] | None = None,
    ylim: tuple[float, float] | None = None,
    yscale: str = "linear",
    n_columns: int = 3,
) -> Figure:
    """Numbers with their confidence intervals, side by side.

    Parameters
    ----------
    panels : mapping of title to mapping of name to (value, lower, upper)
        Each of shape (n,), NaN for none. The same name has the same colour in all panels. What
        has no finite interval is left out.
    places : sequence of str
        Names of the n places.
    xlabel, ylabel : str
    marks : mapping of name to height, optional
        Dotted lines, such as what theory expects.
    ylim : (float, float), optional
    yscale : str, default "linear"
        As in matplotlib: "linear", "log", "symlog".
    n_columns : int, default 3

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If shapes and names do not fit, or there are more names than colours.
    """
    names = list(dict.fromkeys(name for groups in panels.values() for name in groups))
    if len(names) > len(SERIES_COLOURS):
        raise ValueError(f"at most {len(SERIES_COLOURS)} names can be told apart, found {names}")
    where = as_names("places", places, len(places))
    n_columns = min(n_columns, len(panels))
    n_rows = -(-len(panels) // n_columns)
    figure = BookFigure(figsize=(max(6.4, 1.2 + 3.2 * n_columns), 1.1 + 2.6 * n_rows))
    axes = figure.subplots(n_rows, n_columns, squeeze=False, sharex=True, sharey=True)
    for ax in axes.ravel()[len(panels) :]:
        ax.set_axis_off()
    for ax, (title, groups) in zip(axes.ravel(), panels.items(), strict=False):
        for height in (marks or {}).values():
            ax.axhline(height, color=NEUTRAL, linestyle=":", linewidth=1.2)
        for name, numbers in groups.items():
            value, lower, upper = (np.asarray(part, dtype=float) for part in numbers)
            if not value.shape == lower.shape == upper.shape == (len(where),):
                raise ValueError(
                    f"panels must hold {len(where)} values per name, found {value.shape}"
                )
            known = np.isfinite([value, lower, upper]).all(0)
            k = names.index(name)
            at = np.arange(len(where)) + 0.6 * ((k + 0.5) / len(names) - 0.5)
            ax.errorbar(
                at[known],
                value[known],
                np.abs([value - lower, upper - value])[:, known],
                fmt="o",
                markersize=4,
                linewidth=1.5,
                color=SERIES_COLOURS[k],
            )
        ax.set_xticks(range(len(where)), where)
        ax.set(title=title, xlabel=xlabel, ylabel=ylabel, yscale=yscale)
        ax.set_xlim(-0.5, len(where) - 0.5)
        if ylim is not None:
            ax.set_ylim(*ylim)
        ax.label_outer()
    colours = dict(zip(names, SERIES_COLOURS, strict=False))
    handles = [Line2D([], [], color=c, marker="o", label=name) for name, c in colours.items()]
    if marks:
        what = ", ".join(marks)
        handles.append(Line2D([], [], color=NEUTRAL, linestyle=":", label=what))
    figure.legend(handles=handles, loc="outside lower center", ncols=min(len(handles), 4))
    return figure


@styled
def plot_exponent_plane(
    lines: Mapping[str, tuple[float, float, float]],
    points: Mapping[str, tuple[ArrayLike, ArrayLike]],
    *,
    xlabel: str,
    ylabel: str,
    stars: tuple[ArrayLike, ArrayLike] | None = None,
    limits: tuple[float, float] = (-1.4, 2.4),
) -> Figure:
    r"""The plane of two exponents: lines where relations hold, stars where two cross, and dots.

    Parameters
    ----------
    lines : mapping of name to (α, β, γ)
        Drawn where :math:`\alpha x+\beta y+\gamma=0`; the first three solid, the next three
        dashed, as in `absrep.canonical.Alignments` the relations above and below; others dotted.
    points : mapping of name to (x, y)
        Measured exponents, each of shape (n,).
    xlabel, ylabel : str
    stars : (x, y), optional
        Where lines cross.
    limits : (float, float)
        Of both axes.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If there are more names than colours, or x and y do not fit.
    """
    if len(points) > len(SERIES_COLOURS):
        raise ValueError(f"points must have at most {len(SERIES_COLOURS)} names")
    figure = BookFigure(figsize=(7.4, 4.6))
    ax = figure.subplots()
    middle = sum(limits) / 2
    for i, (name, (alpha, beta, constant)) in enumerate(lines.items()):
        nearest = -(alpha * middle + beta * middle + constant) / (alpha**2 + beta**2)
        ax.axline(
            (middle + nearest * alpha, middle + nearest * beta),
            slope=-alpha / beta if beta else np.inf,
            color=_KINDS[i % 3] if i < 6 else NEUTRAL,
            linestyle=("-", "--", ":")[min(i // 3, 2)],
            linewidth=1.3,
            label=name,
        )
    for (name, (x, y)), colour in zip(points.items(), SERIES_COLOURS, strict=False):
        at, height = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
        if at.shape != height.shape:
            raise ValueError(f"points must hold as many x as y, found {at.shape}, {height.shape}")
        ax.plot(at, height, "o", color=colour, markersize=5, label=name, alpha=0.8)
    if stars is not None:
        ax.plot(*stars, color=NEUTRAL, label="phases", **OPTIMUM_MARK)
    ax.set(xlabel=xlabel, ylabel=ylabel, xlim=limits, ylim=limits, aspect="equal")
    figure.legend(loc="outside right center")
    return figure


@styled
def plot_power_laws(laws: Mapping[str, PowerLaw], labels: Mapping[str, tuple[str, str]]) -> Figure:
    """Points of power laws, a dot for each direction of each network, with the fitted line.

    Each network is shifted to the mean of all, as the fit leaves it a factor of its own.

    Parameters
    ----------
    laws : mapping of title to PowerLaw
    labels : mapping of title to (str, str)
        What the axes show.

    Returns
    -------
    matplotlib.figure.Figure
    """
    n_columns = min(3, len(laws))
    n_rows = -(-len(laws) // n_columns)
    figure = BookFigure(figsize=(1 + 3.0 * n_columns, 0.4 + 2.8 * n_rows))
    axes = figure.subplots(n_rows, n_columns, squeeze=False)
    for ax in axes.ravel()[len(laws) :]:
        ax.set_axis_off()
    for ax, (title, law) in zip(axes.ravel(), laws.items(), strict=False):
        x, y = (
            as_array("laws", values, 1)
            - (np.bincount(law.replica, values) / np.bincount(law.replica))[law.replica]
            for values in (law.log_base, law.log_matrix)
        )
        ends = np.array([x.min(), x.max()])
        ax.plot(np.exp(x), np.exp(y), ".", color=SERIES_COLOURS[3], alpha=0.5, markersize=4)
        ax.plot(np.exp(ends), np.exp(law.exponent * ends), color=NEUTRAL)
        across, up = labels[title]
        exponent = f"{law.exponent:.2f}".replace("-", "−")
        ax.set(xscale="log", yscale="log", xlabel=across, ylabel=up)
        ax.set_title(f"{title}: exponent {exponent}, R² {law.r_squared:.2f}", fontsize=10)
    return figure
