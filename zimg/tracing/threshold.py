"""Threshold between noise and signal, from the intensities of regional maxima."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from zimg._dispatch import array_namespace
from zimg._typing import Array, Namespace
from zimg.kernels.extrema import regional_maxima
from zimg.kernels.widen import widened
from zimg.ops import jit, parts_of, to_host
from zimg.tracing.counts import Counts, all_whole, binned_counts, range_of, value_counts

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
    counts = value_counts(volume)
    low, high, several = _range(volume, counts)
    if low == high:
        return None
    if not several:
        return float(low)
    levels = count_levels(volume, counts)
    level = locmax_level(levels)
    return None if level is None else levels.intensity(level)


def _range(volume: Array, counts: Counts | None) -> tuple[float, float, bool]:
    """Lowest and highest value, and whether there are others; `counts` of `value_counts`."""
    low, high = range_of(volume, counts)
    if counts is not None:
        return low, high, bool(np.count_nonzero(counts) > 2)
    xp = array_namespace(volume)
    has_only = jit(_has_only, xp=xp) if max(abs(low), abs(high)) < LARGEST else _has_only
    parts = parts_of(volume, xp=xp)
    return low, high, not all(bool(to_host(has_only(part, low, high, xp=xp))) for (part,) in parts)


def _has_only(volume: Array, low: float, high: float, *, xp: Namespace) -> Array:
    """Whether every voxel has one of two values, ``()``."""
    wide = widened(volume, xp=xp)
    return xp.all((wide == low) | (wide == high))


def count_levels(volume: Array, counts: Counts | None = None, /) -> Levels:
    """Histograms of a signal and of its regional maxima.

    Parameters
    ----------
    volume
        ``(Z, Y, X)``, real, finite; values below 0 count as 0.
    counts
        Of `value_counts` for `volume`, if known.

    Returns
    -------
    Levels
        Both histograms reach to the level of the highest value.
    """
    xp = array_namespace(volume)
    counts = value_counts(volume) if counts is None else counts
    peaks = regional_maxima(volume)
    if counts is not None:
        maxima, bins = value_counts(volume, where=peaks), range_of(volume, counts)[1] + 1
        assert maxima is not None
        return Levels(counts[:bins], maxima[:bins], 1, True)
    highest = max(range_of(volume)[1], 0)
    level_of, width, bins = _levels(volume, highest, xp=xp)
    # Few different numbers, since compiled functions depend on them.
    most = 1 << (bins - 1).bit_length()
    voxels = binned_counts(volume, level_of, most)[:bins]
    maxima = binned_counts(volume, level_of, most, where=peaks)[:bins]
    return Levels(voxels, maxima, width, xp.isdtype(volume.dtype, "integral"))


def _levels(
    volume: Array, highest: Any, *, xp: Namespace
) -> tuple[Callable[[Array], Array], float, int]:
    """The level of voxels as a function, the width of a level, and how many there are."""

    def at_least_zero(values: Array) -> Array:
        return xp.clip(widened(values, xp=xp), 0, None)

    if xp.isdtype(volume.dtype, "integral"):
        width = highest // MOST_LEVELS + 1
        return lambda values: at_least_zero(values) // width, width, highest // width + 1
    width = _float_width(volume, highest)
    bins = int(highest / width) + 1

    def level_of(values: Array) -> Array:
        return xp.astype(xp.clip(at_least_zero(values) / width, 0.0, bins - 1.0), xp.int32)

    return level_of, width, bins


def _float_width(volume: Array, highest: float) -> float:
    """1 if the integer parts of the values resolve them."""
    if highest >= MOST_LEVELS:
        return highest / (MOST_LEVELS - 1)
    if highest >= FEWEST_LEVELS - 1 or highest == 0:
        return 1.0
    return 1.0 if all_whole(volume) else highest / STRETCHED


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
