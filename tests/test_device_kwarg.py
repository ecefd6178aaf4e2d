"""Arrays are born where the input lives: every creation names its device and its dtype."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FOLDERS = ("zimg/ops", "zimg/kernels")
BOTH = ("zeros", "ones", "empty", "full", "arange", "linspace", "eye")
NEEDED = {name: {"device", "dtype"} for name in BOTH} | {"asarray": {"device"}}


def forgotten(source: str) -> list[str]:
    """Calls ``xp.NAME(...)`` of creation functions that lack a keyword."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    return [
        f"{call.lineno}: {call.func.attr} without {keyword}="
        for call in calls
        if isinstance(call.func, ast.Attribute)
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id == "xp"
        and not any(each.arg is None for each in call.keywords)  # ``**options`` may hold them
        for keyword in sorted(
            NEEDED.get(call.func.attr, set()) - {each.arg for each in call.keywords}
        )
    ]


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_array_is_created_without_device_and_dtype(folder):
    found = [
        f"{path.relative_to(ROOT)}:{what}"
        for path in sorted((ROOT / folder).rglob("*.py"))
        for what in forgotten(path.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_the_check_sees_what_is_forgotten():
    source = (
        "xp.zeros((2,), dtype=d)\nxp.asarray([1])\nxp.arange(3, dtype=d, device=on)\nnp.ones(2)"
    )
    assert forgotten(source) == ["1: zeros without device=", "2: asarray without device="]
