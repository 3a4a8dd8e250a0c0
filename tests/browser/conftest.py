"""One browser and one server for all tests; at the end a table of pages and checks."""

from collections import defaultdict
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from . import site, tab


def pytest_configure():
    if not site.pages():
        pytest.exit("no built book: run `make book` first", 1)


@pytest.fixture(scope="session")
def browser():
    with sync_playwright() as playwright, tab.chromium(playwright) as browser:
        yield browser


@pytest.fixture(scope="session")
def address():
    with site.served() as address:
        yield address


@pytest.fixture(scope="session")
def window(browser):
    with tab.window(browser) as context:
        yield context


@pytest.fixture(scope="session")
def quick(browser):
    """A window that sets no maths, which takes most of the time that a page needs."""
    with tab.window(browser) as context:
        context.route("**/mathjax/*.js", lambda route: route.fulfill(body=""))
        yield context


@pytest.fixture(scope="session")
def picture():
    """Save what a page, or a part of it, shows, for people to look at."""

    def save(shown, name):
        path = REPORT_PICTURES / f"{name}.jpeg"
        path.parent.mkdir(parents=True, exist_ok=True)
        shown.screenshot(path=path, type="jpeg", quality=70, scale="css")

    return save


REPORT_PICTURES = site.REPORT
results = defaultdict(dict)


def pytest_runtest_logreport(report):
    name, _, subject = report.nodeid.partition("::test_")[2].partition("[")
    row = subject.removesuffix("]") or Path(report.fspath).stem.removeprefix("test_")
    if report.failed:
        results[row][name] = "FAILED"
    elif report.when == "call":
        shown = dict(report.user_properties).get("shown", "green")
        results[row].setdefault(name, "skipped" if report.skipped else shown)


def pytest_terminal_summary(terminalreporter):
    for table in tables():
        terminalreporter.write_line("\n" + table)
    site.REPORT.mkdir(parents=True, exist_ok=True)
    report = site.REPORT / "report.md"
    report.write_text("# The book in a browser\n\n" + "\n\n".join(tables()) + "\n", "utf8")
    terminalreporter.write_line(f"\nReport and pictures: {site.REPORT}")


def tables():
    """One table for all subjects that went through the same checks."""
    groups = defaultdict(list)
    for row, checks in results.items():
        groups[tuple(checks)].append(row)
    for checks, rows in groups.items():
        lines = [["", *checks], *([row, *results[row].values()] for row in rows)]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        lines.insert(1, ["-" * width for width in widths])
        yield "\n".join("| " + " | ".join(map(str.ljust, line, widths)) + " |" for line in lines)
