"""Pixels of one CZI sub-block."""

import struct
from dataclasses import dataclass
from typing import Any, NamedTuple

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from zimg._errors import ZException
from zimg.io.disk.bytes import FileBytes
from zimg.io.disk.limits import check_decoded
from zimg.io.formats.czi.directory import DIMENSION, ENTRY, content

UNCOMPRESSED, JPEG, LZW, JPEG_XR, ZSTD0, ZSTD1 = 0, 1, 2, 4, 5, 6
COMPRESSIONS = (UNCOMPRESSED, JPEG, LZW, JPEG_XR, ZSTD0, ZSTD1)
SIZES = 16  # bytes of the three sizes at the start of a sub-block
SHORTEST_HEAD = 256  # sizes and entry are padded to this


class PixelType(NamedTuple):
    """Voxel type and number of samples of a pixel type."""

    dtype: np.dtype[Any]
    samples: int


PIXEL_TYPES = {
    0: PixelType(np.dtype("<u1"), 1),
    1: PixelType(np.dtype("<u2"), 1),
    2: PixelType(np.dtype("<f4"), 1),
    3: PixelType(np.dtype("<u1"), 3),
    4: PixelType(np.dtype("<u2"), 3),
    8: PixelType(np.dtype("<f4"), 3),
    9: PixelType(np.dtype("<u1"), 4),
    12: PixelType(np.dtype("<u4"), 1),
    13: PixelType(np.dtype("<f8"), 1),
}


def pixel_type(number: int) -> PixelType:
    """The pixel type of a number in the directory; a `ZException` if it is not supported."""
    found = PIXEL_TYPES.get(number)
    if found is None:
        raise ZException(
            f"pixel type {number} is not supported: expected one of {sorted(PIXEL_TYPES)}"
        )
    return found


@dataclass(frozen=True, slots=True)
class Stored:
    """Offset and storage of the pixels of a sub-block."""

    place: int
    size: int
    compression: int
    type: PixelType
    rows: int
    columns: int

    @classmethod
    def of(cls, file: FileBytes, tile: Any) -> "Stored":
        """Read the header of the segment of a directory entry."""
        start, _ = content(file, int(tile["place"]), b"ZISRAWSUBBLOCK")
        head = file.read(start, SIZES + ENTRY, "the head of a sub-block")
        metadata, _, size = struct.unpack_from("<iiq", head)
        (axes,) = struct.unpack_from("<i", head, SIZES + ENTRY - 4)
        if metadata < 0 or size < 0 or not 0 <= axes < 64:
            raise ZException(f"the head of the sub-block at byte {start} is damaged")
        skipped = max(SHORTEST_HEAD, SIZES + ENTRY + axes * DIMENSION.size) + metadata
        file.check(start + skipped, size, "a sub-block")
        kind = pixel_type(int(tile["pixels"]))
        rows, columns, compression = (int(tile[n]) for n in ("rows", "columns", "compression"))
        found = cls(start + skipped, size, compression, kind, rows, columns)
        found._check()
        return found

    def _check(self) -> None:
        if self.compression not in COMPRESSIONS:
            raise ZException(
                f"compression {self.compression} is not supported: expected one of {COMPRESSIONS}"
            )
        check_decoded(self._shape, self.type.dtype.itemsize, stored=self.size)
        needed = self.rows * self._row
        if self.compression == UNCOMPRESSED and self.size < needed:
            raise ZException(f"a sub-block of {needed} bytes has only {self.size} of them")

    @property
    def _shape(self) -> tuple[int, int, int]:
        return self.rows, self.columns, self.type.samples

    @property
    def _row(self) -> int:
        """Bytes of a row."""
        return self.columns * self.type.samples * self.type.dtype.itemsize

    def read(self, file: FileBytes, first: int, last: int) -> NDArray[Any]:
        """Rows from `first` to `last` as ``(Y, X, samples)``, red first."""
        if self.compression == UNCOMPRESSED:
            data = file.read(self.place + first * self._row, (last - first) * self._row)
            found = np.frombuffer(data, self.type.dtype).reshape(last - first, *self._shape[1:])
            return _red_first(found)
        data = file.read(self.place, self.size, "a sub-block")
        found = self._decoded(data)
        return found[first:last]

    def _decoded(self, data: bytes) -> NDArray[Any]:
        """Decode all rows; codecs write into an array of the size in the directory."""
        if self.compression in (JPEG, JPEG_XR):
            return self._image(data)
        if self.compression == LZW:
            return _red_first(self._as_pixels(imagecodecs.lzw_decode(data)))
        halves = False
        if self.compression == ZSTD1:
            data, halves = _without_head(data)
        out = np.empty(self.rows * self._row, np.uint8)
        packed = np.frombuffer(imagecodecs.zstd_decode(data, out=out.data), np.uint8)
        if halves and not packed.size % 2:  # all low bytes, then all high bytes
            packed = np.ascontiguousarray(packed.reshape(2, -1).T)
        return _red_first(self._as_pixels(packed))

    def _as_pixels(self, data: Any) -> NDArray[Any]:
        values = np.frombuffer(data, np.uint8)
        if values.nbytes != self.rows * self._row:
            raise ZException(
                f"a sub-block decompresses to {values.nbytes} bytes: expected "
                f"{self.rows * self._row}"
            )
        return values.view(self.type.dtype).reshape(self._shape)

    def _image(self, data: bytes) -> NDArray[Any]:
        """Decode a JPEG or JPEG XR image, in the order red, green, blue."""
        decode = imagecodecs.jpeg_decode if self.compression == JPEG else imagecodecs.jpegxr_decode
        shape = self._shape[:2] if self.type.samples == 1 else self._shape
        out = np.empty(shape, self.type.dtype.newbyteorder("="))
        found: NDArray[Any] = decode(data, out=out)
        return found.reshape(self._shape)


def _without_head(data: bytes) -> tuple[bytes, bool]:
    """The bytes after the header of compression 6, and whether they are split in halves."""
    size = data[0] if data else 0
    if size == 1:
        return data[1:], False
    if size != 3 or data[1] != 1:
        raise ZException(f"a zstd1 sub-block header of {size} bytes is not supported")
    return data[3:], bool(data[2] & 1)


def _red_first(pixels: NDArray[Any]) -> NDArray[Any]:
    """Reorder blue, green, red to red, green, blue; alpha stays last."""
    samples = pixels.shape[-1]
    return pixels if samples == 1 else pixels[..., [2, 1, 0, 3][:samples]]
