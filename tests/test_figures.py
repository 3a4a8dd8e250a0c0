"""Figures draw, name their axes and leave the reader's settings alone."""

from io import BytesIO

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from absrep.canonical import power_law
from absrep.figures import (
    ExponentPanel,
    plot_alignments,
    plot_bound,
    plot_courses,
    plot_dichotomies,
    plot_distributions,
    plot_eigenvalues,
    plot_examination,
    plot_excess,
    plot_exponent_plane,
    plot_exponents,
    plot_geometries,
    plot_images,
    plot_intervals,
    plot_kernels,
    plot_landscape,
    plot_map,
    plot_mazes,
    plot_neurons,
    plot_phases,
    plot_power_laws,
    plot_preactivations,
    plot_readout_plane,
    plot_readouts,
    plot_replicas,
    plot_scatter,
    plot_scores,
    plot_signals,
    plot_step_overlap,
    plot_sweep,
    plot_table,
    plot_training,
    plot_trial,
)
from absrep.geometry import AbstractionScores
from absrep.mazes import Mazes
from absrep.microscope import examine
from absrep.nets import Training

from .helpers import latents

SQUARE = latents(2)
TRIAL = {
    "evidence": np.random.default_rng(0).random((4, 2)),
    "mean": np.full((4, 2), 0.2),
    "spread": np.full(4, 0.1),
    "latents": [0.3, 0.1],
    "normals": np.eye(2),
    "offsets": [0.1, 0],
    "half_widths": [0.5, 0.5],
    "steps": [1, 4],
}
MAZES = Mazes(2, [[True, True, True, False], [True, False, False, False]])
SCORES = AbstractionScores(*np.random.default_rng(0).random((3, 5, 2)))
NETWORKS = pd.DataFrame(
    {
        "tasks": [2, 2, 2, 24, 24, 24],
        "kind": ["a", "a", "b", "a", "b", "b"],
        "r2": [0.1, 0.3, 0.5, 0.7, 0.9, -3.0],
        "loss": [0.1, float("nan"), 0.1, 0.2, 0.3, 0.4],
    }
)
FIGURES = {
    "alignments": lambda: plot_alignments(
        {"a": [[0.9, 0.1]], "b": [[0.3, -0.2], [1, 0]]},
        {"a": [[2, 0]], "b": [[1, 0], [2, 0]]},
        {"a": ["one"], "b": ["one", "two"]},
        ["x", "y"],
        value="z",
    ),
    "eigenvalues": lambda: plot_eigenvalues({"a": [1, 1j]}, {"a": {"labels": 1.2}}),
    "dichotomies": lambda: plot_dichotomies(
        {"PS": {"cube": [1, 0, 0]}}, {"PS": {"cube": [1, 0, 0]}}, ["latent", "XOR", "XOR"]
    ),
    "distributions": lambda: plot_distributions(
        {"PS": {"a": [0, 1], "b": [0, 0]}, "x": {"a": [1]}}
    ),
    "exponents": lambda: plot_exponents(
        {"a": ExponentPanel(([1, 2], [1, 0]), ([1, 2], [[1, 0]]), ([1, 2], [1, 1]))}
    ),
    "geometries": lambda: plot_geometries({"a": SQUARE, "b": np.eye(4)}, SQUARE, ["u", "v"]),
    "bound": lambda: plot_bound(
        {"a": ([0.1, 1], [0.1, 0.5])}, ([0.1, 1], [0.2, 1]), xlabel="x", ylabel="y", label="most"
    ),
    "cube": lambda: plot_geometries({"a": latents(3)}, latents(3), ["u", "v", "w"]),
    "images": lambda: plot_images(np.zeros((2, 8, 8)), ["a", "b"]),
    "exponent plane": lambda: plot_exponent_plane(
        {"u": (1, -1, 1), "v": (1, 0, 0)},
        {"a": ([0.5], [1])},
        xlabel="x",
        ylabel="y",
        stars=([0], [1]),
    ),
    "examination": lambda: plot_examination(
        examine(
            np.random.default_rng(0).poisson(5.0, (24, 6)),
            np.repeat([[-1, -1], [-1, 1], [1, -1], [1, 1]], 6, axis=0),
            rng=0,
            n_shuffles=5,
        )
    ),
    "courses": lambda: plot_courses(
        {"a": {"p": ([0, 1, 3], [[0, 1, 2], [1, 1, 2]])}, "b": {"q": ([0, 1], [[0, 1]])}},
        xlabel="x",
        ylabel="y",
        levels={"a": {"chance": 0.5}},
        marks={"change": 2},
    ),
    "intervals": lambda: plot_intervals(
        {"a": {"p": ([1, np.nan], [0, np.nan], [2, np.inf])}},
        ["u", "v"],
        xlabel="x",
        ylabel="y",
        marks={"theory": 2},
    ),
    "map": lambda: plot_map(
        {"a": [[0, 1], [np.nan, 0.3]]}, ["u", "v"], ["p", "q"], xlabel="x", ylabel="y", value="z"
    ),
    "power laws": lambda: plot_power_laws(
        {"a": power_law(*(np.diag([1.0, 2.0, 3.0])[None].repeat(3, 0) ** p for p in (1, 2, 1)))},
        {"a": ("x", "y")},
    ),
    "kernels": lambda: plot_kernels({"a": np.eye(4), "b": SQUARE @ SQUARE.T}, list("abcd")),
    "phases": lambda: plot_phases(
        {"a": [[0, 1], [1, 0.3]], "b": [[0, 0], [0, 0]]},
        [0.5, 1],
        [1, 2],
        levels=[0, 1],
        names=["off", "on"],
        boundaries={"a": ([0.5, 0.7, 1], [1, 2], [[0, 0, 1], [0, 1, 1]])},
        simulated={"b": ([0.7], [1.5], [0.2])},
        xlabel="x",
        ylabel="y",
        value="z",
    ),
    "continuous phases": lambda: plot_phases(
        {"a": [[0, 1], [1, 0.3]]}, [0, 1], [1, 2], xlabel="x", ylabel="y", value="z", scale="linear"
    ),
    "read-out plane": lambda: plot_readout_plane({"a": SQUARE, "b": np.ones((3, 2))}),
    "mazes": lambda: plot_mazes(
        MAZES,
        ["first", "second"],
        paths={"right": [[1, 0, 2, 3], [0, 1, -1, -1]], "said": [[1, 3, -1, -1], [0, -1, -1, -1]]},
        origin=[1, 0],
        target=[3, 1],
        edge_values=[[0, 0.2, 0.4, 1]] * 2,
        cell_values=np.zeros((2, 4)),
        value="p",
        columns=1,
    ),
    "excess": lambda: plot_excess({"a": [1e-3, 1.0], "b": [10.0]}, xlabel="x"),
    "landscape": lambda: plot_landscape(
        [0, 1, 2],
        [0, 1],
        {"a": [[0, 1, 2], [3, 4, 5]], "b": [[-1, 1, 2], [3, 4, 5]], "c": -np.ones((2, 3))},
        xlabel="x",
        ylabel="y",
        label="z",
        neurons={name: np.ones((2, 1)) for name in "abc"},
        marks=np.ones((2, 2)),
    ),
    "neurons": lambda: plot_neurons(
        {"a": np.eye(4), "b": np.ones((4, 2))},
        directions={"u": SQUARE + 1, "v": SQUARE[:, 0]},
        masses={"a": np.arange(4), "b": [1, 1]},
    ),
    "preactivations": lambda: plot_preactivations({"a": SQUARE, "b": np.eye(4)}, list("abcd")),
    "readouts": lambda: plot_readouts({"a": SQUARE, "b": np.zeros((5, 2))}, ["u", "v"]),
    "replicas": lambda: plot_replicas(
        NETWORKS,
        "tasks",
        {"r2": "r²", "loss": "loss"},
        groups="kind",
        theory={"bound": ([2, 24], [1, 1])},
        ylim=(0, 1),
        xlabel="tasks",
    ),
    "replicas by name": lambda: plot_replicas(
        NETWORKS, "kind", {"r2": "r²", "loss": "loss"}, panels="tasks", xlabel="kind", ylabel="y"
    ),
    "scatter": lambda: plot_scatter(
        simulated={"u": ([0, 1], [0, 1]), "v": ([0.2], [0.3])},
        optimum={"u": ([0, 1], [0, 1])},
        highlighted={"whitened": ([0.5], [1])},
        diagonal=True,
        xlabel="x",
        ylabel="y",
    ),
    "scores": lambda: plot_scores({"before": SCORES, "after": SCORES}, ["u", "v"]),
    "steps": lambda: plot_step_overlap({"a": np.eye(3), "b": np.ones((3, 3))}),
    "signals": lambda: plot_signals({"a": {"relu": ([1, 2], [1, 1], [1, 1])}}),
    "sweep": lambda: plot_sweep(
        theory={"a": ([0, 1], [0, 1])},
        simulated={"a": ([0, 1], [[0, 1]])},
        optimum={"b": ([0.5], [1])},
        boundaries={"here": 0.5},
        xlabel="x",
        ylabel="y",
    ),
    "table": lambda: plot_table([[1, 2], [1, -3]], ["a", "b"], ["PS", "PR"]),
    "training": lambda: plot_training(
        Training(None, np.array([0, 1, 10]), np.ones((3, 4)), np.ones((3, 4))),
        np.ones((3, 4, 2)),
        ["u", "v"],
        floor=0.5,
    ),
    "trial": lambda: plot_trial(**TRIAL),
}


