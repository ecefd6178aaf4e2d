"""Where the data becomes small: places and values that leave the device, instead of volumes."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from zimg._dispatch import array_namespace, device
from zimg._typing import Array
from zimg.ops import compact, gather, like, to_host
from zimg.ops.memory import on_host

FEWEST = 1024
"""Places that are fetched at least; from here numbers double, for compiled programs know sizes."""


def places_of(mask: Array, /) -> NDArray[np.intp]:
    """Flat indices of the voxels that are set, in order, on the host.

    Parameters
    ----------
    mask
        Any shape, bool, of fewer than 2^31 voxels where it is not in host memory.
    """
    xp = array_namespace(mask)
    flat = xp.reshape(mask, (-1,))
    if on_host(mask):
        return np.flatnonzero(to_host(flat))
    count = int(to_host(xp.count_nonzero(flat)))
    index = xp.arange(flat.shape[0], dtype=xp.int32, device=device(mask))
    size = min(_rounded_up(count), flat.shape[0])
    found, _ = compact(index, flat, size, fill=0, xp=xp)
    return to_host(found)[:count].astype(np.intp)


def values_at(volume: Array, flat: NDArray[np.intp], /) -> NDArray[Any]:
    """Values of voxels by their flat indices, on the host.

    Parameters
    ----------
    volume
        Any shape and dtype.
    flat
        ``(n,)`` indices, all inside.
    """
    xp = array_namespace(volume)
    line = xp.reshape(volume, (-1,))
    if on_host(volume):
        return to_host(line)[flat]
    padded = np.zeros(_rounded_up(len(flat)), np.int32)
    padded[: len(flat)] = flat
    return to_host(gather(line, like(padded, volume), xp=xp))[: len(flat)]


def _rounded_up(count: int) -> int:
    """`count`, or the next power of two, at least `FEWEST`."""
    return max(FEWEST, 1 << max(0, count - 1).bit_length())
