"""The book opened from a folder, without any server."""

import pytest

from . import looks, site, tab
from .figures import Figure


@pytest.fixture(scope="module", params=site.pages())
def visit(request, quick):
    with tab.opened(quick, (site.BUILT / request.param).as_uri()) as visited:
        visited.explorers = site.parsed(site.BUILT / request.param).explorers
        yield visited


def test_folder(visit):
    assert visit.trouble == []
    assert looks.images(visit.page) == []
    for name in visit.explorers:
        figure = Figure(visit.page, name)
        for slider, _ in enumerate(figure.sliders):
            figure.press(slider, "End")
        assert figure.problems() == []


def test_maths(window):
    with tab.opened(window, (site.BUILT / site.chapters()[0]).as_uri()) as visited:
        assert visited.trouble == []
        assert looks.maths(visited.page) == []
