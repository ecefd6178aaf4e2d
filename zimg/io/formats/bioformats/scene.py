"""Pixels of a series that Bio-Formats reads."""

from collections.abc import Sequence
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zimg.io.scenes.scene import Job, PlaneScene
from zimg.values import ZImgInfo, ZImgRegion


class BioFormatsScene(PlaneScene):
    """A series.

    Parameters
    ----------
    reader
        The ``loci.formats.ImageReader``, open while the scene is used.
    series
        Index of the series.
    info
        Sizes, type and metadata.
    stored
        Voxel type with its byte order.
    lock
        Held while the reader is used, since it is set to one series at a time.
    """

    def __init__(
        self, reader: Any, series: int, info: ZImgInfo, stored: np.dtype[Any], lock: Lock
    ) -> None:
        super().__init__(info, stored.newbyteorder("="))
        self._reader, self._series, self._stored, self._lock = reader, series, stored, lock

    def plan(self, region: ZImgRegion, level: int = 0) -> Sequence[Job]:  # noqa: ARG002
        """A job per plane; only the wanted rectangle is decoded."""

        def job(t: int, z: int) -> Job:
            def fill(out: list[NDArray[Any]]) -> None:
                with self._lock:
                    out[t - region.start.t][:, z - region.start.z] = self._plane(region, t, z)

            return fill

        times, depths = range(region.start.t, region.end.t), range(region.start.z, region.end.z)
        return [job(t, z) for t in times for z in depths]

    def _plane(self, region: ZImgRegion, t: int, z: int) -> NDArray[Any]:
        reader, start = self._reader, region.start
        width, height = region.size[:2]
        reader.setSeries(self._series)
        samples = int(reader.getRGBChannelCount())
        groups = range(start.c // samples, -(-region.end.c // samples))
        found = []
        for group in groups:
            index = reader.getIndex(z, group, t)
            data = bytes(reader.openBytes(index, start.x, start.y, width, height))
            shape = (height, width, samples) if reader.isInterleaved() else (samples, height, width)
            pixels = np.frombuffer(data, self._stored).reshape(shape)
            found.append(np.moveaxis(pixels, -1, 0) if reader.isInterleaved() else pixels)
        first = start.c - groups.start * samples
        return np.concatenate(found)[first : first + region.end.c - start.c]
