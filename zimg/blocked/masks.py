"""Foreground of a block: voxels above a threshold, and tubes (`enhanceMask`).

Both filters look a few planes far and are applied to some planes at a time to save memory.
That of tubes looks no further than `reach_of`, which is less than the smallest halo: inside a core
its response is that of the whole volume.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zimg._dispatch import array_namespace
from zimg._typing import Array
from zimg.blocked.plan import ZYX, Box
from zimg.kernels.extrema import regional_maxima
from zimg.kernels.filters import REACH
from zimg.kernels.tubular import FLAT, SCALES, tubular
from zimg.tracing import threshold
from zimg.tracing.ladder import (
    BRIGHTEST_SHARE,
    FEWEST_BRIGHT,
    MOST_FOREGROUND,
    TO_SIGMA,
    separating,
    spread,
    thresholds,
    top_value,
)
from zimg.tracing.mask import foreground

SLAB = 32
"""Planes computed at a time."""


def slabbed(function: Callable[[Array], Array], volume: Array, margin: int) -> Array:
    """Apply a filter to a ``(Z, Y, X)`` volume slab by slab.

    Parameters
    ----------
    function
        Returns an array of the same shape; each plane depends on `margin` planes on either side.
    volume
        Whole volume.
    margin
        Number of planes on which a plane depends on either side.
    """
    depth = volume.shape[0]
    if depth <= SLAB + margin:
        return function(volume)
    parts = []
    for first in range(0, depth, SLAB):
        last = min(first + SLAB, depth)
        low, high = max(0, first - margin), min(depth, last + margin)
        parts.append(function(volume[low:high, ...])[first - low : last - low, ...])
    return array_namespace(volume).concat(parts, axis=0)


def foreground_of(volume: Array, threshold: float) -> Array:
    """`zimg.tracing.mask.foreground`, some planes at a time."""
    return slabbed(lambda part: foreground(part, threshold), volume, 1)


Counts = NDArray[np.int64]


def reach_of(z_to_xy: float) -> ZYX:
    """Voxels along z, y, x on which a response depends."""
    widest = max(SCALES)
    deep, wide = (math.ceil(REACH * scale) + 1 for scale in (widest / z_to_xy, widest))
    return deep, wide, wide


def answer_of(signal: Array, z_to_xy: float) -> Array:
    """`zimg.kernels.tubular.tubular` of a signal, some planes at a time."""
    # Slabs have more planes than `FLAT`, up to which the filter processes planes separately.
    return slabbed(
        lambda part: tubular(part, z_to_xy=z_to_xy), signal, max(FLAT, reach_of(z_to_xy)[0])
    )


def levels_of(answer: Array) -> tuple[float, ...]:
    """Return the thresholds of the response of a whole volume in accurate mode."""
    steps = thresholds(top_value(answer), spread(answer), step=0.0)
    return tuple(separating(answer, steps))


def level_of(answer: Array) -> tuple[float, ...]:
    """Return the threshold of the response of a whole volume in reference mode, if any."""
    found = threshold.locmax_threshold(answer)
    return () if found is None else (found,)


@dataclass(frozen=True)
class AnswerCounts:
    """Histogram of the tube responses in the sampled cubes of a volume.

    Attributes
    ----------
    voxels, maxima
        Voxels and regional maxima per bin.
    positive
        Number of voxels above 0.
    width
        Width of a bin.
    """

    voxels: Counts
    maxima: Counts
    positive: int
    width: float

    def levels(self) -> tuple[float, ...]:
        """Return thresholds as `levels_of` does."""
        if self.positive == 0:
            return ()
        size = int(self.voxels.sum())
        rank = max(FEWEST_BRIGHT, int(BRIGHTEST_SHARE * size))
        top = self._ranked(min(rank, self.positive))
        noise = TO_SIGMA * self._ranked(1 + self.positive // 2)
        kept = []
        for index, level in enumerate(thresholds(top, noise, step=0.0)):
            above = int(self.voxels[int(level / self.width) + 1 :].sum())
            if index and above / size > MOST_FOREGROUND:
                break
            kept.append(level)
        return tuple(kept)

    def _ranked(self, rank: int) -> float:
        """Return the response of a rank from the top, counted from 1."""
        place = int(np.searchsorted(np.cumsum(self.voxels[::-1]), rank))
        return (len(self.voxels) - 1 - min(place, len(self.voxels) - 1) + 0.5) * self.width

    def level(self) -> tuple[float, ...]:
        """Return the threshold as `level_of` does."""
        if self.positive == 0:
            return ()
        levels = threshold.Levels(self.voxels, self.maxima, self.width, False)
        found = threshold.locmax_level(levels)
        return () if found is None else (levels.intensity(found),)


def fine_width(highest: float) -> float:
    """Bin width for `AnswerCounts.levels`: as fine as the number of bins allows."""
    return highest / (threshold.MOST_LEVELS - 1) if highest > 0.0 else 1.0


def rule_width(highest: float) -> float:
    """Bin width for `AnswerCounts.level`: that of reference mode for floats."""
    if highest >= threshold.MOST_LEVELS or highest <= 0.0:
        return fine_width(highest)
    return 1.0 if highest >= threshold.FEWEST_LEVELS - 1 else highest / threshold.STRETCHED


def counted(
    answers: Iterable[tuple[NDArray[Any], tuple[slice, ...]]], width: float
) -> tuple[Counts, Counts, int]:
    """Count voxels and maxima per bin and positive voxels in responses with rims."""
    size, positive = threshold.MOST_LEVELS, 0
    voxels, maxima = (np.zeros(size, np.int64) for _ in range(2))
    for answer, inner in answers:
        peaks = np.asarray(regional_maxima(answer))[inner]
        level = np.minimum(answer[inner] / width, size - 1.0).astype(np.int64)
        voxels += np.bincount(level.ravel(), minlength=size)
        maxima += np.bincount(level[peaks], minlength=size)
        positive += int(np.count_nonzero(answer[inner] > 0.0))
    return voxels, maxima, positive


def with_rim(cube: Box, shape: ZYX, z_to_xy: float) -> tuple[Box, tuple[slice, ...]]:
    """Return the box read for the response of a cube and the position of the cube in it."""
    reach = [r + 1 for r in reach_of(z_to_xy)]  # one more for the maxima
    low = [max(0, a - r) for a, r in zip(cube.low, reach, strict=True)]
    high = [min(n, b + r) for b, r, n in zip(cube.high, reach, shape, strict=True)]
    inner = tuple(slice(a - o, b - o) for a, b, o in zip(cube.low, cube.high, low, strict=True))
    return Box((low[0], low[1], low[2]), (high[0], high[1], high[2])), inner
