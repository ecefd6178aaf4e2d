"""The noise of an image: spread of the slightly smoothed image around its background.

If part of the image has been replaced by a constant (a masked, padded or stitched image), the noise
is measured inside the remaining tissue.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zimg._dispatch import array_namespace
from zimg._typing import Array, Namespace
from zimg.kernels.filters import as_float
from zimg.kernels.morphology import combine_box
from zimg.kernels.order import median, ranked
from zimg.kernels.widen import widened
from zimg.ops import fused, in_slabs, jit, to_host
from zimg.tracing.counts import (
    Counts,
    all_whole,
    binned_counts,
    range_of,
    value_counts,
    value_of_rank,
)
from zimg.tracing.ladder import TO_SIGMA
from zimg.tracing.mask import above, count_above
from zimg.tracing.samples import Tissue, background_samples, chosen, smooth_samples

FEWEST_SAMPLES = 50

MASKED_SHARE = 0.5
"""Share of voxels at the minimum from which an image counts as masked."""

FILLED_SHARE = 0.15
"""Share of voxels with the value of all around them from which an image counts as filled up, such
as one that was padded, stitched or registered. An image that is noise-free counts, too, but shows
thin objects only."""

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
        Whether many voxels had the lowest value, or that of all around them, and the rest was
        tissue.
    """

    sigma: float
    masked: bool


def measure_noise(
    image: Array, signal: Array, /, *, unit: float = 1.0, counts: Counts | None = None
) -> Noise:
    """Noise of a signal.

    Parameters
    ----------
    image
        ``(Z, Y, X)``, real: the image with its background, which shows whether it is masked.
    signal
        ``(Z, Y, X)``, real: the image without its background, in its own units.
    unit
        What 1 of `image` is in `signal`.
    counts
        Of `zimg.tracing.counts.value_counts` for `image`, if known.

    Returns
    -------
    Noise
        `sigma` is 0 if the background is constant.
    """
    low, visible = _lowest(image, counts)
    for seen in _recorded(image, low, visible):
        inside = _sigma_inside(image, seen, low)
        if inside is not None:
            return Noise(inside * unit, True)
    xp, whole = array_namespace(signal), Tissue(signal)
    smooth, background = smooth_samples(whole), background_samples(whole)
    deviation = fused(_deviation, smooth, xp=xp)(smooth, background, xp=xp)
    return Noise(TO_SIGMA * float(to_host(deviation)), False)


def _deviation(smooth: Array, background: Array, *, xp: Namespace) -> Array:
    """Median absolute deviation of an image from its background, ``()``."""
    away = smooth - background
    return median(xp.abs(away - median(away)))


def _lowest(volume: Array, counts: Counts | None) -> tuple[float, int]:
    """Lowest value, and how many voxels have a higher one."""
    counts = value_counts(volume) if counts is None else counts
    if counts is not None:
        first = int(np.flatnonzero(counts)[0])
        return first, int(counts[first + 1 :].sum())
    low, _ = range_of(volume)
    return low, count_above(volume, low)


def _recorded(volume: Array, low: float, visible: int) -> Iterator[Array]:
    """Where something may have been recorded, if much of a volume is masked or filled."""
    xp, size = array_namespace(volume), math.prod(volume.shape)
    if size - visible >= MASKED_SHARE * size:
        yield in_slabs(lambda part: above(part, low), volume, xp=xp)
    uneven = in_slabs(lambda part: jit(_uneven, xp=xp)(part, xp=xp), volume, xp=xp)
    if size - int(to_host(xp.count_nonzero(uneven))) >= FILLED_SHARE * size:
        yield uneven


def _uneven(volume: Array, *, xp: Namespace) -> Array:
    """Voxels that differ from one of the 8 around them in their plane."""
    wide = widened(volume, xp=xp)
    low, high = (
        combine_box(wide, pick, 1, axes=(1, 2), xp=xp) for pick in (xp.minimum, xp.maximum)
    )
    return low != high


def _sigma_inside(volume: Array, seen: Array, low: float) -> float | None:
    """Noise of the tissue of a masked image; None if the image shows thin objects only.

    `seen` is one of `_recorded`, `low` the lowest value.
    """
    xp = array_namespace(volume)
    opened, eroded = jit(_opened, xp=xp), jit(_eroded, xp=xp)
    hull = in_slabs(lambda part: opened(part, xp=xp), seen, xp=xp)
    visible, kept = to_host(xp.stack([xp.count_nonzero(each) for each in (seen, hull)])).tolist()
    if visible == 0 or kept < HULL_SHARE * visible:
        return None
    mode = _mode(volume, hull, low, kept)
    tissue = Tissue(volume, hull, mode)
    measured = chosen(in_slabs(lambda part: eroded(part, reach=EDGE, xp=xp), hull, xp=xp))
    level = smooth_samples(tissue)
    found = [_lower_spread(level - mode, measured, xp=xp)]
    found.append(_lower_spread(level - background_samples(tissue), measured, xp=xp))
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

    `kept` is the number of voxels of the tissue, none of which is below `low`.
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
        combine_box(_eroded(mask, reach=OPENING, xp=xp), xp.logical_or, OPENING, axes=(1, 2), xp=xp)
        & mask
    )


def _eroded(mask: Array, *, reach: int, xp: Namespace) -> Array:
    """Voxels whose square of 2 * `reach` + 1 voxels in their plane is foreground."""
    return combine_box(mask, xp.logical_and, reach, axes=(1, 2), xp=xp)
