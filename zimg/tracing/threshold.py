"""Threshold between noise and signal, from the intensities of regional maxima."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zimg._dispatch import array_namespace
from zimg._typing import Array, Namespace
from zimg.kernels.extrema import regional_maxima
from zimg.kernels.histogram import extremes, histogram
from zimg.kernels.widen import widened
from zimg.ops import jit, to_host

Counts = NDArray[np.int64]

MOST_LEVELS = 65536
FEWEST_LEVELS = 256
"""A float signal below this is stretched, unless its values are whole numbers ..."""

STRETCHED = 4095.0
"""... so that its highest value falls here."""

LARGEST = 2**31
"""Integers from here on cannot be arguments of compiled functions, which take 32 bits."""

RARE_MAXIMA = 1e-5
"""Maxima per voxel up to which their histogram is not used."""


@dataclass(frozen=True, slots=True)
class Levels:
    """A signal counted in integer levels, on the host.

    Attributes
    ----------
    voxels
        Number of voxels per level.
    maxima
        Number of regional maxima per level.
    width
        Size of a level in units of the signal.
    whole
        Whether the signal has only integers, so that level `i` ends just below ``(i + 1) * width``.
    """

    voxels: Counts
    maxima: Counts
    width: float
    whole: bool

    def share_above(self, level: int) -> float:
        """Share of the voxels above `level`."""
        return float(self.voxels[level + 1 :].sum() / self.voxels.sum())

    def intensity(self, level: int) -> float:
        """The threshold in units of the signal that `level` means."""
        return (level + 1) * self.width - 1 if self.whole else level * self.width


def locmax_threshold(volume: Array, /) -> float | None:
    """Threshold between noise and signal, from the intensities of regional maxima.

    Parameters
    ----------
    volume
        ``(Z, Y, X)``, real, finite, its background subtracted.

    Returns
    -------
    float or None
        In units of `volume`; foreground is what lies above. None for a constant volume, and for one
        whose regional maxima are all equal.

    Notes
    -----
    Behaviour of the reference, which counts the integer part of every value. Floats that neither
    reach 255 nor are whole numbers would be lost in that: they are stretched to 4095 levels.
    Integers above 65535 are counted in at most 65536 levels of a whole width.
    """
    xp = array_namespace(volume)
    low, high = to_host(extremes(volume)).tolist()
    if low == high:
        return None
    compared = jit(_has_only, xp=xp) if max(abs(low), abs(high)) < LARGEST else _has_only
    if bool(to_host(compared(volume, low, high, xp=xp))):
        return float(low)
    levels = count_levels(volume)
    level = locmax_level(levels)
    return None if level is None else levels.intensity(level)


def _has_only(volume: Array, low: float, high: float, *, xp: Namespace) -> Array:
    """Whether every voxel has one of two values, ``()``."""
    wide = widened(volume, xp=xp)
    return xp.all((wide == low) | (wide == high))


def count_levels(volume: Array, /) -> Levels:
    """Histograms of a signal and of its regional maxima.

    Parameters
    ----------
    volume
        ``(Z, Y, X)``, real, finite; values below 0 count as 0.

    Returns
    -------
    Levels
        Both histograms reach to the level of the highest value.
    """
    xp = array_namespace(volume)
    highest = max(to_host(extremes(volume)).tolist()[1], 0)
    levels, width, bins = _levels(volume, highest, xp=xp)
    most = (
        1 << (bins - 1).bit_length()
    )  # few different numbers, since compiled functions depend on them
    voxels = to_host(histogram(levels, most))[:bins]
    maxima = to_host(histogram(levels, most, where=regional_maxima(volume)))[:bins]
    whole = xp.isdtype(volume.dtype, "integral")
    return Levels(voxels.astype(np.int64), maxima.astype(np.int64), width, whole)


def _levels(volume: Array, highest: Any, *, xp: Namespace) -> tuple[Array, float, int]:
    """The level of every voxel, the width of a level, and how many there are."""
    if volume.dtype in (xp.uint8, xp.uint16):
        return volume, 1, int(highest) + 1
    values = xp.clip(widened(volume, xp=xp), 0, None)
    if xp.isdtype(volume.dtype, "integral"):
        width = highest // MOST_LEVELS + 1
        return values // width, width, highest // width + 1
    width = _float_width(values, highest, xp=xp)
    bins = int(highest / width) + 1
    return xp.astype(xp.clip(values / width, 0.0, bins - 1.0), xp.int32), width, bins


def _float_width(values: Array, highest: float, *, xp: Namespace) -> float:
    """1 if the integer parts of the values resolve them."""
    if highest >= MOST_LEVELS:
        return highest / (MOST_LEVELS - 1)
    if highest >= FEWEST_LEVELS - 1 or highest == 0:
        return 1.0
    whole = bool(to_host(xp.all(xp.floor(values) == values)))
    return 1.0 if whole else highest / STRETCHED


def locmax_level(levels: Levels) -> int | None:
    """The level of the threshold; None where all regional maxima have the same."""
    occupied = np.flatnonzero(levels.maxima)
    if occupied.size < 2:
        return None
    low, high = int(occupied[0]), int(occupied[-1])
    if levels.maxima.sum() / levels.voxels.sum() <= RARE_MAXIMA:
        return int(np.argmax(levels.voxels[: high + 1]))
    return refined_level(levels, triangle_level(levels.maxima, low, high - 1), high)


def triangle_level(counts: Counts, low: int, high: int) -> int:
    """Where a histogram bends most between its mode and its last rare bin.

    Parameters
    ----------
    counts
        Histogram.
    low, high
        First and last bin to look at.

    Returns
    -------
    int
        A bin from `low` to `high`; `low` - 1 when the rarest bin from the mode on is the mode
        itself, or when there is no bin.

    Notes
    -----
    Behaviour of the reference, one accident included: a rarest bin as frequent as the mode gives
    the mode, since there is no line between the two.
    """
    counts = counts[low : high + 1]
    if counts.size == 0:
        return low - 1
    mode = int(np.argmax(counts))
    tail = counts[mode:].astype(np.float64)
    used = np.flatnonzero(tail)
    rarest = tail[used].min() if used.size else 0.0
    end = int(used[tail[used] == rarest][-1]) if used.size else 0
    if end == 0:
        return low - 1
    if tail[0] == rarest:
        return low + mode
    height = (tail[: end + 1] - rarest) * end / (tail[0] - rarest) + np.arange(end + 1)
    height[tail[: end + 1] == 0] = np.inf
    return low + mode + int(np.argmin(height))


def refined_level(levels: Levels, level: int, high: int) -> int:
    """A higher level where the first one lets too much through.

    Parameters
    ----------
    levels
        Histograms of the signal.
    level
        First threshold.
    high
        Highest level of a regional maximum.

    Returns
    -------
    int
        `level` or one above it.

    Notes
    -----
    The shares of 0.015, 0.05, 0.3 and 0.5 and the three tries are behaviour of the reference.
    """
    share = levels.share_above(level)
    if 0.015 < share <= 0.05:
        higher = triangle_level(levels.maxima, level + 1, high - 1)
        return higher if levels.share_above(higher) <= 0.3 * share else level
    current = level
    for _ in range(3):
        if levels.share_above(current) <= 0.05:
            break
        current = triangle_level(levels.maxima, current + 1, high - 1)
        now = levels.share_above(current)
        level = current if now <= 0.5 * share else level
        share = now
    return level
