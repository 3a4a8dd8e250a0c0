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
from ._exponents import Exponent, exponents, fit_exponent, log_products, reciprocity
from ._learning import descend
from ._phases import Phase, follows, phases, relation_line
from ._power_law import PowerLaw, diagonality, power_law, power_laws, spectral_power_law
from ._similarity import entry_correlation, fidelity, matrix_cosine, traceless_cosine
from ._verdict import verdicts

__all__ = [
    "Alignments",
    "Exponent",
    "Moments",
    "Phase",
    "PowerLaw",
    "alignment_probe",
    "alignments",
    "chance_cosine",
    "descend",
    "diagonality",
    "entry_correlation",
    "exponents",
    "fidelity",
    "fit_exponent",
    "follows",
    "linear_layers",
    "log_products",
    "matrix_cosine",
    "moments",
    "phases",
    "power_law",
    "power_laws",
    "random_weight_alignments",
    "reciprocity",
    "relation_line",
    "spectral_power_law",
    "traceless_cosine",
    "verdicts",
]
