"""Reduction of blocks of voxels to their maximum, minimum, mean, median or first voxel."""

import math
from collections.abc import Iterator
from itertools import product

from zimg._dispatch import array_namespace
from zimg._typing import Array, Namespace
from zimg.kernels.integers import along_axes, mean_of_blocks, mean_of_two, orderable, restored
from zimg.kernels.widen import widest_float
from zimg.ops import jit

VOXELS = 1 << 20
"""Voxels that are worked on at once, so that what is in between stays in a cache."""

SORTED = 64
"""From so many voxels per block on, medians sort; below they compare pairs, as sorts of few are
slow."""


def merged(volume: Array, block: tuple[int, int, int], mode: str) -> Array:
    """Reduce each block of `volume` to one voxel; blocks are cut off at the far border.

    Parameters
    ----------
    volume
        ``(Z, Y, X)``, real or bool.
    block
        Voxels per block along z, y, x, at least 1.
    mode
        ``"Max"``, ``"Min"``, ``"Mean"``, ``"Median"`` or ``"First"``.

    Returns
    -------
    Array
        ``ceil(n / block)`` voxels per axis, in the dtype and on the device of `volume`. Means and
        medians of integers are exact, cut toward zero as the reference does; bool counts as 0 and
        1. Those of floats are computed in float64 where the device has it. Blocks with NaN give no
        promise.
    """
    if mode == "First":
        return volume[:: block[0], :: block[1], :: block[2]]
    xp = array_namespace(volume)
    if volume.ndim == 0 or 0 in volume.shape:
        return volume
    planes = max(1, VOXELS // (block[0] * math.prod(volume.shape[1:]))) * block[0]
    depth = volume.shape[0]
    slabs = [volume[z : min(z + planes, depth), ...] for z in range(0, depth, planes)]
    return xp.concat([_by_parts(slab, block, mode, xp=xp) for slab in slabs], axis=0)


def _by_parts(values: Array, block: tuple[int, ...], mode: str, *, xp: Namespace) -> Array:
    """Process complete and cut blocks separately, so that all blocks of a part have one size."""
    for axis, (length, side) in enumerate(zip(values.shape, block, strict=True)):
        whole = length // side * side
        if whole == length:
            continue
        left = (*block[:axis], length - whole, *block[axis + 1 :])
        cuts = [(slice(0, whole), block), (slice(whole, length), left)]
        parts = [
            _by_parts(values[(*(slice(None),) * axis, cut, ...)], sides, mode, xp=xp)
            for cut, sides in cuts
            if cut.stop > cut.start
        ]
        return xp.concat(parts, axis=axis) if len(parts) > 1 else parts[0]
    return jit(_merged_whole, xp=xp)(values, block=block, mode=mode, xp=xp)


def _merged_whole(values: Array, *, block: tuple[int, ...], mode: str, xp: Namespace) -> Array:
    if mode == "Mean":
        return _mean(values, block, xp=xp)
    held = orderable(values, xp=xp)
    if mode == "Median":
        return _median(held, block, values, xp=xp)
    found = along_axes(held, block, xp.maximum if mode == "Max" else xp.minimum)
    return restored(found, values.dtype, xp=xp)


def _mean(values: Array, block: tuple[int, ...], *, xp: Namespace) -> Array:
    if not xp.isdtype(values.dtype, "real floating"):
        return mean_of_blocks(values, block, xp=xp)
    total = along_axes(xp.astype(values, widest_float(values, xp=xp)), block, lambda a, b: a + b)
    return xp.astype(total / math.prod(block), values.dtype)


def _median(held: Array, block: tuple[int, ...], values: Array, *, xp: Namespace) -> Array:
    """The middle value, or the mean of the two middle values."""
    a, b, c = block
    parts = [held[i::a, j::b, k::c] for i, j, k in product(*map(range, block))]
    ordered = _ordered(parts, xp=xp)
    below, above = ordered[(len(parts) - 1) // 2], ordered[len(parts) // 2]
    if not xp.isdtype(values.dtype, "real floating"):
        return mean_of_two(below, above, values.dtype, xp=xp)
    kind = widest_float(values, xp=xp)
    return xp.astype((xp.astype(below, kind) + xp.astype(above, kind)) / 2.0, values.dtype)


def _ordered(parts: list[Array], *, xp: Namespace) -> list[Array]:
    """The values of all parts at each position in ascending order."""
    if len(parts) >= SORTED:
        stack = xp.sort(xp.stack(parts, axis=0), axis=0)
        return [stack[i, ...] for i in range(len(parts))]
    parts = list(parts)
    for i, j in _comparisons(len(parts)):
        parts[i], parts[j] = xp.minimum(parts[i], parts[j]), xp.maximum(parts[i], parts[j])
    return parts


def _comparisons(count: int) -> Iterator[tuple[int, int]]:
    """Pairs to compare and exchange in a sorting network: Batcher's merge exchange.

    D. E. Knuth, The Art of Computer Programming, vol. 3, 5.2.2, algorithm M.
    """
    top = 1 << max(count - 1, 0).bit_length() >> 1
    step = top
    while step:
        other, phase, apart = top, 0, step
        while True:
            yield from ((i, i + apart) for i in range(count - apart) if i & step == phase)
            if other == step:
                break
            apart, other, phase = other - step, other // 2, step
        step //= 2
