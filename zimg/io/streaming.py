"""Write images that providers deliver plane by plane or block by block."""

import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from zimg._errors import ZException
from zimg.io.assembling import (
    Blocks,
    ProviderFailureError,
    Slices,
    blocks_of,
    fill_value,
    merge_max,
    reraised,
    slice_of,
)
from zimg.io.disk.errors import write_errors
from zimg.io.parameters import ZImgWriteParameters
from zimg.io.writer import Pixels
from zimg.io.writing import write_pixels
from zimg.values import FileFormat, ZImgInfo


def write_provided(
    path: str | os.PathLike[str],
    provider: Slices | Blocks,
    *,
    format: FileFormat = FileFormat.Unknown,
    parameters: ZImgWriteParameters | None = None,
) -> None:
    """Write an image that is delivered in parts, without holding it in memory.

    Parameters
    ----------
    path
        File to create or replace.
    provider
        Delivers slices or blocks, on any device. Blocks are first collected in a scratch file next
        to `path`, of the size of the uncompressed image. The file is unlinked (on Windows it is
        deleted on close), so nothing remains even if the process is killed.
    format, parameters
        As in `zimg.write`.

    Raises
    ------
    ZException
        As in `zimg.write`, and when a part differs from the announced image. No file is left then.
    TypeError
        When `provider` is neither kind of provider, or returns something other than an image.

    Notes
    -----
    Exceptions of the provider pass unchanged.
    """
    if not isinstance(provider, Slices | Blocks):
        raise TypeError(
            f"a ZImgSliceProvider or ZImgBlockProvider is needed, got {type(provider).__name__}"
        )
    with _announced(provider, path) as info, _pixels_of(provider, info, Path(path)) as pixels:
        write_pixels(path, pixels, format=format, parameters=parameters)


@contextmanager
def _announced(provider: Slices | Blocks, path: str | os.PathLike[str]) -> Iterator[ZImgInfo]:
    """The info that a provider announces; its exceptions pass unchanged."""
    try:
        with reraised():
            info = provider.imgInfo()
        if 0 in info.size:
            raise ZException(f"cannot write {os.fspath(path)}: the image is empty")
        yield info
    except ProviderFailureError as failure:
        raise failure.error from None


@contextmanager
def _pixels_of(provider: Slices | Blocks, info: ZImgInfo, path: Path) -> Iterator[Pixels]:
    if isinstance(provider, Slices):
        yield SlicePixels(provider, info)
        return
    beside = Path(os.path.realpath(path)).parent
    with write_errors(path), TemporaryFile(prefix=".blocks-", dir=beside) as scratch:
        yield BlockPixels(provider, info, scratch)


class SlicePixels:
    """Pixels from a slice provider.

    Parameters
    ----------
    provider
        Called once per slice.
    info
        The announced info.
    """

    def __init__(self, provider: Slices, info: ZImgInfo) -> None:
        self._provider, self.info = provider, info
        self.dtype = np.dtype(info.dataTypeString())

    def slab(self, time: int, first: int, last: int) -> NDArray[Any]:
        """Planes of a time point."""
        info = self.info
        if last - first == 1:
            return slice_of(self._provider, info, first, time)[:, None]
        slab = np.empty((info.numChannels, last - first, info.height, info.width), self.dtype)
        for z in range(first, last):  # one plane in addition to the slab at a time
            slab[:, z - first] = slice_of(self._provider, info, z, time)
        return slab


class BlockPixels:
    """Pixels from a block provider, collected in a file on the first request.

    Parameters
    ----------
    provider
        Called once per block, in order.
    info
        The announced info.
    scratch
        Open file to collect in, empty.
    """

    def __init__(self, provider: Blocks, info: ZImgInfo, scratch: IO[bytes]) -> None:
        self._provider, self.info, self._scratch = provider, info, scratch
        self.dtype = np.dtype(info.dataTypeString())
        self._shape = info.size[::-1]
        self._collected = False

    def slab(self, time: int, first: int, last: int) -> NDArray[Any]:
        """Planes of a time point."""
        if not self._collected:
            self._collect()
            self._collected = True
        return np.array(self._voxels()[time, :, first:last])

    def _collect(self) -> None:
        if hasattr(
            os, "posix_fallocate"
        ):  # detect a full disk now; later it would kill the process
            count = math.prod(self._shape) * self.dtype.itemsize
            os.posix_fallocate(self._scratch.fileno(), 0, count)
        if fill_value(self.dtype):
            for time in range(self._shape[0]):
                for z in range(self._shape[2]):
                    self._voxels()[time, :, z] = fill_value(self.dtype)
        for (t, *rest), parts in blocks_of(self._provider, self.info):
            voxels = self._voxels()
            for time, part in enumerate(parts, t.start):
                merge_max(part, voxels[time][tuple(rest)])

    def _voxels(self) -> NDArray[Any]:
        """The file as an array; mapped anew each time, so that touched pages are released."""
        return np.memmap(self._scratch, self.dtype, "r+", shape=self._shape)
