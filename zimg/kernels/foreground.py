"""Objects, depth and surface of a mask, for a list of its foreground voxels."""

import math

from zimg._dispatch import array_namespace, device, hookable
from zimg._typing import Array, Namespace
from zimg.kernels.components import components
from zimg.kernels.distance import depth_along_z, squared_distance
from zimg.kernels.geodesic import FACES, neighbour_table, voxel_numbers
from zimg.kernels.widen import widest_float
from zimg.ops import gather, scatter_set

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
    labels = _at(components(_mask(voxels, shape, xp=xp), connectivity=26, xp=xp), voxels, xp=xp)
    own = labels == voxels + 1  # the first voxel of an object is its label
    number = xp.cumulative_sum(xp.astype(own, xp.int32), dtype=xp.int32) - 1
    first = xp.searchsorted(voxels, labels - 1)
    return gather(number, xp.astype(first, xp.int32), xp=xp)


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
    mask = _mask(voxels, shape, xp=xp)
    return _at(squared_distance(mask, planar=True, xp=xp), voxels, xp=xp)


@hookable
def spatial_depth(
    voxels: Array,
    planar: Array,
    /,
    *,
    shape: Shape,
    height: float,
    xp: Namespace | None = None,  # noqa: ARG001
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
    if not voxels.shape[0]:
        kind = widest_float(planar, xp=array_namespace(planar))
        return array_namespace(planar).astype(planar, kind)
    numbers = voxel_numbers(voxels, shape)
    table = neighbour_table(numbers, voxels, ways=((-1, 0, 0), (1, 0, 0)))
    return depth_along_z(planar, table, height=height)


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
    table = neighbour_table(voxel_numbers(voxels, shape), voxels, ways=FACES)
    return xp.any(table == voxels.shape[0], axis=0)


def _mask(voxels: Array, shape: Shape, /, *, xp: Namespace) -> Array:
    """Mask whose foreground is `voxels`."""
    on = device(voxels)
    empty = xp.zeros((math.prod(shape),), dtype=xp.bool, device=on)
    there = xp.ones((voxels.shape[0],), dtype=xp.bool, device=on)
    return xp.reshape(scatter_set(empty, voxels, there, xp=xp), shape)


def _at(volume: Array, voxels: Array, /, *, xp: Namespace) -> Array:
    """Values of a volume at the voxels."""
    return gather(xp.reshape(volume, (-1,)), voxels, xp=xp)
