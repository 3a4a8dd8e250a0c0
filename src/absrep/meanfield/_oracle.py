r"""The best single neuron, exactly: branch and bound over the faces of the sign cones.

The certificate rests on one number,

.. math:: s = \max_h \frac{\lVert α^\top φ(h)\rVert^2}{h^\top \tilde K^{-1} h}.

For a piecewise-linear φ the stimuli split into those where h is positive, negative and zero. On
such a *face* φ(h) = Gh with G diagonal, and h is a Gaussian-like vector of covariance
:math:`\tilde K` conditioned on being 0 on part of the stimuli. With B that conditional covariance,

.. math:: \max_h = λ_{\max}(α^\top G B G α), \qquad h ∝ B G α w,

w the top eigenvector: a problem of size d_Y, valid for singular kernels too. If h has the signs of
the face, it is the best of the face and of all faces below it. If not, the best of the cone
must be zero on one of the stimuli whose sign is violated (else a step towards h would stay in the
cone and raise the quotient), so these are branched on; and no face below can exceed the value.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .._validation import Array
from ._activations import Sector
from ._metric import InputMetric

__all__: list[str] = []

_SIGN_TOLERANCE = 1e-11  # relative to the largest preactivation: rounding, not a violation
_CHUNK = 1 << 14  # faces handled at once, which bounds the memory


@dataclass(frozen=True)
class Neurons:
    r"""Local maxima of the quotient, one per row, best first.

    `values` (n,) are the quotients, `preactivations` (n, P) have unit cost
    :math:`h^\top\tilde K^{-1}h = 1`, and `signs` (n, P) tell the face. `bound` ≥ s.
    """

    values: Array
    preactivations: Array
    signs: Array
    bound: float
    n_faces: int


@dataclass
class _Faces:
    """A batch of faces: signs (n, P), gains (n, P), covariances (n, P, P), stimuli that must not
    be zero (n, P), which keeps the branches disjoint."""

    signs: Array
    gains: Array
    covariances: Array
    nonzero: np.ndarray[tuple[int, int], np.dtype[np.bool_]]

    def __getitem__(self, index: object) -> _Faces:
        return _Faces(
            self.signs[index],  # type: ignore[index]
            self.gains[index],  # type: ignore[index]
            self.covariances[index],  # type: ignore[index]
            self.nonzero[index],  # type: ignore[index]
        )

    def __len__(self) -> int:
        return len(self.signs)


def _cones(metric: InputMetric, sector: Sector) -> tuple[Array, Array]:
    """Signs and gains of all cones to search: the roots of the tree."""
    p = metric.n_stimuli
    (low_left, high_left), (low_right, high_right) = sector
    if sector[0] == sector[1] and low_left == high_left:  # linear: signs do not matter
        return np.zeros((1, p)), np.full((1, p), low_left)
    if (low_left, high_left) == (0, 0) and low_right == high_right and metric.is_m_matrix:
        # Being negative anywhere only costs: the best neuron is 0 where it is not positive.
        return np.ones((1, p)), np.full((1, p), low_right)
    states = sorted({(-1.0, low_left), (-1.0, high_left), (1.0, low_right), (1.0, high_right)})
    table = np.array(states)
    choice = np.indices((len(states),) * p).reshape(p, -1).T
    return table[choice, 0], table[choice, 1]


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
    signs, gains = _cones(metric, sector)
    if metric.free:
        alpha = alpha - alpha.mean(axis=0)
    stack = [_Faces(signs, gains, _shared(metric.kernel, len(signs)), signs == np.inf)]
    unbounded_root = metric.free
    best, found, n_faces = floor, [], 0
    while stack:
        batch = stack.pop()
        if len(batch) > _CHUNK:
            stack.append(batch[_CHUNK:])
            batch = batch[:_CHUNK]
        n_faces += len(batch)
        # Local maxima that rise at least half as far above the floor as the best are collected.
        threshold = max(floor, floor + 0.5 * (best - floor))
        if unbounded_root and not (batch.signs == 0).any():
            kept, values, h = _with_free_bias(batch, alpha, threshold)
        else:
            kept, values, h = _evaluate(batch, alpha, threshold)
        batch = batch[kept]
        size = _SIGN_TOLERANCE * np.abs(h).max(axis=1, initial=0.0, keepdims=True)
        violated = batch.signs * h < -size
        mirrored = batch.signs * h > size
        flip = mirrored.sum(axis=1) < violated.sum(axis=1)
        violated[flip] = mirrored[flip]
        h[flip] *= -1
        valid = ~violated.any(axis=1)
        if valid.any():
            found.append((values[valid], h[valid], batch.signs[valid]))
            best = max(best, values[valid].max())
        children = _branch(batch[~valid], violated[~valid], metric.free)
        if len(children):
            stack.append(children)
    if not found:
        empty = np.zeros((0, len(alpha)))
        return Neurons(np.zeros(0), empty, empty, best, n_faces)
    values, h, signs = (np.concatenate(part) for part in zip(*found, strict=True))
    order = np.argsort(-values, kind="stable")
    order = order[values[order] > floor + 0.5 * (best - floor)]
    return Neurons(values[order], h[order], signs[order], best, n_faces)


def _shared(kernel: Array, n: int) -> Array:
    return np.broadcast_to(kernel, (n, *kernel.shape))


def _evaluate(
    faces: _Faces, alpha: Array, threshold: float
) -> tuple[np.ndarray[tuple[int], np.dtype[np.intp]], Array, Array]:
    """Faces whose maximum exceeds the threshold, the maxima, and the unit-cost maximisers."""
    weighted = faces.gains[:, :, None] * alpha
    response = faces.covariances @ weighted
    moment = np.swapaxes(weighted, 1, 2) @ response
    # The trace bounds the top eigenvalue, and is free.
    kept = np.flatnonzero(np.einsum("naa->n", moment) > threshold)
    if alpha.shape[1] == 1:
        values, vectors = moment[kept, 0], np.ones((len(kept), 1))
        values = values[:, 0]
    else:
        spectrum, axes = np.linalg.eigh(moment[kept])
        values, vectors = spectrum[:, -1], axes[:, :, -1]
        above = values > threshold
        kept, values, vectors = kept[above], values[above], vectors[above]
    h = np.einsum("npa,na->np", response[kept], vectors) / np.sqrt(values)[:, None]
    return kept, values, h


def _with_free_bias(
    faces: _Faces, alpha: Array, threshold: float
) -> tuple[np.ndarray[tuple[int], np.dtype[np.intp]], Array, Array]:
    """`_evaluate` on whole cones when a constant may be added to h at no cost.

    If all gains agree, adding a constant changes nothing (alpha is centred) and makes all
    signs right. Otherwise it is the best direction, of unbounded value, and violates the signs
    on one side.
    """
    uniform = (faces.gains == faces.gains[:, :1]).all(axis=1)
    kept, values, h = _evaluate(faces[uniform], alpha, threshold)
    kept = np.flatnonzero(uniform)[kept]
    # Lift (or lower) h until it has the sign of its cone.
    side = faces.signs[kept, 0]
    same = (faces.signs[kept] == side[:, None]).all(axis=1)
    kept, values, h, side = kept[same], values[same], h[same], side[same]
    h = h - side[:, None] * np.minimum((side[:, None] * h).min(axis=1, keepdims=True), 0)
    rest = np.flatnonzero(~(uniform & (faces.signs == faces.signs[:, :1]).all(axis=1)))
    ones = np.ones((len(rest), faces.signs.shape[1]))
    return (
        np.concatenate([kept, rest]),
        np.concatenate([values, np.full(len(rest), np.inf)]),
        np.concatenate([h, ones]),
    )


def _branch(faces: _Faces, violated: Array, free: bool) -> _Faces:
    """One child per violated stimulus, on which h is now zero. On the stimuli of its elder
    siblings it must not become zero, so that no face is met twice."""
    branches = violated.astype(bool) & ~faces.nonzero
    parent, stimulus = np.nonzero(branches)
    child = faces[parent]
    rows = np.arange(len(parent))
    elder = np.arange(faces.signs.shape[1])[None, :] < stimulus[:, None]
    child.nonzero = child.nonzero | (branches[parent] & elder)
    column = child.covariances[rows, :, stimulus]
    pivot = column[rows, stimulus]
    was_free = free & ~(child.signs == 0).any(axis=1)
    child.signs[rows, stimulus] = 0.0
    child.gains[rows, stimulus] = 0.0
    shift = np.where(was_free[:, None], 1.0, 0.0)
    # Conditioning on h_p = 0: B − B_p B_pᵀ / B_pp; with a free bias, of h − h_p instead.
    scaled = column / np.where(was_free, 1.0, np.sqrt(pivot))[:, None]
    conditioned = child.covariances - np.where(
        was_free[:, None, None],
        shift[:, :, None] * column[:, None, :] + column[:, :, None] * shift[:, None, :]
        - pivot[:, None, None],
        scaled[:, :, None] * scaled[:, None, :],
    )
    child.covariances = conditioned
    return child
