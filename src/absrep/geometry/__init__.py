"""Measures of a representation: arrays in, numbers out.

`features` has one row per stimulus (noise-free) or per trial, one column per neuron. Measures of
named latents take `labels` (−1 or +1, one column per latent); measures of arbitrary dichotomies
take `conditions` (an integer per row) and `dichotomies` (−1 or +1 per condition).
"""

from ._conditions import balanced_dichotomies, condition_means
from ._decoding import (
    Shattering,
    ccgp,
    decoding_accuracy,
    dichotomy_ccgp,
    dichotomy_decoding,
    separable_dichotomies,
    shattering,
)
from ._dimension import cross_validated_participation_ratio, linear_cka, participation_ratio
from ._intrinsic import intrinsic_dimension, local_axes
from ._kernel_decoding import kernel_ccgp, kernel_decoding
from ._modularity import readout_modularity
from ._null import (
    NullDistribution,
    null_distribution,
    shuffle_labels,
    shuffle_neurons,
    shuffle_trials,
)
from ._parallelism import (
    cross_validated_parallelism_score,
    dichotomy_parallelism,
    expected_parallelism_score,
    kernel_parallelism_score,
    parallelism_score,
)
from ._scores import AbstractionScores, abstraction_scores
from ._sparsity import lifetime_sparsity

__all__ = [
    "AbstractionScores",
    "NullDistribution",
    "Shattering",
    "abstraction_scores",
    "balanced_dichotomies",
    "ccgp",
    "condition_means",
    "cross_validated_parallelism_score",
    "cross_validated_participation_ratio",
    "decoding_accuracy",
    "dichotomy_ccgp",
    "dichotomy_decoding",
    "dichotomy_parallelism",
    "expected_parallelism_score",
    "intrinsic_dimension",
    "kernel_ccgp",
    "kernel_decoding",
    "kernel_parallelism_score",
    "lifetime_sparsity",
    "linear_cka",
    "local_axes",
    "null_distribution",
    "parallelism_score",
    "participation_ratio",
    "readout_modularity",
    "separable_dichotomies",
    "shattering",
    "shuffle_labels",
    "shuffle_neurons",
    "shuffle_trials",
]
