"""The Canonical Representation Hypothesis: do activity, weights and gradients align?"""

from ._alignment import (
    Alignments,
    Moments,
    alignment_probe,
    alignments,
    linear_layers,
    moments,
)
from ._chance import chance_cosine, random_weight_alignments
from ._learning import descend
from ._similarity import entry_correlation, fidelity, matrix_cosine, traceless_cosine
from ._verdict import verdicts

__all__ = [
    "Alignments",
    "Moments",
    "alignment_probe",
    "alignments",
    "chance_cosine",
    "descend",
    "entry_correlation",
    "fidelity",
    "linear_layers",
    "matrix_cosine",
    "moments",
    "random_weight_alignments",
    "traceless_cosine",
    "verdicts",
]
