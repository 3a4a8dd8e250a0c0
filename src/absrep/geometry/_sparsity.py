"""Sparsity of single neurons."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .._validation import as_array


def lifetime_sparsity(features: ArrayLike) -> float:
    r"""Lifetime sparsity of Vinje and Gallant (2000), averaged over neurons.

    .. math:: S = \frac{1 - \langle r\rangle^2/\langle r^2\rangle}{1 - 1/n}

    over n stimuli: 0 for a neuron that answers all alike, 1 for one that answers a single
    stimulus. A silent neuron counts as 1.

    Parameters
    ----------
    features : array, shape (n, N)
        One row per stimulus, n > 1; for rates, which are not negative.

    Returns
    -------
    float

    Examples
    --------
    >>> lifetime_sparsity([[1.0, 0.0], [1.0, 0.0], [1.0, 3.0]])
    0.5
    """
    rates = as_array("features", features, 2)
    if len(rates) < 2:
        raise ValueError("features must have at least two stimuli, found one")
    power = np.mean(rates**2, axis=0)
    alike = np.divide(np.mean(rates, axis=0) ** 2, power, out=np.zeros_like(power), where=power > 0)
    return float(np.mean(np.where(power > 0, (1 - alike) / (1 - 1 / len(rates)), 1.0)))
