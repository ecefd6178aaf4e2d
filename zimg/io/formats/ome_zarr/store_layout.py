"""Storage layout of an OME-Zarr image: version, chunks, shards, compression."""

import math
from dataclasses import dataclass
from typing import Any

from zimg._errors import ZException
from zimg.io.formats.ome_zarr.array_checks import TYPES
from zimg.io.parameters import ZImgWriteParameters
from zimg.values import Compression, ZImgInfo

CHUNK = (1, 1, 32, 256, 256)  # t, c, z, y, x: efficient for regions, acceptable for planes
VERSIONS = {"0.4": 2, "0.5": 3}  # versions of OME-NGFF and of Zarr
ZLIB_LEVELS, ZSTD_LEVELS = range(10), range(-7, 23)
PACKINGS = (Compression.AUTO, Compression.NONE, Compression.ZSTD, Compression.DEFLATE)


@dataclass(frozen=True, slots=True)
class Layout:
    """The checked layout.

    Parameters
    ----------
    version
        Version of OME-NGFF.
    chunks, shards
        Sizes along t, c, z, y, x; no shards when None.
    packing
        ``zstd``, ``gzip``, or empty without compression.
    level
        Compression level.
    """

    version: str
    chunks: tuple[int, ...]
    shards: tuple[int, ...] | None
    packing: str
    level: int

    @property
    def zarr_format(self) -> int:
        """The version of Zarr."""
        return VERSIONS[self.version]

    def chunks_of(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Chunk sizes, clipped to the array."""
        return tuple(min(step, n) for step, n in zip(self.chunks, shape, strict=True))

    def shards_of(self, shape: tuple[int, ...]) -> tuple[int, ...] | None:
        """Shard sizes in whole chunks, clipped to the array."""
        if self.shards is None:
            return None
        chunks = self.chunks_of(shape)
        wanted = (
            min(step // own, -(-n // chunk)) * chunk
            for step, own, chunk, n in zip(self.shards, self.chunks, chunks, shape, strict=True)
        )
        return tuple(wanted)

    def slab_depth(self, depth: int) -> int:
        """Number of planes written together: whole chunks, in pairs that can be halved."""
        outer = (self.shards or self.chunks)[2]
        return min(math.lcm(outer, 2), depth)


def layout_of(info: ZImgInfo, parameters: ZImgWriteParameters) -> Layout:
    """The layout for `parameters`; a `ZException` if OME-Zarr does not support it."""
    if info.dataTypeString() not in TYPES:
        raise ZException(f"OME-Zarr stores {', '.join(TYPES)}, not {info.dataTypeString()}")
    version = parameters.omeZarrVersion
    if version not in VERSIONS:
        raise ZException(f"omeZarrVersion {version!r} is not supported: expected 0.4 or 0.5")
    chunks = CHUNK if parameters.chunks is None else _sizes("chunks", parameters.chunks, (1, 1))
    shards = None
    if parameters.shards is not None:
        shards = _sizes("shards", parameters.shards, chunks[:2])
        if version == "0.4":
            raise ZException("OME-Zarr 0.4 does not support shards: use 0.5")
        if any(a % b for a, b in zip(shards, chunks, strict=True)):
            raise ZException(f"shards {shards} must be multiples of chunks {chunks}")
    return Layout(version, chunks, shards, *_packing(parameters))


def _sizes(name: str, given: Any, missing: tuple[int, ...]) -> tuple[int, ...]:
    """Sizes along t, c, z, y, x, of which t and c may be left out."""
    sizes = tuple(given)
    if len(sizes) == 3:
        sizes = (*missing, *sizes)
    fits = len(sizes) == 5 and all(isinstance(n, int) and 0 < n < 2**31 for n in sizes)
    if not fits or sizes[0] != 1:
        raise ZException(
            f"{name} must be 3 sizes (z, y, x) or 5 (t, c, z, y, x) of at least 1, "
            f"with 1 along t, got {tuple(given)}"
        )
    return sizes


def _packing(parameters: ZImgWriteParameters) -> tuple[str, int]:
    """Name and level of the compression."""
    kind = Compression(parameters.compression)
    if kind not in PACKINGS:
        accepted = ", ".join(each.name for each in PACKINGS)
        raise ZException(f"OME-Zarr supports compression {accepted}, not {kind.name}")
    if kind == Compression.NONE:
        return "", 0
    if kind == Compression.DEFLATE:
        zlib = parameters.zlibCompressionLevel
        return "gzip", _level("zlibCompressionLevel", zlib, ZLIB_LEVELS)
    zstd = parameters.zstdCompressionLevel
    return "zstd", _level("zstdCompressionLevel", zstd, ZSTD_LEVELS)


def _level(name: str, value: int, accepted: range) -> int:
    if value not in accepted:
        raise ZException(f"{name} must be {accepted.start} to {accepted.stop - 1}, got {value}")
    return value
