"""Networks that read a sequence: recurrent ones and a causal transformer, of torch's parts."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from .._validation import as_count, as_function, as_number
from ._replicated import Replicated

__all__ = [
    "CausalTransformer",
    "Gated",
    "LeakyRecurrent",
    "RunningMean",
    "SequenceClassifier",
    "binary_cross_entropy",
]


class LeakyRecurrent(nn.Module):
    r"""Rate neurons, :math:`r_t = (1-\alpha)\,r_{t-1} + \alpha\,[W r_{t-1} + U x_t + \beta]_+`.

    Parameters
    ----------
    n_inputs, width : int
        d_X and M.
    leak : float, default 1
        α = Δt/τ, above 0, at most 1. At 1 the state is replaced at every step, and torch's fused
        loop does the work.
    integrate : bool, default False
        Do not forget: :math:`r_t = r_{t-1} + \alpha[\dots]_+`.

    Examples
    --------
    >>> LeakyRecurrent(3, 64)(torch.zeros(10, 20, 3)).shape
    torch.Size([10, 20, 64])
    """

    def __init__(
        self, n_inputs: int, width: int, leak: float = 1.0, integrate: bool = False
    ) -> None:
        super().__init__()
        self.leak = as_number("leak", leak, above=0)
        if self.leak > 1:
            raise ValueError(f"leak must be at most 1, found {leak}")
        self.keep = 1.0 if integrate else 1 - self.leak
        self.cell = nn.RNN(
            as_count("n_inputs", n_inputs),
            as_count("width", width),
            nonlinearity="relu",
            batch_first=True,
        )

    def step(self, state: Tensor, inputs: Tensor) -> Tensor:
        """One step: states (..., M), inputs (..., d_X)."""
        drive, within = self._drive(inputs)
        return self._update(state, drive, within)

    def _drive(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        into, within, offset, second_offset = self.cell.all_weights[0]
        return nn.functional.linear(inputs, into, offset + second_offset), within

    def _update(self, state: Tensor, drive: Tensor, within: Tensor) -> Tensor:
        return self.keep * state + self.leak * torch.relu(drive + state @ within.T)

    def forward(self, inputs: Tensor) -> Tensor:
        """States (n, T, M) for inputs (n, T, d_X)."""
        if self.keep == 0:
            states: Tensor = self.cell(inputs)[0]
            return states
        state, steps = inputs.new_zeros(len(inputs), self.cell.hidden_size), []
        drives, within = self._drive(inputs)
        for drive in drives.unbind(1):
            state = self._update(state, drive, within)
            steps.append(state)
        return torch.stack(steps, dim=1)


class CausalTransformer(nn.Module):
    """Transformer blocks over continuous inputs; each step sees itself and the past.

    There is no positional code: with independent noise the order of the evidence says nothing.

    Parameters
    ----------
    n_inputs, width : int
        d_X and the width of the residual stream.
    n_heads, n_blocks : int
    feedforward : int, optional
        Neurons of each block's feed-forward part; default four times the width.

    Examples
    --------
    >>> CausalTransformer(3, 32, n_heads=4)(torch.zeros(10, 20, 3)).shape
    torch.Size([10, 20, 32])
    """

    def __init__(
        self,
        n_inputs: int,
        width: int,
        n_heads: int = 8,
        n_blocks: int = 1,
        feedforward: int | None = None,
    ) -> None:
        super().__init__()
        m, heads = as_count("width", width), as_count("n_heads", n_heads)
        if m % heads:
            raise ValueError(f"width must be a multiple of n_heads = {heads}, found {m}")
        self.embed = nn.Linear(as_count("n_inputs", n_inputs), m)
        block = nn.TransformerEncoderLayer(
            m,
            heads,
            4 * m if feedforward is None else as_count("feedforward", feedforward),
            dropout=0.0,
            activation="gelu",
            batch_first=True,
            norm_first=True,
        )
        blocks = as_count("n_blocks", n_blocks)
        self.blocks = nn.TransformerEncoder(block, blocks, nn.LayerNorm(m), False)

    def forward(self, inputs: Tensor) -> Tensor:
        """States (n, T, M) for inputs (n, T, d_X)."""
        mask = nn.Transformer.generate_square_subsequent_mask(
            inputs.shape[1], device=inputs.device, dtype=inputs.dtype
        )
        states: Tensor = self.blocks(self.embed(inputs), mask=mask, is_causal=True)
        return states


class RunningMean(nn.Module):
    r"""A transformer block whose attention is uniform: features of the inputs, averaged over time.

    Beside attention it has the parts of `CausalTransformer`, with the same meaning.

    Parameters
    ----------
    n_inputs, width : int
        d_X and the width of the residual stream.
    feedforward : int

    Examples
    --------
    >>> RunningMean(3, 32, feedforward=64)(torch.zeros(10, 20, 3)).shape
    torch.Size([10, 20, 32])
    """

    def __init__(self, n_inputs: int, width: int, feedforward: int) -> None:
        super().__init__()
        m, inner = as_count("width", width), as_count("feedforward", feedforward)
        self.embed = nn.Linear(as_count("n_inputs", n_inputs), m)
        self.feature = nn.Sequential(nn.LayerNorm(m), nn.Linear(m, m))
        self.feedforward = nn.Sequential(
            nn.LayerNorm(m), nn.Linear(m, inner), nn.GELU(), nn.Linear(inner, m)
        )
        self.norm = nn.LayerNorm(m)

    def forward(self, inputs: Tensor) -> Tensor:
        """States (n, T, M) for inputs (n, T, d_X)."""
        embedded = self.embed(inputs)
        steps = torch.arange(1, inputs.shape[1] + 1, dtype=inputs.dtype, device=inputs.device)
        mean = self.feature(embedded).cumsum(dim=1) / steps[:, None]
        stream = embedded + mean
        states: Tensor = self.norm(stream + self.feedforward(stream))
        return states


class Gated(nn.Module):
    """torch's own LSTM or GRU, seen through its states.

    Parameters
    ----------
    cell : type
        `torch.nn.LSTM` or `torch.nn.GRU`.
    n_inputs, width : int
        d_X and M.

    Examples
    --------
    >>> Gated(nn.LSTM, 3, 32)(torch.zeros(10, 20, 3)).shape
    torch.Size([10, 20, 32])
    """

    def __init__(self, cell: type[nn.RNNBase], n_inputs: int, width: int) -> None:
        super().__init__()
        n, m = as_count("n_inputs", n_inputs), as_count("width", width)
        self.cell = as_function("cell", cell)(n, m, batch_first=True)

    def forward(self, inputs: Tensor) -> Tensor:
        """States (n, T, M) for inputs (n, T, d_X)."""
        states: Tensor = self.cell(inputs)[0]
        return states


class SequenceClassifier(Replicated):
    r"""Replicas of a network that reads a sequence, with linear read-outs of its state.

    The outputs :math:`Vz_t + \beta` are logits: their sigmoid is the probability of "+".

    Parameters
    ----------
    make : callable
        ``make()`` returns one network, from inputs (n, T, d_X) to states (n, T, M); it is called
        once per replica, with torch's random numbers seeded for it.
    n_inputs, n_states, n_outputs : int
        d_X, M and the number of tasks K.
    seeds : sequence of int
        One per replica.
    n_read : int, optional
        Steps from the end whose logits the network returns when it is called; default: all.
        Training need not compute what nothing is asked about.
    dtype : torch.dtype, default `torch.float32`

    Examples
    --------
    >>> make = lambda: LeakyRecurrent(2, 64)
    >>> network = SequenceClassifier(make, 2, 64, 24, seeds=range(3))
    >>> network(torch.zeros(10, 20, 2)).shape, network.n_parameters
    (torch.Size([3, 10, 20, 24]), 5912)
    """

    def __init__(
        self,
        make: Callable[[], nn.Module],
        n_inputs: int,
        n_states: int,
        n_outputs: int,
        seeds: Sequence[int],
        *,
        n_read: int | None = None,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        super().__init__(n_inputs, n_outputs, seeds, dtype)
        as_function("make", make)
        self.n_read = None if n_read is None else as_count("n_read", n_read)
        n_states = as_count("n_states", n_states)
        cores, readouts = [], []
        for seed in self.seeds:
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(seed)
                cores.append(make().to(dtype))
                readouts.append(nn.Linear(n_states, self.n_outputs, dtype=dtype))
        self.cores, self.readouts = nn.ModuleList(cores), nn.ModuleList(readouts)

    @property
    def n_parameters(self) -> int:
        """Of one replica."""
        return sum(p.numel() for p in self.parameters()) // self.n_replicas

    def states(self, inputs: Tensor) -> Tensor:
        """States of every step, inputs (n, T, d_X) or (R, n, T, d_X) to (R, n, T, M)."""
        return torch.stack(self._states(inputs))

    def _states(self, inputs: Tensor) -> list[Tensor]:
        each = inputs if inputs.ndim == 4 else inputs.expand(self.n_replicas, *inputs.shape)
        return [core(x) for core, x in zip(self.cores, each, strict=True)]

    def forward(self, inputs: Tensor) -> Tensor:
        """Logits of the last `n_read` steps, shape (R, n, n_read, K)."""
        last = 0 if self.n_read is None else -self.n_read
        return self.read([states[:, last:] for states in self._states(inputs)])

    def read(self, states: Tensor | Sequence[Tensor]) -> Tensor:
        """Logits (R, n, T, K) of states (R, n, T, M)."""
        read = [readout(z) for readout, z in zip(self.readouts, states, strict=True)]
        return torch.stack(read)

    def penalty(self, weight_decay: float | Sequence[float]) -> Tensor:
        r"""Penalty :math:`\tfrac12\lambda\lVert\theta\rVert^2` of each replica, shape (R,)."""
        decay = as_number("weight_decay", weight_decay, at_least=0)  # type: ignore[arg-type]
        if decay == 0:
            return next(self.parameters()).new_zeros(self.n_replicas)
        parts = zip(self.cores, self.readouts, strict=True)
        squares = [
            sum(p.square().sum() for module in both for p in module.parameters()) for both in parts
        ]
        return 0.5 * decay * torch.stack(squares)  # type: ignore[arg-type]


def binary_cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    """Mean over trials, steps and tasks of the cross-entropy in nats, for each replica.

    Parameters
    ----------
    logits : Tensor, shape (R, n, T, K)
    targets : Tensor, shape (n, S, K) or (R, n, S, K)
        Probabilities of "+" at the last S steps, the only ones that count.

    Returns
    -------
    Tensor, shape (R,)

    Examples
    --------
    >>> binary_cross_entropy(torch.zeros(2, 5, 20, 3), torch.ones(5, 1, 3))
    tensor([0.6931, 0.6931])
    """
    read = logits[:, :, -targets.shape[-2] :]
    entropy = nn.functional.binary_cross_entropy_with_logits(
        read, targets.expand_as(read), reduction="none"
    )
    return entropy.mean((1, 2, 3))
