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
from ._chance import chance_cosine, random_weight_alignments
from ._collapse import NeuralCollapse, neural_collapse
from ._exponents import Exponent, exponents, fit_exponent, log_products, reciprocity
from ._learning import descend
from ._linear import linear_optimum
from ._nuisance import (
    PlantedNuisance,
    nuisance_share,
    nuisance_weight,
    planted_nuisance,
)
from ._optimum import optimum_alignments, stationary_layers
from ._phases import Phase, follows, phases, relation_line
from ._power_law import PowerLaw, diagonality, power_law, power_laws, spectral_power_law
from ._similarity import entry_correlation, fidelity, matrix_cosine, traceless_cosine
from ._stationarity import Balance, balance_above, balance_below, layer_probe
from ._verdict import verdicts

__all__ = [
    "Alignments",
    "Balance",
    "Exponent",
    "Moments",
    "NeuralCollapse",
    "Phase",
    "PlantedNuisance",
    "PowerLaw",
    "alignment_probe",
    "alignments",
    "ansatz_alignments",
    "balance_above",
    "balance_below",
    "chance_cosine",
    "descend",
    "diagonality",
    "entry_correlation",
    "exponents",
    "fidelity",
    "fit_exponent",
    "follows",
    "gradient_outer_products",
    "layer_probe",
    "linear_layers",
    "linear_optimum",
    "log_products",
    "matrix_cosine",
    "matrix_power",
    "moments",
    "neural_collapse",
    "nuisance_share",
    "nuisance_weight",
    "optimum_alignments",
    "phases",
    "planted_nuisance",
    "power_law",
    "power_laws",
    "random_weight_alignments",
    "reciprocity",
    "relation_line",
    "spectral_power_law",
    "stationary_layers",
    "traceless_cosine",
    "verdicts",
]
