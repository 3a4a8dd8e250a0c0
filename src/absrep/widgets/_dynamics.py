"""Chapter "Learning dynamics": a lazy start becomes rich, then abstract, in units of 1/λ."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._validation import Array
from ..figures import LATENT_COLOURS, SERIES_COLOURS
from ..geometry import parallelism_score
from ..kernels import gram
from ..meanfield import closed_form, guaranteed_parallelism
from ..tasks import hypercube
from ._explorer import Explorer, Parameter, Readout
from ._marks import Dots, Line, Panel, Scene, Segments
from ._stimuli import facing_the_labels, square, square_marks

__all__ = ["lazy_to_rich"]

_DECAY = 0.2
_WIDTH = 50
_SCALES = (0.2, 0.5, 1.0, 2.5, 6.0)
_SEEDS = range(8)
_UNTIL = 10.0  # λ × time
_MOMENTS = np.linspace(0, _UNTIL, 81)


def lazy_to_rich() -> Explorer:
    """Hidden geometry, parallelism and imbalance over training, from small and large weights.

    The networks are trained when this function is called (a second or two); the sliders look up
    the recorded moment closest to the one wanted.

    Returns
    -------
    Explorer

    Examples
    --------
    >>> film = lazy_to_rich()
    >>> [film.readouts_at(scale=6, elapsed=time)["law"] for time in (0, 1)]
    ['1.000', '0.135']
    """
    task = hypercube(2)
    loss, features, imbalance = _trained()
    scores = parallelism_score(features, task.labels).mean(axis=-1)
    floor = closed_form(task, weight_decay=_DECAY).loss
    promised = guaranteed_parallelism(task, loss - floor, _DECAY)

    def compute(scale: float, elapsed: float) -> dict[str, Any]:
        if scale not in _SCALES:
            raise ValueError(f"scale must be one of {_SCALES}, found {scale}")
        moment, start = int(np.abs(_MOMENTS - elapsed).argmin()), _SCALES.index(scale)
        seen = scores[:, start]
        # At a size that keeps that of the latents, whatever is left of their product.
        points = facing_the_labels(gram(features[moment, start, 0]))
        sizes = np.linalg.norm(task.labels.T @ points / 4, axis=1)
        points = points / np.sqrt(np.square(sizes).mean())
        middle, law = np.median(seen, axis=1), np.exp(-2 * _MOMENTS)
        left = np.median(imbalance[:, start] / imbalance[0, start], axis=1)
        often = slice(0, None, 4)
        ends = np.stack([seen.min(axis=1), seen.max(axis=1)], axis=1)
        bars = np.stack([np.column_stack([_MOMENTS, end]) for end in ends.T], axis=1)
        safe = np.median(promised[moment, start])
        return {
            **square(points),
            "ps": np.column_stack([_MOMENTS, middle])[often],
            "spread": bars[often],
            "law line": np.column_stack([_MOMENTS, law]),
            "imbalance": np.column_stack([_MOMENTS, left])[often],
            "now": [[elapsed, -0.25], [elapsed, 1.05]],
            "loss": np.median(loss[moment, start]) / floor,
            "score": middle[moment],
            "range": " to ".join(f"{v:.2f}".replace("-", "−") for v in ends[moment]),
            "guaranteed": safe if safe > -1 else "nothing",
            "left": left[moment],
            "law": np.exp(-2 * elapsed),
        }

    green = LATENT_COLOURS[2]
    words = tuple(f"{scale:g}" for scale in _SCALES)
    return Explorer(
        name="lazy_to_rich",
        title="From lazy to rich",
        description="Left: the four hidden patterns of one network in space, which flatten from a "
        "tetrahedron to a square during training. Right: the parallelism score rises while the "
        "imbalance decays; after a large start it has to wait for it.",
        compute=compute,
        parameters=(
            Parameter("scale", "σ, initial scale", _SCALES, start=3, words=words),
            Parameter("elapsed", "λ × time", np.linspace(0, _UNTIL, 41), start=8),
        ),
        views=(
            Scene(
                square_marks(),
                radius=2.0,
                title="one network",
            ),
            Panel(
                "λ × time",
                "score, share of imbalance",
                (0, _UNTIL),
                (-0.25, 1.05),
                (
                    Segments("spread", colour=green),
                    Dots("ps", "PS, median and range of networks", green),
                    Line("law line", "imbalance, exp(−2λt)", SERIES_COLOURS[1]),
                    Dots("imbalance", "imbalance", SERIES_COLOURS[1]),
                    Line("now", dashed=True),
                ),
                title="eight networks",
            ),
        ),
        readouts=(
            Readout("loss", "L / L*", ".3g"),
            Readout("score", "PS"),
            Readout("range", "PS, lowest to highest"),
            Readout("guaranteed", "PS guaranteed by the loss"),
            Readout("left", "imbalance left"),
            Readout("law", "exp(−2λt)"),
        ),
    )


def _trained() -> tuple[Array, Array, Array]:
    """Gradient descent of the same networks from all scales: one batch.

    Returns
    -------
    loss : array, shape (moments, scales, replicas)
    features : array, shape (moments, scales, replicas, P, M)
    imbalance : array, shape (moments, scales, replicas)
    """
    import torch  # takes a second to import, and no other explorer needs it

    from ..nets import FeedForward, train

    task, shape = hypercube(2), (len(_MOMENTS), len(_SCALES), len(_SEEDS))
    network = FeedForward(4, [_WIDTH], 2, seeds=[*_SEEDS] * len(_SCALES))
    factor = torch.tensor(np.repeat(_SCALES, len(_SEEDS)))[:, None, None]
    for weight in network.weights:
        weight.data *= factor
    # A large start allows small steps only, and larger ones as its kernel decays.
    first = 4 / (_WIDTH * max(_SCALES) ** 2)
    inverse = np.maximum(1 / first - 2 * _DECAY * np.arange(10_000), 10)
    passed = _DECAY * np.concatenate([[0], np.cumsum(1 / inverse)])
    n_steps = int(np.searchsorted(passed, _UNTIL))
    stimuli = torch.tensor(task.features)
    run = train(
        network,
        task.features,
        task.labels,
        n_steps=n_steps,
        weight_decay=_DECAY,
        optimizer=torch.optim.SGD,
        learning_rate=first,
        schedule=lambda progress: inverse[0] / inverse[round(progress * n_steps)],
        record_at=np.searchsorted(passed, _MOMENTS),
        probes={
            "features": lambda n: n.hidden(stimuli)[-1],
            "imbalance": lambda n: (
                n.weights[0].square().sum((1, 2))
                + n.biases[0].square().sum((1, 2))
                - n.weights[1].square().sum((1, 2))
            ),
        },
    )
    features = run.recorded["features"].reshape(*shape, 4, _WIDTH)
    return run.loss.reshape(shape), features, run.recorded["imbalance"].reshape(shape)
