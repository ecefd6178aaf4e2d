"""Session folder: manifest, records of finished tasks, lock and log."""

import json
import os
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from zimg._errors import ZException
from zimg.blocked.records import (
    SCHEMA,
    BadRecordError,
    Record,
    canonical,
    decoded,
    digest,
    encoded,
    flush_folder,
    store,
    write_through,
)

MANIFEST, LOCK, LOG, ERRORS = "manifest.json", "lock", "log.jsonl", "errors.json"
RESULT, SUMMARY = "result.swc", "summary.json"
ALGORITHM = 2
"""Increased whenever the same arguments give another result."""

INFORMATIVE = ("library", "blocks")
"""Fields of a manifest that may differ."""


class SessionMismatchError(ZException):
    """The session belongs to another source, configuration or version, see `fields`."""

    def __init__(self, folder: Path, fields: Mapping[str, tuple[Any, Any]]) -> None:
        super().__init__(folder, fields)
        self.folder, self.fields = folder, dict(fields)

    def __str__(self) -> str:
        fields = "; ".join(
            f"{name}: the session has {stored!r}, the run asks for {asked!r}"
            for name, (stored, asked) in self.fields.items()
        )
        return (
            f"session {self.folder} does not match the run: {fields}; use another session directory"
        )


class SessionVersionError(ZException):
    """The session was written by a newer version of the library."""


class SessionLockedError(ZException):
    """Another run is using the session."""


@dataclass(frozen=True)
class Found:
    """Progress of a session folder."""

    stages: Mapping[str, int]
    manifest: Mapping[str, Any]


class Session:
    """A session folder, locked while it is open.

    Parameters
    ----------
    folder
        Created if missing.
    manifest
        Description of the run: nested mappings of JSON values.

    Raises
    ------
    SessionMismatchError, SessionVersionError, SessionLockedError
        If the folder belongs to another run.
    ZException
        If the folder cannot be used.
    """

    def __init__(self, folder: str | os.PathLike[str], manifest: Mapping[str, Any]) -> None:
        self.folder = Path(folder)
        self.manifest = json.loads(canonical(manifest))
        self.identity = digest(_identity(self.manifest))
        self.recomputed: list[str] = []
        self._lock: Any = None

    @contextmanager
    def opened(self) -> Iterator["Session"]:
        """Lock the session, compare its manifest and remove leftovers of killed runs."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ZException(f"cannot use {self.folder} as a session: {error.strerror}") from error
        refuse_reference_session(self.folder)
        with locked(self.folder / LOCK):
            self._claim()
            self._sweep()
            yield self

    def _claim(self) -> None:
        path = self.folder / MANIFEST
        if not path.exists():
            others = [
                p.name for p in self.folder.iterdir() if p.name != LOCK and ".tmp-" not in p.name
            ]
            if others:
                raise ZException(
                    f"{self.folder} is not a session and not empty (it holds {others[0]!r}); "
                    "use another session directory"
                )
            text = json.dumps(self.manifest, indent=2, sort_keys=True) + "\n"
            store(path, text.encode())
            return
        compare_manifests(self.folder, read_manifest(self.folder), self.manifest)

    def _sweep(self) -> None:
        for path in self.folder.rglob("*.tmp-*"):
            path.unlink(missing_ok=True)

    def path(self, kind: str, key: str) -> Path:
        """Return the path of the record of a key."""
        return self.folder / (f"{kind}.rec" if key == "" else f"{kind}/{key}.rec")

    def load(self, kind: str, key: str) -> Record | None:
        """Load a record; None if missing or damaged. Damaged records are renamed and logged."""
        path = self.path(kind, key)
        try:
            return decoded(path.read_bytes(), kind, key, self.identity)
        except FileNotFoundError:
            return None
        except BadRecordError as error:
            self._set_aside(path, str(error))
            return None
        except OSError as error:
            raise ZException(f"cannot read {path}: {error.strerror}") from error

    def save(self, kind: str, key: str, record: Record) -> None:
        """Write the record of a key; see `zimg.blocked.records.store`."""
        store(self.path(kind, key), encoded(record, kind, key, self.identity))

    def _set_aside(self, path: Path, why: str) -> None:
        number = 1
        while (bad := path.with_name(f"{path.name}.bad-{number}")).exists():
            number += 1
        path.replace(bad)
        self.recomputed.append(str(path.relative_to(self.folder)))
        self.log("bad record", path=str(path.relative_to(self.folder)), kept=bad.name, why=why)

    def log(self, event: str, **details: Any) -> None:
        """Append a line to the log, which is diagnostic only; failures to write are ignored."""
        line = {"event": event, "time": round(time.time(), 3), "pid": os.getpid(), **details}
        with suppress(OSError), (self.folder / LOG).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, sort_keys=True, default=str) + "\n")

    def replace(self, name: str, data: bytes) -> None:
        """Write or replace a file of the session atomically."""
        path = self.folder / name
        temporary = path.with_name(f"{name}.tmp-{os.getpid()}-x")
        try:
            temporary.unlink(missing_ok=True)
            write_through(temporary, data)
            temporary.replace(path)
            flush_folder(self.folder)
        except OSError as error:
            raise ZException(f"cannot write {path}: {error.strerror}") from error

    def remove(self, name: str) -> None:
        """Remove a file of the session if it exists."""
        (self.folder / name).unlink(missing_ok=True)


def base_manifest(kind: str) -> dict[str, Any]:
    """Return the fields that every manifest has."""
    return {
        "schema": SCHEMA,
        "kind": kind,
        "algorithm": ALGORITHM,
        "library": version("zimg-xp"),
    }


def read_manifest(folder: Path) -> dict[str, Any]:
    """Read the manifest of a session.

    Raises
    ------
    ZException
        If the manifest is missing or damaged.
    """
    refuse_reference_session(folder)
    try:
        found = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except OSError as error:
        raise ZException(
            f"{folder} is not a session: cannot read {MANIFEST}: {error.strerror}"
        ) from error
    except ValueError as error:
        raise ZException(f"{folder} has a damaged {MANIFEST}: {error}") from error
    if not isinstance(found, dict) or "schema" not in found:
        raise ZException(f"{folder} is not a session of this library: {MANIFEST} has no schema")
    return found


def refuse_reference_session(folder: Path) -> None:
    """Raise for a session folder of neuTube's C++ library, which has another layout."""
    path = folder / MANIFEST
    with suppress(OSError, ValueError):
        found = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(found, dict) and "format_version" in found and "schema" not in found:
            raise ZException(
                f"{folder} is a session of neuTube's C++ library (manifest format_version "
                f"{found['format_version']}); it cannot be resumed here, use another session "
                "directory"
            )


