"""Attention and transformer blocks of which every linear map is a `torch.nn.Linear` by itself."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .._validation import as_count

__all__ = ["SelfAttention", "TransformerBlock"]


class SelfAttention(nn.Module):
    r"""Attention with several heads, its maps apart: query, key, value and output.

    .. math:: a^{(h)} = \mathrm{softmax}\big(q^{(h)}k^{(h)\top}/\sqrt{m}\big), \qquad
              y = [a^{(1)}v^{(1)}, \dots]\,W_{\text{output}}^\top + \beta

    Parameters
    ----------
    width : int
        Of the tokens; each of the heads has m = width / n_heads of it.
    n_heads : int
    causal : bool, default False
        A token sees itself and those before it only.

    Attributes
    ----------
    heads : torch.nn.Identity
        What each head takes, (..., n_heads, T, m), passes through here on its way to the output
        map: the place for a hook that changes or removes a head.

    Raises
    ------
    ValueError, TypeError
        Naming the argument that is out of range.

    Examples
    --------
    >>> attention = SelfAttention(16, n_heads=2, causal=True)
    >>> attention(torch.zeros(5, 8, 16)).shape
    torch.Size([5, 8, 16])
    >>> attention.weights(torch.zeros(5, 8, 16))[0, 0, 1].tolist()
    [0.5, 0.5, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]
    """

    def __init__(self, width: int, n_heads: int, *, causal: bool = False) -> None:
        super().__init__()
        m, self.n_heads = as_count("width", width), as_count("n_heads", n_heads)
        if m % self.n_heads:
            raise ValueError(f"width must be a multiple of n_heads = {n_heads}, found {width}")
        self.causal = causal
        self.query, self.key = nn.Linear(m, m), nn.Linear(m, m)
        self.value, self.output = nn.Linear(m, m), nn.Linear(m, m)
        self.heads = nn.Identity()

    def weights(self, tokens: Tensor) -> Tensor:
        """How much each token takes from each, per head.

        Parameters
        ----------
        tokens : Tensor, shape (..., T, width)

        Returns
        -------
        Tensor, shape (..., n_heads, T, T)
            Rows sum to 1.
        """
        query, key = self._heads(self.query(tokens)), self._heads(self.key(tokens))
        scores = query @ key.mT / query.shape[-1] ** 0.5
        if self.causal:
            length = tokens.shape[-2]
            later = torch.ones(length, length, dtype=torch.bool, device=tokens.device).triu(1)
            scores = scores.masked_fill(later, -torch.inf)
        weights: Tensor = scores.softmax(-1)
        return weights

    def forward(self, tokens: Tensor) -> Tensor:
        """Tokens (..., T, width) to as many."""
        weights = self.weights(tokens)
        value = self._heads(self.value(tokens))
        taken = self.heads(weights.to(value.dtype) @ value)
        output: Tensor = self.output(taken.movedim(-3, -2).flatten(-2))
        return output

    def _heads(self, tokens: Tensor) -> Tensor:
        """Tokens (..., T, width) cut into heads, (..., n_heads, T, m)."""
        return tokens.reshape(*tokens.shape[:-1], self.n_heads, -1).movedim(-2, -3)


class TransformerBlock(nn.Module):
    """Attention, then a network of one hidden layer, each added to the stream it reads.

    Each reads the stream through a LayerNorm of its own ("pre-norm").

    Parameters
    ----------
    width : int
        Of the stream.
    n_heads : int
    feedforward : int, optional
        Hidden neurons; default four times the width.
    causal : bool, default False
        See `SelfAttention`.

    Examples
    --------
    >>> block = TransformerBlock(16, n_heads=2, feedforward=32)
    >>> block(torch.zeros(5, 8, 16)).shape, block.attention_weights(torch.zeros(5, 8, 16)).shape
    (torch.Size([5, 8, 16]), torch.Size([5, 2, 8, 8]))
    """

    def __init__(
        self, width: int, n_heads: int, feedforward: int | None = None, *, causal: bool = False
    ) -> None:
        super().__init__()
        self.attention = SelfAttention(width, n_heads, causal=causal)
        inner = 4 * width if feedforward is None else as_count("feedforward", feedforward)
        self.first_norm, self.second_norm = nn.LayerNorm(width), nn.LayerNorm(width)
        self.up, self.down = nn.Linear(width, inner), nn.Linear(inner, width)

    def attention_weights(self, stream: Tensor) -> Tensor:
        """Attention of each head, (..., n_heads, T, T), to a stream (..., T, width)."""
        return self.attention.weights(self.first_norm(stream))

    def forward(self, stream: Tensor) -> Tensor:
        """Stream (..., T, width) to stream."""
        stream = stream + self.attention(self.first_norm(stream))
        added: Tensor = self.down(torch.relu(self.up(self.second_norm(stream))))
        return stream + added
