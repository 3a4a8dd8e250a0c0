r"""Odd tasks: opposite stimuli get opposite answers, however many are asked for.

Let the stimuli come in pairs of opposites, the inputs treat even and odd functions apart, and no
even one be stronger than the constant. Then the odd part :math:`o` of a neuron's features is paid
for, :math:`c(h) \ge \lVert o\rVert^2/γ`, and every ReLU network of any width has a loss of at least

.. math:: \min_U\; \ell(U) + \frac{ν}{\sqrt γ}\lVert U\rVert_*

over odd answers U, with the nuclear norm (the sum of singular values), for every convex error ℓ.
Neurons :math:`1 ± f`, f an odd function of values ±1, reach it whenever :math:`(UU^\top)^{1/2}` is
a sum of such :math:`ff^\top` with non-negative weights.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import nnls
from scipy.special import entr, expit

from .._validation import Array, as_array, as_number
from ..tasks import Task
from ._metric import WeightDecay, as_weight_decay, input_metric
from ._optimum import relative_gap

__all__ = ["OddOptimum", "odd_logistic_optimum", "odd_optimum"]

_TOLERANCE = 1e-9
_MOST_PAIRS = 10  # 512 functions of values ±1, up to the sign
_ROUNDS = 100_000


@dataclass(frozen=True, eq=False)
class OddOptimum:
    r"""What the best network answers to an odd task, and what it holds.

    Attributes
    ----------
    outputs : array, shape (P, K)
        The answers U of smallest error plus nuclear norm.
    kernel : array, shape (P, P)
        Hidden kernel, :math:`\sqrt{λ_2γ/λ_1}\,[(UU^\top)^{1/2} + 11^\top\mathrm{tr}(UU^\top)^{1/2}
        /P]`; that of a network only if `attained`.
    loss : float
        Error plus penalty of these answers.
    lower_bound : float
        No network has less, attained or not.
    gap : float
        (loss − lower_bound) / loss.
    attained : bool
        Whether there is a network that reaches the loss: the following one.
    preactivations : array, shape (P, n)
        Its neurons, at unit cost; empty if not attained.
    masses : array, shape (n,)

    Examples
    --------
    >>> from absrep.meanfield import odd_optimum
    >>> odd_optimum(hypercube(3)).preactivations.shape  # h ∝ 1 ± y_a
    (8, 6)
    """

    outputs: Array
    kernel: Array
    loss: float
    lower_bound: float
    gap: float
    attained: bool
    preactivations: Array
    masses: Array


@dataclass(frozen=True)
class _Pairs:
    """Eigenvalues of the constant and of odd functions, the latter's kernel, and the pairing."""

    constant: float
    odd: float
    kernel: Array
    opposite: np.ndarray[tuple[int, ...], np.dtype[np.int64]]

    @property
    def gain(self) -> float:
        k0, k1 = self.constant, self.odd
        return k0 * k1 / (k0 + k1) if k0 >= k1 else (k0 + k1) / 4


def odd_optimum(
    task: Task,
    weight_decay: WeightDecay = 1e-2,
    bias: float = 1.0,
    *,
    opposite: ArrayLike | None = None,
) -> OddOptimum:
    r"""Best ReLU network for odd answers and squared error, in closed form.

    With singular values :math:`s_j` of the labels and :math:`t = ν/\sqrt γ` the answers are the
    labels with their singular values lowered by t, those below t left out, and

    .. math:: L^* = \sum_j\left[s_ja_j - \tfrac12a_j^2\right],\qquad a_j = \min(s_j, t),\qquad
        K^* = \sqrt{\tfrac{λ_2γ}{λ_1}}\,K_Y^{1/2} - λ_2 + \text{constant}

    on the directions that are held.

    Parameters
    ----------
    task : Task
        Opposite stimuli have opposite labels, of any size. The input kernel does not mix even and
        odd functions, has the constant as an eigenvector, and no even eigenvalue above its.
    weight_decay : float or (float, float)
        λ or (λ₁, λ₂), above zero.
    bias : float
        τ, finite.
    opposite : array of int, shape (P,), optional
        Index of each stimulus' opposite; default: the order reversed, which is right for
        `absrep.hypercube`.

    Returns
    -------
    OddOptimum

    Raises
    ------
    ValueError
        If a condition fails; the message says which one.

    Examples
    --------
    >>> from absrep.meanfield import odd_optimum
    >>> best = odd_optimum(hypercube(2))
    >>> round(best.loss, 10), best.attained
    (0.0436978046, True)
    """
    pairs, decay = _pairs(task, bias, opposite), _decay(weight_decay)
    left, values, right = np.linalg.svd(task.labels, full_matrices=False)
    t = float(np.sqrt(decay[0] * decay[1] / pairs.gain))
    removed = np.minimum(values, t)
    outputs = (left * (values - removed)) @ right
    loss = float(np.sum(values * removed - removed**2 / 2))
    return _network(pairs, decay, outputs, loss, loss)


