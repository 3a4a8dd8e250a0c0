"""Small networks that see an image: a convolutional one and a transformer of its rows.

Both take images as rows of pixels, (n, side²), so that all networks read the same data.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from .._validation import as_count
from ._attention import TransformerBlock
from ._replicated import listed

__all__ = ["RowTransformer", "convolutional_network"]


def convolutional_network(
    side: int, channels: Sequence[int], width: int, n_outputs: int
) -> nn.Sequential:
    """Convolutions of 3 × 3 pixels with ReLU, each but the first with stride 2; then two layers.

    Parameters
    ----------
    side : int
        Of the square images.
    channels : sequence of int
        Of each convolution.
    width : int
        Neurons of the hidden layer above the last convolution.
    n_outputs : int

    Returns
    -------
    torch.nn.Sequential
        From images (n, side²) to outputs; its linear maps are called "convolution 1", …,
        "hidden" and "read-out".

    Raises
    ------
    ValueError, TypeError
        Naming the argument that is out of range.

    Examples
    --------
    >>> network = convolutional_network(8, [8, 16, 32], 32, 10)
    >>> network(torch.zeros(5, 64)).shape
    torch.Size([5, 10])
    >>> [name for name, module in network.named_modules() if isinstance(module, nn.Linear)]
    ['hidden', 'read-out']
    """
    across = as_count("side", side)
    network = nn.Sequential(nn.Unflatten(-1, (1, across, across)))
    seen = [1, *(as_count("channels", c) for c in listed("channels", channels))]
    for k, (below, above) in enumerate(pairwise(seen)):
        stride = 2 if k else 1
        convolution = nn.Conv2d(below, above, 3, stride=stride, padding=1)
        network.add_module(f"convolution {k + 1}", convolution)
        network.add_module(f"rectified {k + 1}", nn.ReLU())
        across = -(-across // stride)
    network.add_module("flat", nn.Flatten())
    hidden = as_count("width", width)
    network.add_module("hidden", nn.Linear(seen[-1] * across**2, hidden))
    network.add_module("rectified", nn.ReLU())
    network.add_module("read-out", nn.Linear(hidden, as_count("n_outputs", n_outputs)))
    return network


class RowTransformer(nn.Module):
    """Transformer blocks whose tokens are the rows of an image.

    Rows are embedded linearly, and where they are is added, learned; outputs are read from the
    mean of the tokens.

    Parameters
    ----------
    side : int
        Of the square images: that many tokens, of that many pixels.
    width : int
        Of the stream.
    n_heads : int
    n_outputs : int
    feedforward : int, optional
        Hidden neurons of a block; default four times the width.
    n_blocks : int, default 1

    Examples
    --------
    >>> RowTransformer(8, 32, 4, 10)(torch.zeros(5, 64)).shape
    torch.Size([5, 10])
    """

    def __init__(
        self,
        side: int,
        width: int,
        n_heads: int,
        n_outputs: int,
        *,
        feedforward: int | None = None,
        n_blocks: int = 1,
    ) -> None:
        super().__init__()
        self.side, m = as_count("side", side), as_count("width", width)
        self.embed = nn.Linear(self.side, m)
        self.place = nn.Parameter(torch.randn(self.side, m) / m**0.5)
        self.blocks = nn.Sequential(
            *(
                TransformerBlock(m, n_heads, feedforward)
                for _ in range(as_count("n_blocks", n_blocks))
            )
        )
        self.norm = nn.LayerNorm(m)
        self.readout = nn.Linear(m, as_count("n_outputs", n_outputs))

    def stream(self, images: Tensor) -> Tensor:
        """Embedded rows, (n, side, width), of images (n, side²): what the first block reads."""
        embedded: Tensor = self.embed(images.reshape(-1, self.side, self.side))
        return embedded + self.place

    def forward(self, images: Tensor) -> Tensor:
        """Outputs (n, d_Y) of images (n, side²)."""
        tokens = self.norm(self.blocks(self.stream(images)))
        outputs: Tensor = self.readout(tokens.mean(-2))
        return outputs
