"""Chapter "When it breaks": alignments and exponents on the map of batch size and decay."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from .._validation import Array
from ..canonical import Alignments, Exponent, exponents, phases, reciprocity, relation_line
from ..canonical.sweeps import products_of, read_table
from ..figures import LATENT_COLOURS, SERIES_COLOURS
from ._explorer import Explorer, Parameter, Readout
from ._marks import Dots, Line, Panel, Segments, Squares, Stars

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["batch_and_decay"]

_LAYERS = ("hidden 1", "hidden 2", "read-out")
_SIDES = {"forward": "above", "backward": "below"}
_COLLAPSED = "collapsed"
_LIMITS = (-1.4, 2.4)
_RATE = 0.1


def batch_and_decay() -> Explorer:
    """Alignments and exponents of trained networks against batch size and weight decay.

    The networks are those of the table "map"; nothing is trained here.

    Returns
    -------
    Explorer

    Examples
    --------
    >>> shown = batch_and_decay().readouts_at(relation=4, layer=1, decay=6, batch=0)
    >>> shown["cosine"], shown["product"]
    ('collapsed', 'collapsed')
    """
    table = read_table("map")
    table = table[table.step > 0]
    relations = Alignments.relations()
    decays, batches = (sorted(table[key].unique().tolist()) for key in ("decay", "batch"))

    background = _background()

    @cache
    def rows(layer: int, decay: int, batch: int) -> pd.DataFrame:
        here = (table.layer == _LAYERS[layer]) & (table.decay == decays[decay])
        found = table[here & (table.batch == batches[batch])]
        return found[found[list(relations)].notna().all(axis=1)]

    @cache
    def medians(relation: int, layer: int) -> Array:
        """Decays from below, as on an axis; 0, an empty cell, where networks have collapsed."""
        cells = [
            [rows(layer, i, k)[relations[relation]].median() for k in range(len(batches))]
            for i in reversed(range(len(decays)))
        ]
        return np.nan_to_num(np.array(cells))

    @cache
    def fitted(layer: int, decay: int, batch: int) -> dict[str, Exponent]:
        found = rows(layer, decay, batch)
        return exponents(products_of(found)) if len(found) else {}

    @cache
    def cloud(layer: int) -> Array:
        cells = [fitted(layer, i, k) for i in range(len(decays)) for k in range(len(batches))]
        return np.array([_place(laws) for laws in cells if laws])

    def compute(relation: float, layer: float, decay: float, batch: float) -> dict[str, Any]:
        r, at, i, k = map(round, (relation, layer, decay, batch))
        low = i - len(decays) + 1 - 0.5
        corners = [(k - 0.5, low), (k + 0.5, low), (k + 0.5, low + 1), (k - 0.5, low + 1)]
        found, laws = rows(at, i, k), fitted(at, i, k)
        share = _RATE / (2 * batches[k]) * found.noise / np.where(decays[i], decays[i], np.nan)
        result = {
            "map": medians(r, at),
            "chosen": np.array([*corners, corners[0]]),
            "cloud": cloud(at),
            "here": np.array([_place(laws)]) if laws else np.zeros((0, 2)),
            "interval": _cross(laws),
            "line": _line(relation_line(relations[r])),
            **background,
        }
        if not laws:
            names = ("cosine", "below", "above", "product", "share", "held out")
            return result | dict.fromkeys(names, _COLLAPSED)
        product = reciprocity(laws["forward_rg"], laws["backward_rg"])
        noiseless = "no noise" if batches[k] == max(batches) else "no decay"
        known = noiseless == "no decay" and decays[i] > 0
        return result | {
            "cosine": float(found[relations[r]].median()),
            "below": _interval(laws["backward_rw"]),
            "above": _interval(laws["forward_gw"]),
            "product": _words(*product),
            "share": float((share / found["size"]).median()) if known else noiseless,
            "held out": float(found["held out"].median()),
        }

    blue, orange, *_ = LATENT_COLOURS
    black, pink, *_ = SERIES_COLOURS
    wide = len(decays) * 270 / 188 / 2  # cells are square
    centre = (len(batches) - 1) / 2
    return Explorer(
        name="batch_and_decay",
        title="Alignments and exponents against batch size and weight decay",
        description="A map of one alignment over weight decay and batch size, and the plane of the "
        "exponents of activity and gradients as powers of the weights, with the chosen cell.",
        compute=compute,
        parameters=(
            Parameter(
                "relation",
                "relation",
                range(6),
                start=4,
                words=tuple(_title(name) for name in relations),
            ),
            Parameter("layer", "layer", range(3), start=1, words=_LAYERS),
            Parameter(
                "decay",
                "γ, weight decay",
                range(len(decays)),
                start=4,
                words=tuple(f"{value:g}" for value in decays),
            ),
            Parameter(
                "batch",
                "B, batch size",
                range(len(batches)),
                start=1,
                words=tuple(f"{value}" for value in batches),
            ),
        ),
        views=(
            Panel(
                "batch size B",
                "weight decay γ",
                (centre - wide, centre + wide),
                (0.5 - len(decays), 0.5),
                (
                    Squares("map", "cosine (a full square: 1)", blue, across=len(decays)),
                    Line("chosen", "chosen cell", orange),
                ),
                title="alignment",
                bare=True,
                xticks=tuple((float(k), f"{value}") for k, value in enumerate(batches)),
                yticks=tuple(
                    (float(i - len(decays) + 1), f"{value:g}") for i, value in enumerate(decays)
                ),
            ),
            Panel(
                "p, H_a as a power of Z_a",
                "q, G_b as a power of Z_b",
                _LIMITS,
                _LIMITS,
                (
                    Segments("others", "other relations", black, dashed=True),
                    Line("line", "the chosen relation holds", blue),
                    Line("even", "p + q = 1", pink, dashed=True),
                    Stars("phases", "phases"),
                    Dots("cloud", "all cells of the layer", black),
                    Segments("interval", "", orange),
                    Dots("here", "chosen cell", orange),
                ),
                title="exponents",
            ),
        ),
        readouts=(
            Readout("cosine", "alignment (cosine)"),
            Readout("below", "p, with interval"),
            Readout("above", "q, with interval"),
            Readout("product", "product, 1 if reciprocal"),
            Readout("share", "noise share (upper estimate)"),
            Readout("held out", "held-out accuracy"),
        ),
    )


def _title(name: str) -> str:
    side, kind = name.split("_")
    return f"{kind[0].upper()}–{kind[1].upper()} {_SIDES[side]}"


def _place(laws: dict[str, Exponent]) -> tuple[float, float]:
    """p and q, kept inside of the panel."""
    p, q = (laws[name].exponent for name in ("backward_rw", "forward_gw"))
    return float(np.clip(p, *_LIMITS)), float(np.clip(q, *_LIMITS))


def _cross(laws: dict[str, Exponent]) -> Array:
    if not laws:
        return np.zeros((0, 2, 2))
    (p, q), reach = (
        _place(laws),
        [
            np.clip([laws[name].lower, laws[name].upper], *_LIMITS)
            for name in ("backward_rw", "forward_gw")
        ],
    )
    return np.array([[[reach[0][0], q], [reach[0][1], q]], [[p, reach[1][0]], [p, reach[1][1]]]])


def _line(coefficients: tuple[int, int, int]) -> Array:
    """The two ends of αp + βq + γ = 0 within the panel."""
    alpha, beta, constant = coefficients
    along = np.array(_LIMITS)
    if beta == 0:
        return np.column_stack([np.full(2, -constant / alpha), along])
    across = -(alpha * along + constant) / beta
    inside = np.clip(across, *_LIMITS)
    if alpha:
        along = -(beta * inside + constant) / alpha
    return np.column_stack([along, inside])


def _interval(law: Exponent) -> str:
    return _words(law.exponent, law.lower, law.upper)


def _words(value: float, lower: float, upper: float) -> str:
    if not np.isfinite([lower, upper]).all():
        return f"{value:.2f} (open)".replace("-", "−")
    return f"{value:.2f} [{lower:.2f}, {upper:.2f}]".replace("-", "−")


def _background() -> dict[str, Array]:
    """What does not move: all relations, the phases, and where correlations are even."""
    crossings = [(phase.below, phase.above) for phase in phases()]
    return {
        "others": np.array([_line(relation_line(name)) for name in Alignments.relations()]),
        "even": _line((1, 1, -1)),
        "phases": np.array(
            [(float(p), float(q)) for p, q in crossings if p is not None and q is not None]
        ),
    }
