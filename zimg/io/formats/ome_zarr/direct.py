"""Read and decompress chunks of a folder or zip file in the calling thread.

zarr reads all arrays through tasks of an event loop, which costs more than small chunks and leaves
tasks behind when interrupted. Arrays with common codecs are read here; other arrays, and those at
addresses, with zarr.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import google_crc32c  # a dependency of zarr
import numpy as np
import zarr
from numpy.typing import NDArray
from zarr.abc.store import ByteRequest, RangeByteRequest, SuffixByteRequest

from zimg._errors import ZException
from zimg.io.formats.ome_zarr.bounded import PACKINGS, SHARE_LONGER, unpacked
from zimg.io.formats.ome_zarr.folder import ConfinedStore
from zimg.io.formats.ome_zarr.zip_file import ZipFolder

ABSENT = 2**64 - 1  # offset and size of a chunk that a shard does not hold
CHECKSUM = 4  # bytes of crc32c
Box = tuple[slice, ...]
Config = Mapping[str, Any]
Unpack = tuple[str, Config]
Read = Callable[[str, ByteRequest | None], bytes | None]


@dataclass(frozen=True, slots=True)
class Sharding:
    """Place of the index in a shard."""

    shape: tuple[int, ...]
    at_end: bool


@dataclass(frozen=True, slots=True)
class DirectArray:
    """Storage of the chunks of an array.

    Parameters
    ----------
    read
        Returns the bytes of a key, or a part of them; None if absent.
    key
        Returns the key of a chunk or shard.
    stored
        Voxel type with byte order.
    chunks
        Voxels of a chunk along each axis.
    axes
        Stored order of the axes, slowest first.
    packings
        Codecs of bytes, in the order of application.
    fill
        Fill value of absent chunks.
    shards
        Sharding, if several chunks share a key.
    """

    read: Read
    key: Callable[[tuple[int, ...]], str]
    stored: np.dtype[Any]
    chunks: tuple[int, ...]
    axes: tuple[int, ...]
    packings: Sequence[Unpack]
    fill: Any
    shards: Sharding | None = None

    @classmethod
    def of(cls, array: "zarr.Array[Any]") -> "DirectArray | None":
        """Describe the chunks of an array; None if zarr has to read it."""
        store = array.store
        if not isinstance(store, ConfinedStore | ZipFolder):
            return None
        metadata: Any = array.metadata
        stated = metadata.to_dict()
        form = _version_2(stated) if metadata.zarr_format == 2 else _version_3(stated)
        if form is None:
            return None
        axes, packings, big, shards = form
        stored = np.dtype(array.dtype)
        if metadata.zarr_format == 3:
            stored = stored.newbyteorder(">" if big else "<")
        fill = 0 if array.fill_value is None else array.fill_value
        rank = len(array.shape)

        def key(place: tuple[int, ...]) -> str:
            return f"{array.path}/{metadata.encode_chunk_key(place)}".lstrip("/")

        if shards is not None:
            outer = tuple(a // b for a, b in zip(array.shards or (), array.chunks, strict=True))
            shards = Sharding(outer, shards.at_end)
        chunks = tuple(map(int, array.chunks))
        axes = axes or tuple(range(rank))
        return cls(store.read_now, key, stored, chunks, axes, packings, fill, shards)

    @property
    def size(self) -> int:
        """Size of a chunk in bytes."""
        return math.prod(self.chunks) * self.stored.itemsize

    def parts(self, box: Box) -> Iterator["Part"]:
        """The chunks that intersect a box, with the requested part of each."""
        ranges = [
            range(each.start // step, -(-each.stop // step))
            for each, step in zip(box, self.chunks, strict=True)
        ]
        indices: dict[tuple[int, ...], NDArray[np.uint64] | None] = {}
        for place in product(*ranges):
            yield Part(self, place, box, indices)

    def chunk(
        self, place: tuple[int, ...], indices: dict[tuple[int, ...], NDArray[np.uint64] | None]
    ) -> NDArray[Any] | None:
        """A whole chunk; None when it is absent."""
        if self.shards is None:
            data = self.read(self.key(place), None)
        else:
            data = self._of_shard(place, self.shards, indices)
        return None if data is None else self._unpacked(data)

    @property
    def plain(self) -> bool:
        """Whether a part of a chunk can be read without the rest of it."""
        return self.shards is None and not self.packings

    def stretch(self, place: tuple[int, ...], take: Box) -> NDArray[Any] | None:
        """A part of a plain chunk, read from its first voxel to its last."""
        whole = tuple(slice(0, length) for length in self.chunks)
        if all((a.start, a.stop) == (b.start, b.stop) for a, b in zip(take, whole, strict=True)):
            data = self.read(self.key(place), None)  # with size check
            return None if data is None else self._unpacked(data)
        shape = [self.chunks[axis] for axis in self.axes]
        steps = [math.prod(shape[n + 1 :]) * self.stored.itemsize for n in range(len(shape))]
        strides = [steps[self.axes.index(axis)] for axis in range(len(shape))]
        first = sum(part.start * step for part, step in zip(take, strides, strict=True))
        last = sum((part.stop - 1) * step for part, step in zip(take, strides, strict=True))
        data = self.read(self.key(place), RangeByteRequest(first, last + self.stored.itemsize))
        if data is None:
            return None
        sizes = tuple(part.stop - part.start for part in take)
        return np.ndarray(sizes, self.stored, data, strides=tuple(strides))

    def holds(
        self, place: tuple[int, ...], indices: dict[tuple[int, ...], NDArray[np.uint64] | None]
    ) -> bool:
        """Whether the index of a shard contains a chunk."""
        assert self.shards is not None
        return self._where(place, self.shards, indices) is not None

    def _of_shard(
        self,
        place: tuple[int, ...],
        shards: Sharding,
        indices: dict[tuple[int, ...], NDArray[np.uint64] | None],
    ) -> bytes | None:
        where = self._where(place, shards, indices)
        return None if where is None else self.read(*where)

    def _where(
        self,
        place: tuple[int, ...],
        shards: Sharding,
        indices: dict[tuple[int, ...], NDArray[np.uint64] | None],
    ) -> tuple[str, RangeByteRequest] | None:
        """The key of a chunk's shard, and its bytes there; None when it is absent."""
        outer = tuple(a // n for a, n in zip(place, shards.shape, strict=True))
        inner = tuple(a % n for a, n in zip(place, shards.shape, strict=True))
        if outer not in indices:
            indices[outer] = self._index(outer, shards)
        index = indices[outer]
        if index is None:
            return None
        offset, count = (int(value) for value in index[inner])
        if offset == count == ABSENT:
            return None
        return self.key(outer), RangeByteRequest(offset, offset + count)

    def _index(self, outer: tuple[int, ...], shards: Sharding) -> NDArray[np.uint64] | None:
        """Offsets and sizes of the chunks of a shard; None if the shard is absent."""
        size = math.prod(shards.shape) * 16 + CHECKSUM
        end: ByteRequest = SuffixByteRequest(size)
        data = self.read(self.key(outer), end if shards.at_end else RangeByteRequest(0, size))
        if data is None:
            return None
        table = np.frombuffer(_checked(data), "<u8")
        return table.reshape((*shards.shape, 2))

    def _unpacked(self, data: bytes) -> NDArray[Any]:
        most = self.size
        for number, (name, config) in reversed(list(enumerate(self.packings))):
            if name == "crc32c":
                data = _checked(data)
                continue
            outer = any(other != "crc32c" for other, _ in self.packings[:number])
            data = unpacked(
                name, config, data, most + most // SHARE_LONGER + 1024 if outer else most
            )
        if len(data) != self.size:
            raise ZException(f"has {len(data)} bytes: expected {self.size}")
        shape = [self.chunks[axis] for axis in self.axes]
        return np.frombuffer(data, self.stored).reshape(shape).transpose(np.argsort(self.axes))


@dataclass(frozen=True, slots=True)
class Part:
    """The requested part of one chunk."""

    array: DirectArray
    place: tuple[int, ...]
    box: Box
    indices: dict[tuple[int, ...], NDArray[np.uint64] | None]

    def _meeting(self) -> tuple[Box, Box]:
        """Slices of the intersection in the chunk and in the box."""
        take, put = [], []
        for wanted, at, step in zip(self.box, self.place, self.array.chunks, strict=True):
            first, last = max(wanted.start, at * step), min(wanted.stop, (at + 1) * step)
            take.append(slice(first - at * step, last - at * step))
            put.append(slice(first - wanted.start, last - wanted.start))
        return tuple(take), tuple(put)

    def voxels(self) -> tuple[NDArray[Any], Box]:
        """The voxels and their place in the box; errors name the chunk."""
        take, put = self._meeting()
        try:
            if self.array.plain:
                found = self.array.stretch(self.place, take)
            else:
                whole = self.array.chunk(self.place, self.indices)
                found = None if whole is None else whole[take]
        except Exception as error:
            raise self._named(error) from error
        if found is None:
            shape = [each.stop - each.start for each in take]
            found = np.broadcast_to(np.asarray(self.array.fill, self.array.stored), shape)
        return found, put

    def _named(self, error: Exception) -> ZException:
        outer, at = self.place, ""
        if self.array.shards is not None:
            steps = self.array.shards.shape
            outer = tuple(a // n for a, n in zip(self.place, steps, strict=True))
            corner = tuple(a * n for a, n in zip(self.place, self.array.chunks, strict=True))
            first = tuple(max(a, wanted.start) for a, wanted in zip(corner, self.box, strict=True))
            at = f" at {first}"
        return ZException(f"chunk {self.array.key(outer)!r}{at}: {error}")


def _checked(data: bytes) -> bytes:
    """Verify and strip a checksum; raise a `ZException` if it is wrong."""
    inner, stated = data[:-CHECKSUM], int.from_bytes(data[-CHECKSUM:], "little")
    if len(data) < CHECKSUM or google_crc32c.value(inner) != stated:
        raise ZException("the checksum is wrong: the data are damaged")
    return inner


Form = tuple[tuple[int, ...], Sequence[Unpack], bool, Sharding | None]


def _version_2(stated: Mapping[str, Any]) -> Form | None:
    if stated.get("filters"):
        return None
    axes = tuple(range(len(stated["shape"])))
    packings = [_named(each) for each in (stated.get("compressor"),) if each is not None]
    known = all(name in PACKINGS for name, _ in packings)
    return (
        (axes[::-1] if stated["order"] == "F" else axes, packings, False, None) if known else None
    )


def _version_3(stated: Mapping[str, Any]) -> Form | None:
    codecs = [_named(each) for each in stated["codecs"]]
    shards = None
    if codecs[0][0] == "sharding_indexed":
        config = codecs[0][1]
        index = [name for name, _ in map(_named, config["index_codecs"])]
        if len(codecs) > 1 or index != ["bytes", "crc32c"]:
            return None
        shards = Sharding((), config.get("index_location", "end") == "end")
        codecs = [_named(each) for each in config["codecs"]]
    axes: tuple[int, ...] = ()
    if codecs and codecs[0][0] == "transpose":
        axes = tuple(codecs.pop(0)[1]["order"])
    if not codecs or codecs[0][0] != "bytes":
        return None
    big = codecs[0][1].get("endian", "little") == "big"
    known = all(name in PACKINGS or name == "crc32c" for name, _ in codecs[1:])
    return (axes, codecs[1:], big, shards) if known else None


def _named(codec: Any) -> Unpack:
    """Name and configuration of a codec of Zarr version 2 or 3."""
    stated = codec if isinstance(codec, Mapping) else codec.get_config()
    if "id" in stated:
        return str(stated["id"]), stated
    return str(stated["name"]).removeprefix("numcodecs."), stated.get("configuration") or {}
