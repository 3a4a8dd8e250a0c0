"""Claims: one call that checks a number, shows the verdict and records it.

Every chapter states what it shows by calling `claim`. The record travels in the notebook's own
output, so the book's appendix "Claims and where they are shown" is made from the executed
notebooks and cannot say anything that they did not compute.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from html import escape
from typing import Any

import numpy as np
from IPython.display import display
from numpy.typing import ArrayLike

from ._validation import as_array, as_number

__all__ = ["MIME_TYPE", "Claim", "claim"]

MIME_TYPE = "application/vnd.absrep.claim+json"


@dataclass(frozen=True)
class Claim:
    """A checked claim, as `claim` displays and records it.

    Attributes
    ----------
    id : str
        Row of the appendix, such as ``"A1"``.
    what : str
        The number, in words.
    measured, expected : str
        Written out.
    holds : bool
    figure : str or None
        Label of the figure that shows it.
    finding : str or None
        Where the claim does not hold: what we found in its place.
    """

    id: str
    what: str
    measured: str
    expected: str
    holds: bool
    figure: str | None = None
    finding: str | None = None

    @property
    def _mark(self) -> str:
        return "✓ holds" if self.holds else "✗ does not hold"

    def __str__(self) -> str:
        text = f"{self.id} {self._mark}: {self.what} = {self.measured} (expected {self.expected})"
        return text + (f". Finding: {self.finding}" if self.finding else "")

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        colour = "#009E73" if self.holds else "#D55E00"
        html = (
            f'<div style="border-left: 4px solid {colour}; padding: 0.2em 0.8em">'
            f"<strong>{escape(self.id)}</strong> {self._mark}: {escape(self.what)} = "
            f"<strong>{escape(self.measured)}</strong> (expected {escape(self.expected)})"
        )
        if self.finding:
            html += f"<br><em>Finding:</em> {escape(self.finding)}"
        return {"text/plain": str(self), "text/html": html + "</div>", MIME_TYPE: asdict(self)}


def claim(
    id: str,
    what: str,
    measured: ArrayLike,
    *,
    equals: float | None = None,
    within: float | None = None,
    at_least: float | None = None,
    at_most: float | None = None,
    figure: str | None = None,
    finding: str | None = None,
) -> None:
    """Check a claim, display the verdict and record it for the appendix.

    Parameters
    ----------
    id : str
        Row of the appendix that this check belongs to.
    what : str
        The measured number in words, with its unit if it has one.
    measured : float or array
        With several values (replicas), every one has to satisfy the claim; their median and
        range are shown.
    equals, within : float
        Expected value and absolute tolerance, both or neither.
    at_least, at_most : float
        Bounds; either, or both.
    figure : str, optional
        Label of the figure that shows it.
    finding : str, optional
        For a claim that does *not* hold: what is true in its place. The check must then fail, so
        that a finding cannot outlive its reason.

    Raises
    ------
    AssertionError
        If the check fails and no `finding` is given, or holds although one is.
    ValueError, TypeError
        If the bounds are incomplete or a number is not finite.

    Examples
    --------
    >>> from absrep.claims import claim
    >>> claim("A1", "PS of the square", [1.0, 1.0], equals=1, within=1e-12)
    A1 ✓ holds: PS of the square = 1 (2 values, all equal) (expected 1 ± 1e-12)
    """
    values = np.asarray(measured, dtype=np.float64)
    values = as_array("measured", values, values.ndim).ravel()
    bounds = {"equals": equals, "within": within, "at_least": at_least, "at_most": at_most}
    given = {name: as_number(name, value) for name, value in bounds.items() if value is not None}
    if ("equals" in given) != ("within" in given):
        raise ValueError("equals and within must be given together")
    if not given or ("equals" in given and len(given) > 2):
        raise ValueError("equals (with within) or at_least and at_most must be given, not both")

    if "equals" in given:
        holds = bool((np.abs(values - given["equals"]) <= given["within"]).all())
        expected = f"{given['equals']:.7g} ± {given['within']:.2g}"
    else:
        low, high = given.get("at_least", -np.inf), given.get("at_most", np.inf)
        holds = bool(((values >= low) & (values <= high)).all())
        limits = {"≥": low, "≤": high}
        parts = [f"{sign} {_bound(at)}" for sign, at in limits.items() if np.isfinite(at)]
        expected = " and ".join(parts)
    record = Claim(id, what, _written(values), expected, holds, figure, finding)
    display(record)  # type: ignore[no-untyped-call]
    if holds and finding:
        raise AssertionError(f"claim {id} holds after all, drop its finding: {what}")
    if not holds and not finding:
        raise AssertionError(f"claim {id} fails: {what} = {record.measured}, expected {expected}")


def _bound(limit: float) -> str:
    """A limit just beside a whole number as such: 1 − 1e-09, not 1."""
    whole = round(limit)
    beside = limit - whole
    if whole == 0 or not 0 < abs(beside) < 1e-4:
        return f"{limit:.4g}"
    return f"{whole} {'+' if beside > 0 else '−'} {abs(beside):.1g}"


def _written(values: np.ndarray[Any, np.dtype[np.float64]]) -> str:
    low, high = f"{values.min():.5g}", f"{values.max():.5g}"
    if len(values) == 1:
        return low
    if low == high:
        return f"{low} ({len(values)} values, all equal)"
    return f"{np.median(values):.5g} ({low} to {high} over {len(values)} values)"
