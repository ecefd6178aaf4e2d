"""HDF5Img files, opened for reading."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import h5py
import numpy as np
from h5py import h5g
from numpy.typing import NDArray

from zimg._errors import ZException
from zimg.io.disk.bytes import FileBytes
from zimg.io.disk.limits import HIGHEST_PACKING, SMALL
from zimg.io.formats.hdf5img.metadata import read_info
from zimg.io.formats.hdf5img.planes import Plane, Target, child, group
from zimg.io.scenes.scene import Job, Level, grid
from zimg.values import FileFormat, ZImgInfo, ZImgRegion

TILE = 512  # side of the pieces in which the reference lists an image
ROOT = "Img"


def plane_name(factor: int) -> str:
    """Name of the dataset of a plane that is smaller by `factor`."""
    return "Data" if factor == 1 else f"DownsampledBy{factor}Data"


class Hdf5ImgReader:
    """An open HDF5Img file; it has one scene.

    Parameters
    ----------
    path
        An existing file.
    format
        Not looked at: there is one only.

    Raises
    ------
    ZException
        When it has no group ``/Img``, as HDF5 files of other programs, or lacks an attribute.
    """

    name = "HDF5 img"

    def __init__(self, path: Path, format: FileFormat) -> None:  # noqa: ARG002
        self._bytes = FileBytes(path)
        self._file: h5py.File | None = None
        try:
            self._file = h5py.File(path, "r", locking=False)
            self.scenes = (self._scene(self._file),)
        except BaseException:
            self.close()
            raise

    def _scene(self, file: h5py.File) -> "Hdf5ImgScene":
        root = h5g.open(file.id, b"/")
        if not root.links.exists(ROOT.encode()):
            names = ", ".join(list(file)[:5]) or "nothing"
            raise ZException(
                f"it is an HDF5 file of another kind: it has no group /{ROOT} but {names}"
            )
        image = group(root, ROOT)
        info, factors = read_info(h5py.Group(image), self._bytes.size)
        # With a user block the places of chunks are counted in two ways, by version of HDF5.
        chunks = None if file.userblock_size else self._bytes
        return Hdf5ImgScene(image, chunks, self._bytes.size, info, factors)

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
        self._bytes.close()


class Hdf5ImgScene:
    """The image of an open file.

    Parameters
    ----------
    root
        The group ``/Img``.
    file
        Its bytes, to read chunks from; None when their places are not known.
    packed_bytes
        Of the file.
    info
        What its attributes tell.
    factors
        By which the levels are smaller along x and y, from 1.
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
        """Refuse more planes than there are, and planes larger than the file can pack."""
        info = self.info
        planes = group(group(self._root, "TimePoint0"), "Channel0")
        if planes.get_num_objs() < info.depth:
            raise ZException(
                f"it claims {info.depth} planes and has {planes.get_num_objs()}: it is damaged"
            )
        claimed = info.width * info.height * self.dtype.itemsize
        if claimed > max(SMALL, HIGHEST_PACKING * self.packed_bytes):
            size = self.packed_bytes
            raise ZException(f"it claims {claimed} bytes in a plane, a file of {size} cannot")

    @property
    def levels(self) -> Sequence[Level]:
        """Full resolution, then those that are smaller along x and y."""
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
        """Some chunks of a plane per job."""
        return list(self._jobs(region, level))

    def _jobs(self, region: ZImgRegion, level: int) -> Iterator[Job]:
        start, end = region.start, region.end
        width, height, _ = self.levels[level].size
        name = plane_name(self._factors[level])
        y, x = (start.y, end.y), (start.x, end.x)
        for t in range(start.t, end.t):
            time = group(self._root, f"TimePoint{t}")
            for c in range(start.c, end.c):
                channel = group(time, f"Channel{c}")
                for z in range(start.z, end.z):
                    plane = Plane(child(group(channel, f"Z{z}"), name), self.dtype, (height, width))
                    put = t - start.t, c - start.c, z - start.z
                    yield from plane.jobs(self._file, Target(y, x, put))
