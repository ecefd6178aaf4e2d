"""Squared distance of each foreground voxel to the nearest background voxel."""

from zimg._dispatch import array_namespace, device, hookable
from zimg._typing import Array, Namespace
from zimg.kernels.voxels import (
    OUTSIDE,
    Grid,
    flattened,
    in_rows,
    on_foreground,
    positions_in,
    run_bounds,
)
from zimg.ops import gather, while_loop

SWEEPS = 4
"""Offsets between two looks at whether any distance can still fall, for which a device waits."""


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
    flat = flattened(mask, xp=xp)
    return on_foreground(
        listed_distance, flat, planar=planar, shape=mask.shape, dtype=xp.int32, xp=xp
    )


def listed_distance(voxels: Array, /, *, grid: Grid, planar: bool = False, xp: Namespace) -> Array:
    """`squared_distance` of the voxels of a list.

    Parameters
    ----------
    voxels
        ``(n,)`` of `voxel_list`.
    grid
        Of the volume.
    planar
        As of `squared_distance`.
    xp
        Namespace of `voxels`.

    Returns
    -------
    Array
        ``(n,)`` int32; 0 for `OUTSIDE`.
    """
    positions = positions_in(voxels, grid, xp=xp)
    first, last = run_bounds(positions, xp=xp)
    own = xp.arange(voxels.shape[0], dtype=xp.int32, device=device(voxels))
    depth = xp.minimum(own - first, last - own) + 1
    squared = xp.where(voxels == OUTSIDE, 0, depth * depth)
    for step in ((0, 1),) if planar else ((0, 1), (1, 0)):
        squared = lowered_along(positions, squared, 1, step=step, grid=grid, xp=xp)
    return squared


def lowered_along(
    positions: Array,
    values: Array,
    width: float,
    /,
    *,
    step: tuple[int, int],
    grid: Grid,
    xp: Namespace,
) -> Array:
    """Lower envelope along an axis: minimum over `k` of the value `k` steps away plus a square.

    Voxels are followed from neighbour to neighbour, since nothing beyond background is nearer.

    Parameters
    ----------
    positions
        ``(n,)`` of `positions_in`.
    values
        ``(n,)``, not negative; 0 for `OUTSIDE`, which is the background.
    width
        Of a step; the square is that of ``k * width``.
    step
        ``(dz, dy)`` along the axis.
    grid
        Of the volume.
    xp
        Namespace of the arrays.

    Returns
    -------
    Array
        ``(n,)``, in the dtype of `values`.
    """
    end, (dz, dy) = positions.shape[0] - 1, step
    beside, _ = in_rows(positions, grid, ((-dz, -dy), step), missing=end, xp=xp)
    behind, ahead = xp.unstack(beside)
    first = xp.asarray(width, dtype=values.dtype, device=device(values))

    def further(state: tuple[Array, ...]) -> tuple[Array, ...]:
        lowest, left, right, offset = state
        for _ in range(SWEEPS):  # too long offsets lower nothing
            nearer = xp.minimum(gather(values, left, xp=xp), gather(values, right, xp=xp))
            lowest = xp.minimum(lowest, nearer + offset * offset)
            left, right = gather(behind, left, xp=xp), gather(ahead, right, xp=xp)
            offset = offset + width
        return lowest, left, right, offset

    def undecided(state: tuple[Array, ...]) -> Array:
        lowest, _, _, offset = state
        return xp.max(lowest) > offset * offset

    return while_loop(undecided, further, (values, behind, ahead, first), xp=xp)[0]
