"""The untraced part of a mask, in which recovery places its seeds."""

import math
from functools import partial

import numpy as np
from numpy.typing import NDArray

from zimg._dispatch import array_namespace
from zimg._typing import Array, DType, Namespace
from zimg.kernels.components import remove_small
from zimg.kernels.widen import widened
from zimg.ops import cut, in_slabs, jit

SMALLEST_OBJECT = 27

FIRST, SPREAD = 3, 5
"""First plane from which a trace may grow in z, and by how many planes."""


def leftover(signal: Array, mask: Array, traced: Array, /) -> Array:
    """Foreground away from every trace and every committed seed.

    Parameters
    ----------
    signal
        ``(Z, Y, X)``, real.
    mask
        ``(Z, Y, X)`` bool.
    traced
        ``(Z, Y, X)`` bool: where a chain or a committed seed is, see `traced_voxels`.

    Returns
    -------
    Array
        ``(Z, Y, X)`` bool, on the device of `mask`: objects of at least 27 voxels.

    Notes
    -----
    Behaviour of the reference, except that it reads a signal of 16 bits as bytes here.
    """
    xp = array_namespace(signal)
    untraced = partial(jit(_untraced, xp=xp), xp=xp)
    # Traces grow in z only: rows are independent.
    left = in_slabs(untraced, signal, mask, traced, axis=1, xp=xp)
    return remove_small(left, SMALLEST_OBJECT)


def traced_voxels(trace_mask: NDArray[np.uint8], base_mask: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Where host masks hold a chain, or a committed seed with a weak score, 1."""
    return np.asarray((trace_mask > 0) | (base_mask == 1))


def _untraced(signal: Array, mask: Array, traced: Array, *, xp: Namespace) -> Array:
    if signal.shape[0] <= FIRST + SPREAD:
        return mask & ~traced
    signal = _summable(widened(signal, xp=xp), xp=xp)
    lowest = xp.full_like(cut(signal, 0, 0, 1), _lowest(signal.dtype, xp=xp))
    down = _brightest_end(traced, signal, lowest, xp=xp)
    up = _brightest_end(xp.flip(traced, axis=0), xp.flip(signal, axis=0), lowest, xp=xp)
    swollen = xp.maximum(down, xp.flip(up, axis=0)) >= signal * 3
    return mask & ~(traced | swollen)


def _summable(signal: Array, *, xp: Namespace) -> Array:
    """A signal of which three values can be added without overflow, in a small type."""
    if signal.dtype == xp.uint8:
        return xp.astype(signal, xp.int16)
    if signal.dtype in (xp.int8, xp.int16):
        return xp.astype(signal, xp.int32)
    return signal if xp.isdtype(signal.dtype, "real floating") else xp.astype(signal, xp.float32)


def _brightest_end(traced: Array, signal: Array, lowest: Array, *, xp: Namespace) -> Array:
    """Brightness of the brightest trace that ends in one of the 5 planes before a voxel.

    Brightness is the sum of the signal over the last traced voxel and the two planes before it;
    where no trace ends, `lowest`, a plane that is below three times any signal.
    """
    depth = signal.shape[0]

    def planes(volume: Array, step: int) -> Array:
        return cut(volume, 0, FIRST + step, depth - SPREAD + step)

    total = planes(signal, 0) + planes(signal, -1) + planes(signal, -2)
    ends = xp.where(planes(traced, 0) & ~planes(traced, 1), total, lowest)
    before, behind = [lowest] * (FIRST + SPREAD), [lowest] * (SPREAD - 1)
    ends = xp.concat([*before, ends, *behind], axis=0)
    brightest = cut(ends, 0, 0, depth)
    for step in range(1, SPREAD):
        brightest = xp.maximum(brightest, cut(ends, 0, step, step + depth))
    return brightest


def _lowest(dtype: DType, *, xp: Namespace) -> float:
    if xp.isdtype(dtype, "integral"):
        return int(xp.iinfo(dtype).min)
    return -math.inf
