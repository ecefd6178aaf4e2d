"""Filters that look a few planes far, applied to some planes at a time to take less memory."""

from collections.abc import Callable

from zimg._dispatch import array_namespace
from zimg._typing import Array
from zimg.tracing.mask import foreground

SLAB = 32
"""Planes that are made at a time."""


def slabbed(function: Callable[[Array], Array], volume: Array, margin: int) -> Array:
    """What a filter gives for a ``(Z, Y, X)`` volume, made of what it gives for slabs of it.

    Parameters
    ----------
    function
        Gives an array of the same shape, each plane of which depends on `margin` planes on either
        side.
    volume
        Whole, with its borders.
    margin
        Planes.
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
