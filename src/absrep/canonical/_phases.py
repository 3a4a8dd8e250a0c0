"""What follows if only some of the six relations hold: phases and their exponents."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from fractions import Fraction
from itertools import product
from types import MappingProxyType

import numpy as np

from ._alignment import Alignments

__all__ = ["Phase", "follows", "phases", "relation_line"]

# The six relations as linear equations in the logarithms of H_a, G_b and Z, each up to a constant
# (on the range of W, where H_b = W H_a Wᵀ and G_a = Wᵀ G_b W add log Z): rows that must vanish.
_EQUATIONS = MappingProxyType(
    {
        "forward_rg": (1, -1, 1),
        "forward_rw": (1, 0, 0),
        "forward_gw": (0, 1, -1),
        "backward_rg": (1, -1, -1),
        "backward_rw": (1, 0, -1),
        "backward_gw": (0, 1, 0),
    }
)


@dataclass(frozen=True)
class Phase:
    r"""What a set of relations leaves possible, if no others hold.

    Attributes
    ----------
    relations : tuple of str
        Names as in `Alignments`.
    below, above : Fraction or None
        The exponents p and q in :math:`H_a\propto Z_a^p`, :math:`G_b\propto Z_b^q`; then
        :math:`H_b\propto Z_b^{p+1}`, :math:`G_a\propto Z_a^{q+1}`. None if
        nonzero singular values of W must be equal (see `compact`), so that powers of Z cannot be
        told apart.
    complete : bool
        Whether all six relations follow, on the range of W.

    Examples
    --------
    >>> follows(["forward_gw", "backward_rw"]).powers
    (Fraction(2, 1), Fraction(1, 1), Fraction(1, 1), Fraction(2, 1))
    """

    relations: tuple[str, ...]
    below: Fraction | None
    above: Fraction | None
    complete: bool

    @property
    def compact(self) -> bool:
        """Whether nonzero singular values of W must be equal.

        All of them; for RG on both sides those of the directions in which gradients live.
        """
        return self.below is None

    @property
    def powers(self) -> tuple[Fraction, Fraction, Fraction, Fraction] | None:
        """Exponents of :math:`H_b, G_b, H_a, G_a` as powers of Z; None if W is `compact`."""
        if self.below is None or self.above is None:
            return None
        return self.below + 1, self.above, self.below, self.above + 1

    @property
    def reciprocal(self) -> bool | None:
        """Whether R and G stand in inverse powers above and below; None if one is constant."""
        if self.powers is None or 0 in self.powers:
            return None
        r_above, g_above, r_below, g_below = self.powers
        return r_above * r_below == g_above * g_below


def follows(relations: Iterable[str]) -> Phase | None:
    """What holds if the given relations hold exactly: the theorem of exponents.

    Parameters
    ----------
    relations : iterable of str
        Names of fields of `Alignments`.

    Returns
    -------
    Phase or None
        None if they leave the exponents open, as one relation alone does.

    Raises
    ------
    ValueError
        If a name is unknown.

    Examples
    --------
    >>> follows(["forward_gw", "backward_gw"]).compact, follows(["forward_gw"])
    (True, None)
    """
    names = tuple(relations)
    lines = [relation_line(name) for name in names]
    rows = np.array(lines, dtype=float).reshape(-1, 3)
    rank = int(np.linalg.matrix_rank(rows)) if names else 0
    if rank == 3:
        return Phase(names, None, None, complete=True)
    if rank < 2:
        return None
    # The line that two planes share: a cross product of two independent rows.
    first, second = next(
        (one, other) for one, other in product(lines, repeat=2) if np.any(np.cross(one, other))
    )
    representation, gradient, weights = (int(entry) for entry in np.cross(first, second))
    if weights == 0:
        return Phase(names, None, None, complete=False)
    below, above = Fraction(representation, weights), Fraction(gradient, weights)
    return Phase(names, below, above, complete=False)


def relation_line(relation: str) -> tuple[int, int, int]:
    r"""The line in the plane of the exponents on which a relation holds.

    Parameters
    ----------
    relation : str
        Name of a field of `Alignments`.

    Returns
    -------
    alpha, beta, constant : int
        It holds where :math:`\alpha p+\beta q+\text{constant}=0`, for :math:`H_a\propto Z_a^p` and
        :math:`G_b\propto Z_b^q`.

    Raises
    ------
    ValueError
        If the name is unknown.

    Examples
    --------
    >>> relation_line("forward_rg")  # p − q + 1 = 0
    (1, -1, 1)
    """
    if relation not in _EQUATIONS:
        raise ValueError(f"relation must be among {sorted(_EQUATIONS)}, found {relation!r}")
    return _EQUATIONS[relation]


def phases() -> tuple[Phase, ...]:
    """The nine phases of one forward and one backward relation.

    Returns
    -------
    tuple of Phase
        Forward relation in the outer loop.

    Examples
    --------
    >>> [phase.powers is None for phase in phases()].count(True)
    3
    """
    names = [field.name for field in fields(Alignments)]
    nine = [follows(pair) for pair in product(names[:3], names[3:])]
    return tuple(phase for phase in nine if phase is not None)
