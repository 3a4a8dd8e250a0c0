"""Classification boundaries in the space of the latents: what the tasks ask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike

from .._validation import Array, Seed, as_array, as_count, as_generator, as_number

__all__ = ["Boundaries", "Hyperplanes", "Quadrics", "fan", "random_hyperplanes"]


class Boundaries(Protocol):
    """K tasks on D latents: the answer to task i is the sign of margin i.

    Examples
    --------
    >>> tasks: Boundaries = fan(3)
    >>> tasks.n_tasks, tasks.n_latents, tasks.margins([[0.1, 0.2]]).shape
    (3, 2, (1, 3))
    """

    @property
    def n_tasks(self) -> int:
        """K."""
        ...

    @property
    def n_latents(self) -> int:
        """D."""
        ...

    def margins(self, latents: ArrayLike) -> Array:
        """Signed, zero on the boundary; latents (..., D) to margins (..., K)."""
        ...


@dataclass(frozen=True, eq=False)
class Hyperplanes:
    r"""Tasks :math:`y_i = \mathrm{sign}(c_i\cdot x^* - b_i)`.

    Parameters
    ----------
    normals : array, shape (K, D)
        Rows :math:`c_i`, made unit vectors; offsets are divided by the same length.
    offsets : array, shape (K,), optional
        :math:`b_i`, in the units of the latents; default 0.

    Raises
    ------
    ValueError
        If a normal is zero or shapes disagree.

    Examples
    --------
    >>> planes = Hyperplanes([[2, 0], [0, 1]], offsets=[1, 0])
    >>> planes.margins([0.75, -1.0]), planes.rank
    (array([ 0.25, -1.  ]), 2)
    """

    normals: Array
    offsets: Array = None  # type: ignore[assignment]  # always set after construction

    def __post_init__(self) -> None:
        normals = as_array("normals", self.normals, 2)
        offsets = np.zeros(len(normals)) if self.offsets is None else self.offsets
        offsets = as_array("offsets", offsets, 1)
        if offsets.shape != normals.shape[:1]:
            raise ValueError(
                f"offsets must be one per normal, {len(normals)}, found {len(offsets)}"
            )
        lengths = np.linalg.norm(normals, axis=1)
        if (lengths == 0).any():
            raise ValueError(f"normals must not be zero, found row {np.argmin(lengths)}")
        object.__setattr__(self, "normals", normals / lengths[:, None])
        object.__setattr__(self, "offsets", offsets / lengths)

    @property
    def n_tasks(self) -> int:
        """K."""
        return len(self.normals)

    @property
    def n_latents(self) -> int:
        """D."""
        return int(self.normals.shape[1])

    @property
    def rank(self) -> int:
        """Dimensions of latent space that the tasks see; all of them if it is D."""
        return int(np.linalg.matrix_rank(self.normals))

    def margins(self, latents: ArrayLike) -> Array:
        """Signed distances from the hyperplanes, latents (..., D) to (..., K)."""
        return _latents(latents, self.n_latents) @ self.normals.T - self.offsets


@dataclass(frozen=True, eq=False)
class Quadrics:
    r"""Curved boundaries: :math:`y_i = \mathrm{sign}(x^\top Q_i x + c_i\cdot x - b_i)`.

    Circles (:math:`Q = 1`), hyperbolas (the sign of a product of latents), parabolas.

    Parameters
    ----------
    forms : array, shape (K, D, D)
        :math:`Q_i`; only the symmetric part matters.
    normals : array, shape (K, D)
    offsets : array, shape (K,)

    Examples
    --------
    >>> circle = Quadrics([np.eye(2)], [[0, 0]], [1])
    >>> circle.margins([[0.5, 0], [2, 0]]).ravel()
    array([-0.75,  3.  ])
    """

    forms: Array
    normals: Array
    offsets: Array

    def __post_init__(self) -> None:
        forms, normals = as_array("forms", self.forms, 3), as_array("normals", self.normals, 2)
        offsets = as_array("offsets", self.offsets, 1)
        k, d = normals.shape
        if forms.shape != (k, d, d) or offsets.shape != (k,):
            raise ValueError(
                f"forms, normals and offsets must have shapes (K, D, D), (K, D) and (K,), "
                f"found {forms.shape}, {normals.shape}, {offsets.shape}"
            )
        for name, value in (("forms", forms), ("normals", normals), ("offsets", offsets)):
            object.__setattr__(self, name, value)

    @property
    def n_tasks(self) -> int:
        """K."""
        return len(self.normals)

    @property
    def n_latents(self) -> int:
        """D."""
        return int(self.normals.shape[1])

    def margins(self, latents: ArrayLike) -> Array:
        """Values of the quadratic functions, latents (..., D) to (..., K)."""
        x = _latents(latents, self.n_latents)
        curved = np.einsum("...d,kde,...e->...k", x, self.forms, x)
        return np.asarray(curved + x @ self.normals.T - self.offsets)


def fan(n_tasks: int) -> Hyperplanes:
    r"""Lines through the origin of the plane at equal angles, :math:`(i + \tfrac12)π/K`.

    Parameters
    ----------
    n_tasks : int
        K.

    Returns
    -------
    Hyperplanes

    Examples
    --------
    >>> fan(2).normals.round(3)
    array([[-0.707,  0.707],
           [-0.707, -0.707]])
    """
    angles = (np.arange(as_count("n_tasks", n_tasks)) + 0.5) * np.pi / n_tasks
    return Hyperplanes(np.column_stack([-np.sin(angles), np.cos(angles)]))


def random_hyperplanes(
    n_tasks: int, n_latents: int, rng: Seed, offset_scale: float = 0.0
) -> Hyperplanes:
    """Hyperplanes of uniformly random orientation and normally distributed offsets.

    Parameters
    ----------
    n_tasks, n_latents : int
        K and D.
    rng : int or numpy.random.Generator
    offset_scale : float, default 0
        Standard deviation of the offsets, in the units of the latents.

    Returns
    -------
    Hyperplanes

    Examples
    --------
    >>> random_hyperplanes(5, 3, rng=0).rank
    3
    """
    k, d = as_count("n_tasks", n_tasks), as_count("n_latents", n_latents)
    scale = as_number("offset_scale", offset_scale, at_least=0)
    generator = as_generator("rng", rng)
    normals = generator.standard_normal((k, d))
    planes = Hyperplanes(normals)
    return Hyperplanes(planes.normals, scale * generator.standard_normal(k))


def _latents(latents: ArrayLike, n_latents: int) -> Array:
    x = as_array("latents", latents)
    if x.ndim == 0 or x.shape[-1] != n_latents:
        raise ValueError(f"latents must have {n_latents} in the last axis, found shape {x.shape}")
    return x
