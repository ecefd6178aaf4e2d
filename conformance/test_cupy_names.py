"""Without a GPU nothing of CuPy can run; every name and signature used can still be looked up."""

import ast
import importlib
import inspect
from functools import cache
from importlib.resources import files
from importlib.util import find_spec
from typing import Any

import pytest

from .recording import Recorder, Use, everything

CAPABILITY = "CuPy names (looked up, not run)"
pytestmark = pytest.mark.framework("cupy")

ROOTS = ("cupy", "cupyx")


def names_in(source: str) -> set[str]:
    """Dotted names that start with a package of CuPy's, longest form only."""
    chains = {
        _chain(node) for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Attribute)
    }
    used = {chain for chain in chains if chain.split(".")[0] in ROOTS}
    return {name for name in used if not any(other.startswith(f"{name}.") for other in used)}


def _chain(node: ast.expr) -> str:
    """``a.b.c`` of nested attributes, empty when something else is at the bottom."""
    if isinstance(node, ast.Name):
        return node.id
    below = _chain(node.value) if isinstance(node, ast.Attribute) else ""
    return f"{below}.{node.attr}" if below and isinstance(node, ast.Attribute) else ""


NAMES = sorted(names_in((files("zimg.backends") / "_cupy.py").read_text(encoding="utf-8")))


@cache
def recorder() -> Recorder:
    """Functions used by the kernels; empty if CuPy is not installed."""
    return everything() if find_spec("cupy") else Recorder()


def cupy_namespace() -> Any:
    """CuPy's namespace, which can be imported without a GPU."""
    pytest.importorskip("cupy", reason="cupy is not installed", exc_type=ImportError)
    return importlib.import_module("array_api_compat.cupy")


def accepts(function: Any, use: Use) -> bool:
    """Whether a function accepts a call; True if its signature is unknown."""
    _, count, names = use
    if type(function).__name__ == "ufunc":
        return count <= function.nin + function.nout and set(names) <= {"out", "dtype", "casting"}
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return True
    try:
        signature.bind(*[None] * count, **dict.fromkeys(names))
    except TypeError:
        return False
    return True


def test_the_names_are_found() -> None:
    assert "cupyx.scatter_add" in NAMES
    assert all(name.count(".") for name in NAMES)


def test_a_call_that_a_function_does_not_take_is_noticed() -> None:
    assert accepts(sorted, ("sorted", 1, ("reverse",)))
    assert not accepts(sorted, ("sorted", 1, ("backwards",)))


@pytest.mark.parametrize("name", NAMES)
def test_a_name_used_by_the_hooks_exists_in_cupy(name: str) -> None:
    root, *attributes = name.split(".")
    found = pytest.importorskip(root, reason="cupy is not installed", exc_type=ImportError)
    importlib.import_module("cupyx.scipy.ndimage")
    for attribute in attributes:
        found = getattr(found, attribute)


@pytest.mark.parametrize("name", sorted(recorder().names) or ["every name"])
def test_a_name_used_by_the_kernels_exists_in_cupy(name: str) -> None:
    assert hasattr(cupy_namespace(), name)


@pytest.mark.parametrize("use", sorted(recorder().uses) or [("every call", 0, ())], ids=str)
def test_a_call_made_by_the_kernels_is_one_that_cupy_takes(use: Use) -> None:
    assert accepts(getattr(cupy_namespace(), use[0]), use)
