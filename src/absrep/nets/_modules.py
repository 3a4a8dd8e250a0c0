"""Replicas of any torch module."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state, vmap

from .._validation import as_function, as_number
from ._linear_layer import LinearLayer
from ._replicated import Replicated

__all__ = ["Modules"]


class Modules(Replicated):
    """Replicas of any torch module without buffers, in one batched computation.

    Parameters
    ----------
    make : callable
        ``make()`` returns one network, from inputs (n, d_X) to outputs (n, d_Y); it is called
        once per replica, with torch's random numbers seeded for it.
    n_inputs, n_outputs : int
        d_X and d_Y.
    seeds : sequence of int
        One per replica.
    dtype : torch.dtype, default `torch.float32`

    Raises
    ------
    ValueError, TypeError
        Naming the argument that is out of range.

    Examples
    --------
    >>> def make():
    ...     return nn.Sequential(nn.Unflatten(-1, (1, 8, 8)), nn.Conv2d(1, 4, 3), nn.ReLU(),
    ...                          nn.Flatten(), nn.Linear(144, 10))
    >>> network = Modules(make, 64, 10, seeds=range(3))
    >>> network(torch.zeros(5, 64)).shape, network.n_parameters
    (torch.Size([3, 5, 10]), 1490)
    """

    def __init__(
        self,
        make: Callable[[], nn.Module],
        n_inputs: int,
        n_outputs: int,
        seeds: Sequence[int],
        *,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        super().__init__(n_inputs, n_outputs, seeds, dtype)
        as_function("make", make)
        made = []
        for seed in self.seeds:
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(seed)
                made.append(make().to(dtype))
        stacked, buffers = stack_module_state(made)
        if buffers:
            raise ValueError(f"make must build a module without buffers, found {list(buffers)}")
        self.names = list(stacked)
        self.stacked = nn.ParameterList(nn.Parameter(p.detach()) for p in stacked.values())
        # In a tuple: the pattern of the computation, whose own parameters are never used.
        self._pattern = (copy.deepcopy(made[0]).to("meta"),)

    @property
    def n_parameters(self) -> int:
        """Of one replica."""
        return sum(int(p[0].numel()) for p in self.stacked)

    def forward(self, inputs: Tensor) -> Tensor:
        """Outputs (R, n, d_Y) of inputs (n, d_X) or (R, n, d_X)."""
        each = 0 if inputs.ndim == 3 else None
        outputs: Tensor = vmap(self._one, in_dims=(0, each))(tuple(self.stacked), inputs)
        return outputs

    def _one(self, values: Sequence[Tensor], inputs: Tensor) -> Tensor:
        named = dict(zip(self.names, values, strict=True))
        outputs: Tensor = functional_call(self._pattern[0], named, (inputs,))
        return outputs

    def penalty(self, weight_decay: float | Sequence[float]) -> Tensor:
        r"""Penalty :math:`\tfrac12\lambda\lVert\theta\rVert^2` of each replica, shape (R,)."""
        decay = as_number("weight_decay", weight_decay, at_least=0)  # type: ignore[arg-type]
        squares = [p.square().flatten(1).sum(1) for p in self.stacked]
        return 0.5 * decay * torch.stack(squares).sum(0)

    def linear_layers(
        self, inputs: Tensor, targets: Tensor, error: Callable[[Tensor, Tensor], Tensor]
    ) -> dict[str, LinearLayer]:
        """Every `torch.nn.Linear` and `torch.nn.Conv2d` at work, by its name in the module.

        Parameters
        ----------
        inputs : Tensor, shape (n, d_X) or (R, n, d_X)
        targets : Tensor, shape (n, d_Y) or (R, n, d_Y)
        error : callable
            As for `train`: one number per replica, summed over stimuli.

        Returns
        -------
        dict of str to LinearLayer
            Arrays with the replica axis first. A convolution has one row per stimulus and patch.

        Examples
        --------
        >>> from absrep.nets import squared_error
        >>> network = Modules(lambda: nn.Sequential(nn.Linear(4, 2)), 4, 2, seeds=range(3))
        >>> layers = network.linear_layers(torch.eye(4), torch.zeros(4, 2), squared_error)
        >>> {name: layer.weights.shape for name, layer in layers.items()}
        {'0': (3, 2, 4)}
        """
        seen = []
        for replica in range(self.n_replicas):
            x, y = (data[replica] if data.ndim == 3 else data for data in (inputs, targets))
            seen.append(self._observe(replica, x, y, error))
        return {
            name: LinearLayer(*(np.stack([one[name][part] for one in seen]) for part in range(4)))
            for name in seen[0]
        }

    def _observe(
        self,
        replica: int,
        inputs: Tensor,
        targets: Tensor,
        error: Callable[[Tensor, Tensor], Tensor],
    ) -> dict[str, tuple[np.ndarray[tuple[int, ...], np.dtype[np.floating]], ...]]:
        """Inputs, weights, gradients and offset of each linear map of one replica."""
        below: dict[str, Tensor] = {}
        above: dict[str, Tensor] = {}

        def watch(name: str) -> Callable[[nn.Module, tuple[Tensor], Tensor], Tensor]:
            def hook(module: nn.Module, given: tuple[Tensor], output: Tensor) -> Tensor:
                if name in below:
                    raise ValueError(f"make must use every linear map once, {name} is used twice")
                if isinstance(module, nn.Conv2d):
                    below[name] = _patches(module, given[0])
                    rows = output.movedim(1, -1).flatten(0, 2)
                    above[name] = rows
                    return rows.view_as(output.movedim(1, -1)).movedim(-1, 1)
                below[name] = given[0].flatten(0, -2)
                above[name] = output.flatten(0, -2)
                return above[name].view_as(output)

            return hook

        pattern = self._pattern[0]
        linear = {n: m for n, m in pattern.named_modules() if isinstance(m, nn.Linear | nn.Conv2d)}
        hooks = [m.register_forward_hook(watch(n)) for n, m in linear.items()]
        try:
            with torch.enable_grad():
                outputs = self._one([p[replica] for p in self.stacked], inputs)
                total = error(outputs[None], targets).sum()
                gradients = torch.autograd.grad(total, list(above.values()))
        finally:
            for hook in hooks:
                hook.remove()
        values = {n: p[replica] for n, p in zip(self.names, self.stacked, strict=True)}
        found = {}
        for (name, h), g in zip(below.items(), gradients, strict=True):
            w = values[f"{name}.weight"].flatten(1)
            offset = values.get(f"{name}.bias", w.new_zeros(len(w)))
            found[name] = tuple(a.detach().cpu().numpy() for a in (h, w, g, offset))
        return found


def _patches(convolution: nn.Conv2d, images: Tensor) -> Tensor:
    """What each application of the kernel sees, one row per stimulus and place."""
    if convolution.groups != 1 or isinstance(convolution.padding, str):
        raise ValueError("make must use convolutions with one group and padding in pixels")
    columns: Tensor = nn.functional.unfold(
        images,
        convolution.kernel_size,
        convolution.dilation,
        convolution.padding,
        convolution.stride,
    )
    return columns.mT.flatten(0, 1)
