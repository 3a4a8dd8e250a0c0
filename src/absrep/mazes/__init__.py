"""Mazes as a language, transformers that solve them, and what they hold inside."""

from ._generation import depth_first, held_out, percolation
from ._language import Answers, Sentences, Vocabulary
from ._lattice import Mazes, lattice_edges
from ._probes import WallProbe, fit_probe, majority_accuracy, shuffled_mazes, streams_at
from ._puzzles import Puzzles, pose, solve
from ._rises import rise_times, sharpness
from ._solving import answer, solve_rates, targets

__all__ = [
    "Answers",
    "Mazes",
    "Puzzles",
    "Sentences",
    "Vocabulary",
    "WallProbe",
    "answer",
    "depth_first",
    "fit_probe",
    "held_out",
    "lattice_edges",
    "majority_accuracy",
    "percolation",
    "pose",
    "rise_times",
    "sharpness",
    "shuffled_mazes",
    "solve",
    "solve_rates",
    "streams_at",
    "targets",
]
