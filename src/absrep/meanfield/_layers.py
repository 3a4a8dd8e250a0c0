r"""Deep networks: the loss in terms of the preactivations of every layer, and layer by layer.

Minimising over all weights at given preactivations :math:`H_1 … H_L` leaves

.. math:: E = \tfrac12λ_{L+1}\mathrm{tr}[K_Y(K_L + λ_{L+1})^{-1}]
    + \tfrac12\sum_lλ_l\,\mathrm{tr}[H_l^\top\tilde K_{l-1}^{-1}H_l], \qquad
    \tilde K_l = φ(H_l)φ(H_l)^\top + τ11^\top, \quad \tilde K_0 = K_X + τ11^\top.

It is not convex in all layers together. In each layer's measure, the preactivations of the others
given, it is: :math:`\mathrm{tr}[S(K + R)^{-1}]` is convex in K. So each layer has a certificate.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from .._validation import Array, as_number
from ..tasks import Task
from ._activations import Activation, relu
from ._certificate import Certificate
from ._energy import as_preactivations
from ._metric import InputMetric, input_metric
from ._optimum import relative_gap
from ._oracle import LARGEST_SEARCH, best_neurons, n_cones

__all__ = ["certify_layers", "deep_energy", "deep_gradients", "deep_weights"]

_RANK_TOLERANCE = 1e-12


class _Chain:
    """Checked preactivations of every layer, the metric each is paid in, and the kernels."""

    def __init__(
        self,
        preactivations: Sequence[ArrayLike],
        task: Task,
        activation: Activation,
        weight_decay: float | Sequence[float],
        bias: float,
    ) -> None:
        if not isinstance(activation, Activation):
            raise TypeError(f"activation must be an Activation, found {activation!r}")
        metric = input_metric(task, bias)
        if isinstance(preactivations, np.ndarray) or not isinstance(preactivations, Iterable):
            raise TypeError("preactivations must be a list of arrays, one per hidden layer")
        given = list(preactivations)
        if not given:
            raise ValueError("preactivations must hold one layer or more")
        self.labels, self.bias = task.labels, bias
        self.decay = as_decays(weight_decay, len(given) + 1)
        self.metrics: list[InputMetric] = []
        self.preactivations: list[Array] = []
        self.features: list[Array] = [task.features]
        for h in given:
            self.metrics.append(metric)
            self.preactivations.append(as_preactivations("preactivations", h, metric))
            self.features.append(activation.value(self.preactivations[-1]))
            kernel = self.features[-1] @ self.features[-1].T
            free = bias == np.inf
            metric = InputMetric(kernel if free else kernel + bias, free)
        last = self.decay[-1] * np.eye(task.n_stimuli)
        # The labels as the read-out sees them: (K_L + λ)⁻¹Y.
        self.solved = np.linalg.solve(kernel + last, self.labels)

    def costs(self) -> Array:
        """½λ_l tr[H_lᵀK̃⁻¹H_l] of every layer, and the read-out's term last."""
        pairs = zip(self.decay, self.metrics, self.preactivations, strict=False)
        paid = [0.5 * lam * metric.cost(h).sum() for lam, metric, h in pairs]
        return np.array([*paid, 0.5 * self.decay[-1] * np.sum(self.labels * self.solved)])


def as_decays(weight_decay: float | Sequence[float], n: int) -> list[float]:
    given = np.broadcast_to(weight_decay, n) if np.ndim(weight_decay) == 0 else weight_decay
    decay = [as_number("weight_decay", float(value), above=0) for value in given]  # type: ignore[union-attr]
    if len(decay) != n:
        raise ValueError(f"weight_decay must be one number or {n}, found {len(decay)}")
    return decay


