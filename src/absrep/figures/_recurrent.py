"""Recurrent networks: eigenvalues of their weights, and how their code moves over time."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Circle
from numpy.typing import ArrayLike

from .._validation import as_array, as_kernel, as_number
from ._style import NEUTRAL, SERIES_COLOURS, BookFigure, styled

__all__ = ["plot_eigenvalues", "plot_step_overlap"]


@styled
def plot_eigenvalues(
    eigenvalues: Mapping[str, ArrayLike], radii: Mapping[str, Mapping[str, float]]
) -> Figure:
    """Eigenvalues in the complex plane, one panel each, and circles where theory puts them.

    Parameters
    ----------
    eigenvalues : mapping of title to complex array, any shape
    radii : mapping of title to mapping of name to float
        Moduli that theory predicts, in the same panels.

    Returns
    -------
    matplotlib.figure.Figure
    """
    found = {title: np.asarray(values).ravel() for title, values in eigenvalues.items()}
    for values in found.values():
        as_array("eigenvalues", np.abs(values), 1)
    if set(radii) != set(found):
        raise ValueError(f"radii must name the panels {list(found)}, found {list(radii)}")
    circles = {
        title: {name: as_number("radii", r, at_least=0) for name, r in named.items()}
        for title, named in radii.items()
    }
    reach = 1.12 * max(
        1.0,
        *(float(np.abs(values).max()) for values in found.values()),
        *(r for named in circles.values() for r in named.values()),
    )
    figure = BookFigure(figsize=(3.1 * len(found) + 1.4, 3.4))
    axes = figure.subplots(1, len(found), squeeze=False, sharey=True)[0]
    colours: dict[str, str] = {}
    for ax, (title, values) in zip(axes, found.items(), strict=True):
        for name, radius in circles[title].items():
            colour = colours.setdefault(name, SERIES_COLOURS[1 + len(colours)])
            ax.add_patch(Circle((0, 0), radius, fill=False, color=colour, linewidth=2))
        ax.add_patch(Circle((0, 0), 1, fill=False, color=NEUTRAL, linewidth=1, linestyle=":"))
        ax.plot(values.real, values.imag, "o", color=SERIES_COLOURS[0], markersize=3.5, alpha=0.6)
        ax.set(title=title, xlabel="real part", aspect="equal")
        ax.set(xlim=(-reach, reach), ylim=(-reach, reach))
    axes[0].set_ylabel("imaginary part")
    handles = [
        axes[0].plot([], [], color=colour, label=f"theory, {name}")[0]
        for name, colour in colours.items()
    ]
    handles += axes[0].plot([], [], ":", color=NEUTRAL, linewidth=1, label="modulus 1")
    handles += axes[0].plot([], [], "o", color=SERIES_COLOURS[0], markersize=4, label="trained")
    figure.legend(handles=handles, loc="outside right center")
    return figure


@styled
def plot_step_overlap(overlaps: Mapping[str, ArrayLike]) -> Figure:
    """Cosines between the coding directions of a latent at two steps.

    Parameters
    ----------
    overlaps : mapping of title to array, shape (T, T)
        Symmetric, 1 on the diagonal.

    Returns
    -------
    matplotlib.figure.Figure
    """
    matrices = {title: as_kernel("overlaps", matrix) for title, matrix in overlaps.items()}
    figure = BookFigure(figsize=(3.0 * len(matrices) + 1.0, 3.2))
    axes = figure.subplots(1, len(matrices), squeeze=False)[0]
    for ax, (title, matrix) in zip(axes, matrices.items(), strict=True):
        image = ax.imshow(matrix, vmin=-1, vmax=1, cmap="coolwarm")
        steps = range(len(matrix))
        ax.set_xticks(steps, [str(t + 1) for t in steps])
        ax.set_yticks(steps, [str(t + 1) for t in steps])
        ax.set(title=title, xlabel="step")
    axes[0].set_ylabel("step")
    figure.colorbar(image, ax=list(axes), shrink=0.8, label="cosine")
    return figure
