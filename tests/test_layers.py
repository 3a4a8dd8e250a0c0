"""The promises of the package's structure: layers, light imports, documented and typed names."""

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import absrep
import absrep.canonical
import absrep.canonical.sweeps
import absrep.evidence
import absrep.evidence.sweeps
import absrep.figures
import absrep.laboratory
import absrep.mazes
import absrep.mazes.interventions
import absrep.mazes.starts
import absrep.mazes.sweeps
import absrep.mazes.training
import absrep.meanfield
import absrep.microscope
import absrep.microscope.comparison
import absrep.microscope.specimens
import absrep.nets
import absrep.widgets

# Lowest first: each imports from those before it only, and nothing private of another.
LAYERS = (
    *("_validation", "_tables", "kernels", "tasks", "geometry", "meanfield", "nets", "laboratory"),
    *("evidence", "canonical", "mazes", "microscope", "figures", "widgets", "claims"),
)
# Who may import what not everybody has installed.
HEAVY = {
    "torch": {"nets", "laboratory", "evidence", "canonical", "mazes", "microscope", "widgets"},
    "matplotlib": {"figures", "widgets"},
    "mpl_toolkits": {"figures"},
    "IPython": {"claims", "widgets"},
    "ipywidgets": {"widgets"},
}
SOURCE = Path(absrep.__file__).parent
HOMES = (
    absrep,
    absrep.meanfield,
    absrep.nets,
    absrep.laboratory,
    absrep.canonical,
    absrep.canonical.sweeps,
    absrep.evidence,
    absrep.evidence.sweeps,
    absrep.mazes,
    absrep.mazes.interventions,
    absrep.mazes.starts,
    absrep.mazes.sweeps,
    absrep.mazes.training,
    absrep.microscope,
    absrep.microscope.comparison,
    absrep.microscope.specimens,
    absrep.figures,
    absrep.widgets,
)
PUBLIC = {f"{home.__name__}.{name}": getattr(home, name) for home in HOMES for name in home.__all__}


def imported(path):
    """Full names of what a file imports, wherever in it."""
    package = ["absrep", *path.relative_to(SOURCE).parent.parts]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) + 1 - node.level] if node.level else []
            module = [*above, node.module] if node.module else above
            yield from (".".join([*module, alias.name]) for alias in node.names)


def out_of_order(layer, names):
    """What of this the layer may not import."""
    for name in names:
        top, *inside = name.split(".")
        if top in HEAVY and layer not in HEAVY[top]:
            yield name
        if top == "absrep" and inside[0] != layer:
            below = inside[0] in LAYERS[: LAYERS.index(layer)]
            if not below or any(part.startswith("_") for part in inside[1:]):
                yield name


# The package itself, which re-exports the first layers, has its test below.
@pytest.mark.parametrize(
    "path",
    [path for path in sorted(SOURCE.rglob("*.py")) if path != SOURCE / "__init__.py"],
    ids=lambda path: str(path.relative_to(SOURCE)),
)
def test_modules_import_what_is_below_them_and_public(path):
    layer = path.relative_to(SOURCE).parts[0].removesuffix(".py")
    assert layer in LAYERS, "a new layer: give it its place"
    assert list(out_of_order(layer, imported(path))) == []


def test_imports_out_of_order_would_be_seen():
    wrong = ["torch.nn", "absrep.nets.train", "absrep.geometry._svm.fit_linear_svms", "absrep.Task"]
    right = ["numpy", "absrep.geometry.ccgp", "absrep._validation.Array", "absrep.meanfield._odd.x"]
    assert list(out_of_order("meanfield", wrong + right)) == wrong
    found = set(imported(SOURCE / "meanfield/_costs.py"))
    assert {"numpy", "absrep._validation.Array", "absrep.meanfield._metric.input_metric"} <= found


def test_measures_and_theory_need_no_deep_learning_library():
    code = f"import sys, absrep; print([m for m in {list(HEAVY)} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout.strip() == "[]"


def test_examining_a_recording_needs_no_deep_learning_library():
    code = "import sys, absrep.microscope; print('torch' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout.strip() == "False"


def test_networks_do_need_it():
    # Negative control: the check above would see torch if it were there.
    code = "import sys, absrep.nets; print('torch' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout.strip() == "True"


def test_the_laboratory_uses_networks_and_draws_nothing():
    drawing = ["matplotlib", "IPython", "ipywidgets"]
    code = f"import sys, absrep.laboratory; print([m for m in {drawing} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout.strip() == "[]"


def test_public_names_are_listed_once_and_exist():
    assert len(set(absrep.__all__)) == len(absrep.__all__)
    namespace: dict[str, object] = {}
    exec("from absrep import *", namespace)
    assert set(absrep.__all__) <= set(namespace)


def _callables():
    """Public functions, and the public methods that public classes define themselves."""
    for name, thing in PUBLIC.items():
        if inspect.isfunction(thing):
            yield name, thing
        elif inspect.isclass(thing) and thing.__module__.startswith("absrep"):
            for attribute, member in vars(thing).items():
                function = member.fget if isinstance(member, property) else member
                if inspect.isfunction(function) and not attribute.startswith("_"):
                    yield f"{name}.{attribute}", function
            if not getattr(thing, "_is_protocol", False):  # a protocol is not made
                yield f"{name}.__init__", thing.__init__


CALLABLES = dict(_callables())


@pytest.mark.parametrize("name", CALLABLES)
def test_every_argument_and_result_has_a_type(name):
    signature = inspect.signature(CALLABLES[name])
    untyped = [
        argument
        for argument, parameter in signature.parameters.items()
        if parameter.annotation is inspect.Parameter.empty and argument != "self"
    ]
    assert untyped == []
    assert signature.return_annotation is not inspect.Signature.empty


@pytest.mark.parametrize("name", [name for name, thing in PUBLIC.items() if callable(thing)])
def test_every_public_name_is_explained(name):
    text = PUBLIC[name].__doc__ or ""
    # A data class without one is given its signature.
    assert len(text) > 20 and not text.startswith(f"{name.rpartition('.')[2]}(")


# Plots are shown in the book; results of the theory, in the examples of the functions they are of.
EXPLAINED = [
    name
    for name, thing in PUBLIC.items()
    if not name.startswith("absrep.figures.")
    and (inspect.isfunction(thing) or not name.startswith("absrep.meanfield."))
]


@pytest.mark.parametrize("name", EXPLAINED)
def test_what_readers_call_comes_with_an_example(name):
    lines = (inspect.getdoc(PUBLIC[name]) or "").split("\n")
    assert "Examples" in lines
    assert any(line.startswith(">>> ") for line in lines[lines.index("Examples") :])
