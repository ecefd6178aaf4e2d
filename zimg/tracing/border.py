"""Transfer of the positions and values of selected voxels from a device to the host."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zimg._dispatch import array_namespace, device
from zimg._typing import Array, Namespace
from zimg.ops import compact, gather, jit, like, to_host
from zimg.ops.memory import on_host

FEWEST = 1024
"""Smallest number of places in a transfer; larger ones are powers of two, to limit compilations."""


def places_of(mask: Array, /) -> NDArray[np.intp]:
    """Flat indices of the voxels that are set, in order, on the host.

    Parameters
    ----------
    mask
        Any shape, bool, of fewer than 2^31 voxels where it is not in host memory.
    """
    if on_host(mask):
        return np.flatnonzero(to_host(mask))
    xp = array_namespace(mask)
    count = int(to_host(xp.count_nonzero(mask)))
    size = min(rounded_up(count), math.prod(mask.shape))
    found = jit(_places, xp=xp)(mask, size=size, xp=xp)
    return to_host(found)[:count].astype(np.intp)


def _places(mask: Array, *, size: int, xp: Namespace) -> Array:
    flat = xp.reshape(mask, (-1,))
    index = xp.arange(flat.shape[0], dtype=xp.int32, device=device(mask))
    return compact(index, flat, size, fill=0, xp=xp)[0]


def values_at(volume: Array, flat: NDArray[np.intp], /) -> NDArray[Any]:
    """Values of voxels by their flat indices, on the host.

    Parameters
    ----------
    volume
        Any shape and dtype.
    flat
        ``(n,)`` indices, all inside.
    """
    if on_host(volume):
        return to_host(volume).reshape(-1)[flat]
    xp = array_namespace(volume)
    padded = np.zeros(rounded_up(len(flat)), np.int32)
    padded[: len(flat)] = flat
    return to_host(jit(_values, xp=xp)(volume, like(padded, volume), xp=xp))[: len(flat)]


def _values(volume: Array, places: Array, *, xp: Namespace) -> Array:
    return gather(xp.reshape(volume, (-1,)), places, xp=xp)


def rounded_up(count: int) -> int:
    """`count`, or the next power of two, at least `FEWEST`."""
    return max(FEWEST, 1 << max(0, count - 1).bit_length())
