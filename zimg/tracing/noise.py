"""The noise of an image: spread of the slightly smoothed image around its background.

If the background has been replaced by a constant (a masked image), the noise is measured inside the
remaining tissue.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from zimg._dispatch import array_namespace, device
from zimg._typing import Array, Namespace
from zimg.kernels.filters import as_float, gaussian_slabs
from zimg.kernels.morphology import combine_box
from zimg.kernels.order import median, median_box, ranked
from zimg.ops import in_slabs, sample_linear, to_host
from zimg.tracing.counts import all_whole, binned_counts, range_of, value_counts, value_of_rank
from zimg.tracing.ladder import TO_SIGMA
from zimg.tracing.mask import above, count_above

THIN = 5
"""Up to so many planes a stack is smoothed within its planes only."""

MOST_SAMPLES = 2_000_000
FEWEST_SAMPLES = 50
TOGETHER = 2**18
"""Samples that are interpolated together; bounds the memory."""

MASKED_SHARE = 0.5
"""Share of voxels at the minimum from which an image counts as masked."""

OPENING = 6
"""Half width of the opening that removes neurites and keeps tissue: 13 voxels in full."""

HULL_SHARE = 0.5
"""Share of the visible voxels that the opening must leave; below it, the image is segmented."""

EDGE = 2
"""Voxels at the border of the tissue that are not measured."""


@dataclass(frozen=True)
class Noise:
    """Spread of the background, and whether the image was found to be masked.

    Attributes
    ----------
    sigma
        Standard deviation after smoothing by 1 voxel, in units of the signal; 0 without noise.
    masked
        Whether at least half of the voxels had the lowest value and the rest was tissue.
    """

    sigma: float
    masked: bool


def measure_noise(image: Array, signal: Array, /, *, unit: float = 1.0) -> Noise:
    """Noise of a signal.

    Parameters
    ----------
    image
        ``(Z, Y, X)``, real: the image with its background, which shows whether it is masked.
    signal
        ``(Z, Y, X)``, real: the image without its background, in its own units.
    unit
        What 1 of `image` is in `signal`.

    Returns
    -------
    Noise
        `sigma` is 0 if the background is constant.
    """
    low, visible = _lowest(image)
    size = math.prod(image.shape)
    if (size - visible) / size >= MASKED_SHARE:
        inside = _sigma_inside(image, low, visible)
        if inside is not None:
            return Noise(inside * unit, True)
    whole = _Tissue(signal)
    away = _sampled_smooth(whole) - _sampled_background(whole)
    xp = array_namespace(away)
    middle = median(away)
    return Noise(TO_SIGMA * float(to_host(median(xp.abs(away - middle)))), False)


class _Tissue(NamedTuple):
    """A volume, and the value of all voxels outside the tissue of a masked one."""

    volume: Array
    inside: Array | None = None
    outside: float = 0.0


def _lowest(volume: Array) -> tuple[float, int]:
    """Lowest value, and how many voxels have a higher one."""
    counts = value_counts(volume)
    if counts is not None:
        first = int(np.flatnonzero(counts)[0])
        return first, int(counts[first + 1 :].sum())
    low, _ = range_of(volume)
    return low, count_above(volume, low)


def _smoothing(volume: Array) -> tuple[float, float, float]:
    return (1.0 if volume.shape[0] > THIN else 0.0, 1.0, 1.0)


def _steps(volume: Array) -> tuple[int, int, int]:
    """Distances of the voxels from which the background is taken, along z, y, x."""
    return (2 if volume.shape[0] > THIN else 1, 4, 4)


def _background(tissue: _Tissue) -> Array:
    """Median of the surroundings at every few voxels."""
    xp = array_namespace(tissue.volume)
    z, y, x = _steps(tissue.volume)
    values = as_float(tissue.volume[::z, ::y, ::x], xp=xp)
    if tissue.inside is not None:
        values = xp.where(tissue.inside[::z, ::y, ::x], values, tissue.outside)
    return median_box(values, (5, 9, 9) if tissue.volume.shape[0] > THIN else (1, 13, 13))


def _sampled_smooth(tissue: _Tissue) -> Array:
    """The smoothed volume at a fixed choice of its voxels, ``(n,)``."""
    volume, inside, outside = tissue
    every, offset, found = _every(volume), 0, []
    for part in gaussian_slabs(volume, _smoothing(volume), inside=inside, outside=outside):
        found.append(_chosen(part, every, first=-offset % every))
        offset += math.prod(part.shape)
    return array_namespace(volume).concat(found)


def _chosen(volume: Array, every: int, *, first: int = 0) -> Array:
    """Every few voxels in raster order, ``(n,)``, in memory of their own."""
    xp = array_namespace(volume)
    chosen = xp.reshape(volume, (-1,))[first::every]
    return xp.asarray(chosen, copy=True) if every > 1 else chosen


def _sampled_background(tissue: _Tissue) -> Array:
    """The background at the same voxels, ``(n,)``, interpolated between those that have one."""
    values, shape, every = _background(tissue), tissue.volume.shape, _every(tissue.volume)
    xp, steps = array_namespace(values), _steps(tissue.volume)
    count = -(-math.prod(shape) // every)
    parts = []
    for first in range(0, count, TOGETHER):
        numbers = _numbers(first, min(first + TOGETHER, count), shape, beside=values)
        parts.append(sample_linear(values, _places(numbers * every, shape, steps, values, xp=xp)))
    return xp.concat(parts)


def _numbers(first: int, last: int, shape: tuple[int, ...], *, beside: Array) -> Array:
    """The integers from `first` to `last`, in a type that indexes a volume."""
    xp = array_namespace(beside)
    integers = xp.int32 if math.prod(shape) < 2**31 else xp.int64
    return xp.arange(first, last, dtype=integers, device=device(beside))


def _places(
    index: Array,
    shape: tuple[int, ...],
    steps: tuple[int, int, int],
    values: Array,
    *,
    xp: Namespace,
) -> Array:
    """Flat indices of a volume as places in one that has every few of its voxels, ``(n, 3)``."""
    _, height, width = shape
    rows = index // width
    place = (rows // height, rows % height, index % width)
    points = [
        xp.clip(xp.astype(p, values.dtype) / step, 0.0, length - 1.0)
        for p, step, length in zip(place, steps, values.shape, strict=True)
    ]
    return xp.stack(points, axis=-1)


def _every(volume: Array) -> int:
    """Distance of the voxels that are chosen, in raster order."""
    return -(-math.prod(volume.shape) // MOST_SAMPLES)


def _sigma_inside(volume: Array, low: float, visible: int) -> float | None:
    """Noise of the tissue of a masked image; None if the image shows thin objects only.

    `low` and `visible` are those of `_lowest`.
    """
    xp = array_namespace(volume)
    hull = in_slabs(lambda part: _opened(above(part, low), xp=xp), volume, xp=xp)
    kept = int(to_host(xp.count_nonzero(hull)))
    if visible == 0 or kept < HULL_SHARE * visible:
        return None
    mode = _mode(volume, hull, low, kept)
    tissue = _Tissue(volume, hull, mode)
    measured = in_slabs(lambda part: _eroded(part, EDGE, xp=xp), hull, xp=xp)
    measured = _chosen(measured, _every(volume))
    level = _sampled_smooth(tissue)
    found = [_lower_spread(level - mode, measured, xp=xp)]
    found.append(_lower_spread(level - _sampled_background(tissue), measured, xp=xp))
    return min((sigma for sigma in found if sigma > 0.0), default=0.0)


def _lower_spread(away: Array, measured: Array, *, xp: Namespace) -> float:
    """Spread of the negative values; positive ones include the neuron."""
    below = measured & (away < 0.0)
    count = int(to_host(xp.count_nonzero(below)))
    if count < FEWEST_SAMPLES:
        return 0.0
    # Values outside the selection sort to the front, which keeps shapes static.
    depth = xp.where(below, -away, -xp.ones_like(away))
    first = away.shape[0] - count
    return TO_SIGMA * float(to_host(ranked(depth, first + (count - 1) // 2)))


def _mode(volume: Array, hull: Array, low: float, kept: int) -> float:
    """Mode of the values in the tissue, from a smoothed histogram.

    `kept` is the number of voxels of the tissue, which are all above `low`.
    """
    xp, low, last = array_namespace(volume), float(low), kept - 1 - (kept - 1) // 100
    counts = value_counts(volume, where=hull)
    if counts is not None:
        bright = float(value_of_rank(counts, last))
    else:
        seen = xp.where(hull, as_float(volume, xp=xp), low)
        bright = float(to_host(ranked(seen, math.prod(volume.shape) - kept + last)))
    width = (bright - low) / 255.0
    if width <= 0.0:
        return low
    if width < 1.0 and all_whole(volume):  # the same bins for the same values in any dtype
        width = 1.0

    def bin_of(values: Array) -> Array:
        bins = xp.floor((as_float(values, xp=xp) - low) / width)
        return xp.astype(xp.clip(bins, 0.0, 255.0), xp.int32)

    place = int(np.argmax(_smooth_counts(binned_counts(volume, bin_of, 256, where=hull))))
    return low + place * width + (0.0 if width == 1.0 else 0.5 * width)


def _smooth_counts(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    bell = np.exp(-0.5 * np.arange(-4.0, 5.0) ** 2)
    return np.convolve(np.pad(counts, 4, mode="edge"), bell / bell.sum(), mode="valid")


def _opened(mask: Array, *, xp: Namespace) -> Array:
    """Voxels of a mask in squares of foreground within their plane."""
    return (
        combine_box(_eroded(mask, OPENING, xp=xp), xp.logical_or, OPENING, axes=(1, 2), xp=xp)
        & mask
    )


def _eroded(mask: Array, reach: int, *, xp: Namespace) -> Array:
    """Voxels whose square of 2 * `reach` + 1 voxels in their plane is foreground."""
    return combine_box(mask, xp.logical_and, reach, axes=(1, 2), xp=xp)
