"""Mazes as a language, transformers that solve them, and what they hold inside."""

from ._ablation import mute_everywhere, mute_on_path, step_logits, step_rates
from ._directions import ForkView, open_directions, step_streams, way_directions
from ._edits import (
    Forks,
    close_passages,
    fork_logits,
    fork_sentences,
    move_passages,
    open_walls,
    patched_logits,
)
from ._generation import depth_first, held_out, percolation
from ._heads import (
    AdjacencyScores,
    PathSteps,
    adjacency_scores,
    binding_scores,
    direct_attribution,
    path_steps,
)
from ._language import Answers, Sentences, Vocabulary
from ._lattice import Mazes, lattice_edges
from ._law import count_trees, depth_first_law
from ._mistakes import Mistakes, Steps, first_mistakes, foretell, right_steps
from ._probes import (
    LinearProbe,
    WallProbe,
    choose_penalty,
    degree_projection,
    fit_linear,
    fit_probe,
    majority_accuracy,
    same_degrees,
    shuffled_mazes,
    streams_at,
    walls_beside,
    walls_by_role,
)
from ._puzzles import Puzzles, pose, solve
from ._rises import rise_times, sharpness
from ._solving import answer, solve_rates, targets

__all__ = [
    "AdjacencyScores",
    "Answers",
    "ForkView",
    "Forks",
    "LinearProbe",
    "Mazes",
    "Mistakes",
    "PathSteps",
    "Puzzles",
    "Sentences",
    "Steps",
    "Vocabulary",
    "WallProbe",
    "adjacency_scores",
    "answer",
    "binding_scores",
    "choose_penalty",
    "close_passages",
    "count_trees",
    "degree_projection",
    "depth_first",
    "depth_first_law",
    "direct_attribution",
    "first_mistakes",
    "fit_linear",
    "fit_probe",
    "foretell",
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
    "right_steps",
    "rise_times",
    "same_degrees",
    "sharpness",
    "shuffled_mazes",
    "solve",
    "solve_rates",
    "step_logits",
    "step_rates",
    "step_streams",
    "streams_at",
    "targets",
    "walls_beside",
    "walls_by_role",
    "way_directions",
]
