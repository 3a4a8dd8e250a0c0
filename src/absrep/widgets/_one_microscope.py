"""Chapter "One microscope": the same picture and the same numbers of four systems."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._validation import Array
from ..canonical import Alignments
from ..figures import LATENT_COLOURS, SERIES_COLOURS
from ..geometry import condition_means
from ..microscope.comparison import compare
from ..microscope.specimens import (
    Specimen,
    evidence_specimen,
    maze_specimen,
    optimum_specimen,
    trained_specimen,
    wall_bits,
    way_bits,
)
from ._explorer import Explorer, Parameter, Readout
from ._marks import Bars, Dots, Panel, Scene, Segments, Words
from ._stimuli import at_unit_size

__all__ = ["four_systems"]

_CORNERS = ("−−−", "−−+", "−+−", "−++", "+−−", "+−+", "++−", "+++")
_SCORES = ("PS", "CCGP", "decoding", "shattering")
_SHORT = ("H–G", "H–Z", "G–Z")
_STATES = ("untrained", "trained")


def four_systems() -> Explorer:
    """Eight conditions in four systems before and after training, and the measures of each.

    One network of each kind, made and measured once; the sliders choose.

    Returns
    -------
    Explorer

    Examples
    --------
    >>> explorer = four_systems()
    >>> float(explorer.readouts_at(system=0, state=1)["PS"]) > 0.9
    True
    """
    specimens = _specimens()
    table = compare(specimens, rng=0, n_shuffles=1).set_index(["system", "state"])
    six = list(Alignments.relations())

    def compute(system: float, state: float) -> dict[str, Any]:
        specimen, word = specimens[round(system)], _STATES[round(state)]
        responses = specimen.trained if word == "trained" else specimen.untrained
        corners, share = facing_the_cube(responses[0], specimen.labels)
        row, null = table.loc[(specimen.system, word)], table.loc[(specimen.system, "shuffled")]
        edges = {
            f"edges {latent}": np.stack(
                [corners[_side(latent, -1)], corners[_side(latent, 1)]], axis=1
            )
            for latent in range(3)
        }
        return {
            "corners": corners,
            **edges,
            "scores": row[list(_SCORES)].to_numpy(float),
            "score nulls": np.column_stack([range(4), null[list(_SCORES)].to_numpy(float)]),
            "six": row[six].to_numpy(float),
            "six nulls": np.column_stack([range(6), null[six].to_numpy(float)]),
            "share": 100 * share,
            "dimension": float(row["dimension of means"]),
            "weakest": float(row[six].min()),
            **{name: float(row[name]) for name in _SCORES[:3]},
        }

    latents = ("first latent differs", "second", "third")
    marks = [Segments(f"edges {k}", name, LATENT_COLOURS[k]) for k, name in enumerate(latents)]
    return Explorer(
        name="four_systems",
        title="Four systems under one microscope",
        description="Left: the mean responses to eight combinations of three latents, a cube if "
        "the code is abstract. Middle and right: bars for the scores and for the six alignments "
        "of the read-out, with dots for chance.",
        compute=compute,
        parameters=(
            Parameter(
                "system",
                "system",
                range(len(specimens)),
                words=tuple(specimen.system for specimen in specimens),
            ),
            Parameter("state", "network", range(2), start=1, words=_STATES),
        ),
        views=(
            Scene(
                (*marks, Dots("corners"), Words("corners", texts=_CORNERS)),
                radius=1.6,
                title="means of the conditions",
                elevation=25.0,
            ),
            Panel(
                "measure of the latents",
                "score, or fraction correct",
                (-0.6, 3.6),
                (-0.3, 1.05),
                (
                    Bars("scores", colour=SERIES_COLOURS[3]),
                    Dots("score nulls", "chance"),
                ),
                xticks=tuple(enumerate(_SCORES)),
            ),
            Panel(
                "above (outputs)          below (what is read)",
                "alignment",
                (-0.6, 5.6),
                (0, 1.05),
                (Bars("six", colour=SERIES_COLOURS[2]), Dots("six nulls")),
                xticks=tuple(enumerate(_SHORT + _SHORT)),
            ),
        ),
        readouts=(
            Readout("PS", "PS"),
            Readout("CCGP", "CCGP"),
            Readout("decoding", "decoding accuracy"),
            Readout("dimension", "participation ratio of the means", ".2f"),
            Readout("weakest", "weakest of six alignments", ".2f"),
            Readout("share", "variance of the means shown", ".0f", "%"),
        ),
    )


def facing_the_cube(responses: Array, labels: Array) -> tuple[Array, float]:
    """Means of eight conditions in their three main directions, and the share of variance there.

    Turned so that they come as near as possible to the corners of a cube.
    """
    means, signs = condition_means(responses, labels)
    centred = means - means.mean(axis=0)
    left, values, _ = np.linalg.svd(centred, full_matrices=False)
    main = left[:, :3] * values[:3]
    u, _, v = np.linalg.svd(main.T @ signs)
    return at_unit_size(main @ u @ v), float((values[:3] ** 2).sum() / (values**2).sum())


def _specimens() -> list[Specimen]:
    """One network of each kind."""
    few: dict[str, Any] = {"seeds": [0], "n_trials": 24}
    way, walls = ("below", "to the right", "vertical"), ("open up", "open down", "open left")
    return [
        optimum_specimen(**few),
        trained_specimen(n_steps=1000, **few),
        evidence_specimen(n_steps=300, **few),
        maze_specimen("mazes: the way", way_bits, way, **few),
        maze_specimen("mazes: the walls", wall_bits, walls, **few),
    ]


def _side(latent: int, sign: int) -> NDArray[np.int64]:
    """Numbers of the four conditions with this value of a latent, in the order of the others."""
    bits = (np.arange(8)[:, None] >> np.array([2, 1, 0])) & 1
    return np.flatnonzero(bits[:, latent] == (sign > 0))
