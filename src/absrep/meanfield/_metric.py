r"""What a preactivation costs: the input kernel with its bias, and the two weight decays.

To produce the preactivations h over the stimuli, the smallest input weights have squared norm
:math:`c(h) = h^\top \tilde K^{-1} h` with :math:`\tilde K = K_X + τ 11^\top`; h outside the range
of :math:`\tilde K` cannot be produced.
"""

from __future__ import annotations

import numbers
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .._validation import Array, as_array, as_number
from ..tasks import Task

__all__: list[str] = []

WeightDecay = float | tuple[float, float]

# Eigenvalues below this fraction of the largest are rounding noise of a singular kernel.
_RANK_TOLERANCE = 1e-12


@dataclass(frozen=True)
class InputMetric:
    r"""Cost :math:`c(h)` of preactivations, for one input kernel and bias strength.

    Parameters
    ----------
    kernel : array, shape (P, P)
        :math:`\tilde K`, or :math:`K_X` if `free`.
    free : bool
        Whether a constant may be added to h at no cost (τ = ∞).
    """

    kernel: Array
    free: bool = False

    @property
    def n_stimuli(self) -> int:
        return len(self.kernel)

    @cached_property
    def factor(self) -> Array:
        """F (P, r) with FFᵀ = kernel (its part orthogonal to 1 if free), r the rank."""
        kernel = self.kernel
        if self.free:
            kernel = kernel - kernel.mean(axis=0)
            kernel = kernel - kernel.mean(axis=1, keepdims=True)
        values, vectors = np.linalg.eigh(kernel)
        keep = values > _RANK_TOLERANCE * max(values[-1], np.trace(self.kernel) / len(kernel))
        return np.asarray(vectors[:, keep] * np.sqrt(values[keep]))

    @cached_property
    def _pseudo_factor(self) -> Array:
        factor = self.factor
        return np.asarray(factor / np.square(factor).sum(axis=0))

    @cached_property
    def precision(self) -> Array:
        r"""Pseudo-inverse Q of the kernel: c(h) = hᵀQh on its range; Q1 = 0 if free."""
        return np.asarray(self._pseudo_factor @ self._pseudo_factor.T)

    @property
    def whiten(self) -> Array:
        """G (r, P) with c(h) = ‖Gh‖² on the range of the kernel."""
        return self._pseudo_factor.T

    def cost(self, h: Array) -> Array:
        """c(h) for every column of h (P, n), or of every row of its transpose."""
        return np.asarray(np.square(self._pseudo_factor.T @ h).sum(axis=0))

    def project(self, h: Array) -> Array:
        """Nearest preactivations (P, n) that can be produced."""
        projected = self.factor @ (self._pseudo_factor.T @ h)
        return np.asarray(projected + h.mean(axis=0) if self.free else projected)

    @cached_property
    def is_m_matrix(self) -> bool:
        """Whether the inverse kernel exists and has no positive entry off its diagonal."""
        if self.free or self.factor.shape[1] < self.n_stimuli:
            return False
        precision = self.precision
        off = precision - np.diag(np.diagonal(precision))
        return bool(off.max(initial=0.0) <= 1e-12 * np.diagonal(precision).max())


def input_metric(task: Task, bias: float) -> InputMetric:
    """Metric of a task for bias strength τ in [0, ∞]."""
    if not isinstance(task, Task):
        raise TypeError(f"task must be an absrep.Task, found {type(task).__name__}")
    if isinstance(bias, numbers.Real) and not isinstance(bias, bool) and bias == np.inf:
        return InputMetric(task.input_kernel, free=True)
    return InputMetric(task.input_kernel + as_number("bias", bias, at_least=0))


def as_weight_decay(weight_decay: WeightDecay) -> tuple[float, float]:
    """Return (λ₁, λ₂), both positive or both zero."""
    if isinstance(weight_decay, numbers.Real):
        single = as_number("weight_decay", weight_decay, at_least=0)
        return single, single
    pair = as_array("weight_decay", weight_decay, (0, 1))
    if pair.shape != (2,):
        raise ValueError(f"weight_decay must be λ or the pair (λ₁, λ₂), found {weight_decay!r}")
    first, second = (as_number("weight_decay", float(x), at_least=0) for x in pair)
    if (first == 0) != (second == 0):
        raise ValueError(
            f"weight_decay must be positive in both layers or zero in both, found {weight_decay!r}"
        )
    return first, second
