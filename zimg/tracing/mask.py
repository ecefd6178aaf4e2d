"""Foreground: voxels above a threshold with enough foreground neighbours."""

import math

from zimg._dispatch import array_namespace
from zimg._typing import Array, Namespace
from zimg.kernels.morphology import majority
from zimg.kernels.widen import widened
from zimg.ops import fused, in_slabs, jit, parts_of, to_host
from zimg.tracing.threshold import LARGEST, locmax_threshold


def make_mask(volume: Array, /) -> Array | None:
    """Foreground of a signal by the reference's rule.

    Parameters
    ----------
    volume
        ``(Z, Y, X)``, real, finite, its background subtracted.

    Returns
    -------
    Array or None
        ``(Z, Y, X)`` bool, on the device of `volume`; None where the signal gives no threshold.
    """
    threshold = locmax_threshold(volume)
    return None if threshold is None else foreground(volume, threshold)


def foreground(volume: Array, threshold: float, /) -> Array:
    """Voxels above `threshold` with enough foreground neighbours.

    Parameters
    ----------
    volume
        ``(Z, Y, X)``, real.
    threshold
        In units of `volume`.

    Returns
    -------
    Array
        ``(Z, Y, X)`` bool, on the device of `volume`.
    """
    xp = array_namespace(volume)
    limit, compiles = _limit(volume, threshold, xp=xp)
    supported = fused(_foreground, volume, xp=xp) if compiles else _foreground
    return in_slabs(lambda part: supported(part, limit, xp=xp), volume, reach=1, xp=xp)


def _foreground(volume: Array, limit: float, *, xp: Namespace) -> Array:
    return majority(_above(volume, limit, xp=xp), xp=xp)


def above(volume: Array, threshold: float, /) -> Array:
    """Voxels above `threshold`, which must be in the range of an integer type.

    Parameters
    ----------
    volume
        Any shape, real.
    threshold
        In units of `volume`; its fraction does not matter to integers.

    Returns
    -------
    Array
        Bool, in the shape and on the device of `volume`.
    """
    xp = array_namespace(volume)
    limit, compiles = _limit(volume, threshold, xp=xp)
    compare = jit(_above, xp=xp) if compiles else _above
    found: Array = compare(volume, limit, xp=xp)
    return found


def _limit(volume: Array, threshold: float, *, xp: Namespace) -> tuple[float, bool]:
    """What voxels are compared with, and whether compiled functions can take it."""
    whole = xp.isdtype(volume.dtype, "integral")
    limit = math.floor(threshold) if whole else float(threshold)
    return limit, abs(limit) < LARGEST


def count_above(volume: Array, threshold: float, /) -> int:
    """Number of voxels above `threshold`, as `above` finds them."""
    xp = array_namespace(volume)
    counted = [xp.count_nonzero(above(part, threshold)) for (part,) in parts_of(volume, xp=xp)]
    return sum(int(to_host(count)) for count in counted)


def _above(volume: Array, limit: float, *, xp: Namespace) -> Array:
    return widened(volume, xp=xp) > limit
