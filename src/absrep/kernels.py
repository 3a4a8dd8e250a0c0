r"""Kernels (Gram matrices) of stimuli and representations.

A kernel holds every inner product between P patterns, and with it everything about their
geometry that does not depend on the choice of axes. This module makes the kernels that the book
studies, compares them, and expands them in the Walsh basis of the hypercube: the 2^d products
of latents, from the constant to the d-way interaction.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike

from ._validation import (
    Array,
    Seed,
    as_array,
    as_count,
    as_generator,
    as_kernel,
    as_labels,
    as_number,
    as_stack,
)

__all__ = [
    "center",
    "gram",
    "gram_factor",
    "kernel_alignment",
    "kernel_from_spectrum",
    "random_kernel",
    "rotated_kernel",
    "target_aligned_kernel",
    "walsh_basis",
    "walsh_orders",
    "walsh_spectrum",
]

# The basis of 2^12 stimuli takes 128 MiB.
_MOST_LATENTS = 12


def gram(features: ArrayLike) -> Array:
    r"""Gram matrix :math:`K = XX^\top` of patterns.

    Parameters
    ----------
    features : array, shape (..., P, N)
        One pattern per row; leading axes (replicas, epochs) are kept.

    Returns
    -------
    array, shape (..., P, P)

    Examples
    --------
    >>> gram([[1.0, 0.0], [1.0, 1.0]])
    array([[1., 1.],
           [1., 2.]])
    """
    array = as_stack("features", features)
    return np.asarray(array @ np.swapaxes(array, -1, -2))


def gram_factor(kernel: ArrayLike) -> Array:
    r"""Symmetric square root of a kernel: patterns X with :math:`XX^\top = K`.

    Parameters
    ----------
    kernel : array, shape (P, P)
        Symmetric and positive semi-definite.

    Returns
    -------
    array, shape (P, P)
        Of all factors the one nearest to the identity: feature k belongs to stimulus k.

    Raises
    ------
    ValueError
        If `kernel` is not symmetric positive semi-definite.

    Examples
    --------
    >>> X = gram_factor([[2.0, 1.0], [1.0, 2.0]])
    >>> np.allclose(X @ X.T, [[2, 1], [1, 2]])
    True
    """
    values, vectors = np.linalg.eigh(as_kernel("kernel", kernel))
    return np.asarray((vectors * np.sqrt(np.clip(values, 0, None))) @ vectors.T)


def center(kernel: ArrayLike) -> Array:
    r"""Kernel of the patterns after their mean is taken off, :math:`HKH`.

    Here :math:`H = I - 11^\top/P` is the centring matrix.

    Parameters
    ----------
    kernel : array, shape (..., P, P)

    Returns
    -------
    array, shape (..., P, P)

    Examples
    --------
    >>> center([[1.0, 1.0], [1.0, 3.0]])
    array([[ 0.5, -0.5],
           [-0.5,  0.5]])
    """
    array = as_stack("kernel", kernel)
    if array.shape[-1] != array.shape[-2]:
        raise ValueError(f"kernel must be square in its last two axes, found {array.shape}")
    rows = array - array.mean(-1, keepdims=True)
    return np.asarray(rows - rows.mean(-2, keepdims=True))


def kernel_alignment(kernel_a: ArrayLike, kernel_b: ArrayLike) -> float:
    r"""Centred kernel alignment, the cosine between two centred kernels.

    .. math:: \frac{\langle HK_aH, HK_bH\rangle_F}{\lVert HK_aH\rVert_F\,\lVert HK_bH\rVert_F}

    For Gram matrices this is linear CKA (Kornblith et al., ICML 2019). Between an input kernel
    and the output kernel it is the book's *input-output alignment*; for whitened inputs on the
    hypercube it is :math:`\sqrt{d/(P-1)}`.

    Parameters
    ----------
    kernel_a, kernel_b : array, shape (P, P)
        Symmetric positive semi-definite kernels of the same P stimuli.

    Returns
    -------
    float
        Between 0 and 1.

    Raises
    ------
    ValueError
        If a kernel is not symmetric positive semi-definite, the shapes differ, or a centred
        kernel is zero (all its patterns coincide), where the cosine does not exist.

    Examples
    --------
    >>> labels = np.array([[-1, -1], [-1, 1], [1, -1], [1, 1]])
    >>> bool(np.isclose(kernel_alignment(np.eye(4), labels @ labels.T), np.sqrt(2 / 3)))
    True
    """
    a = as_kernel("kernel_a", kernel_a)
    b = as_kernel("kernel_b", kernel_b, len(a))
    centred = []
    for name, kernel in (("kernel_a", a), ("kernel_b", b)):
        centred.append(center(kernel))
        # Centring a constant kernel leaves rounding noise of its own size, not exact zeros.
        if np.linalg.norm(centred[-1]) <= 1e-12 * np.linalg.norm(kernel):
            raise ValueError(f"{name} must not be zero after centring: all patterns coincide")
    a, b = centred
    return float(np.sum(a * b) / (np.linalg.norm(a) * np.linalg.norm(b)))


def walsh_orders(n_latents: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Interaction order (number of latents multiplied) of each column of `walsh_basis`.

    Parameters
    ----------
    n_latents : int

    Returns
    -------
    int array, shape (2**n_latents,)

    Examples
    --------
    >>> walsh_orders(3)
    array([0, 1, 1, 1, 2, 2, 2, 3])
    """
    n = as_count("n_latents", n_latents)
    return np.array([len(s) for r in range(n + 1) for s in combinations(range(n), r)])


