"""Decisions of accurate mode for the whole volume: background, noise and thresholds."""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zimg._typing import Array
from zimg.blocked.masks import answer_of, foreground_of, levels_of
from zimg.blocked.plan import Box
from zimg.blocked.source import Volume, checked_read
from zimg.blocked.stats import Counts, Scale, table_subtracted
from zimg.ops import fastest
from zimg.tracing import preprocess
from zimg.tracing.accurate import LEAST_CONTRAST
from zimg.tracing.brightness import RANGE, above_background, prepared, thick
from zimg.tracing.contrast import ContrastScorer
from zimg.tracing.ladder import (
    BRIGHTEST_SHARE,
    FEWEST_BRIGHT,
    MOST_FOREGROUND,
    separating,
    thresholds,
)
from zimg.tracing.noise import measure_noise
from zimg.tracing.scorer import TubeScorer


@dataclass(frozen=True)
class Ladder:
    """Decisions of accurate mode for the whole volume.

    Attributes
    ----------
    highest
        Highest value of the volume if it is inverted, else None.
    background
        Background that is subtracted, in units of the image.
    unit
        Signal per unit of the image.
    top, sigma
        Intensity of the brightest structures and the noise, in units of the signal; a `top` of 0
        leaves nothing to trace.
    levels
        Thresholds from bright to dim.
    tubes
        Thresholds of the tube response if `enhanceMask` is set.
    """

    highest: float | None
    background: float
    unit: float
    top: float
    sigma: float
    levels: tuple[float, ...]
    tubes: tuple[float, ...] = ()

    @property
    def nothing(self) -> bool:
        """Whether there is nothing to trace."""
        return self.top <= 0.0

    @property
    def lowest(self) -> float:
        """A signal that is nowhere above this value has no foreground."""
        return 0.0 if self.tubes else min(self.levels)

    def masks(
        self, signal: Array, z_to_xy: float, worth: Callable[[float], bool]
    ) -> Iterator[Array]:
        """Yield the foreground of every level, from bright to dim, while worth tracing."""
        for level in takewhile(worth, self.levels):
            yield foreground_of(signal, level)
        if self.tubes:
            answer = answer_of(signal, z_to_xy)
            for level in self.tubes:
                yield foreground_of(answer, level)

    def values(self, voxels: NDArray[Any]) -> NDArray[Any]:
        """Convert voxels of the image to the signal."""
        image = voxels if self.highest is None else _turned(voxels, self.highest)
        if np.issubdtype(image.dtype, np.integer):
            signal = table_subtracted(image, self.background)
        else:
            signal = (image - image.dtype.type(self.background)) * image.dtype.type(self.unit)
        return np.asarray(above_background(signal))

    def signal(self, voxels: NDArray[Any]) -> NDArray[Any]:
        """Convert a region to the signal; thin volumes are padded with planes."""
        return self.values(np.asarray(thick(voxels)[0]))

    def scorer(self, signal: Any, z_to_xy: float, dtype: str) -> TubeScorer:
        """Create a scorer that rejects segments without contrast."""
        scorer = ContrastScorer(signal, z_to_xy=z_to_xy, dtype=dtype)
        scorer.least_contrast = LEAST_CONTRAST * self.sigma
        return scorer


def whole_ladder(volume: Volume, *, invert: bool, enhanced: float | None = None) -> Ladder:
    """Make the decisions of `zimg.trace` for a volume that is read at once.

    Parameters
    ----------
    volume
        Volume that is read at once.
    invert
        Whether neurites are dark.
    enhanced
        Size of a voxel in z over that in x and y if tubes are enhanced, else None.
    """
    voxels = checked_read(volume, Box((0, 0, 0), volume.shape))
    preprocess.check_signal(voxels)
    image = prepared(thick(fastest(voxels))[0], invert=invert)
    noise = measure_noise(image.image, image.signal, unit=image.unit)
    levels: tuple[float, ...] = ()
    tubes: tuple[float, ...] = ()
    if image.top > 0.0:
        steps = thresholds(image.top, noise.sigma, step=image.step)
        levels = tuple(separating(image.signal, steps))
        if enhanced is not None:
            tubes = levels_of(answer_of(image.signal, enhanced))
    highest = float(voxels.max()) if invert else None
    background = image.background / image.unit
    return Ladder(highest, background, image.unit, image.top, noise.sigma, levels, tubes)


def cube_noises(volume: Volume, cubes: Iterable[Box], ladder: Ladder) -> NDArray[np.float64]:
    """Measure the noise of every cube, in units of the signal."""
    found = []
    for cube in cubes:
        voxels = checked_read(volume, cube)
        image = voxels if ladder.highest is None else _turned(voxels, ladder.highest)
        found.append(measure_noise(image, ladder.values(voxels), unit=ladder.unit).sigma)
    return np.array(found, np.float64)


def without_noise(counts: Counts, scale: Scale, *, invert: bool) -> Ladder:
    """Derive background, unit and top from the histogram; noise and levels are added later."""
    highest = None
    if invert:
        last = int(np.flatnonzero(counts)[-1])
        highest = scale.value(last)
        counts = counts[last::-1]
        scale = Scale(0.0, scale.width, len(counts), scale.whole)
    common = preprocess.common_bin(counts, lowest=True)
    background = float(scale.value(common))
    above = counts[common + 1 :]
    if not above.any():
        return Ladder(highest, background, 1.0, 0.0, 0.0, ())
    rank = max(FEWEST_BRIGHT, int(BRIGHTEST_SHARE * int(counts.sum())))
    from_top = np.cumsum(above[::-1])
    place = len(above) - 1 - int(np.searchsorted(from_top, min(rank, int(from_top[-1]))))
    top = scale.value(common + 1 + place) - background
    unit = 1.0 if scale.whole else 2.0 ** round(math.log2(RANGE / top))
    return Ladder(highest, background, unit, top * unit, 0.0, ())


def with_levels(ladder: Ladder, sigma: float, counts: Counts, scale: Scale) -> Ladder:
    """Add the noise and the levels that show separate structures."""
    step = 1.0 if scale.whole else 0.0
    values = scale.low + scale.width * np.arange(len(counts))
    if ladder.highest is not None:
        values = ladder.highest - values
    signal = (values - ladder.background) * ladder.unit
    total, kept = int(counts.sum()), []
    for index, level in enumerate(thresholds(ladder.top, sigma, step=step)):
        limit = math.floor(level) if scale.whole else level
        share = int(counts[signal > limit].sum()) / total
        if index and share > MOST_FOREGROUND:
            break
        kept.append(level)
    return Ladder(ladder.highest, ladder.background, ladder.unit, ladder.top, sigma, tuple(kept))


def _turned(voxels: NDArray[Any], highest: float) -> NDArray[Any]:
    """Invert voxels with respect to the highest value of the volume."""
    if not np.issubdtype(voxels.dtype, np.integer):
        return voxels.dtype.type(highest) - voxels
    wide = np.clip(int(highest) - voxels.astype(np.int64), 0, None)
    unsigned = np.issubdtype(voxels.dtype, np.unsignedinteger)
    return wide.astype(voxels.dtype if unsigned else np.int32)
