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
from ._phases import Phase, follows, phases
from ._power_law import (
    PowerLaw,
    PowerLaws,
    diagonality,
    power_law,
    power_laws,
    reciprocity,
    spectral_power_law,
)
from ._similarity import entry_correlation, fidelity, matrix_cosine, traceless_cosine

__all__ = [
    "Alignments",
    "Moments",
    "Phase",
    "PowerLaw",
    "PowerLaws",
    "alignment_probe",
    "alignments",
    "descend",
    "diagonality",
    "entry_correlation",
    "fidelity",
    "follows",
    "linear_layers",
    "matrix_cosine",
    "moments",
    "phases",
    "power_law",
    "power_laws",
    "reciprocity",
    "spectral_power_law",
    "traceless_cosine",
]
