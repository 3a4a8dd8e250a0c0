"""Figures with sliders: precomputed for the page, live under a kernel (needs ipywidgets).

One `Explorer` describes both. There is at least one for each chapter, named after what it explores.
"""

from ._abstract_representation import square_to_tetrahedron
from ._architectures import leaking_away
from ._breaking import batch_and_decay
from ._bridge import many_tasks
from ._collapse import alignments_at_the_optimum
from ._conditions import noise_and_time, number_of_tasks
from ._depth import depth_profile
from ._dynamics import lazy_to_rich
from ._emergence import maze_checkpoints
from ._explorer import Explorer, Parameter, Readout
from ._ideal_observer import posterior_in_a_box
from ._imperfect_tasks import exclusive_or_weight
from ._input_geometry import random_inputs, tilted_inputs
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
from ._maze_inside import maze_within
from ._maze_language import maze_sentence
from ._mean_field import neuron_landscape, optimal_landscape
from ._measuring import few_trials, fooled_measures
from ._measuring_alignment import alignment_over_training
from ._network_learns import training_film
from ._nonlinearities import signal_of_a_neuron
from ._one_microscope import four_systems
from ._preactivations import fade_or_move, rows_and_columns
from ._reading_latents import tails_of_the_logits
from ._recurrence import memory_in_time
from ._recurrent_evidence import attractor_sheet
from ._role_of_bias import phase_boundary
from ._several_stimuli import members_come_apart, members_of_a_class
from ._six_relations import singular_values
from ._training_solver import solving
from ._whitened_relu import below_zero, collapse_threshold
from ._your_own_data import examined_recording

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
    "alignment_over_training",
    "alignments_at_the_optimum",
    "attractor_sheet",
    "batch_and_decay",
    "below_zero",
    "collapse_threshold",
    "depth_profile",
    "examined_recording",
    "exclusive_or_weight",
    "fade_or_move",
    "few_trials",
    "fooled_measures",
    "four_systems",
    "laboratory",
    "lazy_to_rich",
    "leaking_away",
    "many_tasks",
    "matrix_panel",
    "maze_checkpoints",
    "maze_sentence",
    "maze_within",
    "members_come_apart",
    "members_of_a_class",
    "memory_in_time",
    "neuron_landscape",
    "noise_and_time",
    "number_of_tasks",
    "optimal_and_trained",
    "optimal_landscape",
    "phase_boundary",
    "posterior_in_a_box",
    "random_inputs",
    "rows_and_columns",
    "signal_of_a_neuron",
    "singular_values",
    "solving",
    "square_to_tetrahedron",
    "tails_of_the_logits",
    "tilted_inputs",
    "training_film",
]
