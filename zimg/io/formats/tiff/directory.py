"""Find all page directories of a TIFF file, parsing no more than needed."""

import struct
from array import array
from copy import copy
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zimg._errors import ZException
from zimg.io.disk.bytes import FileBytes

SIGNATURES = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
# Tags that define how pixels are stored: pages that agree in all of them are decoded alike. Offset
# and length of the pixels, descriptions and all other tags may differ.
STORAGE_TAGS = frozenset(
    [
        *(254, 256, 257, 258, 259, 262, 266, 277, 278, 284, 292, 293, 317, 320, 322, 323, 338),
        *(339, 347, 529, 530, 532, 32997, 32998, 50674),
    ]
)
DESCRIPTION, SUB_DIRECTORIES = 270, 330
# Value formats by type number of the TIFF 6.0 and BigTIFF specifications.
INTEGERS = {1: "u1", 3: "u2", 4: "u4", 6: "i1", 8: "i2", 9: "i4", 13: "u4", 16: "u8", 17: "i8"}
INTEGERS[18] = "u8"
BYTES_OF_TYPE = {3: 2, 4: 4, 5: 8, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
MOST_TAGS = 65535  # tags of a directory: the maximum of a classic TIFF
LONGEST_SETTING = 2**16  # bytes of tables and colour maps that are compared
NEAR, AHEAD = 2**12, 2**16  # read-ahead between directories in bytes, and its upper bound
OFFSETS, COUNTS = (324, 273), (325, 279)  # tags of tiles, of strips
SEGMENT_TAGS = frozenset((*OFFSETS, *COUNTS))


@dataclass(frozen=True, slots=True)
class Entry:
    """A tag of a directory: type, number and place of its values."""

    kind: int
    count: int
    at: int

    @property
    def size(self) -> int:
        """Size of all values in bytes."""
        return self.count * BYTES_OF_TYPE.get(self.kind, 1)


class Directories:
    """Offsets and storage kinds of the pages of a TIFF file.

    Parameters
    ----------
    file
        Open for reading.

    Attributes
    ----------
    offsets
        Offset of the directory of each page.
    kinds
        Kind number of each page; pages with equal numbers are stored alike.
    firsts
        The first page of each kind.

    Raises
    ------
    ZException
        When the file is not a TIFF, or the chain of directories leaves the file or is circular;
        stopping silently would lose pages.
    """

    def __init__(self, file: FileBytes) -> None:
        head = file.read(0, min(8, file.size))
        if not is_tiff(head):
            raise ZException(f"the file is not a TIFF file: it starts with {head!r}")
        self.file = file
        self.order = "<" if head[:1] == b"I" else ">"
        self._big = head[:4] in SIGNATURES[2:]
        self._count = struct.Struct(self.order + ("Q" if self._big else "H"))
        self._offset = struct.Struct(self.order + ("Q" if self._big else "I"))
        self._entry = struct.Struct(f"{self.order}HH{'QQ' if self._big else 'II'}")
        self._guess = 256
        self._near, self._last = (0, b""), 0
        self._settings: dict[object, int] = {}
        self._alike: dict[int, dict[tuple[int, int], int]] = {0: {}}
        self._mask = 0
        self.offsets, self.kinds = array("Q"), array("L")
        self.firsts: list[int] = []
        self._walk()

    def of(self, file: FileBytes | None) -> "Directories":
        """The same directories, read through another open file object."""
        found = copy(self)
        found.file = file  # type: ignore[assignment]  # None while they are only kept
        found._settings, found._near, found._last = dict(self._settings), (0, b""), 0
        found._alike = {mask: dict(kinds) for mask, kinds in self._alike.items()}
        return found

    def _walk(self) -> None:
        """Follow the chain to its end."""
        start = 8 if self._big else 4
        (at,) = self._offset.unpack(self.file.read(start, self._offset.size, "the header"))
        seen: set[int] = set()
        while at:
            what = f"the directory of page {len(seen)}"
            if at in seen:
                raise ZException(f"{what} repeats that of an earlier page: the file is damaged")
            seen.add(at)
            raw, following = self._read(at, what)
            self.offsets.append(at)
            kind = self._kind(at, raw)
            if kind == len(self.firsts):
                self.firsts.append(len(self.kinds))
            self.kinds.append(kind)
            at = following
        if not seen:
            raise ZException("the file has no page")
        description = self.entries(self.offsets[0]).get(DESCRIPTION)
        if description is not None:  # pages cannot be interpreted without it
            self.file.check(description.at, description.size, "tag 270 of page 0")

    def _read(self, at: int, what: str) -> tuple[bytes, int]:
        """Bytes of the entries of a directory, and the offset of the next; usually one read."""
        head = self._from_near(
            at, max(min(self._guess, self.file.size - at), self._count.size), what
        )
        (count,) = self._count.unpack_from(head)
        if count > MOST_TAGS:
            raise ZException(f"{what} counts {count} tags: the file is damaged")
        end = self._count.size + count * self._entry.size
        self._guess = end + self._offset.size
        if len(head) < self._guess:
            head = self.file.read(at, self._guess, what)
        return head[self._count.size : end], self._offset.unpack_from(head, end)[0]

    def _from_near(self, at: int, count: int, what: str) -> bytes:
        """Read bytes at an offset; reads grow while directories are close together."""
        start, data = self._near
        if not start <= at <= start + len(data) - count:
            closely = 0 < at - self._last < NEAR
            wanted = min(2 * len(data), AHEAD, self.file.size - at) if closely else 0
            ahead = max(count, wanted)
            start, data = at, self.file.read(at, ahead, what)
            self._near = start, data
        self._last = at
        return data[at - start : at - start + count]

    def _kind(self, at: int, raw: bytes) -> int:
        """The kind number of a directory.

        Most directories differ from the previous one only in irrelevant values: with these masked,
        they are equal and need no parsing.
        """
        blanked = len(raw), int.from_bytes(raw, "little") & self._mask
        known = self._alike[self._mask].get(blanked)
        if known is not None:
            return known
        entries = self._parsed(at, raw)
        setting = tuple(
            (tag, entry.kind, self._setting(tag, entry))
            for tag, entry in sorted(entries.items())
            if tag in STORAGE_TAGS
        )
        kind = self._settings.setdefault(setting, len(self._settings))
        if all(e.size <= self._offset.size for t, e in entries.items() if t in STORAGE_TAGS):
            self._mask = self._mask_of(raw)
            blanked = len(raw), int.from_bytes(raw, "little") & self._mask
            self._alike.setdefault(self._mask, {})[blanked] = kind
        return kind

    def _setting(self, tag: int, entry: Entry) -> object:
        """Key to compare a tag: its values, or their offset if there are many."""
        if entry.size > LONGEST_SETTING:
            return entry
        return self.file.read(entry.at, entry.size, f"tag {tag} of page {len(self.kinds)}")

    def _mask_of(self, raw: bytes) -> int:
        """Mask of the relevant bits of entries: all of storage tags, only the number of others."""
        kept = bytearray(b"\xff\xff\xff\xff" + bytes(self._entry.size - 4)) * (
            len(raw) // self._entry.size
        )
        for place, (tag, *_) in enumerate(self._entry.iter_unpack(raw)):
            if tag in STORAGE_TAGS:
                first = place * self._entry.size
                kept[first : first + self._entry.size] = b"\xff" * self._entry.size
        return int.from_bytes(kept, "little")

    def _parsed(self, at: int, raw: bytes, only: frozenset[int] | None = None) -> dict[int, Entry]:
        inline = self._offset.size
        first = at + self._count.size + self._entry.size - inline
        entries = {}
        for place, (tag, kind, count, value) in enumerate(self._entry.iter_unpack(raw)):
            if only is not None and tag not in only:
                continue
            fits = count * BYTES_OF_TYPE.get(kind, 1) <= inline
            entries[tag] = Entry(kind, count, first + place * self._entry.size if fits else value)
        return entries

    def entries(self, at: int) -> dict[int, Entry]:
        """The tags of the directory at an offset."""
        return self._parsed(at, self._read(at, f"the directory at {at}")[0])

    def kind_at(self, at: int) -> int:
        """The kind of a directory outside the chain."""
        return self._kind(at, self._read(at, f"the directory at {at}")[0])

    def segments(self, at: int, what: str) -> tuple[NDArray[np.int64], NDArray[np.int64]] | None:
        """Offsets and byte counts of the strips or tiles of the directory at an offset.

        None if one of the two is missing.
        """
        raw, _ = self._read(at, what)
        entries = self._parsed(at, raw, SEGMENT_TAGS)
        offsets = next((entries[tag] for tag in OFFSETS if tag in entries), None)
        counts = next((entries[tag] for tag in COUNTS if tag in entries), None)
        if offsets is None or counts is None:
            return None
        known = at + self._count.size, raw
        return self.values(offsets, what, known), self.values(counts, what, known)

    def values(
        self, entry: Entry, what: str, known: tuple[int, bytes] = (0, b"")
    ) -> NDArray[np.int64]:
        """The values of an integer tag, from the file or from its bytes in `known`."""
        if entry.kind not in INTEGERS:
            raise ZException(f"{what} has values of type {entry.kind}: expected integers")
        inside = entry.at - known[0]
        if 0 <= inside <= len(known[1]) - entry.size:
            data = known[1][inside : inside + entry.size]
        else:
            data = self.file.read(entry.at, entry.size, what)
        return np.frombuffer(data, self.order + INTEGERS[entry.kind]).astype(np.int64)


def is_tiff(head: bytes) -> bool:
    """Whether a file that starts with `head` is a TIFF or BigTIFF."""
    return head[:4] in SIGNATURES
