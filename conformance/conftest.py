"""Lane fixtures, and the failures that are known, for the conformance suite."""

import tomllib
from pathlib import Path

import pytest

from zimg.testing import device, lane, pytest_configure, xp

__all__ = ["device", "lane", "pytest_configure", "xp"]

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Expect the failures in `known_failures.toml`; one that passes is an error."""
    known = tomllib.loads((HERE / "known_failures.toml").read_text(encoding="utf-8"))
    for item in items:
        for failure in known.get("failure", []):
            if item.path.parent == HERE and failure["test"] == f"{item.path.name}::{item.name}":
                item.add_marker(pytest.mark.xfail(reason=failure["reason"], strict=True))
