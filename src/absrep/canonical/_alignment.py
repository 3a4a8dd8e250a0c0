"""The six alignment relations of a linear map."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from .._validation import Array, as_array, as_function
from ..nets import LinearLayer, Replicated
from ._similarity import matrix_cosine

__all__ = [
    "Alignments",
    "Moments",
    "alignment_probe",
    "alignments",
    "linear_layers",
    "moments",
]


@dataclass(frozen=True, eq=False)
class Moments:
    r"""Second moments on either side of a linear map :math:`h_b = Wh_a`, :eq:`eq-moments`.

    Attributes
    ----------
    representation_above : array, shape (..., M_b, M_b)
        :math:`H_b = \langle h_bh_b^\top\rangle`.
    gradient_above : array, shape (..., M_b, M_b)
        :math:`G_b = \langle g_bg_b^\top\rangle`.
    weights_above : array, shape (..., M_b, M_b)
        :math:`Z_b = WW^\top`.
    representation_below : array, shape (..., M_a, M_a)
        :math:`H_a = \langle h_ah_a^\top\rangle`.
    gradient_below : array, shape (..., M_a, M_a)
        :math:`G_a = \langle g_ag_a^\top\rangle`.
    weights_below : array, shape (..., M_a, M_a)
        :math:`Z_a = W^\top W`.

    Examples
    --------
    >>> layer = LinearLayer([[1.0], [-1.0]], [[3.0]], [[2.0], [-2.0]])
    >>> [matrix.item() for matrix in vars(moments(layer)).values()]
    [9.0, 4.0, 9.0, 1.0, 36.0, 9.0]
    """

    representation_above: Array
    gradient_above: Array
    weights_above: Array
    representation_below: Array
    gradient_below: Array
    weights_below: Array


@dataclass(frozen=True, eq=False)
class Alignments:
    """The six alignments of a linear map; forward means above it, backward below.

    Attributes
    ----------
    forward_rg, forward_rw, forward_gw : array, shape (...)
        Between representation and gradient, representation and weights, gradient and weights.
    backward_rg, backward_rw, backward_gw : array, shape (...)

    Examples
    --------
    >>> one = np.array(1.0)
    >>> Alignments(one, one, one, one, one, one).stacked().shape
    (6,)
    >>> Alignments.relations()[:3]
    ('forward_rg', 'forward_rw', 'forward_gw')
    """

    forward_rg: Array
    forward_rw: Array
    forward_gw: Array
    backward_rg: Array
    backward_rw: Array
    backward_gw: Array

    def stacked(self) -> Array:
        """All six in the order of `relations`, shape (..., 6)."""
        return np.stack([getattr(self, name) for name in self.relations()], axis=-1)

    @classmethod
    def relations(cls) -> tuple[str, ...]:
        """Names of the six, forward ones first."""
        return tuple(field.name for field in fields(cls))


def moments(layer: LinearLayer, *, centred: bool = True) -> Moments:
    """Second moments of activity and gradients on either side of a linear map.

    Parameters
    ----------
    layer : LinearLayer
    centred : bool, default True
        Take the mean over stimuli off activity and gradients (covariances). The weights have no
        mean to take off.

    Returns
    -------
    Moments

    Examples
    --------
    >>> layer = LinearLayer([[1.0, 1.0], [-1.0, 1.0]], [[2.0, 0.0]], [[1.0], [-1.0]])
    >>> moments(layer).representation_below.tolist(), moments(layer).weights_below.tolist()
    ([[1.0, 0.0], [0.0, 0.0]], [[4.0, 0.0], [0.0, 0.0]])
    """
    w = layer.weights

    def second(rows: Array) -> Array:
        rows = rows - rows.mean(-2, keepdims=True) if centred else rows
        return np.asarray(rows.mT @ rows / rows.shape[-2])

    return Moments(
        second(layer.outputs),
        second(layer.gradients),
        w @ w.mT,
        second(layer.inputs),
        second(layer.input_gradients),
        w.mT @ w,
    )


def alignments(
    layer: LinearLayer,
    *,
    centred: bool = True,
    similarity: Callable[[Array, Array], Array] = matrix_cosine,
) -> Alignments:
    """The six alignments of a linear map.

    Parameters
    ----------
    layer : LinearLayer
    centred : bool, default True
        Covariances, or plain second moments.
    similarity : callable, default `matrix_cosine`
        Of two stacks of symmetric matrices.

    Returns
    -------
    Alignments

    Raises
    ------
    ValueError
        If one of the matrices is zero, as the gradients of a network without error are.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> layer = LinearLayer(np.eye(3), np.eye(3), rng.standard_normal((3, 3)))
    >>> alignments(layer, centred=False).forward_rw
    array(1.)
    """
    as_function("similarity", similarity)
    m = moments(layer, centred=centred)
    for name, matrix in vars(m).items():
        # Rounding leaves something of the size 1e-30 where the exact answer is zero.
        if not matrix.any((-2, -1)).all():
            raise ValueError(f"layer must have a {name.replace('_', ' ')}, found zero")
    above = m.representation_above, m.gradient_above, m.weights_above
    below = m.representation_below, m.gradient_below, m.weights_below
    return Alignments(
        *(similarity(x, y) for r, g, z in (above, below) for x, y in ((r, g), (r, z), (g, z)))
    )


def linear_layers(
    network: Replicated,
    inputs: ArrayLike,
    targets: ArrayLike,
    error: Callable[[Tensor, Tensor], Tensor],
) -> dict[str, LinearLayer]:
    """Every linear map of a network at work on given stimuli.

    Parameters
    ----------
    network : Replicated
        One that knows its linear maps: `FeedForward`, `Modules`.
    inputs, targets : array
        As for `absrep.nets.train`.
    error : callable
        The error with which the network was trained.

    Returns
    -------
    dict of str to LinearLayer
        From the inputs upward, arrays with the replica axis first.

    Examples
    --------
    >>> from absrep import hypercube
    >>> from absrep.nets import FeedForward, squared_error
    >>> task, network = hypercube(2), FeedForward(4, [20], 2, seeds=range(3))
    >>> layers = linear_layers(network, task.features, task.labels, squared_error)
    >>> {name: alignments(layer).forward_rw.shape for name, layer in layers.items()}
    {'hidden 1': (3,), 'read-out': (3,)}
    """
    if not isinstance(network, Replicated):
        raise TypeError(f"network must be a Replicated, found {type(network).__name__}")
    as_function("error", error)
    like = next(network.parameters())
    x, y = (
        torch.tensor(as_array(name, value, (2, 3)), dtype=like.dtype, device=like.device)
        for name, value in (("inputs", inputs), ("targets", targets))
    )
    return network.linear_layers(x, y, error)


def alignment_probe(
    inputs: ArrayLike,
    targets: ArrayLike,
    error: Callable[[Tensor, Tensor], Tensor],
    *,
    centred: bool = True,
    similarity: Callable[[Array, Array], Array] = matrix_cosine,
) -> Callable[[Replicated], Tensor]:
    """Recorder of all alignments, for the ``probes`` of `absrep.nets.train`.

    Parameters
    ----------
    inputs, targets, error
        See `linear_layers`.
    centred, similarity
        See `alignments`.

    Returns
    -------
    callable
        From a network to a tensor of shape (R, layers, 6), in the order of `Alignments`.

    Examples
    --------
    >>> from absrep import hypercube
    >>> from absrep.nets import FeedForward, squared_error, train
    >>> task, network = hypercube(2), FeedForward(4, [20], 2, seeds=range(3))
    >>> data = task.features, task.labels
    >>> probe = alignment_probe(*data, squared_error)
    >>> run = train(network, *data, n_steps=5, weight_decay=0.01, probes={"alignment": probe})
    >>> run.recorded["alignment"].shape
    (2, 3, 2, 6)
    """

    def probe(network: Replicated) -> Tensor:
        layers = linear_layers(network, inputs, targets, error).values()
        found = [
            alignments(layer, centred=centred, similarity=similarity).stacked() for layer in layers
        ]
        return torch.from_numpy(np.stack(found, axis=-2))

    return probe