def odd_logistic_optimum(
    task: Task,
    weight_decay: WeightDecay = 1e-2,
    bias: float = 1.0,
    *,
    opposite: ArrayLike | None = None,
    tol: float = 1e-9,
) -> OddOptimum:
    r"""Best ReLU network for odd answers and cross-entropy, its outputs being log odds.

    The error of an output u, where the answer + has the probability :math:`p = (1+y)/2`, is
    :math:`\ln(1+e^u) - pu`, summed over stimuli and answers. The convex problem over outputs is
    solved by accelerated proximal gradient steps; the lower bound is that of its dual, in which
    the residual :math:`p - \mathrm{sigm}(U)` has no singular value above :math:`ν/\sqrt γ`.

    Parameters
    ----------
    task : Task
        As for `odd_optimum`, with labels between −1 and 1.
    weight_decay, bias, opposite
        As for `odd_optimum`.
    tol : float
        Relative gap to stop at.

    Returns
    -------
    OddOptimum

    Examples
    --------
    >>> from absrep.meanfield import odd_logistic_optimum
    >>> best = odd_logistic_optimum(hypercube(2), weight_decay=0.1)
    >>> best.attained, best.gap < 1e-9, kernel_parallelism_score(best.kernel, hypercube(2).labels)
    (True, True, array([1., 1.]))
    """
    pairs, decay = _pairs(task, bias, opposite), _decay(weight_decay)
    stop = as_number("tol", tol, above=0)
    if np.abs(task.labels).max() > 1:
        raise ValueError(
            f"task must have labels between −1 and 1, found {np.abs(task.labels).max():g}"
        )
    p, t = (1 + task.labels) / 2, float(np.sqrt(decay[0] * decay[1] / pairs.gain))
    outputs = ahead = np.zeros_like(p)
    momentum = 1.0
    for _ in range(_ROUNDS):
        # Steps of 4: the second derivative of the error is at most 1/4.
        left, values, right = np.linalg.svd(ahead + 4 * (p - expit(ahead)), full_matrices=False)
        kept = np.maximum(values - 4 * t, 0)
        new = (left * kept) @ right
        loss = float(np.sum(np.logaddexp(0, new) - p * new) + t * kept.sum())
        residual = p - expit(new)
        residual *= min(1.0, t / max(float(np.linalg.norm(residual, 2)), 1e-300))
        bound = float(np.sum(entr(p - residual) + entr(1 - p + residual)))
        if relative_gap(loss, bound) <= stop:
            break
        # Momentum that carries uphill is dropped.
        uphill = float(np.sum((ahead - new) * (new - outputs))) > 0
        following = 1.0 if uphill else (1 + np.sqrt(1 + 4 * momentum**2)) / 2
        ahead = new if uphill else new + (momentum - 1) / following * (new - outputs)
        outputs, momentum = new, following
    return _network(pairs, decay, new, loss, min(bound, loss))


def _decay(weight_decay: WeightDecay) -> tuple[float, float]:
    first, second = as_weight_decay(weight_decay)
    if first == 0:
        raise ValueError("weight_decay must be above zero")
    return first, second


