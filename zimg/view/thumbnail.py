"""A small maximum projection of each channel, computed on the device of the image."""

from math import ceil, prod
from typing import NamedTuple

import numpy as np

from zimg._dispatch import array_namespace, device
from zimg._typing import Array, Namespace
from zimg.ops import to_host
from zimg.view.projection import PLANES_AT_ONCE, Image, without_gaps

LONGEST_SIDE = 160
"""Largest number of pixels on the longer side."""

MOST_VOXELS = 2**26
"""Largest number of voxels used; planes, rows and columns of larger images are skipped."""

MOST_CHANNELS = 8
"""Largest number of channels used; more cannot be distinguished in one picture."""


class Thumbnail(NamedTuple):
    """Projections ``(C, rows, columns)``, finite float32 on the host.

    `steps` are the distances between the planes, rows and columns that were used.
    """

    channels: Image
    steps: tuple[int, int, int]


def thumbnail(array: Array) -> Thumbnail:
    """Project the channels of one time point along z, and reduce them to a small picture.

    Parameters
    ----------
    array
        ``(C, Z, Y, X)``, no size 0, of any framework and any real or bool dtype.

    Returns
    -------
    Thumbnail
        At most `MOST_CHANNELS` channels and `LONGEST_SIDE` pixels per side. A pixel is the maximum
        of its voxels. NaN and infinite values are ignored; a pixel without other values has the
        lowest value of its channel.

    Raises
    ------
    TypeError
        If the device cannot be read from the host.
    """
    channels = min(array.shape[0], MOST_CHANNELS)
    steps = steps_within(MOST_VOXELS // channels, array.shape[1:])
    host = to_host(reduced(array[:channels, ...], steps)).astype(np.float32)
    return Thumbnail(np.stack([_filled(channel) for channel in host]), steps)


def steps_within(most: int, shape: tuple[int, int, int]) -> tuple[int, int, int]:
    """Steps along z, y, x that keep at most `most` voxels: along z first, then y and x equally."""
    depth, height, width = shape
    along_z = min(max(1, ceil(prod(shape) / most)), depth)
    along_y = along_x = 1
    while ceil(depth / along_z) * ceil(height / along_y) * ceil(width / along_x) > most:
        along_y, along_x = (min(2 * along_y, height), min(2 * along_x, width))
    return along_z, along_y, along_x


def reduced(array: Array, steps: tuple[int, int, int]) -> Array:
    """Small maximum projections of ``(C, Z, Y, X)``, on its device.

    Parameters
    ----------
    array
        Any framework and dtype.
    steps
        Steps along z, y, x between the voxels that are used.

    Returns
    -------
    Array
        ``(C, rows, columns)`` float32; minus infinity where no value is finite.
    """
    xp = array_namespace(array)
    z, y, x = (slice(None, None, step) for step in steps)
    return xp.stack([_small(array[c, z, y, x], xp) for c in range(array.shape[0])])


def _small(volume: Array, xp: Namespace) -> Array:
    """Maximum of one channel along z, in batches of planes, then of square blocks."""
    depth = volume.shape[0]
    slabs = [
        xp.max(without_gaps(volume[start : min(start + PLANES_AT_ONCE, depth), ...], xp), axis=0)
        for start in range(0, depth, PLANES_AT_ONCE)
    ]
    plane = xp.max(xp.stack(slabs), axis=0)
    block = ceil(max(plane.shape) / LONGEST_SIDE)
    for axis in (0, 1):
        plane = _blocks(plane, axis, block, xp)
    return plane


def _blocks(plane: Array, axis: int, block: int, xp: Namespace) -> Array:
    """Maximum of every `block` rows or columns; the last block may be shorter."""
    shape = list(plane.shape)
    missing = -shape[axis] % block
    if missing:
        edge = [*shape[:axis], missing, *shape[axis + 1 :]]
        fill = xp.full(tuple(edge), -xp.inf, dtype=plane.dtype, device=device(plane))
        plane = xp.concat((plane, fill), axis=axis)
    count = (shape[axis] + missing) // block
    blocks = xp.reshape(plane, (*shape[:axis], count, block, *shape[axis + 1 :]))
    return xp.max(blocks, axis=axis + 1)


def _filled(channel: Image) -> Image:
    """`channel` with its lowest finite value in place of values that are not finite."""
    usable = np.isfinite(channel)
    lowest = channel[usable].min() if usable.any() else np.float32(0)
    return np.where(usable, channel, lowest)