@pytest.mark.parametrize("name", FIGURES)
def test_figures_draw_with_every_axis_named_and_leave_nothing_behind(name):
    import matplotlib as mpl

    before = dict(mpl.rcParams)
    figure = FIGURES[name]()
    assert figure._repr_png_().startswith(b"\x89PNG")
    assert dict(mpl.rcParams) == before
    for axes in figure.axes:
        if axes.axison and axes.get_label() != "<colorbar>":
            named = axes.get_xlabel() or "before" in [t.get_text() for t in axes.get_xticklabels()]
            assert named and (axes.get_ylabel() or axes.get_subplotspec().colspan.start > 0)


def test_geometry_is_drawn_to_scale():
    # The drawing is a rotation: distances between conditions are those of the patterns.
    from absrep.figures._representations import _in_three_dimensions

    rng = np.random.default_rng(0)
    tetrahedron = np.linalg.qr(rng.standard_normal((6, 6)))[0][:4]
    drawn, _ = _in_three_dimensions(tetrahedron, SQUARE)

    def apart(points):
        return np.linalg.norm(points[:, None] - points[None], axis=-1)

    np.testing.assert_allclose(apart(drawn), apart(tetrahedron), atol=1e-12)


def test_short_log_axes_have_few_plain_labels():
    figure = plot_sweep(
        theory={"a": ([12, 100], [2, 60])}, xlabel="x", ylabel="y", xscale="log", yscale="log"
    )
    figure._repr_png_()
    axes = figure.axes[0]
    for axis, (low, high) in ((axes.xaxis, axes.get_xlim()), (axes.yaxis, axes.get_ylim())):
        ticks = zip(axis.get_ticklocs(), axis.get_ticklabels(), strict=True)
        shown = [label.get_text() for place, label in ticks if low <= place <= high]
        assert shown == [f"{number}" for number in (2, 5, 10, 20, 50, 100) if low <= number <= high]
        assert not any(label.get_text() for label in axis.get_ticklabels(minor=True))


