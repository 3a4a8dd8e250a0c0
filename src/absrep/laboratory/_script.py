"""The experiment as a script."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ._activations import activation_code, network_activation

if TYPE_CHECKING:
    from ._experiment import Experiment

__all__: list[str] = []


def script_of(experiment: Experiment) -> str:
    """See `Experiment.script`."""
    function, _ = experiment.inputs.call(experiment.n_latents)
    name = repr(experiment.activation).partition("(")[0]
    xor = "np.column_stack([latents, latents[:, 0] * latents[:, 1]])"
    return _SCRIPT.format(
        function=function.__name__,
        theory=", ".join(["Network", *sorted(["certify", "closed_form", "solve", name])]),
        activation=activation_code(experiment.activation),
        network_activation=network_activation(experiment.activation)[1],
        d=experiment.n_latents,
        n=experiment.stimuli_per_class,
        last=experiment.n_latents + 1,
        targets=xor if experiment.xor else "latents",
        inputs=experiment.inputs.code(experiment.n_latents),
        c=experiment.correlation,
        bias="np.inf" if experiment.bias == np.inf else experiment.bias,
        decay=experiment.weight_decay,
        width=experiment.width,
        seed=experiment.seed,
        n_steps=experiment.n_steps,
        learning_rate=experiment.learning_rate,
        init_scale=experiment.init_scale,
        noise=experiment.noise,
    )


_SCRIPT = '''\
"""An experiment of the laboratory of "Abstraction, derived": prints its numbers as JSON."""

import json

import numpy as np
import torch

from absrep import Task, {function}, walsh_basis
from absrep.laboratory import representation_measures, verdict
from absrep.meanfield import {theory}
from absrep.nets import FeedForward, train

# The task: {d} latents, stimuli per class: {n}.
latents = np.repeat(walsh_basis({d})[:, 1:{last}], {n}, axis=0)
targets = {targets}
between = {inputs}
within = (1 - {c}) * np.eye({n}) + {c}
task = Task(targets, kernel=np.kron(between, within))

# The optimum, and the closed form if there is one.
activation, weight_decay, bias, width = {activation}, {decay}, {bias}, {width}
theory = {{"activation": activation, "weight_decay": weight_decay, "bias": bias}}
best = solve(task, **theory, width=width)


def measures(features, read_out):
    return representation_measures(features, read_out, latents, targets, noise={noise})


def measures_of_neurons(neurons):
    features = activation.value(neurons.preactivations) * np.sqrt(neurons.masses)
    if bias == np.inf:  # a free hidden bias makes one of the outputs
        features = features - features.mean(axis=0)
    kernel = features @ features.T
    solved = np.linalg.solve(kernel + weight_decay[1] * np.eye(len(kernel)), targets)
    return measures(features, features.T @ solved)


def column(of, geometry):
    bounds = {{name: getattr(of, name, None) for name in ("loss", "lower_bound", "gap")}}
    return {{name.replace("_", " "): value for name, value in bounds.items()}} | geometry


columns = {{}}
try:
    form, status = closed_form(task, **theory, width=width), "applies"
    columns["closed form"] = column(form, measures_of_neurons(form))
except ValueError as failed:
    status = str(failed)
columns["optimum"] = column(best, measures_of_neurons(best))

# A network, trained.
network = FeedForward(
    task.features.shape[1], [width], task.n_latents, seeds=[{seed}], bias=bias,
    activation={network_activation}, init_scale={init_scale},
)
train(
    network, task.features, task.labels,
    n_steps={n_steps}, weight_decay=weight_decay, learning_rate={learning_rate},
)
into, read_out = (weight.detach().numpy()[0] for weight in network.weights)
biases = network.biases[0].detach().numpy()[0, 0] if bias else np.zeros(width)
trained = certify(task, Network(into, biases, read_out), **theory, optimum=best)
features = network.hidden(torch.tensor(task.features))[-1].detach().numpy()[0]
columns["trained"] = column(trained, measures(features, read_out))

print(json.dumps({{"verdict": verdict(best), "closed form": status, "measures": columns}}))
'''
