"""The chain of page directories of a TIFF file, followed to its end before anything is believed."""

import struct
from dataclasses import dataclass

from zimg._errors import ZException
from zimg.io.bytes import FileBytes

SIGNATURES = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


@dataclass(frozen=True, slots=True)
class _Dialect:
    """How a classic TIFF or a BigTIFF spells numbers: byte order, formats, sizes in bytes."""

    order: str
    count: str
    entry: int
    offset: str

    def number(self, kind: str, file: FileBytes, at: int, what: str) -> int:
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
    dialect = _Dialect(order, *(("Q", 20, "Q") if big else ("H", 12, "I")))
    at = dialect.number(dialect.offset, file, 8 if big else 4, "the header")
    seen: set[int] = set()
    while at:
        what = f"the directory of page {len(seen)}"
        if at in seen:
            raise ZException(f"{what} is that of an earlier page: the file is damaged")
        seen.add(at)
        entries = dialect.number(dialect.count, file, at, what)
        end = at + struct.calcsize(dialect.count) + entries * dialect.entry
        at = dialect.number(dialect.offset, file, end, what)
    if not seen:
        raise ZException("it has no page")
    return len(seen)