def walsh_basis(n_latents: int) -> Array:
    """Products of latents over all stimuli of the hypercube, lowest order first.

    Columns 1 … d are the latents themselves, so ``walsh_basis(d)[:, 1:d+1]`` are the labels of
    `absrep.hypercube`. Stimuli count up in binary, the first latent slowest.

    Parameters
    ----------
    n_latents : int

    Returns
    -------
    array, shape (P, P), P = 2**n_latents
        Entries −1 and +1; columns are orthogonal with squared norm P.

    Examples
    --------
    >>> walsh_basis(2).astype(int)  # constant, y1, y2, y1*y2
    array([[ 1, -1, -1,  1],
           [ 1, -1,  1, -1],
           [ 1,  1, -1, -1],
           [ 1,  1,  1,  1]])
    """
    n = as_count("n_latents", n_latents)
    if n > _MOST_LATENTS:
        raise ValueError(f"n_latents must be at most {_MOST_LATENTS}, found {n}")
    bits = (np.arange(2**n)[:, None] >> np.arange(n)[::-1]) & 1
    latents = 2.0 * bits - 1.0
    subsets = [list(s) for r in range(n + 1) for s in combinations(range(n), r)]
    return np.stack([latents[:, s].prod(axis=1) for s in subsets], axis=1)


def kernel_from_spectrum(spectrum: ArrayLike) -> Array:
    r"""Kernel on the hypercube with one eigenvalue per interaction order.

    .. math:: K = \frac1P \sum_{r=0}^{d} \kappa_r \sum_{|S|=r} w_S w_S^\top

    with :math:`w_S` the Walsh functions. It treats all latents alike: such a kernel is
    *isotropic within each order*. :math:`\kappa = (1, …, 1)` is the whitened input.

    Parameters
    ----------
    spectrum : array, shape (d + 1,)
        Eigenvalues :math:`\kappa_0` (constant), :math:`\kappa_1` (latents), … :math:`\kappa_d`,
        none negative.

    Returns
    -------
    array, shape (2**d, 2**d)

    Examples
    --------
    >>> np.allclose(kernel_from_spectrum([1, 1, 1]), np.eye(4))
    True
    """
    kappa = as_array("spectrum", spectrum, 1)
    if len(kappa) < 2:
        raise ValueError("spectrum must hold at least two eigenvalues (constant and latents)")
    if (kappa < 0).any():
        raise ValueError(f"spectrum must not be negative, found {kappa.min():g}")
    n_latents = len(kappa) - 1
    basis = walsh_basis(n_latents)
    return np.asarray((basis * kappa[walsh_orders(n_latents)]) @ basis.T / len(basis))


