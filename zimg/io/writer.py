"""Protocols between the library and the writers of file formats."""

from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from zimg._errors import ZException
from zimg._typing import Array
from zimg.arrays.export import exported
from zimg.arrays.interop import dtype_name
from zimg.io.parameters import ZImgWriteParameters
from zimg.values import ZImgInfo


@runtime_checkable
class ImageLike(Protocol):
    """The part of an image that writing uses; `zimg.ZImg` implements it."""

    @property
    def info(self) -> ZImgInfo:
        """Sizes, type and metadata."""

    @property
    def data(self) -> list[Array]:
        """One ``(C, Z, Y, X)`` array per time, of any framework and on any device."""


class Pixels(Protocol):
    """Pixel source of a writer: slabs in host memory, each requested once and in order."""

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
            ``(C, last - first, Y, X)`` with any strides; must not be modified. Slabs are requested
            in order: all planes of a time point before the next one.
        """


class Writer(Protocol):
    """A module that writes one format."""

    def check(self, info: ZImgInfo, parameters: ZImgWriteParameters) -> None:
        """Raise a `ZException` for images and options that the format does not support."""

    def write(self, path: Path, pixels: Pixels, parameters: ZImgWriteParameters) -> None:
        """Write `path`, which appears whole or not at all."""


class ImagePixels:
    """Pixels of an image, copied to the host slab by slab.

    Parameters
    ----------
    image
        On any device.

    Notes
    -----
    Booleans are returned as uint8, their type in `ZImgInfo`.
    """

    def __init__(self, image: ImageLike) -> None:
        self._image = image
        self.info = image.info

    @property
    def dtype(self) -> np.dtype[Any]:
        """Voxel type; a `ZException` for bfloat16, which has the size and format of float16."""
        if any(dtype_name(part.dtype) == "bfloat16" for part in self._image.data[:1]):
            raise ZException("no format holds bfloat16; convert the image to float32 before saving")
        return np.dtype(self.info.dataTypeString())

    def slab(self, time: int, first: int, last: int) -> NDArray[Any]:
        """Planes of a time point; a view where the host can read the memory."""
        part = self._image.data[time][:, first:last, ...]
        host: NDArray[Any] = exported(part, "numpy", device="cpu")
        return host.view(np.uint8) if host.dtype == np.bool_ else host
