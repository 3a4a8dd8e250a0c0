r"""Tasks: stimuli with binary latent labels.

A `Task` is what every later layer takes: P stimuli, known by their features or only by their
kernel, and d_Y labels of −1 or +1 for each.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.linalg import block_diag
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from ._validation import (
    Array,
    Seed,
    as_array,
    as_count,
    as_generator,
    as_kernel,
    as_labels,
    as_names,
    as_number,
)
from .kernels import gram, gram_factor, walsh_basis

__all__ = [
    "DigitsTask",
    "GradedTask",
    "Task",
    "digits",
    "hypercube",
    "multi_element",
    "noisy_trials",
    "poisson_trials",
]


@dataclass(frozen=True, eq=False)
class Task:
    r"""Stimuli and the binary latents that the network is asked to report.

    Parameters
    ----------
    labels : array, shape (P, d_Y)
        One column per latent, entries −1 or +1. A vector is taken as one column.
    features : array, shape (P, d_X), optional
        Input patterns.
    kernel : array, shape (P, P), optional
        Input kernel, where only the geometry of the inputs matters. Without `features` they
        become its symmetric square root; with them it must be their Gram matrix.
    names : sequence of str, optional
        Names of the latents; default ``("y1", "y2", …)``.

    Raises
    ------
    ValueError
        If neither `features` nor `kernel` is given or they disagree, shapes differ, a label is
        not −1 or +1, the kernel is not symmetric positive semi-definite, or anything is not
        finite.

    Examples
    --------
    >>> task = Task(labels=[[-1], [1], [1]], features=[[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    >>> task.n_stimuli, task.n_latents, task.names
    (3, 1, ('y1',))
    >>> task.input_kernel
    array([[1., 0., 1.],
           [0., 1., 1.],
           [1., 1., 2.]])
    """

    labels: Array
    features: Array = None  # type: ignore[assignment]  # always set after construction
    kernel: Array | None = None
    names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.features is None and self.kernel is None:
            raise ValueError("features or kernel must be given")
        kernel = None if self.kernel is None else as_kernel("kernel", self.kernel)
        if self.features is None:
            features = gram_factor(kernel)
        else:
            features = as_array("features", self.features, 2)
        if kernel is not None and not (
            len(features) == len(kernel) and np.allclose(gram(features), kernel)
        ):
            raise ValueError("features and kernel disagree: kernel must be features @ features.T")
        labels = self._checked_labels(len(features))
        names = self.names
        if isinstance(names, tuple) and not names:
            names = tuple(f"y{a + 1}" for a in range(labels.shape[1]))
        frozen = {"labels": labels, "features": features, "kernel": kernel}
        for field, array in frozen.items():
            if array is not None:
                # A copy, so that the caller's array stays writable and ours cannot change.
                array = array.copy()
                array.flags.writeable = False
            object.__setattr__(self, field, array)
        object.__setattr__(self, "names", as_names("names", names, labels.shape[1]))

    def _checked_labels(self, n_stimuli: int) -> Array:
        return as_labels("labels", self.labels, n_stimuli)

    @property
    def n_stimuli(self) -> int:
        """Number of stimuli, P."""
        return len(self.labels)

    @property
    def n_latents(self) -> int:
        """Number of labels, d_Y."""
        return int(self.labels.shape[1])

    @property
    def input_kernel(self) -> Array:
        r"""Input kernel :math:`K_X = XX^\top`, shape (P, P)."""
        return gram(self.features) if self.kernel is None else self.kernel

    @property
    def output_kernel(self) -> Array:
        r"""Output kernel :math:`K_Y = YY^\top`, shape (P, P)."""
        return gram(self.labels)


@dataclass(frozen=True, eq=False)
class GradedTask(Task):
    r"""Stimuli and answers that need not be "yes" or "no", such as degrees of belief.

    A `Task` whose `labels` are any real numbers. Squared error knows them through
    :math:`K_Y = YY^\top` alone: `of_kernel` asks for infinitely many answers by a root of their
    kernel.

    Parameters
    ----------
    labels : array, shape (P, d_Y)
        Real. A vector is taken as one column.
    features, kernel, names
        As for `Task`.

    Raises
    ------
    ValueError
        As `Task`, but for the values of the labels.

    Examples
    --------
    >>> GradedTask([[-0.5], [0.25]], kernel=np.eye(2)).output_kernel
    array([[ 0.25  , -0.125 ],
           [-0.125 ,  0.0625]])
    """

    @classmethod
    def of_kernel(cls, output_kernel: ArrayLike, input_kernel: ArrayLike) -> GradedTask:
        """Answers of which only the kernel is known, as many as it has dimensions.

        Parameters
        ----------
        output_kernel, input_kernel : array, shape (P, P)

        Examples
        --------
        >>> task = GradedTask.of_kernel([[1, -1], [-1, 1]], np.eye(2))
        >>> task.n_latents, task.output_kernel.round(12)
        (1, array([[ 1., -1.],
               [-1.,  1.]]))
        """
        target = as_kernel("output_kernel", output_kernel)
        values, vectors = np.linalg.eigh(target)
        # Rounding noise of a root would be the square root of that of the kernel.
        keep = values > 1e-12 * values[-1]
        if not keep.any():
            raise ValueError("output_kernel must not be zero")
        return cls(
            vectors[:, keep] * np.sqrt(values[keep]),
            kernel=as_kernel("input_kernel", input_kernel, len(target)),
        )

    def _checked_labels(self, n_stimuli: int) -> Array:
        labels = as_array("labels", self.labels, (1, 2))
        labels = labels[:, None] if labels.ndim == 1 else labels
        if len(labels) != n_stimuli:
            raise ValueError(
                f"labels must have {n_stimuli} rows, one per stimulus, found {len(labels)}"
            )
        return labels


def hypercube(n_latents: int, input_kernel: ArrayLike | None = None) -> Task:
    r"""All :math:`P = 2^d` combinations of d latents, each asked for as one label.

    Parameters
    ----------
    n_latents : int
        d.
    input_kernel : array, shape (P, P), optional
        Geometry of the inputs; default the identity, *whitened* inputs, in which no latent is
        written. Stimuli are in the order of `absrep.walsh_basis`.

    Returns
    -------
    Task

    Examples
    --------
    >>> hypercube(2).labels.astype(int)
    array([[-1, -1],
           [-1,  1],
           [ 1, -1],
           [ 1,  1]])
    """
    n = as_count("n_latents", n_latents)
    if input_kernel is None:
        kernel = np.eye(2**n)
    else:
        kernel = as_kernel("input_kernel", input_kernel, 2**n)
    return Task(labels=walsh_basis(n)[:, 1 : n + 1], kernel=kernel)


def multi_element(n_latents: int, correlation: ArrayLike) -> Task:
    r"""Several stimuli for every combination of latents (Wang, Johnston and Fusi, Fig. 5).

    Stimuli of one class may be correlated; stimuli of different classes are orthogonal, so that
    the input kernel is block-diagonal, :math:`K_X = \mathrm{blockdiag}(C_1, …, C_P)`.

    Parameters
    ----------
    n_latents : int
        d; there are :math:`2^d` classes.
    correlation : array, shape (n, n) or (2**d, n, n)
        Within-class kernel of the n stimuli, the same for every class or one each. Symmetric,
        positive semi-definite.

    Returns
    -------
    Task
        With :math:`n 2^d` stimuli, class after class.

    Examples
    --------
    >>> multi_element(2, [[1.0, 0.3], [0.3, 1.0]]).n_stimuli
    8
    """
    n_classes = 2 ** as_count("n_latents", n_latents)
    blocks = as_array("correlation", correlation, (2, 3))
    if blocks.ndim == 2:
        blocks = np.repeat(blocks[None], n_classes, axis=0)
    if len(blocks) != n_classes:
        raise ValueError(f"correlation must hold {n_classes} classes, found {len(blocks)}")
    blocks = np.stack([as_kernel("correlation", block) for block in blocks])
    labels = np.repeat(walsh_basis(n_latents)[:, 1 : n_latents + 1], blocks.shape[1], axis=0)
    return Task(labels=labels, kernel=block_diag(*blocks))


@dataclass(frozen=True, eq=False)
class DigitsTask:
    """Handwritten digits, split into images to train on and held-out images.

    Attributes
    ----------
    train : Task
        Standardised pixels (64 per image) with labels (parity, magnitude).
    test : Task
        The same of the held-out images.
    train_images : array, shape (n, 8, 8)
        The images as they are, grey levels 0 to 16.
    test_images : array, shape (n, 8, 8)
    train_digits : int array, shape (n,)
        Which digit (0–9) each image shows.
    test_digits : int array, shape (n,)

    Examples
    --------
    >>> split = digits(rng=0)
    >>> int(split.test_digits[0]), split.test.labels[0], split.test_images[0].shape
    (1, array([-1., -1.]), (8, 8))
    """

    train: Task
    test: Task
    train_images: Array
    test_images: Array
    train_digits: np.ndarray[tuple[int], np.dtype[np.int64]]
    test_digits: np.ndarray[tuple[int], np.dtype[np.int64]]


def digits(rng: Seed, test_fraction: float = 1 / 3) -> DigitsTask:
    """Real handwritten digits with two latents, parity and magnitude.

    As in Wang, Johnston and Fusi, Fig. 1. The 1797 images of 8 × 8 pixels that ship with
    scikit-learn (the test set of the UCI optical digits). Parity is +1 for even digits,
    magnitude +1 for digits of five or more. Each pixel is standardised with the mean and standard
    deviation of the *training* images; pixels that never vary there become 0. The split keeps the
    proportion of each digit.

    Parameters
    ----------
    rng : int or numpy.random.Generator
        Decides the split.
    test_fraction : float
        Share of images held out, strictly between 0 and 1.

    Returns
    -------
    DigitsTask

    Examples
    --------
    >>> split = digits(rng=0)
    >>> split.train.features.shape, split.test.features.shape, split.train.names
    ((1198, 64), (599, 64), ('parity', 'magnitude'))
    """
    fraction = as_number("test_fraction", test_fraction, above=0)
    pixels, shown = load_digits(return_X_y=True)
    # Every digit has to occur on both sides of the split.
    if not 10 <= fraction * len(shown) <= len(shown) - 10:
        raise ValueError(
            f"test_fraction must leave ten images or more on either side, found {test_fraction}"
        )
    shown = shown.astype(np.int64)
    seed = int(as_generator("rng", rng).integers(2**32))
    split = train_test_split(pixels, shown, test_size=fraction, random_state=seed, stratify=shown)
    train_pixels, test_pixels, train_digits, test_digits = split
    scaler = StandardScaler().fit(train_pixels)
    varies = scaler.var_ > 0

    def task(images: Array, which: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Task:
        labels = np.stack([which % 2 == 0, which >= 5], axis=1) * 2.0 - 1.0
        return Task(
            labels, features=scaler.transform(images) * varies, names=("parity", "magnitude")
        )

    return DigitsTask(
        train=task(train_pixels, train_digits),
        test=task(test_pixels, test_digits),
        train_images=train_pixels.reshape(-1, 8, 8),
        test_images=test_pixels.reshape(-1, 8, 8),
        train_digits=train_digits,
        test_digits=test_digits,
    )


def noisy_trials(
    patterns: ArrayLike, labels: ArrayLike, n_trials: int | Sequence[int], noise: float, rng: Seed
) -> tuple[Array, Array]:
    r"""Repeat every pattern `n_trials` times with independent Gaussian noise, as in a recording.

    Parameters
    ----------
    patterns : array, shape (P, N)
        Noise-free response to each stimulus.
    labels : array, shape (P, d), −1 or +1
    n_trials : int or sequence of P int
        Trials per stimulus, the same for all or one number each.
    noise : float
        Standard deviation, in the units of `patterns`; zero repeats them exactly.
    rng : int or numpy.random.Generator

    Returns
    -------
    features : array, shape (number of trials, N)
    labels : array, shape (number of trials, d)

    Examples
    --------
    >>> features, labels = noisy_trials(np.eye(2), [[-1], [1]], n_trials=3, noise=0.1, rng=0)
    >>> features.shape, labels.ravel()
    ((6, 2), array([-1., -1., -1.,  1.,  1.,  1.]))
    """
    clean = as_array("patterns", patterns, 2)
    y = as_labels("labels", labels, len(clean))
    n = _trials_of_each(n_trials, len(clean))
    sigma = as_number("noise", noise, at_least=0)
    repeated = np.repeat(clean, n, axis=0)
    jitter = as_generator("rng", rng).standard_normal(repeated.shape)
    return repeated + sigma * jitter, np.repeat(y, n, axis=0)


def poisson_trials(
    rates: ArrayLike, labels: ArrayLike, n_trials: int | Sequence[int], rng: Seed
) -> tuple[Array, Array]:
    r"""Spike counts: every neuron in every trial an independent Poisson number.

    Its variance equals its mean, so that the noise differs between neurons and conditions.

    Parameters
    ----------
    rates : array, shape (P, N)
        Expected counts for each stimulus, not negative.
    labels, n_trials, rng
        As for `noisy_trials`.

    Returns
    -------
    features : array, shape (number of trials, N)
    labels : array, shape (number of trials, d)

    Examples
    --------
    >>> counts, labels = poisson_trials([[2.0, 0.0], [8.0, 1.0]], [[-1], [1]], [1, 2], rng=0)
    >>> counts.shape, labels.ravel(), bool((counts == counts.round()).all())
    ((3, 2), array([-1.,  1.,  1.]), True)
    """
    mean = as_array("rates", rates, 2)
    if (mean < 0).any():
        raise ValueError(f"rates must not be negative, found {mean.min():g}")
    y = as_labels("labels", labels, len(mean))
    n = _trials_of_each(n_trials, len(mean))
    counts = as_generator("rng", rng).poisson(np.repeat(mean, n, axis=0))
    return counts.astype(np.float64), np.repeat(y, n, axis=0)


def _trials_of_each(n_trials: int | Sequence[int], n_stimuli: int) -> list[int]:
    if not isinstance(n_trials, Iterable):
        return [as_count("n_trials", n_trials)] * n_stimuli
    counts = [as_count("n_trials", n) for n in n_trials]
    if len(counts) != n_stimuli:
        raise ValueError(
            f"n_trials must be one number or {n_stimuli}, one per stimulus, found {len(counts)}"
        )
    return counts
