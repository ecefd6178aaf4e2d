"""Statistics of the voxels of a volume, read by the host: numbers of voxels, extremes."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zimg._dispatch import array_namespace
from zimg._typing import Array, Namespace
from zimg.kernels.histogram import extremes, histogram
from zimg.kernels.voxels import flattened
from zimg.ops import jit, parts_of, to_host
from zimg.ops.memory import on_host

Counts = NDArray[np.int64]


def value_counts(volume: Array, /, *, where: Array | None = None) -> Counts | None:
    """Number of voxels of each value, on the host, if every value can have a bin.

    Parameters
    ----------
    volume
        Any shape, real.
    where
        Bool, in the shape of `volume`: which voxels count; None for all.

    Returns
    -------
    numpy.ndarray or None
        ``(256,)`` for uint8, ``(65536,)`` for uint16; None for other types.
    """
    xp = array_namespace(volume)
    if volume.dtype not in (xp.uint8, xp.uint16):
        return None
    flat = flattened(volume, xp=xp)  # of few lengths, where programs depend on them
    chosen = None if where is None else flattened(where, xp=xp)
    counts = histogram(flat, 2**8 if volume.dtype == xp.uint8 else 2**16, where=chosen)
    size = math.prod(volume.shape)
    if not on_host(counts) and size < 2**31:
        counts = xp.astype(counts, xp.int32)  # half the bytes to transfer
    found = to_host(counts).astype(np.int64)
    if where is None:
        found[0] -= flat.shape[0] - size  # the zeros behind the voxels
    return found


def less(counts: Counts, level: int, /) -> Counts:
    """`value_counts` of a volume less a level of at least 0, from those of the volume."""
    lower = np.zeros_like(counts)
    lower[: counts.size - level] = counts[level:]
    lower[0] += counts[:level].sum()
    return lower


def value_of_rank(counts: Counts, rank: int, /) -> int:
    """Value at position `rank`, from 0, of the counted values in ascending order."""
    return int(np.searchsorted(np.cumsum(counts), rank, side="right"))


def binned_counts(
    volume: Array, bin_of: Callable[[Array], Array], bins: int, /, *, where: Array | None = None
) -> Counts:
    """Histogram of a function of the voxels, on the host.

    Parameters
    ----------
    volume
        Any shape, real.
    bin_of
        The bins of voxels, as integers.
    bins
        Number of bins.
    where
        Bool, in the shape of `volume`: which voxels count; None for all.
    """
    xp, counts = array_namespace(volume), np.zeros(bins, np.int64)
    for part in parts_of(*(volume,) if where is None else (volume, where), xp=xp):
        chosen = None if where is None else part[1]
        found = to_host(histogram(bin_of(part[0]), bins, where=chosen))
        counts += found.astype(np.int64, copy=False)
    return counts


def range_of(volume: Array, counts: Counts | None = None, /) -> tuple[Any, Any]:
    """Lowest and highest value of a volume: int for integers, else float.

    `counts` are those of `value_counts` for the volume, if they are known.
    """
    if counts is not None:
        occupied = np.flatnonzero(counts)
        return int(occupied[0]), int(occupied[-1])
    low, high = to_host(extremes(volume)).tolist()
    return low, high


def all_whole(values: Array, /) -> bool:
    """Whether all values are whole numbers.

    Parameters
    ----------
    values
        Any shape, real, finite.
    """
    xp = array_namespace(values)
    if not xp.isdtype(values.dtype, "real floating"):
        return True
    whole = jit(_all_whole, xp=xp)
    return all(bool(to_host(whole(part, xp=xp))) for (part,) in parts_of(values, xp=xp))


def _all_whole(values: Array, *, xp: Namespace) -> Array:
    return xp.all(xp.floor(values) == values)
