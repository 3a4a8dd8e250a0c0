"""Learning without labels: two views of a stimulus should look alike, and unlike all others."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn

from .._validation import Array, as_array, as_count, as_generator, as_number

__all__ = ["TwoViews", "info_nce", "shifted_views"]


class TwoViews(nn.Module):
    """A network that is applied to two views, side by side in the columns of the input.

    Parameters
    ----------
    network : torch.nn.Module
        From inputs (n, d_X) to outputs (n, m).

    Examples
    --------
    >>> TwoViews(nn.Linear(4, 3))(torch.zeros(5, 8)).shape
    torch.Size([5, 6])
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, inputs: Tensor) -> Tensor:
        """Outputs (n, 2m), view by view, of inputs (n, 2d_X)."""
        # Views become stimuli, so that the network, and all that watches it, runs once.
        outputs: Tensor = self.network(inputs.reshape(2 * len(inputs), -1))
        return outputs.reshape(len(inputs), -1)


def info_nce(temperature: float, group: int) -> Callable[[Tensor, Tensor], Tensor]:
    r"""Error of two-view contrastive learning (InfoNCE, as in SimCLR), in nats.

    Among the :math:`2n` views :math:`u` of the n stimuli of a group, each has to find its partner
    :math:`u'`: the error is the mean over the two views of

    .. math:: -\log\frac{e^{\cos(u,u')/T}}{\sum_{v\ne u}e^{\cos(u,v)/T}},

    summed over stimuli.

    Parameters
    ----------
    temperature : float
        T.
    group : int
        Stimuli that are compared, consecutive ones: make it the batch size. The stimuli whose
        error is asked for must be a multiple of it.

    Returns
    -------
    callable
        ``error(outputs, targets)`` for `train`, of outputs (R, n, 2m) as `TwoViews` returns them.
        Targets play no role.

    Raises
    ------
    ValueError, TypeError
        Naming the argument that is out of range.

    Examples
    --------
    >>> error = info_nce(0.5, group=4)
    >>> error(torch.ones(1, 8, 6), torch.zeros(8, 6)) / 8  # nothing tells 7 candidates apart
    tensor([1.9459])
    """
    heat, n = as_number("temperature", temperature, above=0), as_count("group", group, at_least=2)

    def error(outputs: Tensor, targets: Tensor) -> Tensor:
        if outputs.shape[1] % n:
            raise ValueError(f"group must divide the stimuli, {outputs.shape[1]}, found {n}")
        replicas, stimuli, columns = outputs.shape
        views = outputs.reshape(replicas, stimuli // n, n, 2, columns // 2)
        # In each group all first views, then all second ones.
        views = views.movedim(3, 2).flatten(2, 3)
        units = nn.functional.normalize(views, dim=-1)
        itself = torch.eye(2 * n, dtype=torch.bool, device=outputs.device)
        scores = (units @ units.mT / heat).masked_fill(itself, -torch.inf)
        partner = scores.log_softmax(-1).diagonal(n, -2, -1)
        other = scores.log_softmax(-1).diagonal(-n, -2, -1)
        return -0.5 * (partner + other).sum((1, 2))

    return error


def shifted_views(
    images: ArrayLike, n_pairs: int, rng: int | np.random.Generator, *, noise: float = 0.3
) -> Array:
    """Pairs of views of square images: each shifted by up to a pixel each way, with noise.

    What comes in from outside is as the border was.

    Parameters
    ----------
    images : array, shape (n, side²)
    n_pairs : int
        Of each image.
    rng : int or numpy.random.Generator
    noise : float, default 0.3
        Standard deviation, in the units of the images.

    Returns
    -------
    array, shape (n_pairs · n, 2 side²)
        All images once, then all again …, two views in the columns, for `TwoViews`.

    Raises
    ------
    ValueError, TypeError
        Naming the argument that is out of range.

    Examples
    --------
    >>> shifted_views(np.eye(4), 3, 0).shape  # four images of 2 × 2
    (12, 8)
    """
    flat = as_array("images", images, 2)
    side = round(flat.shape[1] ** 0.5)
    if side**2 != flat.shape[1]:
        raise ValueError(f"images must be square, found {flat.shape[1]} pixels")
    spread, generator = as_number("noise", noise, at_least=0), as_generator("rng", rng)
    views = 2 * as_count("n_pairs", n_pairs)
    framed = np.pad(flat.reshape(-1, side, side), ((0, 0), (1, 1), (1, 1)), mode="edge")
    down, right = generator.integers(3, size=(2, views, len(flat), 1, 1))
    row, column = down + np.arange(side)[:, None], right + np.arange(side)
    shifted = framed[np.arange(len(flat))[:, None, None], row, column].reshape(views, *flat.shape)
    shifted += spread * generator.standard_normal(shifted.shape)
    pairs = shifted.reshape(-1, 2, *flat.shape)
    return np.asarray(pairs.swapaxes(1, 2).reshape(-1, 2 * flat.shape[1]))
