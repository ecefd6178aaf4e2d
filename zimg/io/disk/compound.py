"""Compound files of Microsoft ([MS-CFB]): streams in storages, in sectors that form chains."""

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from zimg._errors import ZException
from zimg.io.disk.bytes import FileBytes

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
HEADER = struct.Struct("<8s16sHHHHH6xIIIIIIIII")
ENTRY = struct.Struct("<64sHBBIII16sIQQIQ")
SHIFTS = {3: 9, 4: 12}  # by version
MINI_SHIFT = 6
END = 0xFFFFFFFE
HIGHEST = 0xFFFFFFFA  # sectors are below
IN_HEADER = 109  # sectors of the table that the header names


@dataclass(frozen=True, slots=True)
class Entry:
    """A directory entry: its kind (1 storage, 2 stream, 5 root), its kin, and its bytes."""

    name: str
    kind: int
    kin: tuple[int, int, int]
    first: int
    size: int


class CompoundFile:
    """An open compound file.

    Parameters
    ----------
    path
        An existing file.

    Raises
    ------
    ZException
        When it is not a compound file, or its tables are damaged.

    Notes
    -----
    A chain is followed as far as its size says, so that no cycle is followed for ever.
    """

    def __init__(self, path: Path) -> None:
        self._file = FileBytes(path)
        try:
            self._open()
        except BaseException:
            self._file.close()
            raise

    def _open(self) -> None:
        head = self._file.read(0, 512, "the header of a compound file")
        magic, _, _, version, order, shift, mini, *counts = HEADER.unpack_from(head)
        known = magic == MAGIC and order == 0xFFFE and mini == MINI_SHIFT
        if not known or SHIFTS.get(version) != shift:
            raise ZException("the file is not a compound file, or its header is damaged")
        _, tables, directory, _, self._cutoff, minis, mini_count, more, more_count = counts
        self._sector = 2**shift
        self._fat = self._table(head, tables, more, more_count)
        entries = self._entries(directory)
        root = entries[0]
        self._mini = np.frombuffer(self._stored(minis, mini_count * self._sector), "<u4")
        self._small = self._stored(root.first, root.size) if root.size else b""
        self._streams = _streams(entries)

    @property
    def names(self) -> list[str]:
        """Paths of the streams, such as ``Storage00001/Stream00001``."""
        return list(self._streams)

    def size(self, name: str) -> int:
        """Bytes of a stream."""
        return self._streams[name].size

    def read(self, name: str) -> bytes:
        """The bytes of a stream; a `ZException` if some are missing."""
        entry = self._streams[name]
        if entry.size >= self._cutoff:
            return self._stored(entry.first, entry.size)
        places = _chain(self._mini, entry.first, -(-entry.size // 2**MINI_SHIFT))
        parts = [self._small[place << MINI_SHIFT :][: 2**MINI_SHIFT] for place in places]
        return _whole(b"".join(parts), entry.size)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _at(self, sector: int, count: int = 1) -> bytes:
        size = count * self._sector
        place = (sector + 1) * self._sector
        # The last sector of a file may be shorter.
        return self._file.read(place, max(min(size, self._file.size - place), 0), "a sector")

    def _table(self, head: bytes, count: int, more: int, more_count: int) -> NDArray[np.uint32]:
        """The next sector of each sector."""
        most = self._file.size // self._sector
        if count > most or more_count > most:
            raise ZException(f"the sector tables claim {count} sectors, but the file has {most}")
        places = list(struct.unpack_from(f"<{IN_HEADER}I", head, 512 - 4 * IN_HEADER))
        for _ in range(more_count):
            *found, more = np.frombuffer(self._at(more), "<u4").tolist()
            places += found
        parts = [np.frombuffer(self._at(place), "<u4") for place in places[:count]]
        return np.concatenate(parts) if parts else np.zeros(0, np.uint32)

    def _stored(self, first: int, size: int) -> bytes:
        """The bytes of a chain of sectors; neighbouring sectors are read together."""
        self._file.check(0, size, "a stream")
        places = np.asarray(_chain(self._fat, first, -(-size // self._sector)), np.int64)
        runs = np.split(places, np.flatnonzero(np.diff(places) != 1) + 1) if len(places) else []
        return _whole(b"".join(self._at(int(run[0]), len(run)) for run in runs), size)

    def _entries(self, first: int) -> list[Entry]:
        """The directory, whose size is that of its chain."""
        places = _chain(self._fat, first, len(self._fat), whole=False)
        data = b"".join(self._at(place) for place in places)
        found = [_entry(data[n : n + 128], self._sector) for n in range(0, len(data) - 127, 128)]
        if not found or found[0].kind != 5:
            raise ZException("the directory of the compound file has no root: it is damaged")
        return found


def _chain(table: NDArray[np.uint32], first: int, count: int, *, whole: bool = True) -> list[int]:
    """`count` sectors from the first, or those up to the end of the chain."""
    places: list[int] = []
    while len(places) < count and first != END:
        if first >= min(len(table), HIGHEST):
            raise ZException(f"a chain leads to sector {first} of {len(table)}: it is damaged")
        places.append(first)
        first = int(table[first])
    if whole and len(places) < count:
        raise ZException(f"a chain has {len(places)} sectors, {count} are needed: it is damaged")
    return places


def _whole(data: bytes, size: int) -> bytes:
    if len(data) < size:
        raise ZException(f"a stream of {size} bytes has {len(data)}: the file is truncated")
    return data[:size]


def _entry(data: bytes, sector: int) -> Entry:
    name, length, kind, _, left, right, child, *_, first, size = ENTRY.unpack(data)
    text = name[: max(min(length, 64) - 2, 0)].decode("utf-16-le", "replace")
    return Entry(text, kind, (left, right, child), first, size if sector > 512 else size % 2**32)


def _streams(entries: list[Entry]) -> dict[str, Entry]:
    """Streams by path; each entry is visited once."""
    found: dict[str, Entry] = {}
    waiting, seen = [(entries[0].kin[2], "")], set[int]()
    while waiting:
        number, path = waiting.pop()
        if number >= len(entries) or number in seen:
            continue
        seen.add(number)
        entry = entries[number]
        left, right, child = entry.kin
        waiting += [(left, path), (right, path)]
        if entry.kind == 2:
            found[path + entry.name] = entry
        elif entry.kind == 1:
            waiting.append((child, f"{path}{entry.name}/"))
    return found
