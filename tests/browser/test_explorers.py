"""Every figure with sliders shows what the library computes, however a reader reaches it."""

import pytest

from . import looks, site, tab
from .figures import Figure

PAGES = site.explorers()


@pytest.fixture(scope="module", params=PAGES)
def visit(request, quick, address):
    with tab.opened(quick, f"{address}/{PAGES[request.param]}") as visited:
        visited.figure = Figure(visited.page, request.param)
        yield visited


@pytest.fixture
def figure(visit):
    return visit.figure


def test_first(visit):
    assert visit.figure.root.get_attribute("data-ready") is not None
    assert visit.figure.problems() == []


def test_keys(figure):
    for slider, parameter in enumerate(figure.made.parameters):
        last = len(parameter.values) - 1
        for key, index in {"Home": 0, "ArrowRight": 1, "End": last, "ArrowLeft": last - 1}.items():
            assert figure.press(slider, key) == index
            assert figure.problems() == []


def test_mouse(figure):
    for slider, parameter in enumerate(figure.made.parameters):
        last = len(parameter.values) - 1
        figure.press(slider, "Home")
        figure.drag(figure.sliders[slider], 0.02, 0.7)
        assert abs(figure.shown()["indices"][slider] - 0.7 * last) <= 1
        assert figure.problems() == []


def test_redrawn(figure):
    for slider in range(len(figure.sliders)):
        drawings = {figure.press(slider, key): figure.shown()["drawing"] for key in ("Home", "End")}
        assert len(set(drawings.values())) == 2


def test_turned(figure):
    for scene in figure.scenes.all():
        seen = {figure.shown()["drawing"]}
        figure.drag(scene, 0.4, 0.6)
        seen.add(figure.shown()["drawing"])
        assert figure.problems() == []
        for key in ("ArrowLeft", "ArrowUp"):
            scene.press(key)
            seen.add(figure.shown()["drawing"])
            assert figure.problems() == []
        assert len(seen) == 4


def test_printed(figure):
    figure.page.emulate_media(media="print")
    sliders = [slider.is_visible() for slider in figure.sliders]
    values = [shown.is_visible() for shown in figure.root.locator("output, dd").all()]
    figure.page.emulate_media(media="screen")
    assert not any(sliders)
    assert all(values)


def test_quiet(visit):
    assert visit.trouble == []


def test_pictures(figure, picture):
    name = f"explorers/{figure.made.name}"
    figure.alone()
    picture(figure.root, name)
    looks.dress(figure.page, "dark")
    picture(figure.root, f"{name}-dark")
    looks.dress(figure.page, "light")
    figure.page.set_viewport_size(tab.PHONE)
    picture(figure.root, f"{name}-phone")
    assert looks.overflowing(figure.page) == []


@pytest.fixture(scope="module")
def plain(browser):
    with tab.window(browser, java_script_enabled=False) as context:
        yield context


@pytest.mark.parametrize("name", PAGES)
def test_without_scripts(plain, address, name):
    with tab.opened(plain, f"{address}/{PAGES[name]}") as visited:
        figure = Figure(visited.page, name)
        assert figure.problems() == []
        assert all(svg.is_visible() for svg in figure.root.locator("svg[role=img]").all())
        assert all(readout.is_visible() for readout in figure.root.locator("dd").all())
        assert not any(slider.is_visible() for slider in figure.sliders)
