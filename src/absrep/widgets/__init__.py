"""Figures with sliders: precomputed for the page, live under a kernel (needs ipywidgets).

One `Explorer` describes both. There is at least one for each chapter, named after what it explores.
"""

from ._abstract_representation import square_to_tetrahedron
from ._explorer import Explorer, Parameter, Readout
from ._input_geometry import random_inputs, tilted_inputs
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
from ._mean_field import neuron_landscape, optimal_landscape
from ._measuring import few_trials, fooled_measures
from ._network_learns import training_film
from ._preactivations import fade_or_move, rows_and_columns
from ._role_of_bias import phase_boundary
from ._whitened_relu import below_zero, collapse_threshold

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
    "below_zero",
    "collapse_threshold",
    "fade_or_move",
    "few_trials",
    "fooled_measures",
    "matrix_panel",
    "neuron_landscape",
    "optimal_landscape",
    "phase_boundary",
    "random_inputs",
    "rows_and_columns",
    "square_to_tetrahedron",
    "tilted_inputs",
    "training_film",
]
