"""Volumes whose stored values are scaled."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zimg.arrays.interop import VOXEL_TYPES
from zimg.io.scenes.scene import Job, PlaneScene
from zimg.io.scenes.streamed import StreamedScene
from zimg.io.scenes.strided import StridedScene
from zimg.values import ZImgRegion

NARROW = ("int8", "uint8", "int16", "uint16", "float32")  # float32 holds them exactly


class ScaledScene(PlaneScene):
    """Stored values times a slope, plus an intercept.

    Parameters
    ----------
    scene
        The stored values.
    slope, intercept
        Applied in float64; the result is float32 if that represents every stored value, else
        float64.
    """

    def __init__(self, scene: StridedScene, slope: float, intercept: float) -> None:
        kind = "float32" if scene.dtype.name in NARROW else "float64"
        info = scene.info.copy()
        info.bytesPerVoxel, info.voxelFormat = VOXEL_TYPES[kind]
        super().__init__(info, np.dtype(kind))
        self._scene, self._slope, self._intercept = scene, slope, intercept

    def plan(self, region: ZImgRegion, level: int = 0) -> Sequence[Job]:  # noqa: ARG002
        """Plan one job per plane, or a single job in file order if the file is compressed."""
        jobs = list(self._planes(region))
        if not isinstance(self._scene, StreamedScene):
            return jobs

        def job(out: list[NDArray[Any]]) -> None:
            for each in jobs:
                each(out)

        return [job]

    def _planes(self, region: ZImgRegion) -> Iterator[Job]:
        start, end = region.start, region.end
        for c in range(start.c, end.c):
            for t in range(start.t, end.t):
                for z in range(start.z, end.z):
                    plane = ZImgRegion(
                        (start.x, start.y, z, c, t), (end.x, end.y, z + 1, c + 1, t + 1)
                    )
                    yield self._job(plane, (t - start.t, c - start.c, z - start.z))

    def _job(self, plane: ZImgRegion, put: tuple[int, int, int]) -> Job:
        t, c, z = put

        def job(out: list[NDArray[Any]]) -> None:
            x, y, *_ = plane.size
            stored = np.empty((1, 1, y, x), self._scene.dtype)
            for each in self._scene.plan(plane):
                each([stored])
            values = stored[0, 0].astype(np.float64) * self._slope + self._intercept
            out[t][c, z] = values

        return job
