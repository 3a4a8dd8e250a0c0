"""The two-layer linear network, whose optimum and all its moments are known exactly."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .._validation import as_array, as_number
from ..nets import LinearLayer

__all__ = ["linear_optimum"]


def linear_optimum(target: ArrayLike, weight_decay: float) -> dict[str, LinearLayer]:
    r"""Both layers of the linear network :math:`\hat y = W_2W_1x` of smallest loss.

    The inputs are white with mean zero and the targets :math:`y = Ax` without noise; the loss is
    the mean of :math:`\tfrac12\lVert\hat y-y\rVert^2` plus
    :math:`\tfrac\gamma2(\lVert W_1\rVert^2+\lVert W_2\rVert^2)`. Every singular value of
    :math:`W_2W_1` is one of A less γ, or zero; each layer takes its root.

    Parameters
    ----------
    target : array, shape (d_Y, d_X)
        A.
    weight_decay : float
        γ, positive and below the largest singular value of A.

    Returns
    -------
    dict of str to LinearLayer
        "hidden 1" and "read-out", at work on :math:`2d_X` white inputs. The hidden neurons are
        the modes that are learned; any rotation of them is as good.

    Raises
    ------
    ValueError
        If the weight decay lets nothing be learned.

    Examples
    --------
    >>> layers = linear_optimum([[2.0, 0.0], [0.0, 1.0]], weight_decay=0.5)
    >>> layers["hidden 1"].outputs.var(axis=0).round(6).tolist()
    [1.5, 0.5]
    """
    a = as_array("target", target, 2)
    gamma = as_number("weight_decay", weight_decay, above=0)
    left, singular, right = np.linalg.svd(a, full_matrices=False)
    if gamma >= singular[0]:
        raise ValueError(
            f"weight_decay must be below the largest singular value of target, {singular[0]:g}, "
            f"found {gamma:g}"
        )
    learned = singular > gamma
    root = np.sqrt(singular[learned] - gamma)
    first, second = root[:, None] * right[learned], left[:, learned] * root
    n_inputs = a.shape[1]
    x = np.sqrt(n_inputs) * np.concatenate([np.eye(n_inputs), -np.eye(n_inputs)])
    errors = x @ (second @ first - a).T
    return {
        "hidden 1": LinearLayer(x, first, errors @ second),
        "read-out": LinearLayer(x @ first.T, second, errors),
    }
