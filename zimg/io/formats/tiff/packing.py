"""Compression, predictor, strips and tiles of TIFF pages."""

from dataclasses import dataclass
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from zimg._errors import ZException
from zimg.io.options import LEVELS, check_options
from zimg.io.parameters import ZImgWriteParameters
from zimg.values import Compression

TYPES = (
    *("uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64"),
    *("float32", "float64"),
)
TILE = 512  # rows and columns, as in the reference; pages up to this size are one strip
# A level of deflate without lazy matching; the side of the piece of a page that shows whether a
# higher one is worth its time; and by how much larger the piece may be. Of whole tiles of noise the
# cheap level makes less, not more.
CHEAP, PIECE, TOLERANCE = 4, 128, 0.01
DEFLATE = (Compression.DEFLATE, Compression.ADOBE_DEFLATE)
PREDICTED = (Compression.LZW, *DEFLATE, Compression.ZSTD, Compression.LZMA)


@dataclass(frozen=True, slots=True)
class _Codec:
    """A codec: tag value, supported voxel types and samples per page, worst expansion.

    `expansion` is the growth factor of random data.
    """

    tag: int
    types: tuple[str, ...] = TYPES
    samples: tuple[int, ...] = (1, 2, 3, 4)
    expansion: float = 1.01


_CODECS = {
    Compression.NONE: _Codec(1, expansion=1.0),
    Compression.LZW: _Codec(5, expansion=1.5),  # 12 bits per byte
    Compression.JPEG: _Codec(7, ("uint8",), (1, 3), expansion=2.0),
    Compression.PACKBITS: _Codec(32773),
    Compression.DEFLATE: _Codec(32946),
    Compression.ADOBE_DEFLATE: _Codec(8),
    Compression.JP2000: _Codec(34712, ("uint8", "uint16"), (1, 3, 4), expansion=1.5),
    Compression.LZMA: _Codec(34925),
    Compression.ZSTD: _Codec(50000),
    Compression.WEBP: _Codec(50001, ("uint8",), (3, 4), expansion=1.5),
}


@dataclass(frozen=True, slots=True)
class Packing:
    """Compression of pages.

    Parameters
    ----------
    parameters
        Options of writing.
    dtype
        Voxel type.
    samples
        Channels in a page.
    """

    parameters: ZImgWriteParameters
    dtype: np.dtype[Any]
    samples: int = 1

    @property
    def compression(self) -> Compression:
        """The compression in use; LZW by default, as in the reference."""
        asked = Compression(self.parameters.compression)
        return Compression.LZW if asked == Compression.AUTO else asked

    @property
    def predictor(self) -> int | None:
        """2 for integers and 3 for floats where it helps, as in the reference."""
        if self.compression not in PREDICTED:
            return None
        if self.dtype.kind == "f":
            return 3
        return 2 if self.dtype.itemsize in (2, 4) else None

    def check(self, name: str) -> None:
        """Raise a `ZException` for unsupported types and options; `name` is that of the format."""
        codec = _CODECS.get(self.compression)
        if self.dtype.name not in TYPES:
            raise ZException(f"{name} stores {', '.join(TYPES)}, not {self.dtype.name}")
        if codec is None:
            known = ", ".join(each.name for each in (Compression.AUTO, *_CODECS))
            raise ZException(f"{name} supports compression {known}, not {self.compression.name}")
        if self.dtype.name not in codec.types or self.samples not in codec.samples:
            raise ZException(
                f"{self.compression.name} compresses {' and '.join(codec.types)} with "
                f"{' or '.join(map(str, codec.samples))} samples per page of {name}, "
                f"not {self.dtype.name} with {self.samples}"
            )
        check_options(
            f"{name} with compression {self.compression.name}", self.parameters, self._used
        )

    @property
    def _used(self) -> tuple[str, ...]:
        """Supported options; JPEG in TIFF is baseline without subsampling."""
        if self.compression == Compression.JPEG:
            return ("jpegQuality",)
        return LEVELS.get(self.compression, ())

    def options(self, page: NDArray[Any]) -> dict[str, Any]:
        """Compression arguments of tifffile for a page, ``(Y, X)`` or ``(Y, X, C)``."""
        tag = _CODECS[self.compression].tag
        options: dict[str, Any] = {"compression": None if tag == 1 else tag}
        if self.predictor:
            options["predictor"] = self.predictor
        arguments = self._arguments()
        if self.compression in DEFLATE:
            arguments = {"level": self._useful_level(page)}
        if arguments:
            options["compressionargs"] = arguments
        if self.compression == Compression.JPEG and self.samples == 3:
            # Stored as RGB: the reference does not convert YCbCr back.
            options["subsampling"] = (1, 1)
            options["compressionargs"]["outcolorspace"] = "rgb"
        return options

    def _useful_level(self, page: NDArray[Any]) -> int:
        """The requested level of deflate, or `CHEAP` where it compresses as well.

        Noise does not compress better at higher levels, which take half as long again. A sample of
        the page decides.
        """
        asked = self.parameters.zlibCompressionLevel
        if asked <= CHEAP:
            return asked
        middle = page[
            tuple(slice(max(n - PIECE, 0) // 2, max(n + PIECE, 2) // 2) for n in page.shape[:2])
        ]
        data = np.ascontiguousarray(middle)
        if self.predictor == 2:
            data = imagecodecs.delta_encode(data, axis=1)
        elif self.predictor == 3:
            data = imagecodecs.floatpred_encode(data, axis=1)
        cheap, full = (
            len(imagecodecs.deflate_encode(data.tobytes(), level=n)) for n in (CHEAP, asked)
        )
        return CHEAP if cheap <= full * (1 + TOLERANCE) else asked

    def _arguments(self) -> dict[str, Any]:
        """Arguments of the encoder; JPEG 2000 and WebP are lossless."""
        given = self.parameters
        levels: dict[Compression, dict[str, Any]] = {
            Compression.DEFLATE: {"level": given.zlibCompressionLevel},
            Compression.ADOBE_DEFLATE: {"level": given.zlibCompressionLevel},
            Compression.ZSTD: {"level": given.zstdCompressionLevel},
            Compression.JPEG: {"level": given.jpegQuality},
            Compression.JP2000: {"level": 0, "reversible": True},
            Compression.WEBP: {"lossless": True},
        }
        return levels.get(self.compression, {})

    def largest(self, height: int, width: int) -> int:
        """Upper bound of the bytes of a page, including its directory."""
        cut = segments(height, width)
        high, wide = cut.get("tile", (height, width))
        count = -(-height // high) * -(-width // wide)
        pixels = count * high * wide * self.samples * self.dtype.itemsize
        return round(pixels * _CODECS[self.compression].expansion) + count * 64 + 4096


def segments(height: int, width: int) -> dict[str, Any]:
    """Tiles for a large page, a single strip for a page up to the size of a tile."""
    if max(height, width) <= TILE:
        return {"rowsperstrip": height}
    return {"tile": tuple(min(TILE, -(-size // 16) * 16) for size in (height, width))}
