r"""How much optimal representations may differ: the range of a measure over the optimal set.

The optimum of a convex problem need not be unique. Whitened inputs without a bias are the prime
example: every neuron h = (Yw)₊ is optimal, and the kernel is anything between modular and one-hot.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from .._validation import Array, Seed, as_count, as_generator
from ..tasks import Task
from ._activations import Activation, relu
from ._ascent import minimise_smooth
from ._generation import generate
from ._master import resolvent
from ._metric import WeightDecay, as_weight_decay, input_metric
from ._slide import Atoms, Problem, slide
from ._solver import solve

__all__ = ["OptimalRange", "optimal_range"]

_OPTIMAL = 1e-9  # relative excess of the loss up to which a kernel counts as optimal
_WEIGHTS = (1e-2, 1e-4)


@dataclass(frozen=True, eq=False)
class OptimalRange:
    """Smallest and largest value of a measure found among optimal kernels.

    Attributes
    ----------
    low, high : float
    low_kernel, high_kernel : array, shape (P, P)
    excess : float
        Largest relative excess of the loss of the two kernels over the certified lower bound.
    """

    low: float
    high: float
    low_kernel: Array
    high_kernel: Array
    excess: float


def optimal_range(
    task: Task,
    measure: Callable[[Array], float],
    activation: Activation = relu,
    weight_decay: WeightDecay = 1e-2,
    bias: float = 1.0,
    width: int | None = None,
    n_starts: int = 1,
    *,
    rng: Seed = 0,
) -> OptimalRange:
    r"""Minimise and maximise a measure of the hidden kernel over the optimal kernels.

    Networks descend :math:`E(H)/L^* ± ε f(K)` for small ε, so that the measure f decides between
    kernels of almost equal loss; Newton steps on E alone, which do not move along directions
    in which E is flat, then lead to the optimal set. The range found is a subset of the true one
    (descents may
    miss an extreme); `excess` shows that both ends are optimal.

    Parameters
    ----------
    task : Task
    measure : callable
        Takes a kernel (P, P), returns a number. Its gradient is taken by finite differences.
    activation, weight_decay, bias
        As in :func:`solve`; activation of degree 1, weight decay above zero.
    width : int, optional
        Neurons of the descending networks; default 2P.
    n_starts : int
        Descents per end.
    rng : int or numpy.random.Generator
        Decides the starts.

    Returns
    -------
    OptimalRange

    Raises
    ------
    TypeError, ValueError
        If an argument is out of its range, or learning collapses.

    Examples
    --------
    >>> from absrep.meanfield import optimal_range
    >>> task = hypercube(2)
    >>> coding = np.array([[-1.0, 0, 1, 0], [0, -1, 0, 1]])  # of latent 1, in both contexts
    >>> def score(kernel):
    ...     inner = coding @ kernel @ coding.T
    ...     return inner[0, 1] / np.sqrt(inner[0, 0] * inner[1, 1])
    >>> ends = optimal_range(task, score)
    >>> round(ends.low, 3), round(ends.high, 3)  # with a bias the optimum is unique
    (1.0, 1.0)
    """
    if not callable(measure):
        raise TypeError(f"measure must be callable, found {measure!r}")
    first, second = as_weight_decay(weight_decay)
    if first == 0:
        raise ValueError("weight_decay must be above zero")
    optimum = solve(task, activation, weight_decay, bias)
    if activation.slopes is None:
        raise ValueError(f"activation must be of degree 1, found {activation}")
    if not optimum.kernel.any():
        raise ValueError("weight_decay must be small enough that learning does not collapse")
    metric = input_metric(task, bias)
    m = 2 * task.n_stimuli if width is None else as_count("width", width)
    generator = as_generator("rng", rng)
    factor, rank = metric.factor, metric.factor.shape[1]
    if metric.free:
        factor = np.column_stack([factor, np.ones(len(factor))])
    nu = float(np.sqrt(first * second))
    centred = task.labels - task.labels.mean(axis=0) if metric.free else task.labels
    scale = float((first / second) ** 0.25)  # of preactivations in the solver's units
    problem = Problem(centred, metric, activation, nu)
    labels, unit = task.labels, optimum.lower_bound

    def loss_and_gradient(flat: Array, weight: float) -> tuple[float, Array]:
        u = flat.reshape(factor.shape[1], m)
        h = factor @ u
        z = activation.value(h)
        kernel = z @ z.T
        _, solved = resolvent(kernel, labels, second)
        value = 0.5 * second * np.sum(labels * solved) + 0.5 * first * np.sum(u[:rank] ** 2)
        pull = -second * solved @ solved.T / unit + 2 * weight * _slope(measure, kernel)
        gradient = factor.T @ (activation.derivative(h) * (pull @ z))
        gradient[:rank] += first * u[:rank] / unit
        return float(value / unit + weight * measure(kernel)), gradient.ravel()

    ends: list[tuple[float, Array, float]] = []
    for sign in (1.0, -1.0):
        found = []
        for _ in range(n_starts):
            h = metric.project(np.sqrt(2 / m) * generator.standard_normal((task.n_stimuli, m)))
            flat: Array = np.asarray(np.linalg.lstsq(factor, h, rcond=None)[0].ravel())
            for weight in _WEIGHTS:
                function = partial(loss_and_gradient, weight=sign * weight)
                flat = minimise_smooth(function, flat, 1e-10, 200)[1]
            near = slide(
                problem, _atoms(problem, scale * factor @ flat.reshape(factor.shape[1], m))
            )
            # At the optimum this stops at once; else it goes there the shortest way.
            end = generate(problem, _OPTIMAL, near)
            kernel = problem.kernel(end.atoms) * float(np.sqrt(second / first))
            found.append((float(measure(kernel)), kernel, end.energy * nu / unit - 1))
        ends.append(min(found, key=lambda item: sign * item[0]))
    low, high = ends
    return OptimalRange(low[0], high[0], low[1], high[1], max(low[2], high[2]))


def _atoms(problem: Problem, h: Array) -> Atoms:
    """Neurons (P, M) of a descent as atoms; preactivations that are nearly zero become zero."""
    h = h.T
    cost = problem.metric.cost(h.T)
    keep = cost > 1e-10 * cost.sum()
    h, cost = h[keep], cost[keep]
    return Atoms(h / np.sqrt(cost)[:, None], np.sign(h), cost)


def _slope(measure: Callable[[Array], float], kernel: Array) -> Array:
    """Symmetric gradient of a measure by one-sided differences.

    Steps add positive semi-definite matrices, (e_i + e_j)(e_i + e_j)ᵀ, so that every kernel that
    the measure sees is one.
    """
    p = len(kernel)
    size = 1e-7 * float(np.abs(kernel).max())
    here = measure(kernel)

    def along(direction: Array) -> float:
        return float(measure(kernel + size * np.outer(direction, direction)) - here) / size

    unit = np.eye(p)
    slope = np.diag([along(unit[i]) for i in range(p)])
    for i in range(p):
        for j in range(i):
            both = along(unit[i] + unit[j])
            slope[i, j] = slope[j, i] = (both - slope[i, i] - slope[j, j]) / 2
    return slope
