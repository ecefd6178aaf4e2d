"""The image of an Imaris file: a volume for each level, time and channel."""

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

import numpy as np
from h5py import h5g
from numpy.typing import NDArray

from zimg.io.disk.bytes import FileBytes
from zimg.io.formats.imaris.metadata import numbered, sizes
from zimg.io.formats.shared.hdf5 import AbsentError, child, group
from zimg.io.formats.shared.hdf5_voxels import Target, Voxels
from zimg.io.scenes.missing import MissingPlane, existing
from zimg.io.scenes.scene import Job, Level, full_level, grid
from zimg.values import ZImgInfo, ZImgRegion

NAME = "ResolutionLevel"


class ImarisScene:
    """The image of an open file.

    Parameters
    ----------
    data
        The group ``/DataSet``.
    file
        Its bytes, to read chunks from; None when their places are not known.
    packed_bytes
        Of the file.
    info
        Sizes and metadata.
    """

    def __init__(
        self, data: h5g.GroupID, file: FileBytes | None, packed_bytes: int, info: ZImgInfo
    ) -> None:
        self._data, self._file, self.info = data, file, info
        self.packed_bytes = packed_bytes
        self.dtype = np.dtype(info.dataTypeString())
        self._levels = [(full_level(info), 0), *self._smaller()]
        self._volume(0, 0, 0)  # its size is checked when the file is opened

    @property
    def levels(self) -> Sequence[Level]:
        """Full resolution, then the levels reduced by integer factors."""
        return [level for level, _ in self._levels]

    def _smaller(self) -> Iterator[tuple[Level, int]]:
        full, last = self.info.size[:3], (1, 1, 1)
        for number in range(1, numbered(self._data, NAME)):
            size = sizes(self._group(number, 0, 0))
            x, y, z = (max(1, round(a / b)) for a, b in zip(full, size, strict=True))
            pairs = zip(full, size, (x, y, z), strict=True)
            whole = all(b in (a // ratio, -(-a // ratio)) for a, b, ratio in pairs)
            if (
                whole
                and (x, y, z) != last
                and all(a >= b for a, b in zip((x, y, z), last, strict=True))
            ):
                last = x, y, z
                yield Level(size, last), number

    def blocks(self, level: int) -> NDArray[np.int64]:
        """Chunks of the first channel, or planes if its volume has no chunks."""
        size = self.levels[level].size
        chunk = self._volume(level, 0, 0).chunk()
        block = (size[0], size[1], 1) if chunk is None else (chunk[2], chunk[1], chunk[0])
        return grid(size, self.info.numTimes, block)

    def plan(self, region: ZImgRegion, level: int = 0) -> Sequence[Job]:
        """Plan jobs of some chunks of a volume."""
        return existing(self._jobs(region, level))

    def _jobs(self, region: ZImgRegion, level: int) -> Iterator[Job | MissingPlane]:
        start, end = region.start, region.end
        spans = (start.z, end.z), (start.y, end.y), (start.x, end.x)
        for t, c in product(range(start.t, end.t), range(start.c, end.c)):
            try:
                volume = self._volume(level, t, c)
            except AbsentError as error:
                yield MissingPlane(f"c={c} t={t}", str(error))
                continue
            yield from volume.jobs(self._file, Target(spans, (t - start.t, c - start.c)))

    def _volume(self, level: int, time: int, channel: int) -> Voxels:
        found, number = self._levels[level]
        data: Any = child(self._group(number, time, channel), "Data")
        return Voxels(data, self.dtype, found.size[::-1], padded=True)

    def _group(self, number: int, time: int, channel: int) -> h5g.GroupID:
        level = group(self._data, f"{NAME} {number}")
        return group(group(level, f"TimePoint {time}"), f"Channel {channel}")