def test_phases_have_the_colour_of_the_nearest_level_and_name_bad_input():
    from absrep.figures._phases import _norm

    norm = _norm([np.array([[-0.2, 1.3]])], np.array([0.0, 0.25, 1.0]))
    colours = norm([-0.2, 0.0, 0.12, 0.13, 0.25, 0.62, 0.63, 1.0, 1.3])
    assert (np.diff(colours) > 0).tolist() == [0, 0, 1, 0, 0, 1, 0, 0]
    words = {"xlabel": "x", "ylabel": "y", "value": "z"}
    for call, named in (
        (lambda: plot_phases({"a": np.eye(2)}, [1, 2, 3], [1, 2], **words), "maps"),
        (lambda: plot_phases({"a": np.eye(2)}, [2, 1], [1, 2], **words), "x"),
        (lambda: plot_phases({"a": np.eye(2)}, [1, 2], [1, 2], levels=[1, 0], **words), "levels"),
        (
            lambda: plot_phases(
                {"a": np.eye(2)}, [1, 2], [1, 2], simulated={"b": ([1], [1], [1])}, **words
            ),
            "simulated",
        ),
        (
            lambda: plot_phases(
                {"a": np.eye(2)}, [1, 2], [1, 2], boundaries={"a": ([1, 2], [1, 2], [[1]])}, **words
            ),
            "boundaries",
        ),
    ):
        with pytest.raises(ValueError, match=f"^{named}"):
            call()


