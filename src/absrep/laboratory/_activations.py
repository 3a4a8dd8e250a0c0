"""The activations of the theory as functions of tensors, and both as code."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from ..meanfield import Activation, erf, gelu, hard_tanh, relu, sigmoid, softplus, tanh

__all__: list[str] = []

_SMOOTH: dict[Activation, tuple[Callable[[Tensor], Tensor], str]] = {
    tanh: (torch.tanh, "torch.tanh"),
    erf: (torch.erf, "torch.erf"),
    sigmoid: (torch.sigmoid, "torch.sigmoid"),
    hard_tanh: (torch.nn.functional.hardtanh, "torch.nn.functional.hardtanh"),
    softplus: (torch.nn.functional.softplus, "torch.nn.functional.softplus"),
    gelu: (torch.nn.functional.gelu, "torch.nn.functional.gelu"),
}


def network_activation(activation: Activation) -> tuple[Callable[[Tensor], Tensor], str]:
    """The same function of tensors, and its code."""
    if not isinstance(activation, Activation):
        raise TypeError(f"activation must be an absrep.meanfield.Activation, found {activation!r}")
    if activation in _SMOOTH:
        return _SMOOTH[activation]
    if activation == relu:
        return torch.relu, "torch.relu"
    if activation.slopes is None or activation.slopes[1] != 1:
        names = ", ".join(map(repr, _SMOOTH))
        raise ValueError(
            f"activation must be relu, leaky_relu(…), absolute, linear, {names}; found {activation}"
        )
    left = activation.slopes[0]
    function = torch.nn.functional.leaky_relu
    return (
        partial(function, negative_slope=left),
        f"lambda h: torch.nn.functional.leaky_relu(h, {left!r})",
    )


def activation_code(activation: Activation) -> str:
    if activation.name.startswith("leaky_relu") and activation.slopes is not None:
        return f"leaky_relu({activation.slopes[0]!r})"  # its name is rounded
    return activation.name
