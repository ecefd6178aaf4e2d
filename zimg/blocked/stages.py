"""Stages of a run: tasks without a record are run, results of the others are loaded."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from zimg._progress import Reporter
from zimg.blocked.parameters import Parameters
from zimg.blocked.plan import Plan
from zimg.blocked.records import Record
from zimg.blocked.session import Session
from zimg.blocked.source import Volume
from zimg.blocked.tasks import Run


def one_of(name: str, value: str, accepted: tuple[str, ...]) -> None:
    """Raise `ValueError` unless a value is one of those accepted."""
    if value not in accepted:
        raise ValueError(f"{name} must be one of {', '.join(accepted)}, got {value!r}")


@dataclass(frozen=True)
class Work:
    """Objects that all stages share."""

    volume: Volume
    plan: Plan
    parameters: Parameters
    session: Session
    run: Run
    report: Reporter

    def done(
        self,
        stage: str,
        kind: str,
        function: Callable[..., Record],
        tasks: Mapping[str, tuple[Any, ...]],
    ) -> dict[str, Record]:
        """Return the records of all keys of a stage; see `done_records`."""
        return done_records(self.session, self.run, stage, kind, function, tasks)


def done_records(
    session: Session,
    run: Run,
    stage: str,
    kind: str,
    function: Callable[..., Record],
    tasks: Mapping[str, tuple[Any, ...]],
) -> dict[str, Record]:
    """Return the records of all keys of a stage; missing ones are computed.

    Parameters
    ----------
    session, run
        Storage of records and execution of tasks.
    stage, kind
        Name of the stage in progress messages, and name of its folder.
    function, tasks
        Function of the task, and its arguments by key.
    """
    run.report.stage(stage, len(tasks))
    found: dict[str, Record] = {}
    for key in tasks:
        record = session.load(kind, key)
        if record is not None:
            found[key] = record
            run.report.advance()
    missing = {key: task for key, task in tasks.items() if key not in found}
    for key, record in run.results(function, missing):
        session.save(kind, key, record)
        found[key] = record
        run.report.advance()
    return {key: found[key] for key in tasks}