def test_neurons_are_drawn_along_given_axes_or_those_that_hold_them():
    from absrep.figures._preactivations import _principal_axes

    rng = np.random.default_rng(0)
    plane = rng.standard_normal((6, 3)) @ rng.standard_normal((3, 20))
    basis, _ = _principal_axes(plane)
    np.testing.assert_allclose(basis @ basis.T @ plane, plane, atol=1e-12)
    y = SQUARE.T
    drawn = plot_neurons(
        {"a": 3 * y[0][:, None]}, axes={"1": np.ones(4), "u": y[0], "v": y[1]}
    ).axes[0]
    assert drawn.get_ylabel() == "u"
    np.testing.assert_allclose(drawn.collections[0]._offsets3d, [[0], [6], [0]], atol=1e-12)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"axes": {"a": np.ones(4)}}, "axes must be three"),
        ({"axes": {"a": np.ones(4), "b": np.ones(4), "c": SQUARE[:, 0]}}, "axes must be orthog"),
        ({"directions": {"a": np.ones(3)}}, "directions"),
        ({"directions": {"a": np.zeros(4)}}, "directions"),
    ],
)
def test_wrong_axes_and_directions_of_neurons_are_named(options, named):
    with pytest.raises(ValueError, match=named):
        plot_neurons({"a": np.eye(4)}, **options)


def test_losses_below_the_bound_and_landscapes_of_another_shape_are_named():
    with pytest.raises(ValueError, match="groups"):
        plot_excess({"a": [1.0, 0.0]}, xlabel="x")
    with pytest.raises(ValueError, match="energies"):
        plot_landscape([0, 1], [0], {"a": np.ones((2, 1))}, xlabel="", ylabel="", label="")


@pytest.mark.parametrize(
    ("points", "named"),
    [({}, "simulated"), ({"simulated": {"a": ([1, 2], [1])}}, "simulated")],
)
def test_scatter_without_points_is_an_error(points, named):
    with pytest.raises(ValueError, match=named):
        plot_scatter(xlabel="x", ylabel="y", **points)


def test_panels_of_a_scatter_fill_rows_and_its_dots_have_a_name():
    panels = {name: ([0, 1], [0, 1]) for name in "abcde"}
    figure = plot_scatter(
        simulated=panels, xlabel="x", ylabel="y", label="untrained network", n_columns=2
    )
    figure._repr_png_()
    assert [ax.get_title() for ax in figure.axes] == list("abcde")
    assert [ax.get_xlabel() for ax in figure.axes] == ["", "", "", "x", "x"]
    assert [ax.get_ylabel() for ax in figure.axes] == ["y", "", "y", "", "y"]
    for ax, below in zip(figure.axes, (0, 0, 0, 1, 1), strict=True):
        assert ax.xaxis.get_tick_params()["labelbottom"] == bool(below)
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["untrained network"]
    left, top = zip(*(ax.get_position().p0 for ax in figure.axes), strict=True)
    assert len({round(x, 3) for x in left}) == 2 and len({round(y, 3) for y in top}) == 3


def test_a_scatter_is_one_row_unless_told():
    figure = plot_scatter(simulated={name: ([0], [0]) for name in "abc"}, xlabel="x", ylabel="y")
    np.testing.assert_allclose(figure.get_size_inches(), [0.9 + 3 * 3.4, 4])
    assert [ax.get_xlabel() for ax in figure.axes] == ["x"] * 3
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["trained network"]
    with pytest.raises(ValueError, match=r"^n_columns"):
        plot_scatter(simulated={"a": ([0], [0])}, xlabel="x", ylabel="y", n_columns=0)


def test_replicas_are_summed_up_by_median_and_middle_half():
    figure = plot_replicas(NETWORKS, "tasks", {"r2": "r²"}, groups="kind", xlabel="tasks")
    (axes,) = figure.axes
    first, second = axes.containers
    np.testing.assert_allclose(first.lines[0].get_ydata(), [0.2, 0.7])
    np.testing.assert_allclose(second.lines[0].get_ydata(), [0.5, -1.05])
    bars = second.lines[2][0].get_segments()
    np.testing.assert_allclose([bar[:, 1] for bar in bars], [[0.5, 0.5], [-2.025, -0.075]])
    assert [text.get_text() for text in axes.get_xticklabels()] == ["2", "24"]


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"x": "nothing"}, "table"),
        ({"table": NETWORKS[:0]}, "table"),
        ({"measures": {}}, "measures"),
        ({"groups": "kind", "panels": "tasks"}, "measures"),
        ({}, "ylabel"),
        ({"ylabel": "y", "groups": "loss"}, "at most"),
        ({"ylabel": "y", "theory": {"bound": ([3], [1])}}, "theory"),
    ],
)
def test_replicas_that_cannot_be_drawn_are_named(options, named):
    table = NETWORKS.assign(loss=range(6))
    table = pd.concat([table, table.assign(loss=6)])
    defaults = {
        "table": table,
        "x": "tasks",
        "measures": {"r2": "r²", "loss": "loss"},
        "xlabel": "x",
    }
    with pytest.raises(ValueError, match=f"^{named}"):
        plot_replicas(**(defaults | options))


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"steps": [5]}, "steps must be at most 4"),
        ({"mean": np.zeros((3, 2))}, "evidence, mean and spread"),
        ({"evidence": np.zeros((4, 3))}, "evidence, mean and spread"),
        ({"spread": np.ones(3)}, "evidence, mean and spread"),
    ],
)
def test_a_trial_that_does_not_fit_together_is_refused(wrong, named):
    with pytest.raises(ValueError, match=named):
        plot_trial(**TRIAL | wrong)


