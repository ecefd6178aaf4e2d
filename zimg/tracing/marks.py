"""Host masks beside a volume on a device: only the groups of voxels with a mark travel, as bits."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zimg._dispatch import array_namespace, device
from zimg._typing import Array, Namespace
from zimg.ops import jit, like, scatter_set
from zimg.ops.memory import on_host
from zimg.tracing.border import rounded_up

GROUP, HIGHEST = 8, 128
"""Voxels of a byte, and its bit of the first."""


def marks_beside(marks: NDArray[Any], image: Array, /) -> Array:
    """Where a host mask is set, in the framework and on the device of `image`.

    Parameters
    ----------
    marks
        Any shape, bool or uint8, on the host.
    image
        The array to follow.

    Returns
    -------
    Array
        Bool, of the shape of `marks`.

    Notes
    -----
    A device receives 5 bytes for each 8 consecutive voxels of which one is set. Growth reads single
    voxels, so masks stay on the host; what it has marked is sent before each pass.
    """
    if on_host(image):
        return like(marks != 0, image)
    xp, bits = array_namespace(image), np.packbits(marks.reshape(-1))
    found = np.flatnonzero(bits)
    places = np.full(rounded_up(len(found)), len(bits), np.int32)  # others are outside
    groups = np.zeros(len(places), np.uint8)
    places[: len(found)], groups[: len(found)] = found, bits[found]
    return jit(_marks, xp=xp)(like(places, image), like(groups, image), shape=marks.shape, xp=xp)


def _marks(places: Array, groups: Array, *, shape: tuple[int, ...], xp: Namespace) -> Array:
    count, on = math.prod(shape), device(places)
    none = xp.zeros((-(-count // GROUP),), dtype=xp.uint8, device=on)
    packed = scatter_set(none, places, groups, xp=xp)
    step = xp.arange(GROUP, dtype=xp.uint8, device=on)
    bits = xp.bitwise_left_shift(packed[:, None], step[None, :])  # each in turn is the highest
    return xp.reshape(xp.reshape(bits, (-1,))[:count], shape) >= HIGHEST
