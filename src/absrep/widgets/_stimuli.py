"""The four stimuli of two latents: their names, their picture in space, and what is measured there.

In the picture an edge joins two stimuli that differ in one latent, in the colour of that latent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from .._validation import Array
from ..figures import LATENT_COLOURS, SERIES_COLOURS
from ..geometry import balanced_dichotomies, kernel_ccgp, kernel_decoding, parallelism_score
from ..kernels import gram, gram_factor, walsh_basis
from ..tasks import hypercube
from ._marks import Dots, Line, Mark, Segments, Words

STIMULI = ("−−", "−+", "+−", "++")

SCORE_LINES = (
    Line("parallelism line", "PS", SERIES_COLOURS[0]),
    Line("ccgp line", "CCGP", SERIES_COLOURS[1]),
    Line("decoding line", "decoding", SERIES_COLOURS[2]),
    Line("shattering line", "shattering dimension", SERIES_COLOURS[3]),
)


def square(points: Array, name: str = "points") -> dict[str, Array]:
    """Arrays that `square_marks` of the same name draws; points have shape (4, 3)."""
    return {
        name: points,
        f"{name}, first": points[[[0, 2], [1, 3]]],
        f"{name}, second": points[[[0, 1], [2, 3]]],
    }


def square_edges(
    name: str = "points",
    first: str = "first latent differs",
    second: str = "second latent differs",
) -> tuple[Mark, ...]:
    """Edges, in the colours of the latents; `first` and `second` are words for the legend."""
    return (
        Segments(f"{name}, first", first, LATENT_COLOURS[0]),
        Segments(f"{name}, second", second, LATENT_COLOURS[1]),
    )


def square_marks(
    name: str = "points",
    first: str = "first latent differs",
    second: str = "second latent differs",
) -> tuple[Mark, ...]:
    """Edges, points and their names."""
    return (*square_edges(name, first, second), Dots(name), Words(name, texts=STIMULI))


def facing_the_labels(kernel: Array) -> Array:
    """Points of the four stimuli in space, (4, 3), with all distances of the kernel, mean zero.

    Of all ways to turn them this comes nearest to having y₁, y₂ and y₁y₂ on the three axes, so
    that what is seen to move from one frame to the next is the geometry and not the point of view.
    """
    walsh = walsh_basis(2)[:, 1:]
    return np.asarray(walsh @ gram_factor(walsh.T @ kernel @ walsh) / 4)


def at_unit_size(points: Array) -> Array:
    """Points with mean zero, scaled to a mean squared length of 1."""
    return np.asarray(points / np.sqrt(np.square(points).sum(axis=1).mean()))


def scores(patterns: Array, noise: float) -> dict[str, float]:
    """What `SCORE_LINES` show, of noise-free patterns (4, N) seen with noise."""
    labels, kernel = hypercube(2).labels, gram(patterns)
    by_context = (labels[:, None] != labels).sum(axis=-1) == 1
    decoding = kernel_decoding(kernel, balanced_dichotomies(4), noise=noise)
    ccgp = kernel_ccgp(kernel, labels.T, noise=noise, allowed_pairs=by_context)
    return {
        "parallelism": float(parallelism_score(patterns, labels).mean()),
        "ccgp": float(ccgp.mean()),
        "decoding": float(decoding[:2].mean()),  # of the latents; of all three dichotomies:
        "shattering": float(decoding.mean()),
    }


def lines(at: Array, found: Sequence[Mapping[str, float]]) -> dict[str, Array]:
    """Every score against x, shape (n, 2), each under the key "… line"."""
    return {
        f"{key} line": np.column_stack([at, [scores[key] for scores in found]]) for key in found[0]
    }
