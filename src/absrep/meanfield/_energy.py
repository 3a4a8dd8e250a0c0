r"""From weights to preactivations to a measure: the loss of a network at each level.

Minimising the loss over the input weights at given preactivations H, and over the output
weights at given features Z = φ(H), leaves

.. math:: E(H) = \tfrac12λ_2\mathrm{tr}[K_Y(K + λ_2)^{-1}]
    + \tfrac12λ_1\sum_i h_i^\top\tilde K^{-1}h_i, \qquad K = \sum_i m_iφ(h_i)φ(h_i)^\top.

E is convex in the measure :math:`ρ = \sum_i m_iδ_{h_i}`, and its first variation is the energy of
a single neuron, :func:`neuron_energy`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from .._validation import Array, as_array
from ..tasks import Task
from ._activations import Activation, relu
from ._metric import InputMetric, WeightDecay, as_weight_decay, input_metric

__all__ = ["Network", "energy", "energy_gradient", "neuron_energy", "neuron_energy_gradient"]


@dataclass(frozen=True, eq=False)
class Network:
    r"""Weights of a network with one hidden layer, as plain arrays.

    .. math:: H = XW_1 + 1b_1^\top, \qquad \hat Y = φ(H)W_2.

    Parameters
    ----------
    input_weights : array, shape (d_X, M)
    biases : array, shape (M,)
    output_weights : array, shape (M, d_Y)

    Raises
    ------
    ValueError
        If the shapes disagree or an entry is not finite.

    Examples
    --------
    >>> from absrep.meanfield import Network
    >>> net = Network(np.eye(4), np.zeros(4), hypercube(2).labels)
    >>> float(net.loss(hypercube(2), weight_decay=0.01))
    0.06
    """

    input_weights: Array
    biases: Array
    output_weights: Array

    def __post_init__(self) -> None:
        w1 = as_array("input_weights", self.input_weights, 2)
        b1 = as_array("biases", self.biases, 1)
        w2 = as_array("output_weights", self.output_weights, 2)
        if not w1.shape[1] == len(b1) == len(w2):
            raise ValueError(
                "input_weights, biases and output_weights must agree on the number of neurons, "
                f"found shapes {w1.shape}, {b1.shape} and {w2.shape}"
            )
        for name, value in (("input_weights", w1), ("biases", b1), ("output_weights", w2)):
            object.__setattr__(self, name, value)

    def preactivations(self, task: Task) -> Array:
        """H = XW₁ + 1b₁ᵀ, shape (P, M)."""
        if task.features.shape[1] != len(self.input_weights):
            raise ValueError(
                f"input_weights must have {task.features.shape[1]} rows, one per input feature, "
                f"found {len(self.input_weights)}"
            )
        return np.asarray(task.features @ self.input_weights + self.biases)

    def loss(
        self,
        task: Task,
        activation: Activation = relu,
        weight_decay: WeightDecay = 1e-2,
        bias: float = 1.0,
    ) -> float:
        r"""Loss of these weights.

        .. math:: L = \tfrac12\lVert\hat Y - Y\rVert^2
            + \tfrac12λ_1(\lVert W_1\rVert^2 + \lVert b_1\rVert^2/τ)
            + \tfrac12λ_2\lVert W_2\rVert^2
        """
        first, second = as_weight_decay(weight_decay)
        input_metric(task, bias)  # checks both
        if bias == 0 and self.biases.any():
            raise ValueError("biases must be zero where bias (τ) is 0")
        if self.output_weights.shape[1] != task.n_latents:
            raise ValueError(
                f"output_weights must have {task.n_latents} columns, one per latent, found "
                f"{self.output_weights.shape[1]}"
            )
        error = activation.value(self.preactivations(task)) @ self.output_weights - task.labels
        decay = np.sum(self.input_weights**2)
        if bias > 0:
            decay += np.sum(self.biases**2) / bias
        total = np.sum(error**2) + first * decay + second * np.sum(self.output_weights**2)
        return float(0.5 * total)


def as_preactivations(name: str, value: ArrayLike, metric: InputMetric) -> Array:
    """Preactivations (P, M) that the inputs can produce."""
    h = as_array(name, value, 2)
    if len(h) != metric.n_stimuli:
        raise ValueError(f"{name} must have {metric.n_stimuli} rows, found shape {h.shape}")
    possible = metric.project(h)
    off = np.abs(possible - h).max()
    # The square root of a singular kernel is known to √ε ≈ 1e-8 only.
    if off > 1e-6 * np.abs(h).max():
        raise ValueError(
            f"{name} must be in the range of the input kernel with its bias, found a distance of "
            f"{off:.3g}"
        )
    return possible


def _as_masses(masses: ArrayLike | None, n: int) -> Array:
    if masses is None:
        return np.ones(n)
    m = as_array("masses", masses, 1)
    if len(m) != n or (m < 0).any():
        raise ValueError(f"masses must be {n} numbers, none negative, found {masses!r}")
    return m


def energy(
    preactivations: ArrayLike,
    task: Task,
    activation: Activation = relu,
    weight_decay: WeightDecay = 1e-2,
    bias: float = 1.0,
    masses: ArrayLike | None = None,
) -> float:
    r"""Loss with the best input and output weights for given preactivations, E(H).

    Parameters
    ----------
    preactivations : array, shape (P, M)
        One neuron per column.
    task : Task
    activation : Activation
    weight_decay : float or (float, float)
        λ, or (λ₁, λ₂); above zero.
    bias : float
        τ in [0, ∞].
    masses : array, shape (M,), optional
        How many neurons each column stands for; default one.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If an argument is out of its range, or the inputs cannot produce the preactivations.

    Examples
    --------
    >>> from absrep.meanfield import energy
    >>> task = hypercube(2)
    >>> round(energy(1 + np.hstack([task.labels, -task.labels]), task), 4)
    0.101
    """
    first, second = _positive(weight_decay)
    metric = input_metric(task, bias)
    h = as_preactivations("preactivations", preactivations, metric)
    m = _as_masses(masses, h.shape[1])
    z = activation.value(h)
    solved = np.linalg.solve((z * m) @ z.T + second * np.eye(len(z)), task.labels)
    return float(0.5 * second * np.sum(task.labels * solved) + 0.5 * first * (m @ metric.cost(h)))


def _positive(weight_decay: WeightDecay) -> tuple[float, float]:
    first, second = as_weight_decay(weight_decay)
    if first == 0:
        raise ValueError("weight_decay must be above zero: the energy is not defined at zero")
    return first, second


def neuron_energy(
    preactivations: ArrayLike,
    kernel: ArrayLike,
    task: Task,
    activation: Activation = relu,
    weight_decay: WeightDecay = 1e-2,
    bias: float = 1.0,
) -> Array:
    r"""First variation of the energy: what one more neuron changes, per unit of its mass.

    .. math:: E(h; K) = \tfrac12λ_1h^\top\tilde K^{-1}h - \tfrac12λ_2φ(h)^\top A φ(h),
        \qquad A = (K+λ_2)^{-1}K_Y(K+λ_2)^{-1}

    A measure is optimal if and only if this is zero on its atoms and nowhere negative.

    Parameters
    ----------
    preactivations : array, shape (P, n)
        The neurons to try, one per column.
    kernel : array, shape (P, P)
        Hidden kernel of the network they would join.
    task, activation, weight_decay, bias
        As in :func:`energy`.

    Returns
    -------
    array, shape (n,)

    Examples
    --------
    >>> from absrep.meanfield import neuron_energy, solve
    >>> task = hypercube(2)
    >>> best = solve(task)
    >>> np.allclose(neuron_energy(best.preactivations, best.kernel, task), 0, atol=1e-9)
    True
    """
    h, first, a, metric, z = _first_variation(
        preactivations, kernel, task, activation, weight_decay, bias
    )
    return np.asarray(0.5 * first * metric.cost(h) - 0.5 * np.einsum("pn,pq,qn->n", z, a, z))


def neuron_energy_gradient(
    preactivations: ArrayLike,
    kernel: ArrayLike,
    task: Task,
    activation: Activation = relu,
    weight_decay: WeightDecay = 1e-2,
    bias: float = 1.0,
) -> Array:
    r"""Gradient of :func:`neuron_energy` in the preactivations.

    .. math:: λ_1\tilde K^{-1}h - λ_2\,φ'(h) ∘ Aφ(h)

    Parameters and errors as in :func:`neuron_energy`.

    Returns
    -------
    array, shape (P, n)

    Examples
    --------
    >>> from absrep.meanfield import neuron_energy_gradient
    >>> neuron_energy_gradient(np.ones((4, 1)), np.eye(4), hypercube(2)).shape
    (4, 1)
    """
    h, first, a, metric, z = _first_variation(
        preactivations, kernel, task, activation, weight_decay, bias
    )
    return np.asarray(first * (metric.precision @ h) - activation.derivative(h) * (a @ z))


def _first_variation(
    preactivations: ArrayLike,
    kernel: ArrayLike,
    task: Task,
    activation: Activation,
    weight_decay: WeightDecay,
    bias: float,
) -> tuple[Array, float, Array, InputMetric, Array]:
    """H, λ₁, λ₂A, the metric, and φ(H)."""
    first, second = _positive(weight_decay)
    metric = input_metric(task, bias)
    h = as_preactivations("preactivations", preactivations, metric)
    k = as_array("kernel", kernel, 2)
    if k.shape != (metric.n_stimuli,) * 2:
        raise ValueError(f"kernel must be {metric.n_stimuli} × {metric.n_stimuli}, found {k.shape}")
    solved = np.linalg.solve(k + second * np.eye(len(k)), task.labels)
    return h, first, second * solved @ solved.T, metric, activation.value(h)


def energy_gradient(
    preactivations: ArrayLike,
    task: Task,
    activation: Activation = relu,
    weight_decay: WeightDecay = 1e-2,
    bias: float = 1.0,
) -> Array:
    r"""Gradient of :func:`energy` in the preactivations, each column one neuron.

    It is the gradient of the single-neuron energy, at the kernel of all neurons.

    Parameters and errors as in :func:`energy`.

    Returns
    -------
    array, shape (P, M)

    Examples
    --------
    >>> from absrep.meanfield import energy_gradient
    >>> energy_gradient(np.eye(4), hypercube(2)).shape
    (4, 4)
    """
    z = activation.value(as_array("preactivations", preactivations, 2))
    return neuron_energy_gradient(preactivations, z @ z.T, task, activation, weight_decay, bias)
