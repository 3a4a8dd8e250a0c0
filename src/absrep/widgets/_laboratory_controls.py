"""The choices of the live laboratory: a control for each, and the experiment that they make."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from ..laboratory import (
    Experiment,
    Inputs,
    RandomPatterns,
    Rotated,
    TargetAligned,
    WalshSpectrum,
    Whitened,
)
from ..meanfield import (
    absolute,
    erf,
    gelu,
    hard_tanh,
    leaky_relu,
    linear,
    relu,
    sigmoid,
    softplus,
    tanh,
)

if TYPE_CHECKING:
    from ipywidgets import Widget

_ACTIVATIONS = {
    "ReLU": relu,
    "leaky ReLU, slope 0.2": leaky_relu(0.2),
    "|x|": absolute,
    "linear": linear,
    "tanh": tanh,
    "erf": erf,
    "hard tanh": hard_tanh,
    "sigmoid": sigmoid,
    "softplus": softplus,
    "GELU": gelu,
}
_GEOMETRIES: dict[str, Callable[[dict[str, Any]], Inputs]] = {
    "whitened": lambda c: Whitened(),
    "aligned with the targets": lambda c: TargetAligned(c["gain"]),
    "Walsh spectrum": lambda c: WalshSpectrum(
        tuple(c[f"k{order}"] for order in range(c["n_latents"] + 1))
    ),
    "random patterns": lambda c: RandomPatterns(c["n_features"], c["pattern_seed"]),
    "rotated": lambda c: Rotated(c["ratio"], c["rotation_seed"]),
}
# Controls that belong to one kind of inputs.
OF_INPUTS = {
    "gain": "aligned with the targets",
    "k0": "Walsh spectrum",
    "k1": "Walsh spectrum",
    "k2": "Walsh spectrum",
    "k3": "Walsh spectrum",
    "n_features": "random patterns",
    "pattern_seed": "random patterns",
    "ratio": "rotated",
    "rotation_seed": "rotated",
}
GROUPS = {
    "Task": ("n_latents", "stimuli_per_class", "correlation", "xor", "inputs", *OF_INPUTS),
    "Network": ("activation", "bias", "first_decay", "second_decay", "width"),
    "Training and measures": ("seed", "n_steps", "learning_rate", "init_scale", "noise"),
}

_AS_THEY_ARE = (
    *("n_latents", "stimuli_per_class", "correlation", "xor", "activation", "bias", "width"),
    *("seed", "n_steps", "learning_rate", "init_scale", "noise"),
)


def make_controls() -> dict[str, Widget]:
    """One control per choice, by name."""
    from ipywidgets import (
        BoundedIntText,
        Checkbox,
        Dropdown,
        FloatLogSlider,
        FloatSlider,
        IntSlider,
        SelectionSlider,
    )

    look = {"continuous_update": False}
    wide = {"style": {"description_width": "14em"}, "layout": {"width": "36em"}}

    def logarithmic(value: float, low: float, high: float, text: str) -> Widget:
        return FloatLogSlider(
            value, min=low, max=high, step=0.05, description=text, readout_format=".3g", **look
        )

    def seed(text: str) -> Widget:
        return BoundedIntText(0, min=0, max=9999, description=text)

    biases = [("none", 0.0), ("0.01", 0.01), ("0.1", 0.1), ("1", 1.0), ("10", 10.0)]
    found: dict[str, Widget] = {
        "n_latents": Dropdown(options=[2, 3], description="d, latents"),
        "stimuli_per_class": IntSlider(1, min=1, max=3, description="stimuli per class", **look),
        "correlation": FloatSlider(0.5, min=0, max=1, description="correlation in class", **look),
        "xor": Checkbox(False, description="ask for y₁y₂ (XOR) as well", indent=False),
        "inputs": Dropdown(options=list(_GEOMETRIES), description="inputs"),
        "gain": FloatSlider(3.0, min=0, max=20, description="g, gain", **look),
        "k0": logarithmic(1.0, -1, 1, "κ₀, constant"),
        "k1": logarithmic(1.0, -1, 1, "κ₁, latents"),
        "k2": logarithmic(1.0, -1, 1, "κ₂, pairs"),
        "k3": logarithmic(1.0, -1, 1, "κ₃, triple"),
        "n_features": IntSlider(6, min=2, max=40, description="features", **look),
        "pattern_seed": seed("seed of the patterns"),
        "ratio": logarithmic(10.0, 0, 2, "largest/smallest eigenvalue"),
        "rotation_seed": seed("seed of the rotation"),
        "activation": Dropdown(options=list(_ACTIVATIONS.items()), description="nonlinearity"),
        "bias": SelectionSlider(
            options=[*biases, ("free", np.inf)], value=1.0, description="τ, bias", **look
        ),
        "first_decay": logarithmic(0.01, -4, 1.5, "λ₁, decay of the input weights"),
        "second_decay": logarithmic(0.01, -4, 1.5, "λ₂, decay of the output weights"),
        "width": IntSlider(100, min=1, max=300, description="M, width", **look),
        "seed": seed("seed of the network"),
        "n_steps": IntSlider(3000, min=100, max=10_000, step=100, description="steps", **look),
        "learning_rate": logarithmic(0.03, -3, -1, "learning rate"),
        "init_scale": logarithmic(1.0, -2, 1, "size of the first weights"),
        "noise": FloatSlider(0.5, min=0.1, max=2, description="σ, noise of CCGP, decoding", **look),
    }
    for control in found.values():
        for part, values in wide.items():
            for name, value in values.items():
                setattr(getattr(control, part), name, value)
    return found


def experiment_of(chosen: dict[str, Any]) -> Experiment:
    """The experiment that the values of all controls make, whose choices must go together."""
    return Experiment(
        **{name: chosen[name] for name in _AS_THEY_ARE},
        inputs=_GEOMETRIES[chosen["inputs"]](chosen),
        weight_decay=(chosen["first_decay"], chosen["second_decay"]),
    )
