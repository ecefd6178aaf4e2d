"""The foreground of a mask as numbered voxels: what is known about each of them."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zimg._dispatch import array_namespace, device
from zimg._errors import ZException
from zimg._typing import Array, Namespace
from zimg.kernels.components import components
from zimg.kernels.distance import depth_along_z, squared_distance
from zimg.kernels.geodesic import (
    FACES,
    NEIGHBOURS,
    cheapest_paths,
    neighbour_table,
    voxel_numbers,
)
from zimg.ops import gather, to_host, upload
from zimg.skeletons.descent import Floats, Index

# Squared distances are stored in 16 bits by the reference: what does not fit becomes this.
LARGEST, INSTEAD = 65535, 65534

MOST_VOXELS = 2**31 - 2
"""Of the box round the objects: voxels are numbered in 32 bits."""


@dataclass(frozen=True, slots=True)
class Voxels:
    """Foreground voxels, on the device of the mask and on the host.

    Attributes
    ----------
    shape
        Of the mask.
    flat, thickness
        ``(n,)`` flat indices in raster order, and squared distances to the background of the plane;
        on the device.
    squared
        ``(n,)`` the same distances; host.
    object_of
        ``(n,)`` object of each voxel, from 0 in the order of their first voxels; host.
    """

    shape: tuple[int, int, int]
    flat: Array
    thickness: Array
    squared: NDArray[np.integer]
    object_of: NDArray[np.integer]

    def places(self) -> Index:
        """``(n, 3)`` indices z, y, x; host."""
        return np.stack(np.unravel_index(_home(self.flat), self.shape), axis=1).astype(np.int32)

    def numbers(self) -> Array:
        """``(Z, Y, X)`` number of each voxel, negative in the background; on the device."""
        return voxel_numbers(self.flat, self.shape)


def found_in(mask: Array, /, *, smallest: int = 0) -> Voxels | None:
    """The foreground of a mask; None where there is none.

    Parameters
    ----------
    mask
        ``(Z, Y, X)`` bool.
    smallest
        Objects of fewer voxels are left out.

    Raises
    ------
    ZException
        For a mask of too many voxels to be numbered.
    """
    if math.prod(mask.shape) > MOST_VOXELS:
        raise ZException(
            f"objects fill a box of {mask.shape} voxels, more than the {MOST_VOXELS} that can be "
            "numbered: reduce the volume with downsample="
        )
    xp = array_namespace(mask)
    (flat,) = xp.nonzero(xp.reshape(mask, (-1,)))
    flat = xp.astype(flat, xp.int32)
    labels = _of_voxels(components(mask, connectivity=26, xp=xp), flat, xp=xp)
    objects = np.unique(_home(labels), return_inverse=True)[1].reshape(-1).astype(np.int32)
    squared = _of_voxels(squared_distance(mask, planar=True, xp=xp), flat, xp=xp)
    squared = xp.where(squared > LARGEST, INSTEAD, squared)
    if smallest > 0 and len(objects):
        kept = np.bincount(objects)[objects] >= smallest
        objects = np.unique(objects[kept], return_inverse=True)[1].reshape(-1).astype(np.int32)
        chosen = upload(np.flatnonzero(kept), on=device(mask), dtype=np.int32, xp=xp)
        flat, squared = gather(flat, chosen, xp=xp), gather(squared, chosen, xp=xp)
    if not len(objects):
        return None
    return Voxels(mask.shape, flat, squared, _home(squared), objects)


def surface_of(voxels: Voxels, /) -> NDArray[np.bool_]:
    """Which voxels have background, or nothing, beyond one of their faces; host."""
    xp = array_namespace(voxels.flat)
    table = neighbour_table(voxels.numbers(), voxels.flat, ways=FACES)
    return _home(xp.any(table == voxels.flat.shape[0], axis=0))


def spatial_squared(voxels: Voxels, /, *, along_z: float) -> Floats:
    """Squared distance of each voxel to the background of the volume; host.

    Parameters
    ----------
    voxels
        Of a mask.
    along_z
        Height of a voxel in units of its width.
    """
    table = neighbour_table(voxels.numbers(), voxels.flat, ways=((-1, 0, 0), (1, 0, 0)))
    squared = depth_along_z(voxels.thickness, table, height=along_z)
    return _home(squared).astype(np.float64)


def _of_voxels(volume: Array, flat: Array, *, xp: Namespace) -> Array:
    return gather(xp.reshape(volume, (-1,)), flat, xp=xp)


def _home(x: Array) -> NDArray[Any]:
    return to_host(x)


def steps_of(resolution: tuple[float, float]) -> tuple[float, ...]:
    """Lengths of the 26 steps for voxels of this size in the plane and along z."""
    in_plane, along_z = resolution
    if min(resolution) <= 0:  # behaviour of the reference
        return (1.0,) * len(NEIGHBOURS)
    return tuple(
        math.sqrt((dx * in_plane) ** 2 + (dy * in_plane) ** 2 + (dz * along_z) ** 2)
        for dz, dy, dx in NEIGHBOURS
    )


def grown(voxels: Voxels, sources: Index, steps: tuple[float, ...]) -> tuple[Index, Index]:
    """Cheapest paths from the sources, one per object: voxels before, and rows of the steps."""
    xp, on = array_namespace(voxels.flat), device(voxels.flat)
    starts = upload(sources, on=on, dtype=np.int32, xp=xp)
    _, before, rows = cheapest_paths(
        voxels.flat, voxels.thickness, starts, shape=voxels.shape, steps=steps, xp=xp
    )
    return _home(before).astype(np.int64), _home(rows).astype(np.int64)


def thickest(voxels: Voxels) -> Index:
    """First voxel in raster order of the largest distance, for each object."""
    return _first_of_largest(voxels.squared, voxels.object_of, np.arange(len(voxels.squared)))


def farthest(voxels: Voxels, is_surface: NDArray[np.bool_], lengths: Floats) -> Index:
    """First voxel of the surface in raster order at the end of the longest path, per object."""
    surface = np.flatnonzero(is_surface)
    return _first_of_largest(lengths[surface], voxels.object_of[surface], surface)


def _first_of_largest(values: NDArray[Any], groups: NDArray[np.integer], numbers: Index) -> Index:
    largest = np.full(int(groups.max()) + 1, -1.0)
    np.maximum.at(largest, groups, values)
    at = np.flatnonzero(values == largest[groups])
    return numbers[at[np.unique(groups[at], return_index=True)[1]]]
