"""Ink: views as SVG. `page.js` repeats `path` and `project`; a browser test compares the two."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import numpy as np
from matplotlib.ticker import LogLocator, MaxNLocator

from .._validation import Array
from ._marks import PLOT, Mark, Panel, Scene, View, Words

WIDTH, HEIGHT = 340, 260
_LEFT, _TOP = 58, 26
_RIGHT, _BOTTOM = WIDTH - _LEFT - PLOT[0], HEIGHT - _TOP - PLOT[1]
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def coordinates(view: View, mark: Mark, result: Mapping[str, Any]) -> Array:
    """Where a mark's points lie, in whole tenths of a pixel.

    Flat: on the picture, shape (n, 2). Scene: in space, shape (n, 3), before it is turned.
    """
    values = np.asarray(result[mark.key], dtype=float)
    points = mark.points(values)
    wanted = 2 if isinstance(view, Panel) else 3
    if points.ndim != 2 or points.shape[1] != wanted:
        raise ValueError(f"{mark.key} has shape {values.shape}, which {mark} cannot draw")
    if isinstance(view, Scene):
        return np.round(points * 10 * _ball(view))
    x = _place(points[:, 0], view.xlim, view.xlog, _LEFT, WIDTH - _RIGHT)
    y = _place(points[:, 1], view.ylim, view.ylog, HEIGHT - _BOTTOM, _TOP)
    # Far outside the axes is outside, however far; this keeps the numbers short.
    return np.clip(np.round(10 * np.column_stack([x, y])), -9999, 9999)


def path(mark: Mark, points: Array) -> str:
    """The SVG path of a mark, from points on the picture in tenths of a pixel."""
    steps, pen = [], False
    for x, y in points / 10:
        if not (np.isfinite(x) and np.isfinite(y)):
            steps.append("Z" if mark.closed and pen else "")
            pen = False
        elif mark.glyph:
            steps.append(f"M{x:.1f},{y:.1f}{mark.glyph}")
        else:
            steps.append(f"{'L' if pen else 'M'}{x:.1f},{y:.1f}")
            pen = True
    return "".join(steps) + ("Z" if mark.closed and pen else "")


def project(points: Array, azimuth: float, elevation: float) -> Array:
    """Turn points of a scene (n, 3) onto the picture (n, 2), in tenths of a pixel."""
    a, e = np.radians([azimuth, elevation])
    x, y, z = points.T
    right = -np.sin(a) * x + np.cos(a) * y
    up = np.cos(e) * z - np.sin(e) * (np.cos(a) * x + np.sin(a) * y)
    return np.column_stack([5 * WIDTH + right, 5 * HEIGHT - up])


def svg(view: View, result: Mapping[str, Any], *, label: str, turned: float | None = None) -> str:
    """One view as an SVG element, its marks as paths in the order of ``view.marks``."""
    marks = "".join(_mark(view, mark, result, turned) for mark in view.marks)
    if isinstance(view, Panel):
        kind = 'class="explorer-panel"'
        # Nested, so that curves end at the axes, give or take half a dot.
        window = f"{_LEFT - 6} {_TOP - 6} {PLOT[0] + 12} {PLOT[1] + 12}"
        x, y, width, height = window.split()
        inside = (
            f'{_axes(view)}<svg class="explorer-marks" x="{x}" y="{y}" width="{width}" '
            f'height="{height}" viewBox="{window}">{marks}</svg>'
        )
    else:
        turn = f'data-azimuth="{view.azimuth}" data-elevation="{view.elevation}"'
        kind = f'class="explorer-scene" {turn}'
        inside = f'<g class="explorer-marks">{marks}</g>'
    name = escape(f"{label} {view.title}".strip())
    title = f'<text class="explorer-title" x="{WIDTH / 2}" y="16">{escape(view.title)}</text>'
    return (
        f'<svg {kind} viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{name}">'
        f"{title}{inside}</svg>"
    )


def legend(views: Sequence[View]) -> str:
    """The labelled marks, each once."""
    labelled: dict[str, Mark] = {}
    for view in views:
        for mark in view.marks:
            if mark.label:
                labelled.setdefault(mark.label, mark)
    items = []
    for label, mark in labelled.items():
        shape = (
            f"M11,7{mark.glyph}" if mark.glyph else "M4,2H18V12H4Z" if mark.closed else "M1,7H21"
        )
        sample = f'<svg viewBox="0 0 22 14" aria-hidden="true">{_path(mark, shape)}</svg>'
        items.append(f"<li>{sample}{escape(label)}</li>")
    return f'<ul class="explorer-legend">{"".join(items)}</ul>' if items else ""


def _mark(view: View, mark: Mark, result: Mapping[str, Any], turned: float | None) -> str:
    points = coordinates(view, mark, result)
    if isinstance(view, Scene):
        azimuth = view.azimuth if turned is None else turned
        points = project(points, azimuth, view.elevation)
    if isinstance(mark, Words):
        if len(mark.texts) != len(points):
            raise ValueError(f"texts of {mark.key}: one per point is needed, {len(points)}")
        words = "".join(
            f'<text transform="translate({x:.1f},{y:.1f})" dx="7" dy="-5">{escape(text)}</text>'
            for text, (x, y) in zip(mark.texts, points / 10, strict=True)
        )
        return f'<g style="--ink:{mark.ink}">{words}</g>'
    return _path(mark, path(mark, points))


def _path(mark: Mark, shape: str) -> str:
    look = f"--ink:{mark.ink}" + (";stroke-dasharray:5 4" if mark.dashed else "")
    kind = "explorer-filled" if mark.filled else "explorer-open"
    return f'<path class="{kind}" style="{look}" d="{shape}"/>'


def _axes(panel: Panel) -> str:
    left, right, top, bottom = _LEFT, WIDTH - _RIGHT, _TOP, HEIGHT - _BOTTOM
    ink = [] if panel.bare else [f'<path d="M{left},{top}V{bottom}H{right}"/>']
    tick = 0 if panel.bare else 4
    for value, word in panel.xticks or _ticks(panel.xlim, panel.xlog):
        x = _place(np.array([value]), panel.xlim, panel.xlog, left, right)[0]
        ink.append(f'<path d="M{x:.1f},{bottom}v{tick}"/>')
        ink.append(f'<text x="{x:.1f}" y="{bottom + 17}">{escape(word)}</text>')
    words_end = left - 7
    if panel.bare and panel.xticks:  # beside the first column, not at the edge of the panel
        first = np.array([panel.xticks[0][0] - 0.5])
        words_end = int(_place(first, panel.xlim, panel.xlog, left, right)[0]) - 7
    for value, word in panel.yticks or _ticks(panel.ylim, panel.ylog):
        y = _place(np.array([value]), panel.ylim, panel.ylog, bottom, top)[0]
        ink.append(f'<path d="M{left},{y:.1f}h-{tick}"/>')
        ink.append(
            f'<text class="explorer-end" x="{words_end}" y="{y + 4:.1f}">{escape(word)}</text>'
        )
    middle = (top + bottom) / 2
    ink.append(f'<text x="{(left + right) / 2}" y="{HEIGHT - 8}">{escape(panel.xlabel)}</text>')
    ink.append(
        f'<text transform="translate(13,{middle}) rotate(-90)">{escape(panel.ylabel)}</text>'
    )
    return f'<g class="explorer-axes">{"".join(ink)}</g>'


def _ticks(limits: tuple[float, float], log: bool) -> list[tuple[float, str]]:
    low, high = min(limits), max(limits)
    if log:
        powers = np.round(np.log10(LogLocator(numticks=5).tick_values(low, high))).astype(int)
        ticks = [(10.0**p, f"10{str(p).translate(_SUPERSCRIPT)}") for p in powers]
    else:
        places = MaxNLocator(5).tick_values(low, high)
        ticks = [(float(t), f"{round(t, 12):g}".replace("-", "−")) for t in places]
    slack = 1e-9 * (low if log else high - low)
    return [(t, word) for t, word in ticks if low - slack <= t <= high + slack]


def _place(
    values: Array, limits: tuple[float, float], log: bool, start: float, end: float
) -> Array:
    low, high = np.log10(limits) if log else limits
    with np.errstate(divide="ignore", invalid="ignore"):
        at = np.log10(values) if log else values
    return start + (np.nan_to_num(at, nan=np.nan, neginf=-1e9) - low) / (high - low) * (end - start)


def _ball(view: Scene) -> float:
    return float((HEIGHT / 2 - 24) / view.radius)
