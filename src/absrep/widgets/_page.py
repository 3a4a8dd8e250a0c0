"""The page figure: every frame computed beforehand, and a small script that shows one of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape
from importlib.resources import files
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from .._validation import Array
from ._marks import Scene, Words
from ._svg import coordinates, legend, svg

if TYPE_CHECKING:
    from ._explorer import Explorer


def page_html(explorer: Explorer) -> str:
    """The explorer as HTML that needs no server and no other file."""
    names = [parameter.name for parameter in explorer.parameters]
    grid = list(product(*(parameter.values for parameter in explorer.parameters)))
    results = [explorer.compute(**dict(zip(names, values, strict=True))) for values in grid]
    start = int(
        np.ravel_multi_index(
            [parameter.start for parameter in explorer.parameters],
            [len(parameter.values) for parameter in explorer.parameters],
        )
    )
    marks: list[dict[str, Any] | None] = []
    for view in explorer.views:
        for mark in view.marks:
            scene, words = isinstance(view, Scene), isinstance(mark, Words)
            packed = _pack([_numbers(coordinates(view, mark, result)) for result in results])
            if "index" in packed or scene:
                look = {"closed": mark.closed, "glyph": mark.glyph, "scene": scene, "words": words}
                marks.append(packed | {key: value for key, value in look.items() if value})
            else:
                marks.append(None)  # drawn once and for all
    data = {
        "marks": marks,
        "readouts": {
            readout.key: _pack([readout.text(result[readout.key]) for result in results])
            for readout in explorer.readouts
        },
        "texts": [[p.text(value) for value in p.values] for p in explorer.parameters],
    }
    numbers = json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")
    inside = picture(explorer, results[start], controls=_controls(explorer))
    return (
        f"{inside.removesuffix('</div>')}"
        f'<script type="application/json">{numbers}</script></div>'
        f"<script>{_file('page.js')}</script>"
    )


def picture(
    explorer: Explorer, result: Any, *, controls: str = "", turned: float | None = None
) -> str:
    """One frame: style, views, legend, controls and read-outs."""
    views = "".join(
        svg(view, result, label=explorer.description, turned=turned) for view in explorer.views
    )
    readouts = "".join(
        f'<div><dt>{escape(r.label)}</dt><dd data-readout="{escape(r.key)}">'
        f"{escape(r.text(result[r.key]))}</dd></div>"
        for r in explorer.readouts
    )
    return (
        f'<div class="explorer" data-explorer="{escape(explorer.name)}" role="group" '
        f'aria-label="{escape(explorer.title)}"><style>{_file("page.css")}</style>'
        f'<div class="explorer-panels">{views}</div>{legend(explorer.views)}{controls}'
        f'<dl class="explorer-readouts">{readouts}</dl></div>'
    )


def _controls(explorer: Explorer) -> str:
    rows = []
    for parameter in explorer.parameters:
        text = escape(parameter.text(parameter.values[parameter.start]))
        rows.append(
            f"<label><span>{escape(parameter.label)}</span><output>{text}</output>"
            f'<input type="range" name="{parameter.name}" min="0" '
            f'max="{len(parameter.values) - 1}" step="1" value="{parameter.start}" '
            f'aria-valuetext="{text}" autocomplete="off" hidden></label>'
        )
    return f'<div class="explorer-controls">{"".join(rows)}</div>'


def _numbers(points: Array) -> str:
    return " ".join("n" if np.isnan(value) else str(int(value)) for value in points.ravel())


def _pack(frames: Sequence[str]) -> dict[str, Any]:
    """Equal frames once; `index` tells which of them each combination of values shows."""
    different = list(dict.fromkeys(frames))
    if len(different) == 1:
        return {"frames": different}
    place = {frame: i for i, frame in enumerate(different)}
    return {"frames": different, "index": [place[frame] for frame in frames]}


def _file(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf8")
