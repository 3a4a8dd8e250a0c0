"""What a view shows: marks on flat axes or in three dimensions, each naming an array to draw.

A mark is turned into numbers here, and into ink by `_svg` (Python) and `page.js` (the reader's
browser), which draw only three things: open lines, closed areas and glyphs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .._validation import Array
from ..figures import NEUTRAL, SERIES_COLOURS

# Width and height between the axes of a panel, in pixels.
PLOT = (270, 188)
# Relative SVG paths, drawn at each point.
DISC = "m-4,0a4,4 0 1 0 8,0a4,4 0 1 0-8,0z"
STAR = "m0-8l1.9,5.4 5.7,.1-4.6,3.5 1.7,5.5-4.7-3.3-4.7,3.3 1.7-5.5-4.6-3.5 5.7-.1z"


@dataclass(frozen=True)
class Mark:
    """One array of an explorer's result, and the ink it gets.

    Parameters
    ----------
    key : str
        Which of the arrays that the explorer computes.
    label : str, optional
        For the legend; marks without a label, or with one already there, are not listed.
    colour : str, optional
        One of the book's colours (`absrep.figures.LATENT_COLOURS`, …).
        The neutral colours become the page's text colour, so that they show in dark mode too.
    dashed, filled : bool, optional
        Dashed outline; inside filled.

    Examples
    --------
    >>> from absrep.figures import LATENT_COLOURS
    >>> from absrep.widgets import Line
    >>> Line("course").ink, Line("course", colour=LATENT_COLOURS[0]).ink
    ('currentColor', '#0072B2')
    """

    key: str
    label: str = ""
    colour: str = NEUTRAL
    dashed: bool = False
    filled: bool = False

    glyph = ""
    closed = False

    @property
    def ink(self) -> str:
        return "currentColor" if self.colour in (NEUTRAL, SERIES_COLOURS[0]) else self.colour

    def points(self, values: Array) -> Array:
        """Coordinates to draw, rows of NaN lifting the pen. Shape (n, 2) or (n, 3)."""
        return values


@dataclass(frozen=True)
class Line(Mark):
    """A curve through points, shape (n, 2), or (n, 3) in a scene; a row of NaN lifts the pen.

    Examples
    --------
    >>> from absrep.widgets import Line
    >>> Line("bound", "lower bound", dashed=True).label
    'lower bound'
    """


@dataclass(frozen=True)
class Segments(Mark):
    """Separate strokes: shape (n, 2, 2), or (n, 2, 3) in a scene.

    Examples
    --------
    >>> from absrep.widgets import Segments
    >>> Segments("edges").points(np.array([[[0.0, 0.0], [1.0, 2.0]]]))
    array([[ 0.,  0.],
           [ 1.,  2.],
           [nan, nan]])
    """

    def points(self, values: Array) -> Array:
        gap = np.full((len(values), 1, values.shape[-1]), np.nan)
        return np.concatenate([values, gap], axis=1).reshape(-1, values.shape[-1])


@dataclass(frozen=True)
class Dots(Mark):
    """A disc at each point: simulation.

    Examples
    --------
    >>> from absrep.widgets import Dots
    >>> Dots("trained", "trained networks").filled
    True
    """

    filled: bool = True
    glyph = DISC


@dataclass(frozen=True)
class Stars(Mark):
    """A star at each point: a certified optimum.

    Examples
    --------
    >>> from absrep.widgets import Stars
    >>> Stars("optimum", "certified optimum").filled  # dots under it show
    False
    """

    glyph = STAR


@dataclass(frozen=True)
class Area(Mark):
    """A closed outline, shape (n, 2); a row of NaN begins the next one.

    Examples
    --------
    >>> from absrep.widgets import Area
    >>> Area("histogram").closed
    True
    """

    filled: bool = True
    closed = True


@dataclass(frozen=True)
class Bars(Area):
    """Bars from zero: array of heights, shape (n,), at 0, 1, …, or of (place, height), (n, 2).

    Parameters
    ----------
    width : float, optional
        As a share of the distance from one whole number to the next.

    Examples
    --------
    >>> from absrep.widgets import Bars
    >>> Bars("counts", width=0.5).points(np.array([3.0]))[:4]
    array([[-0.25,  0.  ],
           [ 0.25,  0.  ],
           [ 0.25,  3.  ],
           [-0.25,  3.  ]])
    """

    width: float = 0.7

    def points(self, values: Array) -> Array:
        if values.ndim == 1:
            values = np.column_stack([np.arange(len(values)), values])
        left, right = values[:, 0] - self.width / 2, values[:, 0] + self.width / 2
        return _rectangles(left, right, np.zeros(len(values)), values[:, 1])


@dataclass(frozen=True)
class Squares(Area):
    """A matrix as squares whose area is the size of the entry; row 0 is on top.

    Two marks draw a matrix with signs: ``Squares("kernel")`` the positive entries,
    ``Squares("kernel", sign=-1, filled=False)`` the negative ones.

    Parameters
    ----------
    sign : int, optional
        Which entries: 1 the positive ones, −1 the negative ones.
    largest : float
        The entry whose square fills its cell.
    across : int, optional
        Cells from side to side, however many rows the matrix has; default as many as rows.

    Examples
    --------
    >>> from absrep.widgets import Squares
    >>> Squares("kernel", sign=-1, filled=False).points(-np.eye(2))[0].round(2)  # a corner
    array([-0.48, -0.48])
    """

    sign: int = 1
    largest: float = 1.0
    across: int = 0

    def points(self, values: Array) -> Array:
        shown = values * self.sign > 0
        half = np.minimum(0.48 * np.sqrt(np.abs(values[shown]) / self.largest), 0.5)
        rows, columns = np.nonzero(shown)[0].astype(float), np.nonzero(shown)[1].astype(float)
        cell = (self.across or len(values)) / len(values)
        x, y, half = (columns + 0.5) * cell - 0.5, 0.5 - (rows + 0.5) * cell, half * cell
        return _rectangles(x - half, x + half, y - half, y + half)


@dataclass(frozen=True)
class Words(Mark):
    """A word beside each point, shape (n, 2) or (n, 3).

    Parameters
    ----------
    texts : tuple of str
        One per point.

    Examples
    --------
    >>> from absrep.widgets import Words
    >>> Words("points", texts=("−", "+")).texts
    ('−', '+')
    """

    texts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Panel:
    """Flat axes.

    Parameters
    ----------
    xlabel, ylabel : str
        With units; plain text.
    xlim, ylim : (float, float)
        Fixed, so that a moving slider moves the data and not the axes.
    marks : tuple of Mark
    title : str, optional
    xlog, ylog : bool, optional
        Logarithmic axes.
    bare : bool, optional
        No axes' lines, only the words of the ticks.
    xticks, yticks : tuple of (float, str), optional
        Places and words; chosen by matplotlib's locators when empty.

    Examples
    --------
    >>> from absrep.widgets import Line, Panel
    >>> panel = Panel("steps", "loss", (1, 1000), (0.01, 10), (Line("loss"),), xlog=True, ylog=True)
    >>> [mark.key for mark in panel.marks]
    ['loss']
    """

    xlabel: str
    ylabel: str
    xlim: tuple[float, float]
    ylim: tuple[float, float]
    marks: tuple[Mark, ...]
    title: str = ""
    xlog: bool = False
    ylog: bool = False
    bare: bool = False
    xticks: tuple[tuple[float, str], ...] = ()
    yticks: tuple[tuple[float, str], ...] = ()


@dataclass(frozen=True)
class Scene:
    """Three dimensions, seen from far away; the reader turns it by dragging or with arrow keys.

    Parameters
    ----------
    marks : tuple of Mark
        Of arrays with three columns.
    radius : float
        The ball around the origin that is shown.
    title : str, optional
    azimuth, elevation : float, optional
        The first view, in degrees.

    Examples
    --------
    >>> from absrep.widgets import Dots, Scene
    >>> Scene((Dots("patterns"),), radius=1.5, title="hidden patterns").elevation
    20.0
    """

    marks: tuple[Mark, ...]
    radius: float
    title: str = ""
    azimuth: float = 35.0
    elevation: float = 20.0


def matrix_panel(key: str, names: tuple[str, ...], largest: float, *, title: str) -> Panel:
    """A square matrix, such as a kernel: area is size, filled is positive, hollow negative.

    Parameters
    ----------
    key : str
        Which array; shape (n, n).
    names : tuple of str
        One per row and column, or per block of rows and columns if the matrix has more.
    largest : float
        The entry whose square fills its cell.
    title : str

    Returns
    -------
    Panel

    Examples
    --------
    >>> matrix_panel("kernel", ("−", "+"), 1.0, title="hidden kernel").xticks
    ((0, '−'), (1, '+'))
    """
    n = len(names)
    wide = PLOT[0] / PLOT[1] * n / 2  # cells are square
    return Panel(
        xlabel="",
        ylabel="",
        xlim=((n - 1) / 2 - wide, (n - 1) / 2 + wide),
        ylim=(0.5 - n, 0.5),
        marks=(
            Squares(key, largest=largest, across=n),
            Squares(key, largest=largest, across=n, sign=-1, filled=False),
        ),
        title=title,
        bare=True,
        xticks=tuple(enumerate(names)),
        yticks=tuple((-i, name) for i, name in enumerate(names)),
    )


def _rectangles(left: Array, right: Array, low: Array, high: Array) -> Array:
    gap = np.full(len(left), np.nan)
    xs = np.column_stack([left, right, right, left, gap])
    ys = np.column_stack([low, low, high, high, gap])
    return np.stack([xs, ys], axis=-1).reshape(-1, 2)


View = Panel | Scene