def walsh_spectrum(kernel: ArrayLike) -> Array:
    r"""Weight of a kernel on every Walsh function, :math:`w_S^\top K w_S / P`.

    Where the kernel is diagonal in the Walsh basis these are its eigenvalues. The inverse of
    `kernel_from_spectrum`, one number per interaction instead of per order.

    Parameters
    ----------
    kernel : array, shape (2**d, 2**d)

    Returns
    -------
    array, shape (2**d,)
        In the order of `walsh_basis`.

    Examples
    --------
    >>> walsh_spectrum(kernel_from_spectrum([3, 1, 2])).round(12)
    array([3., 1., 1., 2.])
    """
    array = as_kernel("kernel", kernel)
    n_latents = len(array).bit_length() - 1
    if len(array) != 2**n_latents or n_latents < 1:
        raise ValueError(f"kernel must have 2^d rows (d ≥ 1), found {len(array)}")
    basis = walsh_basis(n_latents)
    return np.asarray(np.einsum("ps,pq,qs->s", basis, array, basis) / len(basis))


def target_aligned_kernel(labels: ArrayLike, gain: float) -> Array:
    r"""Input kernel on the path from whitened to target-aligned, :math:`I + g\,YY^\top/P`.

    At gain 0 the stimuli are orthonormal; as the gain grows the directions that the task asks
    for come to dominate, until the input has the geometry of the output.

    Parameters
    ----------
    labels : array, shape (P, d_Y), −1 or +1
    gain : float
        :math:`g \ge 0`.

    Returns
    -------
    array, shape (P, P)

    Examples
    --------
    >>> target_aligned_kernel([[-1], [1]], gain=2.0)
    array([[ 2., -1.],
           [-1.,  2.]])
    """
    y = as_labels("labels", labels)
    g = as_number("gain", gain, at_least=0)
    return np.eye(len(y)) + g * (y @ y.T) / len(y)


def random_kernel(n_stimuli: int, n_features: int, rng: Seed) -> Array:
    r"""Kernel of Gaussian random patterns, :math:`XX^\top/N` with :math:`X_{pk} \sim N(0, 1)`.

    Few features give strongly anisotropic kernels, many give nearly whitened ones. With
    ``n_features >= n_stimuli`` the kernel has full rank (with probability one).

    Parameters
    ----------
    n_stimuli, n_features : int
    rng : int or numpy.random.Generator

    Returns
    -------
    array, shape (n_stimuli, n_stimuli)

    Examples
    --------
    >>> random_kernel(3, 5, rng=0).shape
    (3, 3)
    """
    p, n = as_count("n_stimuli", n_stimuli), as_count("n_features", n_features)
    return gram(as_generator("rng", rng).standard_normal((p, n))) / n


def rotated_kernel(spectrum: ArrayLike, rng: Seed) -> Array:
    r"""Kernel with given eigenvalues and random eigenvectors, :math:`O\,\mathrm{diag}(κ)\,O^\top`.

    The rotation O is uniform over all rotations (Haar measure): how anisotropic the kernel is
    does not depend on chance, in which directions does.

    Parameters
    ----------
    spectrum : array, shape (P,)
        Eigenvalues, none negative.
    rng : int or numpy.random.Generator

    Returns
    -------
    array, shape (P, P)

    Examples
    --------
    >>> kernel = rotated_kernel([3.0, 1.0, 0.5], rng=0)
    >>> np.linalg.eigvalsh(kernel).round(12)
    array([0.5, 1. , 3. ])
    """
    values = as_array("spectrum", spectrum, 1)
    if (values < 0).any():
        raise ValueError(f"spectrum must not be negative, found {values.min():g}")
    square = as_generator("rng", rng).standard_normal((len(values), len(values)))
    vectors, triangle = np.linalg.qr(square)
    # The signs of a QR decomposition are a convention; with those of R undone, Q is uniform.
    vectors = vectors * np.sign(np.diagonal(triangle))
    rotated = (vectors * values) @ vectors.T
    return np.asarray((rotated + rotated.T) / 2)
