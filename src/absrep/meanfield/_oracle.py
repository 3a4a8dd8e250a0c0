r"""The best single neuron, exactly: branch and bound over the faces of the sign cones.

The certificate rests on one number,

.. math:: s = \max_h \frac{\lVert α^\top φ(h)\rVert^2}{h^\top \tilde K^{-1} h}.

For a piecewise-linear φ the stimuli split into those where h is positive, negative and zero. On
such a *face* φ(h) = Gh with G diagonal, and h is a Gaussian-like vector of covariance
:math:`\tilde K` conditioned on being 0 on part of the stimuli. With B that conditional covariance,

.. math:: \max_h = λ_{\max}(α^\top G B G α), \qquad h ∝ B G α w,

w the top eigenvector: a problem of size d_Y, valid for singular kernels too. If h has the signs of
the face (or all the opposite ones), it is the best of the face and of all faces on its boundary. If
not, the best of the closed face lies on its boundary: the faces with one zero more are searched.
No face on the boundary exceeds the value, so faces below the best value known are left out.

With one output the quotient is the square of a linear function of h on the cone. Then the best of
the cone must be zero on one of the stimuli whose sign the unconstrained h violates: otherwise
a step towards that h would stay in the cone and raise the quotient. Only those are branched
on. (With several outputs the argument fails: the step may first lower the quotient.)

With one output, ReLU, and a :math:`\tilde K^{-1}` without positive entries off its diagonal,
nothing has to be searched at all. The best h is nowhere negative, and among such h the quotient of
:math:`±α^\top h` has a single maximum, found by non-negative least squares for any number of
stimuli.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import nnls

from .._validation import Array
from ._activations import Sector
from ._metric import InputMetric

__all__: list[str] = []

Index = np.ndarray[tuple[int, ...], np.dtype[np.integer]]
Mask = np.ndarray[tuple[int, ...], np.dtype[np.bool_]]

_SIGN_TOLERANCE = 1e-11  # relative to the largest preactivation: rounding, not a violation
_BUDGET = 10_000_000  # faces visited before the search gives up: about a minute at P = 16
_RANK_TOLERANCE = 1e-12
_CHUNK = 1 << 20  # entries of the covariances handled at once, which bounds the memory
_MOST_FACES = 1 << 30  # one byte each, to mark those already met
LARGEST_SEARCH = 1 << 16  # cones at the root of the tree: P = 16 for ReLU


@dataclass(frozen=True)
class Neurons:
    r"""Local maxima of the quotient, one per row, best first.

    `values` (n,) are the quotients, `preactivations` (n, P) have unit cost
    :math:`h^\top\tilde K^{-1}h = 1`, `signs` (n, P) tell the face, and `features` (n, P) are Gh.
    `bound` ≥ s if the search is `complete`.
    """

    values: Array
    preactivations: Array
    signs: Array
    features: Array
    bound: float
    complete: bool


@dataclass(frozen=True)
class _States:
    """The states of a stimulus on a face: sign and gain of each; the last state is zero."""

    signs: Array
    gains: Array

    @property
    def zero(self) -> int:
        return len(self.signs) - 1


@dataclass
class _Faces:
    """A batch of faces: state of every stimulus (n, P) and conditional covariances (n, P, P)."""

    states: Index
    covariances: Array

    def __getitem__(self, index: Index | slice) -> _Faces:
        return _Faces(self.states[index], self.covariances[index])

    def __len__(self) -> int:
        return len(self.states)


class _Met:
    """The faces met so far, one byte for each possible one."""

    def __init__(self, n_states: int, n_stimuli: int) -> None:
        self.n_states = n_states
        self.weights = 2 * (n_states + 1) ** np.arange(n_stimuli, dtype=np.int64)
        self.known = np.zeros(2 * (n_states + 1) ** n_stimuli, dtype=bool)

    def first_of(self, states: Index, zero: int) -> Index:
        """Indices of the faces (n, P) that are new, one of each; they are known from then on."""
        # All states of a face push one way, up or down, so one bit tells which.
        down = ((states >= self.n_states) & (states < zero)).any(axis=1)
        digits = np.where(states == zero, self.n_states, states % self.n_states)
        codes, first = np.unique(digits @ self.weights + down, return_index=True)
        first = first[~self.known[codes]]
        self.known[codes] = True
        return first


def _cone_states(metric: InputMetric, sector: Sector) -> list[tuple[float, float]]:
    """Sign and gain that a stimulus can have in a cone that has to be searched."""
    (low_left, high_left), (low_right, high_right) = sector
    if low_left == high_left == low_right == high_right:  # linear: signs do not matter
        return [(0.0, low_left)]
    if _is_never_negative(metric, sector):
        return [(1.0, low_right)]
    return sorted({(-1.0, low_left), (-1.0, high_left), (1.0, low_right), (1.0, high_right)})


def _is_never_negative(metric: InputMetric, sector: Sector) -> bool:
    """Whether being negative anywhere only costs: the best neuron is 0 where it is not positive."""
    left, (low_right, high_right) = sector
    return left == (0, 0) and low_right == high_right and metric.is_m_matrix


def n_cones(metric: InputMetric, sector: Sector, n_outputs: int) -> float:
    """Number of cones at the root of the search; infinite where the faces cannot be numbered."""
    if n_outputs == 1 and _is_never_negative(metric, sector):
        return 1.0
    n, p = len(_cone_states(metric, sector)), metric.n_stimuli
    return float(n**p) if 2 * (n + 1) ** p <= _MOST_FACES else np.inf


def _roots(metric: InputMetric, sector: Sector, oriented: bool) -> tuple[_States, Index]:
    """States, and the cones from which every face can be reached."""
    states = _cone_states(metric, sector)
    n, p = len(states), metric.n_stimuli
    roots = np.indices((n,) * p, dtype=np.int8).reshape(p, -1).T
    if oriented:
        # One output: neurons that push it up and down are separate maxima. To push down is to
        # push up with the opposite gain.
        states = states + [(sign, -gain) for sign, gain in states]
        roots = np.concatenate([roots, roots + n])
    table = np.array([*states, (0.0, 0.0)])
    return _States(table[:, 0], table[:, 1]), roots


def best_neurons(alpha: Array, metric: InputMetric, sector: Sector, floor: float) -> Neurons:
    r"""Maximise the quotient over all h.

    Parameters
    ----------
    alpha : array, shape (P, d_Y)
    metric : InputMetric
    sector : see `Activation`
        Where it is an interval, φ(h) = Gh with G anywhere in it; the quotient is convex in G, so
        its maximum is at the ends of the interval and the result is an upper bound.
    floor : float
        Values up to here are known to exist and need not be found.

    Returns
    -------
    Neurons
        `bound` is at most `floor` or exact (an upper bound for a proper sector).
    """
    oriented = alpha.shape[1] == 1
    if oriented and _is_never_negative(metric, sector):
        return _best_non_negative(alpha[:, 0], metric, sector[1][0], floor)
    states, roots = _roots(metric, sector, oriented)
    if metric.free:
        alpha = alpha - alpha.mean(axis=0)
    stack = [_Faces(roots, np.broadcast_to(metric.kernel, (len(roots), *metric.kernel.shape)))]
    met = _Met(len(_cone_states(metric, sector)), len(alpha))
    chunk = max(_CHUNK // len(alpha) ** 2, 256)
    variance_scale = float(np.diagonal(metric.kernel).max())
    best, found, n_faces = floor, [], 0
    while stack and n_faces < _BUDGET:
        batch = stack.pop()
        if len(batch) > chunk:
            stack.append(batch[chunk:])
            batch = batch[:chunk]
        n_faces += len(batch)
        # Local maxima that rise at least half as far above the floor as the best are collected.
        threshold = floor + 0.5 * (best - floor)
        if metric.free and not (batch.states == states.zero).any():
            kept, values, h = _with_free_bias(batch, states, alpha, threshold)
        else:
            kept, values, h = _evaluate(batch, states, alpha, threshold)
        batch = batch[kept]
        signs = states.signs[batch.states]
        size = _SIGN_TOLERANCE * np.abs(h).max(axis=1, initial=0.0, keepdims=True)
        # Where nothing is left of the variance, h is zero already: its sign is rounding.
        variance = np.einsum("npp->np", batch.covariances)
        loose = variance > _RANK_TOLERANCE * variance_scale
        violated = (signs * h < -size) & loose
        valid = ~violated.any(axis=1)
        if not oriented:
            mirrored = (signs * h > size) & loose
            flip = ~mirrored.any(axis=1)
            h[flip & ~valid] *= -1
            valid |= flip
            violated |= mirrored
        h[batch.states == states.zero] = 0.0
        if valid.any():
            gains = states.gains[batch.states[valid]]
            found.append((values[valid], h[valid], signs[valid], gains * h[valid]))
            best = max(best, float(values[valid].max()))
        batch, violated = batch[~valid], violated[~valid]
        children = _branch(batch, violated, states, metric.free, met)
        if len(children):
            stack.append(children)
    if not found:
        empty = np.zeros((0, len(alpha)))
        return Neurons(np.zeros(0), empty, empty, empty, best, not stack)
    values, h, signs, z = (np.concatenate(part) for part in zip(*found, strict=True))
    order = np.argsort(-values, kind="stable")
    order = order[values[order] > floor + 0.5 * (best - floor)]
    return Neurons(values[order], h[order], signs[order], z[order], best, not stack)


def _best_non_negative(alpha: Array, metric: InputMetric, gain: float, floor: float) -> Neurons:
    r"""Best neurons h ≥ 0 for one output, one that pushes it up and one that pushes it down.

    The minimiser of :math:`\tfrac12 h^\top\tilde K^{-1}h - a^\top h` over h ≥ 0 has the largest
    quotient :math:`(a^\top h)^2/h^\top\tilde K^{-1}h` of all with :math:`a^\top h > 0`, and its
    value is :math:`a^\top h`.
    """
    pushes = [
        (push, nnls(metric.whiten, metric.factor.T @ push)[0])
        for push in (gain * alpha, -gain * alpha)
    ]
    values = np.array([push @ h for push, h in pushes])
    best = max(floor, float(values.max()))
    order = np.argsort(-values, kind="stable")
    order = order[values[order] > floor + 0.5 * (best - floor)]
    h = np.array([pushes[i][1] for i in order]).reshape(-1, len(alpha))
    h /= np.sqrt(values[order])[:, None]
    return Neurons(values[order], h, np.sign(h), gain * h, best, True)


def _evaluate(
    faces: _Faces, states: _States, alpha: Array, threshold: float
) -> tuple[Index, Array, Array]:
    """Faces whose maximum exceeds the threshold, the maxima, and the unit-cost maximisers."""
    weighted = states.gains[faces.states][:, :, None] * alpha
    response = faces.covariances @ weighted
    moment = np.swapaxes(weighted, 1, 2) @ response
    # The trace bounds the top eigenvalue, and is free.
    kept = np.flatnonzero(np.einsum("naa->n", moment) > threshold)
    if alpha.shape[1] == 1:
        values, vectors = moment[kept, 0, 0], np.ones((len(kept), 1))
    else:
        spectrum, axes = np.linalg.eigh(moment[kept])
        values, vectors = spectrum[:, -1], axes[:, :, -1]
        above = values > threshold
        kept, values, vectors = kept[above], values[above], vectors[above]
    h = (response[kept] @ vectors[:, :, None])[:, :, 0] / np.sqrt(values)[:, None]
    return kept, values, h


def _with_free_bias(
    faces: _Faces, states: _States, alpha: Array, threshold: float
) -> tuple[Index, Array, Array]:
    """`_evaluate` on whole cones when a constant may be added to h at no cost.

    If all stimuli are in one state, adding a constant changes nothing (alpha is centred) and
    makes all signs right. Otherwise it is the best direction, of unbounded value, and violates
    the signs on one side.
    """
    uniform = (faces.states == faces.states[:, :1]).all(axis=1)
    kept, values, h = _evaluate(faces[uniform], states, alpha, threshold)
    kept = np.flatnonzero(uniform)[kept]
    side = states.signs[faces.states[kept, :1]]
    h = h - side * np.minimum((side * h).min(axis=1, keepdims=True, initial=0.0), 0)
    rest = np.flatnonzero(~uniform)
    return (
        np.concatenate([kept, rest]),
        np.concatenate([values, np.full(len(rest), np.inf)]),
        np.concatenate([h, np.ones((len(rest), h.shape[1]))]),
    )


def _branch(
    faces: _Faces,
    violated: Mask,
    states: _States,
    free: bool,
    met: _Met,
) -> _Faces:
    """One child per violated stimulus, on which h is now zero; faces met before are left out."""
    parent, stimulus = np.nonzero(violated)
    child_states = faces.states[parent]
    child_states[np.arange(len(parent)), stimulus] = states.zero
    first = met.first_of(child_states, states.zero)
    parent, stimulus, child_states = parent[first], stimulus[first], child_states[first]
    rows = np.arange(len(parent))
    covariance = faces.covariances[parent]
    column = covariance[rows, :, stimulus]
    pivot = column[rows, stimulus][:, None, None]
    if free and not (faces.states == states.zero).any():
        # The free constant is used up: what remains is the covariance of h − h_p.
        covariance = covariance - column[:, :, None] - column[:, None, :] + pivot
    else:
        covariance = covariance - column[:, :, None] * column[:, None, :] / pivot
    return _Faces(child_states, covariance)
