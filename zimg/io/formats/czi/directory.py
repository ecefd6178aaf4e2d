"""The sub-block directory of a CZI file and the place of its metadata.

Notes
-----
Layout: ZEISS, "ZISRAW (CZI) File Format, Design Specification", version 1.2.2.
"""

import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zimg._errors import ZException
from zimg.io.disk.bytes import FileBytes

SEGMENT = 32  # bytes before the content of a segment: its name, bytes allocated, bytes used
ENTRY = 32  # bytes of a directory entry before its dimensions
DIMENSION = struct.Struct("<4siifi")
FIRST_ENTRY = 128  # of the directory, from the start of its content
XML = 256  # where the text begins in the content of the metadata
# Dimensions whose indices are separate images, the slowest first.
IMAGE_AXES = "SBVHIR"
ABSENT = -1

_TEXT = [(axis, np.int64) for axis in f"{IMAGE_AXES}TZCMXY"]
TILE = np.dtype(
    [
        ("pixels", np.int64),
        ("compression", np.int64),
        ("place", np.int64),
        ("part", np.int64),
        *_TEXT,
        ("width", np.int64),
        ("height", np.int64),
        ("columns", np.int64),
        ("rows", np.int64),
    ]
)
"""A sub-block: indices along its axes, its extent in voxels of full resolution (`width`, `height`)
and the size in which it is stored (`columns`, `rows`)."""


def content(file: FileBytes, place: int, name: bytes) -> tuple[int, int]:
    """Start and length of the content of the segment `name` at `place`."""
    head = file.read(place, SEGMENT, f"segment {name.decode()}")
    if head[:16].rstrip(b"\0") != name:
        raise ZException(f"segment {name.decode()} is missing at byte {place}: the file is damaged")
    allocated, used = struct.unpack_from("<qq", head, 16)
    return place + SEGMENT, used or allocated


def places(file: FileBytes) -> tuple[int, int]:
    """Offsets of the sub-block directory and of the metadata, from the file header."""
    start, _ = content(file, 0, b"ZISRAWFILE")
    directory, metadata = struct.unpack("<qq", file.read(start + 52, 16, "the header"))
    if directory <= 0:
        raise ZException("the file has no sub-block directory: the acquisition was not finished")
    return directory, metadata


def metadata_text(file: FileBytes, place: int) -> bytes:
    """The metadata as XML; empty when the file has none."""
    if place <= 0:
        return b""
    start, _ = content(file, place, b"ZISRAWMETADATA")
    (size,) = struct.unpack("<i", file.read(start, 4, "the metadata"))
    return file.read(start + XML, size, "the metadata")


def tiles(file: FileBytes, place: int) -> NDArray[Any]:
    """All sub-blocks, as a structured array of `TILE` in the order of the directory.

    Raises
    ------
    ZException
        When the directory or an entry is damaged, or the directory is missing.
    """
    start, length = content(file, place, b"ZISRAWDIRECTORY")
    data = file.read(start, length, "the sub-block directory")
    try:
        (count,) = struct.unpack_from("<i", data)
        found = _entries(data, count)
    except struct.error:
        raise ZException(
            "the sub-block directory ends before its last entry: the file is damaged"
        ) from None
    if not len(found):
        raise ZException("the sub-block directory is empty")
    extents = np.stack([found[name] for name in ("width", "height", "columns", "rows")])
    if extents.min() < 1:
        raise ZException(
            "the sub-block directory lists a sub-block without pixels: the file is damaged"
        )
    return found


def _entries(data: bytes, count: int) -> NDArray[Any]:
    # An entry takes at least ENTRY bytes: larger claims must not allocate memory.
    if not 0 <= count * ENTRY <= len(data):
        raise ZException(f"the sub-block directory claims {count} entries in {len(data)} bytes")
    rows, place = [], FIRST_ENTRY
    for _ in range(count):
        row, place = _entry(data, place)
        rows.append(row)
    return np.array(rows, TILE)


def _entry(data: bytes, place: int) -> tuple[tuple[int, ...], int]:
    """Values of `TILE` of the entry at `place`, and the offset after it."""
    kind, pixels, where, part, compression, axes = struct.unpack_from("<2siqii6xi", data, place)
    end = place + ENTRY + axes * DIMENSION.size
    if kind != b"DV" or not 0 < axes < 64 or end > len(data):
        raise ZException("an entry of the sub-block directory is malformed: the file is damaged")
    found = {}
    for axis, start, size, _, stored in DIMENSION.iter_unpack(data[place + ENTRY : end]):
        found[axis.rstrip(b"\0")] = start, size, stored or size
    return (pixels, compression, where, part, *_values(found)), end


def _values(found: dict[bytes, tuple[int, int, int]]) -> tuple[int, ...]:
    """Indices, extent and stored size of an entry."""
    absent = {b"S": ABSENT, b"M": ABSENT}
    names = [bytes([axis]) for axis in f"{IMAGE_AXES}TZCMXY".encode()]
    thick = [a.decode("latin1") for a, (_, n, _) in found.items() if a not in b"XYM" and n > 1]
    if thick:
        raise ZException(
            f"sub-blocks with several indices along {', '.join(thick)} are not supported"
        )
    starts = [found[a][0] if a in found else absent.get(a, 0) for a in names]
    (_, width, columns), (_, height, rows) = (found.get(axis, (0, 0, 0)) for axis in (b"X", b"Y"))
    return *starts, width, height, columns, rows
