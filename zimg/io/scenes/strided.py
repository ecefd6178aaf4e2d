"""Scenes whose uncompressed voxels have constant strides in a file."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zimg.io.disk.bytes import FileBytes
from zimg.io.scenes.scene import Job, PlaneScene
from zimg.values import ZImgInfo, ZImgRegion

# Rows that are further apart than this many times their length are read one by one.
WIDEST_GAP = 4
# Upper bound of bytes per job: small enough to balance threads, large enough for a disk.
PIECE = 2**23


@dataclass(frozen=True, slots=True)
class Strides:
    """Bytes from one voxel to the next along each axis."""

    t: int
    c: int
    z: int
    y: int
    x: int


@dataclass(frozen=True, slots=True)
class Piece:
    """A job that reads some rows of one plane."""

    file: FileBytes
    stored: np.dtype[Any]
    place: int
    shape: tuple[int, int, int]
    strides: Strides
    put: tuple[int, int, int, int]

    @property
    def count(self) -> int:
        """Number of bytes from the first voxel to the last."""
        steps = self.strides.c, self.strides.y, self.strides.x
        size = sum((n - 1) * step for n, step in zip(self.shape, steps, strict=True))
        return size + self.stored.itemsize

    def __call__(self, out: list[NDArray[Any]]) -> None:
        """Fill the rows in the buffer of their time."""
        t, c, z, y = self.put
        channels, rows, width = self.shape
        target = out[t][c : c + channels, z, y : y + rows, :width]
        if self._matches_buffer(target):
            place = target.reshape(-1).view(np.uint8).data
            self.file.read_into(self.place, place, "the image")
            return
        data = self.file.read(self.place, self.count, "the image")
        steps = self.strides.c, self.strides.y, self.strides.x
        target[...] = np.ndarray(self.shape, self.stored, data, strides=steps)

    def _matches_buffer(self, target: NDArray[Any]) -> bool:
        """Whether the file has the byte layout of the buffer, so that it can be read directly."""
        one_after_the_other = self.strides.x == self.stored.itemsize and (
            self.shape[1] == 1 or self.strides.y == self.shape[2] * self.stored.itemsize
        )
        return (
            self.shape[0] == 1
            and one_after_the_other
            and self.stored.isnative
            and target.flags.c_contiguous
        )


class StridedScene(PlaneScene):
    """An image that is stored uncompressed and unstructured.

    Parameters
    ----------
    file
        Open while the scene is used.
    info
        Sizes, type and metadata.
    stored
        Voxel type as stored, with its byte order.
    offset
        Offset of the first voxel.
    strides
        All of them positive.

    Raises
    ------
    ZException
        When the file ends before the last voxel.
    """

    def __init__(
        self,
        file: FileBytes,
        info: ZImgInfo,
        stored: np.dtype[Any],
        offset: int,
        strides: Strides,
    ) -> None:
        super().__init__(info, stored.newbyteorder("="))
        self._file, self._stored, self._offset, self._strides = file, stored, offset, strides
        last = tuple(n - 1 for n in info.size)
        end = self._place(*last) + stored.itemsize
        file.check(offset, end - offset, "the image")

    def _place(self, x: int, y: int, z: int, c: int, t: int) -> int:
        s = self._strides
        return self._offset + x * s.x + y * s.y + z * s.z + c * s.c + t * s.t

    def plan(self, region: ZImgRegion, level: int = 0) -> Sequence[Job]:  # noqa: ARG002
        """Jobs of neighbouring rows, for one channel or, where they are interleaved, for all."""
        return list(self._pieces(region))

    def _pieces(self, region: ZImgRegion) -> Iterator[Piece]:
        start, end = region.start, region.end
        interleaved = self._strides.c < self._strides.y
        channels = end.c - start.c if interleaved else 1
        rows = self._rows_at_once(region.size[0])
        for t in range(start.t, end.t):
            for c in range(start.c, end.c, channels):
                for z in range(start.z, end.z):
                    for y in range(start.y, end.y, rows):
                        shape = channels, min(rows, end.y - y), end.x - start.x
                        place = self._place(start.x, y, z, c, t)
                        put = (t - start.t, c - start.c, z - start.z, y - start.y)
                        yield Piece(self._file, self._stored, place, shape, self._strides, put)

    def _rows_at_once(self, width: int) -> int:
        wanted = width * self._strides.x
        if wanted * WIDEST_GAP < self._strides.y:
            return 1
        return max(1, PIECE // self._strides.y)
