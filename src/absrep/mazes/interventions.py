"""What happens to trained solvers when heads fall silent, or walls are moved inside them.

``python -m absrep.mazes.interventions NAME`` makes what is missing in the table NAME, from the
networks that come with the library: "ablation", "single_heads", "patches", "head_patches" or
"edits".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
import torch

from .._tables import Row, fill_from_command_line, fill_table
from .._validation import Array
from ..nets import LanguageModel
from ._edits import (
    Forks,
    close_passages,
    fork_logits,
    fork_sentences,
    move_passages,
    open_walls,
    patched_logits,
)
from ._heads import AdjacencyScores, adjacency_scores
from ._instruments import Directions, Silence
from ._language import Sentences
from ._lattice import Booleans, lattice_edges
from ._puzzles import Puzzles
from .training import draw_puzzles, load, recipe

__all__ = [
    "ablation",
    "edits",
    "head_patches",
    "patches",
    "place_groups",
    "read_table",
    "single_heads",
    "training_scores",
]

_TABLES = Path(__file__).parent / "tables"
SEEDS = (0, 1, 2)


def training_scores(seed: int, n_puzzles: int = 300) -> AdjacencyScores:
    """Scores of a solver's heads on depth-first mazes of its training: what heads are chosen by.

    Parameters
    ----------
    seed : int
        Of the solver.
    n_puzzles : int, default 300

    Returns
    -------
    AdjacencyScores

    Examples
    --------
    >>> training_scores(0, n_puzzles=20).ratio.shape
    (1, 6, 4)
    """
    solver, rng = recipe("solver"), np.random.default_rng([seed, 3])
    puzzles = draw_puzzles(solver.kinds["depth first"], n_puzzles, solver.size, rng, unseen=False)
    sentences = solver.vocabulary.encode(puzzles, rng)
    return adjacency_scores(load("solver", [seed]), puzzles, sentences)


def single_heads(seed: int, n_puzzles: int = 50) -> list[Row]:
    """PathSteps of a solver without one head: on the path, or in the whole sentence.

    On unseen depth-first mazes, whose prompts have one length.

    Parameters
    ----------
    seed : int
        Of the solver.
    n_puzzles : int, default 50

    Returns
    -------
    list of dict
        By "how" ("mean on path", "mean everywhere"), "block" and "head": rates of "valid" and
        "right" steps among "steps".

    Examples
    --------
    >>> len(single_heads(0, n_puzzles=2))
    48
    """
    silence = Silence(seed, n_puzzles)
    return [
        _short({"seed": seed, "how": how, "block": head[0], "head": head[1]} | silence(how, [head]))
        for how in ("mean on path", "mean everywhere")
        for head in silence.everyone
    ]


def ablation(seed: int, n_puzzles: int = 60, n_random: int = 6) -> list[Row]:
    """PathSteps of a solver without its heads that read passages, and without as many others.

    On unseen depth-first mazes. The heads are chosen by `training_scores`.

    Parameters
    ----------
    seed : int
        Of the solver.
    n_puzzles : int, default 60
    n_random : int, default 6
        Random sets of heads.

    Returns
    -------
    list of dict
        "what" is silenced on the path: "nothing", "adjacency heads" and "passage heads" (see the
        criteria of `AdjacencyScores`), "all but ..." these, "as many as ..." these of the others;
        "how" ("mean on path", "zero on path"), "number" of the random set, "heads" silenced; rates
        of "valid" and "right" steps among "steps" and, of passage heads, of whole answers that are
        valid, reach the target, or are exact, among the first "puzzles".

    Examples
    --------
    >>> rows = ablation(0, n_puzzles=3, n_random=0)
    >>> rows[0]["what"], rows[0]["valid"]
    ('nothing', 1.0)
    """
    silence, scores = Silence(seed, n_puzzles), training_scores(seed)
    passed = {"adjacency": scores.criterion(0)[0], "passage": scores.passage_criterion(0)[0]}

    def row(what: str, how: str, gone: list[tuple[int, int]], number: int, spoken: bool) -> Row:
        about = {"seed": seed, "what": what, "how": how, "number": number, "heads": len(gone)}
        return _short(about | silence(how, gone) | silence.answers(how, gone, spoken))

    rng = np.random.default_rng([seed, 4])
    rows = [row("nothing", "mean on path", [], 0, spoken=True)]
    for kind, which in passed.items():
        among = [head for head in silence.everyone if which[head]]
        others = [head for head in silence.everyone if not which[head]]
        for how in ("mean on path", "zero on path"):
            spoken = how == "mean on path" and kind == "passage"
            rows.append(row(f"{kind} heads", how, among, 0, spoken))
            rows.append(row(f"all but {kind} heads", how, others, 0, spoken))
        for number in range(n_random):
            drawn = [others[i] for i in rng.permutation(len(others))[: len(among)]]
            spoken = number == 0 and kind == "passage"
            rows.append(row(f"as many as {kind} heads", "mean on path", drawn, number, spoken))
    return rows


def place_groups(
    sentences: Sentences, slot: np.ndarray[Any, Any], forks: Forks
) -> dict[str, Booleans]:
    """Where in sentences that are told alike a moved passage could be known.

    Parameters
    ----------
    sentences : Sentences
    slot : int array, shape (N,)
        See `fork_sentences`.
    forks : Forks

    Returns
    -------
    dict of str to bool array, shape (N, T)

    Examples
    --------
    >>> from absrep.mazes import Vocabulary, depth_first, pose
    >>> forks = move_passages(pose(depth_first(50, 3, seed=0), seed=1), seed=2)
    >>> first, _, slot = fork_sentences(Vocabulary(3), forks, seed=3)
    >>> list(place_groups(first, slot, forks))[:3]
    ['its first cell', 'its second cell', 'later passages']
    """
    place = np.arange(sentences.tokens.shape[1])
    at, prompt = slot[:, None], sentences.prompt[:, None]
    fork = prompt + forks.number[:, None]
    return {
        "its first cell": place == at,
        "its second cell": place == at + 1,
        "later passages": (place > at + 1) & (place < prompt - 5),
        "origin and target": (place >= prompt - 5) & (place < prompt - 1),
        "<path>": place == prompt - 1,
        "path before": (place >= prompt) & (place < fork),
        "current cell": place == fork,
    }


def _moved(seed: int, n_forks: int) -> tuple[LanguageModel, Forks, Sentences, Sentences, Any]:
    """A solver, and mazes with a passage moved that it answers rightly before and after."""
    solver, rng = recipe("solver"), np.random.default_rng([seed, 1])
    network, words = load("solver", [seed]), solver.vocabulary
    kind = solver.kinds["depth first"]
    puzzles = draw_puzzles(kind, 2 * n_forks, solver.size, rng, unseen=True)
    forks = move_passages(puzzles, rng)
    first, second, slot = fork_sentences(words, forks, rng)
    right = fork_logits(network, first, forks).argmax(1) == forks.ahead
    right &= fork_logits(network, second, forks).argmax(1) == forks.instead
    chosen = np.flatnonzero(right)[:n_forks]
    some = [Sentences(s.tokens[chosen], s.prompt[chosen]) for s in (first, second)]
    return network, forks[chosen], some[0], some[1], slot[chosen]


def patches(seed: int, n_forks: int = 80) -> list[Row]:
    """How much of the change of mind a part of the stream carries, by block and place.

    Two sentences that differ in one passage, one of each path moved, and lead to different steps
    at the fork. What the network says at the fork is measured by the difference of the logits of
    the two cells; the share is how far it goes from the first sentence's to the second's.

    Parameters
    ----------
    seed : int
        Of the solver.
    n_forks : int, default 80

    Returns
    -------
    list of dict
        By "place", "blocks" (after how many) and "distance" of the missing passage from the fork
        ("any", "here", "farther"): "share" with "lower" and "upper", a bootstrap interval of 95 %
        over pairs, among "pairs".

    Examples
    --------
    >>> rows = patches(0, n_forks=3)
    >>> {row["share"] for row in rows if row["place"] == "current cell" and row["blocks"] == 6}
    {1.0}
    """
    network, forks, first, second, slot = _moved(seed, n_forks)
    with torch.no_grad():
        streams = network.streams(torch.from_numpy(second.tokens))[0]
    groups, rows = place_groups(first, slot, forks), []
    before, after = (_preference(fork_logits(network, s, forks), forks) for s in (first, second))
    far = _distance_of_change(forks)
    for blocks in range(network.n_blocks + 1):
        for name, places in groups.items():
            logits = patched_logits(network, first, forks, blocks, places, streams[blocks])
            moved = _preference(logits, forks) - before
            for distance, kept in {"any": far >= 0, "here": far == 0, "farther": far > 0}.items():
                if kept.any():
                    about = {"seed": seed, "place": name, "blocks": blocks, "distance": distance}
                    rows.append(_short(about | _share(moved[kept], (after - before)[kept])))
    return rows


def head_patches(seed: int, n_forks: int = 80) -> list[Row]:
    """The same for the outputs of single heads at the current cell, and their adjacency scores.

    Parameters
    ----------
    seed : int
        Of the solver.
    n_forks : int, default 80

    Returns
    -------
    list of dict
        By "block" and "head": as for `patches`; "passages", attention to the passages from the
        current cell over chance, in the first sentences.

    Examples
    --------
    >>> len(head_patches(0, n_forks=3))
    24
    """
    network, forks, first, second, _ = _moved(seed, n_forks)
    before, after = (_preference(fork_logits(network, s, forks), forks) for s in (first, second))
    with torch.no_grad():
        own, other = (network.head_outputs(torch.from_numpy(s.tokens))[0] for s in (first, second))
    at, rows = first.prompt + forks.number, []
    n = np.arange(len(forks))
    instead = own.clone()
    instead[:, n, :, at] = other[:, n, :, at]
    for block in range(network.n_blocks):
        for head in range(network.n_heads):
            with network.without_heads([(block, head)], instead):
                moved = _preference(fork_logits(network, first, forks), forks) - before
            about: Row = {"seed": seed, "block": block, "head": head}
            rows.append(_short(about | _share(moved, after - before)))
    return rows


def edits(seed: int, n_forks: int = 80, n_seen: int = 700) -> list[Row]:
    """PathSteps of a solver whose stream says, at the current cell, that a wall beside it is gone.

    On unseen mazes of percolation. Directions come from mazes of training: the difference of the
    mean streams at a cell with a way open and closed, where the path neither takes that way nor
    comes from there; and the weights of a ridge probe. They are added (or subtracted, to close)
    with the length of the former times a dose.

    Parameters
    ----------
    seed : int
        Of the solver.
    n_forks : int, default 80
    n_seen : int, default 700
        Mazes of training that the directions are from.

    Returns
    -------
    list of dict
        By "test" ("shortcut": an opening that makes a shorter way, "no use": one that does not,
        "closed": the right way closed where there is another), "direction" ("means", "probe",
        "another way", "random", "<path>", the means at the word ``<path>``, and "sentence", what
        the network says when told so), "blocks" and "dose": "followed", the share of the steps
        that go to the cell behind the wall, or around it, "kept", the share of the steps that
        stay, and "shift" of the difference of their logits, among "pairs".

    Examples
    --------
    >>> rows = edits(0, n_forks=2, n_seen=60)
    >>> sorted({row["test"] for row in rows})
    ['closed', 'no use', 'shortcut']
    """
    solver, rng = recipe("solver"), np.random.default_rng([seed, 2])
    network, words = load("solver", [seed]), solver.vocabulary
    kind = solver.kinds["percolation"]
    learnt = Directions(network, draw_puzzles(kind, n_seen, solver.size, rng, unseen=False), rng)
    makers: dict[str, Callable[[Puzzles], Forks]] = {
        "shortcut": lambda puzzles: open_walls(puzzles, rng, useful=True),
        "no use": lambda puzzles: open_walls(puzzles, rng, useful=False),
        "closed": lambda puzzles: close_passages(puzzles, rng),
    }
    rows: list[Row] = []
    for test, make in makers.items():
        forks = make(draw_puzzles(kind, 25 * n_forks, solver.size, rng, unseen=True))
        first, second, _ = fork_sentences(words, forks, rng)
        few = slice(0, n_forks + n_forks // 5)
        forks, first, second = forks[few], _rows(first, few), _rows(second, few)
        wanted = forks.ahead if test == "no use" else forks.instead
        right = fork_logits(network, first, forks).argmax(1) == forks.ahead
        told = fork_logits(network, second, forks)
        known = learnt.known(forks, closing=test == "closed")
        chosen = np.flatnonzero(right & (told.argmax(1) == wanted) & known)[:n_forks]
        forks, first, told = forks[chosen], _rows(first, chosen), told[chosen]
        before = fork_logits(network, first, forks)

        def row(direction: str, blocks: int, dose: float, logits: Array) -> Row:
            shift = _preference(logits, forks) - _preference(before, forks)  # noqa: B023
            about: Row = {"seed": seed, "test": test, "direction": direction, "blocks": blocks}  # noqa: B023
            said = logits.argmax(1)
            return _short(
                about
                | {"dose": dose, "pairs": len(forks), "shift": shift.mean()}  # noqa: B023
                | {"before": _preference(before, forks).mean()}  # noqa: B023
                | {"followed": (said == forks.instead).mean()}  # noqa: B023
                | {"kept": (said == forks.ahead).mean()}  # noqa: B023
            )

        rows.append(row("sentence", 0, 0.0, told))
        for blocks, direction, dose, logits in learnt.edited(forks, first, test == "closed"):
            rows.append(row(direction, blocks, dose, logits))
    return rows


def _rows(sentences: Sentences, which: Any) -> Sentences:
    return Sentences(sentences.tokens[which], sentences.prompt[which])


def _preference(logits: Array, forks: Forks) -> Array:
    """By how much the second path's step is preferred to the first's."""
    n = np.arange(len(forks))
    preference: Array = logits[n, forks.instead] - logits[n, forks.ahead]
    return preference


def _distance_of_change(forks: Forks) -> np.ndarray[Any, Any]:
    """PathSteps on the first path from the fork to the passage that is missing in the second."""
    lost = (forks.first.mazes.passages & ~forks.second.mazes.passages).argmax(1)
    ends = lattice_edges(forks.first.mazes.size)[lost]
    at = (forks.first.path[:, :, None] == ends[:, None]).any(2)
    distance: np.ndarray[Any, Any] = at.argmax(1) - forks.number
    return distance


def _share(moved: Array, whole: Array) -> Row:
    """Ratio of sums with its bootstrap interval."""
    n = len(moved)
    weights = np.random.default_rng(0).multinomial(n, np.full(n, 1 / n), 1000)
    drawn = (weights @ moved) / (weights @ whole)
    lower, upper = np.quantile(drawn, [0.025, 0.975])
    found: Row = {"share": moved.sum() / whole.sum(), "lower": lower, "upper": upper}
    return found | {"pairs": n}


def _short(row: Mapping[str, Any]) -> Row:
    """Four digits: more would say nothing, and differ from machine to machine."""
    return {
        name: value if isinstance(value, str | int) else float(f"{value:.4g}")
        for name, value in row.items()
    }


_TABLE_OF: Mapping[str, Callable[[int], list[Row]]] = MappingProxyType(
    {
        "ablation": ablation,
        "single_heads": single_heads,
        "patches": patches,
        "head_patches": head_patches,
        "edits": edits,
    }
)


def read_table(name: str) -> pd.DataFrame:
    """A table as it comes with the library.

    Parameters
    ----------
    name : str
        "ablation", "single_heads", "patches", "head_patches" or "edits": see these functions.

    Returns
    -------
    pandas.DataFrame

    Examples
    --------
    >>> sorted(read_table("patches").seed.unique().tolist())
    [0, 1, 2]
    """
    if name not in _TABLE_OF:
        raise ValueError(f"name must be one of {sorted(_TABLE_OF)}, found {name!r}")
    return pd.read_csv(_TABLES / f"{name}.csv")


def _fill(name: str, table: Path, n_jobs: int) -> None:
    def run(seed: int) -> list[Row]:
        return _TABLE_OF[name](seed)

    fill_table(SEEDS, lambda seed: {"seed": seed}, run, table, n_jobs)


def main(arguments: Iterable[str] | None = None) -> None:
    fill_from_command_line(
        "absrep.mazes.interventions", __doc__, _TABLE_OF, _fill, _TABLES, arguments
    )


if __name__ == "__main__":
    main()
