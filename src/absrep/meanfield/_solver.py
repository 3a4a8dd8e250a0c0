"""The certified global optimum of a task."""

from __future__ import annotations

import numpy as np

from .._validation import Array, Seed, as_count, as_generator, as_number
from ..tasks import Task
from ._activations import Activation, relu
from ._generation import ScaledOptimum, generate
from ._limit import interpolate
from ._master import resolvent
from ._metric import InputMetric, WeightDecay, as_weight_decay, input_metric
from ._odd import odd_width_bound
from ._optimum import Optimum, relative_gap
from ._slide import Problem
from ._whole import whole_neuron_bound
from ._width import default_starts, descend, heuristic_width_bound, sector_bound

__all__ = ["solve"]

_HEURISTIC = "the best single neuron was searched by local ascent: the bound is not rigorous"


def as_activation(activation: Activation) -> Activation:
    if not isinstance(activation, Activation):
        raise TypeError(
            f"activation must be an absrep.meanfield.Activation, found {type(activation).__name__}"
        )
    return activation


def solve(
    task: Task,
    activation: Activation = relu,
    weight_decay: WeightDecay = 1e-2,
    bias: float = 1.0,
    width: int | None = None,
    tol: float = 1e-9,
    *,
    rng: Seed = 0,
    n_starts: int = 8,
) -> Optimum:
    r"""Find the best hidden representation of a task, with a proof that no other is better.

    .. math:: \min_{W_1, b_1, W_2} \tfrac12\lVert\hat Y - Y\rVert^2
        + \tfrac12λ_1(\lVert W_1\rVert^2 + \lVert b_1\rVert^2/τ) + \tfrac12λ_2\lVert W_2\rVert^2

    For activations made of two half-lines through the origin (ReLU, leaky ReLU, :math:`|x|`,
    linear) the problem is convex in the measure of neurons: they are found by column generation,
    and the lower bound is exact for up to 16 stimuli. Otherwise, or with fewer neurons than the
    optimum needs, the best of several descents is returned with the strongest bound at hand: an
    exact one for saturating activations (tanh, erf, sigmoid) on tasks that look the same with all
    labels flipped, in general one that is rigorous but loose.

    Parameters
    ----------
    task : Task
    activation : Activation
    weight_decay : float or (float, float)
        λ, or (λ₁, λ₂). Zero stands for the limit λ → 0 of networks that fit the labels exactly.
    bias : float
        τ in [0, ∞]: 0 no bias, 1 penalised like the weights, ``np.inf`` free (of the output
        as well: a free hidden bias makes an output bias free).
    width : int, optional
        Number of neurons, M. Default as many as the optimum wants; activations that are not of
        degree 1 need a number, because their optimum without it does not exist.
    tol : float
        Relative gap to stop at.
    rng : int or numpy.random.Generator
        Decides the random starts of descents. Not used where the solver is exact.
    n_starts : int
        How many random starts, beside the structured ones.

    Returns
    -------
    Optimum

    Raises
    ------
    TypeError, ValueError
        If an argument is out of its range; if the activation needs a width; if weight decay is
        zero and the labels cannot be fitted.

    Examples
    --------
    >>> from absrep.meanfield import solve
    >>> best = solve(hypercube(2))
    >>> round(best.loss, 10), best.certified, best.gap < 1e-9
    (0.0436978046, True, True)
    >>> kernel_parallelism_score(best.kernel, hypercube(2).labels).round(9)  # abstract
    array([1., 1.])
    """
    phi = as_activation(activation)
    metric = input_metric(task, bias)
    decay = as_weight_decay(weight_decay)
    tolerance = as_number("tol", tol, above=0)
    m = None if width is None else as_count("width", width)
    generator = as_generator("rng", rng)
    starts = as_count("n_starts", n_starts, at_least=0)
    if phi.slopes is None:
        if m is None:
            raise ValueError(
                f"width must be given for {phi}: without it only activations of degree 1 have an "
                "optimum (others gain without end from ever more or ever larger neurons)"
            )
        return _at_width(task, phi, metric, decay, m, generator, starts)
    exact = _exact(task, phi, metric, decay, tolerance)
    if m is None or exact.n_atoms <= m:
        return exact
    if decay[0] == 0:
        raise ValueError(
            f"width must be at least {exact.n_atoms} at weight_decay 0: narrower networks that "
            "interpolate are not searched"
        )
    narrow = _at_width(task, phi, metric, decay, m, generator, starts)
    bound = exact.lower_bound
    return Optimum(
        narrow.kernel,
        narrow.preactivations,
        narrow.masses,
        narrow.loss,
        bound,
        relative_gap(narrow.loss, bound),
        exact.certified,
        bound,
        narrow.history,
        f"the bound is that of any width, reached with {exact.n_atoms} neurons",
    )


