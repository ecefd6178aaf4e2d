"""The noise of an image: spread of the slightly smoothed image around its background.

If the background has been replaced by a constant (a masked image), the noise is measured inside the
remaining tissue.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zimg._dispatch import array_namespace, device
from zimg._typing import Array, Namespace
from zimg.kernels.filters import as_float, gaussian_slabs
from zimg.kernels.histogram import extremes, histogram
from zimg.kernels.morphology import combine_box
from zimg.kernels.order import median, median_box, ranked
from zimg.kernels.widen import widened
from zimg.ops import gather, sample_linear, to_host
from zimg.tracing.ladder import TO_SIGMA

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
    if _share_at_minimum(image) >= MASKED_SHARE:
        inside = _sigma_inside(image)
        if inside is not None:
            return Noise(inside * unit, True)
    away = _sampled_smooth(signal) - _sampled_background(signal)
    xp = array_namespace(away)
    middle = median(away)
    return Noise(TO_SIGMA * float(to_host(median(xp.abs(away - middle)))), False)


def _share_at_minimum(volume: Array) -> float:
    xp = array_namespace(volume)
    wide = widened(volume, xp=xp)
    return int(to_host(xp.count_nonzero(wide == xp.min(wide)))) / math.prod(volume.shape)


def _smoothing(volume: Array) -> tuple[float, float, float]:
    return (1.0 if volume.shape[0] > THIN else 0.0, 1.0, 1.0)


def _steps(volume: Array) -> tuple[int, int, int]:
    """Distances of the voxels from which the background is taken, along z, y, x."""
    return (2 if volume.shape[0] > THIN else 1, 4, 4)


def _background(volume: Array) -> Array:
    """Median of the surroundings at every few voxels."""
    xp = array_namespace(volume)
    z, y, x = _steps(volume)
    coarse = as_float(volume[::z, ::y, ::x], xp=xp)
    return median_box(coarse, (5, 9, 9) if volume.shape[0] > THIN else (1, 13, 13))


def _sampled_smooth(volume: Array) -> Array:
    """The smoothed volume at a fixed choice of its voxels, ``(n,)``."""
    every, offset, found = _every(volume), 0, []
    for part in gaussian_slabs(volume, _smoothing(volume)):
        found.append(_chosen(part, every, first=-offset % every))
        offset += math.prod(part.shape)
    return array_namespace(volume).concat(found)


def _chosen(volume: Array, every: int, *, first: int = 0) -> Array:
    """Every few voxels in raster order, ``(n,)``."""
    xp = array_namespace(volume)
    index = _indices(volume.shape, every, first=first, beside=volume)
    return gather(xp.reshape(volume, (-1,)), index)


def _indices(shape: tuple[int, ...], every: int, *, first: int = 0, beside: Array) -> Array:
    """Flat indices of every few voxels of a volume, on the device of `beside`."""
    xp, size = array_namespace(beside), math.prod(shape)
    integers = xp.int32 if size < 2**31 else xp.int64
    return xp.arange(first, size, every, dtype=integers, device=device(beside))


def _sampled_background(volume: Array) -> Array:
    """The background at the same voxels, ``(n,)``, interpolated between those that have one."""
    values = _background(volume)
    xp = array_namespace(values)
    _, height, width = volume.shape
    index = _indices(volume.shape, _every(volume), beside=values)
    rows = index // width
    place = (rows // height, rows % height, index % width)
    points = [
        xp.clip(xp.astype(p, values.dtype) / step, 0.0, values.shape[axis] - 1.0)
        for axis, (p, step) in enumerate(zip(place, _steps(volume), strict=True))
    ]
    at = xp.stack(points, axis=-1)
    count = at.shape[0]
    parts = [slice(i, min(i + TOGETHER, count)) for i in range(0, count, TOGETHER)]
    return xp.concat([sample_linear(values, at[part, :]) for part in parts])


def _every(volume: Array) -> int:
    """Distance of the voxels that are chosen, in raster order."""
    return -(-math.prod(volume.shape) // MOST_SAMPLES)


def _sigma_inside(volume: Array) -> float | None:
    """Noise of the tissue of a masked image; None if the image shows thin objects only."""
    xp = array_namespace(volume)
    wide = widened(volume, xp=xp)
    seen = wide > xp.min(wide)
    hull = _dilated(_eroded(seen, OPENING, xp=xp), OPENING, xp=xp) & seen
    visible, kept = (int(to_host(xp.count_nonzero(m))) for m in (seen, hull))
    if visible == 0 or kept < HULL_SHARE * visible:
        return None
    values = as_float(volume, xp=xp)
    mode = _mode(values, hull, volume, xp=xp)
    filled = xp.where(hull, values, mode)
    measured = _chosen(_eroded(hull, EDGE, xp=xp), _every(filled))
    level = _sampled_smooth(filled)
    even = level - mode
    uneven = level - _sampled_background(filled)
    found = [_lower_spread(away, measured, xp=xp) for away in (even, uneven)]
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


def _mode(values: Array, hull: Array, volume: Array, *, xp: Namespace) -> float:
    """Mode of the values in the tissue, from a smoothed histogram."""
    low, _ = (float(v) for v in to_host(extremes(volume)))
    kept = int(to_host(xp.count_nonzero(hull)))
    bright = ranked(xp.where(hull, values, low), math.prod(hull.shape) - 1 - (kept - 1) // 100)
    width = (float(to_host(bright)) - low) / 255.0
    if width <= 0.0:
        return low
    if width < 1.0 and _whole(volume, xp=xp):  # the same bins for the same values in any dtype
        width = 1.0
    bins = xp.astype(xp.clip(xp.floor((values - low) / width), 0.0, 255.0), xp.int32)
    counts = to_host(histogram(bins, 256, where=hull)).astype(np.float64)
    place = int(np.argmax(_smooth_counts(counts)))
    return low + place * width + (0.0 if width == 1.0 else 0.5 * width)


def _whole(volume: Array, *, xp: Namespace) -> bool:
    """Whether all values are whole numbers."""
    if xp.isdtype(volume.dtype, "integral"):
        return True
    return bool(to_host(xp.all(xp.floor(volume) == volume)))


def _smooth_counts(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    bell = np.exp(-0.5 * np.arange(-4.0, 5.0) ** 2)
    return np.convolve(np.pad(counts, 4, mode="edge"), bell / bell.sum(), mode="valid")


def _eroded(mask: Array, reach: int, *, xp: Namespace) -> Array:
    """Voxels whose square of 2 * `reach` + 1 voxels in their plane is foreground."""
    return combine_box(mask, xp.logical_and, reach, axes=(1, 2), xp=xp)


def _dilated(mask: Array, reach: int, *, xp: Namespace) -> Array:
    return combine_box(mask, xp.logical_or, reach, axes=(1, 2), xp=xp)
