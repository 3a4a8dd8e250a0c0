"""Directive ``{how-to-cite}``: the reference to the book, made from ``CITATION.cff``.

As a line in the style of the American Psychological Association, and as an entry for BibTeX with
the copy button that every block of code has.
"""

from __future__ import annotations

from pathlib import Path

import yaml
from docutils import nodes
from sphinx.util.docutils import SphinxDirective

CITATION = "CITATION.cff"


def author_names(authors, inverted):
    """Return the names of people and of groups, ready to be joined."""
    for author in authors:
        if "name" in author:
            yield author["name"]
        elif inverted:
            initials = " ".join(f"{name[0]}." for name in author["given-names"].split())
            yield f"{author['family-names']}, {initials}"
        else:
            yield f"{author['family-names']}, {author['given-names']}"


def line(cited):
    """Return the parts before the title, the title, and what follows it."""
    names = list(author_names(cited["authors"], inverted=True))
    everybody = names[0] if len(names) == 1 else f"{', '.join(names[:-1])}, & {names[-1]}"
    before = f"{everybody} ({cited['date-released'].year}). "
    after = f" (version {cited['version']}) [Computer software]. {cited['repository-code']}"
    return before, cited["title"], after


def bibtex(cited):
    """Return the entry; braces within braces keep names of groups and capitals as they are."""
    names = [
        f"{{{name}}}" if "name" in author else name
        for author, name in zip(
            cited["authors"], author_names(cited["authors"], inverted=False), strict=True
        )
    ]
    fields = {
        "author": " and ".join(names),
        "title": f"{{{cited['title']}}}",
        "year": cited["date-released"].year,
        "version": cited["version"],
        "url": cited["repository-code"],
    }
    body = "\n".join(f"  {name} = {{{value}}}," for name, value in fields.items())
    return f"@software{{abstraction_derived,\n{body}\n}}"


class HowToCite(SphinxDirective):
    def run(self):
        path = Path(self.env.srcdir) / CITATION
        self.env.note_dependency(str(path))
        cited = yaml.safe_load(path.read_text(encoding="utf8"))
        before, title, after = line(cited)
        shown = nodes.paragraph("", before, nodes.emphasis("", title), nodes.Text(after))
        return [shown, nodes.literal_block("", bibtex(cited), language="bibtex")]


def setup(app):
    app.add_directive("how-to-cite", HowToCite)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
