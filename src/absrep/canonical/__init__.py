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
from ._linear import linear_optimum
from ._nuisance import (
    PlantedNuisance,
    nuisance_share,
    nuisance_weight,
    planted_nuisance,
)
from ._similarity import entry_correlation, fidelity, matrix_cosine, traceless_cosine
from ._stationarity import Balance, balance_above, balance_below, layer_probe

__all__ = [
    "Alignments",
    "Balance",
    "Moments",
    "PlantedNuisance",
    "alignment_probe",
    "alignments",
    "balance_above",
    "balance_below",
    "descend",
    "entry_correlation",
    "fidelity",
    "layer_probe",
    "linear_layers",
    "linear_optimum",
    "matrix_cosine",
    "moments",
    "nuisance_share",
    "nuisance_weight",
    "planted_nuisance",
    "traceless_cosine",
]
