"""The foreground of a mask as numbered voxels: what is known about each of them."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zimg._dispatch import array_namespace, device
from zimg._typing import Array, Namespace
from zimg.kernels.components import components
from zimg.kernels.distance import squared_distance
from zimg.kernels.geodesic import (
    NEIGHBOURS,
    geodesic_distance,
    neighbour_table,
    predecessors,
    voxel_numbers,
)
from zimg.ops import compact, gather, to_host, upload
from zimg.skeletons.descent import Floats, Index

# Squared distances are stored in 16 bits by the reference: what does not fit becomes this.
LARGEST, INSTEAD = 65535, 65534

FACES = tuple(row for row, step in enumerate(NEIGHBOURS) if sum(map(abs, step)) == 1)


@dataclass(frozen=True, slots=True)
class Voxels:
    """Foreground voxels, on the device of the mask and on the host.

    Attributes
    ----------
    numbers
        ``(Z, Y, X)`` number of each voxel in raster order, negative in the background; host.
    places
        ``(n, 3)`` indices z, y, x; host.
    squared
        ``(n,)`` squared distance to the background of the plane; host.
    object_of
        ``(n,)`` object of each voxel, from 0 in the order of their first voxels; host.
    is_surface
        ``(n,)`` whether a neighbour across a face is background; host.
    table, thickness
        Numbers of neighbours, and squared distances, on the device.
    """

    numbers: NDArray[np.integer]
    places: Index
    squared: NDArray[np.integer]
    object_of: Index
    is_surface: NDArray[np.bool_]
    table: Array
    thickness: Array


def numbered(mask: Array, /) -> Voxels:
    """Number the foreground of a mask, and measure it.

    Parameters
    ----------
    mask
        ``(Z, Y, X)`` bool with at least one foreground voxel.
    """
    xp, on = array_namespace(mask), device(mask)
    numbers = voxel_numbers(mask)
    count = int(to_host(xp.max(numbers))) + 1
    flat = xp.reshape(mask, (-1,))
    every = xp.arange(math.prod(mask.shape), dtype=numbers.dtype, device=on)
    voxels, _ = compact(every, flat, count, fill=0, xp=xp)
    squared = _of_voxels(squared_distance(mask, planar=True, xp=xp), voxels, xp=xp)
    squared = xp.where(squared > LARGEST, INSTEAD, squared)
    labels = _of_voxels(components(mask, connectivity=26, xp=xp), voxels, xp=xp)
    table = neighbour_table(numbers, voxels)
    open_ = table[FACES[0], :] == count
    for row in FACES[1:]:
        open_ = open_ | (table[row, :] == count)
    z, rest = np.divmod(_home(voxels), mask.shape[1] * mask.shape[2])
    y, x = np.divmod(rest, mask.shape[2])
    return Voxels(
        numbers=_home(numbers),
        places=np.stack([z, y, x], axis=1).astype(np.int64),
        squared=_home(squared),
        object_of=np.unique(_home(labels), return_inverse=True)[1].reshape(-1),
        is_surface=_home(open_).astype(np.bool_),
        table=table,
        thickness=squared,
    )


def _of_voxels(volume: Array, voxels: Array, *, xp: Namespace) -> Array:
    return gather(xp.reshape(volume, (-1,)), voxels, xp=xp)


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
    xp, on = array_namespace(voxels.table), device(voxels.table)
    starts = upload(sources, on=on, dtype=voxels.numbers.dtype, xp=xp)
    cost = geodesic_distance(voxels.table, voxels.thickness, starts, steps=steps, xp=xp)
    before, rows = predecessors(voxels.table, voxels.thickness, cost, steps=steps)
    return _home(before).astype(np.int64), _home(rows).astype(np.int64)


def thickest(voxels: Voxels) -> Index:
    """First voxel in raster order of the largest distance, for each object."""
    return _first_of_largest(voxels.squared, voxels.object_of, np.arange(len(voxels.squared)))


def farthest(voxels: Voxels, lengths: Floats) -> Index:
    """First voxel of the surface in raster order at the end of the longest path, per object."""
    surface = np.flatnonzero(voxels.is_surface)
    return _first_of_largest(lengths[surface], voxels.object_of[surface], surface)


def _first_of_largest(values: NDArray[Any], groups: Index, numbers: Index) -> Index:
    largest = np.full(int(groups.max()) + 1, -1.0)
    np.maximum.at(largest, groups, values)
    at = np.flatnonzero(values == largest[groups])
    return numbers[at[np.unique(groups[at], return_index=True)[1]]]
