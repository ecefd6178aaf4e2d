"""Compress and decompress chunks with HDF5 filters, in several threads."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from zimg._errors import ZException
from zimg.io.options import LEVELS, check_options
from zimg.io.parameters import ZImgWriteParameters
from zimg.values import Compression

# Registered numbers (https://github.com/HDFGroup/hdf5_plugins/blob/master/docs/RegisteredFilterPlugins.md);
# 488 is the reference's own.
DEFLATE, SHUFFLE, FLETCHER32, JPEGXR, LZ4, ZSTD = 1, 2, 3, 488, 32004, 32015
KNOWN = (DEFLATE, SHUFFLE, FLETCHER32, JPEGXR, LZ4, ZSTD)
CHECKSUM = 4  # bytes behind a chunk
JPEGXR_TYPES = ("uint8", "uint16")
WAYS = {
    Compression.AUTO: ZSTD,
    Compression.ZSTD: ZSTD,
    Compression.DEFLATE: DEFLATE,
    Compression.ADOBE_DEFLATE: DEFLATE,
    Compression.JPEGXR: JPEGXR,
    Compression.NONE: 0,
}


@dataclass(frozen=True, slots=True)
class Packed:
    """Compression of the chunks of a dataset.

    Parameters
    ----------
    filters
        Filter numbers, in the order of application.
    shape
        Voxels of a chunk along y and x, or z, y and x.
    dtype
        Voxel type as stored, with its byte order.
    """

    filters: tuple[int, ...]
    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    @property
    def nbytes(self) -> int:
        """Size of a decompressed chunk in bytes."""
        return math.prod(self.shape) * self.dtype.itemsize

    def unpacked(self, data: bytes, mask: int) -> NDArray[Any]:
        """The voxels of a chunk.

        Parameters
        ----------
        data
            Stored bytes.
        mask
            Bit mask of the filters that were skipped for this chunk.

        Raises
        ------
        ZException
            When the chunk is damaged: wrong checksum or size.
        """
        content: Any = data
        for place in reversed(range(len(self.filters))):
            if not mask >> place & 1:
                content = self._undone(self.filters[place], content)
        if len(content) != self.nbytes:
            raise ZException(
                f"a chunk decompresses to {len(content)} bytes instead of {self.nbytes}: it "
                "is damaged"
            )
        return np.frombuffer(content, self.dtype).reshape(self.shape)

    def _undone(self, number: int, data: Any) -> Any:
        """Undo one filter."""
        if number == FLETCHER32:
            return _verified(data)
        if number == JPEGXR:
            place = np.empty(self.shape, self.dtype.newbyteorder("="))
            imagecodecs.jpegxr_decode(data, out=place)
            return place.astype(self.dtype, copy=False).reshape(-1).view(np.uint8)
        if number == SHUFFLE:
            return _unshuffled(data, self.dtype.itemsize)
        if number == LZ4:
            return imagecodecs.lz4h5_decode(data, out=self.nbytes)
        if number == ZSTD:
            return imagecodecs.zstd_decode(data, out=self.nbytes)
        return imagecodecs.deflate_decode(data, out=self.nbytes)


def _verified(data: Any) -> Any:
    """Verify and strip the checksum at the end of `data`."""
    content, checksum = bytes(data)[:-CHECKSUM], bytes(data)[-CHECKSUM:]
    found = imagecodecs.h5checksum_fletcher32(content)
    if found.to_bytes(CHECKSUM, "little") != checksum:
        raise ZException("the checksum of a chunk is wrong: it is damaged")
    return content


def _unshuffled(data: Any, size: int) -> Any:
    """`data` in which the first bytes of all voxels came first, then the second ones, ..."""
    found = np.frombuffer(data, np.uint8)
    if len(found) % size:
        raise ZException(f"a chunk of {len(found)} bytes has no whole number of voxels")
    return np.ascontiguousarray(found.reshape(size, -1).T).reshape(-1)


def check_packing(dtype: str, parameters: ZImgWriteParameters) -> None:
    """Raise a `ZException` for an unsupported compression or compression option."""
    way = WAYS.get(parameters.compression)
    if way is None:
        accepted = ", ".join(each.name for each in WAYS)
        raise ZException(
            f"HDF5Img supports compression {accepted}, not "
            f"{Compression(parameters.compression).name}"
        )
    asked = Compression(parameters.compression)
    used = Compression.ZSTD if asked == Compression.AUTO else asked
    check_options(f"HDF5Img with compression {used.name}", parameters, LEVELS.get(used, ()))
    if way == JPEGXR and dtype not in JPEGXR_TYPES:
        raise ZException(f"JPEG XR compresses {' and '.join(JPEGXR_TYPES)}, not {dtype}")


@dataclass(frozen=True, slots=True)
class Packer:
    """Compress chunks according to checked parameters."""

    parameters: ZImgWriteParameters

    @property
    def number(self) -> int:
        """Filter number; 0 without compression."""
        return WAYS[self.parameters.compression]

    def values(self, dtype: np.dtype[Any], shape: tuple[int, int]) -> tuple[int, ...]:
        """Filter parameters stored with the filter number, as in the reference."""
        if self.number == ZSTD:
            return (self.parameters.zstdCompressionLevel & 0xFFFFFFFF,)
        if self.number == DEFLATE:
            return (self.parameters.zlibCompressionLevel,)
        quality = int(np.float32(self.parameters.jpegXRQuality).view(np.uint32))
        return quality, dtype.itemsize, *shape

    def packed(self, chunk: NDArray[Any]) -> tuple[int, Any]:
        """Mask of skipped filters and bytes to store, for a C-contiguous chunk.

        A chunk that compression does not shrink is stored uncompressed, except with JPEG XR.
        """
        plain: Any = chunk.reshape(-1).view(np.uint8).data
        if not self.number:
            return 0, plain
        if self.number == JPEGXR:
            return 0, imagecodecs.jpegxr_encode(chunk, level=self.parameters.jpegXRQuality)
        encode: Callable[..., Any]
        encode, level = imagecodecs.deflate_encode, self.parameters.zlibCompressionLevel
        if self.number == ZSTD:
            encode, level = imagecodecs.zstd_encode, self.parameters.zstdCompressionLevel
        data = encode(plain, level=level)
        return (0, data) if len(data) < len(plain) else (1, plain)
