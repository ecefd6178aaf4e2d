"""Results of a run: one check per test, counted by capability and lane."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from zimg.testing import Lane

OUTCOMES = ("passed", "known", "failed", "skipped")
NO_LANE = "any"
"""Column of checks that are about no lane in particular."""


@dataclass(frozen=True, slots=True)
class Check:
    """Result of one test: row, column, outcome and reason."""

    name: str
    capability: str
    lane: str
    outcome: str
    reason: str = ""


@dataclass
class Report:
    """All checks of a run, in the order in which they ran."""

    checks: list[Check] = field(default_factory=list)

    def cell(self, capability: str, lane: str) -> Counter[str]:
        """Number of checks per outcome in one cell of the table."""
        found = (c for c in self.checks if (c.capability, c.lane) == (capability, lane))
        return Counter(check.outcome for check in found)

    @property
    def total(self) -> Counter[str]:
        """Number of checks per outcome."""
        return Counter(check.outcome for check in self.checks)

    @property
    def capabilities(self) -> list[str]:
        """Rows of the table."""
        return list(dict.fromkeys(check.capability for check in self.checks))

    @property
    def lanes(self) -> list[str]:
        """Columns of the table: lanes on which something ran."""
        return list(dict.fromkeys(c.lane for c in self.checks if c.outcome != "skipped"))

    def of(self, outcome: str) -> list[Check]:
        """Checks that ended in one way."""
        return [check for check in self.checks if check.outcome == outcome]

    def skips(self) -> Counter[tuple[str, str]]:
        """Number of skipped checks by lane and reason."""
        return Counter((check.lane, check.reason) for check in self.of("skipped"))


class Recorder:
    """Plugin of pytest that fills a `Report`."""

    def __init__(self) -> None:
        self.report = Report()

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Store row and column with each test."""
        for item in items:
            item.user_properties += [("capability", capability(item)), ("lane", column(item))]

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Count a file that cannot be read as a failure."""
        if report.failed:
            failed = Check(report.nodeid, "files of the suite", NO_LANE, "failed", _why(report))
            self.report.checks.append(failed)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Store one result per test: of its call, or of a failed set-up or tear-down."""
        if report.when != "call" and report.passed:
            return
        place = dict(report.user_properties)
        name = report.nodeid.rpartition("/")[2]
        row, lane = str(place["capability"]), str(place["lane"])
        self.report.checks.append(Check(name, row, lane, _outcome(report), _why(report)))


def capability(item: pytest.Item) -> str:
    """Row of a test: its mark, or the name given by its module."""
    mark = item.get_closest_marker("capability")
    module = getattr(item, "module", None)
    return str(mark.args[0] if mark else getattr(module, "CAPABILITY", item.path.stem))


def lanes_of(item: pytest.Item) -> list[Lane]:
    """Every lane among the parameters of a test."""
    parameters = getattr(getattr(item, "callspec", None), "params", {})
    return list(_lanes_in(tuple(parameters.values())))


def _lanes_in(value: Any) -> Iterator[Lane]:
    if isinstance(value, Lane):
        yield value
    elif isinstance(value, tuple):
        for each in value:
            yield from _lanes_in(each)


def frameworks_of(item: pytest.Item) -> set[str]:
    """Frameworks that a test is about; none for a test about the suite itself."""
    marked = {str(mark.args[0]) for mark in item.iter_markers("framework")}
    return marked | {lane.framework for lane in lanes_of(item)}


def column(item: pytest.Item) -> str:
    """Lane of a test; of two lanes the one that needs a GPU, or the receiving one."""
    lanes = lanes_of(item)
    if lanes:
        return next((lane.id for lane in lanes if lane.gpu), lanes[-1].id)
    mark = item.get_closest_marker("framework")
    return str(mark.args[0]) if mark else NO_LANE


def _outcome(report: pytest.TestReport) -> str:
    if hasattr(report, "wasxfail"):
        return "known" if report.skipped else "failed"
    return report.outcome


def _why(report: pytest.TestReport | pytest.CollectReport) -> str:
    """Reason of a skip or of a known failure, or the text of an error."""
    if hasattr(report, "wasxfail"):
        return str(report.wasxfail) or "passes, although it is listed as a known failure"
    if report.skipped and isinstance(report.longrepr, tuple):
        return str(report.longrepr[2]).removeprefix("Skipped: ")
    return report.longreprtext
