"""One trial of evidence in the plane of two latents."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Rectangle
from numpy.typing import ArrayLike

from .._validation import as_array, as_count
from ._style import LATENT_COLOURS, NEUTRAL, SERIES_COLOURS, BookFigure, styled

__all__ = ["plot_trial"]


@styled
def plot_trial(
    evidence: ArrayLike,
    mean: ArrayLike,
    spread: ArrayLike,
    latents: ArrayLike,
    *,
    normals: ArrayLike,
    offsets: ArrayLike,
    half_widths: ArrayLike,
    steps: Sequence[int],
) -> Figure:
    """Samples, running mean and what is known after a few steps, a panel each.

    Parameters
    ----------
    evidence, mean : array, shape (T, 2)
        Samples of one trial, and their (weighted) running mean.
    spread : array, shape (T,)
        Standard deviation of the mean: circles of one and two of it are drawn.
    latents : array, shape (2,)
        The truth.
    normals : array, shape (K, 2)
    offsets : array, shape (K,)
        The boundaries.
    half_widths : array, shape (2,)
        Of the box that the latents come from.
    steps : sequence of int
        After which steps, from 1 to T.

    Returns
    -------
    matplotlib.figure.Figure
    """
    x, m = as_array("evidence", evidence, 2), as_array("mean", mean, 2)
    s, truth = as_array("spread", spread, 1), as_array("latents", latents, 1)
    c, b = as_array("normals", normals, 2), as_array("offsets", offsets, 1)
    h = as_array("half_widths", half_widths, 1)
    shown = [as_count("steps", t) for t in steps]
    if x.shape[1:] != (2,) or m.shape != x.shape or len(s) != len(x):
        raise ValueError(
            f"evidence, mean and spread must have shapes (T, 2), (T, 2) and (T,), found "
            f"{x.shape}, {m.shape}, {s.shape}"
        )
    if max(shown) > len(x):
        raise ValueError(f"steps must be at most {len(x)}, found {max(shown)}")
    reach = 1.5 * float(h.max())
    figure = BookFigure(figsize=(1.1 + 2.6 * len(shown), 3.4))
    axes = figure.subplots(1, len(shown), squeeze=False, sharex=True, sharey=True)[0]
    for ax, t in zip(axes, shown, strict=True):
        corner = (-h[0], -h[1])
        ax.add_patch(Rectangle(corner, *(2 * h), fill=False, edgecolor=NEUTRAL, linewidth=1.2))
        for i, (normal, offset) in enumerate(zip(c, b, strict=True)):
            colour = LATENT_COLOURS[i % len(LATENT_COLOURS)]
            along = np.array([-normal[1], normal[0]])
            ax.axline(offset * normal, offset * normal + along, color=colour, linewidth=1.2)
        ax.plot(*x[:t].T, "o", color=SERIES_COLOURS[3], markersize=3, label="samples")
        ax.plot(*m[:t].T, color=NEUTRAL, linewidth=1)
        for times in (1, 2):
            ring = Circle(tuple(m[t - 1]), times * s[t - 1], fill=False, color=NEUTRAL)
            ax.add_patch(ring).set_linestyle("--" if times == 2 else "-")
        ax.plot(*m[t - 1], "o", color=NEUTRAL, markersize=5, label="running mean")
        ax.plot(*truth, "x", color=SERIES_COLOURS[5], markersize=9, mew=2.5, label="truth")
        ax.set(
            title=f"after {t} step" + ("s" if t > 1 else ""),
            xlabel="latent 1",
            xlim=(-reach, reach),
            ylim=(-reach, reach),
            aspect="equal",
        )
    axes[0].set_ylabel("latent 2")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure
