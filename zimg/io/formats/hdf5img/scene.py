"""The image of an open HDF5Img file."""

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

import numpy as np
from h5py import h5g
from numpy.typing import NDArray

from zimg._errors import ZException
from zimg.io.disk.bytes import FileBytes
from zimg.io.disk.limits import HIGHEST_PACKING, SMALL
from zimg.io.formats.shared.hdf5 import AbsentError, child, group
from zimg.io.formats.shared.hdf5_voxels import Target, Voxels
from zimg.io.scenes.missing import MissingPlane, existing
from zimg.io.scenes.scene import Job, Level, grid
from zimg.values import ZImgInfo, ZImgRegion

TILE = 512  # side of the blocks in which the reference lists an image


def plane_name(factor: int) -> str:
    """Name of the dataset of a plane reduced by `factor`."""
    return "Data" if factor == 1 else f"DownsampledBy{factor}Data"


class Hdf5ImgScene:
    """The image of an open file.

    Parameters
    ----------
    root
        The group ``/Img``.
    file
        The file's bytes, to read chunks from; None when chunk offsets are unknown.
    packed_bytes
        Of the file.
    info
        Metadata from the attributes.
    factors
        Reduction factors of the levels along x and y, starting with 1.
    """

    def __init__(
        self,
        root: h5g.GroupID,
        file: FileBytes | None,
        packed_bytes: int,
        info: ZImgInfo,
        factors: tuple[int, ...],
    ) -> None:
        self._root, self._file, self.info, self._factors = root, file, info, factors
        self.packed_bytes = packed_bytes
        self.dtype = np.dtype(info.dataTypeString())
        self._check()

    def _check(self) -> None:
        """Refuse claims of more planes than exist, and of planes too large for the file."""
        info = self.info
        planes = group(group(self._root, "TimePoint0"), "Channel0")
        if planes.get_num_objs() < info.depth:
            raise ZException(
                f"the file claims {info.depth} planes, but has {planes.get_num_objs()}: it is "
                "damaged"
            )
        claimed = info.width * info.height * self.dtype.itemsize
        if claimed > max(SMALL, HIGHEST_PACKING * self.packed_bytes):
            size = self.packed_bytes
            raise ZException(
                f"a plane of {claimed} bytes cannot be stored in a file of {size} bytes"
            )

    @property
    def levels(self) -> Sequence[Level]:
        """Full resolution, then the levels reduced along x and y."""
        width, height, depth = self.info.size[:3]
        return [
            Level((-(-width // factor), -(-height // factor), depth), (factor, factor, 1))
            for factor in self._factors
        ]

    def blocks(self, level: int) -> NDArray[np.int64]:
        """Tiles of 512, in the order of the reference: z runs fastest, then y, x and t."""
        rows = grid(self.levels[level].size, self.info.numTimes, (TILE, TILE, 1))
        t, x, y, z = (rows[:, column] for column in range(4))
        return rows[np.lexsort((z, y, x, t))]

    def plan(self, region: ZImgRegion, level: int = 0) -> Sequence[Job]:
        """Plan jobs of some chunks of a plane."""
        return existing(self._jobs(region, level))

    def _jobs(self, region: ZImgRegion, level: int) -> Iterator[Job | MissingPlane]:
        start, end = region.start, region.end
        width, height, _ = self.levels[level].size
        name = plane_name(self._factors[level])
        spans = (start.y, end.y), (start.x, end.x)
        places = (range(start.t, end.t), range(start.c, end.c), range(start.z, end.z))
        for t, c, z in product(*places):
            try:
                dataset = self._dataset(f"TimePoint{t}", f"Channel{c}", f"Z{z}", name)
            except AbsentError as error:
                yield MissingPlane(f"z={z} c={c} t={t}", str(error))
                continue
            plane = Voxels(dataset, self.dtype, (height, width))
            put = t - start.t, c - start.c, z - start.z
            yield from plane.jobs(self._file, Target(spans, put))

    def _dataset(self, *names: str) -> Any:
        """Follow a path of groups to an object."""
        place = self._root
        for name in names[:-1]:
            place = group(place, name)
        return child(place, names[-1])
