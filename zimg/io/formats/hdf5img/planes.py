"""Find the planes of an HDF5Img file and read them chunk by chunk."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from h5py import Dataset, h5d
from numpy.typing import NDArray

from zimg._errors import ZException
from zimg.io.disk.bytes import FileBytes
from zimg.io.disk.limits import check_decoded
from zimg.io.formats.hdf5img.packing import KNOWN, Packed
from zimg.io.formats.shared.hdf5 import path_of
from zimg.io.scenes.scene import Box, Job

# Decompressed bytes per job.
PIECE = 2**22

Span = tuple[int, int]


class Target(NamedTuple):
    """Destination of a part of a plane: ranges along y and x; time, channel and z."""

    y: Span
    x: Span
    place: tuple[int, int, int]


class Stored(NamedTuple):
    """A chunk: first voxel, offset and size; no bytes if it was never written."""

    y: int
    x: int
    offset: int = 0
    size: int = 0
    mask: int = 0


class Plane:
    """One plane of an open file in one size.

    Parameters
    ----------
    dataset
        Open.
    dtype
        Expected voxel type, in any byte order.
    shape
        Expected number of voxels along y and x.

    Raises
    ------
    ZException
        When type or size differ, or the voxels are stored in other files.
    """

    def __init__(self, dataset: Any, dtype: np.dtype[Any], shape: tuple[int, int]) -> None:
        self._name = path_of(dataset)
        if not isinstance(dataset, h5d.DatasetID):
            raise ZException(f"{self._name} is not a dataset")
        if dataset.shape != shape or dataset.dtype.newbyteorder("=") != dtype:
            raise ZException(
                f"{self._name} is {dataset.dtype} of {dataset.shape}: expected {dtype} of {shape}"
            )
        self._dataset, self._properties = dataset, dataset.get_create_plist()
        if self._properties.get_layout() == h5d.VIRTUAL or self._properties.get_external_count():
            raise ZException(
                f"the voxels of {self._name} are stored in other files, which are not read"
            )

    def jobs(self, file: FileBytes | None, target: Target) -> Iterator[Job]:
        """Jobs that read a part of the plane.

        Parameters
        ----------
        file
            The bytes of the file; None when the offsets of chunks are unknown.
        target
            The part to read and its destination.
        """
        filters = self._filters()
        chunked = self._properties.get_layout() == h5d.CHUNKED
        if file is None or not chunked or not set(filters) <= set(KNOWN):
            yield _Slicing(self._dataset, target)
            return
        packed = Packed(filters, self._properties.get_chunk(), self._dataset.dtype)
        check_decoded(packed.shape, packed.dtype.itemsize, stored=file.size)
        chunks = self._touched(file, self._properties.get_chunk(), target)
        count = max(1, PIECE // packed.nbytes)
        fill = self._fill()
        for first in range(0, len(chunks), count):
            yield _Chunks(file, packed, chunks[first : first + count], target, fill)

    def _filters(self) -> tuple[int, ...]:
        count = self._properties.get_nfilters()
        return tuple(self._properties.get_filter(place)[0] for place in range(count))

    def _fill(self) -> Any:
        """Fill value of voxels that were never written."""
        value = np.zeros((), self._dataset.dtype)
        self._properties.get_fill_value(value)
        return value[()]

    def _touched(self, file: FileBytes, shape: tuple[int, int], target: Target) -> list[Stored]:
        """Chunks that intersect a part of the plane; their extent in the file is checked."""
        (high, wide), found = shape, dict[tuple[int, int], Stored]()
        rows = range(target.y[0] // high * high, target.y[1], high)
        columns = range(target.x[0] // wide * wide, target.x[1], wide)

        def note(chunk: Any) -> None:
            y, x = chunk.chunk_offset
            if y in rows and x in columns:
                found[y, x] = Stored(y, x, chunk.byte_offset, chunk.size, chunk.filter_mask)

        self._dataset.chunk_iter(note)
        for chunk in found.values():
            file.check(chunk.offset, chunk.size, f"a chunk of {self._name}")
        return [found.get((y, x), Stored(y, x)) for y in rows for x in columns]


@dataclass(frozen=True, slots=True)
class _Chunks:
    """A job that reads and decompresses chunks without HDF5, which allows one thread only."""

    file: FileBytes
    packed: Packed
    chunks: list[Stored]
    target: Target
    fill: Any

    def __call__(self, out: list[NDArray[Any]]) -> None:
        t, c, z = self.target.place
        plane, (high, wide) = out[t][c, z], self.packed.shape
        for chunk in self.chunks:
            spans = (chunk.y, chunk.y + high), (chunk.x, chunk.x + wide)
            box = Box.meeting(spans, (self.target.y, self.target.x))
            if box is None:
                continue
            if not chunk.size:
                plane[box.put] = self.fill
                continue
            data = self.file.read(chunk.offset, chunk.size, "a chunk")
            plane[box.put] = self.packed.unpacked(data, chunk.mask)[box.take]


@dataclass(frozen=True, slots=True)
class _Slicing:
    """A job that reads a part of a plane with HDF5, for other kinds of storage."""

    dataset: h5d.DatasetID
    target: Target

    def __call__(self, out: list[NDArray[Any]]) -> None:
        t, c, z = self.target.place
        part = np.s_[slice(*self.target.y), slice(*self.target.x)]
        out[t][c, z] = Dataset(self.dataset)[part]
