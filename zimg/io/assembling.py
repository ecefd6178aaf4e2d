"""Check slices and blocks from providers and assemble them in host buffers."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from zimg._errors import ZException
from zimg.arrays.export import exported
from zimg.arrays.host import aligned_zeros
from zimg.io.writer import ImageLike
from zimg.values import ZImgInfo, ZVoxelCoordinate


@runtime_checkable
class Slices(Protocol):
    """The part of a slice provider that writing uses."""

    def imgInfo(self) -> ZImgInfo:
        """The whole image."""

    def slice(self, z: int, t: int, /) -> ImageLike:
        """One plane."""


@runtime_checkable
class Blocks(Protocol):
    """The part of a block provider that writing uses."""

    def imgInfo(self) -> ZImgInfo:
        """The whole image."""

    def numBlocks(self) -> int:
        """Number of blocks."""

    def blockCoord(self, blockIdx: int, /) -> ZVoxelCoordinate | tuple[int, int, int, int, int]:
        """First voxel of a block."""

    def block(self, blockIdx: int, /) -> ImageLike:
        """Pixels of a block."""


class ProviderFailureError(BaseException):
    """Carries an exception of a provider past everything that handles failures of writing."""

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.error = error


@contextmanager
def reraised() -> Iterator[None]:
    """Pass exceptions of a provider unchanged to the caller of the write function."""
    try:
        yield
    except Exception as error:
        raise ProviderFailureError(error) from error


def slice_of(provider: Slices, info: ZImgInfo, z: int, t: int) -> NDArray[Any]:
    """One plane on the host, ``(C, Y, X)``, when it is as `info` announced.

    Raises
    ------
    ZException
        When the size, number of channels or type differs from the announced one.
    TypeError
        When the provider returns something other than an image.
    """
    with reraised():
        given = provider.slice(z, t)
        if not isinstance(given, ImageLike):
            raise TypeError(f"slice({z}, {t}) must give a ZImg, got {type(given).__name__}")
    expected = (1, info.numChannels, 1, info.height, info.width), info.dataTypeString()
    found = given.info.size[::-1], given.info.dataTypeString()
    if found != expected:
        raise ZException(
            f"slice({z}, {t}) returned {found[0]} {found[1]}, "
            f"but imgInfo announced {expected[0]} {expected[1]} (t, c, z, y, x)"
        )
    host: NDArray[Any] = exported(given.data[0], "numpy", device="cpu")
    return host[:, 0]


def blocks_of(
    provider: Blocks, info: ZImgInfo
) -> Iterator[tuple[tuple[slice, ...], list[NDArray[Any]]]]:
    """Place along t, c, z, y, x and host arrays per time of each block, in order.

    Raises
    ------
    ZException
        When a block leaves the image or is of another type.
    TypeError
        When the provider returns something other than an image.
    """
    with reraised():
        count = provider.numBlocks()
    for index in range(count):
        with reraised():
            corner = ZVoxelCoordinate(tuple(provider.blockCoord(index)))
            given = provider.block(index)
            if not isinstance(given, ImageLike):
                raise TypeError(f"block({index}) must give a ZImg, got {type(given).__name__}")
        start = (corner.t, corner.c, corner.z, corner.y, corner.x)
        shape, dtype = given.info.size[::-1], given.info.dataTypeString()
        place = tuple(slice(a, a + n) for a, n in zip(start, shape, strict=True))
        sizes = info.size[::-1]
        fits = all(0 <= p.start < p.stop <= n for p, n in zip(place, sizes, strict=True))
        if not fits or dtype != info.dataTypeString():
            raise ZException(
                f"block({index}) of {shape} {dtype} at {start} "
                f"does not fit into the announced {sizes} {info.dataTypeString()} (t, c, z, y, x)"
            )
        yield place, [exported(x, "numpy", device="cpu") for x in given.data]


def merge_max(block: NDArray[Any], place: NDArray[Any]) -> None:
    """Merge a block into the image; where blocks overlap the larger value is kept."""
    np.maximum(place, block, out=place)


def fill_value(dtype: np.dtype[Any]) -> int:
    """Value of voxels that no block covers: the smallest integer, or 0 for floats."""
    return int(np.iinfo(dtype).min) if dtype.kind == "i" else 0


def assembled_slices(provider: Slices, times: Iterable[int]) -> tuple[list[NDArray[Any]], ZImgInfo]:
    """All planes of the given time points as host arrays, and the announced info."""
    info = provider.imgInfo()
    arrays = []
    for t in times:
        array = _empty(info)
        for z in range(info.depth):
            array[:, z] = slice_of(provider, info, z, t)
        arrays.append(array)
    return arrays, info


def assembled_blocks(provider: Blocks) -> tuple[list[NDArray[Any]], ZImgInfo]:
    """All blocks as host arrays, and the announced info."""
    info = provider.imgInfo()
    arrays = [_empty(info) for _ in range(info.numTimes)]
    for array in arrays:
        array[...] = fill_value(array.dtype)
    for (t, *rest), parts in blocks_of(provider, info):
        for array, part in zip(arrays[t], parts, strict=True):
            merge_max(part, array[tuple(rest)])
    return arrays, info


def _empty(info: ZImgInfo) -> NDArray[Any]:
    shape = info.numChannels, info.depth, info.height, info.width
    return aligned_zeros(shape, info.dataTypeString())
