r"""Activation functions, each with what the theory needs to know about it.

The optimum of representation learning depends on an activation through four facts: its values, its
slope, whether it is homogeneous (:math:`φ(tx) = t^p φ(x)` for t > 0), and between which lines
through the origin it lies. The last gives rigorous bounds for smooth activations.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import special

from .._validation import Array, as_number

__all__ = [
    "Activation",
    "absolute",
    "cubic",
    "erf",
    "gelu",
    "hard_tanh",
    "leaky_relu",
    "linear",
    "relu",
    "relu_power",
    "sigmoid",
    "softplus",
    "tanh",
]

# Elementwise functions; numpy's own stubs promise no more than some floating type.
Function = Callable[[Array], np.ndarray[tuple[Any, ...], np.dtype[Any]]]
Sector = tuple[tuple[float, float], tuple[float, float]]


@dataclass(frozen=True)
class Activation:
    r"""An activation function :math:`φ` and its properties.

    Parameters
    ----------
    name : str
    value, derivative : callable
        :math:`φ` and :math:`φ'`, elementwise on arrays. At a kink any slope between the two
        one-sided ones.
    inverse : callable, optional
        :math:`φ^{-1}` on the range of φ; for ReLU-like functions the inverse on positive values.
    degree : float, optional
        p if :math:`φ(tx) = t^p φ(x)` for every t > 0, else None.
    odd : bool
        Whether :math:`φ(x) - φ(0)` is odd.
    saturating : bool
        Whether φ(x) − φ(0) is odd and, for x > 0, non-decreasing and concave.
    sector : ((low, high), (low, high)), optional
        Smallest and largest value of :math:`(φ(x) - φ(0))/x` over x < 0 and over x > 0. A
        piecewise-linear φ with its kink at 0 has low = high on both sides, and the solver's
        bounds are then tight. Without a sector no rigorous bound is available.

    Examples
    --------
    One's own activation takes one line:

    >>> from absrep.meanfield import Activation
    >>> sine = Activation("sine", np.sin, np.cos, odd=True)
    >>> sine.value(np.array([0.0]))
    array([0.])
    """

    name: str
    value: Function
    derivative: Function
    inverse: Function | None = None
    degree: float | None = None
    odd: bool = False
    saturating: bool = False
    sector: Sector | None = None

    @property
    def slopes(self) -> tuple[float, float] | None:
        """Slopes left and right of 0 if φ is two half-lines through the origin, else None."""
        if self.degree != 1 or self.sector is None:
            return None
        return self.sector[0][0], self.sector[1][0]

    def __repr__(self) -> str:
        return self.name


def _kinked(name: str, left: float, right: float) -> Activation:
    """Activation with slope `left` below zero and `right` above."""
    return Activation(
        name,
        lambda x: np.asarray(np.where(x > 0, right * x, left * x)),
        lambda x: np.asarray(np.where(x > 0, right, left), dtype=np.float64),
        inverse=None if left <= 0 else lambda u: np.where(u > 0, u / right, u / left),
        degree=1,
        odd=left == right,
        sector=((left, left), (right, right)),
    )


def leaky_relu(slope: float = 0.2) -> Activation:
    """Leaky ReLU: x above zero, `slope` times x below.

    Parameters
    ----------
    slope : float

    Returns
    -------
    Activation

    Examples
    --------
    >>> from absrep.meanfield import leaky_relu
    >>> leaky_relu(0.5).value(np.array([-2.0, 2.0]))
    array([-1.,  2.])
    """
    a = as_number("slope", slope)
    return _kinked(f"leaky_relu({a:g})", a, 1.0)


def relu_power(power: float) -> Activation:
    r""":math:`\max(x, 0)^p`; p = 1 is ReLU.

    Parameters
    ----------
    power : float
        p > 0.

    Returns
    -------
    Activation

    Examples
    --------
    >>> from absrep.meanfield import relu_power
    >>> relu_power(2).value(np.array([-1.0, 3.0]))
    array([0., 9.])
    """
    p = as_number("power", power, above=0)
    if p == 1:
        return relu

    def slope(x: Array) -> Array:
        positive = x > 0
        # x^(p−1) diverges at 0 for p < 1; there the one-sided slope on the left, 0, is taken.
        return np.where(positive, p * np.where(positive, x, 1.0) ** (p - 1), 0.0)

    return Activation(
        f"relu_power({p:g})",
        lambda x: np.maximum(x, 0.0) ** p,
        slope,
        inverse=lambda u: u ** (1 / p),
        degree=p,
    )


relu = Activation(
    "relu",
    lambda x: np.maximum(x, 0.0),
    lambda x: (x > 0) * 1.0,
    inverse=lambda u: np.asarray(u),
    degree=1,
    sector=((0.0, 0.0), (1.0, 1.0)),
)
absolute = _kinked("absolute", -1.0, 1.0)
linear = _kinked("linear", 1.0, 1.0)
cubic = Activation("cubic", lambda x: x**3, lambda x: 3 * x**2, np.cbrt, degree=3, odd=True)
_CONTRACTING: Sector = ((0.0, 1.0), (0.0, 1.0))
tanh = Activation(
    "tanh",
    np.tanh,
    lambda x: 1 - np.tanh(x) ** 2,
    np.arctanh,
    odd=True,
    saturating=True,
    sector=_CONTRACTING,
)
_ERF_SLOPE = 2 / np.sqrt(np.pi)
erf = Activation(
    "erf",
    special.erf,
    lambda x: np.asarray(_ERF_SLOPE * np.exp(-(x**2)), dtype=np.float64),
    special.erfinv,
    odd=True,
    saturating=True,
    sector=((0.0, _ERF_SLOPE), (0.0, _ERF_SLOPE)),
)
hard_tanh = Activation(
    "hard_tanh",
    lambda x: np.clip(x, -1.0, 1.0),
    lambda x: (np.abs(x) < 1) * 1.0,
    inverse=lambda u: np.asarray(u),
    odd=True,
    saturating=True,
    sector=_CONTRACTING,
)
sigmoid = Activation(
    "sigmoid",
    special.expit,
    lambda x: special.expit(x) * special.expit(-x),
    special.logit,
    odd=True,
    saturating=True,
    sector=((0.0, 0.25), (0.0, 0.25)),
)
# (softplus(x) − log 2)/x and Φ(x) both rise from 0 to 1 and pass 1/2 at x = 0.
_HALVES: Sector = ((0.0, 0.5), (0.5, 1.0))
softplus = Activation(
    "softplus",
    lambda x: np.logaddexp(0.0, x),
    special.expit,
    inverse=lambda u: u + np.log(-np.expm1(-u)),
    sector=_HALVES,
)
gelu = Activation(
    "gelu",
    lambda x: x * special.ndtr(x),
    lambda x: special.ndtr(x) + x * np.exp(-(np.clip(x, -40, 40) ** 2) / 2) / np.sqrt(2 * np.pi),
    sector=_HALVES,
)
