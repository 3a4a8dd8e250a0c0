"""The live figure: the same picture under a kernel, computed at whatever value the sliders have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ._marks import Scene
from ._page import picture

if TYPE_CHECKING:
    from ipywidgets import VBox, Widget

    from ._explorer import Explorer, Parameter


def live_widget(explorer: Explorer) -> VBox:
    """Sliders above a picture that follows them."""
    from ipywidgets import HTML, FloatSlider, VBox

    sliders = {parameter.name: _slider(parameter) for parameter in explorer.parameters}
    scenes = [view for view in explorer.views if isinstance(view, Scene)]
    # One for all scenes, which are turned together.
    turns = [
        FloatSlider(scene.azimuth, min=-180, max=180, description="turn, °") for scene in scenes[:1]
    ]
    shown = HTML()

    def show(_: Any = None) -> None:
        values = {name: float(slider.value) for name, slider in sliders.items()}
        turned = turns[0].value if turns else None
        shown.value = picture(explorer, explorer.compute(**values), turned=turned)

    for slider in (*sliders.values(), *turns):
        slider.style.description_width = "initial"
        slider.layout.width = "95%"
        slider.observe(show, names="value")
    show()
    return VBox([*sliders.values(), *turns, shown])


def _slider(parameter: Parameter) -> Widget:
    from ipywidgets import FloatLogSlider, FloatSlider, IntSlider, SelectionSlider

    values = np.array(parameter.values)
    first = parameter.values[parameter.start]
    text = {"description": parameter.label + (f" [{parameter.unit}]" if parameter.unit else "")}
    steps = np.diff(values)
    if not parameter.words and np.all(values == np.round(values)) and np.ptp(steps) == 0:
        whole = values.astype(int)
        return IntSlider(int(first), min=whole[0], max=whole[-1], step=whole[1] - whole[0], **text)
    if not parameter.words and np.allclose(steps, steps[0], rtol=0.05):
        step = (values[-1] - values[0]) / 1000
        return FloatSlider(first, min=values[0], max=values[-1], step=step, **text)
    if not parameter.words and np.all(values > 0):
        logs = np.log10(values)
        if np.allclose(np.diff(logs), np.diff(logs)[0], rtol=0.1):
            return FloatLogSlider(
                first, min=logs[0], max=logs[-1], step=np.ptp(logs) / 1000,
                readout_format=f".{parameter.digits}g", **text,
            )  # fmt: skip
    options = [(parameter.text(value), value) for value in parameter.values]
    return SelectionSlider(options=options, value=first, **text)
