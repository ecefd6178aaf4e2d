"""Scenes whose voxels form one compressed stream, decompressed from its start."""

from collections.abc import Sequence
from operator import attrgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zimg.io.disk.inflate import PackedBytes
from zimg.io.scenes.scene import Job
from zimg.io.scenes.strided import StridedScene, Strides
from zimg.values import ZImgInfo, ZImgRegion


class StreamedScene(StridedScene):
    """An image with constant strides in one compressed stream.

    Parameters
    ----------
    file
        Open while the scene is used.
    info, stored, offset, strides
        As in `StridedScene`, in decompressed bytes.
    """

    def __init__(
        self,
        file: PackedBytes,
        info: ZImgInfo,
        stored: np.dtype[Any],
        offset: int,
        strides: Strides,
    ) -> None:
        super().__init__(file, info, stored, offset, strides)
        self._packed = file
        self._end = self._place(*(n - 1 for n in info.size)) + stored.itemsize

    def plan(self, region: ZImgRegion, level: int = 0) -> Sequence[Job]:  # noqa: ARG002
        """Plan one job that decompresses up to the last requested voxel."""

        def job(out: list[NDArray[Any]]) -> None:
            for piece in sorted(self._pieces(region), key=attrgetter("place")):
                piece(out)
            if self._packed.done >= self._end:
                self._packed.finish()

        return [job]