def _pairs(task: Task, bias: float, opposite: ArrayLike | None) -> _Pairs:
    metric = input_metric(task, bias)
    if metric.free:
        raise ValueError("bias must be finite")
    p, kernel = task.n_stimuli, metric.kernel
    other = np.arange(p)[::-1] if opposite is None else as_array("opposite", opposite, 1)
    other = other.astype(np.int64)
    if (
        sorted(other.tolist()) != list(range(p))
        or (other[other] != np.arange(p)).any()
        or (other == np.arange(p)).any()
    ):
        raise ValueError("opposite must pair each stimulus with another one")
    scale = float(np.abs(task.labels).max()) or 1.0
    if np.abs(task.labels + task.labels[other]).max() > _TOLERANCE * scale:
        raise ValueError("task must be odd: opposite stimuli must have opposite labels")
    size = _TOLERANCE * p * float(np.abs(kernel).max())
    if np.abs(kernel[np.ix_(other, other)] - kernel).max() > size:
        raise ValueError("task must have inputs that do not mix even and odd functions")
    constant = float(kernel.sum() / p)
    if np.abs(kernel.sum(axis=1) - constant).max() > size:
        raise ValueError("task must have inputs of which the constant is an eigenvector")
    even = (kernel + kernel[other]) / 2 - constant / p
    strongest = float(np.linalg.eigvalsh(even)[-1])
    if strongest > constant + size:
        raise ValueError(
            "task must have no even interaction stronger than the constant, "
            f"found {strongest:.6g} and κ₀ = {constant:.6g}"
        )
    odd = (kernel - kernel[other]) / 2
    largest = float(np.linalg.eigvalsh(odd)[-1])
    if largest <= size:
        raise ValueError("task must have inputs that tell opposite stimuli apart")
    return _Pairs(constant, largest, odd, other)


def _network(
    pairs: _Pairs, decay: tuple[float, float], outputs: Array, loss: float, bound: float
) -> OddOptimum:
    """Neurons 1 ± f that give these outputs at this loss, if there are such."""
    p, gain = len(outputs), pairs.gain
    axes, values, _ = np.linalg.svd(outputs, full_matrices=False)
    root = (axes * values) @ axes.T
    strength = float(np.sqrt(decay[1] * gain / decay[0]))
    kernel = strength * (root + np.trace(root) / p)
    functions, masses = _split(pairs, root)
    attained = masses is not None
    if masses is None:
        functions, masses = np.zeros((p, 0)), np.zeros(0)
    k0, k1 = pairs.constant, pairs.odd
    signed = np.concatenate([functions, -functions], axis=1)
    h = 1 + signed if k0 >= k1 else 2 * (k0 + k1 * signed) / (k0 + k1)
    cost = p / gain
    each = np.tile(strength * masses / 2 * cost, 2)
    gap = relative_gap(loss, bound)
    return OddOptimum(outputs, kernel, loss, bound, gap, attained, h / np.sqrt(cost), each)


def _split(pairs: _Pairs, root: Array) -> tuple[Array, Array | None]:
    """Odd functions of values ±1 and weights with Σ m ffᵀ = root; None if there are none."""
    first = np.flatnonzero(np.arange(len(root)) < pairs.opposite)
    n = len(first)
    if n > _MOST_PAIRS:
        raise ValueError(f"task must have at most {2 * _MOST_PAIRS} stimuli, found {2 * n}")
    size = float(np.abs(root).max())
    if size == 0:
        return np.zeros((len(root), 0)), np.zeros(0)
    half = np.array(list(product((1.0, -1.0), repeat=n - 1))).reshape(-1, n - 1)
    half = np.column_stack([np.ones(len(half)), half])
    functions = np.zeros((len(root), len(half)))
    functions[first], functions[pairs.opposite[first]] = half.T, -half.T
    # Only those that the inputs hold as strongly as any odd function are cheap enough.
    miss = np.abs(pairs.kernel @ functions - pairs.odd * functions).max(axis=0)
    functions = functions[:, miss <= _TOLERANCE * len(root) * pairs.odd]
    cuts = functions[first]
    rows, columns = np.triu_indices(n)
    target = root[np.ix_(first, first)][rows, columns] / size
    if not cuts.size:
        return functions, None
    weights, error = nnls(cuts[rows] * cuts[columns], target)
    if error > 1e-7:
        return functions, None
    held = weights > 1e-7 * weights.sum()
    return functions[:, held], weights[held] * size
