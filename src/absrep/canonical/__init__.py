"""The Canonical Representation Hypothesis: do activity, weights and gradients align?"""

from ._alignment import (
    Alignments,
    Moments,
    alignment_probe,
    alignments,
    linear_layers,
    moments,
)
from ._ansatz import ansatz_alignments, gradient_outer_products, matrix_power
from ._collapse import NeuralCollapse, neural_collapse
from ._learning import descend
from ._optimum import optimum_alignments, stationary_layers
from ._similarity import entry_correlation, fidelity, matrix_cosine, traceless_cosine

__all__ = [
    "Alignments",
    "Moments",
    "NeuralCollapse",
    "alignment_probe",
    "alignments",
    "ansatz_alignments",
    "descend",
    "entry_correlation",
    "fidelity",
    "gradient_outer_products",
    "linear_layers",
    "matrix_cosine",
    "matrix_power",
    "moments",
    "neural_collapse",
    "optimum_alignments",
    "stationary_layers",
    "traceless_cosine",
]
