"""The part of a volume that contains all objects."""

import math
from dataclasses import dataclass

from zimg._dispatch import array_namespace
from zimg._typing import Array
from zimg.kernels.widen import above_zero
from zimg.ops import to_host
from zimg.skeletons.options import SkeletonizeConfig

Corner = tuple[int, int, int]

REACH = 2
"""Margin around the objects that cleaning can change or examine."""


@dataclass(frozen=True, slots=True)
class Window:
    """A box in a volume.

    Attributes
    ----------
    start, stop
        First voxel z, y, x, and the first one after the box.
    """

    start: Corner
    stop: Corner

    @property
    def shape(self) -> Corner:
        """Sizes of the box."""
        (a, b, c), (d, e, f) = self.start, self.stop
        return d - a, e - b, f - c

    def reduced_shape(self, factors: tuple[int, int, int]) -> Corner:
        """Sizes after reduction by factors along x, y, z; the last blocks may be partial."""
        a, b, c = self.shape
        fx, fy, fz = factors
        return -(-a // fz), -(-b // fy), -(-c // fx)

    @property
    def size(self) -> int:
        """Number of voxels."""
        return math.prod(end - begin for begin, end in zip(self.start, self.stop, strict=True))

    def of(self, volume: Array) -> Array:
        """Slice the volume."""
        (a, b, c), (d, e, f) = self.start, self.stop
        return volume[a:d, b:e, c:f]

    def reduced(self, options: SkeletonizeConfig) -> Corner:
        """First voxel in the reduced volume."""
        fx, fy, fz = options.factors
        z, y, x = self.start
        return z // fz, y // fy, x // fx


def occupied(volume: Array, options: SkeletonizeConfig, /) -> Window | None:
    """Bounding box of the voxels above 0, with the margin of cleaning.

    Parameters
    ----------
    volume
        ``(Z, Y, X)``, real.
    options
        Options of reduction and cleaning.

    Returns
    -------
    Window or None
        The whole volume if background may become an object; None for an empty volume.
    """
    shape = volume.shape
    if fills_background(shape, options):
        return Window((0, 0, 0), shape)
    xp = array_namespace(volume)
    bright = above_zero(volume, xp=xp)
    plane = xp.any(bright, axis=0)
    lines = xp.any(bright, axis=2), plane
    ends = []
    for line, axis in ((lines[0], 1), (lines[1], 1), (lines[1], 0)):
        there = to_host(xp.any(line, axis=axis)).nonzero()[0]
        if not len(there):
            return None
        ends.append((int(there[0]), int(there[-1]) + 1))
    return widened(Window(*zip(*ends, strict=True)), shape, options)


def fills_background(shape: tuple[int, ...], options: SkeletonizeConfig, /) -> bool:
    """Whether voxels far from any signal may become objects (behaviour of the reference)."""
    selects_zeros = options.levelOp == 2 and options.level == 0
    fx, fy, _ = options.factors
    one_column = shape[1] <= fy and shape[2] <= fx  # no neighbour in the plane prevents it
    return selects_zeros or (options.removingBorder and one_column)


def widened(box: Window, shape: Corner, options: SkeletonizeConfig, /) -> Window:
    """Widen a box to whole blocks of the reduction and the margin of cleaning.

    It is the whole volume if background may become an object.
    """
    if fills_background(shape, options):
        return Window((0, 0, 0), shape)
    margin = REACH if options.removingBorder else int(options.fillingHole)
    start, stop = [], []
    for first, end, length, factor in zip(
        box.start, box.stop, shape, options.factors[::-1], strict=True
    ):
        start.append(max(0, first // factor - margin) * factor)
        stop.append(min(length, (-(-end // factor) + margin) * factor))
    return Window(tuple(start), tuple(stop))  # type: ignore[arg-type]
