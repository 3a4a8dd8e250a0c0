"""Two latents and their exclusive-or, in closed form for every weight of the latter."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .._validation import Array, as_number
from ..kernels import kernel_from_spectrum
from ._metric import WeightDecay, as_weight_decay

__all__ = ["ExclusiveOr", "exclusive_or"]


@dataclass(frozen=True, eq=False)
class ExclusiveOr:
    r"""The optimum of a ReLU network asked for :math:`y_1, y_2` and :math:`w\,y_1y_2`.

    Attributes
    ----------
    kernel : array, shape (4, 4)
        :math:`a\,11^\top + b\,(y_1y_1^\top + y_2y_2^\top) + c\,xx^\top` with :math:`x = y_1y_2`,
        stimuli in the order of `absrep.hypercube`.
    latent : float
        b, the strength of each latent.
    interaction : float
        c, the strength of the exclusive-or.
    loss : float
    begins, ends : float
        Weights w at which abstraction begins to end and has ended, if the latents are held at all.
    """

    kernel: Array
    latent: float
    interaction: float
    loss: float
    begins: float
    ends: float

    @property
    def parallelism(self) -> float:
        """Parallelism score of either latent, (b − c)/(b + c)."""
        if self.latent + self.interaction == 0:
            raise ValueError("weight_decay must be smaller: the network has collapsed")
        return (self.latent - self.interaction) / (self.latent + self.interaction)


def exclusive_or(
    weight: float,
    constant: float = 5.0,
    latent: float = 1.0,
    interaction: float = 1.0,
    weight_decay: WeightDecay = 1e-2,
) -> ExclusiveOr:
    r"""Optimal representation of two latents and, with the weight w, their exclusive-or.

    With :math:`γ = κ_0κ_1/(κ_0+κ_1)`, :math:`t = (1/κ_{12} - 1/κ_0)/4` and
    :math:`ν = \sqrt{λ_1λ_2} < 2\sqrt{γ}` the parallelism score is 1 for :math:`w \le ν\sqrt{t}`,
    falls, is 0 from :math:`w = 2\sqrt{γt}` on, and is negative beyond
    :math:`w^2 = κ_1(1/κ_0 + 1/κ_{12})`.

    Parameters
    ----------
    weight : float
        w, at least zero: what the network is to put out is ±w, so that the squared error counts
        w² times.
    constant, latent, interaction : float
        κ₀, κ₁, κ₁₂: eigenvalues of :math:`\tilde K` (so that the bias is in κ₀). Default whitened
        inputs with a regularised bias.
    weight_decay : float or (float, float)
        λ or (λ₁, λ₂), above zero.

    Returns
    -------
    ExclusiveOr

    Raises
    ------
    TypeError, ValueError
        If an argument is out of its range. Outside :math:`κ_{12} \le κ_0` and
        :math:`1/κ_0 + 1/κ_{12} \le 2/κ_1` the optimum may have another form.

    Examples
    --------
    >>> from absrep.meanfield import exclusive_or
    >>> equal = exclusive_or(1.0)
    >>> bool(np.isclose(equal.latent, equal.interaction))  # nothing abstract is left
    True
    """
    w = as_number("weight", weight, at_least=0)
    k0 = as_number("constant", constant, above=0)
    k1 = as_number("latent", latent, above=0)
    k12 = as_number("interaction", interaction, above=0)
    if k12 > k0:
        raise ValueError(
            f"interaction must be at most the constant κ₀ = {k0:.6g}, found {k12:.6g}: beyond, "
            "not even the latents alone are abstract"
        )
    if k1 > k0:
        raise ValueError(
            f"latent must be at most the constant κ₀ = {k0:.6g}, found {k1:.6g}: beyond, the best "
            "neurons for a latent are negative where they are silent"
        )
    if 1 / k0 + 1 / k12 > 2 / k1:
        raise ValueError(
            f"interaction must be at least {1 / (2 / k1 - 1 / k0):.6g}, found {k12:.6g}: below, "
            "neurons that tell one stimulus are negative on its opposite"
        )
    first, second = as_weight_decay(weight_decay)
    if first == 0:
        raise ValueError("weight_decay must be above zero")
    nu = float(np.sqrt(first * second))

    # The residuals a₁, a₃ must make no neuron worth more than it costs, whether it tells a latent
    # (a₁² ≤ modular), the exclusive-or (a₃² ≤ paired) or one stimulus (2a₁² + a₃² ≤ single).
    modular, paired = (1 / k0 + 1 / k1) / 4, (1 / k0 + 1 / k12) / 4
    single = (1 / k0 + 2 / k1 + 1 / k12) / 4
    spare = max(single - 2 * modular, 0.0) ** 0.5
    a1, a3 = min(1 / nu, modular**0.5), min(w / nu, paired**0.5)
    if 2 * a1**2 + a3**2 > single:
        a1 = (single / (2 + w**2)) ** 0.5
        a3 = w * a1
        if a1**2 > modular:
            a1, a3 = modular**0.5, spare
        elif a3**2 > paired:
            a1, a3 = ((single - paired) / 2) ** 0.5, paired**0.5
    scale = float(np.sqrt(second / first)) / 4
    # What is not held at all would have a strength of rounding, of either sign.
    b = scale * max(1 / a1 - nu, 0.0) if a1 < 1 / nu else 0.0
    c = scale * max(w / a3 - nu, 0.0) if 0 < a3 < w / nu else 0.0
    loss = 2 * nu * (4 * a1 + 2 * w * a3 - nu * (2 * a1**2 + a3**2))
    # Neurons that tell one thing add as much of the constant; those of one stimulus add a
    # quarter of everything.
    kernel = kernel_from_spectrum(4 * np.array([max(2 * b - c, c), b, c]))
    return ExclusiveOr(kernel, b, c, loss, nu * spare, spare / modular**0.5)
