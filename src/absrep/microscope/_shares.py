"""Intervals for shares of trials."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import norm

from .._validation import Array, as_array

__all__ = ["wilson_interval"]


def wilson_interval(
    share: ArrayLike, n_trials: ArrayLike, *, level: float = 0.95
) -> tuple[Array, Array]:
    """Wilson's confidence interval for a probability, of which a share has been observed.

    Parameters
    ----------
    share : array, shape (...)
        From 0 to 1.
    n_trials : array, shape (...)
        Independent trials that it is the share of, above 0; an effective number need not be whole.
    level : float, default 0.95

    Returns
    -------
    low, high : arrays, shape (...)

    Raises
    ------
    ValueError
        If a share is not between 0 and 1, there are no trials, or `level` is not between 0 and 1.

    Examples
    --------
    >>> from absrep.microscope import wilson_interval
    >>> low, high = wilson_interval([0.5, 1.0], 20)
    >>> low.round(3), high.round(3)
    (array([0.299, 0.839]), array([0.701, 1.   ]))
    """
    p, n = as_array("share", share), as_array("n_trials", n_trials)
    if (p < 0).any() or (p > 1).any():
        raise ValueError(f"share must be between 0 and 1, found {p.min():g} to {p.max():g}")
    if (n <= 0).any():
        raise ValueError(f"n_trials must be above 0, found {n.min():g}")
    if not 0 < level < 1:
        raise ValueError(f"level must be between 0 and 1, found {level!r}")
    z = norm.ppf((1 + level) / 2)
    centre = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    reach = z / (1 + z**2 / n) * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    return np.maximum(centre - reach, 0), np.minimum(centre + reach, 1)
