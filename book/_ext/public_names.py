"""Directive ``public-names`` (in reStructuredText): what ``absrep`` takes over from a module.

Autodoc writes the names of a module as ``absrep.geometry.ccgp``, while readers import ``ccgp``
from ``absrep``, and pages and docstrings link to it there. So everything in the module's
``__all__`` is documented under the name that readers use, and under this name only.
"""

from __future__ import annotations

import inspect
from importlib import import_module

from sphinx.util.docutils import SphinxDirective

HOME = "absrep"


class PublicNames(SphinxDirective):
    required_arguments = 1  # the module whose names the library takes over

    def run(self):
        module = import_module(self.arguments[0])
        lines = [f".. automodule:: {module.__name__}", "", f".. currentmodule:: {HOME}", ""]
        for name in module.__all__:
            if inspect.isclass(getattr(module, name)):
                lines += [f".. autoclass:: {name}", "   :members:", ""]
            else:
                lines += [f".. autofunction:: {name}", ""]
        return self.parse_text_to_nodes("\n".join(lines))


def setup(app):
    app.add_directive("public-names", PublicNames)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
