"""What the theme offers: search, night, downloads, printing, other places to run a chapter."""

import pytest
import yaml

from . import site, tab

SETTINGS = yaml.safe_load((site.ROOT / "_config.yml").read_text(encoding="utf8"))


@pytest.fixture(params=["server", "folder"])
def start(request, address):
    return {"server": address, "folder": site.BUILT.as_uri()}[request.param]


def test_first_page(quick, start):
    page = quick.new_page()
    page.goto(f"{start}/index.html")
    page.wait_for_url("**/book/intro.html")
    page.close()


def test_search(quick, start):
    with tab.opened(quick, f"{start}/search.html?q=parallelism") as found:
        found.page.wait_for_selector("#search-results li a")
        assert found.page.locator("#search-results li a").count() > 3
        # In a folder the browser refuses the look into each page that fetches the words around.
        assert start.startswith("file:") or found.trouble == []


def test_search_from_a_page(quick, address):
    with tab.opened(quick, f"{address}/{site.chapters()[0]}") as visited:
        visited.page.keyboard.press("Control+K")
        visited.page.keyboard.type("parallelism")
        visited.page.keyboard.press("Enter")
        visited.page.wait_for_selector("#search-results li a")


def test_dark_switch(browser, address):
    with (
        tab.window(browser) as window,
        tab.opened(window, f"{address}/{site.chapters()[0]}") as visited,
    ):
        paper = "getComputedStyle(document.body).backgroundColor"
        light = visited.page.evaluate(paper)
        visited.page.locator(".theme-switch-button").click()
        assert visited.page.evaluate("document.documentElement.dataset.theme") == "dark"
        assert visited.page.evaluate(paper) != light
        with tab.opened(window, f"{address}/{site.chapters()[1]}") as next_page:
            assert next_page.page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_phone_menu(browser, address):
    with (
        tab.window(browser, viewport=tab.PHONE, has_touch=True, is_mobile=True) as window,
        tab.opened(window, f"{address}/{site.chapters()[0]}") as visited,
    ):
        contents = visited.page.locator(".bd-sidebar-primary a.reference").first
        assert not contents.is_visible()
        visited.page.locator(".primary-toggle").tap()
        contents.wait_for(state="visible")


@pytest.mark.parametrize("chapter", site.chapters())
def test_buttons(chapter):
    links = site.parsed(site.BUILT / chapter).links
    notebook = chapter.replace(".html", ".ipynb")
    assert any(link.endswith(f"_sources/{notebook}") for link in links)
    for place, host in SETTINGS["launch_buttons"].items():
        if place.endswith("_url"):
            assert any(link.startswith(host) and link.endswith(notebook) for link in links)


def test_menus(quick, address):
    with tab.opened(quick, f"{address}/{site.chapters()[0]}") as visited:
        page = visited.page
        for menu, entry in {
            ".dropdown-launch-buttons": "a[href*=mybinder]",
            ".dropdown-download-buttons": ".btn-download-pdf-button",
        }.items():
            page.locator(f"{menu} button").first.click()
            page.locator(f"{menu} {entry}").wait_for(state="visible")
        page.evaluate("window.print = () => { window.printed = true; }")
        page.locator(".btn-download-pdf-button").click()
        assert page.evaluate("window.printed")
