r"""Slow and fixed points of a network's dynamics, and its linearisation there.

A recurrent network is a map :math:`z_{t+1} = F(z_t, x_t)`. At a constant input, the points where
it stands still, or nearly so, are the states that it can keep: its memory.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import schur
from torch import Tensor, nn

from .._validation import Array, as_array, as_count, as_function, as_number

__all__ = [
    "LocalSpectrum",
    "SlowPoints",
    "jacobians",
    "local_spectrum",
    "run_on",
    "slow_points",
    "step_at",
]

Step = Callable[[Tensor], Tensor]


def step_at(core: nn.Module, inputs: ArrayLike) -> Step:
    """The map from state to next state of a recurrent network at a constant input.

    Parameters
    ----------
    core : torch.nn.Module
        With a method ``step(state, inputs)``, such as `absrep.nets.LeakyRecurrent`. A copy in
        float64 is used; the network itself is left as it is.
    inputs : array, shape (d_X,) or (n, d_X)
        The same for all states, or one for each.

    Returns
    -------
    callable
        From states (n, M) to states of the same shape.

    Examples
    --------
    >>> from absrep.nets import LeakyRecurrent
    >>> step = step_at(LeakyRecurrent(3, 64), np.zeros(3))
    >>> step(torch.zeros(10, 64, dtype=torch.float64)).shape
    torch.Size([10, 64])
    """
    as_function("core.step", getattr(core, "step", None))  # type: ignore[arg-type]
    x = torch.tensor(as_array("inputs", inputs, (1, 2)))
    exact = deepcopy(core).double().requires_grad_(False)
    return lambda state: exact.step(state, x)  # type: ignore[operator]


def run_on(step: Step, states: ArrayLike, n_steps: int) -> Array:
    """States after 0, 1, …, `n_steps` steps at constant input.

    Parameters
    ----------
    step : callable
        See `step_at`.
    states : array, shape (n, M)
    n_steps : int

    Returns
    -------
    array, shape (n_steps + 1, n, M)

    Examples
    --------
    >>> run_on(lambda z: z / 2, [[1.0]], 3).ravel()
    array([1.   , 0.5  , 0.25 , 0.125])
    """
    course = [torch.tensor(as_array("states", states, 2))]
    for _ in range(as_count("n_steps", n_steps, at_least=0)):
        course.append(step(course[-1]))
    return torch.stack(course).numpy()


def jacobians(step: Step, points: ArrayLike) -> Array:
    r"""Derivatives :math:`\partial F_i/\partial z_j` at each point.

    Parameters
    ----------
    step : callable
        It must treat each row by itself.
    points : array, shape (n, M)

    Returns
    -------
    array, shape (n, M, M)

    Examples
    --------
    >>> jacobians(lambda z: z * z[:, [1, 0]], [[2.0, 3.0]])
    array([[[3., 2.],
            [3., 2.]]])
    """
    _, derivative = _step_and_jacobian(step, torch.tensor(as_array("points", points, 2)))
    return derivative.numpy()


def _step_and_jacobian(step: Step, points: Tensor) -> tuple[Tensor, Tensor]:
    z = points.detach().requires_grad_(True)
    after = step(z)
    # Rows do not mix, so the gradient of a column's sum holds that column's gradient in each row.
    rows = [
        torch.autograd.grad(column.sum(), z, retain_graph=True, materialize_grads=True)[0]
        for column in after.unbind(dim=1)
    ]
    return after.detach(), torch.stack(rows, dim=1)


@dataclass(frozen=True, eq=False)
class SlowPoints:
    r"""Points where a map moves slowly.

    Attributes
    ----------
    points : array, shape (n, M)
    speeds : array, shape (n,)
        :math:`\lVert F(z) - z\rVert` per step; the objective is :math:`q = \tfrac12` its square.
    converged : bool array, shape (n,)
        Slow enough, or where no small step is slower any more.

    Examples
    --------
    >>> found = slow_points(torch.cos, [[1.0], [0.0]])
    >>> found.points.round(6).ravel(), found.converged
    (array([0.739085, 0.739085]), array([ True,  True]))
    """

    points: Array
    speeds: Array
    converged: NDArray[np.bool_]


def slow_points(
    step: Step, starts: ArrayLike, *, speed: float = 0.0, n_iterations: int = 200
) -> SlowPoints:
    r"""Descend from each start to where the map stands still, or moves slowly.

    Minimises :math:`q(z) = \tfrac12\lVert F(z) - z\rVert^2` by damped Gauss–Newton steps
    (Levenberg–Marquardt), each start by itself. A step across a slow manifold is short and taken
    first; along the manifold q hardly changes, and damping forbids long steps. So with `speed`
    above zero a start is brought to the nearby part of the manifold and stays where it arrives;
    with 0 it goes on to a minimum of q, of which a manifold that is only nearly still has few.

    Parameters
    ----------
    step : callable
        From states (n, M) to states, row by row; differentiable by torch. See `step_at`.
    starts : array, shape (n, M)
        Such as states visited in trials.
    speed : float, default 0
        Stop a start as soon as its speed is not above this; in units of the state, per step.
    n_iterations : int, default 200
        At most.

    Returns
    -------
    SlowPoints

    Notes
    -----
    Sussillo and Barak, Neural Computation 25, 626 (2013).

    Examples
    --------
    A pitchfork, z ↦ 1.5 z − z³/2, with fixed points at −1, 0 and 1:

    >>> found = slow_points(lambda z: 1.5 * z - z**3 / 2, [[-0.9], [0.1], [2.0]])
    >>> (found.points.round(6) + 0.0).ravel()
    array([-1.,  0.,  1.])
    """
    z = torch.tensor(as_array("starts", starts, 2))
    enough = as_number("speed", speed, at_least=0)
    damping = torch.ones(len(z), dtype=z.dtype)
    done = torch.zeros(len(z), dtype=torch.bool)
    residual, slope = _residual(step, z)
    for _ in range(as_count("n_iterations", n_iterations)):
        now = residual.norm(dim=1)
        uphill = torch.einsum("nij,ni->nj", slope, residual)
        # At a minimum the gradient of q is small against its two factors; below 1e-13 of the
        # size of the state a difference of two states is rounding.
        flat = uphill.norm(dim=1) <= 1e-10 * now * torch.linalg.matrix_norm(slope)
        done |= (now <= enough) | flat | (now <= 1e-13 * (1 + z.norm(dim=1)))
        active = ~done
        if not active.any():
            break
        square = slope[active].mT @ slope[active]
        square.diagonal(dim1=1, dim2=2).add_(damping[active, None])
        trial = z[active] - torch.linalg.solve(square, uphill[active])
        better_residual, better_slope = _residual(step, trial)
        improved = better_residual.norm(dim=1) < now[active]
        # Damping that has grown out of all proportion means that no step helps any more.
        damping[active] *= torch.where(improved, 0.3, 4.0)
        done |= damping > 1e12
        moved = active.nonzero()[:, 0][improved]
        z[moved], residual[moved] = trial[improved], better_residual[improved]
        slope[moved] = better_slope[improved]
    return SlowPoints(z.numpy(), residual.norm(dim=1).numpy(), done.numpy())


def _residual(step: Step, points: Tensor) -> tuple[Tensor, Tensor]:
    """F(z) − z and its Jacobian."""
    after, derivative = _step_and_jacobian(step, points)
    if after.shape != points.shape:
        raise ValueError(
            f"step must return states of shape {tuple(points.shape)}, found {tuple(after.shape)}"
        )
    return after - points, derivative - torch.eye(points.shape[1], dtype=points.dtype)


@dataclass(frozen=True, eq=False)
class LocalSpectrum:
    """Linearised dynamics at each of n points.

    Attributes
    ----------
    jacobians : array, shape (n, M, M)
    eigenvalues : complex array, shape (n, M)
        Of each Jacobian, the one nearest to 1 first: along its eigenvector a displacement
        changes least.

    Examples
    --------
    >>> spectrum = local_spectrum(lambda z: z * torch.tensor([0.5, 0.99]), [[0.0, 0.0]])
    >>> spectrum.eigenvalues.real.round(2), spectrum.n_slow(20), spectrum.directions(1)[0].round(6)
    (array([[0.99, 0.5 ]]), array([1]), array([[0.],
           [1.]]))
    """

    jacobians: Array
    eigenvalues: NDArray[np.complex128]

    @property
    def time_constants(self) -> Array:
        r"""Steps :math:`-1/\ln|\lambda|` in which a displacement shrinks e-fold, shape (n, M).

        Negative if it grows, 0 if it is gone at once.
        """
        with np.errstate(divide="ignore"):
            return np.asarray(-1 / np.log(np.abs(self.eigenvalues)))

    def n_slow(self, horizon: float) -> NDArray[np.int64]:
        r"""How many directions keep what is in them for so many steps, shape (n,).

        Those with :math:`|\lambda - 1| < 1/\text{horizon}`: neither decay nor growth nor
        rotation changes a displacement by its own size in that time.
        """
        keeps = np.abs(self.eigenvalues - 1) * as_number("horizon", horizon, above=0) < 1
        return np.asarray(keeps.sum(axis=1))

    def directions(self, n_directions: int) -> Array:
        """Orthonormal bases of the invariant subspaces of the first eigenvalues, (n, M, d).

        A complex pair at the edge is taken whole.
        """
        d = as_count("n_directions", n_directions)
        if d > self.eigenvalues.shape[1]:
            raise ValueError(
                f"n_directions must be at most {self.eigenvalues.shape[1]}, found {n_directions}"
            )
        return np.stack(
            [
                _invariant(matrix, np.abs(values - 1)[d - 1])[:, :d]
                for matrix, values in zip(self.jacobians, self.eigenvalues, strict=True)
            ]
        )


def _invariant(matrix: Array, distance: float) -> Array:
    """Schur basis, the vectors of eigenvalues within a distance of 1 first."""
    margin = distance * (1 + 1e-9) + 1e-12

    def near(real: float, imaginary: float) -> bool:
        return bool(np.hypot(real - 1, imaginary) <= margin)

    basis: Array = schur(matrix, output="real", sort=near)[1]
    return basis


def local_spectrum(step: Step, points: ArrayLike) -> LocalSpectrum:
    """Eigenvalues of the Jacobian at each point.

    Parameters
    ----------
    step : callable
        From states (n, M) to states, row by row. See `step_at`.
    points : array, shape (n, M)
        Slow ones, or there is no meaning in a linearisation of more than one step.

    Returns
    -------
    LocalSpectrum

    Examples
    --------
    >>> around = lambda z: z / z.norm(dim=1, keepdim=True)  # a ring: one direction is kept
    >>> local_spectrum(around, [[1.0, 0.0], [0.6, 0.8]]).eigenvalues.real.round(6) + 0.0
    array([[1., 0.],
           [1., 0.]])
    """
    matrices = jacobians(step, points)
    values = np.linalg.eigvals(matrices).astype(np.complex128)
    order = np.argsort(np.abs(values - 1), axis=1, kind="stable")
    return LocalSpectrum(matrices, np.take_along_axis(values, order, axis=1))
