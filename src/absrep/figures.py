"""Every static figure of the book (needs matplotlib).

One visual language throughout: one colour per latent, theory as a line, simulation as dots, black
for what belongs to no latent. The colours are those of Okabe and Ito, which colour-blind readers
can tell apart.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from io import BytesIO
from typing import TYPE_CHECKING, Any, ParamSpec

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import ArrayLike

from ._validation import Array, as_array, as_kernel, as_labels, as_names
from .geometry import AbstractionScores, condition_means

if TYPE_CHECKING:  # drawing does not need torch
    from .nets import Training

__all__ = [
    "LATENT_COLOURS",
    "plot_geometries",
    "plot_images",
    "plot_kernels",
    "plot_scores",
    "plot_sweep",
    "plot_training",
]

LATENT_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#882255", "#999933", "#44AA99")
# For measures and other things that are no latents.
_SERIES_COLOURS = ("#000000", "#CC79A7", "#E69F00", "#56B4E9")
_NEUTRAL = "#333333"
_STYLE: dict[str, Any] = {
    "figure.dpi": 110,
    "figure.constrained_layout.use": True,
    "font.size": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 11,
    "legend.frameon": False,
    "lines.linewidth": 2,
    "image.cmap": "cividis",
}
_P = ParamSpec("_P")


class _Figure(Figure):
    """A figure that a notebook shows when it is a cell's value.

    It is no part of pyplot: nothing global is touched, and no figure stays open.
    """

    def _repr_png_(self) -> bytes:
        picture = BytesIO()
        self.savefig(picture, format="png", bbox_inches="tight")
        return picture.getvalue()


def _styled(plot: Callable[_P, Figure]) -> Callable[_P, Figure]:
    """Draw in the book's style without touching the reader's own matplotlib settings."""

    @wraps(plot)
    def drawn(*args: _P.args, **kwargs: _P.kwargs) -> Figure:
        with mpl.rc_context(_STYLE):  # type: ignore[arg-type]
            return plot(*args, **kwargs)

    return drawn


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


@_styled
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
    figure = _Figure(figsize=(4.2 * len(representations), 4.2))
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
        ax.scatter(*means.T, s=60, color=_NEUTRAL, depthshade=False)
        for mean, text in zip(means, conditions or [""] * len(means), strict=True):
            ax.text(*mean[:2], mean[2] + 0.17 * reach, text, ha="center", va="bottom", zorder=9)
        xlabel, ylabel, zlabel = (axis.format(*latents) for axis in axis_names)
        ax.set(title=title, xlabel=xlabel, ylabel=ylabel, zlabel=zlabel)
        ax.set(xlim=(-reach, reach), ylim=(-reach, reach), zlim=(-reach, reach))
        ax.set(xticklabels=[], yticklabels=[], zticklabels=[])
        ax.view_init(elev=24, azim=-77)
    _latent_legend(figure, [f"changes {name}" for name in latents], linewidth=3)
    return figure


def _latent_legend(figure: Figure, names: Sequence[str], **line: Any) -> None:
    """Name the latents' colours below the figure."""
    handles = [
        Line2D([], [], color=colour, label=name, **line)
        for name, colour in zip(names, LATENT_COLOURS, strict=False)
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles))


@_styled
def plot_sweep(
    x: ArrayLike,
    curves: Mapping[str, tuple[ArrayLike, ArrayLike]],
    *,
    xlabel: str,
    ylabel: str,
) -> Figure:
    """Theory (lines) against simulation (dots with bars) along one parameter.

    Parameters
    ----------
    x : array, shape (n,)
    curves : mapping of name to (theory, simulated)
        Theory of shape (n,); simulated of shape (replicas, n), drawn as the mean and the
        standard deviation over replicas.
    xlabel, ylabel : str
        With units.

    Returns
    -------
    matplotlib.figure.Figure
    """
    at = as_array("x", x, 1)
    figure = _Figure(figsize=(6.4, 3.8))
    ax = figure.subplots()
    for colour, (name, (theory, simulated)) in zip(_SERIES_COLOURS, curves.items(), strict=False):
        values = as_array("curves", simulated, 2)
        ax.plot(at, as_array("curves", theory, 1), color=colour, label=f"{name}, theory")
        mean, spread = values.mean(axis=0), values.std(axis=0)
        label = f"{name}, simulated"
        ax.errorbar(at, mean, spread, fmt="o", markersize=5, color=colour, label=label)
    ax.set(xlabel=xlabel, ylabel=ylabel)
    figure.legend(loc="outside right center")
    return figure


