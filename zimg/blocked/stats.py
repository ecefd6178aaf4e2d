"""Statistics of the volume and decisions of reference mode.

A volume that is small or traced as one block is one cube; its decisions are those of `zimg.trace`.
A larger volume is sampled by cubes on a lattice that depends on its shape only. Counts are summed
in any order, so that neither blocks nor workers change a decision.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zimg._typing import Array
from zimg.blocked import masks
from zimg.blocked.masks import foreground_of
from zimg.blocked.plan import ZYX, Box, Plan
from zimg.blocked.source import Volume, checked_read
from zimg.kernels.extrema import regional_maxima
from zimg.tracing import preprocess, threshold
from zimg.tracing.scorer import TubeScorer
from zimg.tracing.seeds import extract_seeds, smallest_object

Counts = NDArray[np.int64]

CUBE = 96
"""Edge of a sampled cube in voxels."""
MOST_SAMPLED = 200_000_000
"""Largest number of sampled voxels."""
ONE_CUBE = 1 << 26
"""Volumes up to this many voxels are one cube."""
CUBES_PER_TASK = 16
RIM = 1
"""Voxels read around a cube that determine its maxima and are not counted."""
SEED_RIM = 9
"""`RIM` for seeds: larger than the radius of most neurites."""


@dataclass(frozen=True)
class Thresholds:
    """Decisions of reference mode for the whole volume.

    Attributes
    ----------
    background
        Background that is subtracted from the signal.
    threshold
        Foreground is above this value; None if the volume has no threshold and nothing is traced.
    smallest
        Smallest number of voxels of an object.
    tubes
        Threshold of the tube response, if any.
    """

    background: float
    threshold: float | None
    smallest: int
    tubes: tuple[float, ...] = ()

    @property
    def nothing(self) -> bool:
        """Whether there is nothing to trace."""
        return self.threshold is None and not self.tubes

    @property
    def lowest(self) -> float:
        """A signal that is nowhere above this value has no foreground."""
        if self.tubes:
            return 0.0
        assert self.threshold is not None
        return self.threshold

    def mask(self, signal: Array, z_to_xy: float) -> Array:
        """Return the foreground of a signal, including tubes if these are enhanced."""
        found = [] if self.threshold is None else [foreground_of(signal, self.threshold)]
        if self.tubes:
            found.append(foreground_of(masks.answer_of(signal, z_to_xy), self.tubes[0]))
        return found[0] if len(found) == 1 else found[0] | found[1]

    def values(self, voxels: NDArray[Any]) -> NDArray[Any]:
        """Convert voxels of the image to the signal."""
        return table_subtracted(voxels, self.background)

    def signal(self, voxels: NDArray[Any]) -> NDArray[Any]:
        """Convert a region to the signal; a single plane is repeated."""
        return self.values(thick(voxels))

    def scorer(self, signal: Any, z_to_xy: float, dtype: str) -> TubeScorer:
        """Create a scorer of the signal."""
        return TubeScorer(signal, z_to_xy=z_to_xy, dtype=dtype)


@dataclass(frozen=True)
class Scale:
    """Bins of the histogram of a large volume: ``low + i * width``."""

    low: float
    width: float
    size: int
    whole: bool

    def levels(self, voxels: NDArray[Any]) -> NDArray[np.int64]:
        """Return the bin of every voxel."""
        if self.whole and self.width == 1:
            return voxels.astype(np.int64) - int(self.low)
        found = np.floor((voxels.astype(np.float64) - self.low) / self.width)
        return np.clip(found, 0, self.size - 1).astype(np.int64)

    def value(self, level: int) -> float:
        """Return the start of a bin."""
        return self.low + level * self.width


def table_subtracted(voxels: NDArray[Any], background: float) -> NDArray[Any]:
    """Subtract the background with saturation, as `zimg.trace` does."""
    if not background:
        return voxels
    if voxels.dtype in (np.uint8, np.uint16):  # by a lookup table, without a wider copy
        values = np.arange(np.iinfo(voxels.dtype).max + 1, dtype=voxels.dtype)
        return np.asarray(preprocess.subtract_level(values, background))[voxels]
    return np.asarray(preprocess.subtract_level(voxels, background))


def cubes_of(plan: Plan) -> list[Box]:
    """Return the cubes that represent the volume."""
    shape = plan.shape
    if len(plan) == 1 or math.prod(shape) <= ONE_CUBE:
        return [Box((0, 0, 0), shape)]
    counts = [-(-n // CUBE) for n in shape]
    step = 1
    while math.prod(-(-n // step) for n in counts) * CUBE**3 > MOST_SAMPLED:
        step += 1
    places = product(*(range(0, n, step) for n in counts))
    return [_cube(place, shape) for place in places]


def _cube(place: Sequence[int], shape: ZYX) -> Box:
    z, y, x = (p * CUBE for p in place)
    high = [min(a + CUBE, n) for a, n in zip((z, y, x), shape, strict=True)]
    return Box((z, y, x), (high[0], high[1], high[2]))


def whole_thresholds(volume: Volume, enhanced: float | None = None) -> Thresholds:
    """Make the decisions of `zimg.trace` for a volume that is read at once."""
    return box_thresholds(volume, Box((0, 0, 0), volume.shape), enhanced)


def box_thresholds(volume: Volume, box: Box, enhanced: float | None = None) -> Thresholds:
    """Make the decisions of `zimg.trace` for one box.

    Parameters
    ----------
    volume, box
        Part of the volume that is read.
    enhanced
        Size of a voxel in z over that in x and y if tubes are enhanced, else None.
    """
    voxels = thick(checked_read(volume, box))
    preprocess.check_signal(voxels)
    signal, background = preprocess.subtract_background(voxels)
    level = threshold.locmax_threshold(signal)
    found = Thresholds(background, level, 0)
    if enhanced is not None:
        found = replace(found, tubes=masks.level_of(masks.answer_of(signal, enhanced)))
    if found.nothing:
        return found
    seeds = extract_seeds(found.mask(signal, enhanced or 1.0))
    return replace(found, smallest=smallest_object(len(seeds), signal.size))


def thick(voxels: NDArray[Any]) -> NDArray[Any]:
    """Repeat a single plane, as `zimg.trace` does."""
    return np.concatenate([voxels] * 3) if len(voxels) == 1 else voxels


def extremes_of(volume: Volume, cubes: Iterable[Box]) -> tuple[float, float, bool]:
    """Find the lowest and highest value in cubes and whether all are integers."""
    low, high, whole = math.inf, -math.inf, True
    for cube in cubes:
        voxels = checked_read(volume, cube)
        preprocess.check_signal(voxels)
        low, high = min(low, voxels.min()), max(high, voxels.max())
        whole = whole and bool((np.floor(voxels) == voxels).all())
    return float(low), float(high), whole


def scale_of(dtype: np.dtype[Any], low: float, high: float, whole: bool) -> Scale:
    """Choose the bins for a volume with values in a range."""
    if dtype in (np.uint8, np.uint16):
        return Scale(0, 1, int(np.iinfo(dtype).max) + 1, True)
    span = high - low
    if whole and span < preprocess.MOST_BINS:
        return Scale(low, 1, int(span) + 1, True)
    width = span / preprocess.MOST_BINS
    if whole:
        width = math.floor(width) + 1
        return Scale(low, width, int(span // width) + 1, True)
    return Scale(low, width, preprocess.MOST_BINS, False)


def voxel_counts(volume: Volume, cubes: Iterable[Box], scale: Scale) -> Counts:
    """Count voxels per bin in cubes."""
    counts = np.zeros(scale.size, np.int64)
    for cube in cubes:
        levels = scale.levels(checked_read(volume, cube))
        counts += np.bincount(levels.ravel(), minlength=scale.size)
    return counts


def maxima_counts(volume: Volume, cubes: Iterable[Box], scale: Scale, background: float) -> Counts:
    """Count regional maxima of the signal per bin in cubes."""
    counts = np.zeros(scale.size, np.int64)
    for cube in cubes:
        voxels, inner = _with_rim(volume, cube)
        maxima = np.asarray(regional_maxima(table_subtracted(voxels, background)))[inner]
        counts += np.bincount(scale.levels(voxels[inner][maxima]), minlength=scale.size)
    return counts


def seed_count(
    volume: Volume, cubes: Iterable[Box], found: Thresholds, enhanced: float | None = None
) -> int:
    """Count seeds of the foreground in cubes."""
    total, rim = 0, SEED_RIM if enhanced is None else max(masks.reach_of(enhanced))
    for cube in cubes:
        voxels, inner = _with_rim(volume, cube, rim)
        points = extract_seeds(found.mask(found.values(voxels), enhanced or 1.0)).points
        low, high = [s.start for s in inner[::-1]], [s.stop for s in inner[::-1]]
        total += int(np.all((points >= low) & (points < high), axis=1).sum())
    return total


def _with_rim(volume: Volume, cube: Box, rim: int = RIM) -> tuple[NDArray[Any], tuple[slice, ...]]:
    """Read a cube with a rim; also return the position of the cube."""
    z, y, x = (max(0, a - rim) for a in cube.low)
    high = [min(n, b + rim) for b, n in zip(cube.high, volume.shape, strict=True)]
    voxels = checked_read(volume, Box((z, y, x), (high[0], high[1], high[2])))
    inner = tuple(
        slice(a - o, b - o) for a, b, o in zip(cube.low, cube.high, (z, y, x), strict=True)
    )
    return voxels, inner


def background_of(counts: Counts, scale: Scale) -> float:
    """Derive the background from the histogram; 0 if nothing is to be subtracted."""
    common = preprocess.common_bin(counts)
    return scale.value(common) if common else 0.0


def threshold_of(voxels: Counts, maxima: Counts, scale: Scale, background: float) -> float | None:
    """Derive the threshold of the signal, after subtraction of the background."""
    occupied = np.flatnonzero(voxels)
    if occupied.size < 2:
        return None
    base = background if background else scale.value(0)
    first = int(scale.levels(np.array([base]))[0])
    shifted = voxels[first:].copy()
    shifted[0] += voxels[:first].sum()
    top = int(np.flatnonzero(shifted)[-1]) + 1
    peaks = maxima[first:].copy()
    levels = threshold.Levels(shifted[:top], peaks[:top], scale.width, scale.whole)
    level = threshold.locmax_level(levels)
    if level is None:
        return None
    offset = scale.low if not background else 0.0
    return levels.intensity(level) + offset


def grouped(cubes: Sequence[Box]) -> list[Sequence[Box]]:
    """Divide the cubes into groups, one per task."""
    starts = range(0, len(cubes), CUBES_PER_TASK)
    return [cubes[first : first + CUBES_PER_TASK] for first in starts]
