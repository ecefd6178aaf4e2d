"""Lane fixtures, selection of checks, and known failures."""

import tomllib
from pathlib import Path

import pytest

from zimg.testing import chosen, device, lane, xp
from zimg.testing import pytest_configure as configure_lanes

from .report import frameworks_of

__all__ = ["device", "lane", "xp"]

HERE = Path(__file__).parent
MARKERS = (
    "capability(name): the row of the table, where it differs from CAPABILITY of the module",
    "framework(name): the framework that a check without a lane is about",
    "slow: takes more than a second; leave out with -m 'not slow'",
)


def pytest_configure(config: pytest.Config) -> None:
    """Register the marks of the lanes and of the table."""
    configure_lanes(config)
    for marker in MARKERS:
        config.addinivalue_line("markers", marker)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Select the requested checks, and expect the failures in `known_failures.toml`."""
    _leave_out(config, items)
    known = tomllib.loads((HERE / "known_failures.toml").read_text(encoding="utf-8"))
    reasons = {failure["test"]: failure["reason"] for failure in known.get("failure", [])}
    for item in items:
        reason = reasons.get(f"{item.path.name}::{item.name}")
        if reason and item.path.parent == HERE:
            item.add_marker(pytest.mark.xfail(reason=reason, strict=True))


def _leave_out(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect checks of other frameworks."""
    framework, _ = chosen()
    if framework is None:
        return
    keep: list[pytest.Item] = []
    rest: list[pytest.Item] = []
    for item in items:
        names = frameworks_of(item) if item.path.parent == HERE else set()
        (keep if not names or framework in names else rest).append(item)
    config.hook.pytest_deselected(items=rest)
    items[:] = keep
