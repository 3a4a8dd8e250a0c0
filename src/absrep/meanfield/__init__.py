"""Layer 3: the provably best hidden representation of a task, and how far a network is from it.

`solve` finds the global optimum with a certificate, `closed_form` states it where it is known,
`certify` tells any network's distance from it.
"""

from ._activations import (
    Activation,
    absolute,
    cubic,
    erf,
    gelu,
    hard_tanh,
    leaky_relu,
    linear,
    relu,
    relu_power,
    sigmoid,
    softplus,
    tanh,
)
from ._certificate import Certificate, certify
from ._closed_form import ClosedForm, closed_form
from ._costs import feature_cost, neuron_cost
from ._depth import DeepClosedForm, deep_closed_form, deep_collapse
from ._energy import Network, energy, energy_gradient, neuron_energy, neuron_energy_gradient
from ._exclusive_or import ExclusiveOr, exclusive_or
from ._layers import certify_layers, deep_energy, deep_gradients, deep_weights
from ._local_optima import LocalOptima, local_optima
from ._odd_tasks import OddOptimum, odd_logistic_optimum, odd_optimum
from ._optimum import Optimum
from ._range import OptimalRange, optimal_range
from ._recurrent import (
    RecurrentClosedForm,
    recurrent_closed_form,
    recurrent_energy,
    recurrent_weights,
)
from ._signal import StrongestNeurons, paired_signal, strongest_neurons
from ._signs import DeepModular, deep_modular
from ._solver import solve
from ._stability import guaranteed_parallelism
from ._tilted import TiltedNetworks, tilted_networks

__all__ = [
    "Activation",
    "Certificate",
    "ClosedForm",
    "DeepClosedForm",
    "DeepModular",
    "ExclusiveOr",
    "LocalOptima",
    "Network",
    "OddOptimum",
    "OptimalRange",
    "Optimum",
    "RecurrentClosedForm",
    "StrongestNeurons",
    "TiltedNetworks",
    "absolute",
    "certify",
    "certify_layers",
    "closed_form",
    "cubic",
    "deep_closed_form",
    "deep_collapse",
    "deep_energy",
    "deep_gradients",
    "deep_modular",
    "deep_weights",
    "energy",
    "energy_gradient",
    "erf",
    "exclusive_or",
    "feature_cost",
    "gelu",
    "guaranteed_parallelism",
    "hard_tanh",
    "leaky_relu",
    "linear",
    "local_optima",
    "neuron_cost",
    "neuron_energy",
    "neuron_energy_gradient",
    "odd_logistic_optimum",
    "odd_optimum",
    "optimal_range",
    "paired_signal",
    "recurrent_closed_form",
    "recurrent_energy",
    "recurrent_weights",
    "relu",
    "relu_power",
    "sigmoid",
    "softplus",
    "solve",
    "strongest_neurons",
    "tanh",
    "tilted_networks",
]
