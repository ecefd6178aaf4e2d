"""Volumes of an Imaris file, read chunk by chunk."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from h5py import Dataset, h5d
from numpy.typing import NDArray

from zimg._errors import ZException
from zimg.io.disk.bytes import FileBytes
from zimg.io.disk.limits import HIGHEST_PACKING, SMALL, check_decoded
from zimg.io.formats.hdf5img.packing import KNOWN, Packed
from zimg.io.scenes.scene import Box, Job

PIECE = 2**22  # unpacked bytes of one piece of work
Span = tuple[int, int]
Corner = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Target:
    """Part of a volume, spans along z, y, x, and its time and channel in the buffers."""

    spans: tuple[Span, Span, Span]
    time: int
    channel: int

    def of(self, out: list[NDArray[Any]]) -> NDArray[Any]:
        """View of the target in the buffers."""
        return out[self.time][self.channel]


@dataclass(frozen=True, slots=True)
class Stored:
    """Offset and size of a chunk, and the mask of its skipped filters."""

    offset: int
    size: int
    mask: int


class Volume:
    """The dataset of a channel at a time.

    Parameters
    ----------
    dataset
        Open.
    dtype
        Required voxel type, of any byte order.
    shape
        Minimum numbers of voxels along z, y, x: datasets are padded to whole chunks.
    file
        Bytes of the file; None when the places of chunks are not known.

    Raises
    ------
    ZException
        When it is of another type or smaller, or lies in other files.
    """

    def __init__(
        self, dataset: Any, dtype: np.dtype[Any], shape: Corner, file: FileBytes | None, name: str
    ) -> None:
        if not isinstance(dataset, h5d.DatasetID):
            raise ZException(f"{name} is not a dataset")
        stored = dataset.shape
        fits = len(stored) == 3 and all(a >= b for a, b in zip(stored, shape, strict=True))
        if not fits or dataset.dtype.newbyteorder("=") != dtype:
            raise ZException(
                f"{name} is {dataset.dtype} of {stored}: expected {dtype} of {shape} at least"
            )
        self._dataset, self._file, self._name = dataset, file, name
        self._properties = dataset.get_create_plist()
        if self._properties.get_layout() == h5d.VIRTUAL or self._properties.get_external_count():
            raise ZException(f"the voxels of {name} lie in other files, which are not read")

    def chunk(self) -> Corner | None:
        """Voxels of a chunk along z, y, x; None for datasets without chunks."""
        if self._properties.get_layout() != h5d.CHUNKED:
            return None
        shape: Corner = self._properties.get_chunk()
        return shape

    def jobs(self, target: Target) -> Iterator[Job]:
        """Jobs that read a part of the volume."""
        count = self._properties.get_nfilters()
        filters = tuple(self._properties.get_filter(place)[0] for place in range(count))
        chunk = self.chunk()
        if self._file is None or chunk is None or not set(filters) <= set(KNOWN):
            yield _Slicing(self._dataset, target)
            return
        packed = Packed(filters, chunk, self._dataset.dtype)
        check_decoded(packed.shape, packed.dtype.itemsize, stored=self._file.size)
        found = self._touched(chunk, target)
        if packed.nbytes > max(SMALL, HIGHEST_PACKING * self._file.size):
            raise ZException(f"a chunk of {packed.nbytes} bytes of {self._name} is too large")
        fill = np.zeros((), self._dataset.dtype)
        self._properties.get_fill_value(fill)
        size = max(1, PIECE // packed.nbytes)
        for first in range(0, len(found), size):
            yield _Chunks(self._file, packed, found[first : first + size], target, fill[()])

    def _touched(self, chunk: Corner, target: Target) -> list[tuple[Corner, Stored | None]]:
        """Chunks that intersect a part; None for those that were never written."""
        ranges = [
            range(a // step * step, b, step)
            for (a, b), step in zip(target.spans, chunk, strict=True)
        ]
        found: dict[Corner, Stored] = {}

        def note(each: Any) -> None:
            if all(n in span for n, span in zip(each.chunk_offset, ranges, strict=True)):
                place = Stored(each.byte_offset, each.size, each.filter_mask)
                found[tuple(each.chunk_offset)] = place

        self._dataset.chunk_iter(note)
        for stored in found.values():
            assert self._file is not None
            self._file.check(stored.offset, stored.size, f"a chunk of {self._name}")
        corners = [(z, y, x) for z in ranges[0] for y in ranges[1] for x in ranges[2]]
        return [(corner, found.get(corner)) for corner in corners]


@dataclass(frozen=True, slots=True)
class _Chunks:
    """A job that reads and decompresses chunks without HDF5, which allows one thread only."""

    file: FileBytes
    packed: Packed
    chunks: Sequence[tuple[Corner, Stored | None]]
    target: Target
    fill: Any

    def __call__(self, out: list[NDArray[Any]]) -> None:
        volume = self.target.of(out)
        for corner, stored in self.chunks:
            ends = [(n, n + step) for n, step in zip(corner, self.packed.shape, strict=True)]
            box = Box.meeting(ends, self.target.spans)
            if box is None:
                continue
            if stored is None:
                volume[box.put] = self.fill
                continue
            data = self.file.read(stored.offset, stored.size, "a chunk")
            volume[box.put] = self.packed.unpacked(data, stored.mask)[box.take]


@dataclass(frozen=True, slots=True)
class _Slicing:
    """A job that reads a part with HDF5, for other kinds of storage."""

    dataset: h5d.DatasetID
    target: Target

    def __call__(self, out: list[NDArray[Any]]) -> None:
        part = tuple(slice(*span) for span in self.target.spans)
        self.target.of(out)[...] = Dataset(self.dataset)[part]
