"""Citations by author and year in round brackets, and a list of references that begins with them.

A citation in the text is *Wang et al. (2025)* or *(Wang et al., 2025)*; in the list, which is
alphabetical, one finds it by the names and the year with which its entry begins.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import pybtex.plugin
from docutils import nodes
from pybtex.style import template
from pybtex.style.formatting import toplevel, unsrt
from sphinxcontrib.bibtex.plugin import register_plugin
from sphinxcontrib.bibtex.style.referencing import BracketStyle
from sphinxcontrib.bibtex.style.referencing.author_year import AuthorYearReferenceStyle


def round_brackets():
    return BracketStyle(left="(", right=")")


@dataclass
class RoundBrackets(AuthorYearReferenceStyle):
    """How a citation in the text looks."""

    bracket_textual: BracketStyle = field(default_factory=round_brackets)
    bracket_parenthetical: BracketStyle = field(default_factory=round_brackets)


class AuthorsAndYearFirst(unsrt.Style):
    """How an entry of the list looks; articles and papers in proceedings are all that we cite."""

    def __init__(self):
        super().__init__(
            name_style="lastfirst", sorting_style="author_year_title", abbreviate_names=True
        )

    def names_and_year(self):
        names = template.names("author", sep=", ", sep2=" and ", last_sep=", and ")
        return template.sentence[template.words[names, template.join["(", unsrt.date, ")"]]]

    def get_article_template(self, entry):
        number = template.optional["(", template.field("number"), ")"]
        pages = template.optional[", ", unsrt.pages]
        volume = template.optional[template.join[template.field("volume"), number, pages]]
        return toplevel[
            self.names_and_year(),
            self.format_title(entry, "title"),
            template.sentence[template.tag("em")[template.field("journal")], volume],
            self.format_web_refs(entry),
        ]

    def get_inproceedings_template(self, entry):
        booktitle = template.tag("em")[template.field("booktitle")]
        return toplevel[
            self.names_and_year(),
            self.format_title(entry, "title"),
            template.words["In", template.sentence[booktitle, template.optional_field("volume")]],
            self.format_web_refs(entry),
        ]


def drop_labels(app, document, docname):
    """Leave out the key in square brackets before each entry, which says nothing more."""
    for label in list(document.findall(nodes.label)):
        if isinstance(label.parent, nodes.citation):
            label.parent.remove(label)


def setup(app):
    app.connect("doctree-resolved", drop_labels)
    register_plugin("sphinxcontrib.bibtex.style.referencing", "round_brackets", RoundBrackets)
    pybtex.plugin.register_plugin(
        "pybtex.style.formatting", "authors_and_year_first", AuthorsAndYearFirst
    )
    return {"parallel_read_safe": True, "parallel_write_safe": True}
