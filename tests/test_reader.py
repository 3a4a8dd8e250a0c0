"""What a reader gets beside the chapters: times, links, citations, and notebooks that start."""

import json
import re
import sys
from pathlib import Path

import nbformat
import pytest
import yaml
from docutils import nodes

from .check_setup import problems_of

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "book").glob("*.ipynb"))
CONFIG = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf8"))
SITE = CONFIG["repository"]["url"]

sys.path.insert(0, str(ROOT / "book/_ext"))  # where Sphinx finds them, too

import how_to_cite  # noqa: E402
import reading_time  # noqa: E402


def first_cells(path):
    cells = json.loads(path.read_text(encoding="utf8"))["cells"]
    return [cell for cell in cells if cell["cell_type"] == "code"][:2], cells[0]


def words(count):
    return nodes.paragraph("", "word " * count)


def test_reading_time_weighs_prose_equations_and_figures():
    prose = nodes.section("", words(1500))
    assert reading_time.reading_minutes(prose) == 10
    formulas = [nodes.math_block("", r"a = \frac{b}{c}", nodes.Text("b c")) for _ in range(20)]
    assert reading_time.reading_minutes(nodes.section("", words(1500), *formulas)) == 20
    figure = [nodes.figure("", nodes.image()) for _ in range(10)]
    assert reading_time.reading_minutes(nodes.section("", words(1500), *figure)) == 15
    inline = nodes.paragraph("", "", *[nodes.math("", "x + y") for _ in range(750)])
    assert reading_time.reading_minutes(nodes.section("", words(750), inline)) == 10


def test_reading_time_passes_over_code_and_solutions_and_is_never_zero():
    hidden = [
        nodes.literal_block("", "word " * 9000),
        reading_time.solution_node("", words(9000)),
        nodes.comment("", "word " * 9000),
    ]
    assert reading_time.reading_minutes(nodes.section("", *hidden)) == 5


def test_every_page_says_why_one_goes_there():
    reasons = yaml.safe_load((ROOT / "book/chapters.yml").read_text(encoding="utf8"))
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf8"))
    pages = [toc["root"], *(page["file"] for part in toc["parts"] for page in part["chapters"])]
    assert list(reasons) == pages
    for reason in reasons.values():
        assert 20 < len(reason) < 160 and reason[-1] in ".?"


def test_the_citation_names_people_groups_title_year_and_address():
    cited = yaml.safe_load(
        """
        title: On Things
        version: 1.2.0
        date-released: 2030-05-06
        repository-code: https://example.org/things
        authors:
          - {family-names: van Dyck, given-names: Ann Beth}
          - {name: The Group}
        """
    )
    before, title, after = how_to_cite.line(cited)
    assert before == "van Dyck, A. B., & The Group (2030). "
    assert title == "On Things"
    assert after == " (version 1.2.0) [Computer software]. https://example.org/things"
    entry = how_to_cite.bibtex(cited)
    assert "author = {van Dyck, Ann Beth and {The Group}}," in entry
    assert "title = {{On Things}}," in entry and "year = {2030}," in entry
    assert entry.count("{") == entry.count("}")


def test_the_books_own_citation_can_be_made():
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf8"))
    assert cited["repository-code"] == SITE
    assert cited["title"] in how_to_cite.bibtex(cited)


def test_every_notebook_begins_with_the_same_set_up():
    found = {path.name: first_cells(path) for path in NOTEBOOKS}
    assert len({"".join(code[0]["source"]) for code, _ in found.values()}) == 1
    for code, first in found.values():
        assert first == code[0] and first["metadata"]["tags"] == ["remove-cell"]
        assert re.match("(from|import) ", "".join(code[1]["source"]))


def test_the_set_up_installs_the_book_from_its_repository():
    (setup, _), _ = first_cells(NOTEBOOKS[0])
    addresses = re.findall(r"https?://\S+", "".join(setup["source"]))
    assert addresses == [SITE]


def test_the_readmes_badge_starts_this_repository():
    text = (ROOT / "README.md").read_text(encoding="utf8")
    badges = re.findall(r"mybinder\.org/v2/gh/([\w-]+/[\w-]+)/", text)
    assert badges == [SITE.removeprefix("https://github.com/")]


def notebook_of(tmp_path, *sources, live=()):
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    for i in live:
        cells[i].metadata["tags"] = ["live"]
    path = tmp_path / "some.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    return path


SLIDER = "from ipywidgets import IntSlider; IntSlider()"


@pytest.mark.parametrize(
    ("sources", "live", "problem"),
    [
        (["1", "import nothing_of_that_name"], [], "nothing_of_that_name"),
        (["1", "import math", "math.sqrt(-1)"], [2], "ValueError"),
        (["1", "import math", "math.sqrt(4)"], [2], "shows no widget"),
        (["1", "import math", "math.sqrt(-1)", "x = 1", SLIDER], [4], None),
        (["1", "import math", "x = 1", "assert x; " + SLIDER], [3], None),
    ],
)
def test_the_start_of_a_notebook_is_run_and_judged(tmp_path, sources, live, problem):
    found = problems_of(notebook_of(tmp_path, *sources, live=live))
    assert found == [] if problem is None else problem in found[0]


def test_the_glossary_defines_each_term_once_and_ends_its_sentences():
    text = (ROOT / "book/glossary.md").read_text(encoding="utf8")
    body = text.split("````{glossary}\n:sorted:\n")[1].split("````")[0]
    entries = [entry.splitlines() for entry in body.strip().split("\n\n")]
    terms = [line for entry in entries for line in entry if not line.startswith("  ")]
    assert len(terms) == len(set(terms)) > 60
    for entry in entries:
        assert entry[-1].startswith("  ") and entry[-1].endswith(".")


def test_every_chapter_has_index_entries_and_uses_the_glossary():
    for path in NOTEBOOKS:
        text = path.read_text(encoding="utf8")
        assert text.count("```{index}") >= 3, path.name
        assert "{term}" in text or path.stem == "proofs"
