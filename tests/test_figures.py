"""Figures draw, name their axes and leave the reader's settings alone."""

import numpy as np
import pytest

from absrep.figures import (
    plot_bound,
    plot_geometries,
    plot_images,
    plot_kernels,
    plot_phases,
    plot_scores,
    plot_sweep,
    plot_training,
)
from absrep.geometry import AbstractionScores
from absrep.nets import Training

from .helpers import latents

SQUARE = latents(2)
SCORES = AbstractionScores(*np.random.default_rng(0).random((3, 5, 2)))
FIGURES = {
    "geometries": lambda: plot_geometries({"a": SQUARE, "b": np.eye(4)}, SQUARE, ["u", "v"]),
    "bound": lambda: plot_bound(
        {"a": ([0.1, 1], [0.1, 0.5])}, ([0.1, 1], [0.2, 1]), xlabel="x", ylabel="y", label="most"
    ),
    "cube": lambda: plot_geometries({"a": latents(3)}, latents(3), ["u", "v", "w"]),
    "images": lambda: plot_images(np.zeros((2, 8, 8)), ["a", "b"]),
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
    "scores": lambda: plot_scores({"before": SCORES, "after": SCORES}, ["u", "v"]),
    "sweep": lambda: plot_sweep(
        theory={"a": ([0, 1], [0, 1])},
        simulated={"a": ([0, 1], [[0, 1]])},
        optimum={"b": ([0.5], [1])},
        boundaries={"here": 0.5},
        xlabel="x",
        ylabel="y",
    ),
    "training": lambda: plot_training(
        Training(None, np.array([0, 1, 10]), np.ones((3, 4)), np.ones((3, 4))),
        np.ones((3, 4, 2)),
        ["u", "v"],
        floor=0.5,
    ),
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
