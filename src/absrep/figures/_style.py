"""The visual language of the book, one for all its figures.

One colour per latent; theory is a line, simulation dots, a certified optimum a star; black is for
what belongs to no latent. The colours are those of Okabe and Ito, which colour-blind readers can
tell apart.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from io import BytesIO
from typing import Any, ParamSpec

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from PIL import Image

LATENT_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#882255", "#999933", "#44AA99")
# For measures and other things that are no latents.
SERIES_COLOURS = ("#000000", "#CC79A7", "#E69F00", "#56B4E9", "#009E73", "#882255")
NEUTRAL = "#333333"
# How a certified optimum is marked, whatever its colour; hollow, so that dots under it show.
OPTIMUM_MARK: dict[str, Any] = {
    "marker": "*",
    "markersize": 14,
    "markerfacecolor": "none",
    "linestyle": "",
}
_STYLE: dict[str, Any] = {
    "figure.dpi": 110,
    "figure.autolayout": False,  # would take the place of the next line
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


class BookFigure(Figure):
    """A figure that a notebook shows when it is a cell's value.

    It is no part of pyplot: nothing global is touched, and no figure stays open.
    """

    def _repr_png_(self) -> bytes:
        drawn, picture = BytesIO(), BytesIO()
        self.savefig(drawn, format="png", bbox_inches="tight")
        # With a palette pages are three times lighter. Areas keep their colours; what is rounded
        # are the edges of letters and dots.
        with Image.open(drawn) as image:
            palette = image.convert("RGB").quantize(256, kmeans=1, dither=Image.Dither.NONE)
        palette.save(picture, format="png", optimize=True)
        return picture.getvalue()


def styled(plot: Callable[_P, Figure]) -> Callable[_P, Figure]:
    """Draw in the book's style without touching the reader's own matplotlib settings."""

    @wraps(plot)
    def drawn(*args: _P.args, **kwargs: _P.kwargs) -> Figure:
        with mpl.rc_context(_STYLE):  # type: ignore[arg-type]
            return plot(*args, **kwargs)

    return drawn


def latent_legend(figure: Figure, names: Sequence[str], **line: Any) -> None:
    """Name the latents' colours below the figure."""
    handles = [
        Line2D([], [], color=colour, label=name, **line)
        for name, colour in zip(names, LATENT_COLOURS, strict=False)
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles))
