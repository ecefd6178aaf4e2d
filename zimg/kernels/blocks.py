"""One voxel for each block of voxels: largest, smallest, mean, median or first."""

from itertools import product

from zimg._dispatch import array_namespace, device
from zimg._typing import Array, Namespace
from zimg.kernels.resize import widest_float
from zimg.kernels.widen import widened


def merged(volume: Array, block: tuple[int, int, int], mode: str) -> Array:
    """`volume` with one voxel per block; blocks at the far border are what is left of them.

    Parameters
    ----------
    volume
        ``(Z, Y, X)``, real.
    block
        Voxels per block along z, y, x, at least 1.
    mode
        ``"Max"``, ``"Min"``, ``"Mean"``, ``"Median"`` or ``"First"``.

    Returns
    -------
    Array
        ``ceil(n / block)`` voxels per axis, in the dtype and on the device of `volume`; means and
        medians of integers are cut toward zero, as the reference does.
    """
    if mode == "First":
        return volume[:: block[0], :: block[1], :: block[2]]
    xp = array_namespace(volume)
    if mode in ("Mean", "Median"):
        values = xp.astype(volume, widest_float(volume, xp=xp))
    else:
        values = widened(volume, xp=xp)
    return xp.astype(_by_parts(values, block, mode, xp=xp), volume.dtype)


def _by_parts(values: Array, block: tuple[int, ...], mode: str, *, xp: Namespace) -> Array:
    """Whole and cut blocks apart, so that every part has blocks of one size."""
    if values.ndim == 0 or 0 in values.shape:
        return values
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
    return _merged_whole(values, block, mode, xp=xp)


def _merged_whole(values: Array, block: tuple[int, ...], mode: str, *, xp: Namespace) -> Array:
    starts = product(*(range(side) for side in block))
    a, b, c = block
    stack = xp.stack([values[i::a, j::b, k::c] for i, j, k in starts], axis=0)
    if mode == "Max":
        return xp.max(stack, axis=0)
    if mode == "Min":
        return xp.min(stack, axis=0)
    if mode == "Mean":
        return xp.mean(stack, axis=0)
    ordered, count = xp.sort(stack, axis=0), stack.shape[0]
    half = xp.asarray(0.5, dtype=values.dtype, device=device(values))
    return (ordered[(count - 1) // 2, ...] + ordered[count // 2, ...]) * half
