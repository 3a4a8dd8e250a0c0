"""What a linear map inside a network sees: activity below, weights, gradients above."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .._validation import Array, as_array, as_stack

__all__ = ["LinearLayer"]


@dataclass(frozen=True, eq=False)
class LinearLayer:
    r"""A linear map :math:`h_b = W h_a + \beta` in a trained network, on n stimuli.

    The neuron gradients are :math:`g = \partial\ell/\partial h`, with ℓ the error of one stimulus.
    Convolutions have one row per stimulus and patch, attention one per stimulus and token.

    Parameters
    ----------
    inputs : array, shape (..., n, M_a)
        :math:`h_a`, the activity below. Leading axes are replicas.
    weights : array, shape (..., M_b, M_a)
        W.
    gradients : array, shape (..., n, M_b)
        :math:`g_b`, of the activity above.
    offset : array, shape (..., M_b), optional
        β; default 0.

    Raises
    ------
    ValueError, TypeError
        If something is not finite or the shapes do not fit.

    Examples
    --------
    >>> layer = LinearLayer([[1.0, 0.0], [0.0, 1.0]], [[2.0, 3.0]], [[1.0], [-1.0]])
    >>> layer.outputs.tolist(), layer.input_gradients.tolist()
    ([[2.0], [3.0]], [[2.0, 3.0], [-2.0, -3.0]])
    """

    inputs: Array
    weights: Array
    gradients: Array
    offset: Array | float = 0.0

    def __post_init__(self) -> None:
        for name in ("inputs", "weights", "gradients"):
            object.__setattr__(self, name, as_stack(name, getattr(self, name)))
        object.__setattr__(self, "offset", as_array("offset", self.offset))
        *replicas, n, below = self.inputs.shape
        above = self.weights.shape[-2]
        for name, shape in (
            ("weights", (*replicas, above, below)),
            ("gradients", (*replicas, n, above)),
            ("offset", (*replicas, above)),
        ):
            found = getattr(self, name).shape
            if found != shape and not (name == "offset" and found == ()):
                raise ValueError(f"{name} must have shape {shape}, found {found}")

    @property
    def outputs(self) -> Array:
        r""":math:`h_b`, shape (..., n, M_b)."""
        offset = np.asarray(self.offset)
        outputs = self.inputs @ self.weights.mT
        return np.asarray(outputs + (offset[..., None, :] if offset.ndim else offset))

    @property
    def input_gradients(self) -> Array:
        r""":math:`g_a = W^\top g_b`, shape (..., n, M_a): what this map sends down."""
        return np.asarray(self.gradients @ self.weights)
