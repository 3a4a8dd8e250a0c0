"""Figures draw, name their axes and leave the reader's settings alone."""

import numpy as np
import pytest

from absrep.figures import (
    plot_eigenvalues,
    plot_geometries,
    plot_images,
    plot_kernels,
    plot_scores,
    plot_step_overlap,
    plot_sweep,
    plot_training,
)
from absrep.geometry import AbstractionScores
from absrep.nets import Training

from .helpers import latents

SQUARE = latents(2)
SCORES = AbstractionScores(*np.random.default_rng(0).random((3, 5, 2)))
FIGURES = {
    "eigenvalues": lambda: plot_eigenvalues({"a": [1, 1j]}, {"a": {"labels": 1.2}}),
    "geometries": lambda: plot_geometries({"a": SQUARE, "b": np.eye(4)}, SQUARE, ["u", "v"]),
    "cube": lambda: plot_geometries({"a": latents(3)}, latents(3), ["u", "v", "w"]),
    "images": lambda: plot_images(np.zeros((2, 8, 8)), ["a", "b"]),
    "kernels": lambda: plot_kernels({"a": np.eye(4), "b": SQUARE @ SQUARE.T}, list("abcd")),
    "scores": lambda: plot_scores({"before": SCORES, "after": SCORES}, ["u", "v"]),
    "steps": lambda: plot_step_overlap({"a": np.eye(3), "b": np.ones((3, 3))}),
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
