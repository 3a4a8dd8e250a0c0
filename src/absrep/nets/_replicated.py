"""What every network shares: replicas, each made from its own seed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import torch
from torch import Tensor, nn

from .._validation import as_count
from ._linear_layer import LinearLayer

__all__ = ["Replicated"]


class Replicated(nn.Module):
    """R networks in one, for `train`: `forward` and `penalty` carry the replica axis first.

    Parameters
    ----------
    n_inputs, n_outputs : int
        d_X and d_Y.
    seeds : sequence of int
        One per replica.
    dtype : torch.dtype

    Examples
    --------
    >>> Replicated(4, 2, seeds=[0, 1], dtype=torch.float64).n_replicas
    2
    """

    def __init__(
        self, n_inputs: int, n_outputs: int, seeds: Sequence[int], dtype: torch.dtype
    ) -> None:
        super().__init__()
        self.n_inputs = as_count("n_inputs", n_inputs)
        self.n_outputs = as_count("n_outputs", n_outputs)
        self.seeds = [as_count("seeds", seed, at_least=0) for seed in listed("seeds", seeds)]
        if max(self.seeds) >= 2**64:
            raise ValueError(f"seeds must be below 2^64, found {max(self.seeds)}")
        if not (isinstance(dtype, torch.dtype) and dtype.is_floating_point):
            raise TypeError(f"dtype must be a floating-point type, found {dtype}")

    @property
    def n_replicas(self) -> int:
        """R."""
        return len(self.seeds)

    def penalty(self, weight_decay: float | Sequence[float]) -> Tensor:
        """Weight penalty of each replica, shape (R,)."""
        raise NotImplementedError

    def linear_layers(
        self, inputs: Tensor, targets: Tensor, error: Callable[[Tensor, Tensor], Tensor]
    ) -> dict[str, LinearLayer]:
        """Every linear map of the network at work, by name, from the inputs upward.

        Parameters
        ----------
        inputs, targets : Tensor
            As for `train`.
        error : callable
            As for `train`: one number per replica, summed over stimuli.

        Returns
        -------
        dict of str to LinearLayer
            Arrays with the replica axis first.
        """
        raise NotImplementedError


def listed(name: str, values: Sequence[int]) -> list[int]:
    if not isinstance(values, Iterable):
        raise TypeError(f"{name} must be a sequence, found {values!r}")
    listed = list(values)
    if not listed:
        raise ValueError(f"{name} must not be empty")
    return listed
