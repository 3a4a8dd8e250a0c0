"""The promises of the package's structure: light imports, documented and typed names."""

import inspect
import subprocess
import sys

import pytest

import absrep
import absrep.laboratory
import absrep.nets

HEAVY = ["torch", "matplotlib", "IPython"]
PUBLIC = {name: getattr(absrep, name) for name in absrep.__all__} | {
    f"{layer.__name__}.{name}": getattr(layer, name)
    for layer in (absrep.nets, absrep.laboratory)
    for name in layer.__all__
}


def test_measures_and_theory_need_no_deep_learning_library():
    code = f"import sys, absrep; print([m for m in {HEAVY} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout.strip() == "[]"


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


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_name_is_explained_with_an_example(name):
    lines = (inspect.getdoc(PUBLIC[name]) or "").split("\n")
    assert "Examples" in lines
    assert any(line.startswith(">>> ") for line in lines[lines.index("Examples") :])
