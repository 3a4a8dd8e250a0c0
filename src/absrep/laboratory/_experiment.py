"""One experiment: its choices, the optimum, the trained network and every number of both."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from io import StringIO
from typing import Any

import numpy as np
import torch

from .._validation import Array, as_array, as_count, as_number
from ..kernels import walsh_basis
from ..meanfield import (
    Activation,
    Certificate,
    ClosedForm,
    Network,
    Optimum,
    certify,
    closed_form,
    relu,
    solve,
)
from ..nets import FeedForward, Training, train
from ..tasks import Task
from ._activations import network_activation
from ._inputs import Inputs, Whitened
from ._measures import Measures, representation_measures, verdict
from ._script import script_of

__all__ = ["Experiment", "train_together"]

# The certificate searches every sign pattern: a second for 8 stimuli, many minutes for 16.
_MOST_STIMULI = 12
_N_RECORDS = 60


@dataclass(frozen=True)
class Experiment:
    r"""The choices of one experiment, and what follows from them.

    Parameters
    ----------
    n_latents : int
        d, 2 or 3: the classes are the :math:`2^d` combinations of the latents.
    stimuli_per_class : int
        At most 12 stimuli in all, so that the optimum can be certified.
    correlation : float
        Inner product of two stimuli of one class, in units of their own squared length; from 0 to
        1. Not used with one stimulus per class.
    xor : bool
        Whether the product of the first two latents is asked for as well.
    inputs : Inputs
        Geometry of the classes' input patterns.
    activation : Activation
        ReLU, leaky ReLU, absolute value, linear, tanh, erf, hard tanh, sigmoid, softplus or GELU
        of `absrep.meanfield`.
    bias : float
        τ in [0, ∞].
    weight_decay : float or (float, float)
        λ or (λ₁, λ₂), above zero.
    width : int
        M, neurons of the network; the optimum is that of this width.
    seed : int
        Decides the network's first weights.
    n_steps, learning_rate, init_scale
        Of the training, see `absrep.nets.train` and `absrep.nets.FeedForward`.
    noise : float
        For CCGP and decoding: standard deviation of the noise along each axis, in units of the
        root mean squared distance of the classes from their centre.

    Raises
    ------
    ValueError, TypeError
        Naming the choice that is out of range.

    Examples
    --------
    >>> from absrep.laboratory import Experiment
    >>> experiment = Experiment(bias=1.0)
    >>> round(experiment.optimum().loss, 10), experiment.verdict()
    (0.0436978046, 'certified optimum')
    >>> round(experiment.measures()["optimum"]["PS"], 9)
    1.0
    """

    n_latents: int = 2
    stimuli_per_class: int = 1
    correlation: float = 0.5
    xor: bool = False
    inputs: Inputs = field(default_factory=Whitened)
    activation: Activation = relu
    bias: float = 1.0
    weight_decay: float | tuple[float, float] = (0.01, 0.01)
    width: int = 100
    seed: int = 0
    n_steps: int = 3000
    learning_rate: float = 0.03
    init_scale: float = 1.0
    noise: float = 0.5

    def __post_init__(self) -> None:
        d = as_count("n_latents", self.n_latents)
        if d not in (2, 3):
            raise ValueError(f"n_latents must be 2 or 3, found {d}")
        n = as_count("stimuli_per_class", self.stimuli_per_class)
        if n * 2**d > _MOST_STIMULI:
            raise ValueError(
                f"stimuli_per_class must leave at most {_MOST_STIMULI} stimuli, so that the "
                f"optimum can be certified; found {n} for each of {2**d} classes"
            )
        correlation = as_number("correlation", self.correlation, at_least=0)
        if correlation > 1:
            raise ValueError(f"correlation must be at most 1, found {correlation:g}")
        if not isinstance(self.xor, bool):
            raise TypeError(f"xor must be True or False, found {self.xor!r}")
        if not isinstance(self.inputs, Inputs):
            raise TypeError(f"inputs must be Whitened(), …, found {self.inputs!r}")
        self.inputs.call(d)  # complains where the numbers of levels and of latents disagree
        network_activation(self.activation)
        decay = as_array("weight_decay", self.weight_decay, (0, 1))
        if decay.shape not in ((), (2,)):
            raise ValueError(
                f"weight_decay must be λ or the pair (λ₁, λ₂), found {self.weight_decay!r}"
            )
        pair = [
            as_number("weight_decay", float(value), above=0) for value in np.broadcast_to(decay, 2)
        ]
        checked = {
            "n_latents": d,
            "stimuli_per_class": n,
            "correlation": correlation,
            "bias": np.inf if self.bias == np.inf else as_number("bias", self.bias, at_least=0),
            "weight_decay": tuple(pair),
            "width": as_count("width", self.width),
            "seed": as_count("seed", self.seed, at_least=0),
            "n_steps": as_count("n_steps", self.n_steps),
            "learning_rate": as_number("learning_rate", self.learning_rate, above=0),
            "init_scale": as_number("init_scale", self.init_scale, above=0),
            "noise": as_number("noise", self.noise, above=0),
        }
        for name, value in checked.items():
            object.__setattr__(self, name, value)

    @cached_property
    def latents(self) -> Array:
        """The latents of every stimulus, shape (P, d)."""
        classes = walsh_basis(self.n_latents)[:, 1 : self.n_latents + 1]
        return np.repeat(classes, self.stimuli_per_class, axis=0)

    @cached_property
    def task(self) -> Task:
        """Stimuli, class after class, and targets."""
        y, n, c = self.latents, self.stimuli_per_class, self.correlation
        targets = np.column_stack([y, y[:, 0] * y[:, 1]]) if self.xor else y
        within = (1 - c) * np.eye(n) + c
        kernel = np.asarray(np.kron(self.inputs.kernel(self.n_latents), within), dtype=np.float64)
        return Task(targets, kernel=kernel)

    @cached_property
    def _optimum(self) -> Optimum:
        return solve(self.task, **self._theory, width=self.width)

    @property
    def _theory(self) -> dict[str, Any]:
        return {
            "activation": self.activation,
            "weight_decay": self.weight_decay,
            "bias": self.bias,
        }

    def optimum(self) -> Optimum:
        """The best network of this width, and a bound that no network beats; computed once."""
        return self._optimum

    def verdict(self) -> str:
        """In words, what is known of the optimum: `verdict` of it."""
        return verdict(self.optimum())

    def closed_form(self) -> ClosedForm:
        """The optimum in closed form.

        Raises
        ------
        ValueError
            If there is none: the message tells the condition that fails.
        """
        return closed_form(self.task, **self._theory, width=self.width)

    def closed_form_status(self) -> str:
        """``"applies"``, or the condition that fails."""
        try:
            self.closed_form()
        except ValueError as failed:
            return str(failed)
        return "applies"

    def train(
        self, *, watch: Callable[[Training], object] | None = None, progress: bool = False
    ) -> Training:
        """Train a network from the seed; the same choices give the same network.

        Parameters
        ----------
        watch : callable, optional
            Called with the run so far, about sixty times.
        progress : bool
            Show a progress bar.

        Returns
        -------
        Training
            With the hidden features recorded, shape (T, 1, P, M).
        """
        return _train([self], watch, progress)

    def certificate(self, run: Training) -> Certificate:
        """How far the trained network is from the best one."""
        return certify(self.task, _weights(run), **self._theory, optimum=self.optimum())

    def measures(self, run: Training | None = None) -> dict[str, Measures]:
        """Every number: of the closed form if there is one, the optimum, and the trained network.

        Parameters
        ----------
        run : Training, optional
            What `train` returned.

        Returns
        -------
        dict of dict
            Columns ``"closed form"``, ``"optimum"``, ``"trained"``, as far as there are; in each
            the loss, lower bound, gap and `representation_measures`. None where a measure does not
            exist.
        """
        best, columns = self.optimum(), {}
        try:
            form = self.closed_form()
        except ValueError:
            form = None
        if form is not None:
            geometry = self._geometry_of(form.preactivations, form.masses)
            columns["closed form"] = _column(form.loss, None, None) | geometry
        geometry = self._geometry_of(best.preactivations, best.masses)
        columns["optimum"] = _column(best.loss, best.lower_bound, best.gap) | geometry
        if run is not None:
            report, weights = self.certificate(run), _weights(run)
            features = run.recorded["features"][-1, 0]
            geometry = representation_measures(
                features, weights.output_weights, self.latents, self.task.labels, noise=self.noise
            )
            columns["trained"] = _column(report.loss, report.lower_bound, report.gap) | geometry
        return columns

    def _geometry_of(self, preactivations: Array, masses: Array) -> Measures:
        """Measures of neurons with the best read-out."""
        features = self.activation.value(preactivations) * np.sqrt(masses)
        if self.bias == np.inf:  # a free hidden bias makes one of the outputs
            features = features - features.mean(axis=0)
        _, second = np.broadcast_to(self.weight_decay, 2)
        solved = np.linalg.solve(
            features @ features.T + second * np.eye(len(features)), self.task.labels
        )
        read_out = features.T @ solved
        return representation_measures(
            features, read_out, self.latents, self.task.labels, noise=self.noise
        )

    def report(self, run: Training | None = None) -> dict[str, Any]:
        """What `script` prints: the verdict, the closed form's status and `measures`, for JSON."""
        return {
            "verdict": self.verdict(),
            "closed form": self.closed_form_status(),
            "measures": self.measures(run),
        }

    def table(self, run: Training | None = None) -> str:
        """`measures` as CSV, one row per measure, numbers in full precision.

        Parameters
        ----------
        run : Training, optional

        Returns
        -------
        str

        Examples
        --------
        >>> from absrep.laboratory import Experiment
        >>> print(*Experiment().table().splitlines()[:2], sep="\\n")
        measure,closed form,optimum
        loss,0.0436978046...,0.0436978046...
        """
        columns = self.measures(run)
        text = StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["measure", *columns])
        for name in columns["optimum"]:
            writer.writerow([name, *(column[name] for column in columns.values())])
        return text.getvalue()

    def script(self) -> str:
        """A Python script that runs this experiment by itself and prints `report` as JSON.

        It uses the library's functions and not this class, so it shows how every number is made.
        On the same machine and versions it prints the same numbers, to the last digit.
        """
        return script_of(self)


