"""Time of a live widget from a slider's message to the new picture, through a real kernel."""

import numpy as np
import pytest

from absrep.widgets import Parameter

from ..widgets.explorers import LiveKernel, explorer, kernel, makers


@pytest.fixture(scope="module")
def client(request):
    if not request.config.getoption("benchmark_enable"):
        pytest.skip("timed with --benchmark-enable only")
    with kernel() as client:
        yield client


@pytest.mark.parametrize("name", makers())
def test_milliseconds_per_move(name, client, capsys, record_property):
    live, made = LiveKernel(client, name), explorer(name)
    seconds = []
    for _ in range(2):
        for slider, parameter in enumerate(made.parameters):
            start = parameter.values[parameter.start]
            shown = start
            for value in (*parameter.values[:: max(1, len(parameter.values) // 10)], start):
                if value != shown:  # a slider that does not move sends nothing
                    seconds.append(live.move(slider, **moved(parameter, value)))
                shown = value
    median, slowest = 1000 * np.median(seconds), 1000 * np.max(seconds)
    record_property("milliseconds", median)
    with capsys.disabled():
        print(
            f"\n{name}: {median:.0f} ms per move, median of {len(seconds)}; {slowest:.0f} at most"
        )


def moved(parameter: Parameter, value: float) -> dict[str, float]:
    """What a browser sends: an index where the slider is one of choices."""
    from ipywidgets import SelectionSlider

    from absrep.widgets._live import _slider

    if isinstance(_slider(parameter), SelectionSlider):
        return {"index": parameter.values.index(value)}
    return {"value": value}
