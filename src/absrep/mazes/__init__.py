"""Mazes as a language, transformers that solve them, and what they hold inside."""

from ._generation import depth_first, held_out, percolation
from ._language import Answers, Sentences, Vocabulary
from ._lattice import Mazes, lattice_edges
from ._law import count_trees, depth_first_law
from ._mistakes import Mistakes, Steps, first_mistakes, foretell, right_steps
from ._probes import (
    LinearProbe,
    WallProbe,
    degree_projection,
    fit_linear,
    fit_probe,
    majority_accuracy,
    shuffled_mazes,
    streams_at,
    walls_beside,
    walls_by_role,
)
from ._puzzles import Puzzles, pose, solve
from ._rises import rise_times, sharpness
from ._solving import answer, solve_rates, targets

__all__ = [
    "Answers",
    "LinearProbe",
    "Mazes",
    "Mistakes",
    "Puzzles",
    "Sentences",
    "Steps",
    "Vocabulary",
    "WallProbe",
    "answer",
    "count_trees",
    "degree_projection",
    "depth_first",
    "depth_first_law",
    "first_mistakes",
    "fit_linear",
    "fit_probe",
    "foretell",
    "held_out",
    "lattice_edges",
    "majority_accuracy",
    "percolation",
    "pose",
    "right_steps",
    "rise_times",
    "sharpness",
    "shuffled_mazes",
    "solve",
    "solve_rates",
    "streams_at",
    "targets",
    "walls_beside",
    "walls_by_role",
]
