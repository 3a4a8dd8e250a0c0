r"""Recurrent networks: one set of weights for all steps.

Stack the steps: with the preactivations :math:`h_i ∈ R^{TP}` of neuron i over steps and stimuli,

.. math:: H = [Z_{\text{prev}}, X, 1]\,[W; U; β], \qquad
    \tilde K = K_X^{\text{stack}} + τ11^\top
        + \tfrac{λ_U}{λ_W}Z_{\text{prev}}Z_{\text{prev}}^\top,

the smallest weights cost :math:`\tfrac12λ_U\sum_ih_i^\top\tilde K^{-1}h_i`. The kernel in which the
neurons are paid is made of the neurons themselves, one step earlier.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import minimize

from .._validation import Array, as_array, as_count, as_number
from ..tasks import Task
from ._activations import Activation, relu
from ._closed_form import check_interactions, isotropy
from ._layers import as_decays
from ._metric import input_metric

__all__ = ["RecurrentClosedForm", "recurrent_closed_form", "recurrent_energy", "recurrent_weights"]

_RANK_TOLERANCE = 1e-11
# (u, w, u₀, w₀, β); the last two for large weight decay, where the others run into the collapse.
_STARTS = (
    (0.5, 0.7, 0.4, 0.4, 0.4),
    (0.3, 1.2, 0.1, 0.6, 0.5),
    (0.4, 1.5, 0.1, 1.2, 0.3),
    (0.2, 0.4, 0.15, 0.2, 0.15),
    (0.2, 0.8, 0.1, 0.5, 0.2),
)


def _up_to(n_steps: int, name: str, value: int | None) -> int:
    steps = n_steps if value is None else as_count(name, value)
    if steps > n_steps:
        raise ValueError(f"{name} must not exceed the {n_steps} steps, found {steps}")
    return steps


class _Steps:
    """Checked preactivations, and the smallest weights (M + d_X + 1, M) that produce them."""

    def __init__(
        self,
        preactivations: ArrayLike,
        task: Task,
        activation: Activation,
        weight_decay: float | Sequence[float],
        bias: float,
        input_steps: int | None,
        read_steps: int,
    ) -> None:
        if not isinstance(activation, Activation):
            raise TypeError(f"activation must be an Activation, found {activation!r}")
        tau = as_number("bias", bias, at_least=0)
        input_metric(task, tau)  # checks the task
        steps = as_array("preactivations", preactivations, 3)
        n_steps, p = steps.shape[:2]
        if p != task.n_stimuli:
            raise ValueError(
                f"preactivations must have shape (T, {task.n_stimuli}, M), found {steps.shape}"
            )
        last = _up_to(n_steps, "input_steps", input_steps)
        read = _up_to(n_steps, "read_steps", read_steps)
        self.decay = as_decays(weight_decay, 3)
        z = activation.value(steps)
        self.ratio = float(np.sqrt(self.decay[0] / self.decay[1]))
        before = np.concatenate([np.zeros_like(z[:1]), z[:-1]]).reshape(n_steps * p, -1)
        x = np.stack([task.features * (t < last) for t in range(n_steps)])
        bias_column = np.full((n_steps * p, 1), np.sqrt(tau))
        sources = np.hstack([self.ratio * before, x.reshape(n_steps * p, -1), bias_column])
        flat = steps.reshape(n_steps * p, -1)
        # From the sources, not their Gram matrix: trained states are nearly of low rank, and
        # what is small in them would be lost when squared.
        self.smallest = np.linalg.lstsq(sources, flat, rcond=_RANK_TOLERANCE)[0]
        off = np.abs(sources @ self.smallest - flat).max()
        if off > 1e-6 * np.abs(flat).max():
            raise ValueError(
                "preactivations must be such that some weights produce them, found a distance of "
                f"{off:.3g}"
            )
        self.read = z[-read:].reshape(read * p, -1)
        self.labels = np.tile(task.labels, (read, 1))
        ridge = self.decay[2] * np.eye(read * p)
        self.solved = np.linalg.solve(self.read @ self.read.T + ridge, self.labels)


def recurrent_energy(
    preactivations: ArrayLike,
    task: Task,
    activation: Activation = relu,
    weight_decay: float | Sequence[float] = 1e-2,
    bias: float = 1.0,
    input_steps: int | None = None,
    read_steps: int = 1,
) -> float:
    r"""Loss of a recurrent network with the best weights for its preactivations over time.

    .. math:: E = \tfrac12λ_V\mathrm{tr}[K_Y(K_{TT} + λ_V)^{-1}]
        + \tfrac12λ_U\sum_ih_i^\top\tilde K^{-1}h_i

    (with several steps to read, :math:`K_{TT}` and :math:`K_Y` are stacked over them).

    Parameters
    ----------
    preactivations : array, shape (T, P, M)
    task : Task
    activation : Activation
    weight_decay : float or sequence of float
        λ, or one each for U, W and V; above zero.
    bias : float
        τ ≥ 0, finite.
    input_steps : int, optional
        Steps that the input lasts; default all.
    read_steps : int, default 1
        The outputs are wanted at the last so many steps.

    Returns
    -------
    float

    Raises
    ------
    TypeError, ValueError
        If an argument is out of its range, or no weights produce the preactivations.

    Examples
    --------
    >>> from absrep.meanfield import recurrent_closed_form, recurrent_energy
    >>> form = recurrent_closed_form(hypercube(2), n_steps=3)
    >>> bool(np.isclose(recurrent_energy(form.preactivations, hypercube(2)), form.loss))
    True
    """
    steps = _Steps(preactivations, task, activation, weight_decay, bias, input_steps, read_steps)
    paid = steps.decay[0] * np.sum(steps.smallest**2)
    return float(0.5 * (steps.decay[2] * np.sum(steps.labels * steps.solved) + paid))


def recurrent_weights(
    preactivations: ArrayLike,
    task: Task,
    activation: Activation = relu,
    weight_decay: float | Sequence[float] = 1e-2,
    bias: float = 1.0,
    input_steps: int | None = None,
    read_steps: int = 1,
) -> tuple[Array, Array, Array, Array]:
    """The cheapest weights U, W, V and biases β that produce given preactivations.

    Parameters and errors as in :func:`recurrent_energy`.

    Returns
    -------
    U : array, shape (d_X, M)
    W : array, shape (M, M)
    V : array, shape (M, d_Y)
    β : array, shape (M,)

    Examples
    --------
    >>> from absrep.meanfield import recurrent_closed_form, recurrent_weights
    >>> form = recurrent_closed_form(hypercube(2), n_steps=3)
    >>> [w.shape for w in recurrent_weights(form.preactivations, hypercube(2))]
    [(4, 4), (4, 4), (4, 2), (4,)]
    """
    steps = _Steps(preactivations, task, activation, weight_decay, bias, input_steps, read_steps)
    rows = steps.smallest
    m = rows.shape[1]
    v = steps.read.T @ steps.solved
    return rows[m:-1], steps.ratio * rows[:m], v, float(np.sqrt(bias)) * rows[-1]


@dataclass(frozen=True, eq=False)
class RecurrentClosedForm:
    r"""Modular neurons of a recurrent ReLU network, step by step.

    Attributes
    ----------
    constants, strengths : array, shape (T,)
        :math:`c_t` and :math:`b_t` of :math:`K_t = c_t11^\top + b_tK_Y`; all 0 on collapse.
    kernels : array, shape (T, P, P)
    preactivations : array, shape (T, P, 2d)
        :math:`h_t = (p_t ± q_ty_a)/\sqrt2`, with :math:`c_t = dp_t^2`, :math:`b_t = q_t^2`.
    memory : array, shape (2,)
        :math:`w, w_0`, by which labels and constant are multiplied from step to step: the nonzero
        eigenvalues of W, the first one d times.
    loss : float
    """

    constants: Array
    strengths: Array
    kernels: Array
    preactivations: Array
    memory: Array
    loss: float


def recurrent_closed_form(
    task: Task,
    n_steps: int,
    weight_decay: float = 1e-2,
    bias: float = 1.0,
    input_steps: int | None = None,
    read_steps: int = 1,
) -> RecurrentClosedForm:
    r"""Best recurrent ReLU network whose neurons each read one latent, at all steps.

    Neurons :math:`h_t = (p_t1 ± q_ty_a)/\sqrt2` with :math:`p_t ≥ q_t ≥ 0` follow

    .. math:: q_t = wq_{t-1} + ux_t, \qquad p_t = w_0p_{t-1} + u_0x_t + β,

    x_t = 1 while the input lasts, and

    .. math:: L = \frac λ2\min\left\{\frac{dP}λ\left[n
        - \frac{P(\sum_tq_t)^2}{P\sum_tq_t^2+λ}\right]
        + dw^2 + \frac{dPu^2}{κ_1} + w_0^2 + \frac{dPu_0^2}{κ_0} + \frac{dβ^2}τ\right\},

    sums over the n steps that are read; κ₀ and κ₁ are the eigenvalues of :math:`K_X` (without
    bias). It is what trained networks reach
    with held inputs; that no other network is better is not proved.

    Parameters
    ----------
    task : Task
        As for :func:`deep_closed_form`.
    n_steps : int
        T.
    weight_decay : float
        λ > 0, the same for all weights.
    bias : float
        τ > 0, finite.
    input_steps : int, optional
        Steps that the input lasts; default all.
    read_steps : int, default 1
        n, the outputs are wanted at the last so many steps.

    Returns
    -------
    RecurrentClosedForm

    Raises
    ------
    ValueError
        If an argument is out of its range or the task has no such form.

    Examples
    --------
    >>> from absrep.meanfield import closed_form, recurrent_closed_form
    >>> recurrent_closed_form(hypercube(2), n_steps=5, weight_decay=0.005).strengths.round(3)
    array([0.109, 0.382, 0.751, 1.172, 1.612])
    >>> one = recurrent_closed_form(hypercube(2), n_steps=1)
    >>> bool(np.isclose(one.loss, closed_form(hypercube(2)).loss))
    True
    """
    n = as_count("n_steps", n_steps)
    decay = as_number("weight_decay", weight_decay, above=0)
    tau = as_number("bias", bias, above=0)
    drive = (np.arange(n) < _up_to(n, "input_steps", input_steps)).astype(float)
    read = _up_to(n, "read_steps", read_steps)
    check_interactions(isotropy(task, tau))
    spectrum = isotropy(task, 0.0)
    p, d = task.n_stimuli, task.n_latents
    driven = spectrum.constant > 1e-12 * spectrum.latent
    undriven = d * p / spectrum.constant if driven else 0.0
    prices = np.array([d * p / spectrum.latent, d, undriven, 1, d / tau])

    past = np.tri(n)
    lag = np.maximum(np.subtract.outer(np.arange(n), np.arange(n)), 0)
    shorter = np.maximum(lag - 1, 0)

    def paths(x: Array) -> tuple[Array, Array]:
        """q and p, shape (2, T), and their derivatives in (u, w, u₀, w₀, β), shape (2, T, 5)."""
        u, w, u0, w0, beta = x
        source = u0 * drive + beta
        label, level = w**lag * past, w0**lag * past
        slopes = np.zeros((2, n, 5))
        slopes[0, :, 0] = label @ drive
        slopes[0, :, 1] = u * (lag * w**shorter @ drive)
        slopes[1, :, 2] = level @ drive
        slopes[1, :, 3] = lag * w0**shorter @ source
        slopes[1, :, 4] = level.sum(axis=1)
        return np.stack([u * slopes[0, :, 0], level @ source]), slopes

    def function(x: Array) -> tuple[float, Array]:
        (q, _), slopes = paths(x)
        seen, below = q[-read:].sum(), p * np.square(q[-read:]).sum() + decay
        # n − P(Σq)²/(PΣq² + λ), without cancellation where one step is read
        missed = (read - 1) * p * np.square(q[-read:]).sum() - p * (seen**2 - q[-read:] @ q[-read:])
        value = d * p / decay * (missed + read * decay) / below + prices @ x**2
        pull = p * seen / below - p * q[-read:] * p * seen**2 / below**2
        return float(0.5 * value), prices * x - d * p / decay * pull @ slopes[0, -read:]

    never_negative = {
        "type": "ineq",
        "fun": lambda x: np.diff(paths(x)[0], axis=0)[0],
        "jac": lambda x: paths(x)[1][1] - paths(x)[1][0],
    }
    # No useful growth is larger, and none may overflow on the way.
    growth = 10 ** (60 / n)
    bounds = [(0, None), (0, growth), (0, None if driven else 0.0), (0, growth), (0, None)]
    results = [
        minimize(
            function,
            np.array(start),
            jac=True,
            method="SLSQP",
            bounds=bounds,
            constraints=[never_negative],
            options={"ftol": 1e-14, "maxiter": 1000},
        )
        for start in _STARTS
    ]
    # Status 8: the line search finds nothing lower, which this close to rounding is the minimum.
    feasible = [
        r
        for r in results
        if r.status in (0, 8) and np.diff(paths(r.x)[0], axis=0).min(initial=0.0) > -1e-8
    ]
    best = min(feasible, key=lambda result: float(result.fun))
    (q, level), loss = paths(best.x)[0], decay * float(best.fun)
    memory = best.x[[1, 3]]
    if loss >= 0.5 * d * p * read:
        q, level, memory, loss = np.zeros(n), np.zeros(n), np.zeros(2), 0.5 * d * p * read
    constants, strengths = d * level**2, q**2
    shape = np.ones((p, p))
    kernels = constants[:, None, None] * shape + strengths[:, None, None] * task.output_kernel
    signed = np.hstack([task.labels, -task.labels])
    h = (level[:, None, None] + q[:, None, None] * signed) / np.sqrt(2)
    return RecurrentClosedForm(constants, strengths, kernels, h, memory, loss)
