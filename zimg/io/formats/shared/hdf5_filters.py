"""Decompress chunks of HDF5 datasets with registered filters."""

import math
from dataclasses import dataclass
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from zimg._errors import ZException

# Registered numbers (https://github.com/HDFGroup/hdf5_plugins/blob/master/docs/RegisteredFilterPlugins.md);
# 488 is the reference's own.
DEFLATE, SHUFFLE, FLETCHER32, JPEGXR, LZ4, ZSTD = 1, 2, 3, 488, 32004, 32015
KNOWN = (DEFLATE, SHUFFLE, FLETCHER32, JPEGXR, LZ4, ZSTD)
CHECKSUM = 4  # bytes behind a chunk


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
