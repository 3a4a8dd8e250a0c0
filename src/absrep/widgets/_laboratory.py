"""Chapter "The laboratory": any experiment, its optimum beside a network trained to it."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from html import escape
from itertools import product
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

import numpy as np

from ..figures import LATENT_COLOURS
from ..laboratory import (
    Experiment,
    Inputs,
    RandomPatterns,
    Rotated,
    TargetAligned,
    WalshSpectrum,
    Whitened,
    parallelism_course,
    train_together,
)
from ..meanfield import absolute, linear, relu
from ..nets import Training
from ._explorer import Explorer, Parameter, Readout
from ._laboratory_controls import GROUPS, OF_INPUTS, experiment_of, make_controls
from ._marks import Dots, Line, Panel, Stars
from ._page import picture

if TYPE_CHECKING:
    from ipywidgets import VBox

__all__ = ["Laboratory", "laboratory", "optimal_and_trained"]

_SCORES = ("PS", "CCGP", "decoding", "shattering", "alignment", "modularity")
_SHORT = {"modularity": "modular", "shattering": "shatter"}  # fits beside the axis
_SECONDS_BETWEEN_PICTURES = 0.3


def optimal_and_trained() -> Explorer:
    """Optimum and trained network side by side, over inputs, nonlinearities and biases.

    Where they differ although their losses agree, the optimum is not unique. The networks are
    trained here, once, with fixed seeds; the sliders look them up.

    Returns
    -------
    Explorer

    Examples
    --------
    >>> optimal_and_trained().readouts_at(inputs=0, activation=0, bias=1.0)["verdict"]
    'certified'
    """
    geometries: dict[str, Inputs] = {
        "whitened": Whitened(),
        "aligned with the targets, g = 3": TargetAligned(3.0),
        "strong interaction, κ₂ = 2κ₀": WalshSpectrum((1.0, 1.0, 2.0)),
        "rotated": Rotated(10.0, seed=3),
        "random patterns": RandomPatterns(6, seed=1),
    }
    activations = (relu, absolute, linear)
    biases = (0.0, 1.0)
    cases: dict[tuple[float, ...], tuple[Experiment, Training]] = {}
    for (j, activation), bias in product(enumerate(activations), biases):
        experiments = [
            Experiment(
                inputs=inputs,
                activation=activation,
                bias=bias,
                weight_decay=0.05,
                width=50,
                n_steps=800,
                learning_rate=0.1,
                init_scale=0.3,
            )
            for inputs in geometries.values()
        ]
        for i, run in enumerate(train_together(experiments)):
            cases[i, j, bias] = experiments[i], run

    def compute(inputs: float, activation: float, bias: float) -> dict[str, Any]:
        return _result(*cases[int(inputs), int(activation), bias])

    return Explorer(
        name="optimal_and_trained",
        title="Optimum and trained network",
        description="First: the loss of a network falls to the loss of the certified optimum. "
        "Second: its parallelism score beside that of the optimum. Third: six measures, dots for "
        "the trained network and stars for the optimum.",
        compute=compute,
        parameters=(
            Parameter("inputs", "inputs", range(len(geometries)), words=tuple(geometries)),
            Parameter("activation", "nonlinearity", range(3), words=("ReLU", "|x|", "linear")),
            Parameter("bias", "bias", biases, start=1, words=("none", "τ = 1")),
        ),
        views=_views(800, (0.05, 5), lowest=-0.3),
        readouts=_READOUTS,
    )


_READOUTS = (
    Readout("verdict", "optimum"),
    Readout("loss", "L, optimum", ".5f"),
    Readout("trained loss", "L, trained"),
    Readout("form", "closed form"),
    Readout("dimension", "participation ratio, optimum"),
    Readout("trained dimension", "participation ratio, trained"),
)


def _views(n_steps: int, losses: tuple[float, float], lowest: float = -1.0) -> tuple[Panel, ...]:
    colour = LATENT_COLOURS[0]
    ticks = tuple((float(-row), _SHORT.get(name, name)) for row, name in enumerate(_SCORES))
    return (
        Panel(
            "gradient steps",
            "loss L",
            (1, n_steps),
            losses,
            (
                Line("course", "trained", colour),
                Line("floor", "optimum", dashed=True),
            ),
            xlog=True,
            ylog=True,
        ),
        Panel(
            "gradient steps",
            "parallelism score",
            (1, n_steps),
            (lowest - 0.05, 1.05),
            (Line("ps course", "trained", colour), Line("ps", "optimum", dashed=True)),
            xlog=True,
        ),
        Panel(
            "score or accuracy",
            "",
            (lowest - 0.05, 1.05),
            (-len(_SCORES) + 0.5, 0.5),
            (Dots("trained", "trained", colour), Stars("optimum", "optimum")),
            yticks=ticks,
        ),
    )


def _result(experiment: Experiment, run: Training | None, *, ended: bool = True) -> dict[str, Any]:
    """What the views draw; without a run, or before it has ended, as far as it is known."""
    columns = experiment.measures(run if ended else None)
    best, trained = columns["optimum"], columns.get("trained")
    ends = np.array([1.0, experiment.n_steps])
    ps = np.nan if best["PS"] is None else best["PS"]
    nothing = np.zeros((0, 2))
    result: dict[str, Any] = {
        "floor": np.column_stack([ends, [best["loss"], best["loss"]]]),
        "ps": np.column_stack([ends, [ps, ps]]),
        "optimum": _scores(best),
        "course": nothing,
        "ps course": nothing,
        "trained": nothing if trained is None else _scores(trained),
        "verdict": "certified" if experiment.verdict() == "certified optimum" else "best found",
        "loss": best["loss"],
        "trained loss": "–" if trained is None else f"{trained['loss']:.5f}",
        "form": "applies" if "closed form" in columns else "none",
        "dimension": _shown(best["participation ratio"]),
        "trained dimension": "–" if trained is None else _shown(trained["participation ratio"]),
    }
    if run is not None:
        steps = run.steps[1:]  # step 0 is not on a logarithmic axis
        course = parallelism_course(run, experiment.latents)
        result["course"] = np.column_stack([steps, run.loss[1:, 0]])
        result["ps course"] = np.column_stack([steps, course[1:]])
    return result


def _scores(column: dict[str, float | None]) -> Any:
    found = [np.nan if (value := column[name]) is None else value for name in _SCORES]
    return np.column_stack([found, -np.arange(len(_SCORES))])


def _shown(value: float | None) -> str:
    return "–" if value is None else f"{value:.4g}".replace("-", "−")


def laboratory() -> Laboratory:
    """The live laboratory (needs ipywidgets and a kernel): choose, solve, train, export.

    Returns
    -------
    Laboratory

    Examples
    --------
    >>> from absrep.widgets import laboratory
    >>> lab = laboratory()
    >>> lab.controls["n_steps"].value = 100
    >>> lab.train.click()
    >>> int(lab.run.steps[-1])
    100
    """
    return Laboratory()


class Laboratory:
    """Controls, buttons and results of the live laboratory; shows itself in a notebook.

    Attributes
    ----------
    controls : dict of ipywidgets.Widget
        One per choice.
    solve, train, save : ipywidgets.Button
    folder : ipywidgets.Text
        Where `save` writes; nothing is written before it is named.
    progress : ipywidgets.IntProgress
    message, picture, numbers : ipywidgets.HTML
        What was chosen and found.
    script, table : ipywidgets.Textarea
        What `save` writes.
    box : ipywidgets.VBox
        All of it.
    experiment : Experiment or None
        As chosen; None if the choices do not go together.
    run : Training or None
        Of the network, once trained.

    Examples
    --------
    >>> from absrep.widgets import Laboratory
    >>> lab = Laboratory()
    >>> lab.controls["bias"].value = 10.0
    >>> lab.experiment.bias, lab.message.value
    (10.0, '<p>A closed form applies.</p>')
    """

    def __init__(self) -> None:
        from ipywidgets import HTML, Button, IntProgress, Text, Textarea

        self.experiment: Experiment | None = None
        self.run: Training | None = None
        self.controls = make_controls()
        self.solve = Button(description="Find the optimum")
        self.train = Button(description="Train", button_style="primary")
        self.save = Button(description="Write the files")
        self.folder = Text(placeholder="an existing folder", description="folder")
        self.progress = IntProgress(description="training")
        self.message, self.picture, self.numbers = HTML(), HTML(), HTML()
        wide = {"layout": {"width": "98%", "height": "16em"}, "disabled": True}
        self.script, self.table = Textarea(**wide), Textarea(**wide)
        self._last_picture = 0.0
        self.solve.on_click(lambda _: self._try(self._solve))
        self.train.on_click(lambda _: self._try(self._train))
        self.save.on_click(lambda _: self._try(self._save))
        for control in self.controls.values():
            control.observe(lambda _: self._choose(), names="value")
        self._choose()
        self.box = self._boxes()

    def _ipython_display_(self) -> None:
        from IPython.display import display

        display(self.box)  # type: ignore[no-untyped-call]

    def _boxes(self) -> VBox:
        from ipywidgets import Accordion, HBox, VBox

        columns = [VBox([self.controls[name] for name in names]) for names in GROUPS.values()]
        export = VBox([self.script, self.table, HBox([self.folder, self.save])])
        choices = Accordion(columns, titles=tuple(GROUPS), selected_index=0)
        return VBox(
            [
                choices,
                HBox([self.solve, self.train, self.progress]),
                self.message,
                self.picture,
                self.numbers,
                Accordion([export], titles=("Export: script and table",)),
            ]
        )

    def _choose(self) -> None:
        """The choices have changed: what was found before is no longer shown."""
        self.run = self.experiment = None
        self.picture.value = self.numbers.value = self.script.value = self.table.value = ""
        self.progress.value = 0
        chosen = {name: control.value for name, control in self.controls.items()}
        for name, kind in OF_INPUTS.items():
            shown = kind == chosen["inputs"] and not (name == "k3" and chosen["n_latents"] == 2)
            self.controls[name].layout.display = "" if shown else "none"
        try:
            self.experiment = experiment_of(chosen)
        except ValueError as bad:
            self._say(str(bad))
        else:
            self._say(_form(self.experiment))
        self.solve.disabled = self.train.disabled = self.experiment is None

    def _try(self, action: Callable[[Experiment], None]) -> None:
        """Run an action of a button; what goes wrong is shown to the reader, not lost in a log."""
        if self.experiment is None:
            return
        self.solve.disabled = self.train.disabled = True
        try:
            action(self.experiment)
        except (ValueError, OSError, ArithmeticError, np.linalg.LinAlgError) as failed:
            self._say(str(failed))
        finally:
            self.solve.disabled = self.train.disabled = False

    def _solve(self, experiment: Experiment) -> None:
        experiment.optimum()
        self._show(experiment)

    def _train(self, experiment: Experiment) -> None:
        self.run = None
        experiment.optimum()
        self.progress.max, self.progress.value = experiment.n_steps, 0
        self.run = experiment.train(watch=partial(self._watch, experiment))
        self._show(experiment)

    def _watch(self, experiment: Experiment, run: Training) -> None:
        self.progress.value = int(run.steps[-1])
        if monotonic() - self._last_picture > _SECONDS_BETWEEN_PICTURES:
            self._draw(experiment, run, ended=False)
            self._last_picture = monotonic()

    def _show(self, experiment: Experiment) -> None:
        self._draw(experiment, self.run, ended=True)
        self._say(f"Optimum: {experiment.verdict()}. {_form(experiment)}")
        self.numbers.value = _html_table(experiment.measures(self.run))
        self.script.value, self.table.value = experiment.script(), experiment.table(self.run)

    def _draw(self, experiment: Experiment, run: Training | None, *, ended: bool) -> None:
        result = _result(experiment, run, ended=ended)
        highest = float(np.sum(experiment.task.labels**2)) / 2
        if run is not None:
            highest = max(highest, float(run.loss.max()))
        views = _views(experiment.n_steps, (result["loss"] / 2, 1.5 * highest))
        shown = Explorer(
            name="laboratory",
            title="The laboratory",
            description="Loss and parallelism score of the network in training, and six measures "
            "of it beside those of the optimum.",
            compute=lambda: result,
            parameters=(),
            views=views,
            readouts=_READOUTS,
        )
        self.picture.value = picture(shown, result)

    def _save(self, experiment: Experiment) -> None:
        if not self.folder.value.strip():
            raise ValueError("folder must be named: nothing is written before")
        folder = Path(self.folder.value).expanduser()
        if not folder.is_dir():
            raise ValueError(f"folder must exist, found none at {folder}")
        report = json.dumps(experiment.report(self.run), indent=1, ensure_ascii=False)
        texts = {"py": experiment.script(), "csv": experiment.table(self.run), "json": report}
        for ending, text in texts.items():
            (folder / f"experiment.{ending}").write_text(text, encoding="utf8")
        self._say(f"Written: {', '.join(str(folder / f'experiment.{e}') for e in texts)}")

    def _say(self, text: str) -> None:
        self.message.value = f"<p>{escape(text)}</p>"


def _form(experiment: Experiment) -> str:
    status = experiment.closed_form_status()
    return "A closed form applies." if status == "applies" else f"{status[0].upper()}{status[1:]}."


def _html_table(columns: dict[str, dict[str, float | None]]) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in ("", *columns))
    rows = [
        "".join(f"<td>{_shown(column[name])}</td>" for column in columns.values())
        for name in columns["optimum"]
    ]
    body = "".join(
        f"<tr><th>{escape(name)}</th>{cells}</tr>"
        for name, cells in zip(columns["optimum"], rows, strict=True)
    )
    return f"<table><tr>{head}</tr>{body}</table>"
