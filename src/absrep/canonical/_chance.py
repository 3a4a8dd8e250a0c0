"""What the alignments are by chance: matrices turned at random, weights drawn at random."""

from __future__ import annotations

import numpy as np

from .._validation import Array
from ..nets import LinearLayer
from ._alignment import Alignments, moments
from ._similarity import matrix_pair

__all__ = ["chance_cosine", "random_weight_alignments"]


def chance_cosine(a: Array, b: Array) -> Array:
    r"""Mean cosine of two matrices when one is turned at random, :math:`\sqrt{D_AD_B}/M`.

    :math:`D_A=(\tr A)^2/\tr A^2` is the participation ratio of the eigenvalues; the equation is
    {eq}`eq-chance-cosine`.

    Parameters
    ----------
    a, b : array, shape (..., M, M)
        Symmetric, not zero.

    Returns
    -------
    array, shape (...)

    Raises
    ------
    ValueError
        As `matrix_cosine`.

    Examples
    --------
    >>> chance_cosine(np.diag([1.0, 0, 0, 0]), np.eye(4)), chance_cosine(np.eye(4), np.eye(4))
    (array(0.5), array(1.))
    """
    x, y = matrix_pair(a, b)
    return np.asarray(np.sqrt(_participation(x) * _participation(y)) / x.shape[-1])


def random_weight_alignments(
    layer: LinearLayer, *, centred: bool = True, traceless: bool = False
) -> Alignments:
    r"""The six cosines if W were drawn at random, from nothing but participation ratios.

    W has independent Gaussian entries; :math:`H_a` and :math:`G_b` are those of the layer.
    Expectations are taken of numerator and squared norms apart, {eq}`eq-random-weights`, which is
    exact for large matrices.

    Parameters
    ----------
    layer : LinearLayer
        Its weights play no role but for their shape.
    centred : bool, default True
        As for `moments`.
    traceless : bool, default False
        Traceless cosines instead of cosines.

    Returns
    -------
    Alignments

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> layer = LinearLayer(
    ...     rng.standard_normal((500, 40)), rng.standard_normal((30, 40)),
    ...     rng.standard_normal((500, 30)))
    >>> float(random_weight_alignments(layer).forward_rw.round(2))
    0.98
    """
    m = moments(layer, centred=centred)
    d, e = _participation(m.representation_below), _participation(m.gradient_above)
    above, below = layer.weights.shape[-2:]
    zero = np.zeros(np.shape(d))
    if traceless:
        return Alignments(zero, np.sqrt(d / below), zero, zero, zero, np.sqrt(e / above))
    size = above + below + 1
    turned_up = above * (1 + (above + 1) / d)  # ‖W H W'‖², in units of (tr H)²
    turned_down = below * (1 + (below + 1) / e)
    return Alignments(
        np.sqrt(e / turned_up),
        np.sqrt(above * size / (below * turned_up)),
        np.sqrt(below * e / (above * size)),
        np.sqrt(d / turned_down),
        np.sqrt(above * d / (below * size)),
        np.sqrt(below * size / (above * turned_down)),
    )


def _participation(matrix: Array) -> Array:
    """(tr A)²/tr A²."""
    trace = np.trace(matrix, axis1=-2, axis2=-1)
    return np.asarray(trace**2 / np.square(matrix).sum((-2, -1)))
