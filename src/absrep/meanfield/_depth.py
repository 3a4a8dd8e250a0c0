r"""Depth: every layer sees the one below as its input kernel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from .._validation import Array, as_count, as_number
from ..tasks import Task
from ._closed_form import check_interactions, isotropy

__all__ = ["DeepClosedForm", "deep_closed_form"]


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
    n = as_count("depth", depth)
    decay = as_number("weight_decay", weight_decay, above=0)
    tau = as_number("bias", bias, at_least=0)
    spectrum = isotropy(task, tau)
    k0, k1 = spectrum.constant, spectrum.latent
    check_interactions(spectrum)
    gain = k0 * k1 / (k0 + k1) if k0 >= k1 else (k0 + k1) / 4
    p, d = task.n_stimuli, task.n_latents

    def function(log_b: Array) -> tuple[float, Array]:
        b = np.exp(log_b)
        below = b[:-1]
        price = 1 / below + 1 / (d * below + tau)
        value = d * p / (b[-1] * p + decay) + b[0] * d * p / gain + d * np.sum(b[1:] * price)
        slope = np.zeros(n)
        slope[-1] -= d * p * p / (b[-1] * p + decay) ** 2
        slope[0] += d * p / gain
        slope[1:] += d * price
        slope[:-1] -= d * b[1:] * (1 / below**2 + d / (d * below + tau) ** 2)
        return float(0.5 * decay * value), 0.5 * decay * slope * b

    options = {"ftol": 0.0, "gtol": 1e-15, "maxiter": 10000}
    results = [
        minimize(function, np.full(n, np.log(b)), jac=True, method="L-BFGS-B", options=options)
        for b in (0.05, 0.3, 1.0)
    ]
    best = min(results, key=lambda result: float(result.fun))
    collapsed = 0.5 * d * p
    strengths, loss = np.exp(best.x), float(best.fun)
    if loss >= collapsed:
        strengths, loss = np.zeros(n), collapsed
    shape = d + task.output_kernel
    return DeepClosedForm(strengths[:, None, None] * shape, strengths, loss)
