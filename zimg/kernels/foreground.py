"""Objects, depth and surface of a mask, for a list of its foreground voxels."""

from zimg._dispatch import array_namespace, device, hookable
from zimg._typing import Array, Namespace
from zimg.kernels.components import object_roots
from zimg.kernels.distance import listed_distance, lowered_along
from zimg.kernels.voxels import Grid, ended, in_rows, joined_along_x, positions_in
from zimg.kernels.widen import widest_float
from zimg.ops import gather, jit

Shape = tuple[int, int, int]


@hookable
def object_numbers(voxels: Array, /, *, shape: Shape, xp: Namespace | None = None) -> Array:
    """Number of the object of each voxel.

    Parameters
    ----------
    voxels
        ``(n,)`` int32: flat indices of the foreground voxels, in order.
    shape
        Of the volume, of fewer than 2^31 - 1 voxels.
    xp
        Namespace of `voxels`; found from it when None.

    Returns
    -------
    Array
        ``(n,)`` int32: 26-connected objects, numbered from 0 in the order of their first voxels.
    """
    xp = xp or array_namespace(voxels)
    numbers: Array = jit(_object_numbers, xp=xp)(voxels, grid=Grid.of(shape), xp=xp)
    return numbers


def _object_numbers(voxels: Array, *, grid: Grid, xp: Namespace) -> Array:
    root = object_roots(ended(voxels, xp=xp), grid=grid, connectivity=26, xp=xp)
    own = xp.arange(root.shape[0], dtype=xp.int32, device=device(voxels))
    number = xp.cumulative_sum(xp.astype(root == own, xp.int32), dtype=xp.int32) - 1
    return gather(number, root[:-1], xp=xp)


@hookable
def planar_depth(voxels: Array, /, *, shape: Shape, xp: Namespace | None = None) -> Array:
    """Squared distance of each voxel to the background of its plane.

    Parameters
    ----------
    voxels, shape, xp
        As of `object_numbers`. Everything outside the volume is background.

    Returns
    -------
    Array
        ``(n,)`` int32.
    """
    xp = xp or array_namespace(voxels)
    depth: Array = jit(_planar_depth, xp=xp)(voxels, grid=Grid.of(shape), xp=xp)
    return depth


def _planar_depth(voxels: Array, *, grid: Grid, xp: Namespace) -> Array:
    return listed_distance(ended(voxels, xp=xp), grid=grid, planar=True, xp=xp)[:-1]


@hookable
def spatial_depth(
    voxels: Array,
    planar: Array,
    /,
    *,
    shape: Shape,
    height: float,
    xp: Namespace | None = None,
) -> Array:
    """Squared distance of each voxel to the background of the volume.

    Parameters
    ----------
    voxels, shape, xp
        As of `object_numbers`. Everything outside the volume is background.
    planar
        ``(n,)`` int32: `planar_depth`.
    height
        Of a voxel along z, in units of its width in the plane; above 0.

    Returns
    -------
    Array
        ``(n,)``, float64 where the device has it, else float32; in squared widths of a voxel.
    """
    xp = xp or array_namespace(voxels)
    depth: Array = jit(_spatial_depth, xp=xp)(voxels, planar, height, grid=Grid.of(shape), xp=xp)
    return depth


def _spatial_depth(
    voxels: Array, planar: Array, height: float, *, grid: Grid, xp: Namespace
) -> Array:
    positions = positions_in(ended(voxels, xp=xp), grid, xp=xp)
    squared = xp.concat([planar, xp.zeros((1,), dtype=planar.dtype, device=device(planar))])
    squared = xp.astype(squared, widest_float(planar, xp=xp))
    return lowered_along(positions, squared, height, step=(1, 0), grid=grid, xp=xp)[:-1]


@hookable
def on_surface(voxels: Array, /, *, shape: Shape, xp: Namespace | None = None) -> Array:
    """Whether a face of each voxel borders on background or on the outside of the volume.

    Parameters
    ----------
    voxels, shape, xp
        As of `object_numbers`.

    Returns
    -------
    Array
        ``(n,)`` bool.
    """
    xp = xp or array_namespace(voxels)
    exposed: Array = jit(_on_surface, xp=xp)(voxels, grid=Grid.of(shape), xp=xp)
    return exposed


def _on_surface(voxels: Array, *, grid: Grid, xp: Namespace) -> Array:
    positions, end = positions_in(ended(voxels, xp=xp), grid, xp=xp), voxels.shape[0]
    beside, _ = in_rows(positions, grid, ((-1, 0), (0, -1), (0, 1), (1, 0)), missing=end, xp=xp)
    alone = ~joined_along_x(positions)
    first = xp.ones((1,), dtype=xp.bool, device=device(voxels))
    alone = alone | xp.concat([first, alone])[:-1]
    return alone | xp.any(beside[:, :-1] == end, axis=0)
