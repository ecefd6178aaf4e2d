"""The chain of page directories of a TIFF file, followed to its end before anything is believed."""

import struct
from dataclasses import dataclass

from zimg._errors import ZException
from zimg.io.bytes import FileBytes

SIGNATURES = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
# Description, strips, palette, tiles, JPEG tables: without them a page would be misread. Others, of
# which writers get some wrong, may point anywhere.
NEEDED_TAGS = (270, 273, 279, 320, 324, 325, 347)
# Bytes of one value, by the number of its type in the TIFF 6.0 and BigTIFF specifications.
BYTES_OF_TYPE = {3: 2, 4: 4, 5: 8, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}


@dataclass(frozen=True, slots=True)
class _Dialect:
    """How a classic TIFF or a BigTIFF spells numbers: byte order and formats."""

    order: str
    count: str
    offset: str

    @property
    def entry(self) -> struct.Struct:
        """One tag: its number, its type, how many values, and these or where they are."""
        return struct.Struct(f"{self.order}HH{self.offset}{self.offset}")

    def number(self, kind: str, file: FileBytes, at: int, what: str) -> int:
        """The number at a place."""
        value: int
        (value,) = struct.unpack(self.order + kind, file.read(at, struct.calcsize(kind), what))
        return value


def is_tiff(head: bytes) -> bool:
    """Whether a file that starts with `head` is a TIFF or a BigTIFF."""
    return head[:4] in SIGNATURES


def check_chain(file: FileBytes) -> int:
    """Number of pages, after following the chain of their directories to its end.

    Raises
    ------
    ZException
        When the file is no TIFF, or the chain leaves it or runs in circles; a reader that stops
        there in silence would lose pages.
    """
    head = file.read(0, min(8, file.size))
    if not is_tiff(head):
        raise ZException(f"it is not a TIFF file, it starts with {head!r}")
    order = "<" if head[:1] == b"I" else ">"
    big = head[:4] in SIGNATURES[2:]
    dialect = _Dialect(order, "Q", "Q") if big else _Dialect(order, "H", "I")
    at = dialect.number(dialect.offset, file, 8 if big else 4, "the header")
    seen: set[int] = set()
    while at:
        what = f"the directory of page {len(seen)}"
        if at in seen:
            raise ZException(f"{what} is that of an earlier page: the file is damaged")
        seen.add(at)
        size = dialect.number(dialect.count, file, at, what) * dialect.entry.size
        start = at + struct.calcsize(dialect.count)
        _check_tags(file.read(start, size, what), dialect, file, len(seen) - 1)
        at = dialect.number(dialect.offset, file, start + size, what)
    if not seen:
        raise ZException("it has no page")
    return len(seen)


def _check_tags(entries: bytes, dialect: _Dialect, file: FileBytes, page: int) -> None:
    """Raise a `ZException` unless what the tags of a page point to lies in the file."""
    inline = struct.calcsize(dialect.offset)
    for tag, kind, count, offset in dialect.entry.iter_unpack(entries):
        size = count * BYTES_OF_TYPE.get(kind, 1)
        if tag in NEEDED_TAGS and size > inline:
            file.check(offset, size, f"tag {tag} of page {page}")
