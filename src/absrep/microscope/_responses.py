"""Recorded responses and what they are responses to, from a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from .._validation import Array, as_array, as_labels, as_names

__all__ = ["Responses", "binary_labels", "read_responses"]


@dataclass(frozen=True, eq=False)
class Responses:
    """Responses of neurons (or units) on trials, and the binary latents of each trial.

    Attributes
    ----------
    responses : array, shape (n, N)
        One row per trial, one column per neuron.
    labels : array, shape (n, d)
        Entries −1 and +1, one column per latent.
    names : tuple of str
        Of the latents.
    meanings : tuple of (str, str)
        What −1 and +1 of each latent were called in the data.

    Examples
    --------
    >>> from absrep.microscope import Responses
    >>> Responses.of([[0.1], [2.0]], {"side": ["left", "right"]}).meanings
    (('left', 'right'),)
    """

    responses: Array
    labels: Array
    names: tuple[str, ...]
    meanings: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, responses: ArrayLike, latents: dict[str, Any]) -> Responses:
        """Pair responses with latents that take any two values each.

        Parameters
        ----------
        responses : array, shape (n, N)
        latents : mapping of name to sequence of length n
            Two different values, of whatever type; the one that sorts first becomes −1.

        Examples
        --------
        >>> Responses.of([[0.1], [2.0]], {"side": [1, 0]}).labels
        array([[ 1.],
               [-1.]])
        """
        x = as_array("responses", responses, 2)
        if not latents:
            raise ValueError("latents must not be empty")
        columns, meanings = zip(
            *(binary_labels(name, values) for name, values in latents.items()), strict=True
        )
        for name, column in zip(latents, columns, strict=True):
            if len(column) != len(x):
                raise ValueError(
                    f"latents must have {len(x)} entries, one per trial, found {len(column)} "
                    f"of {name!r}"
                )
        return cls(x, np.column_stack(columns), tuple(map(str, latents)), tuple(meanings))

    def standardised(self) -> Responses:
        """The same with every neuron at mean 0 and standard deviation 1 over trials.

        The null of shuffled neurons takes neurons for interchangeable; this makes them nearly so.
        A neuron that never changes stays at 0.

        Examples
        --------
        >>> data = Responses.of([[1.0, 10.0], [3.0, 30.0]], {"side": [0, 1]})
        >>> data.standardised().responses
        array([[-1., -1.],
               [ 1.,  1.]])
        """
        centred = self.responses - self.responses.mean(axis=0)
        spread = centred.std(axis=0)
        scaled = np.divide(centred, spread, out=np.zeros_like(centred), where=spread > 0)
        return replace(self, responses=scaled)


def binary_labels(name: str, values: Any) -> tuple[Array, tuple[str, str]]:
    """Turn a latent with any two values into −1 and +1.

    Parameters
    ----------
    name : str
        Of the latent, for messages.
    values : sequence
        Numbers, words or truth values; two different ones, none missing.

    Returns
    -------
    labels : array, shape (n,)
        −1 for the value that sorts first.
    meanings : (str, str)
        The two values.

    Raises
    ------
    ValueError
        If there are not exactly two values, or one is missing.

    Examples
    --------
    >>> binary_labels("reward", ["small", "large", "small"])
    (array([ 1., -1.,  1.]), ('large', 'small'))
    """
    column: NDArray[Any] = np.asarray(values)
    if column.ndim != 1:
        raise ValueError(f"latent {name!r} must be one column, found shape {column.shape}")
    if pd.isna(column).any():
        raise ValueError(f"latent {name!r} must not have missing values")
    found = np.unique(column)
    if len(found) != 2:
        shown = ", ".join(map(str, found[:5])) + (", …" if len(found) > 5 else "")
        advice = (
            "it says nothing about these trials"
            if len(found) == 1
            else "cut it in two (such as angle > 0), or take the trials of two values"
        )
        raise ValueError(
            f"latent {name!r} must take two values, found {len(found)} ({shown}): {advice}"
        )
    return np.where(column == found[1], 1.0, -1.0), (str(found[0]), str(found[1]))


def read_responses(
    file: str | Path, latents: Sequence[str] | None = None, *, ignore: Sequence[str] = ()
) -> Responses:
    """Read a recording from a file, ``.npz`` or ``.csv``.

    Parameters
    ----------
    file : str or Path
        ``.npz``: an array ``responses`` (n × N), and for every latent an array of n entries under
        its name; or one array ``labels`` (n × d), with or without ``names``. ``.csv``: a line
        with names, then one line per trial; a column per neuron and a column per latent.
    latents : sequence of str, optional
        Which arrays or columns are latents. Needed for ``.csv``; of ``.npz`` all arrays but
        ``responses`` are taken if it is left out.
    ignore : sequence of str, optional
        Columns that are neither, such as the number of the trial.

    Returns
    -------
    Responses

    Raises
    ------
    ValueError
        If the file has another ending, something that it must hold is not there, responses are
        not finite numbers, or a latent does not have two values.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from absrep.microscope import read_responses
    >>> text = "trial,side,unit 1,unit 2\\n1,left,3,0\\n2,right,1,5\\n"
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "recording.csv"
    ...     _ = file.write_text(text)
    ...     found = read_responses(file, ["side"], ignore=["trial"])
    >>> found.responses, found.labels
    (array([[3., 0.],
           [1., 5.]]), array([[-1.],
           [ 1.]]))
    """
    path = Path(file)
    for name, value in (("latents", latents), ("ignore", ignore)):
        if isinstance(value, str):
            raise TypeError(f"{name} must be a sequence of names, found the string {value!r}")
    if path.suffix == ".csv":
        return _from_csv(path, latents, ignore)
    if path.suffix == ".npz":
        return _from_npz(path, latents, ignore)
    raise ValueError(f"file must end in .npz or .csv, found {path.name!r}")


def _from_csv(path: Path, latents: Sequence[str] | None, ignore: Sequence[str]) -> Responses:
    if not latents:
        raise ValueError("latents must name the columns of the file that are no neurons")
    table = pd.read_csv(path, skipinitialspace=True)
    _require(path, [*latents, *ignore], list(table.columns))
    neurons = table.drop(columns=[*latents, *ignore])
    words = [name for name in neurons if not pd.api.types.is_numeric_dtype(neurons[name])]
    if words or neurons.empty:
        raise ValueError(
            f"responses must be numbers, but column {words[0]!r} of {path.name} is not: is it a "
            "latent, or to be ignored?"
            if words
            else f"responses must be there, but {path.name} has no column for a neuron"
        )
    return Responses.of(neurons.to_numpy(np.float64), {name: table[name] for name in latents})


def _from_npz(path: Path, latents: Sequence[str] | None, ignore: Sequence[str]) -> Responses:
    with np.load(path, allow_pickle=False) as archive:
        arrays = {name: archive[name] for name in archive.files}
    _require(path, ["responses", *(latents or ()), *ignore], list(arrays))
    responses = arrays.pop("responses")
    if latents is None and "labels" in arrays:
        labels = as_array("labels", arrays["labels"], (1, 2))
        labels = labels[:, None] if labels.ndim == 1 else labels
        default = [f"y{a + 1}" for a in range(labels.shape[1])]
        names = as_names("names", arrays.get("names", np.array(default)).tolist(), labels.shape[1])
        return Responses.of(responses, dict(zip(names, labels.T, strict=True)))
    chosen = [name for name in arrays if name not in ignore] if latents is None else latents
    return Responses.of(responses, {name: arrays[name] for name in chosen})


def _require(path: Path, wanted: Sequence[str], present: Sequence[str]) -> None:
    missing = [name for name in wanted if name not in present]
    if missing:
        raise ValueError(
            f"file {path.name} must have {missing[0]!r}, found {', '.join(map(str, present))}"
        )


def as_responses(responses: ArrayLike, labels: ArrayLike, names: Sequence[str] | None) -> Responses:
    """Check arrays given directly."""
    x = as_array("responses", responses, 2)
    y = as_labels("labels", labels, len(x))
    default = [f"y{a + 1}" for a in range(y.shape[1])]
    known = as_names("names", default if names is None else names, y.shape[1])
    return Responses(x, y, known, (("−1", "+1"),) * len(known))
