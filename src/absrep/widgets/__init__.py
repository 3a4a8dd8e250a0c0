"""Figures with sliders: precomputed for the page, live under a kernel (needs ipywidgets).

One `Explorer` describes both. There is at least one for each chapter, named after what it explores.
"""

from ._abstract_representation import square_to_tetrahedron
from ._explorer import Explorer, Parameter, Readout
from ._laboratory import Laboratory, laboratory, optimal_and_trained
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
from ._whitened_relu import collapse_threshold

__all__ = [
    "Area",
    "Bars",
    "Dots",
    "Explorer",
    "Laboratory",
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
    "laboratory",
    "matrix_panel",
    "optimal_and_trained",
    "square_to_tetrahedron",
]
