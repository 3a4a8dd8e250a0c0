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
from ._depth import DeepClosedForm, deep_closed_form
from ._energy import Network, energy, energy_gradient, neuron_energy, neuron_energy_gradient
from ._layers import certify_layers, deep_energy, deep_weights
from ._optimum import Optimum
from ._range import OptimalRange, optimal_range
from ._recurrent import (
    RecurrentClosedForm,
    recurrent_closed_form,
    recurrent_energy,
    recurrent_weights,
)
from ._signs import DeepModular, deep_modular
from ._solver import solve

__all__ = [
    "Activation",
    "Certificate",
    "ClosedForm",
    "DeepClosedForm",
    "DeepModular",
    "Network",
    "OptimalRange",
    "Optimum",
    "RecurrentClosedForm",
    "absolute",
    "certify",
    "certify_layers",
    "closed_form",
    "cubic",
    "deep_closed_form",
    "deep_energy",
    "deep_modular",
    "deep_weights",
    "energy",
    "energy_gradient",
    "erf",
    "gelu",
    "hard_tanh",
    "leaky_relu",
    "linear",
    "neuron_energy",
    "neuron_energy_gradient",
    "optimal_range",
    "recurrent_closed_form",
    "recurrent_energy",
    "recurrent_weights",
    "relu",
    "relu_power",
    "sigmoid",
    "softplus",
    "solve",
    "tanh",
]
