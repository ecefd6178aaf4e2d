"""Compress chunks of HDF5Img files with HDF5 filters."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from zimg._errors import ZException
from zimg.io.formats.shared.hdf5_filters import DEFLATE, JPEGXR, ZSTD
from zimg.io.options import LEVELS, check_options
from zimg.io.parameters import ZImgWriteParameters
from zimg.values import Compression

JPEGXR_TYPES = ("uint8", "uint16")
WAYS = {
    Compression.AUTO: ZSTD,
    Compression.ZSTD: ZSTD,
    Compression.DEFLATE: DEFLATE,
    Compression.ADOBE_DEFLATE: DEFLATE,
    Compression.JPEGXR: JPEGXR,
    Compression.NONE: 0,
}


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
