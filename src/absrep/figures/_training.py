"""Loss and scores over training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from .._validation import as_array
from ._style import LATENT_COLOURS, NEUTRAL, SERIES_COLOURS, BookFigure, latent_legend, styled

if TYPE_CHECKING:  # drawing does not need torch
    from ..nets import Training

__all__ = ["plot_training"]


@styled
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
    figure = BookFigure(figsize=(8.4, 3.6))
    left, right = figure.subplots(1, 2)
    left.plot(at, losses, ".", color="0.55", markersize=3)
    left.plot([], [], ".", color="0.55", label=f"{losses.shape[1]} networks")
    error = np.median(run.error, axis=1)
    left.plot(at, error, ".", color=SERIES_COLOURS[2], markersize=4, label="error alone")
    left.axhline(floor, color=NEUTRAL, label=f"theory, {floor:.4f}")
    left.set(xlabel="gradient steps", ylabel="loss (error + penalty)", yscale="log")
    left.set_ylim(bottom=floor / 300)
    left.legend(loc="upper right")
    for latent in range(ps.shape[2]):
        colour = LATENT_COLOURS[latent]
        right.fill_between(
            at, ps[:, :, latent].min(1), ps[:, :, latent].max(1), color=colour, alpha=0.2
        )
        right.plot(at, np.median(ps[:, :, latent], axis=1), ".", color=colour, markersize=4)
    right.axhline(1, color=NEUTRAL)
    right.set(xlabel="gradient steps", ylabel="parallelism score")
    for ax in (left, right):
        ax.set_xscale("symlog", linthresh=10)
        ax.set_xlim(left=0)
    latent_legend(figure, names, marker=".", linestyle="")
    return figure
