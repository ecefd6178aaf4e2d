"""Lane fixtures for every test of this repository, and the summary of what was skipped."""

from collections import Counter

import pytest

from zimg.ops import RowPlan
from zimg.testing import device, lane, pytest_configure, xp

__all__ = ["device", "lane", "pytest_configure", "xp"]

MOST_REASONS = 20


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Count skipped tests by reason, the most frequent first."""
    counts = Counter(map(_reason, terminalreporter.getreports("skipped")))
    if not counts or terminalreporter.hasopt("s"):  # -rs lists every one
        return
    terminalreporter.section("skipped tests, by reason")
    for reason, count in counts.most_common(MOST_REASONS):
        terminalreporter.write_line(f"{count:6}  {reason}")
    if len(counts) > MOST_REASONS:
        rest = sum(counts.values()) - sum(n for _, n in counts.most_common(MOST_REASONS))
        terminalreporter.write_line(f"{rest:6}  other reasons; -rs lists all")


def _reason(report: pytest.TestReport) -> str:
    told = report.longrepr
    text = told[2] if isinstance(told, tuple) else str(told)
    return " ".join(text.removeprefix("Skipped: ").split())


@pytest.fixture
def small_slabs(monkeypatch):
    """Slabs of twelve voxels, so that small volumes have several."""
    plan = RowPlan(rows=64, shapes=(), workers=1, slab=12)
    monkeypatch.setattr("zimg.ops.slabs.row_plan", lambda **_: plan)
