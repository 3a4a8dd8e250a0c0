"""The fully connected network."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor, nn

from .._validation import as_count, as_function, as_number
from ._linear_layer import LinearLayer
from ._replicated import Replicated, listed

__all__ = ["FeedForward", "hidden_kernel"]


class FeedForward(Replicated):
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
        super().__init__(n_inputs, n_outputs, seeds, dtype)
        hidden = [as_count("widths", width) for width in listed("widths", widths)]
        sizes = [self.n_inputs, *hidden, self.n_outputs]
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
        return weight_penalty(self.weights, self.biases, self.bias, weight_decay)

    def linear_layers(
        self, inputs: Tensor, targets: Tensor, error: Callable[[Tensor, Tensor], Tensor]
    ) -> dict[str, LinearLayer]:
        """Every linear map at work: "hidden 1", "hidden 2" …, "read-out".

        Parameters
        ----------
        inputs : Tensor, shape (n, d_X) or (R, n, d_X)
        targets : Tensor, shape (n, d_Y) or (R, n, d_Y)
        error : callable
            As for `train`: one number per replica, summed over stimuli.

        Returns
        -------
        dict of str to LinearLayer
            Arrays with the replica axis first.

        Examples
        --------
        >>> from absrep.nets import squared_error
        >>> network = FeedForward(4, [100], 2, seeds=range(3))
        >>> eye, zeros = torch.eye(4, dtype=torch.float64), torch.zeros(4, 2, dtype=torch.float64)
        >>> layers = network.linear_layers(eye, zeros, squared_error)
        >>> {name: layer.weights.shape for name, layer in layers.items()}
        {'hidden 1': (3, 100, 4), 'read-out': (3, 2, 100)}
        """
        with torch.enable_grad():
            above = self.preactivations(inputs)
            below = [inputs.expand(self.n_replicas, *inputs.shape[-2:])]
            below += [self.activation(h) for h in above]
            above.append(below[-1] @ self.weights[-1])
            gradients = torch.autograd.grad(error(above[-1], targets).sum(), above)
        layers: dict[str, LinearLayer] = {}
        for depth, maps in enumerate(zip(below, self.weights, gradients, strict=True)):
            # Copies: what training goes on changing must not change with it.
            h, w, g = (part.detach().cpu().numpy().copy() for part in maps)
            hidden = depth + 1 < len(self.weights)
            biased = hidden and self.bias > 0
            offset = self.biases[depth][:, 0].detach().cpu().numpy().copy() if biased else 0.0
            name = f"hidden {depth + 1}" if hidden else "read-out"
            layers[name] = LinearLayer(h, w.swapaxes(1, 2), g, offset)
        return layers


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


def weight_penalty(
    weights: nn.ParameterList,
    biases: nn.ParameterList,
    strength: float,
    weight_decay: float | Sequence[float],
) -> Tensor:
    """½ Σ_l λ_l(‖W_l‖² + ‖b_l‖²/τ) of each replica; biases belong to the first matrices."""
    n_layers = len(weights)
    given = [weight_decay] * n_layers if np.ndim(weight_decay) == 0 else weight_decay
    decay = [as_number("weight_decay", value, at_least=0) for value in given]  # type: ignore[union-attr, arg-type]
    if len(decay) != n_layers:
        raise ValueError(
            f"weight_decay must be one number or {n_layers}, one per layer, found {len(decay)}"
        )
    total: Tensor = sum(lam * w.square().sum((1, 2)) for lam, w in zip(decay, weights, strict=True))
    if 0 < strength < np.inf:
        for lam, b in zip(decay, biases, strict=False):
            total = total + lam * b.square().sum((1, 2)) / strength
    return 0.5 * total
