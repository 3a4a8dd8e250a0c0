r"""Many linear support vector machines at once.

Every decoding measure of the book is a set of fits on subsets of the same trials with different
labels: held-out folds, held-out conditions, dichotomies. They are solved together. The objective
is that of ``sklearn.svm.LinearSVC(dual=False, class_weight="balanced")``, the one that decodanda
uses too: with :math:`\tilde x = (x, 1)` and class weights :math:`c_i`,

.. math:: \tfrac12\lVert w\rVert^2 + C\sum_i c_i \max(0,\,1 - t_i\,w\cdot\tilde x_i)^2 .

It is piecewise quadratic, so Newton's method ends at the exact minimum after a few steps. A step is
a linear system over features or over active trials, whichever is smaller.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .._validation import Array
from ._conditions import Index

Mask = NDArray[np.bool_]

_MAX_STEPS = 200
# Full Newton steps nearly always settle within ten; a line search then makes sure.
_FREE_STEPS = 12
_BATCH_BYTES = 2e8


def fit_linear_svms(
    features: Array, truth: Array, which: Index, held: Mask, penalty: float
) -> Array:
    """Decision values of every trial under every fit.

    Parameters
    ----------
    features : array, shape (n, N)
    truth : array, shape (D, n), −1 or +1
        Labellings of the trials.
    which : int array, shape (B,)
        Labelling that each fit learns.
    held : bool array, shape (B, n)
        Trials that each fit leaves out.
    penalty : float
        C, the weight of the errors.

    Returns
    -------
    array, shape (B, n)
        Also for the trials left out; positive means +1.
    """
    x = np.column_stack([features, np.ones(len(features))])
    n, size = x.shape
    # With many more trials than features the system over active trials never pays off.
    kernel = x @ x.T if size > n / 4 else None
    # Ridge regression shares one system among all labellings: a good first guess for the fits
    # with nothing left out, which in turn are one for the fits that leave a few trials out.
    if kernel is None:
        ridge = truth @ x @ np.linalg.solve(x.T @ x + np.eye(size) / (2 * penalty), x.T)
    else:
        ridge = np.linalg.solve(kernel + np.eye(n) / (2 * penalty), truth.T).T @ kernel
    whole = _fit(x, kernel, truth, np.ones(truth.shape, dtype=bool), ridge, penalty)
    per_fit = 8.0 * (size * (n + size) if kernel is None else max(n, size) ** 2)
    chunk = max(1, int(_BATCH_BYTES // per_fit))
    parts = []
    for first in range(0, len(which), chunk):
        row = which[first : first + chunk]
        trained = ~held[first : first + chunk]
        parts.append(_fit(x, kernel, truth[row], trained, whole[row], penalty))
    return np.concatenate(parts)


def _fit(
    x: Array, kernel: Array | None, targets: Array, trained: Mask, guess: Array, penalty: float
) -> Array:
    positive = (trained & (targets > 0)).sum(axis=1)
    negative = (trained & (targets < 0)).sum(axis=1)
    half = penalty * (positive + negative)
    per_class = np.where(targets > 0, (half / positive)[:, None], (half / negative)[:, None])
    # Twice C times the balanced class weight n / (2 n_class); zero for trials left out.
    cost = per_class * trained
    scores = guess.copy()
    weights = np.zeros((len(targets), x.shape[1]))
    todo = np.arange(len(targets))
    for iteration in range(_MAX_STEPS):
        t, c, w, s = targets[todo], cost[todo], weights[todo], scores[todo]
        # Repeated trials can sit on the margin to the last digit and change sides for ever;
        # after a while those within rounding of it are held there.
        margin = 1.0 if iteration < _FREE_STEPS else 1.0 + 1e-6
        active = (t * s < margin) & (c > 0)
        new_w = _newton_weights(x, kernel, t, c, active)
        new_s = new_w @ x.T
        same = (((t * new_s < margin) & (c > 0)) == active).all(axis=1)
        if iteration >= _FREE_STEPS:
            step = np.where(same, 1.0, _line_search(t, c, w, s, new_w, new_s))[:, None]
            new_w, new_s = w + step * (new_w - w), s + step * (new_s - s)
        weights[todo], scores[todo] = new_w, new_s
        todo = todo[~same]
        if not len(todo):
            return scores
    raise RuntimeError(
        f"{len(todo)} of {len(targets)} linear decoders did not converge: penalty × features² is "
        "too large for double precision; lower the penalty or scale the features down"
    )


def _newton_weights(x: Array, kernel: Array | None, t: Array, c: Array, active: Mask) -> Array:
    """Minimum of the quadratic that agrees with the objective on the active trials."""
    most = int(active.sum(axis=1).max())
    size = x.shape[1]
    if kernel is None or size <= most:
        a = c * active
        hessian = (x.T[None] * a[:, None, :]) @ x
        hessian[:, np.arange(size), np.arange(size)] += 1
        return np.asarray(np.linalg.solve(hessian, ((a * t) @ x)[..., None])[..., 0])
    # Representer form: gather the active trials of each fit, pad to the largest number with
    # rows of the identity.
    index = np.argsort(~active, axis=1, kind="stable")[:, :most]
    on = np.take_along_axis(active, index, axis=1)
    system = kernel[index[:, :, None], index[:, None, :]]
    system *= on[:, :, None] & on[:, None, :]
    slack = np.divide(1.0, np.take_along_axis(c, index, axis=1), where=on, out=np.ones(on.shape))
    system[:, np.arange(most), np.arange(most)] += slack
    rhs = np.take_along_axis(t, index, axis=1) * on
    alpha = np.zeros(t.shape)
    np.put_along_axis(alpha, index, np.linalg.solve(system, rhs[..., None])[..., 0], axis=1)
    return np.asarray(alpha @ x)


def _line_search(t: Array, c: Array, w: Array, s: Array, new_w: Array, new_s: Array) -> Array:
    """Halve each fit's Newton step until its objective does not rise."""

    def objective(step: Array) -> Array:
        at = step[:, None]
        weights, scores = w + at * (new_w - w), s + at * (new_s - s)
        errors = np.clip(1 - t * scores, 0, None)
        return np.asarray(0.5 * (np.square(weights).sum(1) + (c * np.square(errors)).sum(1)))

    start = objective(np.zeros(len(t)))
    step = np.ones(len(t))
    for _ in range(30):
        worse = objective(step) > start * (1 + 1e-12)
        if not worse.any():
            break
        step[worse] /= 2
    return step
