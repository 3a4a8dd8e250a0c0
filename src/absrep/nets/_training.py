"""The one training loop."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import cos, pi
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor
from tqdm import tqdm

from .._validation import Array, as_array, as_count, as_function, as_number
from ._replicated import Replicated

__all__ = ["Training", "cosine", "cross_entropy", "squared_error", "train", "train_on_stream"]


def squared_error(outputs: Tensor, targets: Tensor) -> Tensor:
    r"""Error :math:`\tfrac12\lVert\hat Y - Y\rVert_F^2` of each replica, shape (R,).

    Examples
    --------
    >>> squared_error(torch.zeros(2, 3, 1), torch.ones(3, 1))
    tensor([1.5000, 1.5000])
    """
    return 0.5 * (outputs - targets).square().sum((1, 2))


def cross_entropy(outputs: Tensor, targets: Tensor) -> Tensor:
    r"""Error :math:`-\sum_{pk} Y_{pk}\log\mathrm{softmax}(\hat Y_p)_k` of each replica, in nats.

    Targets are probabilities of the classes, or one-hot; the sum goes over stimuli.

    Examples
    --------
    >>> cross_entropy(torch.zeros(2, 3, 4), torch.eye(4)[:3])
    tensor([4.1589, 4.1589])
    """
    return -(targets * outputs.log_softmax(-1)).sum((1, 2))


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
    network : Replicated
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
    >>> from absrep.nets import FeedForward
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

    network: Replicated
    steps: NDArray[np.int64]
    loss: Array
    error: Array
    recorded: dict[str, Array] = field(default_factory=dict)


def train(
    network: Replicated,
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
    probes: Mapping[str, Callable[[Any], Tensor]] | None = None,
    watch: Callable[[Training], object] | None = None,
    threads: int | None = 1,
    progress: bool = False,
) -> Training:
    r"""Minimise error plus penalty by gradient steps, all replicas at once.

    .. math:: L = \tfrac12\lVert\hat Y - Y\rVert_F^2
              + \tfrac12\sum_l\lambda_l(\lVert W_l\rVert^2 + \lVert b_l\rVert^2/\tau)

    The network is trained in place, on the device where its parameters are.

    Parameters
    ----------
    network : Replicated
    inputs : array, shape (P, d_X) or (R, P, d_X)
        The same for all replicas, or each its own.
    targets : array, shape (P, d_Y) or (R, P, d_Y)
    n_steps : int
        Gradient steps.
    weight_decay : float or sequence of float
        λ, see the network's `penalty`. It is part of the loss; leave the optimiser's own at 0.
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
    watch : callable, optional
        ``watch(run)`` is called at every recorded step with the run so far, to show it while it
        goes on. It sees the network itself and must not change it.
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
    >>> from absrep.nets import FeedForward
    >>> network = FeedForward(4, [50], 2, seeds=range(5))
    >>> task = hypercube(2)
    >>> run = train(network, task.features, task.labels, n_steps=500, weight_decay=0.01)
    >>> run.loss.shape, bool((run.loss[-1] < 0.1).all())
    ((2, 5), True)
    """
    if not isinstance(network, Replicated):
        raise TypeError(f"network must be a Replicated, found {type(network).__name__}")
    like = next(network.parameters())
    x, y = (
        torch.tensor(as_array(name, value, (2, 3)), dtype=like.dtype, device=like.device)
        for name, value in (("inputs", inputs), ("targets", targets))
    )
    n_stimuli = x.shape[-2]
    for name, data, columns in (("inputs", x, network.n_inputs), ("targets", y, network.n_outputs)):
        shape = (n_stimuli, columns)
        if data.shape not in (shape, (network.n_replicas, *shape)):
            raise ValueError(
                f"{name} must have shape {shape}, or one such array per replica, "
                f"found {tuple(data.shape)}"
            )
    batches = _batches(network, n_stimuli, batch_size)

    def next_batch() -> tuple[Tensor, Tensor, float]:
        index = next(batches)
        xb, yb = (data if index is None else _rows(data, index) for data in (x, y))
        return xb, yb, n_stimuli / xb.shape[-2]

    return _minimise(
        network,
        next_batch,
        (x, y),
        n_steps=n_steps,
        weight_decay=weight_decay,
        optimizer=optimizer,
        learning_rate=learning_rate,
        schedule=schedule,
        error=error,
        record_at=record_at,
        probes=probes or {},
        watch=watch,
        threads=threads,
        progress=progress,
    )


def train_on_stream(
    network: Replicated,
    sample: Callable[[], tuple[ArrayLike, ArrayLike]],
    validation: tuple[ArrayLike, ArrayLike],
    *,
    n_steps: int,
    error: Callable[[Tensor, Tensor], Tensor],
    weight_decay: float | Sequence[float] = 0.0,
    optimizer: Callable[..., torch.optim.Optimizer] = torch.optim.Adam,
    learning_rate: float = 1e-3,
    schedule: Callable[[float], float] = cosine,
    record_at: Iterable[int] = (),
    probes: Mapping[str, Callable[[Any], Tensor]] | None = None,
    watch: Callable[[Training], object] | None = None,
    threads: int | None = 1,
    progress: bool = False,
) -> Training:
    """Minimise the error on data that never repeat, a new batch at every step; see `train`.

    Parameters
    ----------
    network : Replicated
    sample : callable
        ``sample()`` returns the next batch, inputs and targets as the network and `error` take
        them, for all replicas alike.
    validation : (array, array)
        Inputs and targets on which loss and error are recorded.
    n_steps, error, weight_decay, optimizer, learning_rate, schedule, record_at, probes, watch, \
    threads, progress
        As for `train`; the error is not scaled.

    Returns
    -------
    Training

    Raises
    ------
    ValueError, TypeError, FloatingPointError
        As `train`.

    Examples
    --------
    >>> from absrep.nets import LeakyRecurrent, SequenceClassifier, binary_cross_entropy
    >>> rng = np.random.default_rng(0)
    >>> def sample():
    ...     x = rng.standard_normal((64, 5, 1))
    ...     return x, x.mean(axis=1, keepdims=True) > 0
    >>> network = SequenceClassifier(lambda: LeakyRecurrent(1, 16), 1, 16, 1, seeds=[0])
    >>> run = train_on_stream(
    ...     network, sample, sample(), n_steps=200, error=binary_cross_entropy, learning_rate=0.01
    ... )
    >>> bool(run.loss[-1, 0] < 0.5 * run.loss[0, 0])
    True
    """
    as_function("sample", sample)
    like = next(network.parameters())

    def tensors(name: str, pair: tuple[ArrayLike, ArrayLike]) -> tuple[Tensor, Tensor]:
        if len(pair) != 2:
            raise ValueError(f"{name} must be inputs and targets, found {len(pair)} things")
        x, y = (torch.tensor(as_array(name, part), dtype=like.dtype) for part in pair)
        return x.to(like.device), y.to(like.device)

    return _minimise(
        network,
        lambda: (*tensors("sample", sample()), 1.0),
        tensors("validation", validation),
        n_steps=n_steps,
        weight_decay=weight_decay,
        optimizer=optimizer,
        learning_rate=learning_rate,
        schedule=schedule,
        error=error,
        record_at=record_at,
        probes=probes or {},
        watch=watch,
        threads=threads,
        progress=progress,
    )


def _minimise(
    network: Replicated,
    next_batch: Callable[[], tuple[Tensor, Tensor, float]],
    validation: tuple[Tensor, Tensor],
    *,
    n_steps: int,
    weight_decay: float | Sequence[float],
    optimizer: Callable[..., torch.optim.Optimizer],
    learning_rate: float,
    schedule: Callable[[float], float],
    error: Callable[[Tensor, Tensor], Tensor],
    record_at: Iterable[int],
    probes: Mapping[str, Callable[[Any], Tensor]],
    watch: Callable[[Training], object] | None,
    threads: int | None,
    progress: bool,
) -> Training:
    """The loop. A batch comes with the factor that scales its error."""
    if not isinstance(network, Replicated):
        raise TypeError(f"network must be a Replicated, found {type(network).__name__}")
    for name, function in (("optimizer", optimizer), ("schedule", schedule), ("error", error)):
        as_function(name, function)
    if watch is not None:
        as_function("watch", watch)
    for name, probe in probes.items():
        as_function(f"probes[{name!r}]", probe)
    if taken := {"loss", "error"} & set(probes):
        raise ValueError(f"probes must not be named {sorted(taken)}: these are recorded anyway")
    last = as_count("n_steps", n_steps, at_least=0)
    record = {0, last}
    if not isinstance(record_at, Iterable):
        raise TypeError(f"record_at must be several steps, found {record_at!r}")
    record |= {as_count("record_at", step, at_least=0) for step in record_at}
    if max(record) > last:
        raise ValueError(f"record_at must not exceed n_steps = {last}, found {max(record)}")
    x, y = validation
    rate = as_number("learning_rate", learning_rate, above=0)
    steps_taken = optimizer(network.parameters(), lr=rate)
    kept: dict[str, list[Array]] = {name: [] for name in ("loss", "error", *probes)}

    def keep(step: int) -> None:
        with torch.no_grad():
            values = {"error": error(network(x), y)}
            if values["error"].shape != (network.n_replicas,):
                raise ValueError(
                    f"error must return one number per replica, shape {(network.n_replicas,)}, "
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
        if watch is not None:
            watch(so_far())

    def so_far() -> Training:
        arrays = {name: np.stack(values) for name, values in kept.items()}
        steps = np.array(sorted(record)[: len(kept["loss"])])
        return Training(network, steps, arrays.pop("loss"), arrays.pop("error"), arrays)

    def one_step(step: int) -> None:
        xb, yb, scale = next_batch()
        steps_taken.zero_grad(set_to_none=True)
        losses = error(network(xb), yb) * scale + network.penalty(weight_decay)
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

    return so_far()


@contextmanager
def _torch_threads(threads: int | None) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(before if threads is None else as_count("threads", threads))
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _rows(data: Tensor, index: Tensor) -> Tensor:
    """Rows `index` (R, batch) of data (n, columns), or of each replica's own (R, n, columns)."""
    if data.ndim == 2:
        return data[index]
    return data.gather(1, index[..., None].expand(-1, -1, data.shape[2]))


def _batches(
    network: Replicated, n_stimuli: int, batch_size: int | None
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