def train_together(experiments: Sequence[Experiment]) -> list[Training]:
    """Train experiments that differ in their inputs and seeds only, as replicas in one run.

    Each gets what its own `Experiment.train` returns (up to rounding), in much less time.

    Parameters
    ----------
    experiments : sequence of Experiment

    Returns
    -------
    list of Training

    Raises
    ------
    ValueError
        If there is none, or they differ in anything else.

    Examples
    --------
    >>> from absrep.laboratory import Experiment, TargetAligned, train_together
    >>> pair = [Experiment(n_steps=50), Experiment(n_steps=50, inputs=TargetAligned(3.0))]
    >>> [run.loss.shape for run in train_together(pair)]
    [(34, 1), (34, 1)]
    """
    given = list(experiments)
    if not given:
        raise ValueError("experiments must not be empty")
    first = given[0]
    for experiment in given:
        if replace(experiment, inputs=first.inputs, seed=first.seed) != first:
            raise ValueError("experiments must differ in their inputs and seeds only")
    together = _train(given, None, False)
    runs = []
    for r, experiment in enumerate(given):
        network = _network(experiment, [experiment.seed])
        with torch.no_grad():
            pairs = zip(network.parameters(), together.network.parameters(), strict=True)
            for own, all_of in pairs:
                own.copy_(all_of[r : r + 1])
        loss, error = together.loss[:, r : r + 1], together.error[:, r : r + 1]
        kept = {name: value[:, r : r + 1] for name, value in together.recorded.items()}
        runs.append(Training(network, together.steps, loss, error, kept))
    return runs


