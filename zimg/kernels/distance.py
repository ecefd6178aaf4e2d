"""Squared distance of each foreground voxel to the nearest background voxel."""

from zimg._dispatch import array_namespace, device, hookable
from zimg._typing import Array, Namespace
from zimg.kernels.morphology import cut
from zimg.kernels.widen import widest_float
from zimg.ops import gather, jit, while_loop


@hookable
def squared_distance(mask: Array, /, *, planar: bool = False, xp: Namespace | None = None) -> Array:
    """Squared Euclidean distance to the nearest background voxel, in voxels.

    Parameters
    ----------
    mask
        ``(Z, Y, X)`` bool. Everything outside the volume is background.
    planar
        Whether only background in the same plane counts.
    xp
        Namespace of `mask`; found from it when None.

    Returns
    -------
    Array
        ``(Z, Y, X)`` int32, on the device of `mask`; 0 in the background.

    Notes
    -----
    Lower envelope per axis: an offset of `k` voxels cannot give less than ``k²``, so the passes
    stop once ``k²`` reaches the largest distance left. Exact, since all values are integers.
    """
    xp = xp or array_namespace(mask)
    squared: Array = jit(_squared_distance, xp=xp)(mask, planar=planar, xp=xp)
    return squared


def _squared_distance(mask: Array, *, planar: bool, xp: Namespace) -> Array:
    # No run is longer than its axis, so no distance can reach this.
    far = (max(mask.shape) // 2 + 2) ** 2
    squared = xp.astype(mask, xp.int32) * far
    for axis in (2, 1) if planar else (2, 1, 0):
        squared = _lowered(squared, axis, xp=xp)
    return squared


def _lowered(squared: Array, axis: int, *, xp: Namespace) -> Array:
    """Minimum over all offsets `k` along `axis` of the value there plus ``k²``."""
    edge = xp.zeros_like(cut(squared, axis, 0, 1))
    length = squared.shape[axis]

    def further(state: tuple[Array, ...]) -> tuple[Array, ...]:
        lowest, ahead, behind, offset = state
        ahead = xp.concat([cut(ahead, axis, 1, length), edge], axis=axis)
        behind = xp.concat([edge, cut(behind, axis, 0, length - 1)], axis=axis)
        nearer = xp.minimum(ahead, behind) + offset * offset
        return xp.minimum(lowest, nearer), ahead, behind, offset + 1

    def undecided(state: tuple[Array, ...]) -> Array:
        lowest, _, _, offset = state
        return xp.max(lowest) > offset * offset

    first = xp.asarray(1, dtype=xp.int32, device=device(squared))
    lowest, *_ = while_loop(undecided, further, (squared, squared, squared, first), xp=xp)
    return lowest


def depth_along_z(squared: Array, table: Array, /, *, height: float) -> Array:
    """Squared distance to the background of the volume, from the distances within planes.

    Parameters
    ----------
    squared
        ``(n,)`` int32: squared distance of each foreground voxel in its plane.
    table
        ``(2, n)`` numbers of the voxels below and above each one; `n` where there is background.
    height
        Of a voxel along z, in units of its width in the plane; above 0.

    Returns
    -------
    Array
        ``(n,)``, float64 where the device has it, else float32; in squared widths of a voxel.
    """
    xp = array_namespace(squared)
    deep: Array = jit(_depth_along_z, xp=xp)(squared, table, height=height, xp=xp)
    return deep


def _depth_along_z(squared: Array, table: Array, *, height: float, xp: Namespace) -> Array:
    """As `_lowered`, along chains of neighbours; nothing beyond background is nearer."""
    kind, on = widest_float(squared, xp=xp), device(squared)
    own = xp.astype(squared, kind)
    planar = xp.concat([own, xp.zeros((1,), dtype=kind, device=on)])
    last = xp.full((2, 1), table.shape[1], dtype=table.dtype, device=on)
    beside = xp.concat([table, last], axis=1)
    first = xp.asarray(height, dtype=kind, device=on)

    def further(state: tuple[Array, ...]) -> tuple[Array, ...]:
        lowest, ahead, behind, offset = state
        nearer = xp.minimum(gather(planar, ahead, xp=xp), gather(planar, behind, xp=xp))
        lowest = xp.minimum(lowest, nearer + offset * offset)
        ahead, behind = gather(beside[0, :], ahead, xp=xp), gather(beside[1, :], behind, xp=xp)
        return lowest, ahead, behind, offset + height

    def undecided(state: tuple[Array, ...]) -> Array:
        lowest, _, _, offset = state
        return xp.max(lowest) > offset * offset

    start = (own, table[0, :], table[1, :], first)
    return while_loop(undecided, further, start, xp=xp)[0]
