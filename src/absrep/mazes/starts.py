"""How much the start decides: one small task, four starts of the first stream, three seeds each.

``python -m absrep.mazes.starts starts`` trains what is missing in the table.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import cast

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from .._tables import Row, fill_from_command_line, fill_table
from .._validation import as_count, as_number
from ..nets import LanguageModel
from ._solving import solve_rates
from .training import draw_puzzles, fit, recipe

__all__ = ["Start", "read_starts", "run_start", "starts"]

_TABLES = Path(__file__).parent / "tables"


@dataclass(frozen=True)
class Start:
    """One network to train: how its first stream starts, and its seed.

    Parameters
    ----------
    scale : float
        Standard deviation of the entries of tokens and places.
    waves : bool
        Places start as waves, as in every network of the book, or Gaussian like the tokens.
    seed : int

    Examples
    --------
    >>> network = recipe("tiny").network([0])
    >>> Start(0.02, waves=False, seed=0)(network)
    >>> round(float(network.replicas[0].position.weight.detach().std()), 2)
    0.02
    """

    scale: float
    waves: bool
    seed: int

    def __post_init__(self) -> None:
        as_number("scale", self.scale, above=0)
        as_count("seed", self.seed, at_least=0)
        if not isinstance(self.waves, bool):
            raise TypeError(f"waves must be True or False, found {self.waves!r}")

    @torch.no_grad()
    def __call__(self, network: LanguageModel) -> None:
        """Give an untrained network this start."""
        draw = torch.Generator().manual_seed(self.seed)
        for replica in network.replicas:
            tokens, places = _first_stream(replica)
            tokens.mul_(self.scale / tokens.std())
            if not self.waves:
                places.copy_(torch.randn(places.shape, generator=draw))
            places.mul_(self.scale / places.square().mean().sqrt())


def _first_stream(replica: nn.Module) -> tuple[Tensor, Tensor]:
    embed, position = replica.get_submodule("embed"), replica.get_submodule("position")
    return cast(nn.Embedding, embed).weight, cast(nn.Embedding, position).weight


def starts() -> list[Start]:
    """All that the table holds: two scales, waves and noise, three seeds.

    Returns
    -------
    list of Start

    Examples
    --------
    >>> len(starts())
    12
    """
    return [Start(*cell) for cell in product((0.3, 0.02), (True, False), range(3))]


def run_start(start: Start, n_steps: int = 600) -> list[Row]:
    """Train the network "tiny" from one start.

    Parameters
    ----------
    start : Start
    n_steps : int, default 600

    Returns
    -------
    list of dict
        For each of 21 checkpoints the error on unseen puzzles in nats; the last also has the
        share of exact answers (`exact`) and the mean cosine of the embeddings of tokens
        (`tokens_kept`) and places (`places_kept`) with those at the start.

    Examples
    --------
    >>> rows = run_start(Start(0.3, waves=True, seed=0), n_steps=20)
    >>> rows[0]["step"], rows[-1]["step"], bool(rows[-1]["places_kept"] > 0.9)
    (0, 20, True)
    """
    how = replace(recipe("tiny"), n_steps=n_steps, n_records=20, start=start)
    run = fit(how, start.seed)
    network = cast(LanguageModel, run.network)
    rng = np.random.default_rng([start.seed, 2])
    kind = how.kinds["percolation"]
    puzzles = draw_puzzles(kind, 1000, how.size, rng, unseen=True)
    exact = solve_rates(network, how.vocabulary, puzzles, rng)[0].exact.mean()
    before, after = how.network([start.seed]).replicas[0], network.replicas[0]
    kept = [
        float(torch.cosine_similarity(old.detach(), new.detach(), dim=1).mean())
        for old, new in zip(_first_stream(before), _first_stream(after), strict=True)
    ]
    keys = _keys(start)
    rows: list[Row] = [
        {**keys, "step": int(step), "error": float(f"{error:.5g}")}
        for step, error in zip(run.steps, run.error[:, 0], strict=True)
    ]
    rows[-1] |= {
        "exact": float(exact),
        "tokens_kept": float(f"{kept[0]:.4g}"),
        "places_kept": float(f"{kept[1]:.4g}"),
    }
    return rows


def _keys(start: Start) -> Row:
    return {"scale": start.scale, "waves": int(start.waves), "seed": start.seed}


def read_starts() -> pd.DataFrame:
    """The table that came with the library.

    Returns
    -------
    pandas.DataFrame

    Examples
    --------
    >>> sorted(set(read_starts()["scale"]))
    [0.02, 0.3]
    """
    return pd.read_csv(_TABLES / "starts.csv")


def fill(cells: Sequence[Start], table: Path, n_jobs: int = 1) -> pd.DataFrame:
    """Train what a table lacks."""
    return fill_table(cells, _keys, run_start, table, n_jobs)


def main(arguments: Iterable[str] | None = None) -> None:
    fill_from_command_line(
        "absrep.mazes.starts",
        __doc__,
        ["starts"],
        lambda _, table, jobs: fill(starts(), table, jobs),
        _TABLES,
        arguments,
    )


if __name__ == "__main__":
    main()
