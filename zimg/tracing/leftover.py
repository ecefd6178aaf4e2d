"""The part of a mask that tracing has not explained, from which recovery starts."""

from zimg._dispatch import array_namespace
from zimg._typing import Array, Namespace
from zimg.kernels.components import remove_small
from zimg.kernels.morphology import cut
from zimg.kernels.widen import widened
from zimg.ops import jit

SMALLEST_OBJECT = 27
SPREAD = 5
"""Planes by which a trace may grow in z."""


def leftover(signal: Array, mask: Array, trace_mask: Array, base_mask: Array, /) -> Array:
    """Foreground away from every trace and every committed seed.

    Parameters
    ----------
    signal
        ``(Z, Y, X)``, real.
    mask
        ``(Z, Y, X)`` bool.
    trace_mask
        ``(Z, Y, X)`` uint8; not 0 where a chain has been.
    base_mask
        ``(Z, Y, X)`` uint8; 1 where a committed seed is.

    Returns
    -------
    Array
        ``(Z, Y, X)`` bool, on the device of `mask`: objects of at least 27 voxels.

    Notes
    -----
    Behaviour of the reference, except that it reads a signal of 16 bits as bytes here.
    """
    xp = array_namespace(signal)
    wide = widened(signal, xp=xp)
    untraced = jit(_untraced, xp=xp)(wide, mask, trace_mask, base_mask, xp=xp)
    return remove_small(untraced, SMALLEST_OBJECT)


def _untraced(
    signal: Array, mask: Array, trace_mask: Array, base_mask: Array, *, xp: Namespace
) -> Array:
    traced = (trace_mask > 0) | (base_mask == 1)
    if signal.shape[0] < SPREAD + 4:  # no plane has room on both sides
        return mask & ~traced
    tripled = _summable(signal, xp=xp)
    down = _spread_down(traced, tripled, xp=xp)
    up = xp.flip(_spread_down(xp.flip(traced, axis=0), xp.flip(tripled, axis=0), xp=xp), axis=0)
    return mask & ~(traced | down | up)


def _summable(signal: Array, *, xp: Namespace) -> Array:
    """A signal of which three values can be added without overflow, in the smallest such type."""
    if signal.dtype == xp.uint8:
        return xp.astype(signal, xp.int16)
    if xp.isdtype(signal.dtype, "integral"):
        return xp.astype(signal, xp.int32)
    return signal


def _spread_down(traced: Array, signal: Array, *, xp: Namespace) -> Array:
    """Voxels up to 5 planes behind a traced one that ends there, and not brighter than it.

    Brightness of a traced voxel is the mean over it and the two planes before.
    """
    depth = signal.shape[0]
    first, stop = 3, depth - SPREAD

    def planes(volume: Array, step: int) -> Array:
        return cut(volume, 0, first + step, stop + step)

    ending = planes(traced, 0) & ~planes(traced, 1)
    total = planes(signal, 0) + planes(signal, -1) + planes(signal, -2)
    tripled = signal * 3
    reached = xp.zeros_like(traced)
    for step in range(1, SPREAD + 1):
        hit = ending & (total >= planes(tripled, step))
        before, after = cut(reached, 0, 0, first + step), cut(reached, 0, stop + step, depth)
        reached = xp.concat([before, planes(reached, step) | hit, after], axis=0)
    return reached
