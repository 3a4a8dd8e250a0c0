r"""Networks and the one training loop (needs torch).

Every network here is R networks in one: parameters and outputs carry a leading *replica* axis,
and one batched matrix product serves all. Replicas share data but nothing else, so the gradient
of their summed loss is each one's own gradient. Replica r is made from ``seeds[r]`` alone: it is
the same network in a batch of fifty as by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from math import cos, pi

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor, nn
from tqdm import tqdm

from ._validation import Array, as_array, as_count, as_function, as_number

__all__ = ["FeedForward", "Training", "cosine", "hidden_kernel", "squared_error", "train"]


class FeedForward(nn.Module):
    r"""Replicas of a fully connected network, linear read-out.

    .. math:: Z_l = \varphi(Z_{l-1}W_l + 1 b_l^\top), \qquad \hat Y = Z_L W_{L+1}, \qquad Z_0 = X

    Weights start as :math:`N(0, \text{init\_scale}^2/\text{fan-in})`, biases at zero.

    Parameters
    ----------
    n_inputs, n_outputs : int
        d_X and d_Y.
    widths : sequence of int
        Neurons in each hidden layer, at least one layer.
    seeds : sequence of int
        One per replica.
    activation : callable, default `torch.relu`
        Tensor to tensor, elementwise.
    bias : float, default 1.0
        Strength τ of the hidden biases, whose penalty is :math:`\lVert b\rVert^2/\tau`: 0 for no
        bias, 1 for a bias penalised like the weights, ``inf`` for a free one.
    init_scale : float, default 1.0
        Large values start the network in the lazy regime.
    dtype : torch.dtype, default `torch.float64`

    Raises
    ------
    ValueError, TypeError
        Naming the argument that is out of range.

    Examples
    --------
    >>> network = FeedForward(4, [100], 2, seeds=range(3))
    >>> network(torch.eye(4, dtype=torch.float64)).shape  # replicas, stimuli, outputs
    torch.Size([3, 4, 2])
    """

    def __init__(
        self,
        n_inputs: int,
        widths: Sequence[int],
        n_outputs: int,
        seeds: Sequence[int],
        *,
        activation: Callable[[Tensor], Tensor] = torch.relu,
        bias: float = 1.0,
        init_scale: float = 1.0,
        dtype: torch.dtype = torch.float64,
    ) -> None:
        super().__init__()
        hidden = [as_count("widths", width) for width in _listed("widths", widths)]
        sizes = [as_count("n_inputs", n_inputs), *hidden, as_count("n_outputs", n_outputs)]
        self.seeds = [as_count("seeds", seed, at_least=0) for seed in _listed("seeds", seeds)]
        if max(self.seeds) >= 2**64:
            raise ValueError(f"seeds must be below 2^64, found {max(self.seeds)}")
        if not (isinstance(dtype, torch.dtype) and dtype.is_floating_point):
            raise TypeError(f"dtype must be a floating-point type, found {dtype}")
        self.bias = np.inf if bias == np.inf else as_number("bias", bias, at_least=0)
        scale = as_number("init_scale", init_scale, above=0)
        self.activation = as_function("activation", activation)

        generators = [torch.Generator().manual_seed(seed) for seed in self.seeds]
        shapes = list(pairwise(sizes))
        # Drawn replica by replica, so that each depends on its own seed only.
        drawn = [
            [torch.randn(s, generator=g, dtype=dtype) * scale / s[0] ** 0.5 for s in shapes]
            for g in generators
        ]
        self.weights = nn.ParameterList(
            nn.Parameter(torch.stack(layer)) for layer in zip(*drawn, strict=True)
        )
        zeros = [torch.zeros(len(generators), 1, width, dtype=dtype) for width in hidden]
        self.biases = nn.ParameterList(nn.Parameter(b) for b in zeros if self.bias > 0)

    def preactivations(self, inputs: Tensor) -> list[Tensor]:
        r"""Preactivations H of every hidden layer.

        Parameters
        ----------
        inputs : Tensor, shape (n, d_X) or (R, n, d_X)

        Returns
        -------
        list of Tensor, shape (R, n, M_l)
        """
        layers: list[Tensor] = []
        below = inputs
        for depth, weight in enumerate(self.weights[:-1]):
            layers.append(below @ weight + (self.biases[depth] if self.bias > 0 else 0))
            below = self.activation(layers[-1])
        return layers

    def hidden(self, inputs: Tensor) -> list[Tensor]:
        r"""Features :math:`Z = \varphi(H)` of every hidden layer; see `preactivations`."""
        return [self.activation(h) for h in self.preactivations(inputs)]

    def forward(self, inputs: Tensor) -> Tensor:
        """Outputs, shape (R, n, d_Y)."""
        outputs: Tensor = self.hidden(inputs)[-1] @ self.weights[-1]
        return outputs

    def penalty(self, weight_decay: float | Sequence[float]) -> Tensor:
        r"""Weight penalty of each replica, shape (R,).

        .. math:: \tfrac12\sum_l \lambda_l(\lVert W_l\rVert^2 + \lVert b_l\rVert^2/\tau)

        Parameters
        ----------
        weight_decay : float or sequence of float
            One λ for all layers, or one for each (read-out last); none negative.
        """
        n_layers = len(self.weights)
        given = [weight_decay] * n_layers if np.ndim(weight_decay) == 0 else weight_decay
        decay = [as_number("weight_decay", value, at_least=0) for value in given]  # type: ignore[union-attr, arg-type]
        if len(decay) != n_layers:
            raise ValueError(
                f"weight_decay must be one number or {n_layers}, one per layer, found {len(decay)}"
            )
        total: Tensor = sum(
            lam * w.square().sum((1, 2)) for lam, w in zip(decay, self.weights, strict=True)
        )
        if 0 < self.bias < np.inf:
            for lam, b in zip(decay, self.biases, strict=False):
                total = total + lam * b.square().sum((1, 2)) / self.bias
        return 0.5 * total


def hidden_kernel(network: FeedForward, inputs: Tensor) -> Tensor:
    r"""Kernel :math:`K = ZZ^\top` of the last hidden layer, shape (R, n, n).

    Examples
    --------
    >>> network = FeedForward(4, [10], 2, seeds=[0])
    >>> hidden_kernel(network, torch.eye(4, dtype=torch.float64)).shape
    torch.Size([1, 4, 4])
    """
    features = network.hidden(inputs)[-1]
    return features @ features.mT


def squared_error(outputs: Tensor, targets: Tensor) -> Tensor:
    r"""Error :math:`\tfrac12\lVert\hat Y - Y\rVert_F^2` of each replica, shape (R,).

    Examples
    --------
    >>> squared_error(torch.zeros(2, 3, 1), torch.ones(3, 1))
    tensor([1.5000, 1.5000])
    """
    return 0.5 * (outputs - targets).square().sum((1, 2))


def cosine(progress: float) -> float:
    """Learning-rate factor that falls from 1 to 0 along half a cosine.

    Examples
    --------
    >>> [round(cosine(progress), 3) for progress in (0, 0.25, 0.5, 1)]
    [1.0, 0.854, 0.5, 0.0]
    """
    return 0.5 * (1 + cos(pi * progress))


@dataclass(frozen=True, eq=False)
class Training:
    """A training run, seen at the recorded steps.

    Attributes
    ----------
    network : FeedForward
        As trained.
    steps : int array, shape (T,)
        Number of gradient steps done; the first entry is 0, the untrained network.
    loss : array, shape (T, R)
        Error on all stimuli plus penalty.
    error : array, shape (T, R)
        Error on all stimuli alone.
    recorded : dict of array, each of shape (T, ...)
        What the probes returned.

    Examples
    --------
    >>> task = hypercube(2)
    >>> network = FeedForward(4, [20], 2, seeds=[0, 1])
    >>> run = train(
    ...     network,
    ...     task.features,
    ...     task.labels,
    ...     n_steps=10,
    ...     weight_decay=0.01,
    ...     record_at=[5],
    ...     probes={"read-out": lambda network: network.weights[-1]},
    ... )
    >>> run.steps, run.loss.shape, run.recorded["read-out"].shape
    (array([ 0,  5, 10]), (3, 2), (3, 2, 20, 2))
    """

    network: FeedForward
    steps: NDArray[np.int64]
    loss: Array
    error: Array
    recorded: dict[str, Array] = field(default_factory=dict)


def train(
    network: FeedForward,
    inputs: ArrayLike,
    targets: ArrayLike,
    *,
    n_steps: int,
    weight_decay: float | Sequence[float],
    optimizer: Callable[..., torch.optim.Optimizer] = torch.optim.Adam,
    learning_rate: float = 0.03,
    schedule: Callable[[float], float] = cosine,
    batch_size: int | None = None,
    error: Callable[[Tensor, Tensor], Tensor] = squared_error,
    record_at: Iterable[int] = (),
    probes: Mapping[str, Callable[[FeedForward], Tensor]] | None = None,
    threads: int | None = 1,
    progress: bool = False,
) -> Training:
    r"""Minimise error plus penalty by gradient steps, all replicas at once.

    .. math:: L = \tfrac12\lVert\hat Y - Y\rVert_F^2
              + \tfrac12\sum_l\lambda_l(\lVert W_l\rVert^2 + \lVert b_l\rVert^2/\tau)

    The network is trained in place, on the device where its parameters are.

    Parameters
    ----------
    network : FeedForward
    inputs : array, shape (P, d_X)
    targets : array, shape (P, d_Y)
    n_steps : int
        Gradient steps.
    weight_decay : float or sequence of float
        λ, see `FeedForward.penalty`. It is part of the loss; leave the optimiser's own at 0.
    optimizer : callable, default `torch.optim.Adam`
        Called as ``optimizer(parameters, lr=learning_rate)``. It must act on each parameter
        entry by itself (SGD, Adam …); L-BFGS would mix the replicas.
    learning_rate : float, default 0.03
    schedule : callable, default `cosine`
        Factor on the learning rate as a function of progress, the share of steps already done:
        0 at the first step, just below 1 at the last. The default lets the noise of the optimiser
        itself die out, without which the loss stays about a percent above its minimum;
        ``lambda progress: 1.0`` keeps it constant.
    batch_size : int, optional
        Stimuli per step; each replica goes through them in an order of its own, drawn from its
        seed. Their error is scaled up to the full set. Default: all of them.
    error : callable, optional
        ``error(outputs, targets)`` returns one number per replica, summed over stimuli.
    record_at : iterable of int, optional
        Steps at which to record, beside the first (0) and the last; none beyond `n_steps`.
    probes : mapping of str to callable, optional
        ``probe(network)`` returns a tensor, a copy of which is kept at every recorded step. The
        names "loss" and "error" are taken.
    threads : int or None, default 1
        Processor threads that torch may use meanwhile; None leaves its setting alone. With
        networks as small as the book's, more threads gain little on a quiet machine, cost much on
        a busy one, and change the last digits of the result.
    progress : bool
        Show a progress bar.

    Returns
    -------
    Training

    Raises
    ------
    ValueError, TypeError
        If shapes disagree, something is not finite or out of range.
    FloatingPointError
        If the loss of a replica becomes NaN or infinite: the learning rate is too large.

    Examples
    --------
    >>> network = FeedForward(4, [50], 2, seeds=range(5))
    >>> task = hypercube(2)
    >>> run = train(network, task.features, task.labels, n_steps=500, weight_decay=0.01)
    >>> run.loss.shape, bool((run.loss[-1] < 0.1).all())
    ((2, 5), True)
    """
    if not isinstance(network, FeedForward):
        raise TypeError(f"network must be a FeedForward, found {type(network).__name__}")
    for name, function in (("optimizer", optimizer), ("schedule", schedule), ("error", error)):
        as_function(name, function)
    probes = probes or {}
    for name, probe in probes.items():
        as_function(f"probes[{name!r}]", probe)
    if taken := {"loss", "error"} & set(probes):
        raise ValueError(f"probes must not be named {sorted(taken)}: these are recorded anyway")
    like = next(network.parameters())
    x, y = (
        torch.tensor(as_array(name, value, 2), dtype=like.dtype, device=like.device)
        for name, value in (("inputs", inputs), ("targets", targets))
    )
    n_inputs, n_outputs = network.weights[0].shape[1], network.weights[-1].shape[2]
    if x.shape[1] != n_inputs:
        raise ValueError(f"inputs must have {n_inputs} columns, found {x.shape[1]}")
    if y.shape != (len(x), n_outputs):
        raise ValueError(f"targets must have shape {(len(x), n_outputs)}, found {tuple(y.shape)}")
    last = as_count("n_steps", n_steps, at_least=0)
    record = {0, last}
    if not isinstance(record_at, Iterable):
        raise TypeError(f"record_at must be several steps, found {record_at!r}")
    record |= {as_count("record_at", step, at_least=0) for step in record_at}
    if max(record) > last:
        raise ValueError(f"record_at must not exceed n_steps = {last}, found {max(record)}")
    batches = _batches(network, len(x), batch_size)
    rate = as_number("learning_rate", learning_rate, above=0)
    steps_taken = optimizer(network.parameters(), lr=rate)
    kept: dict[str, list[Array]] = {name: [] for name in ("loss", "error", *probes)}

    def keep(step: int) -> None:
        with torch.no_grad():
            values = {"error": error(network(x), y)}
            if values["error"].shape != (len(network.seeds),):
                raise ValueError(
                    f"error must return one number per replica, shape {(len(network.seeds),)}, "
                    f"found {tuple(values['error'].shape)}"
                )
            values["loss"] = values["error"] + network.penalty(weight_decay)
            if not values["loss"].isfinite().all():
                raise FloatingPointError(
                    f"the loss is not finite after step {step}: use a smaller learning rate"
                )
            values |= {name: probe(network) for name, probe in probes.items()}
        for name, value in values.items():
            # A copy: on the CPU the array would share memory with what training goes on changing.
            kept[name].append(value.detach().cpu().numpy().copy())

    def one_step(step: int) -> None:
        index = next(batches)
        xb, yb = (x, y) if index is None else (x[index], y[index])
        steps_taken.zero_grad(set_to_none=True)
        losses = error(network(xb), yb) * (len(x) / xb.shape[-2]) + network.penalty(weight_decay)
        losses.sum().backward()  # type: ignore[no-untyped-call]
        for group in steps_taken.param_groups:
            group["lr"] = rate * schedule(step / last)
        steps_taken.step()

    with _torch_threads(threads):
        keep(0)
        for step in tqdm(range(last), disable=not progress, desc="training"):
            one_step(step)
            if step + 1 in record:
                keep(step + 1)

    arrays = {name: np.stack(values) for name, values in kept.items()}
    return Training(
        network, np.array(sorted(record)), arrays.pop("loss"), arrays.pop("error"), arrays
    )


def _listed(name: str, values: Sequence[int]) -> list[int]:
    if not isinstance(values, Iterable):
        raise TypeError(f"{name} must be a sequence, found {values!r}")
    listed = list(values)
    if not listed:
        raise ValueError(f"{name} must not be empty")
    return listed


@contextmanager
def _torch_threads(threads: int | None) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(before if threads is None else as_count("threads", threads))
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _batches(
    network: FeedForward, n_stimuli: int, batch_size: int | None
) -> Iterator[Tensor | None]:
    """Endless stimulus indices (R, batch) for mini-batches, or None for all stimuli."""
    size = n_stimuli if batch_size is None else as_count("batch_size", batch_size)
    if size > n_stimuli:
        raise ValueError(f"batch_size must not exceed the {n_stimuli} stimuli, found {size}")
    device = next(network.parameters()).device
    generators = [torch.Generator().manual_seed(seed) for seed in network.seeds]

    def endless() -> Iterator[Tensor | None]:
        while size == n_stimuli:
            yield None
        while True:
            order = torch.stack([torch.randperm(n_stimuli, generator=g) for g in generators])
            # A last, shorter batch would have noisier gradients; its stimuli wait for a turn.
            for first in range(0, n_stimuli - size + 1, size):
                yield order[:, first : first + size].to(device)

    return endless()
