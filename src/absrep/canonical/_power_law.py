"""Is one matrix a power of another? The fit in a common basis, and what speaks against it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .._validation import Array, as_number, as_stack
from ..nets import LinearLayer
from ._alignment import Alignments, moments
from ._exponents import ROUNDING, Exponent, fit_exponent

__all__ = ["PowerLaw", "diagonality", "power_law", "power_laws", "spectral_power_law"]


@dataclass(frozen=True, eq=False)
class PowerLaw(Exponent):
    r"""An `Exponent` with the points to which it was fitted and what speaks against it.

    Attributes
    ----------
    r_squared_quadratic : float
        R² with the square of :math:`\log A` as a second regressor: how much bending adds.
    r_squared_exponential : float
        R² of the rival :math:`B\propto e^{kA}`.
    diagonal : array, shape (R, 2)
        `diagonality` of A and of B in the basis of the fit; 1 for spectra.
    log_base, log_matrix : array, shape (n,)
        The points of the fit, all replicas in one list.
    replica : int array, shape (n,)
        To which replica each belongs.

    Examples
    --------
    >>> law = spectral_power_law(np.diag([1.0, 4.0])[None].repeat(3, 0), np.diag([3.0, 6.0]))
    >>> round(law.exponent, 6), law.replica.tolist()
    (0.5, [0, 0, 1, 1, 2, 2])
    """

    r_squared_quadratic: float
    r_squared_exponential: float
    diagonal: Array
    log_base: Array
    log_matrix: Array
    replica: NDArray[np.intp]


def diagonality(matrix: Array, basis: Array) -> Array:
    r"""How nearly diagonal a matrix is in the eigenbasis of another.

    The share of the squared entries that is on the diagonal, minus the share
    :math:`(2+\mathrm{PR})/(2+M)` which a basis turned at random has on average (PR is the
    participation ratio :math:`(\tr A)^2/\tr A^2`), as a fraction of what is missing there to 1.

    Parameters
    ----------
    matrix, basis : array, shape (..., M, M)
        Symmetric, not zero.

    Returns
    -------
    array, shape (...)
        1 if diagonal, 0 on average by chance; can be negative.

    Raises
    ------
    ValueError
        If the shapes do not fit, something is not finite or a matrix is zero.

    Examples
    --------
    >>> a = np.array([[2.0, 1.0], [1.0, 2.0]])
    >>> float(diagonality(a, np.array([[5.0, 3.0], [3.0, 5.0]])).round(6))  # same eigenvectors
    1.0
    """
    (a, z), _ = _stacks(matrix=matrix, basis=basis)
    vectors = np.linalg.eigh(z)[1]
    squares = (a**2).sum((-2, -1))
    on = (_in_basis(a, vectors) ** 2).sum(-1) / squares
    size = a.shape[-1]
    by_chance = (2 + np.trace(a, axis1=-2, axis2=-1) ** 2 / squares) / (2 + size)
    missing = 1 - by_chance
    # A multiple of the identity is diagonal in every basis.
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(missing > ROUNDING, (on - by_chance) / missing, 1.0)


def power_law(
    base: Array, matrix: Array, basis: Array, *, cut: float = 1e-3, confidence: float = 0.95
) -> PowerLaw:
    r"""Fit :math:`B\propto A^x` to the diagonals of A and B in the eigenbasis of Z.

    How the exponent and its interval are found, and what they cover: `fit_exponent`.

    Parameters
    ----------
    base, matrix, basis : array, shape (R, M, M)
        A, B and Z: symmetric, positive semi-definite; at least 3 replicas. A single matrix serves
        all replicas.
    cut : float, default 1e-3
        Take the eigenvectors of Z whose eigenvalue is above this part of the largest. Directions
        in which A or B are zero to rounding are left out as well.
    confidence : float, default 0.95

    Returns
    -------
    PowerLaw

    Raises
    ------
    ValueError
        If shapes do not fit, there are fewer than 3 replicas, a diagonal is negative, or there are
        not two different directions above the cut.

    Examples
    --------
    >>> z = np.random.default_rng(0).lognormal(size=(10, 8))
    >>> diagonal = lambda entries: np.eye(8) * entries[:, None]
    >>> law = power_law(diagonal(z), diagonal(5 * z**2), diagonal(z))
    >>> round(law.exponent, 6), round(law.r_squared, 6)
    (2.0, 1.0)
    """
    (a, b, z), n_replicas = _stacks(base=base, matrix=matrix, basis=basis)
    part = as_number("cut", cut, at_least=0)
    if n_replicas < 3:
        raise ValueError(f"matrix must have at least 3 replicas, found {n_replicas}")
    values, vectors = np.linalg.eigh(z)
    keep = values > part * values[..., -1:]
    shares = np.stack([diagonality(m, z) for m in (a, b)], axis=-1)
    return _fit(_in_basis(a, vectors), _in_basis(b, vectors), keep, shares, confidence)


def spectral_power_law(
    base: Array, matrix: Array, *, cut: float = 1e-3, confidence: float = 0.95
) -> PowerLaw:
    r"""Fit :math:`B\propto A^x` to the sorted eigenvalues, whatever the eigenvectors are.

    What is sorted on both sides is always correlated: here `r_squared` says little. That spectra
    follow a power law is necessary for :math:`B\propto A^x` and not sufficient.

    Parameters
    ----------
    base, matrix : array, shape (R, M, M)
        A and B as for `power_law`.
    cut : float, default 1e-3
        Take eigenvalues down to this part of the largest, of both matrices.
    confidence : float, default 0.95

    Returns
    -------
    PowerLaw

    Raises
    ------
    ValueError
        As `power_law`.

    Examples
    --------
    >>> a = np.diag([1.0, 2.0, 4.0])[None].repeat(3, 0)
    >>> round(spectral_power_law(a, a @ a @ a).exponent, 6)
    3.0
    """
    (a, b), n_replicas = _stacks(base=base, matrix=matrix)
    part = as_number("cut", cut, at_least=0)
    if n_replicas < 3:
        raise ValueError(f"matrix must have at least 3 replicas, found {n_replicas}")
    x, y = (np.asarray(np.linalg.eigvalsh(m), dtype=np.float64) for m in (a, b))
    keep = (x > part * x[..., -1:]) & (y > part * y[..., -1:])
    return _fit(x, y, keep, np.ones((n_replicas, 2)), confidence)


def power_laws(
    layer: LinearLayer, *, cut: float = 1e-3, confidence: float = 0.95
) -> dict[str, PowerLaw]:
    r"""The six power laws of a linear map, in the eigenbases of its weights, from covariances.

    The exponents are those of `exponents`; here they come with their points.

    Parameters
    ----------
    layer : LinearLayer
        At least 3 replicas.
    cut, confidence : float
        As for `power_law`.

    Returns
    -------
    dict of str to PowerLaw

    Raises
    ------
    ValueError
        As `power_law`.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> draw = lambda: rng.standard_normal((5, 50, 4))
    >>> laws = power_laws(LinearLayer(draw(), draw()[:, :4], draw()))
    >>> laws["backward_rw"].r_squared < 0.2 < laws["forward_rw"].r_squared
    True
    """
    m = moments(layer)
    above = m.representation_above, m.gradient_above, m.weights_above
    below = m.representation_below, m.gradient_below, m.weights_below
    fitted = [
        power_law(base, matrix, z, cut=cut, confidence=confidence)
        for r, g, z in (above, below)
        for base, matrix in ((g, r), (z, r), (z, g))
    ]
    return dict(zip(Alignments.relations(), fitted, strict=True))


def _stacks(**matrices: Array) -> tuple[list[Array], int]:
    """Square stacks of one size, the replicas broadcast, each scaled to entries of order 1."""
    stacks = {name: as_stack(name, matrix) for name, matrix in matrices.items()}
    size = next(iter(stacks.values())).shape[-1]
    for name, m in stacks.items():
        if m.shape[-2:] != (size, size):
            raise ValueError(f"{name} must have {size} × {size} entries, found shape {m.shape}")
        if not m.any((-2, -1)).all():
            raise ValueError(f"{name} must not be zero: it has no direction")
    try:
        full = np.broadcast_arrays(*stacks.values())
    except ValueError:
        shapes = [m.shape for m in stacks.values()]
        raise ValueError(
            f"{', '.join(stacks)} must have the same replicas, found {shapes}"
        ) from None
    replicas = full[0].shape[0] if full[0].ndim == 3 else 1
    return [m / np.abs(m).max((-2, -1), keepdims=True) for m in full], replicas


def _in_basis(matrix: Array, vectors: Array) -> Array:
    """Diagonal of a matrix in a basis that stands in columns."""
    return np.asarray((vectors * (matrix @ vectors)).sum(-2))


def _fit(
    base: Array, matrix: Array, keep: NDArray[np.bool_], diagonal: Array, confidence: float
) -> PowerLaw:
    for name, entries in (("base", base), ("matrix", matrix)):
        largest = entries.max(-1, keepdims=True)
        if (entries < -ROUNDING * largest).any():
            raise ValueError(f"{name} must be positive semi-definite, found a negative diagonal")
        keep = keep & (entries > ROUNDING * largest)
    if (keep.sum(-1) < 2).any():
        raise ValueError(f"cut must leave two directions or more, found {keep.sum(-1).min()}")
    replica = np.nonzero(keep)[0]
    x, y = np.log(base[keep]), np.log(matrix[keep])
    bent = _within(x, replica) ** 2
    rival = (base / base.max(-1, keepdims=True))[keep]
    deviations = np.stack([_within(x, replica), _within(y, replica)], axis=-1)
    products = np.zeros((len(keep), 2, 2))
    np.add.at(products, replica, deviations[:, :, None] * deviations[:, None, :])
    return PowerLaw(
        **vars(fit_exponent(products, confidence=confidence)),
        r_squared_quadratic=_explained(y, [x, bent], replica),
        r_squared_exponential=_explained(y, [rival], replica),
        diagonal=diagonal,
        log_base=x,
        log_matrix=y,
        replica=replica,
    )


def _within(points: Array, replica: NDArray[np.intp]) -> Array:
    """Points minus the mean of their replica."""
    means = np.bincount(replica, points) / np.bincount(replica)
    return np.asarray(points - means[replica])


def _explained(y: Array, regressors: list[Array], replica: NDArray[np.intp]) -> float:
    """Share of the variance of y within replicas that regressors explain."""
    target = _within(y, replica)
    design = np.stack([_within(x, replica) for x in regressors], axis=-1)
    rest = target - design @ np.linalg.lstsq(design, target, rcond=None)[0]
    return float(1 - rest @ rest / (target @ target))
