"""Read-out weights as images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from .._validation import as_array, as_names
from ._style import BookFigure, styled

__all__ = ["plot_readouts"]


@styled
def plot_readouts(weights: Mapping[str, ArrayLike], outputs: Sequence[str]) -> Figure:
    """Read-out weights as images: a row per output, a column per neuron.

    Neurons are sorted by the output that they write to most, then by that weight, from the most
    negative to the most positive.

    Parameters
    ----------
    weights : mapping of title to array, shape (N, d)
        One row per neuron as in a network's last weights, each network with its own colour scale,
        white at zero.
    outputs : sequence of str
        Names of the d outputs.

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure = BookFigure(figsize=(7.6, 0.7 + 1.4 * len(weights)))
    axes = figure.subplots(len(weights), 1, squeeze=False)[:, 0]
    for ax, (title, given) in zip(axes, weights.items(), strict=True):
        w = as_array("weights", given, 2)
        names = as_names("outputs", outputs, w.shape[1])
        favourite = np.abs(w).argmax(axis=1)
        order = np.lexsort([w[np.arange(len(w)), favourite], favourite])
        reach = np.abs(w).max(initial=0.0) or 1.0
        image = ax.imshow(
            w[order].T, cmap="PuOr_r", vmin=-reach, vmax=reach, aspect="auto",
            interpolation="nearest",
        )  # fmt: skip
        figure.colorbar(image, ax=ax, label="weight")
        ax.set(title=title, ylabel="output", xlabel="neuron (sorted by favourite output)")
        ax.set_yticks(range(len(names)), names)
    return figure
