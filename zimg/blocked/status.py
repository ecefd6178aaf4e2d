"""Status of a session, read from its folder by any process at any time."""

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zimg.blocked.session import (
    ERRORS,
    LOCK,
    RESULT,
    SUMMARY,
    SessionLockedError,
    locked,
    read_manifest,
)


@dataclass(frozen=True)
class Status:
    """Status of a session.

    Attributes
    ----------
    session
        Folder of the session.
    source
        Files or array that are traced.
    state
        ``running``, ``finished``, ``failed`` or ``stopped``.
    done
        Records by stage: ``statistics``, ``blocks``, ``passes/01`` and ``rounds/01`` onwards.
    blocks
        Number of blocks.
    failures
        Failures of the last run, by key.
    summary
        Summary of a finished session.
    bytes
        Size of the records.
    """

    session: str
    source: str
    state: str
    done: Mapping[str, int]
    blocks: int
    failures: Mapping[str, str]
    summary: Mapping[str, Any]
    bytes: int


def session_status(folder: str | os.PathLike[str]) -> Status:
    """Read the status of a session.

    Raises
    ------
    ZException
        If the folder is not a session.
    """
    path = Path(folder)
    manifest = read_manifest(path)
    records = list(path.rglob("*.rec"))
    done: dict[str, int] = {}
    for record in records:
        stage = record.parent.relative_to(path).as_posix()
        if stage != ".":
            done[stage] = done.get(stage, 0) + 1
    failures, summary = _json(path / ERRORS), _json(path / SUMMARY)
    source = manifest.get("source", {})
    return Status(
        session=str(path),
        source=", ".join(source.get("files", ())) or str(source.get("array", "")),
        state=_state(path, failures=bool(failures)),
        done=dict(sorted(done.items())),
        blocks=int(manifest.get("blocks", 0)),
        failures=failures,
        summary=summary,
        bytes=sum(_size(record) for record in records),
    )


def _state(path: Path, *, failures: bool) -> str:
    if not (path / LOCK).exists():
        return "stopped"
    try:
        with locked(path / LOCK):
            pass
    except SessionLockedError:
        return "running"
    if failures:
        return "failed"
    return "finished" if (path / RESULT).exists() and (path / SUMMARY).exists() else "stopped"


def _json(path: Path) -> dict[str, Any]:
    with suppress(OSError, ValueError):
        found = json.loads(path.read_text(encoding="utf-8"))
        return found if isinstance(found, dict) else {}
    return {}


def _size(path: Path) -> int:
    with suppress(OSError):
        return path.stat().st_size
    return 0
