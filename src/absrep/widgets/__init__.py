"""Figures with sliders: precomputed for the page, live under a kernel (needs ipywidgets).

One `Explorer` describes both. There is at least one for each chapter, named after what it explores.
"""

from ._abstract_representation import square_to_tetrahedron
from ._explorer import Explorer, Parameter, Readout
from ._marks import (
    Area,
    Bars,
    Dots,
    Line,
    Mark,
    Panel,
    Scene,
    Segments,
    Squares,
    Stars,
    Words,
    matrix_panel,
)
from ._mean_field import neuron_landscape
from ._preactivations import fade_or_move, rows_and_columns
from ._whitened_relu import collapse_threshold

__all__ = [
    "Area",
    "Bars",
    "Dots",
    "Explorer",
    "Line",
    "Mark",
    "Panel",
    "Parameter",
    "Readout",
    "Scene",
    "Segments",
    "Squares",
    "Stars",
    "Words",
    "collapse_threshold",
    "fade_or_move",
    "matrix_panel",
    "neuron_landscape",
    "rows_and_columns",
    "square_to_tetrahedron",
]