@_styled
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
    figure = _Figure(figsize=(10.2, 3.8))
    for ax, (measure, chance, values) in zip(figure.subplots(1, 3), panels, strict=True):
        for place, dots in enumerate(values):
            # An even spread in place of random jitter: the figure is the same every time.
            spread = np.linspace(-0.07, 0.07, len(dots)) if len(dots) > 1 else np.zeros(1)
            for latent, column in enumerate(dots.T):
                x = place + 0.26 * (latent - (dots.shape[1] - 1) / 2) + spread
                ax.plot(x, column, "o", color=LATENT_COLOURS[latent], markersize=5, alpha=0.75)
        ax.axhline(chance, color=_NEUTRAL, linestyle=":", linewidth=1, zorder=0)
        ax.set(ylabel=measure, xlim=(-0.5, len(groups) - 0.5))
        ax.set_xticks(range(len(groups)), [name.replace(", ", ",\n") for name in groups])
    _latent_legend(figure, names, marker="o", linestyle="")
    return figure


@_styled
def plot_training(
    run: Training, scores: ArrayLike, names: Sequence[str], *, floor: float
) -> Figure:
    """Loss and parallelism score over training, every replica, with the theoretical floor.

    Parameters
    ----------
    run : Training
        With T recorded steps of R replicas.
    scores : array, shape (T, R, d)
        Parallelism score of every latent.
    names : sequence of str
    floor : float
        Smallest possible loss.

    Returns
    -------
    matplotlib.figure.Figure
    """
    at, losses, ps = run.steps, run.loss, as_array("scores", scores, 3)
    figure = _Figure(figsize=(8.4, 3.6))
    left, right = figure.subplots(1, 2)
    left.plot(at, losses, ".", color="0.55", markersize=3)
    left.plot([], [], ".", color="0.55", label=f"{losses.shape[1]} networks")
    error = np.median(run.error, axis=1)
    left.plot(at, error, ".", color=_SERIES_COLOURS[2], markersize=4, label="error alone")
    left.axhline(floor, color=_NEUTRAL, label=f"theory, {floor:.4f}")
    left.set(xlabel="gradient steps", ylabel="loss (error + penalty)", yscale="log")
    left.set_ylim(bottom=floor / 300)
    left.legend()
    for latent in range(ps.shape[2]):
        colour = LATENT_COLOURS[latent]
        right.fill_between(
            at, ps[:, :, latent].min(1), ps[:, :, latent].max(1), color=colour, alpha=0.2
        )
        right.plot(at, np.median(ps[:, :, latent], axis=1), ".", color=colour, markersize=4)
    right.axhline(1, color=_NEUTRAL)
    right.set(xlabel="gradient steps", ylabel="parallelism score")
    for ax in (left, right):
        ax.set_xscale("symlog", linthresh=10)
        ax.set_xlim(left=0)
    _latent_legend(figure, names, marker=".", linestyle="")
    return figure


@_styled
def plot_kernels(kernels: Mapping[str, ArrayLike], stimuli: Sequence[str]) -> Figure:
    """Kernels as images, each with its own colour scale.

    Parameters
    ----------
    kernels : mapping of title to array, shape (P, P)
    stimuli : sequence of str
        Names of the P stimuli.

    Returns
    -------
    matplotlib.figure.Figure
    """
    matrices = {title: as_kernel("kernels", kernel) for title, kernel in kernels.items()}
    figure = _Figure(figsize=(3.4 * len(matrices), 3))
    axes = figure.subplots(1, len(matrices), squeeze=False)
    for ax, (title, kernel) in zip(axes[0], matrices.items(), strict=True):
        image = ax.imshow(kernel)
        figure.colorbar(image, ax=ax, shrink=0.8)
        ax.set(title=title, xlabel="stimulus")
        ax.set_xticks(range(len(kernel)), stimuli)
        ax.set_yticks(range(len(kernel)), stimuli)
    axes[0, 0].set_ylabel("stimulus")
    figure.suptitle("inner products of the features of two stimuli", fontsize=10)
    return figure


@_styled
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
    figure = _Figure(figsize=(1.2 * len(pictures), 1.6))
    axes = figure.subplots(1, len(pictures), squeeze=False)
    for ax, picture, caption in zip(axes[0], pictures, captions, strict=True):
        ax.imshow(picture, cmap="gray_r")
        ax.set_title(caption, fontsize=10, y=-0.4)
        ax.set_axis_off()
    return figure