def _network(experiment: Experiment, seeds: list[int]) -> FeedForward:
    return FeedForward(
        experiment.task.features.shape[1],
        [experiment.width],
        experiment.task.n_latents,
        seeds=seeds,
        activation=network_activation(experiment.activation)[0],
        bias=experiment.bias,
        init_scale=experiment.init_scale,
    )


def _train(
    experiments: list[Experiment], watch: Callable[[Training], object] | None, progress: bool
) -> Training:
    """One replica per experiment; all but inputs and seeds are those of the first."""
    first = experiments[0]
    inputs = np.stack([experiment.task.features for experiment in experiments])
    if len(experiments) == 1:
        inputs = inputs[0]  # to the last digit as in the script
    stimuli = torch.tensor(inputs)
    steps = np.geomspace(1, first.n_steps, _N_RECORDS).astype(int)
    return train(
        _network(first, [experiment.seed for experiment in experiments]),
        inputs,
        first.task.labels,
        n_steps=first.n_steps,
        weight_decay=first.weight_decay,
        learning_rate=first.learning_rate,
        record_at=np.unique(steps).tolist(),
        probes={"features": lambda network: network.hidden(stimuli)[-1]},
        watch=watch,
        progress=progress,
    )


def _column(loss: float, bound: float | None, gap: float | None) -> Measures:
    return {"loss": loss, "lower bound": bound, "gap": gap}


def _weights(run: Training) -> Network:
    """The (single) trained network as plain arrays."""
    network = run.network
    assert isinstance(network, FeedForward)
    into, out = (weight.detach().numpy()[0] for weight in network.weights)
    biases = network.biases[0].detach().numpy()[0, 0] if network.bias else np.zeros(len(out))
    return Network(into, biases, out)
