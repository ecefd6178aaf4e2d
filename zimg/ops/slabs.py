"""Volumes in slabs: local functions and statistics in memory that is bounded by the slab."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from zimg._dispatch import array_namespace, device
from zimg._typing import Array, Namespace
from zimg.ops.rows import row_plan


def cut(volume: Array, axis: int, start: int, stop: int, /) -> Array:
    """The part ``start <= index < stop`` of `volume` along `axis`."""
    if start == 0 and stop == volume.shape[axis]:
        return volume
    part = slice(start, stop)
    return volume[tuple(part if a == axis else slice(None) for a in range(volume.ndim))]


@dataclass(frozen=True, slots=True)
class Slab:
    """Consecutive planes of a volume, and the planes around them that a local function reads.

    Attributes
    ----------
    axis
        Axis across the planes.
    first, last
        The planes ``first <= index < last``.
    low, high
        The planes that are read, ``low <= index < high``.
    """

    axis: int
    first: int
    last: int
    low: int
    high: int

    @property
    def bounds(self) -> tuple[int, int]:
        """First and last + 1 of the planes of the slab among those that are read."""
        return self.first - self.low, self.last - self.low

    def around(self, volume: Array) -> Array:
        """The planes of `volume` that are read for this slab."""
        return cut(volume, self.axis, self.low, self.high)

    def inner(self, values: Array) -> Array:
        """The planes of the slab, from `values` for all planes that are read."""
        return cut(values, self.axis, *self.bounds)


def slabs_of(
    volume: Array, /, *, axis: int = 0, reach: int = 0, xp: Namespace | None = None
) -> Iterator[Slab]:
    """Divide a volume into slabs, whose size suits the framework and the device.

    Parameters
    ----------
    volume
        Any shape with at least one axis.
    axis
        Axis across the planes.
    reach
        Number of planes that are read on both sides of a slab, as far as there are any. A slab has
        twice as many planes or more.
    xp
        Namespace of `volume`; found from it when None.

    Yields
    ------
    Slab
        From the first planes to the last; one without planes if the volume has none.
    """
    xp, length = xp or array_namespace(volume), volume.shape[axis]
    plane = max(1, math.prod(volume.shape) // max(1, length))
    step = max(1, row_plan(xp=xp, on=device(volume)).slab // plane, 2 * reach)
    for first in range(0, max(1, length), step):
        last = min(first + step, length)
        yield Slab(axis, first, last, max(first - reach, 0), min(last + reach, length))


def parts_of(*arrays: Array, xp: Namespace) -> Iterator[tuple[Array, ...]]:
    """Divide arrays of one shape into parts of consecutive values, for statistics of single values.

    Parameters
    ----------
    arrays
        Any shape.
    xp
        Namespace of `arrays`.

    Yields
    ------
    tuple of Array
        The same part of each array, ``(n,)``; `arrays` themselves if they are a single part.
    """
    size = math.prod(arrays[0].shape)
    step = row_plan(xp=xp, on=device(arrays[0])).slab
    if size <= step:
        yield arrays
        return
    flat = [xp.reshape(each, (-1,)) for each in arrays]
    for first in range(0, size, step):
        yield tuple(cut(each, 0, first, min(first + step, size)) for each in flat)


def in_slabs(
    local: Callable[..., Array],
    /,
    *volumes: Array,
    axis: int = 0,
    reach: int = 0,
    xp: Namespace | None = None,
) -> Array:
    """Apply a local function of volumes to slabs and join the results.

    Parameters
    ----------
    local
        Function of as many arrays as there are `volumes`. What it computes for a plane depends on
        no plane further away than `reach`, and it must treat the ends of a slab as those of a
        volume.
    volumes
        All of one shape.
    axis
        Axis across the planes.
    reach
        See `slabs_of`.
    xp
        Namespace of `volumes`; found from them when None.

    Returns
    -------
    Array
        ``local(*volumes)``.
    """
    xp = xp or array_namespace(*volumes)
    parts = [
        slab.inner(local(*(slab.around(volume) for volume in volumes)))
        for slab in slabs_of(volumes[0], axis=axis, reach=reach, xp=xp)
    ]
    return parts[0] if len(parts) == 1 else xp.concat(parts, axis=axis)