def deep_energy(
    preactivations: Sequence[ArrayLike],
    task: Task,
    activation: Activation = relu,
    weight_decay: float | Sequence[float] = 1e-2,
    bias: float = 1.0,
) -> float:
    r"""Loss of a deep network with the best weights for the preactivations of its layers.

    Parameters
    ----------
    preactivations : list of array, shape (P, M_l)
        Layer after layer, one neuron per column.
    task : Task
    activation : Activation
    weight_decay : float or sequence of float
        λ, or one for each matrix (read-out last); above zero.
    bias : float
        τ in [0, ∞], in all hidden layers.

    Returns
    -------
    float

    Raises
    ------
    TypeError, ValueError
        If an argument is out of its range, or a layer cannot be produced from the one below.

    Examples
    --------
    >>> from absrep.meanfield import deep_energy, deep_modular
    >>> deep = deep_modular(hypercube(2), depth=3)
    >>> bool(np.isclose(deep_energy(deep.preactivations, hypercube(2)), deep.loss))
    True
    """
    return float(_Chain(preactivations, task, activation, weight_decay, bias).costs().sum())


def deep_weights(
    preactivations: Sequence[ArrayLike],
    task: Task,
    activation: Activation = relu,
    weight_decay: float | Sequence[float] = 1e-2,
    bias: float = 1.0,
) -> tuple[list[Array], list[Array]]:
    r"""The cheapest weights that produce given preactivations, and the best read-out.

    .. math:: W_l = Z_{l-1}^\top\tilde K_{l-1}^{-1}H_l, \qquad
        β_l = τ\,1^\top\tilde K_{l-1}^{-1}H_l, \qquad W_{L+1} = Z_L^\top(K_L + λ_{L+1})^{-1}Y

    Parameters and errors as in :func:`deep_energy`.

    Returns
    -------
    weights : list of array, shapes (M_{l-1}, M_l)
        Read-out last.
    biases : list of array, shapes (M_l,)

    Examples
    --------
    >>> from absrep.meanfield import deep_modular, deep_weights
    >>> task = hypercube(2)
    >>> weights, biases = deep_weights(deep_modular(task, depth=1).preactivations, task)
    >>> outputs = np.maximum(task.features @ weights[0] + biases[0], 0) @ weights[1]
    >>> outputs.round(2)
    array([[-0.99, -0.99],
           [-0.99,  0.99],
           [ 0.99, -0.99],
           [ 0.99,  0.99]])
    """
    chain = _Chain(preactivations, task, activation, weight_decay, bias)
    solved = [m.precision @ h for m, h in zip(chain.metrics, chain.preactivations, strict=True)]
    weights = [z.T @ q for z, q in zip(chain.features, [*solved, chain.solved], strict=True)]
    # What the weights leave; also where τ = ∞ and τ 1ᵀQH is ∞ · 0.
    below = zip(chain.preactivations, chain.features, weights, strict=False)
    return weights, [(h - z @ w).mean(axis=0) for h, z, w in below]


def deep_gradients(
    preactivations: Sequence[ArrayLike],
    task: Task,
    activation: Activation = relu,
    weight_decay: float | Sequence[float] = 1e-2,
    bias: float = 1.0,
) -> list[Array]:
    r"""Gradients of the error in the preactivations of a network whose loss is stationary.

    Where weight decay and error balance, :math:`λ_lW_l = -Z_{l-1}^\top G_l`, they are
    :math:`G_l = -λ_l\tilde K_{l-1}^{-1}H_l`; where a preactivation is exactly at the kink of the
    activation this chooses among its slopes there. At other preactivations than those of a
    stationary network they are not gradients.

    This needs an invertible :math:`\tilde K_{l-1}` (the stimuli, as the layer sees them, are
    linearly independent together with the constant) or gradients that lie in its range, as those
    of abstract networks do. Otherwise the part of the gradients outside the range, of which
    stationarity says nothing, is missing here. The last entry needs no condition.

    Parameters and errors as in :func:`deep_energy`.

    Returns
    -------
    list of array, shapes (P, M_l)
        Layer after layer; last the gradient in the outputs, :math:`\hat Y - Y`.

    Examples
    --------
    >>> from absrep.meanfield import deep_gradients, deep_modular
    >>> task = hypercube(2)
    >>> deep_gradients(deep_modular(task, depth=1).preactivations, task)[-1].round(2)
    array([[ 0.01,  0.01],
           [ 0.01, -0.01],
           [-0.01,  0.01],
           [-0.01, -0.01]])
    """
    chain = _Chain(preactivations, task, activation, weight_decay, bias)
    parts = zip(chain.decay, chain.metrics, chain.preactivations, strict=False)
    residual = chain.features[-1] @ (chain.features[-1].T @ chain.solved) - task.labels
    return [*(-lam * (m.precision @ h) for lam, m, h in parts), residual]


