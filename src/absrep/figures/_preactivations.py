"""Preactivations as a matrix, and its columns as points: neurons in the space of stimuli."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike

from .._validation import Array, as_array, as_names
from ._style import LATENT_COLOURS, NEUTRAL, BookFigure, styled

__all__ = ["plot_neurons", "plot_preactivations"]


@styled
def plot_preactivations(matrices: Mapping[str, ArrayLike], stimuli: Sequence[str]) -> Figure:
    """Preactivation matrices as images: a row per stimulus, a column per neuron.

    Neurons that respond to the same stimuli stand side by side, the strongest of them first;
    silent ones come last.

    Parameters
    ----------
    matrices : mapping of title to array, shape (P, M)
        Each with a colour scale of its own, white at zero.
    stimuli : sequence of str

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure = BookFigure(figsize=(8.4, 1.0 + 1.5 * len(matrices)))
    axes = figure.subplots(len(matrices), 1, squeeze=False)[:, 0]
    for ax, (title, matrix) in zip(axes, matrices.items(), strict=True):
        h = as_array("matrices", matrix, 2)
        rows = as_names("stimuli", stimuli, len(h))
        # Weak responses are noise: they must not tear neurons of one kind apart.
        responds = h > 0.05 * np.abs(h).max(initial=0.0)
        h = h[:, np.lexsort([-np.linalg.norm(h, axis=0), *~responds[::-1]])]
        reach = np.abs(h).max(initial=0.0) or 1.0
        image = ax.imshow(
            h, cmap="PuOr_r", vmin=-reach, vmax=reach, aspect="auto", interpolation="nearest"
        )
        figure.colorbar(image, ax=ax, label="preactivation")
        ax.set(title=title, ylabel="stimulus", xlabel="neuron (sorted by response)")
        ax.set_yticks(range(len(h)), rows)
    return figure


def _principal_axes(stacked: Array) -> tuple[Array, list[str]]:
    """Three orthonormal axes (P, 3) through the origin that hold most of the columns."""
    vectors = np.linalg.svd(stacked, full_matrices=True)[0][:, :3]
    # A fixed sign, so that the drawing does not flip from machine to machine.
    largest = np.abs(vectors).argmax(axis=0)
    vectors = vectors * np.sign(vectors[largest, range(vectors.shape[1])])
    return vectors, [f"principal axis {k}" for k in (1, 2, 3)]


def _given_axes(axes: Mapping[str, ArrayLike], n_stimuli: int) -> tuple[Array, list[str]]:
    vectors = [as_array("axes", vector, 1) for vector in axes.values()]
    if len(vectors) != 3 or {len(vector) for vector in vectors} != {n_stimuli}:
        raise ValueError(f"axes must be three vectors of {n_stimuli} entries, one per stimulus")
    directions = np.stack(vectors, axis=1)
    directions = directions / np.linalg.norm(directions, axis=0)
    if np.abs(directions.T @ directions - np.eye(3)).max() > 1e-8:
        raise ValueError("axes must be orthogonal to each other")
    return directions, list(axes)


@styled
def plot_neurons(
    preactivations: Mapping[str, ArrayLike],
    *,
    directions: Mapping[str, ArrayLike] | None = None,
    axes: Mapping[str, ArrayLike] | None = None,
    masses: Mapping[str, ArrayLike] | None = None,
    view: tuple[float, float] = (20.0, -60.0),
) -> Figure:
    """Neurons as points in the space of stimuli, seen along three axes, with predicted rays.

    A neuron is the vector of its preactivations for all P stimuli. The origin is a silent
    neuron; it stays where it is, so directions are directions.

    Parameters
    ----------
    preactivations : mapping of title to array, shape (P, M)
        One panel each, one column per neuron.
    directions : mapping of name to array, shape (P,) or (P, k), optional
        Predicted directions, drawn as rays from the origin in one colour per name (that of the
        first latent for the first name, and so on). Only a vector's direction counts.
    axes : mapping of name to array, shape (P,), optional
        Three orthogonal vectors to look along. Default: the first three principal axes through
        the origin of all panels' neurons together.
    masses : mapping of title to array, shape (M,), optional
        How much each neuron stands for, drawn as the dots' area; default all alike.
    view : (float, float)
        Elevation and azimuth of the eye, in degrees.

    Returns
    -------
    matplotlib.figure.Figure
    """
    panels = {title: as_array("preactivations", h, 2) for title, h in preactivations.items()}
    stacked = np.concatenate(list(panels.values()), axis=1)
    p = len(stacked)
    if p < 3:
        raise ValueError(f"preactivations must have three rows (stimuli) or more, found {p}")
    basis, axis_names = _given_axes(axes, p) if axes else _principal_axes(stacked)
    rays: dict[str, Array] = {}
    for name, given in (directions or {}).items():
        vectors = as_array("directions", given, (1, 2)).reshape(len(given), -1)  # type: ignore[arg-type]
        if len(vectors) != p or not np.linalg.norm(vectors, axis=0).all():
            raise ValueError(f"directions must hold non-zero vectors of {p} entries, one of {name}")
        rays[name] = (vectors / np.linalg.norm(vectors, axis=0)).T @ basis
    figure = BookFigure(figsize=(4.6 * len(panels), 4.4))
    grid = figure.subplots(1, len(panels), subplot_kw={"projection": "3d"}, squeeze=False)
    for ax, (title, h) in zip(grid[0], panels.items(), strict=True):
        points = h.T @ basis
        reach = 1.1 * np.abs(points).max(initial=0.0) or 1.0
        length = np.linalg.norm(points, axis=1).max(initial=0.0) or 1.0
        for ends, colour in zip(rays.values(), LATENT_COLOURS, strict=False):
            for end in ends:
                ax.plot(*np.stack([0 * end, length * end]).T, color=colour, linewidth=1.5)
        sizes: Any = 22.0
        if masses is not None:
            mass = as_array("masses", masses[title], 1)
            sizes = 160 * mass / (mass.max(initial=0.0) or 1.0)
        ax.scatter(*points.T, s=sizes, color=NEUTRAL, alpha=0.6, linewidths=0, depthshade=False)
        ax.scatter(0, 0, 0, s=40, marker="+", color=NEUTRAL, linewidths=1)
        ax.set(title=title, xlim=(-reach, reach), ylim=(-reach, reach), zlim=(-reach, reach))
        ax.set(xlabel=axis_names[0], ylabel=axis_names[1], zlabel=axis_names[2])
        for axis in (ax.xaxis, ax.yaxis, ax.zaxis):
            axis.set_major_locator(MaxNLocator(5))
        ax.tick_params(labelsize=8, pad=0)
        ax.set_box_aspect(None, zoom=0.95)
        ax.view_init(elev=view[0], azim=view[1])
    handles = [
        Line2D([], [], color=NEUTRAL, marker="o", linestyle="", alpha=0.6, label="neurons"),
        *(
            Line2D([], [], color=colour, label=name)
            for name, colour in zip(rays, LATENT_COLOURS, strict=False)
        ),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles))
    return figure
