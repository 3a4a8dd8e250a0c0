"""One home for the checks that every public function makes of its input.

Each check returns the cleaned value or raises an error whose message starts with the
argument's name, says what was expected and what was found.
"""

from __future__ import annotations

import numbers
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
Seed = int | np.random.Generator

# Rounding leaves a positive semi-definite kernel with eigenvalues of about −1e-16 of its norm;
# anything below −1e-8 of it was negative before rounding.
_PSD_TOLERANCE = 1e-8


def as_array(name: str, value: ArrayLike, ndim: int | tuple[int, ...] | None = None) -> Array:
    """Return `value` as a finite, non-empty float64 array with `ndim` axes (None: any number)."""
    try:
        if np.iscomplexobj(value):
            raise TypeError("complex numbers found")
        array = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise TypeError(f"{name} must be an array of real numbers: {error}") from None
    allowed = (array.ndim,) if ndim is None else (ndim,) if isinstance(ndim, int) else ndim
    if array.ndim not in allowed:
        raise ValueError(
            f"{name} must have {' or '.join(map(str, allowed))} axes, found shape {array.shape}"
        )
    if array.size == 0:
        raise ValueError(f"{name} must not be empty, found shape {array.shape}")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} must be finite, found NaN or infinity")
    return array


def as_stack(name: str, value: ArrayLike) -> Array:
    """Return a matrix, or a stack of matrices in leading axes (replicas, epochs)."""
    array = as_array(name, value)
    if array.ndim < 2:
        raise ValueError(f"{name} must have at least 2 axes, found shape {array.shape}")
    return array


def as_labels(name: str, value: ArrayLike, n_rows: int | None = None) -> Array:
    """Return binary labels (n × d), each −1 or +1; a vector becomes one column."""
    labels = as_array(name, value, (1, 2))
    labels = labels[:, None] if labels.ndim == 1 else labels
    if not (np.abs(labels) == 1).all():
        found = np.unique(labels)[:5]
        raise ValueError(f"{name} must be −1 or +1 throughout, found values such as {found}")
    if n_rows is not None and len(labels) != n_rows:
        raise ValueError(f"{name} must have {n_rows} rows, one per stimulus, found {len(labels)}")
    return labels


def as_kernel(name: str, value: ArrayLike, n_rows: int | None = None) -> Array:
    """Return a symmetric positive semi-definite matrix, exactly symmetrised."""
    kernel = as_array(name, value, 2)
    if kernel.shape[0] != kernel.shape[1]:
        raise ValueError(f"{name} must be square, found shape {kernel.shape}")
    if n_rows is not None and len(kernel) != n_rows:
        raise ValueError(f"{name} must be {n_rows} × {n_rows}, found {kernel.shape}")
    size = np.abs(kernel).max()
    if np.abs(kernel - kernel.T).max() > _PSD_TOLERANCE * size:
        raise ValueError(f"{name} must be symmetric")
    kernel = (kernel + kernel.T) / 2
    smallest = np.linalg.eigvalsh(kernel)[0]
    if smallest < -_PSD_TOLERANCE * size:
        raise ValueError(
            f"{name} must be positive semi-definite, found the eigenvalue {smallest:.3g}"
        )
    return kernel


def as_number(
    name: str, value: float, *, at_least: float = -np.inf, above: float = -np.inf
) -> float:
    """Return a finite real number within its bounds (`at_least` closed, `above` open)."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise TypeError(f"{name} must be a real number, found {value!r}")
    number = float(value)
    if not np.isfinite(number) or number < at_least or number <= above:
        bound = f"above {above:g}" if above > -np.inf else f"at least {at_least:g}"
        raise ValueError(f"{name} must be finite and {bound}, found {value!r}")
    return number


def as_count(name: str, value: int, at_least: int = 1) -> int:
    """Return an integer of at least `at_least`."""
    if isinstance(value, bool) or not isinstance(value, numbers.Integral):
        raise TypeError(f"{name} must be an integer, found {value!r}")
    if value < at_least:
        raise ValueError(f"{name} must be at least {at_least}, found {value}")
    return int(value)


def as_generator(name: str, value: Seed) -> np.random.Generator:
    """Return a Generator from a seed; there is no unseeded default, so runs repeat."""
    if isinstance(value, np.random.Generator):
        return value
    return np.random.default_rng(as_count(name, value, at_least=0))


def as_function(name: str, value: Callable[..., Any]) -> Callable[..., Any]:
    """Return a callable."""
    if not callable(value):
        raise TypeError(f"{name} must be a function, found {value!r}")
    return value


def as_names(name: str, value: Sequence[str], n_names: int) -> tuple[str, ...]:
    """Return `n_names` distinct names."""
    if isinstance(value, str):
        raise TypeError(f"{name} must be a sequence of names, found the single string {value!r}")
    if not isinstance(value, Iterable):
        raise TypeError(f"{name} must be a sequence of names, found {value!r}")
    names = tuple(map(str, value))
    if len(names) != n_names or len(set(names)) != n_names:
        raise ValueError(f"{name} must be {n_names} distinct names, found {names}")
    return names