def certify_layers(
    preactivations: Sequence[ArrayLike],
    task: Task,
    activation: Activation = relu,
    weight_decay: float | Sequence[float] = 1e-2,
    bias: float = 1.0,
) -> list[Certificate]:
    r"""How much better a deep network could be made by changing one of its layers at a time.

    With the preactivations of the other layers given, layer l minimises a convex function of its
    measure, :math:`\tfrac12λ_l∫h^\top\tilde K_{l-1}^{-1}h\,dρ + \tfrac12μ\,\mathrm{tr}[T^\top
    (K+R)^{-1}T]`: for the last layer T = Y, :math:`R = λ_{L+1}I`, :math:`μ = λ_{L+1}`; for the
    others T is the next layer's H, :math:`R = τ11^\top`, :math:`μ = λ_{l+1}`. With
    :math:`Q = (K+R)^{-1}T` and s the largest :math:`μ\lVert Q^\top φ(h)\rVert^2 /
    (λ_lh^\top\tilde K_{l-1}^{-1}h)`, every t with t²s ≤ 1 bounds it from below by
    :math:`μ(t⟨Q,T⟩ - \tfrac12t^2⟨Q,RQ⟩)`.

    A network whose layers are all optimal in this sense need not be the best one.

    Parameters and errors as in :func:`deep_energy`; the activation is one made of two half-lines
    (of degree 1), the task has 16 stimuli at most, the bias is finite.

    Returns
    -------
    list of Certificate
        One per hidden layer: loss of the whole network, lower bound on it whatever the layer does.

    Examples
    --------
    >>> from absrep.meanfield import certify_layers, deep_modular
    >>> deep = deep_modular(hypercube(2), depth=3)
    >>> [layer.gap < 1e-6 for layer in certify_layers(deep.preactivations, hypercube(2))]
    [True, True, True]
    """
    chain = _Chain(preactivations, task, activation, weight_decay, bias)
    as_number("bias", bias)  # free ones have no such bound
    if activation.slopes is None or activation.sector is None:
        raise ValueError(f"activation must be made of two half-lines, found {activation}")
    costs, p = chain.costs(), task.n_stimuli
    n_layers, loss = len(chain.preactivations), float(costs.sum())
    report = []
    for i, metric in enumerate(chain.metrics):
        if i + 1 == n_layers:
            target, solved, ridge = chain.labels, chain.solved, chain.decay[-1] * np.eye(p)
        else:
            target = _compressed(chain.preactivations[i + 1])
            solved = chain.metrics[i + 1].precision @ target
            ridge = np.full((p, p), bias)
        scale = chain.decay[i + 1] / chain.decay[i]
        if n_cones(metric, activation.sector, solved.shape[1]) > LARGEST_SEARCH:
            raise ValueError("task must have 16 stimuli at most to certify a layer")
        found = best_neurons(np.sqrt(scale) * solved, metric, activation.sector, 0.0)
        gain = float(np.sum(solved * target))
        size = float(np.sum(solved * (ridge @ solved)))
        t = min(1 / np.sqrt(found.bound), gain / size if size > 0 else np.inf)
        others = loss - costs[i] - costs[i + 1]
        bound = float(others + chain.decay[i + 1] * (t * gain - 0.5 * t * t * size))
        report.append(Certificate(loss, bound, relative_gap(loss, bound), found.complete, bound))
    return report


def _compressed(h: Array) -> Array:
    """Fewest columns with the same hhᵀ."""
    values, vectors = np.linalg.eigh(h @ h.T)
    keep = values > _RANK_TOLERANCE * values[-1]
    return np.asarray(vectors[:, keep] * np.sqrt(values[keep]))
