"""Directive ``{claims-table}``: the appendix, made from the executed notebooks.

The list of claims is in ``claims.yml``; what was measured comes from the outputs that
`absrep.claims.claim` left in the executed notebooks, which MyST-NB writes during the build.
"""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path

import yaml
from docutils import nodes
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

from absrep.claims import MIME_TYPE


class ClaimsPlaceholder(nodes.General, nodes.Element):
    """Replaced by the table once every notebook has been executed."""


class ClaimsTable(SphinxDirective):
    required_arguments = 1  # the list of claims, relative to the source folder

    def run(self):
        self.env.note_dependency(str(Path(self.env.srcdir) / self.arguments[0]))
        self.env.metadata[self.env.docname]["claims"] = True
        return [ClaimsPlaceholder(list=self.arguments[0])]


def records_of(env):
    """Yield (docname, record) for every claim that a notebook made, in reading order."""
    executed = Path(env.app.outdir).parent / "jupyter_execute"
    order = {doc: list(numbers.get("", ())) for doc, numbers in env.toc_secnumbers.items()}
    for docname in sorted(env.found_docs, key=lambda doc: (order.get(doc) or [1000], doc)):
        path = executed / f"{docname}.ipynb"
        if path.exists():
            for cell in json.loads(path.read_text(encoding="utf8"))["cells"]:
                for output in cell.get("outputs", []):
                    if MIME_TYPE in output.get("data", {}):
                        yield docname, output["data"][MIME_TYPE]


def link(builder, from_doc, docname, anchor, text):
    uri = builder.get_relative_uri(from_doc, docname) + (f"#{anchor}" if anchor else "")
    return nodes.reference("", text, internal=True, refuri=uri)


def row(*cells):
    result = nodes.row()
    for cell in cells:
        content = cell if isinstance(cell, list) else [nodes.paragraph("", str(cell))]
        result += nodes.entry("", *content)
    return result


def numbered(word, parts, fallback):
    return f"{word} {'.'.join(map(str, parts))}" if parts else fallback


def shown_in(env, builder, from_doc, docname, record):
    """Links to the chapter and the figure, by their numbers."""
    chapter = env.toc_secnumbers.get(docname, {}).get("")
    text = numbered("Ch.", chapter, env.titles[docname].astext())
    paragraph = nodes.paragraph("", "", link(builder, from_doc, docname, "", text))
    if label := record["figure"]:
        figures = env.toc_fignumbers.get(docname, {}).get("figure", {})
        if label not in figures:
            raise ExtensionError(f"claim {record['id']} names figure {label}: not in {docname}")
        paragraph += nodes.Text(", ")
        number = numbered("Fig.", figures[label], label)
        paragraph += link(builder, from_doc, docname, label, number)
    return [paragraph]


def table(env, builder, from_doc, claims, records):
    widths = (6, 30, 38, 14, 16)
    group = nodes.tgroup(cols=len(widths))
    group += [nodes.colspec(colwidth=width) for width in widths]
    heads = ("", "Claim", "Measured", "Where", "Verdict")
    group += nodes.thead("", row(*heads))
    body = nodes.tbody()
    for entry in claims:
        made = records.get(entry["id"], [])
        if not made:
            body += row(entry["id"], entry["claim"], "not shown yet", "", "open")
        for number, (docname, record) in enumerate(made):
            measured = f"{record['what']} = {record['measured']} (expected {record['expected']})"
            verdict = "✓ holds" if record["holds"] else f"✗ {record['finding']}"
            holding = sum(record["holds"] for _, record in made)
            summary = f"{holding} of {len(made)} checks hold."
            claimed = [nodes.paragraph("", entry["claim"])]
            claimed += [nodes.paragraph("", "", nodes.strong("", summary))]
            body += row(
                entry["id"],
                claimed if number == 0 else "",
                measured,
                shown_in(env, builder, from_doc, docname, record),
                verdict,
            )
    group += body
    return nodes.table("", group, classes=["claims"])


def fill(app, doctree, docname):
    for placeholder in doctree.findall(ClaimsPlaceholder):
        source = Path(app.srcdir) / placeholder["list"]
        parts = yaml.safe_load(source.read_text(encoding="utf8"))
        records = defaultdict(list)
        for made_in, record in records_of(app.env):
            records[record["id"]].append((made_in, record))
        listed = {entry["id"] for part in parts for entry in part["claims"]}
        if unknown := sorted(set(records) - listed):
            raise ExtensionError(f"claims {unknown} are not listed in {source.name}")
        content = []
        for part in parts:
            section = nodes.section(ids=[nodes.make_id(part["title"])])
            section += nodes.title("", part["title"])
            section += nodes.paragraph("", part["source"])
            section += table(app.env, app.builder, docname, part["claims"], records)
            content.append(section)
        made = sum(map(len, records.values()))
        holding = sum(record["holds"] for rows in records.values() for _, record in rows)
        summary = (
            f"This build made {made} checks for {len(records)} of {len(listed)} claims. "
            f"Checks that hold: {holding}. Checks that do not: {made - holding}."
        )
        placeholder.replace_self([nodes.paragraph("", summary), *content])


def always_rebuild(app, env, added, changed, removed):
    """The table depends on every notebook, so its page is never up to date."""
    return [doc for doc, data in env.metadata.items() if data.get("claims")]


def setup(app):
    app.add_node(ClaimsPlaceholder)
    app.add_directive("claims-table", ClaimsTable)
    app.connect("doctree-resolved", fill)
    app.connect("env-get-outdated", always_rebuild)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
