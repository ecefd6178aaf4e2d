"""Scenes that can only be decoded as a whole; regions are cropped afterwards."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zimg._errors import ZException
from zimg.io.scenes.scene import Job, PlaneScene
from zimg.values import ZImgInfo, ZImgRegion


class WholeScene(PlaneScene):
    """An image that is decoded as a whole.

    Parameters
    ----------
    info
        Sizes, type and metadata; one time point.
    dtype
        Voxel type in native byte order.
    decode
        Returns the ``(C, Z, Y, X)`` array of the image, in any byte order.
    packed_bytes
        As of a `zimg.io.scenes.scene.Scene`.
    """

    def __init__(
        self,
        info: ZImgInfo,
        dtype: np.dtype[Any],
        decode: Callable[[], NDArray[Any]],
        packed_bytes: int | None = None,
    ) -> None:
        super().__init__(info, dtype)
        self._decode, self.packed_bytes = decode, packed_bytes

    def plan(self, region: ZImgRegion, level: int = 0) -> Sequence[Job]:  # noqa: ARG002
        """One job, which decodes everything."""

        def job(out: list[NDArray[Any]]) -> None:
            pixels = self._decode()
            x, y, z, c, _ = self.info.size
            if pixels.shape != (c, z, y, x) or pixels.dtype.newbyteorder("=") != self.dtype:
                raise ZException(
                    f"the header describes {(c, z, y, x)} {self.dtype}, "
                    f"but the decoded pixels are {pixels.shape} {pixels.dtype}"
                )
            out[0][...] = pixels[region.czyx]

        return [job]