def _exact(
    task: Task,
    activation: Activation,
    metric: InputMetric,
    decay: tuple[float, float],
    tol: float,
) -> Optimum:
    """Optimum over all measures for a piecewise-linear activation."""
    first, second = decay
    nu = float(np.sqrt(first * second))
    labels = task.labels
    # A free bias leaves no cost on the mean of the labels.
    problem = Problem(
        labels - labels.mean(axis=0) if metric.free else labels, metric, activation, nu
    )
    if not problem.labels.any():
        p = len(labels)
        return _pack(np.zeros((p, 0)), np.zeros(0), activation, 0.0, 0.0, True, ())
    found: ScaledOptimum
    if nu == 0:
        found, unit, ratio = interpolate(problem, tol), 1.0, 1.0
    else:
        found, unit, ratio = generate(problem, tol), nu, float(np.sqrt(second / first))
    history = tuple((unit * e, unit * b) for e, b in found.history)
    return _pack(
        found.atoms.h.T,
        ratio * found.atoms.masses,
        activation,
        unit * found.energy,
        unit * found.lower_bound,
        found.rigorous,
        history,
    )


def _pack(
    h: Array,
    masses: Array,
    activation: Activation,
    loss: float,
    bound: float,
    rigorous: bool,
    history: tuple[tuple[float, float], ...],
) -> Optimum:
    z = activation.value(h)
    return Optimum(
        (z * masses) @ z.T,
        h,
        masses,
        loss,
        bound,
        relative_gap(loss, bound),
        rigorous,
        bound,
        history,
        "" if rigorous else _HEURISTIC,
    )


def _at_width(
    task: Task,
    activation: Activation,
    metric: InputMetric,
    decay: tuple[float, float],
    width: int,
    rng: np.random.Generator,
    n_starts: int,
) -> Optimum:
    """Best of several descents with M neurons, and the strongest bound."""
    if decay[0] == 0:
        raise ValueError("weight_decay must be above zero at a given width")
    if metric.free and (activation.degree or 0) > 1:
        raise ValueError(
            f"bias must be finite for {activation}: a free bias takes the neurons where they are "
            "ever steeper, and the loss has no minimum"
        )
    labels = task.labels
    starts = default_starts(labels, metric, width, rng, n_starts)
    found = descend(labels, metric, activation, decay, starts)
    z = activation.value(found.preactivations)
    kernel = (z * found.masses) @ z.T
    first, second = decay
    nu = float(np.sqrt(first * second))
    _, solved = resolvent(kernel, labels, second)
    heuristic = 0.0
    if activation.degree is None or activation.degree <= 1:
        heuristic = heuristic_width_bound(labels, metric, activation, decay, found, width, rng)
    heuristic = max(heuristic, whole_neuron_bound(labels, metric, activation, decay))
    heuristic = min(heuristic, found.energy)
    exact = odd_width_bound(labels, metric, activation, decay, second * solved, width)
    relaxed = sector_bound(labels, metric, activation, nu)
    if exact is not None and exact >= nu * (relaxed or 0.0):
        bound, certified, note = min(exact, found.energy), True, ""
    elif relaxed is not None:
        bound, certified = min(nu * relaxed, found.energy), True
        note = (
            "the bound is that of the activation's sector: rigorous, but in general not tight; "
            "heuristic_bound knows that neurons are whole, but rests on a search"
        )
    else:
        bound, certified, note = heuristic, False, _HEURISTIC
    if activation.degree is not None and activation.degree > 1:
        note = (
            f"degree {activation.degree:g} > 1: with masses that are not whole neurons the loss "
            "has the infimum 0, so no rigorous bound above 0 is known; heuristic_bound knows that "
            "neurons are whole, but rests on a search"
        )
    heuristic = max(heuristic, bound)
    return Optimum(
        kernel,
        found.preactivations,
        found.masses,
        found.energy,
        bound,
        relative_gap(found.energy, bound),
        certified,
        heuristic,
        ((found.energy, bound),),
        note,
    )
