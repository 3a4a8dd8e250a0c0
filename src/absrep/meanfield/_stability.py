r"""What a small excess loss says of the hidden geometry.

For whitened inputs the loss of any ReLU network exceeds the optimum by at least

.. math:: \tfrac{λ_1}{2γ}\sum_a\frac{(k_a-k^*)^2}{k_a+λ_2}
    + \tfrac{λ_1}2\Big(\frac1{κ_1}-\frac1{κ_0}\Big)\sum_{|S|\ge2}k_S,
    \qquad k_S = w_S^\top Kw_S/P,

with :math:`w_S` the Walsh functions: latents of the wrong strength cost, and so do interactions.
Few interactions on strong latents mean parallel coding vectors.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .._validation import Array, as_array
from ..tasks import Task
from ._activations import relu
from ._closed_form import closed_form, isotropy
from ._metric import WeightDecay, as_weight_decay

__all__ = ["guaranteed_parallelism"]


def guaranteed_parallelism(
    task: Task, excess: ArrayLike, weight_decay: WeightDecay = 1e-2, bias: float = 1.0
) -> Array:
    r"""Smallest parallelism score that a ReLU network with a given excess loss can have.

    The interactions hold at most :math:`I = 2Δ/(λ_1(1/κ_1-1/κ_0))` and every latent at least k,
    the smaller root of :math:`(k-k^*)^2 = 2γΔ(k+λ_2)/λ_1`. With :math:`x = I/k` and C contexts,
    :math:`1-\mathrm{PS} ≤ 4x\,C/(C-1)`, and :math:`2x/(1+x)` for two contexts while x ≤ 1.

    Parameters
    ----------
    task : Task
        A hypercube of at least two latents with whitened inputs, :math:`K_X ∝ I`.
    excess : array
        Δ = loss − smallest possible loss, not negative.
    weight_decay : float or (float, float)
        λ or (λ₁, λ₂), above zero.
    bias : float
        τ, above zero.

    Returns
    -------
    array, same shape
        −1 where nothing is known.

    Raises
    ------
    ValueError
        If inputs are not whitened, learning collapses at this weight decay, or an argument is
        out of range.

    Examples
    --------
    >>> from absrep.meanfield import guaranteed_parallelism
    >>> guaranteed_parallelism(hypercube(2), [0, 1e-4, 1e-3]).round(3)
    array([1.   , 0.97 , 0.686])
    """
    first, second = as_weight_decay(weight_decay)
    best = closed_form(task, relu, weight_decay, bias)  # checks labels, bias, and λ > 0
    spectrum = isotropy(task, bias)
    p, k1 = task.n_stimuli, spectrum.latent
    if np.abs(task.input_kernel - k1 * np.eye(p)).max() > 1e-9 * k1:
        raise ValueError("task must have whitened inputs, K_X proportional to the identity")
    if p != 2**task.n_latents or task.n_latents < 2:
        raise ValueError("task must show every combination of at least two labels once")
    if best.strength == 0:
        raise ValueError("weight_decay must be below the collapse of learning")
    delta = np.asarray(excess, dtype=np.float64)
    delta = as_array("excess", delta, delta.ndim)
    if (delta < 0).any():
        raise ValueError(f"excess must not be negative, found {delta.min():g}")
    gain = 1 / (1 / spectrum.constant + 1 / k1)
    room = 2 * gain * delta / first
    optimal = p * best.strength + second
    latent = (np.sqrt(optimal + room / 4) - np.sqrt(room) / 2) ** 2 - second
    interactions = 2 * delta / (first * (1 / k1 - 1 / spectrum.constant))
    x = np.where(latent > 0, interactions / np.where(latent > 0, latent, 1), np.inf)
    contexts = p // 2
    with np.errstate(invalid="ignore"):
        loss = 4 * x * contexts / (contexts - 1)
        if contexts == 2:
            loss = np.where(x <= 1, 2 * x / (1 + x), loss)
    return np.asarray(np.maximum(1 - loss, -1.0))