@pytest.mark.parametrize(
    ("wrong", "error", "named"),
    [
        ({"titles": ["one"]}, ValueError, "titles must be 2"),
        ({"titles": "ab"}, ValueError, "titles must be 2"),
        ({"paths": [[0, 1], [2, 3]]}, TypeError, "paths must be a mapping"),
        ({"paths": {"a": [[0, 1]]}}, ValueError, "paths 'a' must have 2 rows"),
        ({"paths": {"a": [[0, 4], [0, 1]]}}, ValueError, "paths 'a' must be cells, -1 to 3"),
        ({"origin": [0, -1]}, ValueError, "origin must be cells, 0 to 3"),
        ({"target": [0.5, 1]}, ValueError, "target must be cells"),
        ({"edge_values": np.zeros((2, 5))}, ValueError, r"edge_values must have shape \(2, 4\)"),
        ({"cell_values": np.zeros((1, 4))}, ValueError, "cell_values must have shape"),
        ({"limits": (1, 0)}, ValueError, "limits must rise"),
        ({"columns": 0}, ValueError, "columns"),
    ],
)
def test_a_maze_with_what_does_not_fit_is_refused(wrong, error, named):
    with pytest.raises(error, match=named):
        plot_mazes(MAZES, **wrong)


def test_a_maze_has_a_stroke_for_each_wall_and_a_line_for_its_path():
    figure = plot_mazes(MAZES, paths={"way": [[1, 0, 2, 3], [0, 1, -1, -1]]})
    first, second = figure.axes
    (walls,) = first.collections
    np.testing.assert_array_equal(walls.get_segments(), [[[0.5, 0.5], [1.5, 0.5]]])  # 1 | 3
    assert len(second.collections[0].get_segments()) == 3
    (way,) = first.lines
    np.testing.assert_array_equal(way.get_xydata(), [[1, 0], [0, 0], [0, 1], [1, 1]])
    assert len(second.lines[0].get_xydata()) == 2
    assert first.get_ylim()[0] > first.get_ylim()[1]  # rows downwards


def test_a_trial_shows_its_samples_and_the_circles_of_the_spread():
    figure = plot_trial(**TRIAL)
    for axes, t in zip(figure.axes, TRIAL["steps"], strict=True):
        samples = next(line for line in axes.lines if line.get_label() == "samples")
        np.testing.assert_array_equal(samples.get_xydata(), TRIAL["evidence"][:t])
        radii = sorted(patch.radius for patch in axes.patches if hasattr(patch, "radius"))
        np.testing.assert_allclose(radii, [0.1, 0.2])


def test_lines_of_theory_over_words_can_be_told_apart():
    places = {"upper": (["a", "b"], [0.9, 0.8]), "lower": (["b"], [0.5])}
    figure = plot_replicas(NETWORKS, "kind", {"r2": "r²"}, xlabel="kind", theory=places)
    drawn = {line.get_label(): line for line in figure.axes[0].lines}
    np.testing.assert_array_equal(drawn["upper"].get_xydata(), [[0, 0.9], [1, 0.8]])
    np.testing.assert_array_equal(drawn["lower"].get_xydata(), [[1, 0.5]])
    assert drawn["upper"].get_linestyle() != drawn["lower"].get_linestyle()


def test_pages_show_few_colours_and_the_right_ones():
    shades = np.linspace(0, 1, 36).reshape(6, 6)
    names = list("abcdef")
    figure = plot_map({"shades": shades}, names, names, xlabel="x", ylabel="y", value="v")
    drawn = BytesIO()
    figure.savefig(drawn, format="png", bbox_inches="tight")

    def of_areas(picture):
        with Image.open(picture) as image:
            pixels = np.asarray(image.convert("RGB"), dtype=int).reshape(-1, 3)
        colours, counts = np.unique(pixels, axis=0, return_counts=True)
        return colours[counts > 1000], len(colours)

    exact, many = of_areas(drawn)
    shown, few = of_areas(BytesIO(figure._repr_png_()))
    assert many > 256 >= few
    assert len(exact) > 36
    assert np.abs(exact - shown).max() <= 3
