"""Geometries of the classes' input patterns, each a kernel function and its plain arguments."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .._validation import Array, as_array, as_count, as_number
from ..kernels import kernel_from_spectrum, random_kernel, rotated_kernel

__all__ = ["Inputs", "RandomPatterns", "Rotated", "TargetAligned", "WalshSpectrum", "Whitened"]


@dataclass(frozen=True)
class Inputs(ABC):
    """A geometry of the classes' input patterns: a kernel function and what it is called with.

    Examples
    --------
    >>> from absrep.laboratory import Whitened
    >>> Whitened().code(2)
    'kernel_from_spectrum([1.0, 1.0, 1.0])'
    """

    @abstractmethod
    def call(self, n_latents: int) -> tuple[Callable[..., Array], tuple[Any, ...]]:
        """The kernel function and its arguments, for the classes of `n_latents` latents."""

    def kernel(self, n_latents: int) -> Array:
        """Input kernel of the classes, shape (2**d, 2**d)."""
        function, arguments = self.call(n_latents)
        return function(*arguments)

    def code(self, n_latents: int) -> str:
        """The call that makes the kernel, as Python."""
        function, arguments = self.call(n_latents)
        return f"{function.__name__}({', '.join(map(repr, arguments))})"


@dataclass(frozen=True)
class Whitened(Inputs):
    """Orthonormal classes: no latent is written in the inputs.

    Examples
    --------
    >>> from absrep.laboratory import Whitened
    >>> np.allclose(Whitened().kernel(2), np.eye(4))
    True
    """

    def call(self, n_latents: int) -> tuple[Callable[..., Array], tuple[Any, ...]]:
        return kernel_from_spectrum, ([1.0] * (n_latents + 1),)


@dataclass(frozen=True)
class TargetAligned(Inputs):
    r"""The latents raised above everything else, :math:`I + g\,YY^\top/P`.

    Parameters
    ----------
    gain : float
        g, not negative.

    Examples
    --------
    >>> from absrep.laboratory import TargetAligned
    >>> labels = hypercube(2).labels
    >>> np.allclose(TargetAligned(3.0).kernel(2), target_aligned_kernel(labels, 3.0))
    True
    """

    gain: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "gain", as_number("gain", self.gain, at_least=0))

    def call(self, n_latents: int) -> tuple[Callable[..., Array], tuple[Any, ...]]:
        return kernel_from_spectrum, ([1.0, 1.0 + self.gain] + [1.0] * (n_latents - 1),)


@dataclass(frozen=True)
class WalshSpectrum(Inputs):
    r"""One strength for each order of interaction, :math:`κ_0` to :math:`κ_d`.

    Parameters
    ----------
    levels : tuple of float
        :math:`κ_0` (constant), :math:`κ_1` (latents), :math:`κ_2`, …; d + 1 of them, none negative.

    Examples
    --------
    >>> from absrep.laboratory import WalshSpectrum
    >>> walsh_spectrum(WalshSpectrum((1, 1, 2)).kernel(2)).round(12)
    array([1., 1., 1., 2.])
    """

    levels: tuple[float, ...]

    def __post_init__(self) -> None:
        levels = as_array("levels", self.levels, 1)
        if (levels < 0).any():
            raise ValueError(f"levels must not be negative, found {levels.min():g}")
        object.__setattr__(self, "levels", tuple(levels.tolist()))

    def call(self, n_latents: int) -> tuple[Callable[..., Array], tuple[Any, ...]]:
        if len(self.levels) != n_latents + 1:
            raise ValueError(
                f"levels must be {n_latents + 1} numbers for {n_latents} latents, κ₀ to "
                f"κ_{n_latents}, found {len(self.levels)}"
            )
        return kernel_from_spectrum, (list(self.levels),)


@dataclass(frozen=True)
class RandomPatterns(Inputs):
    """Gaussian random patterns, the fewer features the less whitened (`absrep.random_kernel`).

    Parameters
    ----------
    n_features : int
    seed : int, optional

    Examples
    --------
    >>> from absrep.laboratory import RandomPatterns
    >>> RandomPatterns(6, seed=1).kernel(2).shape
    (4, 4)
    """

    n_features: int
    seed: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "n_features", as_count("n_features", self.n_features))
        object.__setattr__(self, "seed", as_count("seed", self.seed, at_least=0))

    def call(self, n_latents: int) -> tuple[Callable[..., Array], tuple[Any, ...]]:
        return random_kernel, (2**n_latents, self.n_features, self.seed)


@dataclass(frozen=True)
class Rotated(Inputs):
    """Unequal eigenvalues along random directions (`absrep.rotated_kernel`).

    Parameters
    ----------
    ratio : float
        Largest over smallest eigenvalue, at least 1. They are evenly spaced in the logarithm, and
        their mean is 1.
    seed : int, optional

    Examples
    --------
    >>> from absrep.laboratory import Rotated
    >>> values = np.linalg.eigvalsh(Rotated(8.0).kernel(2))
    >>> (values / values[0]).round(9)
    array([1., 2., 4., 8.])
    """

    ratio: float
    seed: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "ratio", as_number("ratio", self.ratio, at_least=1))
        object.__setattr__(self, "seed", as_count("seed", self.seed, at_least=0))

    def call(self, n_latents: int) -> tuple[Callable[..., Array], tuple[Any, ...]]:
        eigenvalues = np.geomspace(1, self.ratio, 2**n_latents)
        return rotated_kernel, ((eigenvalues / eigenvalues.mean()).tolist(), self.seed)
