"""The recurrent network: one layer, used again at every step."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from .._validation import as_count, as_function, as_number
from ._feed_forward import weight_penalty
from ._replicated import Replicated

__all__ = ["Recurrent"]


class Recurrent(Replicated):
    r"""Replicas of a recurrent network that looks at a constant input, linear read-out.

    .. math:: z_t = \varphi(z_{t-1}W + x_tU + \beta), \qquad z_0 = 0, \qquad \hat Y = z_T V,

    with :math:`x_t = x` up to step `input_steps` and 0 after it. With one step it is the
    `FeedForward` network with one hidden layer, and starts from the same weights as that of the
    same seed.

    Weights start as :math:`N(0, \text{init\_scale}^2/\text{fan-in})`, biases at zero.

    Parameters
    ----------
    n_inputs : int
        d_X.
    width : int
        Neurons, M.
    n_outputs : int
        d_Y.
    seeds : sequence of int
        One per replica.
    n_steps : int
        T, the step at which the outputs are read.
    input_steps : int, optional
        Steps that the input lasts, from 1 (a pulse) to T. Default: all, the input is held.
    read_steps : int, default 1
        Read the outputs at the last so many steps. They are put side by side, so that targets
        have ``read_steps * n_outputs`` columns; the penalty on V counts once.
    activation : callable, default `torch.relu`
        Tensor to tensor, elementwise.
    bias : float, default 1.0
        Strength τ of the biases, see `FeedForward`.
    init_scale : float, default 1.0
    dtype : torch.dtype, default `torch.float64`

    Attributes
    ----------
    weights : list of Tensor
        U, shape (R, d_X, M), W, shape (R, M, M), and V, shape (R, M, d_Y).
    biases : list of Tensor
        β, shape (R, 1, M); empty without bias.

    Raises
    ------
    ValueError, TypeError
        Naming the argument that is out of range.

    Examples
    --------
    >>> from absrep.nets import Recurrent
    >>> network = Recurrent(4, 50, 2, seeds=range(3), n_steps=5)
    >>> inputs = torch.eye(4, dtype=torch.float64)
    >>> network(inputs).shape, len(network.hidden(inputs)), network.hidden(inputs)[0].shape
    (torch.Size([3, 4, 2]), 5, torch.Size([3, 4, 50]))
    """

    def __init__(
        self,
        n_inputs: int,
        width: int,
        n_outputs: int,
        seeds: Sequence[int],
        *,
        n_steps: int,
        input_steps: int | None = None,
        read_steps: int = 1,
        activation: Callable[[Tensor], Tensor] = torch.relu,
        bias: float = 1.0,
        init_scale: float = 1.0,
        dtype: torch.dtype = torch.float64,
    ) -> None:
        super().__init__(n_inputs, n_outputs, seeds, dtype)
        m = as_count("width", width)
        self.n_steps = as_count("n_steps", n_steps)
        self.input_steps = self._up_to_last("input_steps", input_steps)
        self.read_steps = self._up_to_last("read_steps", read_steps)
        self.bias = np.inf if bias == np.inf else as_number("bias", bias, at_least=0)
        scale = as_number("init_scale", init_scale, above=0)
        self.activation = as_function("activation", activation)

        generators = [torch.Generator().manual_seed(seed) for seed in self.seeds]

        def drawn(n_in: int, n_out: int) -> nn.Parameter:
            draws = [torch.randn(n_in, n_out, generator=g, dtype=dtype) for g in generators]
            return nn.Parameter(torch.stack(draws) * scale / n_in**0.5)

        # U and V before W, as the feed-forward network draws them.
        u, v, w = drawn(self.n_inputs, m), drawn(m, self.n_outputs), drawn(m, m)
        self.weights = nn.ParameterList([u, w, v])
        zeros = torch.zeros(len(generators), 1, m, dtype=dtype)
        self.biases = nn.ParameterList([nn.Parameter(zeros)] if self.bias > 0 else [])
        self.n_outputs *= self.read_steps

    def _up_to_last(self, name: str, value: int | None) -> int:
        steps = self.n_steps if value is None else as_count(name, value)
        if steps > self.n_steps:
            raise ValueError(f"{name} must not exceed n_steps = {self.n_steps}, found {steps}")
        return steps

    def preactivations(self, inputs: Tensor, n_steps: int | None = None) -> list[Tensor]:
        r"""Preactivations of every step.

        Parameters
        ----------
        inputs : Tensor, shape (n, d_X) or (R, n, d_X)
        n_steps : int, optional
            Run for so many steps, fewer or more than the network's own T. A held input is held
            on; one that ended stays away.

        Returns
        -------
        list of Tensor, shape (R, n, M)
            One per step.
        """
        last = self.n_steps if n_steps is None else as_count("n_steps", n_steps)
        held = self.input_steps == self.n_steps
        u, w = self.weights[0], self.weights[1]
        drive = inputs @ u
        offset = self.biases[0] if self.bias > 0 else torch.zeros_like(drive[..., :1, :])
        steps: list[Tensor] = []
        for t in range(last):
            h = drive + offset if held or t < self.input_steps else offset.expand_as(drive)
            if steps:
                h = h + self.activation(steps[-1]) @ w
            steps.append(h)
        return steps

    def hidden(self, inputs: Tensor, n_steps: int | None = None) -> list[Tensor]:
        r"""States :math:`z_t = \varphi(h_t)` of every step; see `preactivations`."""
        return [self.activation(h) for h in self.preactivations(inputs, n_steps)]

    def forward(self, inputs: Tensor) -> Tensor:
        """Outputs, shape (R, n, read_steps · d_Y)."""
        read = self.hidden(inputs)[-self.read_steps :]
        return torch.cat([state @ self.weights[2] for state in read], dim=-1)

    def penalty(self, weight_decay: float | Sequence[float]) -> Tensor:
        r"""Weight penalty of each replica, shape (R,).

        .. math:: \tfrac12\left[λ_U(\lVert U\rVert^2 + \lVert\beta\rVert^2/\tau)
                  + λ_W\lVert W\rVert^2 + λ_V\lVert V\rVert^2\right]

        Parameters
        ----------
        weight_decay : float or sequence of float
            One λ for all matrices, or one each for U, W and V; none negative.
        """
        return weight_penalty(self.weights, self.biases, self.bias, weight_decay)
