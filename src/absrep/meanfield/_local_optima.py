"""All the places where descents come to rest, not only the best of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .._validation import Array, Seed, as_count, as_generator, as_number
from ..tasks import Task
from ._activations import Activation
from ._metric import WeightDecay, as_weight_decay, input_metric
from ._solver import as_activation
from ._width import Descent, descend

__all__ = ["LocalOptima", "local_optima"]

_SAME_LOSS = 1e-5


@dataclass(frozen=True, eq=False)
class LocalOptima:
    """Where descents of the loss of one task came to rest, the best place first.

    Attributes
    ----------
    losses : array, shape (n,)
        Increasing. Places whose losses agree to 1e-5 are taken for one: they differ by a symmetry
        of the task as a rule.
    counts : array of int, shape (n,)
        How many of the descents ended there.
    kernels : array, shape (n, P, P)
        Hidden kernel of the best descent that ended there.
    preactivations : tuple of n arrays, shape (P, M)
        Its neurons, as many columns as there are.
    """

    losses: Array
    counts: np.ndarray[tuple[int], np.dtype[np.int64]]
    kernels: Array
    preactivations: tuple[Array, ...]


def local_optima(
    task: Task,
    activation: Activation,
    weight_decay: WeightDecay = 1e-2,
    bias: float = 1.0,
    *,
    width: int,
    n_starts: int = 50,
    init_scale: float = 1.0,
    rng: Seed = 0,
) -> LocalOptima:
    r"""Descend the loss of M neurons, E(H), from random starts, and list where the descents end.

    Unlike :func:`solve`, which also starts at good guesses and reports the best end only, this
    tells what is typical.

    Parameters
    ----------
    task : Task
    activation : Activation
    weight_decay : float or (float, float)
        λ, or (λ₁, λ₂); above zero.
    bias : float
        τ in [0, ∞]; finite for activations of degree above 1.
    width : int
        M.
    n_starts : int
        Descents. Each starts at preactivations drawn from :math:`N(0, \text{init\_scale}^2)`, a
        network with random input weights of that size and whitened inputs.
    init_scale : float
    rng : int or numpy.random.Generator

    Returns
    -------
    LocalOptima

    Raises
    ------
    TypeError, ValueError
        If an argument is out of its range.

    Examples
    --------
    >>> from absrep.meanfield import local_optima, relu_power
    >>> found = local_optima(hypercube(2), relu_power(2), width=6, n_starts=10)
    >>> int(found.counts.sum()), bool((np.diff(found.losses) > 0).all())
    (10, True)
    """
    phi = as_activation(activation)
    metric = input_metric(task, bias)
    decay = as_weight_decay(weight_decay)
    if decay[0] == 0:
        raise ValueError("weight_decay must be above zero")
    if metric.free and (phi.degree or 0) > 1:
        raise ValueError(f"bias must be finite for {phi}: the loss has no minimum")
    m, n = as_count("width", width), as_count("n_starts", n_starts)
    scale = as_number("init_scale", init_scale, above=0)
    drawn = as_generator("rng", rng).standard_normal((n, task.n_stimuli, m))
    ends = [
        descend(task.labels, metric, phi, decay, [metric.project(scale * start)]) for start in drawn
    ]
    ends.sort(key=lambda end: end.energy)
    places: list[Descent] = []
    counts: list[int] = []
    for end in ends:
        if places and end.energy <= places[-1].energy * (1 + _SAME_LOSS):
            counts[-1] += 1
        else:
            places.append(end)
            counts.append(1)
    neurons = [
        np.repeat(place.preactivations, place.masses.astype(np.int64), axis=1) for place in places
    ]
    kernels = [phi.value(h) @ phi.value(h).T for h in neurons]
    return LocalOptima(
        np.array([place.energy for place in places]),
        np.array(counts, dtype=np.int64),
        np.stack(kernels),
        tuple(neurons),
    )
