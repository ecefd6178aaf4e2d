"""Planes of an Olympus image, each a TIFF file."""

from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tifffile import TiffFile, TiffPage

from zimg._errors import ZException
from zimg.io.formats.olympus.files import Files
from zimg.io.scenes.missing import MissingPlane, existing
from zimg.io.scenes.scene import Job, PlaneScene
from zimg.values import ZImgInfo, ZImgRegion

Place = tuple[int, int, int]  # t, c, z
HIGHEST_PACKING = 1100  # of deflate and LZW, which planes may be packed with


class OlympusScene(PlaneScene):
    """Planes of one name.

    Parameters
    ----------
    files
        Open while the scene is used.
    info
        Sizes and metadata.
    planes
        Name of the file at each time, channel and z.
    """

    def __init__(self, files: Files, info: ZImgInfo, planes: Mapping[Place, str]) -> None:
        super().__init__(info, np.dtype(info.dataTypeString()))
        self._files, self._planes = files, planes

    def plan(self, region: ZImgRegion, level: int = 0) -> Sequence[Job]:  # noqa: ARG002
        """Plan one job per plane; missing planes are reported together."""
        return existing(self._jobs(region))

    def _jobs(self, region: ZImgRegion) -> Iterator[Job | MissingPlane]:
        first, last = region.start, region.end
        ranges = (range(first.t, last.t), range(first.c, last.c), range(first.z, last.z))
        for t, c, z in product(*ranges):
            name = self._planes.get((t, c, z))
            if name is None:
                why = "some planes have no file: the image is incomplete"
                yield MissingPlane(f"z={z} c={c} t={t}", why)
                continue
            yield self._job(name, region, (t - first.t, c - first.c, z - first.z))

    def _job(self, name: str, region: ZImgRegion, put: Place) -> Job:
        t, c, z = put
        _, _, y, x = region.czyx

        def job(out: list[NDArray[Any]]) -> None:
            data = self._files.read(name)
            with TiffFile(BytesIO(data)) as file:
                page = plane_of(file, name)
                if page.shape != (self.info.height, self.info.width) or page.dtype != self.dtype:
                    shape = f"{self.info.height, self.info.width} {self.dtype}"
                    raise ZException(
                        f"plane {name} is {page.shape} {page.dtype}, others are {shape}"
                    )
                if page.nbytes > HIGHEST_PACKING * len(data):
                    raise ZException(f"plane {name} cannot be packed in {len(data)} bytes")
                _check_strips(page, name, len(data))
                out[t][c, z] = page.asarray()[y, x]

        return job


def plane_of(file: TiffFile, name: str) -> TiffPage:
    """The only page of a file."""
    page = file.pages.first
    if page.dtype is None or len(page.shape) != 2:
        raise ZException(f"plane {name} is {page.shape} {page.dtype}: expected rows and columns")
    return page


def _check_strips(page: TiffPage, name: str, size: int) -> None:
    """Refuse a plane with missing strips, for which tifffile returns zeros."""
    offsets, counts = page.dataoffsets, page.databytecounts
    inside = all(a > 0 and n > 0 and a + n <= size for a, n in zip(offsets, counts, strict=True))
    stored = sum(counts) if page.compression == 1 else page.nbytes
    if not offsets or not inside or stored < page.nbytes:
        raise ZException(f"plane {name} ends before its last row: it is truncated or damaged")
