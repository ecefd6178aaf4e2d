"""Decompress chunks with a bound on the size of the result."""

import asyncio
import bz2
import lzma
import math
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import imagecodecs
import numcodecs  # type: ignore[import-untyped]  # a dependency of zarr
import zarr
from zarr.abc.buffer import Buffer
from zarr.abc.codec import BytesBytesCodec
from zarr.codecs import ShardingCodec

from zimg._errors import ZException

# The strongest preset of xz needs a quarter of this memory to decompress.
LZMA_MEMORY = 2**28
# Compressing compressed bytes may expand them by this factor, and 1 KiB.
SHARE_LONGER = 64
# Filters of Zarr v2 may turn numbers of 1 byte into 8 bytes, and vice versa.
WIDEST = 8
BLOSC_HEADER = (
    16  # bytes of the header: 4 to 8 are the decompressed size, 12 to 16 the compressed size
)

Config = Mapping[str, Any]


def unpacked(name: str, config: Config, data: Any, most: int) -> bytes:
    """Decompress a chunk without allocating more than `most` bytes.

    Parameters
    ----------
    name, config
        Name, one of `PACKINGS`, and configuration of the codec.
    data
        Stored bytes.
    most
        Upper bound of the decompressed bytes.

    Raises
    ------
    ZException
        When the chunk decompresses to more bytes, is truncated, or is damaged.
    """
    try:
        return PACKINGS[name](config, data, most)
    except ZException:
        raise
    except Exception as error:  # each codec library raises its own types
        raise ZException(
            f"cannot be decompressed with {name} into at most {most} bytes: {error}"
        ) from error


def _streamed(make: Callable[[Config], Any]) -> Callable[[Config, Any, int], bytes]:
    """Decompress several concatenated members with a decompressor of the standard library."""

    def unpack(config: Config, data: Any, most: int) -> bytes:
        parts, left, rest = [], most, bytes(data)
        while rest:
            machine = make(config)
            parts.append(machine.decompress(rest, left + 1))
            left -= len(parts[-1])
            if left < 0:
                raise ZException(f"decompresses to more than the expected {most} bytes")
            if not machine.eof:
                raise ZException("ends before the end of the compressed data")
            rest = machine.unused_data.lstrip(b"\0")
        return b"".join(parts)

    return unpack


def _lzma(config: Config) -> lzma.LZMADecompressor:
    form = config.get("format", lzma.FORMAT_XZ)
    if form == lzma.FORMAT_RAW:
        return lzma.LZMADecompressor(form, filters=config["filters"])
    return lzma.LZMADecompressor(form, memlimit=LZMA_MEMORY)


def _blosc(_config: Config, data: Any, most: int) -> bytes:
    head = bytes(data[:BLOSC_HEADER])
    claimed, stored = (int.from_bytes(head[at : at + 4], "little") for at in (4, 12))
    if claimed > most:
        raise ZException(f"claims to decompress to {claimed} bytes, more than the expected {most}")
    if len(head) < BLOSC_HEADER or stored > len(data):
        raise ZException("ends before the end of the compressed data")
    return bytes(numcodecs.Blosc().decode(data))


# The first two write into a buffer of the size of the chunk, and fail if it is too small.
PACKINGS: dict[str, Callable[[Config, Any, int], bytes]] = {
    "zstd": lambda _, data, most: bytes(imagecodecs.zstd_decode(data, out=most)),
    "lz4": lambda _, data, most: bytes(imagecodecs.lz4_decode(data, header=True, out=most)),
    "blosc": _blosc,
    "gzip": _streamed(lambda _: zlib.decompressobj(zlib.MAX_WBITS + 16)),
    "zlib": _streamed(lambda _: zlib.decompressobj(zlib.MAX_WBITS)),
    "bz2": _streamed(lambda _: bz2.BZ2Decompressor()),
    "lzma": _streamed(_lzma),
}


