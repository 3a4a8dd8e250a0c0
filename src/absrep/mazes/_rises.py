"""When a curve over training rises, and how sharply."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import isotonic_regression

from .._validation import Array, as_array

__all__ = ["rise_times", "sharpness"]


def rise_times(
    steps: ArrayLike, curves: ArrayLike, shares: Sequence[float] = (0.1, 0.5, 0.9)
) -> Array:
    """When curves have made given shares of their way from their first level to their last.

    Each is first replaced by the nearest one that never falls (least squares), which is then
    read between its points along straight lines.

    Parameters
    ----------
    steps : array, shape (T,)
        Increasing.
    curves : array, shape (..., T)
        For a quantity that falls, its negative.
    shares : sequence of float, default 0.1, 0.5, 0.9
        Between 0 and 1.

    Returns
    -------
    array, shape (..., len(shares))

    Raises
    ------
    ValueError
        If a curve does not rise.

    Examples
    --------
    >>> rise_times([0, 10, 20, 30], [0.2, 0.2, 0.7, 0.7]).tolist()
    [11.0, 15.0, 19.0]
    """
    t = as_array("steps", steps, 1)
    values = np.asarray(curves, dtype=float)
    as_array("curves", values, values.ndim)
    wanted = as_array("shares", shares, 1)
    if len(t) < 2 or not (np.diff(t) > 0).all():
        raise ValueError("steps must increase")
    if values.ndim == 0 or values.shape[-1] != len(t):
        raise ValueError(f"curves must have {len(t)} columns, found shape {values.shape}")
    if not ((wanted > 0) & (wanted < 1)).all():
        raise ValueError(f"shares must be between 0 and 1, found {list(shares)}")
    flat = values.reshape(-1, len(t))
    times = np.array([_times(t, curve, wanted) for curve in flat])
    return times.reshape(*values.shape[:-1], len(wanted))


def _times(steps: Array, curve: Array, shares: Array) -> Array:
    never_falls = isotonic_regression(curve).x
    low, high = never_falls[0], never_falls[-1]
    if high <= low:
        raise ValueError("curves must rise, found one that ends no higher than it begins")
    way = (never_falls - low) / (high - low)
    after = np.array([np.argmax(way >= share) for share in shares])
    gone, left = way[after - 1], way[after]
    part: Array = steps[after - 1] + (shares - gone) / (left - gone) * np.diff(steps)[after - 1]
    return part


def sharpness(times: ArrayLike) -> Array:
    r"""How sharp rises are: :math:`t_{50}/(t_{90}-t_{10})`, in units of that of a relaxation.

    1 for a quantity that goes to its last level at a constant rate, :math:`1-e^{-t/\tau}`,
    whatever the rate; larger if it waits, and then goes at once.

    Parameters
    ----------
    times : array, shape (..., 3)
        Steps at 10, 50 and 90 % of the way, as from `rise_times`.

    Returns
    -------
    array, shape (...)

    Examples
    --------
    >>> steps = np.linspace(0, 20, 20_001)
    >>> print(f"{sharpness(rise_times(steps, 1 - np.exp(-steps))):.3f}")
    1.000
    >>> print(f"{sharpness(rise_times(steps, 1 / (1 + np.exp(-5 * (steps - 10))))):.1f}")
    36.1
    """
    at = np.asarray(times, dtype=float)
    if at.ndim == 0 or at.shape[-1] != 3:
        raise ValueError(f"times must have 3 columns, found shape {at.shape}")
    ratio: Array = np.log(9) / np.log(2) * at[..., 1] / (at[..., 2] - at[..., 0])
    return ratio
