r"""What a neuron costs: the squared length of its cheapest input weights."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import nnls

from .._validation import Array, as_array
from ..tasks import Task
from ._activations import Activation, relu
from ._energy import as_preactivations
from ._metric import InputMetric, input_metric
from ._solver import as_activation

__all__ = ["feature_cost", "neuron_cost"]


def neuron_cost(preactivations: ArrayLike, task: Task, bias: float = 1.0) -> Array:
    r"""Cost of neurons, :math:`c(h) = h^\top\tilde K^{-1}h` with :math:`\tilde K = K_X + τ11^\top`.

    Parameters
    ----------
    preactivations : array, shape (P, n)
        One neuron per column.
    task : Task
    bias : float
        τ in [0, ∞].

    Returns
    -------
    array, shape (n,)
        Squared length of the smallest weights, the bias (in units of √τ) among them.

    Raises
    ------
    ValueError
        If the inputs cannot produce the preactivations, or an argument is out of its range.

    Examples
    --------
    >>> from absrep.meanfield import neuron_cost
    >>> neuron_cost(np.column_stack([np.eye(4)[0], np.ones(4)]), hypercube(2)).round(9)
    array([0.8, 0.8])
    """
    metric = input_metric(task, bias)
    return metric.cost(as_preactivations("preactivations", preactivations, metric))


def feature_cost(
    features: ArrayLike, task: Task, activation: Activation = relu, bias: float = 1.0
) -> Array:
    r"""Smallest cost of a neuron with given features, :math:`\min\{c(h) : φ(h) = z\}`.

    Parameters
    ----------
    features : array, shape (P, n)
        One neuron per column. Where a ReLU is silent, its preactivation may be anything below zero.
    task : Task
    activation : Activation
        ReLU, or one with an inverse.
    bias : float
        τ in [0, ∞].

    Returns
    -------
    array, shape (n,)

    Raises
    ------
    ValueError
        If features are out of the activation's range or the inputs cannot produce them, or if
        they do not determine their cost.

    Examples
    --------
    >>> from absrep.meanfield import feature_cost, neuron_cost
    >>> task = hypercube(2, kernel_from_spectrum([1, 4, 1]))
    >>> z = [[0.0], [0.0], [1.0], [1.0]]  # below zero it is cheaper than at zero
    >>> bool(feature_cost(z, task, bias=0.0)[0] < neuron_cost(z, task, bias=0.0)[0])
    True
    """
    phi, metric = as_activation(activation), input_metric(task, bias)
    z = as_array("features", features, 2)
    if len(z) != metric.n_stimuli:
        raise ValueError(f"features must have {metric.n_stimuli} rows, found shape {z.shape}")
    return np.array([cheapest("features", column, metric, phi) for column in z.T])


def cheapest(name: str, features: Array, metric: InputMetric, activation: Activation) -> float:
    """Smallest cost of preactivations with the given features (P,)."""
    active = np.ones(len(features), dtype=bool)
    one_sided = activation.slopes == (0.0, 1.0)
    if one_sided:
        if (features < 0).any():
            raise ValueError(f"{name} must be in the range of {activation}")
        active = features > 0
    elif activation.inverse is None or activation.slopes == (-1.0, 1.0):
        raise ValueError(
            f"{name} must determine the preactivations, but {activation} has no inverse on all "
            "its values"
        )
    h = features
    if not one_sided:
        assert activation.inverse is not None
        h = np.asarray(activation.inverse(features))
        if not np.isfinite(h).all():
            raise ValueError(f"{name} must be in the range of {activation}")
    cost = float(metric.cost(h[:, None] * active[:, None])[0])
    if not active.all() and not metric.is_m_matrix:
        if metric.factor.shape[1] < len(features) - metric.free:
            raise ValueError(
                f"{name} must determine their cost, but the input kernel is singular and some "
                "are zero"
            )
        # Where the feature is zero, h ≤ 0 is free: choose −y, y ≥ 0, to make the cost smallest.
        whiten = metric.whiten
        cost = float(nnls(whiten[:, ~active], whiten[:, active] @ h[active])[1] ** 2)
        return cost
    if np.abs(metric.project(h[:, None]) - h[:, None]).max() > 1e-8 * np.abs(h).max():
        raise ValueError(f"{name} must be such that the inputs can produce them")
    return cost
