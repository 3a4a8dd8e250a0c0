"""Figures with sliders: precomputed for the page, live under a kernel (needs ipywidgets).

One `Explorer` describes both. There is at least one for each chapter, named after what it explores.
"""

from ._abstract_representation import square_to_tetrahedron
from ._explorer import Explorer, Parameter, Readout
from ._imperfect_tasks import exclusive_or_weight
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
from ._nonlinearities import signal_of_a_neuron
from ._several_stimuli import members_come_apart, members_of_a_class
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
    "exclusive_or_weight",
    "matrix_panel",
    "members_come_apart",
    "members_of_a_class",
    "signal_of_a_neuron",
    "square_to_tetrahedron",
]
