"""Normalization of signals: bright on dark, background subtracted, floats scaled."""

import math
from dataclasses import dataclass

from zimg._dispatch import array_namespace
from zimg._typing import Array, Namespace
from zimg.kernels.order import ranked
from zimg.kernels.widen import widened
from zimg.ops import to_host
from zimg.tracing.counts import Counts, all_whole, less, range_of, value_counts
from zimg.tracing.ladder import BRIGHTEST_SHARE, FEWEST_BRIGHT, top_value
from zimg.tracing.preprocess import subtract_background

RANGE = 255.0
"""Approximate maximum of a float signal after scaling. The limits of the fit are absolute and were
chosen for 8-bit intensities (behaviour of the reference)."""

FLOAT_BINS = 1024
"""Histogram bins for the background of floats that are not whole numbers."""


@dataclass(frozen=True)
class Prepared:
    """A normalized signal.

    Attributes
    ----------
    image
        ``(Z, Y, X)`` bright on dark, with its background, in its own units.
    signal
        ``(Z, Y, X)`` without its background, nowhere below 0.
    unit
        Factor from units of `image` to units of `signal`; a power of two, which avoids rounding.
    step
        Smallest difference of two values of `signal`; 0 for fractional floats.
    top
        Intensity of the brightest structures, see `zimg.tracing.ladder.top_value`; 0 for none.
    background
        What was subtracted, in units of `signal`.
    counts
        Of `zimg.tracing.counts.value_counts` for `image`; None for other types.
    """

    image: Array
    signal: Array
    unit: float
    step: float
    top: float
    background: float
    counts: Counts | None = None

    @property
    def signal_counts(self) -> Counts | None:
        """Of `zimg.tracing.counts.value_counts` for `signal`; None for other types."""
        return None if self.counts is None else less(self.counts, int(self.background))


def prepared(volume: Array, /, *, invert: bool = False) -> Prepared:
    """Normalize a signal for tracing.

    Parameters
    ----------
    volume
        ``(Z, Y, X)``, real, finite.
    invert
        Whether structures are darker than the background.

    Notes
    -----
    Integers keep their values. Floats are scaled; outliers are excluded from the histogram of
    the background.
    """
    xp = array_namespace(volume)
    image = inverted(volume, xp=xp) if invert else volume
    counts = value_counts(image)
    low, high = range_of(image, counts)
    if low == high:
        return Prepared(image, xp.zeros_like(image), 1.0, 0.0, 0.0, low)
    if xp.isdtype(image.dtype, "integral"):
        signal, level = subtract_background(image, counts=counts, lowest=True)
        signal = above_background(signal)
        lower = None if counts is None else less(counts, int(level))
        return Prepared(image, signal, 1.0, 1.0, top_value(signal, lower), level, counts)
    whole = all_whole(image)
    inner = _without_outliers(image, xp=xp)
    _, level = subtract_background(inner, bins=FLOAT_BINS, lowest=True)
    signal = above_background(image - level)
    top = top_value(signal)
    if top <= 0.0:
        return Prepared(image, signal, 1.0, 0.0, 0.0, level)
    unit = 2.0 ** round(math.log2(RANGE / top))
    step = unit if whole else 0.0
    return Prepared(image, signal * unit, unit, step, top * unit, level * unit)


def above_background(signal: Array, /) -> Array:
    """`signal` with 0 in place of negative values, which unsigned integers lack.

    Noise and fits then do not depend on the dtype of an image.
    """
    xp = array_namespace(signal)
    if xp.isdtype(signal.dtype, "unsigned integer"):
        return signal
    return xp.maximum(signal, xp.zeros_like(signal))


def thick(volume: Array, /) -> tuple[Array, int]:
    """Repeat the outer planes of a volume with fewer than three; also the planes added before it.

    Seeds never lie in the outermost planes.
    """
    if volume.shape[0] > 2:
        return volume, 0
    planes = [volume[:1, ...], volume, volume[-1:, ...]]
    return array_namespace(volume).concat(planes, axis=0), 1


def inverted(volume: Array, /, *, xp: Namespace) -> Array:
    """`volume` with dark and bright exchanged: the highest value becomes 0."""
    wide = widened(volume, xp=xp)
    if wide.dtype in (xp.int8, xp.int16):
        wide = xp.astype(wide, xp.int32)
    turned = xp.max(wide) - wide
    unsigned = xp.isdtype(volume.dtype, "unsigned integer")
    return xp.astype(turned, volume.dtype) if unsigned else turned


def _without_outliers(volume: Array, *, xp: Namespace) -> Array:
    """`volume` clipped to its values without the few at both ends."""
    size = math.prod(volume.shape)
    rank = min(max(FEWEST_BRIGHT, int(BRIGHTEST_SHARE * size)), (size - 1) // 2)
    low, high = (float(to_host(ranked(volume, place))) for place in (rank, size - 1 - rank))
    return xp.clip(volume, low, high)
