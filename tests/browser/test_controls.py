"""The checks see what they are there to see: each of these pages was spoiled on purpose."""

import pytest

from . import looks, site, tab
from .figures import Figure


@pytest.fixture
def spoiled(window, address):
    """Open a page whose text was changed on its way to the browser."""
    tabs = []

    def spoil(old, new, page="book/notation.html"):
        html = (site.BUILT / page).read_text(encoding="utf8")
        assert old in html
        window.route(
            f"**/{page}",
            lambda route: route.fulfill(body=html.replace(old, new, 1), content_type="text/html"),
            times=1,
        )
        tabs.append(tab.Tab(window, f"{address}/{page}"))
        return tabs[-1]

    yield spoil
    for opened in tabs:
        opened.leave()


END = "</article>"


def test_script_error(spoiled):
    assert spoiled(END, "<script>nothing()</script>").trouble == ["script: nothing is not defined"]


def test_other_host(spoiled):
    address = "https://example.org/picture.png"
    visited = spoiled(END, f'<img src="{address}" alt="a picture">')
    assert f"asks another host: {address}" in visited.trouble
    assert looks.images(visited.page) == [f"image not loaded: {address}"]


def test_missing_image(spoiled):
    visited = spoiled(END, '<img src="missing.png" alt="a picture">')
    assert any("answer 404" in trouble for trouble in visited.trouble)


def test_no_alternative_text(spoiled):
    visited = spoiled(END, '<img src="../_static/favicon.svg">')
    assert any(problem.startswith("image-alt") for problem in looks.accessibility(visited.page))


@pytest.mark.parametrize("maths", [r"\(x\)", r"\[x\]", "$$x$$"])
def test_raw_maths(spoiled, maths):
    visited = spoiled(END, f"<p class='mathjax_ignore'>{maths}</p>")
    assert looks.maths(visited.page) == [f"raw maths: {maths}"]


@pytest.mark.parametrize("maths", [r"\frac{1}", r"\unheardof"])
def test_wrong_maths(spoiled, maths):
    visited = spoiled(END, rf"<p class='math'>\({maths}\)</p>")
    assert any("maths error" in problem for problem in looks.maths(visited.page))


def test_wide(spoiled):
    visited = spoiled(END, "<div style='width: 900px'>wide</div>")
    visited.page.set_viewport_size(tab.PHONE)
    assert looks.overflowing(visited.page)


def test_out_of_reach(spoiled):
    wide = "<div style='width: 900px'>wide</div>"
    visited = spoiled(END, f"<div id='box' style='width: 90px; overflow: auto'>{wide}</div>")
    assert len(looks.unreachable(visited.page)) == 1
    visited.page.evaluate("document.getElementById('box').tabIndex = 0")
    assert looks.unreachable(visited.page) == []


def test_heavy(spoiled):
    visited = spoiled(END, f"<!--{'x' * 3_000_000}-->")
    assert looks.megabytes(visited.page) > 2.5


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pale(spoiled, theme):
    visited = spoiled(END, "<p>clear</p><p style='color: #777; background: #888'>pale</p>")
    looks.dress(visited.page, theme)
    looks.thin(visited.page)
    assert looks.accessibility(visited.page, "color-contrast")


def test_broken_links(tmp_path):
    page = tmp_path / "page.html"
    page.write_text('<p id="here"><a href="#here"></a><a href="#there"></a><img src="no.png">')
    assert site.broken_links(page) == ["#there", "no.png"]


@pytest.mark.skipif(not site.explorers(), reason="no figure with sliders in the book")
def test_wrong_readout(spoiled):
    name, page = next(iter(site.explorers().items()))
    made = Figure(spoiled(END, END, page).page, name).made
    text = made.readouts_at(**{p.name: p.values[p.start] for p in made.parameters})
    key, right = next(iter(text.items()))
    visited = spoiled(f'data-readout="{key}">{right}<', f'data-readout="{key}">0.123456<', page)
    (problem,) = Figure(visited.page, name).problems()
    assert "0.123456" in problem


@pytest.mark.skipif(not site.explorers(), reason="no figure with sliders in the book")
def test_wrong_drawing(spoiled):
    name, page = next(iter(site.explorers().items()))
    visited = spoiled("const [x, y] = [xs[i] / 10,", "const [x, y] = [xs[i] / 11,", page)
    figure = Figure(visited.page, name)
    assert figure.problems() == []
    figure.press(0, "End")
    assert figure.problems()
