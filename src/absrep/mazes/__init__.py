"""Mazes as a language, transformers that solve them, and what they hold inside."""

from ._generation import depth_first, held_out, percolation
from ._language import Answers, Sentences, Vocabulary
from ._lattice import Mazes, lattice_edges
from ._probes import (
    LinearProbe,
    WallProbe,
    degree_projection,
    fit_linear,
    fit_probe,
    majority_accuracy,
    shuffled_mazes,
    streams_at,
    walls_by_role,
)
from ._puzzles import Puzzles, pose, solve
from ._solving import answer, solve_rates, targets

__all__ = [
    "Answers",
    "LinearProbe",
    "Mazes",
    "Puzzles",
    "Sentences",
    "Vocabulary",
    "WallProbe",
    "answer",
    "degree_projection",
    "depth_first",
    "fit_linear",
    "fit_probe",
    "held_out",
    "lattice_edges",
    "majority_accuracy",
    "percolation",
    "pose",
    "shuffled_mazes",
    "solve",
    "solve_rates",
    "streams_at",
    "targets",
    "walls_by_role",
]
