"""What the library offers to a writer of a file format, and what it asks of it."""

from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from zimg.image import ZImg, ZImgInfo
from zimg.image.export import exported
from zimg.image.parameters import ZImgWriteParameters


class Pixels(Protocol):
    """Where a writer takes the pixels from: slabs in host memory, each once and in order."""

    @property
    def info(self) -> ZImgInfo:
        """Sizes, type and metadata of the whole image."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """Voxel type, in native byte order."""

    def slab(self, time: int, first: int, last: int) -> NDArray[Any]:
        """Planes `first` to `last` (exclusive) of a time point.

        Returns
        -------
        ndarray
            ``(C, last - first, Y, X)``, C-contiguous or not, not to be written to. Slabs are asked
            for in order: all planes of a time before the next one, each plane once.
        """


class Writer(Protocol):
    """A module that writes one format."""

    def check(self, info: ZImgInfo, parameters: ZImgWriteParameters) -> None:
        """Raise a `ZException` for an image or an option that the format cannot hold or honour."""

    def write(self, path: Path, pixels: Pixels, parameters: ZImgWriteParameters) -> None:
        """Write `path`, which appears whole or not at all."""


class ImagePixels:
    """The pixels of an image, brought to the host slab by slab.

    Parameters
    ----------
    image
        On any device.
    """

    def __init__(self, image: ZImg) -> None:
        self._image = image
        self.info = image.info
        self.dtype = np.dtype(self.info.dataTypeString())

    def slab(self, time: int, first: int, last: int) -> NDArray[Any]:
        """Planes of a time point, a view where the host can read the memory."""
        part = self._image.data[time][:, first:last, ...]
        host: NDArray[Any] = exported(part, "numpy", device="cpu")
        return host
