"""A browser and a server for all tests; at the end, tables of pages and checks."""

import shutil
from collections import defaultdict
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from . import site, tab


def pytest_configure():
    if not site.pages():
        pytest.exit("no built book: run `make book` first", 1)
    shutil.rmtree(site.REPORT, ignore_errors=True)


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
        shown.screenshot(path=site.REPORT / f"{name}.jpeg", type="jpeg", quality=70)

    return save


# By module and by subject (a page, a figure): what each check said.
results = defaultdict(lambda: defaultdict(dict))


def pytest_runtest_logreport(report):
    check, _, subject = report.nodeid.partition("::test_")[2].partition("[")
    module = Path(report.fspath).stem.removeprefix("test_")
    row = results[module][subject.removesuffix("]")]
    if report.failed:
        row[check] = "FAILED"
    elif report.when == "call":
        row.setdefault(check, dict(report.user_properties).get("shown", "green"))
    elif report.skipped:
        row[check] = "skipped"


def pytest_terminal_summary(terminalreporter):
    tables = "\n".join(f"\n## {module}\n\n{table(results[module])}" for module in sorted(results))
    site.REPORT.mkdir(parents=True, exist_ok=True)
    report = site.REPORT / "report.md"
    report.write_text(f"# The book in a browser\n{tables}\n", encoding="utf8")
    terminalreporter.write_line(f"{tables}\n\nReport and pictures: {site.REPORT}")


def table(rows):
    """Subjects down, checks across; what was not asked stays empty."""
    checks = list(dict.fromkeys(check for row in rows.values() for check in row))
    lines = [[subject, *(rows[subject].get(check, "") for check in checks)] for subject in rows]
    lines = [["", *checks], *sorted(lines)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    lines.insert(1, ["-" * width for width in widths])
    return "\n".join(f"| {' | '.join(map(str.ljust, line, widths))} |" for line in lines)
