"""The bodies of a segmentation as runs of voxels along x, found in one pass."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from zimg._dispatch import array_namespace, device
from zimg._typing import Array
from zimg.kernels.voxels import OUTSIDE, voxel_list
from zimg.kernels.widen import widened
from zimg.ops import gather, to_host
from zimg.skeletons.options import SkeletonizeConfig
from zimg.skeletons.window import Window

Index = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class LabelRuns:
    """Runs of equal labels along x, by label, on the host.

    Attributes
    ----------
    shape
        Of the volume.
    labels
        Labels of the bodies, ascending, without 0.
    first
        ``(b + 1,)`` start of the runs of each label, and the end.
    begin, length
        ``(r,)`` flat index of the first voxel of each run, ascending for each label, and number of
        voxels.
    """

    shape: tuple[int, int, int]
    labels: list[int]
    first: Index
    begin: Index
    length: NDArray[np.int32]

    @classmethod
    def of(cls, volume: Array, /) -> Self:
        """Find the runs of a ``(Z, Y, X)`` volume of integers on any device."""
        parts = _runs_by_plane(volume) if isinstance(volume, np.ndarray) else _runs(volume)
        begin, length, values = (np.concatenate(column) for column in zip(*parts, strict=True))
        order = np.argsort(values, kind="stable")
        labels, first = np.unique(values[order], return_index=True)
        first = np.append(first, len(order))
        return cls(volume.shape, labels.tolist(), first, begin[order], length[order])

    def body(self, label: int, /) -> "BodyRuns":
        """The runs of one label."""
        number = int(np.searchsorted(np.asarray(self.labels), label))
        part = slice(int(self.first[number]), int(self.first[number + 1]))
        places = np.stack(np.unravel_index(self.begin[part], self.shape), axis=1)
        return BodyRuns(label, places, self.length[part])


@dataclass(frozen=True, slots=True)
class BodyRuns:
    """One body.

    Attributes
    ----------
    label
        Of the body.
    places
        ``(r, 3)`` z, y, x of the first voxel of each run, in raster order.
    length
        ``(r,)`` voxels of each run.
    """

    label: int
    places: Index
    length: NDArray[np.int32]

    @property
    def box(self) -> Window:
        """The box of the body."""
        low, high = self.places.min(axis=0), self.places.max(axis=0) + 1
        high[2] = int((self.places[:, 2] + self.length).max())
        return Window(tuple(low.tolist()), tuple(high.tolist()))

    def voxels_in(self, window: Window, factors: tuple[int, int, int], /) -> NDArray[np.int32]:
        """Flat indices of the body in a box that contains it, reduced by factors along x, y, z.

        Parameters
        ----------
        window
            Box, aligned with blocks.
        factors
            Reduction factors; a block is in the body if one of its voxels is.
        """
        size = np.asarray(factors[::-1])
        places, start = self.places // size, np.asarray(window.start) // size
        shape = window.reduced_shape(factors)
        ends = (self.places[:, 2] + self.length - 1) // size[2]
        begin = np.ravel_multi_index(tuple((places - start).T), shape)
        flat = spans(begin, ends - places[:, 2] + 1)
        return (flat if max(factors) == 1 else np.unique(flat)).astype(np.int32)


def spans(begin: Index, length: NDArray[np.integer]) -> Index:
    """Concatenated ranges of the given starts and lengths."""
    before = np.cumsum(length) - length
    return np.repeat(begin - before, length) + np.arange(int(length.sum()))


PART = 2**30
"""Voxels of a device that are searched together: their indices have 32 bits."""

Runs = tuple[Index, NDArray[np.int32], NDArray[Any]]


def _runs_by_plane(volume: NDArray[Any]) -> Iterator[Runs]:
    """Runs of nonzero labels, plane by plane, without an array of the size of the volume."""
    rows, columns = volume.shape[1:]
    for z, plane in enumerate(volume):
        flat = np.ascontiguousarray(plane, dtype=plane.dtype.newbyteorder("=")).reshape(-1)
        change = np.empty(flat.size, np.bool_)
        np.not_equal(flat[1:], flat[:-1], out=change[1:])
        change[::columns] = True
        begin = np.flatnonzero(change)
        length, values = np.diff(begin, append=flat.size).astype(np.int32), flat[begin]
        there = values != 0
        yield begin[there] + z * rows * columns, length[there], values[there]


def _runs(volume: Array) -> Iterator[Runs]:
    """As `_runs_by_plane` on another device: the first voxel and the label of each run are sent."""
    depth, rows, columns = volume.shape
    planes = max(1, PART // (rows * columns))
    for z in range(0, depth, planes):
        part = volume[z : z + planes, ...]
        begin, values = _starts(part)
        length = np.diff(begin, append=math.prod(part.shape)).astype(np.int32)
        there = values != 0
        yield begin[there] + z * rows * columns, length[there], values[there]


def _starts(volume: Array) -> tuple[Index, NDArray[Any]]:
    """Flat indices of the first voxels of all runs, those of background included, and labels."""
    xp, values = array_namespace(volume), widened(volume, xp=array_namespace(volume))
    first = xp.ones((*volume.shape[:2], 1), dtype=xp.bool, device=device(volume))
    change = xp.concat([first, values[..., 1:] != values[..., :-1]], axis=2)
    voxels = voxel_list(change, xp=xp)
    inside = xp.clip(voxels, 0, math.prod(volume.shape) - 1)
    begin, found = map(to_host, (voxels, gather(xp.reshape(values, (-1,)), inside, xp=xp)))
    if volume.dtype == xp.uint64:  # widened to int64, keeping the bits
        found = found.astype(np.uint64)
    count = int(np.searchsorted(begin, OUTSIDE))
    return begin[:count].astype(np.int64), found[:count]


def needs_mask(options: SkeletonizeConfig, /) -> bool:
    """Whether cleaning or thresholds need more than the voxels of a body."""
    plain = options.levelOp not in (1, 2) and (options.levelOp != 0 or options.level <= 0)
    return not plain or options.fillingHole or options.removingBorder
