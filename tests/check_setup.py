"""Start every notebook as a reader does: ``python tests/check_setup.py``.

Runs, in a kernel of its own for each notebook, the set-up cell, the imports, and every live figure
(cells tagged ``live``) with the cell before it, which makes the same figure for the page. Meant for
an environment that holds what Binder installs and nothing else. Fails on an error, and on a live
cell that shows no widget.
"""

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

NOTEBOOKS = sorted(Path(__file__).parents[1].glob("book/*.ipynb"))
WIDGET = "application/vnd.jupyter.widget-view+json"


def start_of(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Return the notebook with its first two cells of code, and its figures with sliders."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    kept = {0, 1}
    for i, cell in enumerate(code):
        if is_live(cell):
            kept |= {i - 1, i}
    started = [code[i] for i in sorted(kept)]
    return nbformat.v4.new_notebook(cells=started, metadata=notebook.metadata)


def is_live(cell: nbformat.NotebookNode) -> bool:
    return "live" in cell.metadata.get("tags", [])


def shows_a_widget(cell: nbformat.NotebookNode) -> bool:
    return any(WIDGET in output.get("data", {}) for output in cell.outputs)


def problems_of(path: Path) -> list[str]:
    notebook = start_of(nbformat.read(path, as_version=4))
    try:
        NotebookClient(
            notebook, timeout=300, resources={"metadata": {"path": path.parent}}
        ).execute()
    except CellExecutionError as error:
        return [f"{path.name}: {error}"]
    return [
        f"{path.name}: a live cell shows no widget: {cell.source}"
        for cell in notebook.cells
        if is_live(cell) and not shows_a_widget(cell)
    ]


if __name__ == "__main__":
    found = []
    for notebook in NOTEBOOKS:
        found += problems_of(notebook)
    print("\n".join(found) or f"{len(NOTEBOOKS)} notebooks start as they are found on Binder")
    sys.exit(bool(found))
