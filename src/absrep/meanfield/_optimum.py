"""What the solver returns."""

from __future__ import annotations

from dataclasses import dataclass

from .._validation import Array

__all__ = ["Optimum"]


@dataclass(frozen=True, eq=False)
class Optimum:
    r"""The best hidden representation of a task, and how far from it one can still be.

    Attributes
    ----------
    kernel : array, shape (P, P)
        :math:`K = \sum_i m_i φ(h_i)φ(h_i)^\top`.
    preactivations : array, shape (P, n)
        The distinct neurons :math:`h_i`. For activations of degree 1 they have unit cost
        :math:`h^\top\tilde K^{-1}h = 1`: size and number of neurons are exchangeable.
    masses : array, shape (n,)
        :math:`m_i`: how many neurons of each kind (any positive number at degree 1).
    loss : float
        Attained by this kernel. At weight decay zero (interpolation) it is the smallest
        :math:`\tfrac12(\lVert W_1\rVert^2 + \lVert W_2\rVert^2)`, the limit of L/λ.
    lower_bound : float
        No network has a smaller loss, if `certified`; else a well-founded guess.
    gap : float
        (loss − lower_bound) / loss.
    certified : bool
        Whether `lower_bound` is rigorous (up to rounding). The *optimum* is certified if the gap
        is small as well.
    heuristic_bound : float
        Bound from a search for the best single neuron that may have missed it; equals
        `lower_bound` where the search is exact.
    history : tuple of (loss, lower_bound)
        Per round of the solver.
    note : str
        What limits the bound; empty if nothing does.
    """

    kernel: Array
    preactivations: Array
    masses: Array
    loss: float
    lower_bound: float
    gap: float
    certified: bool
    heuristic_bound: float
    history: tuple[tuple[float, float], ...]
    note: str = ""

    @property
    def n_atoms(self) -> int:
        """Number of distinct neurons."""
        return len(self.masses)


def relative_gap(loss: float, lower_bound: float) -> float:
    """(loss − bound) / loss, never below 0: less than rounding is not resolved."""
    return max(loss - lower_bound, 0.0) / loss if loss > 0 else 0.0
