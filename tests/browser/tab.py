"""Chromium without network, and pages in it that remember what went wrong."""

import contextlib
import re
import shutil

import pytest

# The theme's own double; jupyter-book writes the same script into each page twice.
HARMLESS = "Identifier 'THEBE_JS_URL' has already been declared"
OUTSIDE = re.compile(r"^(https?|wss?)://(?!127\.0\.0\.1[:/])")
FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()
# No name leads anywhere. (Playwright's own way to stop requests would also stop the cache.)
ALONE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}


@contextlib.contextmanager
def chromium(playwright):
    """The machine's own browser; none is downloaded."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        pytest.exit("no browser: install Debian's package chromium, or Google Chrome", 1)
    browser = playwright.chromium.launch(executable_path=program, args=[*FLAGS, ALONE])
    yield browser
    browser.close()


@contextlib.contextmanager
def window(browser, **options):
    """A browser window that remembers nothing of the others, and does not glide or fade."""
    usual = {"viewport": DESKTOP, "color_scheme": "light", "reduced_motion": "reduce"}
    context = browser.new_context(**usual | options)
    yield context
    context.close()


class Tab:
    """A page once it has loaded and its maths is set; `trouble` goes on growing.

    A window has one tab, which goes from page to page: a new one takes a second to open.
    """

    def __init__(self, context, address):
        self.trouble = []
        self.page = context.pages[0] if context.pages else context.new_page()
        self.size = self.page.viewport_size
        self.listeners = {
            "console": self._console,
            "pageerror": self._error,
            "request": self._request,
            "response": self._response,
            "requestfailed": self._failed,
        }
        for event, listener in self.listeners.items():
            self.page.on(event, listener)
        self.page.goto(address, wait_until="load")
        self.page.evaluate("async () => await window.MathJax?.startup?.promise")

    def leave(self):
        for event, listener in self.listeners.items():
            self.page.remove_listener(event, listener)
        self.page.set_viewport_size(self.size)
        self.page.goto("about:blank")

    def _console(self, message):
        if message.type in ("error", "warning"):
            self.trouble.append(f"console: {message.text}")

    def _error(self, error):
        if error.message != HARMLESS:
            self.trouble.append(f"script: {error.message}")

    def _request(self, request):
        if OUTSIDE.match(request.url):
            self.trouble.append(f"asks another host: {request.url}")

    def _response(self, response):
        if response.status >= 400:
            self.trouble.append(f"answer {response.status}: {response.url}")

    def _failed(self, request):
        self.trouble.append(f"no answer: {request.url}")


@contextlib.contextmanager
def opened(context, address):
    tab = Tab(context, address)
    yield tab
    tab.leave()
