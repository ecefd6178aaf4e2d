"""Without a GPU the CuPy hooks cannot run; every name they use can still be looked up."""

import ast
import importlib
from importlib.resources import files

import pytest

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


def test_the_names_are_found() -> None:
    assert "cupyx.scatter_add" in NAMES
    assert all(name.count(".") for name in NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_name_used_by_the_hooks_exists_in_cupy(name: str) -> None:
    root, *attributes = name.split(".")
    found = pytest.importorskip(root, reason="cupy is not installed", exc_type=ImportError)
    importlib.import_module("cupyx.scipy.ndimage")
    for attribute in attributes:
        found = getattr(found, attribute)
