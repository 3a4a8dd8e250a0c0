"""Explorers: what every one of them keeps, and the page's frames against the library."""

from pathlib import Path

import numpy as np
import pytest

from absrep import widgets
from absrep.widgets import Dots, Explorer, Line, Panel, Parameter, Readout, Scene, Words
from absrep.widgets._marks import Squares
from absrep.widgets._svg import _ticks, coordinates, path, project

from .explorers import Parts, explorer, grid, makers, page

MAKERS = makers()


def frame_of(part, frame):
    return part["frames"][part["index"][frame] if "index" in part else 0]


@pytest.mark.parametrize("name", MAKERS)
class TestEveryExplorer:
    def test_is_named_and_described(self, name):
        made = explorer(name)
        assert made.name == name
        assert len(made.description) > 60 and made.description.endswith(".")
        labels = Parts(page(name)).labels
        assert len(labels) == len(made.views) and all(labels)

    def test_weighs_at_most_300_KiB_and_loads_nothing(self, name):
        html = page(name)
        assert len(html.encode()) <= 300 * 1024
        assert Parts(html).addresses == [] and "http" not in html and "url(" not in html

    def test_the_pages_readouts_are_the_librarys(self, name):
        made, readouts = explorer(name), Parts(page(name)).frames["readouts"]
        points = list(grid(made))
        some = np.random.default_rng(0).permutation(len(points))[:25]
        for i in some:
            fresh = made.readouts_at(**points[i])
            assert {key: frame_of(part, i) for key, part in readouts.items()} == fresh

    def test_the_pages_drawing_is_the_librarys(self, name):
        made, drawn = explorer(name), Parts(page(name)).frames["marks"]
        points = list(grid(made))
        for i in np.random.default_rng(1).permutation(len(points))[:5]:
            result, parts = made.compute(**points[i]), iter(drawn)
            for view in made.views:
                for mark in view.marks:
                    part = next(parts)
                    if part is None:
                        continue
                    words = frame_of(part, i).split()
                    kept = np.array([np.nan if word == "n" else float(word) for word in words])
                    wanted = coordinates(view, mark, result)
                    np.testing.assert_array_equal(kept.reshape(wanted.shape), wanted)

    def test_shows_its_first_frame_without_any_script(self, name):
        made = explorer(name)
        start = {p.name: p.values[p.start] for p in made.parameters}
        assert Parts(page(name)).shown == made.readouts_at(**start)

    def test_nothing_lies_outside_its_view_altogether(self, name):
        made = explorer(name)
        for values in list(grid(made))[:: max(1, len(list(grid(made))) // 40)]:
            result = made.compute(**values)
            for view in made.views:
                for mark in view.marks:
                    points = coordinates(view, mark, result)
                    if isinstance(view, Scene):
                        points = project(points, view.azimuth, view.elevation)
                    kept = points[np.all(np.isfinite(points), axis=1)]
                    if len(kept):
                        x, y = kept.T / 10
                        seen = (x >= -1) & (x <= 341) & (y >= -1) & (y <= 261)
                        assert seen.any(), (mark, values)


def test_every_chapter_has_its_explorers_from_the_module_of_its_name():
    homes = {name: getattr(widgets, name).__module__.rpartition("._")[2] for name in MAKERS}
    for chapter in sorted(Path(__file__).parents[2].glob("book/*.ipynb")):
        text = chapter.read_text(encoding="utf8")
        shown = {name for name in MAKERS if f"{name}()" in text}
        assert shown == {name for name in MAKERS if homes[name] == chapter.stem}
        assert shown or chapter.stem == "proofs"


def circle(**changes):
    settings = {
        "name": "circle",
        "title": "A <circle>",
        "description": 'A circle & its "area".',
        "compute": lambda radius: {"path": [[0, 0], [radius, 1]], "area": np.pi * radius**2},
        "parameters": (Parameter("radius", "r", np.linspace(0, 1, 11), start=5, unit="cm"),),
        "views": (Panel("x", "y", (0, 1), (0, 1), (Line("path", "radius"),)),),
        "readouts": (Readout("area", "area", ".2f", "cm²"),),
    }
    return Explorer(**settings | changes)


def test_a_page_keeps_equal_frames_once():
    still = circle(compute=lambda radius: {"path": [[0, 0], [1, 1]], "area": round(radius)})
    frames = Parts(still._repr_html_()).frames
    assert frames["marks"] == [None]
    assert frames["readouts"]["area"] == {
        "frames": ["0.00 cm²", "1.00 cm²"],
        "index": [0] * 6 + [1] * 5,
    }


def test_text_is_escaped():
    html = circle()._repr_html_()
    assert "A &lt;circle&gt;" in html and "&amp; its &quot;area&quot;" in html


def test_sliders_say_what_is_computed():
    parameter = Parameter("decay", "λ", np.geomspace(1e-3, 1, 7))
    assert parameter.values == (0.001, 0.00316, 0.01, 0.0316, 0.1, 0.316, 1.0)
    assert [parameter.text(value) for value in parameter.values[:2]] == ["0.001", "0.00316"]
    assert Parameter("x", "x", [-1, 1], unit="Hz").text(-1) == "−1 Hz"
    assert Parameter("x", "x", [0, 1], words=("off", "on")).text(1) == "on"


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (lambda: Parameter("decay", "λ", [1.0]), "decay"),
        (lambda: Parameter("decay", "λ", [1.0, np.nan]), "decay"),
        (lambda: Parameter("decay", "λ", [1.0, 1.0001]), "decay"),
        (lambda: Parameter("decay", "λ", [1, 2], start=2), "start of decay"),
        (lambda: Parameter("decay", "λ", [1, 2], words=("one",)), "words of decay"),
        (lambda: Readout("loss", "L").text(np.nan), "loss"),
        (
            lambda: circle(compute=lambda radius: {"path": [1.0, 2.0], "area": 1})._repr_html_(),
            "path",
        ),
        (lambda: circle(compute=lambda radius: {"area": 1})._repr_html_(), "path"),
    ],
)
def test_a_wrong_description_is_named(make, named):
    with pytest.raises((ValueError, KeyError), match=named):
        make()