def compare_manifests(folder: Path, stored: Mapping[str, Any], asked: Mapping[str, Any]) -> None:
    """Raise unless two manifests describe the same work."""
    if stored.get("schema", 0) > SCHEMA:
        raise SessionVersionError(
            f"session {folder} has schema {stored['schema']}, this version reads up to {SCHEMA}"
        )
    old, new = dict(flat(_identity(stored))), dict(flat(_identity(asked)))
    names = sorted(old.keys() | new.keys())
    fields = {n: (old.get(n), new.get(n)) for n in names if old.get(n) != new.get(n)}
    if fields:
        raise SessionMismatchError(folder, fields)


def _identity(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Select the fields that must agree: informative fields and file paths are left out."""
    kept = {name: value for name, value in manifest.items() if name not in INFORMATIVE}
    if isinstance(kept.get("source"), dict):
        kept["source"] = {k: v for k, v in kept["source"].items() if k != "files"}
    return kept


def flat(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the leaves of nested mappings with their dotted names."""
    if isinstance(value, Mapping):
        for key in value:
            yield from flat(value[key], f"{name}.{key}" if name else str(key))
    else:
        yield name, value


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock of a session; the lock is released when the process ends.

    Raises
    ------
    SessionLockedError
        If another run holds the lock.
    """
    with path.open("a+", encoding="utf-8") as file:
        take, release = _lock_functions()
        try:
            take(file)
        except OSError:
            file.seek(0)
            owner = file.read().strip() or "another process"
            raise SessionLockedError(
                f"session {path.parent} is in use by {owner}; wait for it or stop it"
            ) from None
        try:
            file.seek(0)
            file.truncate()
            file.write(f"process {os.getpid()} on {socket.gethostname()}")
            file.flush()
            yield
        finally:
            release(file)


def _lock_functions() -> tuple[Callable[[Any], None], Callable[[Any], None]]:
    """Return functions of the system to take, without waiting, and release an exclusive lock."""
    if os.name == "nt":
        import msvcrt

        return (
            lambda file: msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1),  # type: ignore[attr-defined]
            lambda file: msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1),  # type: ignore[attr-defined]
        )
    import fcntl

    return (
        lambda file: fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB),
        lambda file: fcntl.flock(file, fcntl.LOCK_UN),
    )
