"""A decoder-only transformer over tokens, open to view and to intervention."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import cast

import torch
from torch import Tensor, nn

from .._validation import as_count, as_function, as_number
from ._attention import TransformerBlock
from ._replicated import Replicated

__all__ = ["LanguageModel", "next_token_error"]

_START = 0.3  # standard deviation of the entries of the first stream


class _Decoder(nn.Module):
    """One network: embedding and position, blocks, read-out."""

    def __init__(
        self, n_tokens: int, length: int, width: int, n_heads: int, n_blocks: int, inner: int
    ) -> None:
        super().__init__()
        self.embed = nn.Embedding(n_tokens, width)
        self.position = nn.Embedding(length, width)
        blocks = (TransformerBlock(width, n_heads, inner, causal=True) for _ in range(n_blocks))
        self.blocks = nn.ModuleList(blocks)
        self.norm = nn.LayerNorm(width)
        self.unembed = nn.Linear(width, n_tokens, bias=False)
        # The usual start of language models: small maps, those that add to the stream smaller yet.
        for name, parameter in self.named_parameters():
            if parameter.ndim == 2:
                adds = name.endswith(("output.weight", "down.weight"))
                nn.init.normal_(parameter, std=0.02 / ((2 * n_blocks) ** 0.5 if adds else 1.0))
            elif name.endswith("bias"):
                nn.init.zeros_(parameter)
        # Tokens and places start large, and places as waves, of which "the one before" is a
        # rotation: attention to a neighbour in the sentence is learnt many times sooner.
        nn.init.normal_(self.embed.weight, std=_START)
        with torch.no_grad():
            self.position.weight.copy_(_START * 2**0.5 * _waves(length, width))

    def layers(self) -> list[TransformerBlock]:
        return cast(list[TransformerBlock], list(self.blocks))

    def forward(self, tokens: Tensor) -> Tensor:
        places = torch.arange(tokens.shape[-1], device=tokens.device)
        stream: Tensor = self.embed(tokens) + self.position(places)
        for block in self.blocks:
            stream = block(stream)
        logits: Tensor = self.unembed(self.norm(stream))
        return logits


class LanguageModel(Replicated):
    r"""Replicas of a decoder-only transformer: tokens in, logits of the next token out.

    .. math:: s^{(0)}_t = E_{x_t} + p_t, \qquad
              s^{(l)} = s^{(l-1)} + \text{attention} + \text{MLP}, \qquad
              \hat y_t = U\,\mathrm{norm}(s^{(L)}_t)

    The sum s that every block adds to is the *residual stream*.

    Parameters
    ----------
    n_tokens : int
        V, size of the vocabulary.
    length : int
        Tokens of the longest sentence.
    width, n_heads, n_blocks : int
        Of the stream, of each block's attention, and their number L.
    seeds : sequence of int
        One per replica.
    feedforward : int, optional
        Hidden neurons of each block; default four times the width.
    dtype : torch.dtype, default `torch.float32`
    multiply_in : torch.dtype, optional
        Matrix products are rounded to this type, such as `torch.bfloat16`, several times faster
        on processors that know it. Parameters and sums stay as they are. Default: no rounding.

    Raises
    ------
    ValueError, TypeError
        Naming the argument that is out of range.

    Examples
    --------
    >>> network = LanguageModel(10, 12, width=16, n_heads=2, n_blocks=3, seeds=[0, 1])
    >>> tokens = torch.tensor([[1, 2, 3], [4, 5, 6]])
    >>> network(tokens).shape, network.streams(tokens).shape, network.attention(tokens).shape
    (torch.Size([2, 2, 3, 10]), torch.Size([2, 4, 2, 3, 16]), torch.Size([2, 3, 2, 2, 3, 3]))
    """

    def __init__(
        self,
        n_tokens: int,
        length: int,
        width: int,
        n_heads: int,
        n_blocks: int,
        seeds: Sequence[int],
        *,
        feedforward: int | None = None,
        dtype: torch.dtype = torch.float32,
        multiply_in: torch.dtype | None = None,
    ) -> None:
        super().__init__(length, n_tokens, seeds, dtype)
        if multiply_in is not None and not isinstance(multiply_in, torch.dtype):
            raise TypeError(f"multiply_in must be a torch.dtype, found {multiply_in!r}")
        self.multiply_in = multiply_in
        self.width, self.n_heads = as_count("width", width), as_count("n_heads", n_heads)
        self.n_blocks = as_count("n_blocks", n_blocks)
        inner = 4 * width if feedforward is None else as_count("feedforward", feedforward)
        shape = (self.n_outputs, self.n_inputs, width, n_heads, n_blocks, inner)
        self.replicas = nn.ModuleList()
        for seed in self.seeds:
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(seed)
                self.replicas.append(_Decoder(*shape).to(dtype))

    @property
    def n_parameters(self) -> int:
        """Of one replica."""
        return sum(p.numel() for p in self.parameters()) // self.n_replicas

    def _decoders(self) -> list[_Decoder]:
        return cast(list[_Decoder], list(self.replicas))

    def forward(self, tokens: Tensor) -> Tensor:
        """Logits (R, n, T, V) of tokens (n, T) or (R, n, T), T at most `length`."""
        shape = (self.n_replicas, *tokens.shape[-2:])
        if (
            tokens.ndim not in (2, 3)
            or tokens.shape[-1] > self.n_inputs
            or (tokens.ndim == 3 and len(tokens) != self.n_replicas)
        ):
            raise ValueError(
                f"tokens must have shape (n, T) or ({self.n_replicas}, n, T) with T at most "
                f"{self.n_inputs}, found {tuple(tokens.shape)}"
            )
        # The training loop hands on numbers of the network's type.
        each = tokens.long().expand(shape)
        like = next(self.parameters())
        rounded = self.multiply_in is not None
        with torch.autocast(like.device.type, dtype=self.multiply_in, enabled=rounded):
            logits = torch.stack([one(x) for one, x in zip(self._decoders(), each, strict=True)])
        return logits.to(like.dtype)

    def _seen(
        self, tokens: Tensor, places: Callable[[_Decoder], list[tuple[nn.Module, bool]]]
    ) -> Tensor:
        """What goes into (True) or comes out of (False) some modules, (R, places, ...)."""
        seen: list[list[Tensor]] = []

        def keep(module: nn.Module, given: tuple[Tensor], *output: Tensor) -> None:
            seen[-1].append(output[0] if output else given[0])

        def next_replica(module: nn.Module, given: tuple[Tensor]) -> None:
            seen.append([])

        with ExitStack() as stack:
            for one in self._decoders():
                stack.enter_context(_hooked(one, next_replica, before=True))
                for module, before in places(one):
                    stack.enter_context(_hooked(module, keep, before))
            self(tokens)
        return torch.stack([torch.stack(kept) for kept in seen])

    def streams(self, tokens: Tensor) -> Tensor:
        """Residual stream before the first block and after each, (R, L + 1, n, T, width)."""
        return self._seen(
            tokens, lambda one: [(one.blocks[0], True), *((block, False) for block in one.blocks)]
        )

    def attention(self, tokens: Tensor) -> Tensor:
        """What each token takes from each, (R, L, n, n_heads, T, T)."""
        found = [
            [block.attention_weights(x) for block, x in zip(one.layers(), stream, strict=True)]
            for one, stream in zip(self._decoders(), self.streams(tokens)[:, :-1], strict=True)
        ]
        return torch.stack([torch.stack(weights) for weights in found])

    def head_outputs(self, tokens: Tensor) -> Tensor:
        """What each head takes from the tokens, (R, L, n, n_heads, T, width / n_heads)."""
        return self._seen(
            tokens, lambda one: [(block.attention.heads, False) for block in one.layers()]
        )

    @contextmanager
    def with_stream(self, changes: Mapping[int, Callable[[Tensor], Tensor]]) -> Iterator[None]:
        """While it lasts, the stream after l blocks becomes ``changes[l](stream)``.

        Parameters
        ----------
        changes : mapping of int to callable
            From l, 0 to L, to a function of the stream (n, T, width) of a replica.

        Examples
        --------
        >>> network = LanguageModel(10, 12, width=16, n_heads=2, n_blocks=3, seeds=[0])
        >>> tokens = torch.tensor([[1, 2, 3]])
        >>> with network.with_stream({3: torch.zeros_like}):
        ...     network(tokens).abs().max()
        tensor(0., grad_fn=<MaxBackward1>)
        """
        for place, change in changes.items():
            as_function(f"changes[{place}]", change)
            if as_count("changes", place, at_least=0) > self.n_blocks:
                raise ValueError(f"changes must be at 0 to {self.n_blocks} blocks, found {place}")

        def hook(change: Callable[[Tensor], Tensor], before: bool) -> Callable[..., object]:
            if before:
                return lambda module, given: (change(given[0]),)
            return lambda module, given, stream: change(stream)

        with ExitStack() as stack:
            for one in self._decoders():
                for place, change in changes.items():
                    block, before = one.blocks[max(place - 1, 0)], place == 0
                    stack.enter_context(_hooked(block, hook(change, before), before))
            yield

    @contextmanager
    def without_heads(
        self, heads: Iterable[tuple[int, int]], instead: Tensor | None = None
    ) -> Iterator[None]:
        """While it lasts, some heads give nothing, or always the same.

        Parameters
        ----------
        heads : iterable of (int, int)
            Block and head, both from 0.
        instead : Tensor, shape (L, n_heads, T', width / n_heads), optional
            What they give instead at each of the first T' places, such as their mean over
            sentences (see `head_outputs`); with an axis for the n sentences after the first, to
            each sentence its own. Default: zeros.

        Examples
        --------
        >>> network = LanguageModel(10, 12, width=16, n_heads=2, n_blocks=3, seeds=[0])
        >>> with network.without_heads([(0, 1)]):
        ...     logits = network(torch.tensor([[1, 2, 3]]))
        """
        chosen = [(as_count("heads", b, 0), as_count("heads", h, 0)) for b, h in heads]
        for block, head in chosen:
            if block >= self.n_blocks or head >= self.n_heads:
                raise ValueError(
                    f"heads must be below ({self.n_blocks}, {self.n_heads}), found {(block, head)}"
                )

        def hook(block: int) -> Callable[..., object]:
            gone = [head for b, head in chosen if b == block]

            def change(module: nn.Module, read: object, taken: Tensor) -> Tensor:
                left = taken.clone()
                if instead is None:
                    left[..., gone, :, :] = 0
                else:
                    known = min(taken.shape[-2], instead.shape[-2])
                    given = instead[block][..., gone, :known, :]
                    left[..., gone, :known, :] = given.to(taken.dtype)
                return left

            return change

        with ExitStack() as stack:
            for one in self._decoders():
                for block in {block for block, _ in chosen}:
                    stack.enter_context(_hooked(one.layers()[block].attention.heads, hook(block)))
            yield

    def penalty(self, weight_decay: float | Sequence[float]) -> Tensor:
        r"""Penalty :math:`\tfrac12\lambda\lVert\theta\rVert^2` of each replica, shape (R,)."""
        decay = as_number("weight_decay", weight_decay, at_least=0)  # type: ignore[arg-type]
        if decay == 0:
            return next(self.parameters()).new_zeros(self.n_replicas)
        squares = [sum(p.square().sum() for p in one.parameters()) for one in self.replicas]
        return 0.5 * decay * torch.stack(squares)  # type: ignore[arg-type]


def next_token_error(logits: Tensor, targets: Tensor) -> Tensor:
    """Mean over the asked tokens of the cross-entropy in nats, for each replica.

    Parameters
    ----------
    logits : Tensor, shape (R, n, T, V)
    targets : Tensor, shape (n, T) or (R, n, T)
        The token that comes next at each place; −1 where nobody asks.

    Returns
    -------
    Tensor, shape (R,)

    Examples
    --------
    >>> next_token_error(torch.zeros(1, 2, 3, 8), torch.tensor([[0, 1, -1], [-1, 7, -1]]))
    tensor([2.0794])
    """
    asked = targets.long().expand(logits.shape[:-1])
    errors = nn.functional.cross_entropy(
        logits.movedim(-1, 1), asked, ignore_index=-1, reduction="none"
    )
    return errors.sum((1, 2)) / (asked >= 0).sum((1, 2))


def _waves(length: int, width: int) -> Tensor:
    """Sines and cosines of the place, wavelengths from 2π to 200π; (length, width)."""
    rates = 100 ** -torch.linspace(0, 1, (width + 1) // 2)
    angles = torch.arange(length)[:, None] * rates
    return torch.cat([angles.sin(), angles.cos()], dim=1)[:, :width]


@contextmanager
def _hooked(module: nn.Module, hook: Callable[..., object], before: bool = False) -> Iterator[None]:
    handle = (
        module.register_forward_pre_hook(hook) if before else module.register_forward_hook(hook)
    )
    try:
        yield
    finally:
        handle.remove()
