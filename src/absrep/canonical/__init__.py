"""The Canonical Representation Hypothesis: do activity, weights and gradients align?"""

from ._alignment import (
    Alignments,
    Moments,
    alignment_probe,
    alignments,
    linear_layers,
    moments,
)
from ._exponents import Exponent, exponents, fit_exponent, log_products, reciprocity
from ._learning import descend
from ._linear import linear_optimum
from ._nuisance import (
    PlantedNuisance,
    nuisance_share,
    nuisance_weight,
    planted_nuisance,
)
from ._phases import Phase, follows, phases, relation_line
from ._power_law import PowerLaw, diagonality, power_law, power_laws, spectral_power_law
from ._similarity import entry_correlation, fidelity, matrix_cosine, traceless_cosine
from ._stationarity import Balance, balance_above, balance_below, layer_probe

__all__ = [
    "Alignments",
    "Balance",
    "Exponent",
    "Moments",
    "Phase",
    "PlantedNuisance",
    "PowerLaw",
    "alignment_probe",
    "alignments",
    "balance_above",
    "balance_below",
    "descend",
    "diagonality",
    "entry_correlation",
    "exponents",
    "fidelity",
    "fit_exponent",
    "follows",
    "layer_probe",
    "linear_layers",
    "linear_optimum",
    "log_products",
    "matrix_cosine",
    "moments",
    "nuisance_share",
    "nuisance_weight",
    "phases",
    "planted_nuisance",
    "power_law",
    "power_laws",
    "reciprocity",
    "relation_line",
    "spectral_power_law",
    "traceless_cosine",
]
