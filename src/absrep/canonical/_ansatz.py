"""The neural feature ansatz: do weights look along what the outputs are sensitive to?"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike
from torch import Tensor

from .._validation import Array, as_array, as_function, as_number, as_stack
from ..nets import Replicated
from ._alignment import linear_layers
from ._similarity import matrix_cosine

__all__ = ["ansatz_alignments", "gradient_outer_products", "matrix_power"]


def gradient_outer_products(network: Replicated, inputs: ArrayLike) -> dict[str, Array]:
    r"""Average gradient outer product of the outputs in the input of every linear map.

    .. math:: \frac1n\sum_p\sum_c∇_{h_a}f_c(x_p)\,∇_{h_a}f_c(x_p)^\top,

    :eq:`eq-agop`, with :math:`h_a` the activity below the map and c the outputs.

    Parameters
    ----------
    network : Replicated
        One that knows its linear maps: `FeedForward`, `Modules`.
    inputs : array, shape (n, d_X) or (R, n, d_X)

    Returns
    -------
    dict of str to array, shape (R, M_a, M_a)
        From the inputs upward.

    Examples
    --------
    >>> from absrep.nets import FeedForward
    >>> network = FeedForward(4, [20], 2, seeds=range(3))
    >>> {name: g.shape for name, g in gradient_outer_products(network, np.eye(4)).items()}
    {'hidden 1': (3, 4, 4), 'read-out': (3, 20, 20)}
    """
    return {name: outer for name, (_, outer) in _weights_and_products(network, inputs).items()}


def ansatz_alignments(
    network: Replicated,
    inputs: ArrayLike,
    *,
    exponent: float = 1.0,
    similarity: Callable[[Array, Array], Array] = matrix_cosine,
) -> dict[str, Array]:
    r"""How well :math:`W^\top W` follows the average gradient outer product, :eq:`eq-ansatz`.

    At the read-out the two are the same matrix.

    Parameters
    ----------
    network, inputs
        See `gradient_outer_products`.
    exponent : float, default 1
        Power to which the average gradient outer product is raised, above 0.
    similarity : callable, default `matrix_cosine`

    Returns
    -------
    dict of str to array, shape (R,)
        From the inputs upward.

    Examples
    --------
    >>> from absrep.nets import FeedForward
    >>> network = FeedForward(4, [20], 2, seeds=range(3))
    >>> ansatz_alignments(network, np.eye(4))["read-out"].round(6)
    array([1., 1., 1.])
    """
    as_function("similarity", similarity)
    found = _weights_and_products(network, inputs)
    return {
        name: similarity(w.mT @ w, matrix_power(outer, exponent))
        for name, (w, outer) in found.items()
    }


def matrix_power(matrix: ArrayLike, exponent: float) -> Array:
    """Power of a stack of positive semi-definite matrices; what is zero stays zero.

    Parameters
    ----------
    matrix : array, shape (..., M, M)
        Symmetric.
    exponent : float
        Above 0.

    Returns
    -------
    array, shape (..., M, M)

    Examples
    --------
    >>> matrix_power(np.diag([4.0, 0.0]), 0.5)
    array([[2., 0.],
           [0., 0.]])
    """
    m = as_stack("matrix", matrix)
    power = as_number("exponent", exponent, above=0)
    if m.shape[-1] != m.shape[-2]:
        raise ValueError(f"matrix must be square in its last two axes, found shape {m.shape}")
    if power == 1:
        return m
    values, vectors = np.linalg.eigh(m)
    return np.asarray((vectors * np.clip(values, 0, None)[..., None, :] ** power) @ vectors.mT)


def _weights_and_products(network: Replicated, inputs: ArrayLike) -> dict[str, tuple[Array, Array]]:
    x = as_array("inputs", inputs, (2, 3))
    if not isinstance(network, Replicated):
        raise TypeError(f"network must be a Replicated, found {type(network).__name__}")
    nothing = np.zeros((x.shape[-2], network.n_outputs))

    def one_output(c: int) -> Callable[[Tensor, Tensor], Tensor]:
        return lambda outputs, _: outputs[..., c].sum(-1)

    found: dict[str, tuple[Array, Array]] = {}
    for c in range(network.n_outputs):
        # With an output for the error, neuron gradients are gradients of that output.
        for name, layer in linear_layers(network, x, nothing, one_output(c)).items():
            rows = layer.gradients
            outer = rows.mT @ rows / rows.shape[-2]
            w, sum_above = found.get(name, (layer.weights, 0.0))
            found[name] = w, np.asarray(sum_above + outer)
    return {name: (w, np.asarray(w.mT @ above @ w)) for name, (w, above) in found.items()}
