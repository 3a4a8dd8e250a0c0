"""Look at the built pages: ``python tests/check_site.py _build/html``.

Fails on anything that a reader would load from another host, on a picture without alternative
text, on a figure without number or caption, and on a path of the machine that built the page.
"""

import os
import sys
from html.parser import HTMLParser
from pathlib import Path

HAS = ("caption", "number")
LOADED = {"script": "src", "img": "src", "iframe": "src", "source": "src", "link": "href"}


class Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.problems: list[str] = []
        self.figures: list[set[str]] = []  # one entry per open figure: what it has of HAS

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        target = values.get(LOADED.get(tag, ""), "") or ""
        # <link rel=canonical> and the like name a page; they load nothing.
        loads = tag != "link" or "stylesheet" in values.get("rel", "") or "preload" in values
        if loads and target.startswith(("http:", "https:", "//")):
            self.problems.append(f"<{tag}> loads {target}")
        if tag == "img" and (values.get("alt") or "_images/").find("_images/") >= 0:
            self.problems.append(f"image {values.get('src')} has no alternative text")
        is_picture = tag == "svg" and values.get("role") == "img"
        if is_picture and not (values.get("aria-label") or values.get("aria-labelledby")):
            self.problems.append("a drawing (svg) has no alternative text")
        if tag == "figure":
            self.figures.append(set())
        if self.figures and tag == "figcaption":
            self.figures[-1].add("caption")
        if self.figures and "caption-number" in (values.get("class") or ""):
            self.figures[-1].add("number")

    def handle_endtag(self, tag):
        if tag == "figure":
            has = self.figures.pop()
            self.problems += [f"a figure has no {part}" for part in HAS if part not in has]


def problems_of(path: Path) -> list[str]:
    text = path.read_text(encoding="utf8")
    page = Page()
    page.feed(text)
    if os.getcwd() in text:
        page.problems.append(f"names the folder {os.getcwd()}")
    return [f"{path.name}: {problem}" for problem in page.problems]


if __name__ == "__main__":
    pages = sorted(Path(sys.argv[1]).rglob("*.html"))
    if not pages:
        sys.exit(f"no pages under {sys.argv[1]}")
    found = [problem for page in pages for problem in problems_of(page)]
    print("\n".join(found) or f"{len(pages)} pages looked at, nothing wrong")
    sys.exit(bool(found))
