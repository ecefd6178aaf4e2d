"""What happens to a signal before its mask: checks, reduction, background subtraction."""

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from zimg._dispatch import array_namespace
from zimg._typing import Array, Namespace
from zimg.kernels.resample import reduced
from zimg.kernels.widen import widened
from zimg.ops import in_slabs, jit, to_host
from zimg.tracing.counts import Counts, all_whole, binned_counts, range_of, value_counts

EMPTY_SHARE = 0.9
"""Share of the lowest value above which the background is taken as removed already."""

BRIGHT_SHARE = 0.5
"""Share of voxels above the background below which it is found."""

MOST_MODES = 3
MOST_BINS = 65536


def check_signal(volume: Array, /) -> None:
    """Raise unless `volume` is one that can be traced.

    Parameters
    ----------
    volume
        An array of any framework.

    Raises
    ------
    TypeError
        For bool and complex voxels.
    ValueError
        Unless the array is ``(Z, Y, X)``, has voxels, and all of them are finite.
    """
    xp = array_namespace(volume)
    if volume.ndim != 3 or 0 in volume.shape:
        shape = tuple(volume.shape)
        raise ValueError(f"a signal must be (Z, Y, X) and not empty, got shape {shape}")
    if not xp.isdtype(volume.dtype, ("integral", "real floating")):
        raise TypeError(f"a signal must have integer or float voxels, got {volume.dtype}")
    if xp.isdtype(volume.dtype, "real floating"):
        broken = int(to_host(xp.count_nonzero(~xp.isfinite(volume))))
        if broken:
            raise ValueError(f"a signal must be finite, got {broken} NaN or infinite voxels")


def downsample(volume: Array, ratios: tuple[int, int, int], /) -> Array:
    """The signal at 1 / `ratios` of its size, as the reference reads it.

    Parameters
    ----------
    volume
        ``(Z, Y, X)``, real.
    ratios
        Whole numbers of at least 1, in the order **x, y, z** of public arguments.

    Returns
    -------
    Array
        ``ceil(n / ratio)`` voxels per axis. See `zimg.kernels.resample.reduced`, whose errors it
        raises.
    """
    x, y, z = ratios
    return reduced(volume, (z, y, x))


def subtract_background(
    volume: Array,
    /,
    *,
    bins: int = MOST_BINS,
    counts: Counts | None = None,
    lowest: bool = False,
) -> tuple[Array, float]:
    """Subtract the commonest intensity, once the brighter voxels are fewer than half.

    Parameters
    ----------
    volume
        ``(Z, Y, X)``, real, finite.
    bins
        Bins of the histogram of floats that are not whole numbers.
    counts
        Of `zimg.tracing.counts.value_counts` for the volume, if known.
    lowest
        Whether the lowest intensity may be the background as well. The result then follows an
        offset of the volume.

    Returns
    -------
    Array, float
        The volume less its background, in its own dtype and not below the lowest value of that; and
        the background in the units of the volume, 0 without a subtraction.

    Notes
    -----
    Behaviour of the reference: one to three of the commonest intensities are tried in ascending
    order. Bins are single intensities for 8 and 16 bits; other integers have at most 65536 bins of
    a whole width, floats 65536 bins from the lowest to the highest value. Floats that are all whole
    numbers are binned as integers, so a conversion to float does not change the result.
    """
    xp = array_namespace(volume)
    counts = value_counts(volume) if counts is None else counts
    if counts is None:
        counts, scale = _binned(volume, bins, xp=xp)
    else:
        scale = _Scale(0, 1, counts.size)
    common = common_bin(counts, lowest=lowest)
    level = scale.origin + common * scale.width if common or lowest else 0
    return subtract_level(volume, level), float(level)


def subtract_level(volume: Array, level: float, /) -> Array:
    """`volume` less a known background, as `subtract_background` subtracts the one it finds.

    Parameters
    ----------
    volume
        Any shape, real.
    level
        In units of the volume; a whole number for integers.
    """
    return _subtracted(volume, level, xp=array_namespace(volume)) if level else volume


def common_bin(counts: NDArray[Any], *, lowest: bool = False) -> int:
    """The bin of the background in a histogram; 0 for no background.

    Bin 0 is a candidate only if `lowest` is set.
    """
    total = int(counts.sum())
    if counts[0] / total > EMPTY_SHARE:
        return 0
    common, first = 0, 0 if lowest else 1
    for _ in range(MOST_MODES):
        if first >= counts.size:
            break
        mode = first + int(np.argmax(counts[first:]))
        if mode == counts.size - 1:
            break
        common, first = mode, mode + 1
        if counts[first:].sum() / total < BRIGHT_SHARE:
            break
    return common


class _Scale(NamedTuple):
    """Bin `i` begins at ``origin + i * width``; there are `size` of them."""

    origin: float
    width: float
    size: int


def _binned(volume: Array, most: int, *, xp: Namespace) -> tuple[Counts, _Scale]:
    """The histogram of a volume, and what its bins mean."""
    low, high = range_of(volume)
    if low == high:
        return np.array([math.prod(volume.shape)]), _Scale(low, 1, 1)
    if xp.isdtype(volume.dtype, "integral"):
        return _integer_bins(volume, low, high, xp=xp)
    if high - low < MOST_BINS and all_whole(volume):
        scale = _Scale(low, 1, int(high - low) + 1)
        found = binned_counts(volume, lambda v: xp.astype(v - low, xp.int32), scale.size)
        return found, scale
    width = (high - low) / most

    def bin_of(values: Array) -> Array:
        bins = xp.clip(xp.floor((values - low) / width), 0.0, most - 1.0)
        return xp.astype(bins, xp.int32)

    return binned_counts(volume, bin_of, most), _Scale(low, width, most)


def _integer_bins(volume: Array, low: int, high: int, *, xp: Namespace) -> tuple[Counts, _Scale]:
    """Bins of a whole width that begin at its multiples: the sum cannot overflow."""
    width = (high - low) // MOST_BINS + 1
    first = low // width
    scale = _Scale(first * width, width, high // width - first + 1)
    small = volume.dtype in (xp.int8, xp.int16)

    def bin_of(values: Array) -> Array:
        wide = xp.astype(values, xp.int32) if small else widened(values, xp=xp)
        return wide // width - first

    return binned_counts(volume, bin_of, scale.size), scale


def _subtracted(volume: Array, level: float, *, xp: Namespace) -> Array:
    """`volume` - `level`, saturated at the limits of an integer type."""
    if not xp.isdtype(volume.dtype, "integral"):
        return volume - level
    limits, level = xp.iinfo(volume.dtype), int(level)
    low, high = limits.min + max(level, 0), limits.max + min(level, 0)

    small = max(abs(low), abs(high), abs(level)) < 2**31  # as arguments of compiled functions
    less = jit(_less, xp=xp) if small else _less
    return in_slabs(lambda part: less(part, low, high, level, xp=xp), volume, xp=xp)


def _less(part: Array, low: int, high: int, level: int, *, xp: Namespace) -> Array:
    """`part` - `level`, saturated, for integers; `low` and `high` are the limits before."""
    return xp.astype(xp.clip(widened(part, xp=xp), low, high) - level, part.dtype)
