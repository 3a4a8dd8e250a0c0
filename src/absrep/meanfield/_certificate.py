r"""How far a given network is from the global optimum."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from .._validation import as_array
from ..tasks import Task
from ._activations import Activation, relu
from ._ascent import ascend
from ._costs import cheapest
from ._energy import Network
from ._generation import dual_bound
from ._master import resolvent
from ._metric import WeightDecay, as_weight_decay, input_metric
from ._optimum import Optimum, relative_gap
from ._oracle import LARGEST_SEARCH, best_neurons, n_cones
from ._solver import as_activation, solve

__all__ = ["Certificate", "certify"]


@dataclass(frozen=True)
class Certificate:
    """Loss of a network, a lower bound on that of every network, and the relative gap.

    Attributes
    ----------
    loss : float
    lower_bound : float
    gap : float
        (loss − lower_bound) / loss: the network is at most this far from the best one.
    certified : bool
        Whether the bound is rigorous (up to rounding).
    own_bound : float
        The bound that the network's own residual gives, without an optimum; 0 where the activation
        allows none. As rigorous as the search for the best neuron is exact.
    """

    loss: float
    lower_bound: float
    gap: float
    certified: bool
    own_bound: float


def certify(
    task: Task,
    network: Network | ArrayLike,
    activation: Activation = relu,
    weight_decay: WeightDecay = 1e-2,
    bias: float = 1.0,
    optimum: Optimum | None = None,
) -> Certificate:
    r"""Distance of any network, however trained, from the global optimum.

    With the residual :math:`α = λ_2(K+λ_2)^{-1}Y` of the network's kernel K, and s the largest
    :math:`\lVert α^\top φ(h)\rVert^2 / (λ_1λ_2 h^\top\tilde K^{-1}h)` of any neuron, no network of
    any width has a loss below

    .. math:: \max_{t^2s ≤ 1}\; t⟨α,Y⟩ - \tfrac12t^2\lVert α\rVert^2.

    The bound is sharp at the optimum only, so it is combined with that of the solver.

    Parameters
    ----------
    task : Task
    network : Network, or array, shape (P, M)
        Weights, or the features Z = φ(H). Features are given the best output weights and the
        cheapest input weights that produce them.
    activation, weight_decay, bias
        As in :func:`solve`; weight decay above zero.
    optimum : Optimum, optional
        What :func:`solve` found for the same arguments, to save solving again. Without it, the
        solver is run where it is exact.

    Returns
    -------
    Certificate

    Raises
    ------
    TypeError, ValueError
        If an argument is out of range, or the inputs cannot produce the features.

    Examples
    --------
    >>> from absrep.meanfield import Network, certify
    >>> task = hypercube(2)
    >>> report = certify(task, Network(np.eye(4), np.zeros(4), task.labels))
    >>> round(report.loss, 3), round(report.lower_bound, 10), report.certified
    (0.06, 0.0436978046, True)
    """
    phi = as_activation(activation)
    first, second = as_weight_decay(weight_decay)
    if first == 0:
        raise ValueError("weight_decay must be above zero to certify a network")
    metric = input_metric(task, bias)
    if isinstance(network, Network):
        loss = network.loss(task, phi, weight_decay, bias)
        z = phi.value(network.preactivations(task))
    else:
        z = as_array("network", network, 2)
        if len(z) != task.n_stimuli:
            raise ValueError(f"network must have {task.n_stimuli} rows, found shape {z.shape}")
        cost = sum(
            cheapest("network, given by its features,", column, metric, phi) for column in z.T
        )
        solved = np.linalg.solve(z @ z.T + second * np.eye(len(z)), task.labels)
        loss = float(0.5 * second * np.sum(task.labels * solved) + 0.5 * first * cost)
    nu = float(np.sqrt(first * second))
    bound, certified = 0.0, False
    sector = phi.sector
    exact = sector is not None and n_cones(metric, sector, task.n_latents) <= LARGEST_SEARCH
    if phi.slopes is not None:
        _, alpha = resolvent(float(np.sqrt(first / second)) * z @ z.T, task.labels, nu)
        if metric.free:
            alpha = alpha - alpha.mean(axis=0)
        assert sector is not None
        search = (
            best_neurons(alpha, metric, sector, 0.0) if exact else ascend(alpha, metric, phi, 0.0)
        )
        bound, certified = nu * dual_bound(alpha, task.labels, nu, search.bound), search.complete
    own_bound = bound
    if optimum is None and exact:
        width = None if phi.slopes is not None else z.shape[1]
        optimum = solve(task, phi, weight_decay, bias, width)
    if optimum is not None and optimum.certified:
        bound, certified = max(bound if certified else 0.0, optimum.lower_bound), True
    return Certificate(loss, bound, relative_gap(loss, bound), certified, own_bound)
