"""The map of the chapters, and links to the previous and the next page that say why one goes there.

The sentences are in ``chapters.yml``, one for every page of the table of contents. The directive
``{chapter-map}`` lists them; the template ``prev-next.html`` shows them beside its links.
"""

from __future__ import annotations

from pathlib import Path

import yaml
from docutils import nodes
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

SENTENCES = "book/chapters.yml"


class MapPlaceholder(nodes.General, nodes.Element):
    """Replaced by the map once every page has its title and its reading time."""


class ChapterMap(SphinxDirective):
    def run(self):
        self.env.note_dependency(str(Path(self.env.srcdir) / SENTENCES))
        self.env.metadata[self.env.docname]["chapter_map"] = True
        return [MapPlaceholder()]


def load(app, config):
    """Read the sentences; a change of them renews all pages, as a change of the settings does."""
    text = (Path(app.srcdir) / SENTENCES).read_text(encoding="utf8")
    config.chapter_sentences = yaml.safe_load(text)


def parts_of(app):
    """Return the caption of the part to which each page belongs."""
    return {
        str(docname): part.caption
        for part in app.config.external_site_map.root.subtrees
        for docname in part.items
    }


def check(app):
    """Every page needs a sentence, and none may be left over."""
    pages = {str(app.config.external_site_map.root.docname), *parts_of(app)}
    if wrong := pages ^ set(app.config.chapter_sentences):
        raise ExtensionError(f"{SENTENCES} and _toc.yml differ in {sorted(wrong)}")


def row(*cells):
    entries = [nodes.entry("", nodes.paragraph("", "", cell)) for cell in cells]
    return nodes.row("", *entries)


def table(app, from_doc, docnames):
    widths = (34, 52, 14)
    group = nodes.tgroup(cols=len(widths))
    group += [nodes.colspec(colwidth=width) for width in widths]
    heads = ("Page", "The question it answers", "Minutes to read")
    group += nodes.thead("", row(*map(nodes.Text, heads)))
    body = nodes.tbody()
    for docname in docnames:
        title = app.env.titles[docname].deepcopy().children
        uri = app.builder.get_relative_uri(from_doc, docname)
        link = nodes.reference("", "", *title, internal=True, refuri=uri)
        minutes = app.env.metadata[docname].get("reading_minutes", "")
        sentence = nodes.Text(app.config.chapter_sentences[docname])
        body += row(link, sentence, nodes.Text(str(minutes)))
    group += body
    return nodes.table("", group, classes=["chapter-map", "colwidths-given"])


def fill(app, document, from_doc):
    for placeholder in document.findall(MapPlaceholder):
        content = []
        for part in app.config.external_site_map.root.subtrees:
            content.append(nodes.rubric("", part.caption))
            content.append(table(app, from_doc, list(map(str, part.items))))
        placeholder.replace_self(content)


def explain(app, docname, template, context, document):
    """Tell the template why one goes to the neighbours, and where a part begins or ends."""
    neighbours = getattr(app.builder, "relations", {}).get(docname)
    if not neighbours:
        return
    parts = parts_of(app)
    for name, neighbour in zip(("prev", "next"), neighbours[1:], strict=True):
        if neighbour and context.get(name):
            context[name]["why"] = app.config.chapter_sentences[neighbour]
            if parts.get(neighbour) != parts.get(docname):
                context[name]["part"] = parts.get(neighbour)


def always_rebuild(app, env, added, changed, removed):
    """The map shows titles and reading times of all pages, so its page is never up to date."""
    return [docname for docname, data in env.metadata.items() if data.get("chapter_map")]


def setup(app):
    app.add_node(MapPlaceholder)
    app.add_directive("chapter-map", ChapterMap)
    app.add_config_value("chapter_sentences", {}, "html")
    app.connect("config-inited", load)
    app.connect("builder-inited", check)
    app.connect("doctree-resolved", fill)
    app.connect("html-page-context", explain)
    app.connect("env-get-outdated", always_rebuild)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
