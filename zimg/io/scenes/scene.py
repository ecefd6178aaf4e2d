"""Protocols that readers of file formats implement."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from zimg.io.disk.limits import check_decoded
from zimg.values import ZImgInfo, ZImgRegion

ROW = 7 * 8 * 3  # bytes that a row of a list of blocks takes while the list is made

# A job fills its part of the buffers: one ``(C, Z, Y, X)`` array per time of the planned region.
Job = Callable[[list[NDArray[Any]]], None]


@dataclass(frozen=True, slots=True)
class Level:
    """A resolution level of an image.

    Parameters
    ----------
    size
        Voxels along x, y, z at this level.
    ratios
        Number of full-resolution voxels per voxel, along x, y, z.
    """

    size: tuple[int, int, int]
    ratios: tuple[int, int, int] = (1, 1, 1)


class Scene(Protocol):
    """One image of a file."""

    @property
    def info(self) -> ZImgInfo:
        """Sizes, type and metadata at full resolution, read without pixels."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """Voxel type of the buffers to fill, in native byte order."""

    @property
    def packed_bytes(self) -> int | None:
        """Upper bound of the compressed bytes, used to check the sizes that the header claims.

        None if the voxels are not compressed, if it is unknown, or if opening has checked it.
        """

    @property
    def levels(self) -> Sequence[Level]:
        """Stored resolution levels, from full resolution to the smallest."""

    def blocks(self, level: int) -> NDArray[np.int64]:
        """Stored blocks: rows t, x, y, z, width, height, depth in voxels of `level`.

        A block holds all channels. Blocks of full resolution cover the image; x runs fastest, then
        y, z and t.
        """

    def plan(self, region: ZImgRegion, level: int = 0) -> Sequence[Job]:
        """Plan the jobs that decode a resolved region; each stored block is decoded once.

        Parameters
        ----------
        region
            Resolved; x, y and z count voxels of `level`.
        level
            Index into `levels`.

        Notes
        -----
        All errors that can be detected without decoding are raised here, before memory is
        allocated. Jobs write to disjoint places and may run in any order, in several threads.
        """


class PlaneScene:
    """Base of scenes that are stored plane by plane, in full resolution only.

    Parameters
    ----------
    info
        Sizes, type and metadata.
    dtype
        Voxel type in native byte order.
    """

    packed_bytes: int | None = None

    def __init__(self, info: ZImgInfo, dtype: np.dtype[Any]) -> None:
        self.info, self.dtype = info, dtype

    @property
    def levels(self) -> Sequence[Level]:
        """The full size alone."""
        return (full_level(self.info),)

    def blocks(self, level: int) -> NDArray[np.int64]:
        """One block per plane."""
        info = self.info
        return grid(self.levels[level].size, info.numTimes, (info.width, info.height, 1))


class Reader(Protocol):
    """An open file.

    A reader of images in several files also has ``companions``, the paths of these files, so that
    commands do not overwrite a part of their input.
    """

    @property
    def name(self) -> str:
        """Name of the format for errors."""

    @property
    def scenes(self) -> Sequence[Scene]:
        """The images in the file, in its order."""

    def close(self) -> None:
        """Close the file."""


def full_level(info: ZImgInfo) -> Level:
    """The level of an image in full resolution."""
    return Level((info.width, info.height, info.depth))


def grid(size: tuple[int, int, int], times: int, block: tuple[int, int, int]) -> NDArray[np.int64]:
    """Blocks of one size that tile an image; those at its ends are smaller.

    Parameters
    ----------
    size
        Voxels along x, y, z.
    times
        Number of time points.
    block
        Voxels of a block along x, y, z.

    Returns
    -------
    ndarray
        int64, one row t, x, y, z, width, height, depth per block; x runs fastest, then y, z, t.

    Raises
    ------
    ZException
        When the rows take more than the limit of `zimg.io.decoding_limit`.
    """
    counts = [-(-n // step) for n, step in zip(size, block, strict=True)]
    check_decoded((times, *counts), ROW)
    starts = [np.arange(0, n, step, dtype=np.int64) for n, step in zip(size, block, strict=True)]
    x, y, z = starts
    t, z, y, x = np.meshgrid(np.arange(times, dtype=np.int64), z, y, x, indexing="ij")
    corner = [axis.reshape(-1) for axis in (x, y, z)]
    extent = [
        np.minimum(step, n - first) for n, step, first in zip(size, block, corner, strict=True)
    ]
    return np.stack([t.reshape(-1), *corner, *extent], axis=1)


@dataclass(frozen=True, slots=True)
class Box:
    """Intersection of a decoded block and the requested region, as slices of both."""

    take: tuple[slice, ...]
    put: tuple[slice, ...]

    @classmethod
    def meeting(
        cls, block: Sequence[tuple[int, int]], wanted: Sequence[tuple[int, int]]
    ) -> "Box | None":
        """The intersection of two boxes given as (start, end) per axis; None when it is empty."""
        take, put = [], []
        for (start, end), (first, last) in zip(block, wanted, strict=True):
            low, high = max(start, first), min(end, last)
            if low >= high:
                return None
            take.append(slice(low - start, high - start))
            put.append(slice(low - first, high - first))
        return cls(tuple(take), tuple(put))
