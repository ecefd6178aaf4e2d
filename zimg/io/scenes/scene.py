"""What a reader of a file format offers to the rest of the library."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from zimg.io.disk.limits import check_decoded
from zimg.values import ZImgInfo, ZImgRegion

ROW = 7 * 8 * 3  # bytes that a row of a list of blocks takes while the list is made

# Fills its part of the buffers, one ``(C, Z, Y, X)`` array per time of the region that was planned.
Job = Callable[[list[NDArray[Any]]], None]


@dataclass(frozen=True, slots=True)
class Level:
    """A size in which an image is stored: in full, or smaller in a pyramid.

    Parameters
    ----------
    size
        Voxels along x, y, z at this level.
    ratios
        How many voxels of the full image one voxel stands for, along x, y, z.
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
        """Bytes in which the voxels are packed, at most: what is claimed is checked against them.

        None where they are not packed, where it is not known, or where opening has checked it.
        """

    @property
    def levels(self) -> Sequence[Level]:
        """The sizes that are stored, the full one first, then ever smaller ones."""

    def blocks(self, level: int) -> NDArray[np.int64]:
        """What is stored as one piece: rows t, x, y, z, width, height, depth in voxels of `level`.

        A block holds all channels. Blocks of full resolution cover the image; x runs fastest, then
        y, z and t.
        """

    def plan(self, region: ZImgRegion, level: int = 0) -> Sequence[Job]:
        """What has to be decoded for a resolved region, each stored block once.

        Parameters
        ----------
        region
            Resolved; x, y and z count voxels of `level`.
        level
            Index into `levels`.

        Notes
        -----
        Everything that can be known to be wrong without decoding raises here, before memory is
        asked for. Jobs write to disjoint places and may run in any order, in several threads.
        """


class PlaneScene:
    """Base of scenes that are stored in full resolution only, plane by plane.

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
    """An open file."""

    @property
    def name(self) -> str:
        """The format, as it is named in errors."""

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
    """Where a decoded block meets the wanted region: what to take of it, and where it goes."""

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
