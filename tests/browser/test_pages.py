"""Every page: quiet, complete, light, readable on a desk and on a phone, by day and by night.

A page is opened once; the checks follow one another on it, the one that changes it for good last.
"""

import pytest

from . import looks, site, tab


@pytest.fixture(scope="module", params=site.pages())
def visit(request, window, address):
    with tab.opened(window, f"{address}/{request.param}") as visited:
        visited.name = request.param.removesuffix(".html")
        looks.unfold(visited.page)
        yield visited


def test_quiet(visit):
    assert visit.trouble == []


def test_links(visit):
    assert site.broken_links(site.BUILT / f"{visit.name}.html") == []


def test_maths(visit):
    assert looks.maths(visit.page) == []


def test_images(visit, picture):
    picture(visit.page, f"{visit.name}-desktop")
    looks.dress(visit.page, "dark")
    picture(visit.page, f"{visit.name}-dark")
    looks.dress(visit.page, "light")
    assert looks.images(visit.page) == []


def test_weight(visit, record_property):
    megabytes = looks.megabytes(visit.page)
    record_property("shown", f"{megabytes:.2f} MB")
    assert megabytes <= 2.5


def test_phone(visit, picture):
    visit.page.set_viewport_size(tab.PHONE)
    picture(visit.page, f"{visit.name}-phone")
    problems = looks.overflowing(visit.page) + looks.unreachable(visit.page)
    visit.page.set_viewport_size(tab.DESKTOP)
    assert problems == []


def test_accessible(visit):
    looks.without_maths(visit.page)
    assert looks.accessibility(visit.page) == []


def test_contrast(visit):
    looks.thin(visit.page)
    assert looks.accessibility(visit.page, "color-contrast") == []


def test_dark(visit):
    looks.dress(visit.page, "dark")
    assert looks.accessibility(visit.page, "color-contrast") == []
