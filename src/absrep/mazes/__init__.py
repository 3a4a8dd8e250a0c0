"""Mazes as a language, transformers that solve them, and what they hold inside."""

from ._ablation import mute_everywhere, mute_on_path, step_logits, step_rates
from ._edits import (
    Forks,
    ForkView,
    close_passages,
    fork_logits,
    fork_sentences,
    move_passages,
    open_directions,
    open_walls,
    patched_logits,
    step_streams,
    way_directions,
)
from ._generation import depth_first, held_out, percolation
from ._heads import (
    AdjacencyScores,
    Steps,
    adjacency_scores,
    binding_scores,
    direct_attribution,
    path_steps,
)
from ._language import Answers, Sentences, Vocabulary
from ._lattice import Mazes, lattice_edges
from ._law import count_trees, depth_first_law
from ._probes import WallProbe, fit_probe, majority_accuracy, shuffled_mazes, streams_at
from ._puzzles import Puzzles, pose, solve
from ._solving import answer, solve_rates, targets

__all__ = [
    "AdjacencyScores",
    "Answers",
    "ForkView",
    "Forks",
    "Mazes",
    "Puzzles",
    "Sentences",
    "Steps",
    "Vocabulary",
    "WallProbe",
    "adjacency_scores",
    "answer",
    "binding_scores",
    "close_passages",
    "count_trees",
    "depth_first",
    "depth_first_law",
    "direct_attribution",
    "fit_probe",
    "fork_logits",
    "fork_sentences",
    "held_out",
    "lattice_edges",
    "majority_accuracy",
    "move_passages",
    "mute_everywhere",
    "mute_on_path",
    "open_directions",
    "open_walls",
    "patched_logits",
    "path_steps",
    "percolation",
    "pose",
    "shuffled_mazes",
    "solve",
    "solve_rates",
    "step_logits",
    "step_rates",
    "step_streams",
    "streams_at",
    "targets",
    "way_directions",
]
