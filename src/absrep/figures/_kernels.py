"""Kernels as images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from .._validation import as_kernel
from ._style import BookFigure, styled

__all__ = ["plot_kernels"]


@styled
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
    figure = BookFigure(figsize=(3.4 * len(matrices), 3))
    axes = figure.subplots(1, len(matrices), squeeze=False)
    for ax, (title, kernel) in zip(axes[0], matrices.items(), strict=True):
        image = ax.imshow(kernel)
        figure.colorbar(image, ax=ax, shrink=0.8)
        ax.set(title=title, xlabel="stimulus")
        # Upright names of many stimuli would run into each other.
        ax.set_xticks(range(len(kernel)), stimuli, rotation=90 if len(kernel) > 4 else 0)
        ax.set_yticks(range(len(kernel)), stimuli)
    axes[0, 0].set_ylabel("stimulus")
    figure.suptitle("inner products of the features of two stimuli", fontsize=10)
    return figure
