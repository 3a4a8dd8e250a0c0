r"""Depth: every layer sees the one below as its input kernel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import OptimizeResult, minimize

from .._validation import Array, as_count, as_number
from ..tasks import Task
from ._closed_form import check_interactions, isotropy

__all__ = ["DeepClosedForm", "deep_closed_form", "deep_collapse"]


@dataclass(frozen=True, eq=False)
class DeepClosedForm:
    r"""Abstract representations in every layer of a deep ReLU network.

    Attributes
    ----------
    kernels : array, shape (depth, P, P)
        :math:`K_l = b_l(d_Y 11^\top + K_Y)`, first layer first.
    strengths : array, shape (depth,)
        :math:`b_l`; all 0 if learning collapses.
    loss : float
    """

    kernels: Array
    strengths: Array
    loss: float


def deep_closed_form(
    task: Task, depth: int, weight_decay: float = 1e-2, bias: float = 1.0
) -> DeepClosedForm:
    r"""Optimal kernels of a deep ReLU network within the modular family.

    With neurons :math:`h ∝ 1 ± y_a` in every layer, kernels :math:`K_l = b_l(d_Y11^\top + K_Y)`
    have eigenvalues :math:`b_lP` on the labels and :math:`d_Yb_lP` on the constant, and

    .. math:: L = \frac λ2\min_{b_1…b_L}\left\{\frac{d_YP}{b_LP+λ} + \frac{b_1d_YP}{γ}
        + \sum_{l≥2} b_ld_Y\left[\frac1{b_{l-1}} + \frac1{d_Yb_{l-1}+τ}\right]\right\},

    γ the gain of the inputs (see :func:`closed_form`). It is the optimum within this family. For
    depth 1 no other representation is better; in deep networks every layer is optimal given the
    others, but with unequal signs (:func:`deep_modular`) the loss can be lower.

    Parameters
    ----------
    task : Task
        As for :func:`closed_form`.
    depth : int
        Number of hidden layers.
    weight_decay : float
        λ > 0, the same in all layers.
    bias : float
        τ ≥ 0, finite, in all layers.

    Returns
    -------
    DeepClosedForm

    Raises
    ------
    ValueError
        If the closed form of the first layer does not apply, or an argument is out of range.

    Examples
    --------
    >>> from absrep.meanfield import deep_closed_form
    >>> deep = deep_closed_form(hypercube(2), depth=2, weight_decay=0.005)
    >>> deep.strengths.round(5), round(deep.loss, 7)
    (array([0.34798, 0.53609]), 0.02694)
    """
    decay = as_number("weight_decay", weight_decay, above=0)
    costs = _Costs(task, depth, bias)
    p, d = task.n_stimuli, task.n_latents

    def function(log_b: Array) -> tuple[float, Array]:
        b = np.exp(log_b)
        value, slope = costs(b)
        value += d * p / (b[-1] * p + decay)
        slope[-1] -= d * p * p / (b[-1] * p + decay) ** 2
        return 0.5 * decay * value, 0.5 * decay * slope * b

    best = _lowest(function, costs.depth)
    collapsed = 0.5 * d * p
    strengths, loss = np.exp(best.x), float(best.fun)
    if loss >= collapsed * (1 - 1e-14):
        strengths, loss = np.zeros(costs.depth), collapsed
    shape = d + task.output_kernel
    return DeepClosedForm(strengths[:, None, None] * shape, strengths, loss)


def deep_collapse(task: Task, depth: int, bias: float = 1.0) -> float:
    r"""Weight decay at which the networks of :func:`deep_closed_form` collapse.

    Strengths with the costs :math:`C = \frac{b_1d_YP}γ + \sum_{l≥2}b_ld_Y[…]` pay as long as
    :math:`\frac{d_YP}{b_LP+λ} + C < \frac{d_YP}λ`; the threshold is the largest such λ,

    .. math:: λ_c = \max_{b_1…b_L}\tfrac12\left[\sqrt{(b_LP)^2 + 4d_YP^2b_L/C} - b_LP\right].

    Parameters
    ----------
    task, depth, bias
        As for :func:`deep_closed_form`.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        As for :func:`deep_closed_form`.

    Examples
    --------
    >>> from absrep.meanfield import deep_collapse
    >>> [round(deep_collapse(hypercube(2), depth), 3) for depth in (1, 2, 3)]
    [1.826, 0.897, 0.679]
    """
    costs = _Costs(task, depth, bias)
    p, d = task.n_stimuli, task.n_latents

    def function(log_b: Array) -> tuple[float, Array]:
        b = np.exp(log_b)
        value, slope = costs(b)
        read = b[-1] * p
        root = np.sqrt(read**2 + 4 * d * p * read / value)
        slope *= -d * p * read / (value**2 * root)
        slope[-1] += 0.5 * p * ((read + 2 * d * p / value) / root - 1)
        return 0.5 * float(read - root), -slope * b

    return -float(_lowest(function, costs.depth).fun)


class _Costs:
    """What hidden layers of given strengths cost, in units of λ/2, with its gradient."""

    def __init__(self, task: Task, depth: int, bias: float) -> None:
        self.depth = as_count("depth", depth)
        self.bias = as_number("bias", bias, at_least=0)
        spectrum = isotropy(task, self.bias)
        check_interactions(spectrum)
        k0, k1 = spectrum.constant, spectrum.latent
        gain = k0 * k1 / (k0 + k1) if k0 >= k1 else (k0 + k1) / 4
        self.d = task.n_latents
        self.first = self.d * task.n_stimuli / gain

    def __call__(self, b: Array) -> tuple[float, Array]:
        d, below, with_bias = self.d, b[:-1], self.d * b[:-1] + self.bias
        slope = np.concatenate([[self.first], d * (1 / below + 1 / with_bias)])
        value = float(b @ slope)
        slope[:-1] -= d * b[1:] * (1 / below**2 + d / with_bias**2)
        return value, slope


def _lowest(function: Callable[[Array], tuple[float, Array]], depth: int) -> OptimizeResult:
    """Smallest value over the logarithms of the strengths."""
    options = {"ftol": 0.0, "gtol": 1e-15, "maxiter": 10000}
    # What collapses goes to zero: far enough to be told, not so far that its inverse overflows.
    bounds = [(-40.0, 40.0)] * depth
    results = [
        minimize(function, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options)
        for start in np.log(np.outer([0.05, 0.3, 1.0], np.ones(depth)))
    ]
    return min(results, key=lambda result: float(result.fun))
