r"""Deep networks with modular neurons, as many of either sign as pays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from .._validation import Array, as_count, as_number
from ..tasks import Task
from ._closed_form import check_interactions, isotropy

__all__ = ["DeepModular", "deep_modular"]

_SMALLEST = 1e-6  # of the stronger sign: a layer without any cannot be handed on


@dataclass(frozen=True, eq=False)
class DeepModular:
    r"""Modular neurons :math:`h ∝ 1 ± y_a` in every layer of a deep ReLU network.

    Attributes
    ----------
    strengths : array, shape (depth, 2)
        :math:`b_l^+ ≥ b_l^-` (up to relabelling): strength of the neurons :math:`1 + y_a` and
        :math:`1 - y_a`; all 0 if learning collapses.
    kernels : array, shape (depth, P, P)
        :math:`K_l = \sum_a b_l^+(1+y_a)(1+y_a)^\top + b_l^-(1-y_a)(1-y_a)^\top`.
    preactivations : list of array, shape (P, 2d)
        The neurons of every layer, 1 + y_a first.
    loss : float
    """

    strengths: Array
    kernels: Array
    preactivations: list[Array]
    loss: float


def deep_modular(
    task: Task, depth: int, weight_decay: float = 1e-2, bias: float = 1.0
) -> DeepModular:
    r"""Best kernels of a deep ReLU network whose neurons each read one latent.

    Where both signs are equally strong this is :func:`deep_closed_form`; in deep networks it
    need not be. The neurons :math:`1 + y_a` alone span d directions and carry the constant with
    them; with both signs a layer has d + 1 directions to hand on. The loss is minimised
    numerically over the 2L strengths, from starts with both signs and with one.

    Parameters
    ----------
    task, depth, weight_decay, bias
        As for :func:`deep_closed_form`; the inputs must not favour the labels (κ₁ ≤ κ₀), τ > 0.

    Returns
    -------
    DeepModular
        The best that was found; that no other network is better is not proved.

    Raises
    ------
    ValueError
        As for :func:`deep_closed_form`.

    Examples
    --------
    >>> from absrep.meanfield import deep_closed_form, deep_modular
    >>> deep, both = (form(hypercube(2), 6) for form in (deep_modular, deep_closed_form))
    >>> deep.strengths.round(2)
    array([[0.25, 0.  ],
           [0.29, 0.  ],
           [0.35, 0.  ],
           [0.41, 0.  ],
           [0.44, 0.05],
           [0.41, 0.2 ]])
    >>> round(deep.loss / both.loss, 3)
    0.962
    """
    n = as_count("depth", depth)
    decay = as_number("weight_decay", weight_decay, above=0)
    tau = as_number("bias", bias, above=0)
    spectrum = isotropy(task, tau)
    check_interactions(spectrum)
    if spectrum.latent > spectrum.constant:
        raise ValueError(
            "task has no such form: the inputs favour the labels, found κ₀ = "
            f"{spectrum.constant:.6g} and κ₁ = {spectrum.latent:.6g}"
        )
    p, d = task.n_stimuli, task.n_latents
    # Coordinates in the orthonormal basis 1/√P, y_a/√P: neurons 1 + y_a, then 1 − y_a.
    unit = np.sqrt(p) * np.eye(d)
    neurons = np.concatenate([np.full((1, 2 * d), np.sqrt(p)), np.hstack([unit, -unit])])
    inputs = np.diag([spectrum.constant] + [spectrum.latent] * d)
    constant = np.zeros((d + 1, d + 1))
    constant[0, 0] = p * tau

    def function(strengths: Array) -> tuple[float, Array]:
        """Loss / λ and its gradient."""
        masses = np.repeat(strengths.reshape(n, 2), d, axis=1)
        kernels = (neurons * masses[:, None]) @ neurons.T
        inverse = np.linalg.inv(np.concatenate([inputs[None], kernels[:-1] + constant]))
        resolvent = np.linalg.inv(kernels[-1] + decay * np.eye(d + 1))
        seen = inverse @ neurons
        costs = np.sum(neurons * seen, axis=1)
        pulls = np.empty_like(inverse)
        pulls[:-1] = (seen[1:] * masses[1:, None]) @ seen[1:].transpose(0, 2, 1)
        pulls[-1] = p * resolvent[:, 1:] @ resolvent[1:]
        value = p * np.trace(resolvent[1:, 1:]) + np.sum(masses * costs)
        slope = costs - np.sum(neurons * (pulls @ neurons), axis=1)
        return float(0.5 * value), 0.5 * slope.reshape(n, 2, d).sum(axis=2).ravel()

    options = {"ftol": 0.0, "gtol": 1e-12, "maxiter": 5000, "maxcor": 30}
    bounds = [(_SMALLEST, None), (0.0, None)] * n
    results = [
        minimize(function, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options)
        for start in _starts(n)
    ]
    best = min(results, key=lambda result: float(result.fun))
    strengths, loss = best.x.reshape(n, 2), decay * float(best.fun)
    strengths[strengths < 1e-8 * strengths.max()] = 0.0
    if loss >= 0.5 * d * p:
        strengths, loss = np.zeros((n, 2)), 0.5 * d * p
    signed = 1 + np.hstack([task.labels, -task.labels])
    layers = [signed * np.sqrt(np.repeat(b, d)) for b in strengths]
    return DeepModular(strengths, np.stack([h @ h.T for h in layers]), layers, loss)


def _starts(depth: int) -> list[Array]:
    """Both signs in all layers, in the last two, in the last, and (nearly) one sign throughout."""
    starts = []
    for both in {depth, min(depth, 2), 1, 0}:
        signs = np.full((depth, 2), 0.35)
        signs[: depth - both, 1] = 0.0
        signs[depth - both :, 1] = 0.25
        starts.append(signs.ravel())
    return starts
