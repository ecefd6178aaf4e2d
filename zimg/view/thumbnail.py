"""A small maximum projection of each channel, made where the image lives."""

from math import ceil, prod
from typing import NamedTuple

import numpy as np

from zimg._dispatch import array_namespace, device
from zimg._typing import Array, Namespace
from zimg.ops import to_host
from zimg.view.projection import PLANES_AT_ONCE, Image, without_gaps

LONGEST_SIDE = 160
"""Pixels of the longer side, at most."""

MOST_VOXELS = 2**26
"""Voxels that are looked at, at most; of a larger image planes, rows and columns are left out."""

MOST_CHANNELS = 8
"""Channels that are looked at; more cannot be told apart in one picture."""


class Thumbnail(NamedTuple):
    """Projections ``(C, rows, columns)``, finite float32 on the host, and what was left out.

    `steps` are those from one plane, row and column to the next one that was looked at.
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
        At most `MOST_CHANNELS` channels and `LONGEST_SIDE` pixels a side. A pixel is the largest of
        its voxels. NaN and infinite values count as nothing; where there is nothing else, a pixel
        has the lowest value of its channel.

    Raises
    ------
    TypeError
        When the device cannot be read from the host.
    """
    channels = min(array.shape[0], MOST_CHANNELS)
    steps = steps_within(MOST_VOXELS // channels, array.shape[1:])
    host = to_host(reduced(array[:channels, ...], steps)).astype(np.float32)
    return Thumbnail(np.stack([_filled(channel) for channel in host]), steps)


def steps_within(most: int, shape: tuple[int, int, int]) -> tuple[int, int, int]:
    """Steps along z, y and x that leave at most `most` voxels: z first, then y and x alike."""
    depth, height, width = shape
    along_z = min(max(1, ceil(prod(shape) / most)), depth)
    along_y = along_x = 1
    while ceil(depth / along_z) * ceil(height / along_y) * ceil(width / along_x) > most:
        along_y, along_x = (min(2 * along_y, height), min(2 * along_x, width))
    return along_z, along_y, along_x


def reduced(array: Array, steps: tuple[int, int, int]) -> Array:
    """Small maximum projections of ``(C, Z, Y, X)`` on its device: ``(C, rows, columns)``.

    Parameters
    ----------
    array
        Any framework and dtype.
    steps
        Along z, y, x, for what is looked at.

    Returns
    -------
    Array
        float32; minus infinity where nothing is finite.
    """
    xp = array_namespace(array)
    z, y, x = (slice(None, None, step) for step in steps)
    return xp.stack([_small(array[c, z, y, x], xp) for c in range(array.shape[0])])


def _small(volume: Array, xp: Namespace) -> Array:
    """Maximum of one channel along z, then of square blocks; planes are widened a few at a time."""
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
    """`channel` with its lowest finite value where it is not finite."""
    usable = np.isfinite(channel)
    lowest = channel[usable].min() if usable.any() else np.float32(0)
    return np.where(usable, channel, lowest)
