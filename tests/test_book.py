"""Claims, figures and the machinery that makes the book's pages."""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml

from absrep.claims import MIME_TYPE, Claim, claim

from .check_site import problems_of

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "book").glob("*.ipynb"))


def record(capsys, *args, **kwargs):
    claim(*args, **kwargs)
    return capsys.readouterr().out.strip()


def test_a_claim_that_holds_says_so(capsys):
    text = record(capsys, "A1", "a number", [0.9, 1.0, 1.1], equals=1, within=0.2)
    assert text == "A1 ✓ holds: a number = 1 (0.9 to 1.1 over 3 values) (expected 1 ± 0.2)"


@pytest.mark.parametrize(
    "bounds",
    [{"equals": 1, "within": 0.05}, {"at_least": 0.95}, {"at_most": 1.05}],
)
def test_one_value_outside_fails_the_claim(bounds):
    with pytest.raises(AssertionError, match="claim A1 fails"):
        claim("A1", "a number", [0.9, 1.0, 1.1], **bounds)


def test_a_finding_takes_the_place_of_a_failure_and_of_nothing_else(capsys):
    text = record(capsys, "A1", "a number", 0.5, at_least=1, finding="it is one half")
    assert "✗ does not hold" in text and "Finding: it is one half" in text
    with pytest.raises(AssertionError, match="holds after all"):
        claim("A1", "a number", 1.5, at_least=1, finding="it is one half")


@pytest.mark.parametrize(
    ("bounds", "named"),
    [
        ({"equals": 1}, "within"),
        ({"within": 1}, "equals"),
        ({}, "equals"),
        ({"equals": 1, "within": 1, "at_least": 0}, "at_least"),
        ({"at_most": np.nan}, "at_most"),
    ],
)
def test_incomplete_bounds_are_an_error(bounds, named):
    with pytest.raises(ValueError, match=named):
        claim("A1", "a number", 1.0, **bounds)


def test_nothing_is_claimed_of_nan():
    with pytest.raises(ValueError, match="measured"):
        claim("A1", "a number", [1.0, np.nan], at_least=0)


def test_the_record_survives_the_notebook_file():
    made = Claim("A1", "a <number>", "1", "1 ± 0", True, "fig-x")
    bundle = json.loads(json.dumps(made._repr_mimebundle_()))
    assert Claim(**bundle[MIME_TYPE]) == made
    assert "a &lt;number&gt;" in bundle["text/html"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_are_committed_clean_and_readable(path):
    cells = json.loads(path.read_text(encoding="utf8"))["cells"]
    for cell in cells:
        if cell["cell_type"] == "code":
            lines = [line for line in "".join(cell["source"]).splitlines() if line.strip()]
            assert cell["outputs"] == [] and cell["execution_count"] is None
            assert len(lines) <= 15, lines[0]
            assert max(map(len, lines)) <= 80, lines


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_figure_of_a_notebook_has_a_name_a_caption_and_alternative_text(path):
    cells = json.loads(path.read_text(encoding="utf8"))["cells"]
    drawing = [
        cell
        for cell in cells
        if cell["cell_type"] == "code" and re.search(r"^plot_\w+\(", "".join(cell["source"]), re.M)
    ]
    assert drawing
    for cell in drawing:
        shown = cell["metadata"]["mystnb"]
        assert shown["figure"]["name"].startswith("fig-")
        assert len(shown["figure"]["caption"]) > 20 and len(shown["image"]["alt"]) > 20


def test_every_claim_made_is_listed_once():
    parts = yaml.safe_load((ROOT / "book/claims.yml").read_text(encoding="utf8"))
    listed = [entry["id"] for part in parts for entry in part["claims"]]
    assert len(listed) == len(set(listed)) == 43


@pytest.mark.parametrize(
    ("html", "problem"),
    [
        ('<script src="https://cdn.example/x.js"></script>', "loads"),
        ('<link rel="stylesheet" href="//cdn.example/x.css">', "loads"),
        ('<img src="a.png" alt="../_images/a.png">', "alternative text"),
        ('<img src="a.png">', "alternative text"),
        ('<img src="a.png" alt="">', "alternative text"),
        ('<svg role="img"><path d=""/></svg>', "alternative text"),
        ('<svg role="img" aria-label=""><path d=""/></svg>', "alternative text"),
        ('<figure><img src="a.png" alt="a square"></figure>', "caption"),
        ('<figure><img src="a.png" alt="a"><figcaption>A square.</figcaption></figure>', "number"),
        (f"<p>{Path.cwd()}/x.py</p>", "folder"),
    ],
)
def test_the_site_check_finds_what_it_is_for(tmp_path, html, problem):
    page = tmp_path / "page.html"
    page.write_text(html)
    assert any(problem in found for found in problems_of(page))


def test_the_site_check_passes_a_good_page_and_no_empty_site(tmp_path):
    page = tmp_path / "page.html"
    page.write_text(
        '<link rel="canonical" href="https://example.org"><a href="https://example.org">x</a>'
        '<figure><img src="a.png" alt="a square"><figcaption>'
        '<span class="caption-number">Fig. 1</span> A square.</figcaption></figure>'
        '<svg role="img" aria-label="a square"></svg><svg aria-hidden="true"></svg>'
    )
    assert problems_of(page) == []
    empty = subprocess.run([sys.executable, ROOT / "tests/check_site.py", tmp_path / "none"])
    assert empty.returncode == 1


def test_the_readme_example_runs():
    code = (ROOT / "README.md").read_text(encoding="utf8").split("```python\n")[1].split("```")[0]
    names = {}
    exec(code, names)
    assert (names["scores"].parallelism > 0.8).all()
    assert (names["null"].p_value < 0.05).all()


@pytest.mark.parametrize(
    ("limit", "written"),
    [(1 - 1e-9, "1 − 1e-09"), (1 + 1e-6, "1 + 1e-06"), (0.99, "0.99"), (1, "1"), (1e-9, "1e-09")],
)
def test_limits_beside_a_whole_number_show_the_difference(limit, written, capsys):
    assert f"(expected ≥ {written})" in record(capsys, "A1", "a number", 2.0, at_least=limit)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_text_refers_to_every_figure(path):
    cells = json.loads(path.read_text(encoding="utf8"))["cells"]
    text = "".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
    named = {c["metadata"]["mystnb"]["figure"]["name"] for c in cells if "mystnb" in c["metadata"]}
    # Figures with sliders stand where the text asks for them.
    drawn = {name for name in named if not name.startswith("fig-explore")}
    assert drawn <= set(re.findall(r"\{numref\}`(?:[^`<]*<)?([\w-]+)>?`", text))
