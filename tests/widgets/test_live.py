"""Live widgets in a real kernel: a slider moved as a browser moves it."""

import numpy as np
import pytest
from ipywidgets import FloatLogSlider, FloatSlider, IntSlider, SelectionSlider

from absrep.widgets import Parameter
from absrep.widgets._live import _slider

from .explorers import LiveKernel, Parts, explorer, kernel, makers


@pytest.fixture(scope="module")
def client():
    with kernel() as client:
        yield client


def test_a_slider_moved_in_a_kernel_changes_the_readouts(client):
    live, made = LiveKernel(client, "square_to_tetrahedron"), explorer("square_to_tetrahedron")
    start = {p.name: p.values[p.start] for p in made.parameters}
    assert readouts(live.shown) == made.readouts_at(**start)
    live.move(0, value=0.123)  # between the page's values
    assert readouts(live.shown) == made.readouts_at(**start | {"interaction": 0.123})


@pytest.mark.parametrize("name", makers())
def test_every_live_widget_follows_each_of_its_sliders(name):
    made = explorer(name)
    live = made.live()
    start = {p.name: p.values[p.start] for p in made.parameters}
    for slider, parameter in zip(live.children, made.parameters, strict=False):
        end = parameter.values[-1]
        slider.value = end
        assert readouts(live.children[-1].value) == made.readouts_at(
            **start | {parameter.name: end}
        )
        slider.value = start[parameter.name]


@pytest.mark.parametrize(
    ("grid", "options", "kind"),
    [
        (range(1, 5), {}, IntSlider),
        (np.linspace(0, 1, 7), {}, FloatSlider),
        (np.geomspace(0.01, 10, 16), {}, FloatLogSlider),
        ([0.0, 0.1, 1.0], {}, SelectionSlider),
        ([0, 1], {"words": ("off", "on")}, SelectionSlider),
    ],
)
def test_a_parameters_grid_decides_its_slider(grid, options, kind):
    parameter = Parameter("x", "x", grid, start=1, **options)
    slider = _slider(parameter)
    assert isinstance(slider, kind)
    assert slider.value == parameter.values[1]


def readouts(html):
    return Parts(html + '<script type="application/json">{}</script>').shown