def test_words_need_one_text_per_point():
    view = Scene((Words("path", texts=("a",)),), radius=1.0)
    wrong = circle(views=(view,), compute=lambda radius: {"path": np.zeros((2, 3)), "area": 1})
    with pytest.raises(ValueError, match="texts"):
        wrong._repr_html_()


def test_readouts_show_no_negative_zero():
    assert Readout("loss", "L").text(-1e-9) == "0.000"
    assert Readout("loss", "L").text(-1.0) == "−1.000"
    assert Readout("gap", "gap", ".0e").text(0.0) == "0"
    assert Readout("state", "state").text("collapsed") == "collapsed"


def test_axes_put_points_where_they_belong():
    panel = Panel("x", "y", (0, 10), (1, 100), (Dots("p"),), ylog=True)
    corners = coordinates(panel, Dots("p"), {"p": [[0, 1], [10, 100], [5, 10], [5, 0]]})
    left, right, middle, gone = corners
    np.testing.assert_array_equal(left + right, 2 * middle)
    assert right[0] - left[0] == 2700 and left[1] - right[1] == 1880
    assert gone[1] == 9999  # log of 0: far below the axis, not an error


def test_a_square_has_the_area_of_its_entry():
    corners = Squares("k", largest=4.0).points(np.array([[4.0, 1.0], [0.0, -4.0]]))
    first, second = corners[:4], corners[5:9]
    side = lambda square: np.ptp(square, axis=0)  # noqa: E731
    np.testing.assert_allclose(side(first), 2 * side(second))
    assert len(corners) == 10  # zero and negative entries have none
    negative = Squares("k", largest=4.0, sign=-1).points(np.array([[4.0, 1.0], [0.0, -4.0]]))
    np.testing.assert_allclose(negative[:4].mean(axis=0), [1, -1])


def test_paths_lift_the_pen_at_gaps():
    points = np.array([[0, 0], [10, 0], [np.nan, np.nan], [0, 10], [10, 10.0]])
    assert path(Line("x"), points) == "M0.0,0.0L1.0,0.0M0.0,1.0L1.0,1.0"


def test_a_turned_scene_keeps_lengths_along_the_view():
    # Orthogonal projection: the squared lengths seen in three views at right angles add up to
    # twice the squared length.
    points = np.random.default_rng(0).standard_normal((6, 3))
    origin = project(np.zeros((1, 3)), 0, 0)
    views = [project(points, *turn) - origin for turn in [(0, 0), (90, 0), (0, 90)]]
    seen = sum((view**2).sum(axis=1) for view in views)
    np.testing.assert_allclose(seen, 2 * (points**2).sum(axis=1))


def test_ticks_of_a_wide_logarithmic_axis_stay_on_it():
    ticks = _ticks((1e-6, 1e3), log=True)
    assert [word for _, word in ticks] == ["10⁻⁶", "10⁻⁴", "10⁻²", "10⁰", "10²"]
