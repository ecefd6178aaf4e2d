"""Write chunks and shards of an array, several at a time."""

import zlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path
from typing import Any

import google_crc32c  # a dependency of zarr
import numcodecs  # type: ignore[import-untyped]  # a dependency of zarr
import numpy as np
from numpy.typing import NDArray

from zimg.io.formats.ome_zarr.documents import write_array
from zimg.io.formats.ome_zarr.store_layout import Layout

ABSENT = 2**64 - 1  # offset and size of an absent chunk in a shard index
Pack = Callable[[NDArray[Any]], Any]


class ArrayWriter:
    """Writes an array with axes t, c, z, y, x, whole chunks at a time.

    Parameters
    ----------
    folder
        Folder of the array; created.
    layout
        How it is stored.
    shape, dtype
        Of the array.
    pool
        Executor that compresses and writes; no job is pending when `write` returns.
    """

    def __init__(
        self,
        folder: Path,
        layout: Layout,
        shape: tuple[int, ...],
        dtype: np.dtype[Any],
        pool: ThreadPoolExecutor,
    ) -> None:
        self.shape, self._pool = shape, pool
        self._stored = dtype.newbyteorder("<")
        self._chunks = layout.chunks_of(shape)
        self._shards = layout.shards_of(shape)
        self._pack = packer(layout)
        self._root = folder / "c" if layout.zarr_format == 3 else folder
        write_array(folder, layout, shape, dtype)

    def write(self, time: int, first: int, planes: NDArray[Any]) -> None:
        """Write planes of a time point, ``(C, depth, Y, X)``, aligned with chunks."""
        steps = (self._shards or self._chunks)[1:]
        starts = [range(0, n, step) for n, step in zip(planes.shape, steps, strict=True)]
        places = list(product(*starts))

        def write_one(place: tuple[int, ...]) -> None:
            block = planes[tuple(slice(a, a + n) for a, n in zip(place, steps, strict=True))]
            c, z, y, x = (a // n for a, n in zip(place, steps, strict=True))
            path = self._root / f"{time}/{c}/{first // steps[1] + z}/{y}/{x}"
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb", buffering=0) as file:
                for part in self._parts(block):
                    _write_all(file, part)

        carry_out(self._pool, write_one, places)

    def _parts(self, block: NDArray[Any]) -> Iterator[Any]:
        """The bytes of a chunk, or of a shard with its index."""
        if self._shards is None:
            yield self._pack(self._whole(block))
            return
        counts = [n // step for n, step in zip(self._shards, self._chunks, strict=True)]
        index = np.full((*counts[1:], 2), ABSENT, "<u8")
        offset, steps = 0, self._chunks[1:]
        for place in product(*map(range, counts[1:])):
            box = [slice(k * n, k * n + n) for k, n in zip(place, steps, strict=True)]
            if all(part.start < n for part, n in zip(box, block.shape, strict=True)):
                packed = memoryview(self._pack(self._whole(block[tuple(box)]))).cast("B")
                index[place] = offset, len(packed)
                offset += len(packed)
                yield packed
        table = index.tobytes()
        yield table + google_crc32c.value(table).to_bytes(4, "little")

    def _whole(self, block: NDArray[Any]) -> NDArray[Any]:
        """A chunk in stored byte order, padded with zeros at the ends of the array."""
        steps = self._chunks[1:]
        if block.shape == steps:
            return np.ascontiguousarray(block, self._stored)
        whole = np.zeros(steps, self._stored)
        whole[tuple(slice(n) for n in block.shape)] = block
        return whole


def packer(layout: Layout) -> Pack:
    """Function that encodes a contiguous chunk."""
    if layout.packing == "zstd":
        codec = numcodecs.Zstd(layout.level, checksum=True)
        return lambda chunk: codec.encode(chunk)
    if layout.packing == "gzip":
        level = layout.level
        return lambda chunk: zlib.compress(_bytes_of(chunk), level, zlib.MAX_WBITS + 16)
    return _bytes_of


def carry_out(pool: ThreadPoolExecutor, work: Callable[[Any], None], places: Sequence[Any]) -> None:
    """Run `work` for all places; an error or an interruption cancels the rest."""
    futures = [pool.submit(work, place) for place in places]
    try:
        for future in futures:
            future.result()
    except BaseException:
        for future in futures:
            future.cancel()
        for future in futures:
            if not future.cancelled():
                future.exception()
        raise


def _bytes_of(chunk: NDArray[Any]) -> memoryview:
    return chunk.reshape(-1).view(np.uint8).data


def _write_all(file: Any, data: Any) -> None:
    rest = memoryview(data).cast("B")
    while len(rest):
        rest = rest[file.write(rest) :]
