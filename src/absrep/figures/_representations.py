"""Representations in space, as images, and their scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from .._validation import Array, as_array, as_labels, as_names
from ..geometry import AbstractionScores, condition_means
from ._style import LATENT_COLOURS, NEUTRAL, BookFigure, latent_legend, styled

__all__ = ["plot_geometries", "plot_images", "plot_scores"]


def _in_three_dimensions(features: Array, labels: Array) -> tuple[Array, list[str]]:
    """Coordinates along the mean coding directions of the latents, made orthogonal in turn.

    With two latents the third axis is their interaction, the direction in which a tetrahedron
    departs from a parallelogram. Unlike principal components the view does not turn at random.
    """
    means, present = condition_means(features - features.mean(axis=0), labels)
    shown = [*range(min(3, present.shape[1]))]
    effects = [present[:, a] for a in shown]
    axes = [f"{{{a}}}" for a in shown]
    if len(shown) == 2:
        effects.append(effects[0] * effects[1])
        axes.append("{0} × {1}")
    directions = means.T @ np.stack(effects, axis=1)
    basis, triangle = np.linalg.qr(np.pad(directions, ((0, max(0, 3 - len(directions))), (0, 0))))
    size = np.diagonal(triangle)
    # A direction without extent (a square has no interaction) is rounding noise: drop it.
    kept = np.where(np.abs(size) > 1e-9 * np.abs(size).max(), np.sign(size), 0.0)
    centred = features - means.mean(axis=0) - features.mean(axis=0)
    centred = np.pad(centred, ((0, 0), (0, len(basis) - centred.shape[1])))
    return np.pad(centred @ basis * kept, ((0, 0), (0, 3 - len(kept)))), axes


@styled
def plot_geometries(
    representations: Mapping[str, ArrayLike],
    labels: ArrayLike,
    names: Sequence[str],
    *,
    conditions: Sequence[str] | None = None,
) -> Figure:
    """Representations side by side in 3-D, coding directions of each latent in its colour.

    Parameters
    ----------
    representations : mapping of title to array, shape (n, N)
        One row per stimulus or trial, drawn along the mean coding directions of the latents
        (made orthogonal one after the other; with two latents, their interaction is the third
        axis). With several rows per condition the rows are small dots, the means large ones.
    labels : array, shape (n, d), −1 or +1
    names : sequence of str
        Names of the latents.
    conditions : sequence of str, optional
        What to write beside each condition, in the order of the sorted label vectors (the first
        latent slowest, −1 first).

    Returns
    -------
    matplotlib.figure.Figure
    """
    y = as_labels("labels", labels)
    latents = as_names("names", names, y.shape[1])
    figure = BookFigure(figsize=(4.2 * len(representations), 4.2))
    axes = figure.subplots(1, len(representations), subplot_kw={"projection": "3d"}, squeeze=False)
    for ax, (title, features) in zip(axes[0], representations.items(), strict=True):
        points, axis_names = _in_three_dimensions(as_array("representations", features, 2), y)
        means, present = condition_means(points, y)
        reach = np.abs(means).max() * 1.2
        if len(points) > len(present):
            ax.scatter(*points.T, s=7, color="0.45", alpha=0.5, linewidths=0, depthshade=False)
        for i, j in zip(*np.triu_indices(len(present), k=1), strict=True):
            differ = np.flatnonzero(present[i] != present[j])
            if len(differ) == 1:
                colour = LATENT_COLOURS[differ[0]]
                ax.plot(*means[[i, j]].T, color=colour, linewidth=3)
        ax.scatter(*means.T, s=60, color=NEUTRAL, depthshade=False)
        for mean, text in zip(means, conditions or [""] * len(means), strict=True):
            ax.text(*mean[:2], mean[2] + 0.17 * reach, text, ha="center", va="bottom", zorder=9)
        xlabel, ylabel, zlabel = (axis.format(*latents) for axis in axis_names)
        ax.set(title=title, xlabel=xlabel, ylabel=ylabel, zlabel=zlabel)
        ax.set(xlim=(-reach, reach), ylim=(-reach, reach), zlim=(-reach, reach))
        ax.set(xticklabels=[], yticklabels=[], zticklabels=[])
        ax.view_init(elev=24, azim=-77)
    latent_legend(figure, [f"changes {name}" for name in latents], linewidth=3)
    return figure


@styled
def plot_scores(groups: Mapping[str, AbstractionScores], names: Sequence[str]) -> Figure:
    """Parallelism score, CCGP and decoding of every replica as dots, group by group.

    Parameters
    ----------
    groups : mapping of name to AbstractionScores
    names : sequence of str
        Names of the latents, one colour each.

    Returns
    -------
    matplotlib.figure.Figure
    """
    panels = (
        ("parallelism score", 0.0, [scores.parallelism for scores in groups.values()]),
        ("CCGP (fraction correct)", 0.5, [scores.ccgp for scores in groups.values()]),
        ("decoding (fraction correct)", 0.5, [scores.decoding for scores in groups.values()]),
    )
    figure = BookFigure(figsize=(10.2, 3.8))
    for ax, (measure, chance, values) in zip(figure.subplots(1, 3), panels, strict=True):
        for place, dots in enumerate(values):
            # An even spread in place of random jitter: the figure is the same every time.
            spread = np.linspace(-0.07, 0.07, len(dots)) if len(dots) > 1 else np.zeros(1)
            for latent, column in enumerate(dots.T):
                x = place + 0.26 * (latent - (dots.shape[1] - 1) / 2) + spread
                ax.plot(x, column, "o", color=LATENT_COLOURS[latent], markersize=5, alpha=0.75)
        ax.axhline(chance, color=NEUTRAL, linestyle=":", linewidth=1, zorder=0)
        ax.set(ylabel=measure, xlim=(-0.5, len(groups) - 0.5))
        ax.set_xticks(range(len(groups)), [name.replace(", ", ",\n") for name in groups])
    latent_legend(figure, names, marker="o", linestyle="")
    return figure


@styled
def plot_images(images: ArrayLike, captions: Sequence[str]) -> Figure:
    """A row of small grey-level images with a caption under each.

    Parameters
    ----------
    images : array, shape (n, height, width)
    captions : sequence of str

    Returns
    -------
    matplotlib.figure.Figure
    """
    pictures = as_array("images", images, 3)
    figure = BookFigure(figsize=(1.2 * len(pictures), 1.6))
    axes = figure.subplots(1, len(pictures), squeeze=False)
    for ax, picture, caption in zip(axes[0], pictures, captions, strict=True):
        ax.imshow(picture, cmap="gray_r")
        ax.set_title(caption, fontsize=10, y=-0.4)
        ax.set_axis_off()
    return figure
