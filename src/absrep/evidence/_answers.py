r"""What an ideal observer answers, seen as targets of a network: their geometry is all that counts.

A task asks for the sign of the margin :math:`c\cdot x - b`. Who knows x only up to a Gaussian
error that blurs the margin by s answers :math:`2\Phi((c\cdot x - b)/s) - 1`, the mean of the sign.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import erf

from .._validation import Array, as_array, as_number
from ._boundaries import Boundaries

__all__ = ["answer_kernel", "graded_answers"]


def graded_answers(tasks: Boundaries, stimuli: ArrayLike, spread: ArrayLike) -> Array:
    r"""Answers of an ideal observer, :math:`2\Phi(m_i/s) - 1`, between −1 and 1.

    Parameters
    ----------
    tasks : Boundaries
        The margins :math:`m_i`.
    stimuli : array, shape (P, D)
        What the evidence points at, :math:`\mu`.
    spread : float or array, shape (K,)
        s, standard deviation of the margins given the evidence, in the units of the latents; the
        same for all tasks or one each. 0 gives the signs (0 on a boundary).

    Returns
    -------
    array, shape (P, K)

    Examples
    --------
    >>> from absrep.evidence import fan
    >>> graded_answers(fan(1), [[0, 0], [-0.5, 0], [-5, 0]], spread=0.5).ravel().round(3)
    array([0.   , 0.683, 1.   ])
    """
    margins = tasks.margins(as_array("stimuli", stimuli, 2))
    s = as_array("spread", spread, (0, 1))
    if s.shape not in ((), (tasks.n_tasks,)) or (s < 0).any():
        raise ValueError(
            f"spread must be one number or {tasks.n_tasks}, none negative, found {spread!r}"
        )
    s = np.broadcast_to(s, margins.shape)
    blurred = erf(margins / np.where(s > 0, s * np.sqrt(2), 1.0))
    return np.where(s > 0, blurred, np.sign(margins))


def answer_kernel(stimuli: ArrayLike, spread: float = 0.0, *, offset_scale: float = 0.0) -> Array:
    r"""Kernel of the answers to infinitely many random tasks, per task.

    For normals :math:`c \sim N(0, I/D)`, of squared length 1 on average, and offsets
    :math:`b \sim N(0, \beta^2)`, the mean of :math:`y(x)\,y(x')` over tasks is

    .. math:: k(x, x') = \tfrac2\pi\arcsin\frac{x\cdot x'/D + \beta^2}
        {\sqrt{(s^2 + \beta^2 + \lVert x\rVert^2/D)(s^2 + \beta^2 + \lVert x'\rVert^2/D)}},

    without offsets and spread :math:`1 - 2\theta/\pi`, with the angle θ between the stimuli.

    Parameters
    ----------
    stimuli : array, shape (P, D)
        In the units of the latents; none at the origin if `spread` and `offset_scale` are 0.
    spread : float, default 0
        s, standard deviation of the margins given the evidence.
    offset_scale : float, default 0
        β, standard deviation of the offsets.

    Returns
    -------
    array, shape (P, P)

    Examples
    --------
    >>> answer_kernel([[1, 0], [1, 1], [0, 1]]).round(3)
    array([[1. , 0.5, 0. ],
           [0.5, 1. , 0.5],
           [0. , 0.5, 1. ]])
    """
    x = as_array("stimuli", stimuli, 2)
    s = as_number("spread", spread, at_least=0)
    beta = as_number("offset_scale", offset_scale, at_least=0)
    points = np.column_stack([x / np.sqrt(x.shape[1]), np.full(len(x), beta)])
    lengths = np.sqrt(np.square(points).sum(axis=1) + s**2)
    if (lengths == 0).any():
        raise ValueError("stimuli must not be at the origin, where every boundary passes")
    # The angle from 1 − cos and 1 + cos, times both lengths: the arcsine of a cosine near 1 would
    # lose half of the digits.
    uneven = np.square(lengths[:, None] - lengths) / 2
    minus, plus = (
        np.square(points[:, None] - sign * points).sum(axis=2) / 2 + s**2 - uneven
        for sign in (1, -1)
    )
    half_angle = np.arctan2(np.sqrt(np.maximum(minus, 0)), np.sqrt(np.maximum(plus, 0)))
    return np.asarray(1 - 4 / np.pi * half_angle)
