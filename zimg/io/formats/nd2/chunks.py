"""Find the chunks of an ND2 file: a map at its end, and a header before each chunk."""

import struct
from typing import NamedTuple

from zimg._errors import ZException
from zimg.io.disk.bytes import FileBytes

MAGIC = 0x0ABECEDA
HEADER = struct.Struct("<IIQ")  # magic, bytes of the name, bytes of the data behind it
FOOTER = struct.Struct("<32sQ")
PLACE = struct.Struct("<QQ")
END = b"ND2 CHUNK MAP SIGNATURE 0000001!"
MAP = b"ND2 FILEMAP SIGNATURE NAME 0001!"
TIME = 8  # bytes before the voxels of a frame
_FRAME = b"ImageDataSeq|"


class Span(NamedTuple):
    """Offset and size of bytes in a file."""

    offset: int
    size: int


class Chunks:
    """The chunks of an open file.

    Parameters
    ----------
    file
        Open.

    Raises
    ------
    ZException
        When the map is not there or damaged: so it is where a file was cut, or not closed.
    """

    def __init__(self, file: FileBytes) -> None:
        self._file = file
        mark, place = FOOTER.unpack(
            self._file.read(file.size - FOOTER.size, FOOTER.size, "the end")
        )
        if mark != END:
            raise ZException("the file has no map of chunks at its end: it is truncated or damaged")
        name, span = self._at(place)
        if not name.startswith(MAP):
            raise ZException(
                "the file does not have its map of chunks at the stated place: it is damaged"
            )
        self._places = _entries(file.read(*span, "the map of chunks"))

    def find(self, name: bytes) -> Span | None:
        """Find the data of a chunk; None if absent."""
        return self._at(self._places[name])[1] if name in self._places else None

    def frame(self, number: int) -> Span | None:
        """Find the stored voxels of a frame; None if absent."""
        span = self.find(_FRAME + b"%d!" % number)
        if span is None:
            return None
        if span.size <= TIME:
            raise ZException(f"frame {number} has no voxels: the file is damaged")
        return Span(span.offset + TIME, span.size - TIME)

    def _at(self, place: int) -> tuple[bytes, Span]:
        """Name and data of the chunk at an offset."""
        head = self._file.read(place, HEADER.size, "the header of a chunk")
        magic, length, size = HEADER.unpack(head)
        if magic != MAGIC:
            raise ZException(f"there is no chunk at byte {place}: the file is damaged")
        start = place + HEADER.size
        self._file.check(start, length + size, "a chunk")
        return self._file.read(start, min(length, 64)), Span(start + length, size)


def _entries(data: bytes) -> dict[bytes, int]:
    """Offsets of chunks by name."""
    found: dict[bytes, int] = {}
    at = 0
    while (end := data.find(b"!", at) + 1) > 0:
        name = data[at:end]
        if name == END:
            return found
        if end + PLACE.size > len(data):
            break
        found[name], _ = PLACE.unpack_from(data, end)
        at = end + PLACE.size
    raise ZException("the map of chunks has no end: the file is damaged")
