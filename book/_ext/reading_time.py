"""Reading times, estimated from the text of every chapter while it is built.

    minutes = words / 150 + displayed equations / 2 + figures / 2, rounded to five minutes

Words are those of the prose: text, lists, tables and captions, a formula in the line counting as
one word, at the pace of a text that is thought about. A displayed equation or a figure takes half
a minute. Code, what it prints, and solutions that unfold are left out. Every page made from a
notebook shows its time under the title, with the time that the notebook took to run.
"""

from __future__ import annotations

from docutils import nodes
from sphinx_exercise.nodes import solution_node

WORDS_PER_MINUTE = 150
MINUTES_PER_DISPLAY = 0.5  # an equation on a line of its own, or a figure

PASSED_OVER = (nodes.literal_block, nodes.comment, nodes.raw, solution_node)
FORMULAS = (nodes.math, nodes.math_block)


def parts_read(node):
    """Yield the node and all below it, without what a reader passes over."""
    if isinstance(node, PASSED_OVER):
        return
    yield node
    if not isinstance(node, FORMULAS):  # what is inside a formula is TeX, no words
        for child in node.children:
            yield from parts_read(child)


def reading_minutes(document):
    """Estimate the minutes that a page takes, to five minutes."""
    minutes = 0.0
    for node in parts_read(document):
        if isinstance(node, nodes.Text):
            minutes += len(node.split()) / WORDS_PER_MINUTE
        elif isinstance(node, nodes.math):
            minutes += 1 / WORDS_PER_MINUTE
        elif isinstance(node, (nodes.math_block, nodes.figure)):
            minutes += MINUTES_PER_DISPLAY
    return max(5, 5 * round(minutes / 5))


def is_notebook(env, docname):
    return env.doc2path(docname).endswith(".ipynb")


def estimate(app, document):
    """Keep the estimate where the map of the chapters finds it."""
    if is_notebook(app.env, app.env.docname):
        app.env.metadata[app.env.docname]["reading_minutes"] = reading_minutes(document)


def seconds_run(env, docname):
    """Return how long the notebook took when it was last executed, or None if it was not."""
    execution = getattr(env, "nb_metadata", {}).get(docname, {}).get("exec_data") or {}
    return execution.get("runtime")


def show(app, document, docname):
    minutes = app.env.metadata[docname].get("reading_minutes")
    title = next(document.findall(nodes.title), None)
    if minutes is None or title is None:
        return
    text = f"About {minutes} minutes to read."
    if seconds := seconds_run(app.env, docname):
        text += f" The notebook ran in {seconds:.0f} seconds when this page was made."
    title.parent.insert(
        title.parent.index(title) + 1, nodes.paragraph("", text, classes=["reading-time"])
    )


def setup(app):
    app.connect("doctree-read", estimate)
    app.connect("doctree-resolved", show)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
