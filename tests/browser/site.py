"""The built book: its pages, a server for them, and the text of their files."""

import contextlib
import threading
from functools import cache, partial
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

ROOT = Path(__file__).parents[2]
BUILT = ROOT / "_build" / "html"
REPORT = ROOT / "_build" / "browser"


def pages():
    """Every page but the first, which only leads to the introduction."""
    found = (str(path.relative_to(BUILT)) for path in BUILT.rglob("*.html"))
    return sorted(page for page in found if not page.startswith("_") and page != "index.html")


def chapters():
    """The pages made from notebooks."""
    return [page for page in pages() if source(page).exists()]


def source(page):
    """The notebook of a page, as offered for download."""
    return BUILT / "_sources" / Path(page).with_suffix(".ipynb")


def explorers():
    """The figures with sliders: name and page."""
    return {name: page for page in pages() for name in parsed(BUILT / page).explorers}


@contextlib.contextmanager
def served(folder=BUILT):
    """Serve a folder on a free port of this machine; gives the address."""
    handler = partial(QuietHandler, directory=folder)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def copyfile(self, source, outputfile):
        with contextlib.suppress(ConnectionError):  # the browser may go on to another page
            super().copyfile(source, outputfile)


class Parsed(HTMLParser):
    """What a page's file names: places to link to, links, and explorers."""

    def __init__(self, html):
        super().__init__()
        self.places, self.links, self.explorers = set(), [], []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        self.places |= {values[key] for key in ("id", "name") if values.get(key)}
        self.links += [values[key] for key in ("href", "src") if values.get(key)]
        if "data-explorer" in values:
            self.explorers.append(values["data-explorer"])


@cache
def parsed(path):
    return Parsed(path.read_text(encoding="utf8"))


def broken_links(path):
    """Links of a page to a file that does not exist, or to a place that no page has."""
    broken = []
    for link in parsed(path).links:
        address = urlsplit(link)
        if address.scheme or address.netloc:
            continue
        target = (path.parent / unquote(address.path)).resolve() if address.path else path
        place = unquote(address.fragment)
        in_page = target.suffix == ".html" and place and target.exists()
        if not target.exists() or (in_page and place not in parsed(target).places):
            broken.append(link)
    return broken