@dataclass(frozen=True)
class BoundedCodec(BytesBytesCodec):
    """A read-only codec of Zarr v3 with a bound on the decompressed size.

    Parameters
    ----------
    codec
        Codec of the array, one of `PACKINGS`.
    outer
        Whether its output is compressed again.
    """

    codec: BytesBytesCodec
    outer: bool = False
    is_fixed_size = False

    def to_dict(self) -> dict[str, Any]:
        """The codec as metadata."""
        return dict(self.codec.to_dict())

    async def _decode_single(self, chunk_data: Buffer, chunk_spec: Any) -> Buffer:
        size = math.prod(chunk_spec.shape) * chunk_spec.dtype.to_native_dtype().itemsize
        most = size + size // SHARE_LONGER + 1024 if self.outer else size
        stated = self.to_dict()
        found = await asyncio.to_thread(
            unpacked,
            _name(stated),
            stated.get("configuration") or {},
            chunk_data.as_numpy_array(),
            most,
        )
        return chunk_spec.prototype.buffer.from_bytes(found)

    def compute_encoded_size(self, input_byte_length: int, chunk_spec: Any) -> int:
        """The size cannot be computed."""
        return self.codec.compute_encoded_size(input_byte_length, chunk_spec)


@dataclass(frozen=True)
class BoundedPacking:
    """A read-only codec of Zarr v2 with a bound on the decompressed size.

    Parameters
    ----------
    codec
        Codec of the array, one of `PACKINGS`.
    most
        Size of a chunk in bytes.
    """

    codec: Any
    most: int
    codec_id: str = field(default="", init=False)

    def get_config(self) -> dict[str, Any]:
        """The codec as metadata."""
        return dict(self.codec.get_config())

    @classmethod
    def from_config(cls, config: Config) -> "BoundedPacking":
        """Refuse: the configuration has no bound."""
        raise NotImplementedError(f"{config} without the size of a chunk")

    def encode(self, buf: Any) -> Any:
        """Compress a chunk."""
        return self.codec.encode(buf)

    def decode(self, buf: Any, out: Any = None) -> bytes:  # noqa: ARG002 (zarr gives none)
        """Decompress a chunk."""
        config = self.get_config()
        return unpacked(config["id"], config, buf, self.most)


def bounded(array: "zarr.Array[Any]") -> "zarr.Array[Any]":
    """The same array for reading, with bounds on decompressed chunks."""
    metadata: Any = array.metadata
    if metadata.zarr_format == 3:
        metadata = replace(metadata, codecs=_bounded_codecs(metadata.codecs))
    else:
        size = math.prod(metadata.chunks) * array.dtype.itemsize
        filters = metadata.filters or ()
        most = WIDEST * size + 1024 if filters else size
        packings = [_bounded_packing(each, most) for each in (*filters, metadata.compressor)]
        metadata = replace(metadata, filters=packings[:-1] or None, compressor=packings[-1])
    inner = array.async_array
    return zarr.Array(zarr.AsyncArray(metadata, inner.store_path))


def _bounded_codecs(codecs: Iterable[Any]) -> tuple[Any, ...]:
    result: list[Any] = []
    for codec in codecs:
        if isinstance(codec, ShardingCodec):
            inner, index = _bounded_codecs(codec.codecs), _bounded_codecs(codec.index_codecs)
            result.append(replace(codec, codecs=inner, index_codecs=index))
        elif isinstance(codec, BytesBytesCodec) and _name(codec.to_dict()) in PACKINGS:
            outer = any(isinstance(each, BoundedCodec) for each in result)
            result.append(BoundedCodec(codec, outer))
        else:
            result.append(codec)
    return tuple(result)


def _bounded_packing(codec: Any, most: int) -> Any:
    known = codec is not None and codec.get_config()["id"] in PACKINGS
    return BoundedPacking(codec, most) if known else codec


def _name(stated: Mapping[str, Any]) -> str:
    return str(stated["name"]).removeprefix("numcodecs.")
