"""Voxels of an HDF5 dataset, read chunk by chunk and decompressed in several threads."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, NamedTuple

import numpy as np
from h5py import Dataset, h5d
from numpy.typing import NDArray

from zimg._errors import ZException
from zimg.io.disk.bytes import FileBytes
from zimg.io.disk.limits import check_decoded
from zimg.io.formats.shared.hdf5 import path_of
from zimg.io.formats.shared.hdf5_filters import KNOWN, Packed
from zimg.io.scenes.scene import Box, Job

# Decompressed bytes per job.
PIECE = 2**22

Span = tuple[int, int]
Shape = tuple[int, ...]


class Target(NamedTuple):
    """Part of a dataset, a span per axis, and its time, channel (and plane) in the buffers."""

    spans: tuple[Span, ...]
    place: tuple[int, ...]

    def of(self, out: list[NDArray[Any]]) -> NDArray[Any]:
        """View of the target in the buffers."""
        time, *place = self.place
        view: NDArray[Any] = out[time][tuple(place)]
        return view


class Stored(NamedTuple):
    """Offset and size of a chunk, and the mask of its skipped filters."""

    offset: int
    size: int
    mask: int


class Voxels:
    """A dataset of an open file: a plane ``(Y, X)`` or a volume ``(Z, Y, X)``.

    Parameters
    ----------
    dataset
        Open.
    dtype
        Expected voxel type, in any byte order.
    shape
        Expected number of voxels along each axis.
    padded
        Whether the dataset may be larger, because it is padded to whole chunks.

    Raises
    ------
    ZException
        When type or size differ, or the voxels are stored in other files.
    """

    def __init__(
        self, dataset: Any, dtype: np.dtype[Any], shape: Shape, *, padded: bool = False
    ) -> None:
        self._name = path_of(dataset)
        if not isinstance(dataset, h5d.DatasetID):
            raise ZException(f"{self._name} is not a dataset")
        fits = dataset.shape == shape or (padded and _contains(dataset.shape, shape))
        if not fits or dataset.dtype.newbyteorder("=") != dtype:
            least = " at least" if padded else ""
            raise ZException(
                f"{self._name} is {dataset.dtype} of {dataset.shape}: "
                f"expected {dtype} of {shape}{least}"
            )
        self._dataset, self._properties = dataset, dataset.get_create_plist()
        if self._properties.get_layout() == h5d.VIRTUAL or self._properties.get_external_count():
            raise ZException(
                f"the voxels of {self._name} are stored in other files, which are not read"
            )

    def chunk(self) -> Shape | None:
        """Voxels of a chunk along each axis; None for a dataset without chunks."""
        if self._properties.get_layout() != h5d.CHUNKED:
            return None
        shape: Shape = self._properties.get_chunk()
        return shape

    def jobs(self, file: FileBytes | None, target: Target) -> Iterator[Job]:
        """Jobs that read a part of the dataset.

        Parameters
        ----------
        file
            The bytes of the file; None when the offsets of chunks are unknown.
        target
            The part to read and its destination.
        """
        filters, chunk = self._filters(), self.chunk()
        if file is None or chunk is None or not set(filters) <= set(KNOWN):
            yield _Slicing(self._dataset, target)
            return
        packed = Packed(filters, chunk, self._dataset.dtype)
        check_decoded(packed.shape, packed.dtype.itemsize, stored=file.size)
        chunks = self._touched(file, chunk, target)
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

    def _touched(
        self, file: FileBytes, chunk: Shape, target: Target
    ) -> list[tuple[Shape, Stored | None]]:
        """Corners of the chunks that intersect a part; None for those that were never written."""
        ranges = [
            range(start // step * step, end, step)
            for (start, end), step in zip(target.spans, chunk, strict=True)
        ]
        found: dict[Shape, Stored] = {}

        def note(each: Any) -> None:
            if all(n in span for n, span in zip(each.chunk_offset, ranges, strict=True)):
                stored = Stored(each.byte_offset, each.size, each.filter_mask)
                found[tuple(each.chunk_offset)] = stored

        self._dataset.chunk_iter(note)
        for stored in found.values():
            file.check(stored.offset, stored.size, f"a chunk of {self._name}")
        return [(corner, found.get(corner)) for corner in product(*ranges)]


def _contains(stored: Shape, shape: Shape) -> bool:
    same = len(stored) == len(shape)
    return same and all(a >= b for a, b in zip(stored, shape, strict=True))


@dataclass(frozen=True, slots=True)
class _Chunks:
    """A job that reads and decompresses chunks without HDF5, which allows one thread only."""

    file: FileBytes
    packed: Packed
    chunks: Sequence[tuple[Shape, Stored | None]]
    target: Target
    fill: Any

    def __call__(self, out: list[NDArray[Any]]) -> None:
        voxels = self.target.of(out)
        for corner, stored in self.chunks:
            ends = [(n, n + step) for n, step in zip(corner, self.packed.shape, strict=True)]
            box = Box.meeting(ends, self.target.spans)
            if box is None:
                continue
            if stored is None:
                voxels[box.put] = self.fill
                continue
            data = self.file.read(stored.offset, stored.size, "a chunk")
            voxels[box.put] = self.packed.unpacked(data, stored.mask)[box.take]


@dataclass(frozen=True, slots=True)
class _Slicing:
    """A job that reads a part with HDF5, for other kinds of storage."""

    dataset: h5d.DatasetID
    target: Target

    def __call__(self, out: list[NDArray[Any]]) -> None:
        part = tuple(slice(*span) for span in self.target.spans)
        self.target.of(out)[...] = Dataset(self.dataset)[part]
