"""The Canonical Representation Hypothesis: do activity, weights and gradients align?"""

from ._alignment import (
    Alignments,
    Moments,
    alignment_probe,
    alignments,
    linear_layers,
    moments,
)
from ._learning import descend
from ._similarity import entry_correlation, fidelity, matrix_cosine, traceless_cosine

__all__ = [
    "Alignments",
    "Moments",
    "alignment_probe",
    "alignments",
    "descend",
    "entry_correlation",
    "fidelity",
    "linear_layers",
    "matrix_cosine",
    "moments",
    "traceless_cosine",
]
