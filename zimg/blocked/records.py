"""Results on disk: one line of canonical JSON, then raw little-endian arrays, with a checksum.

A record contains neither times nor names of machines, so that equal results are equal files.
"""

import errno
import hashlib
import json
import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zimg._errors import ZException

MAGIC = "ZTREC1"
SCHEMA = 1
LONGEST_HEADER = 1 << 22


class BadRecordError(ZException):
    """A record is truncated, altered or of another session; it is computed again."""


class NonDeterminismError(ZException):
    """A result was computed twice and differs: workers of different kinds, or a defect."""


@dataclass(frozen=True)
class Record:
    """Named arrays and JSON values.

    Attributes
    ----------
    arrays
        Arrays of any shape; stored little-endian.
    values
        JSON values.
    """

    arrays: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)


def encoded(record: Record, kind: str, key: str, manifest: str) -> bytes:
    """Encode a record as the bytes of a file."""
    table, parts, offset = {}, [], 0
    for name in sorted(record.arrays):
        array = np.ascontiguousarray(record.arrays[name])
        array = array.astype(array.dtype.newbyteorder("<"), copy=False)
        part = array.tobytes()
        table[name] = [array.dtype.str, list(array.shape), offset]
        parts.append(part)
        offset += len(part)
    payload = b"".join(parts)
    header: dict[str, Any] = {
        "magic": MAGIC,
        "schema": SCHEMA,
        "kind": kind,
        "key": key,
        "manifest": manifest,
        "arrays": table,
        "values": json.loads(canonical(record.values)),
        "length": len(payload),
    }
    header["sha256"] = _checksum(header, payload)
    return canonical(header).encode() + b"\n" + payload


def decoded(data: bytes, kind: str, key: str, manifest: str) -> Record:
    """Decode the bytes of a record file.

    Raises
    ------
    BadRecordError
        If the bytes are damaged or belong to another key or session.
    """
    line, newline, payload = data.partition(b"\n")
    try:
        header = json.loads(line)
    except ValueError:
        raise BadRecordError("the first line is not JSON") from None
    if not newline or not isinstance(header, dict) or header.get("magic") != MAGIC:
        raise BadRecordError(f"the first line is not a {MAGIC} header")
    wanted = {"schema": SCHEMA, "kind": kind, "key": key, "manifest": manifest}
    for name, value in wanted.items():
        if header.get(name) != value:
            raise BadRecordError(f"{name} is {header.get(name)!r}, expected {value!r}")
    if len(payload) != header.get("length"):
        raise BadRecordError(f"the data has {len(payload)} bytes, expected {header.get('length')}")
    if header.pop("sha256", None) != _checksum(header, payload):
        raise BadRecordError("the checksum does not match")
    return Record(_arrays(header["arrays"], payload), header["values"])


def _checksum(header: Mapping[str, Any], payload: bytes) -> str:
    """Compute the SHA-256 of a record without its checksum."""
    return hashlib.sha256(canonical(header).encode() + b"\n" + payload).hexdigest()


def _arrays(table: Mapping[str, Any], payload: bytes) -> dict[str, NDArray[Any]]:
    found = {}
    for name, (dtype, shape, offset) in table.items():
        kind = np.dtype(dtype)
        count = int(np.prod(shape, dtype=np.int64))
        array = np.frombuffer(payload, kind, count, offset).reshape(shape)
        found[name] = array.astype(kind.newbyteorder("="))
    return found


def canonical(value: Any) -> str:
    """Encode a value as canonical JSON: equal values give equal text."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def digest(value: Any) -> str:
    """Compute the SHA-256 of the canonical JSON of a value."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()


def store(path: Path, data: bytes) -> None:
    """Write a record atomically; it is on the disk on return.

    Raises
    ------
    NonDeterminismError
        If the file exists with other content.
    ZException
        If the file cannot be written; the message states when the disk is full.
    """
    if path.exists():
        check_same(path, data)
        return
    temporary = path.with_name(f"{path.name}.tmp-{os.getpid()}-{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_through(temporary, data)
        temporary.replace(path)
        flush_folder(path.parent)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        why = "the disk is full" if full else error.strerror or str(error)
        raise ZException(f"cannot write {path}: {why}; the session can be resumed") from error


def check_same(path: Path, data: bytes) -> None:
    """Raise `NonDeterminismError` unless a file has this content."""
    stored = path.read_bytes()
    if stored != data:
        one, other = (hashlib.sha256(part).hexdigest()[:12] for part in (stored, data))
        raise NonDeterminismError(
            f"{path} was computed twice and differs: {one} stored, {other} now; all workers of a "
            "session must be of one kind"
        )


def write_through(path: Path, data: bytes) -> None:
    """Write a new file to the disk."""
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def flush_folder(folder: Path) -> None:
    """Flush a folder to the disk, where the system supports it."""
    if os.name == "nt":
        return
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
