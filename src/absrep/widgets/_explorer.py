"""One description, two figures: precomputed for the page, computed at any value under a kernel."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import InitVar, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from ._live import live_widget
from ._marks import View
from ._page import page_html

if TYPE_CHECKING:
    from ipywidgets import VBox

__all__ = ["Explorer", "Parameter", "Readout"]


@dataclass(frozen=True)
class Parameter:
    """One slider.

    Parameters
    ----------
    name : str
        The argument of the computation.
    label : str
        What the reader sees, with the symbol of the book; plain text.
    grid : iterable of float
        Where the page's figure is precomputed, rounded to what the slider shows, so that a reader
        who types the number shown gets the result shown. Evenly or geometrically spaced values
        become a continuous slider under a kernel, whole numbers one of whole numbers.
    start : int, optional
        Which of the values is shown first.
    unit : str, optional
    digits : int, optional
        Significant digits shown.
    words : tuple of str, optional
        Names of the values, where they are choices.

    Attributes
    ----------
    values : tuple of float
        The grid, rounded.

    Examples
    --------
    >>> from absrep.widgets import Parameter
    >>> decay = Parameter("weight_decay", "λ, weight decay", np.geomspace(1e-3, 1, 4), start=1)
    >>> decay.values, decay.text(decay.values[1])
    ((0.001, 0.01, 0.1, 1.0), '0.01')
    """

    name: str
    label: str
    grid: InitVar[Iterable[float]]
    start: int = 0
    unit: str = ""
    digits: int = 3
    words: tuple[str, ...] = ()
    values: tuple[float, ...] = field(init=False)

    def __post_init__(self, grid: Iterable[float]) -> None:
        values = [float(value) for value in grid]
        if len(values) < 2 or not np.all(np.isfinite(values)):
            raise ValueError(f"grid of {self.name}: at least two finite numbers are needed")
        if self.words and len(self.words) != len(values):
            raise ValueError(f"words of {self.name}: {len(values)} are needed, one per value")
        if not 0 <= self.start < len(values):
            raise ValueError(f"start of {self.name} must be an index below {len(values)}")
        rounded = tuple(float(f"{value:.{self.digits}g}") for value in values)
        if len(set(rounded)) < len(rounded):
            raise ValueError(f"grid of {self.name}: two values coincide at {self.digits} digits")
        object.__setattr__(self, "values", rounded)

    def text(self, value: float) -> str:
        """What the slider shows at this value."""
        if self.words:
            return self.words[self.values.index(value)]
        shown = f"{value:.{self.digits}g}".replace("-", "−")
        return f"{shown} {self.unit}".rstrip()


@dataclass(frozen=True)
class Readout:
    """One number (or word) below the figure.

    Parameters
    ----------
    key : str
        Which of the computed values.
    label : str
    format : str, optional
        As in ``format(value, ".3f")``; words are shown as they are.
    unit : str, optional

    Examples
    --------
    >>> from absrep.widgets import Readout
    >>> angle = Readout("angle", "angle", ".1f", "°")
    >>> angle.text(-44.96), angle.text("none")
    ('−45.0 °', 'none')
    """

    key: str
    label: str
    format: str = ".3f"
    unit: str = ""

    def text(self, value: float | str) -> str:
        """The value as shown; a number that is not finite is an error."""
        if isinstance(value, str):
            return value
        if not np.isfinite(value):
            raise ValueError(f"readout {self.key} is {value}: return a word where it is undefined")
        shown = format(float(value), self.format)
        if float(shown) == 0:  # no "-0.000", no "0e+00"
            shown = "0" if "e" in shown else shown.removeprefix("-")
        return f"{shown.replace('-', '−')} {self.unit}".rstrip()


@dataclass(frozen=True)
class Explorer:
    """A figure with sliders.

    As the value of a notebook cell it is a *page figure*: every combination of the parameters'
    values is computed beforehand and travels with the page, where a small script draws it, without
    a server. `live` is the same figure under a kernel, computed at any value.

    Parameters
    ----------
    name : str
        Identifier, the name of the function that makes the explorer.
    title : str
        What the sliders explore.
    description : str
        The alternative text: what is drawn and what there is to see.
    compute : callable
        Pure function of the parameters (as keywords); returns the arrays that the views draw and
        the values that the read-outs show, by key.
    parameters : tuple of Parameter
    views : tuple of Panel or Scene
    readouts : tuple of Readout

    Examples
    --------
    >>> from absrep.widgets import Explorer, Line, Panel, Parameter, Readout
    >>> around = np.linspace(0, 2 * np.pi, 61)
    >>> unit = np.column_stack([np.cos(around), np.sin(around)])
    >>> circle = Explorer(
    ...     "circle", "A circle", "A circle, and its area.",
    ...     lambda radius: {"circle": radius * unit, "area": np.pi * radius**2},
    ...     (Parameter("radius", "r, radius", np.linspace(0, 1, 11), start=5),),
    ...     (Panel("x", "y", (-1, 1), (-1, 1), (Line("circle"),)),),
    ...     (Readout("area", "area"),),
    ... )
    >>> circle.readouts_at(radius=0.5)
    {'area': '0.785'}
    """

    name: str
    title: str
    description: str
    compute: Callable[..., Mapping[str, Any]]
    parameters: tuple[Parameter, ...]
    views: tuple[View, ...]
    readouts: tuple[Readout, ...]

    def readouts_at(self, **values: float) -> dict[str, str]:
        """The read-outs at these parameter values, as text, computed now."""
        result = self.compute(**values)
        return {readout.key: readout.text(result[readout.key]) for readout in self.readouts}

    def live(self) -> VBox:
        """The figure under a kernel (needs ipywidgets): the sliders take any value.

        Returns
        -------
        ipywidgets.VBox
        """
        return live_widget(self)

    def _repr_html_(self) -> str:
        return page_html(self)
