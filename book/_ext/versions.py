"""Directive ``{versions}``: what made these pages. The packages are named in its content."""

from __future__ import annotations

import platform
from importlib.metadata import version

from docutils import nodes
from sphinx.util.docutils import SphinxDirective


class Versions(SphinxDirective):
    has_content = True

    def run(self):
        made_with = [f"Python {platform.python_version()}"]
        # "+cpu" and the like name the build for a machine, not another version.
        made_with += [f"{name} {version(name).split('+')[0]}" for name in self.content]
        return [nodes.paragraph("", f"{', '.join(made_with)}.")]


def setup(app):
    app.add_directive("versions", Versions)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
