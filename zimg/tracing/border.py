"""Transfer of the positions and values of selected voxels from a device to the host."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from zimg._dispatch import array_namespace
from zimg._typing import Array, Namespace
from zimg.kernels.voxels import OUTSIDE, flattened, voxel_list
from zimg.ops import gather, jit, like, to_host
from zimg.ops.memory import on_host

FEWEST = 1024
"""Smallest number of places in a transfer; larger ones are powers of two, to limit compilations."""


def fetched(
    voxels: Array, values: Array, chosen: Array, /
) -> tuple[NDArray[np.intp], NDArray[Any]]:
    """Some voxels of a list with their values, on the host.

    Parameters
    ----------
    voxels
        ``(n,)`` of `zimg.kernels.voxels.voxel_list`.
    values
        ``(n,)`` int32.
    chosen
        ``(n,)`` bool; not of `OUTSIDE`.

    Returns
    -------
    tuple of numpy.ndarray
        ``(m,)`` flat indices in order, and ``(m,)`` values.
    """
    xp = array_namespace(voxels)
    flat, values = to_host(jit(_rows, xp=xp)(voxels, values, voxel_list(chosen, xp=xp), xp=xp))
    count = np.searchsorted(flat, OUTSIDE)
    return flat[:count].astype(np.intp), values[:count]


def _rows(voxels: Array, values: Array, rows: Array, *, xp: Namespace) -> Array:
    rows = xp.clip(rows, 0, voxels.shape[0] - 1)  # the last voxel of a list is OUTSIDE
    return xp.stack([gather(voxels, rows, xp=xp), gather(values, rows, xp=xp)])


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
    places = np.zeros(rounded_up(len(flat)), np.int32)
    places[: len(flat)] = flat
    found = jit(_values, xp=xp)(flattened(volume, xp=xp), like(places, volume), xp=xp)
    return to_host(found)[: len(flat)]


def _values(values: Array, places: Array, *, xp: Namespace) -> Array:
    return gather(values, places, xp=xp)


def rounded_up(count: int) -> int:
    """`count`, or the next power of two, at least `FEWEST`."""
    return max(FEWEST, 1 << max(0, count - 1).bit_length())
