"""The foreground of a mask as numbered voxels with their properties."""

import math
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from zimg._dispatch import array_namespace, device
from zimg._errors import ZException
from zimg._typing import Array
from zimg.kernels.foreground import object_numbers, on_surface, planar_depth, spatial_depth
from zimg.kernels.geodesic import NEIGHBOURS, cheapest_paths
from zimg.ops import gather, to_host, upload
from zimg.skeletons.paths import Floats, Index, PathForest, path_forest

Radius = Literal["planar", "euclidean"]

# The reference stores squared distances in 16 bits: larger ones become this.
LARGEST, INSTEAD = 65535, 65534

MOST_VOXELS = 2**31 - 2
"""Largest box around the objects, since voxels have 32-bit numbers."""


@dataclass(frozen=True, slots=True)
class Voxels:
    """Foreground voxels, on the device of the mask and on the host.

    Attributes
    ----------
    shape
        Of the mask.
    flat, thickness
        ``(n,)`` flat indices in raster order, and squared distances to the background; on the
        device.
    squared
        ``(n,)`` the same distances; host.
    owner
        ``(n,)`` object of each voxel, from 0 in the order of their first voxels; host.
    """

    shape: tuple[int, int, int]
    flat: Array
    thickness: Array
    squared: NDArray[np.number]
    owner: NDArray[np.integer]

    @classmethod
    def of(
        cls,
        flat: Array,
        shape: tuple[int, int, int],
        /,
        *,
        smallest: int = 0,
        radius: Radius = "planar",
        height: float = 1.0,
    ) -> Self | None:
        """Measure the foreground of a mask; None if nothing is left of it.

        Parameters
        ----------
        flat
            ``(n,)`` int32 indices of the foreground, in order.
        shape
            Of the mask.
        smallest
            Objects with fewer voxels are dropped.
        radius
            Distance in the plane, in 16 bits as in the reference, or in space.
        height
            Height of a voxel in units of its width, for distances in space.
        """
        xp = array_namespace(flat)
        if not flat.shape[0]:
            return None
        owner: NDArray[Any] = to_host(object_numbers(flat, shape=shape, xp=xp))
        depth = planar_depth(flat, shape=shape, xp=xp)
        if radius == "euclidean":
            depth = spatial_depth(flat, depth, shape=shape, height=height, xp=xp)
        else:
            depth = xp.where(depth > LARGEST, INSTEAD, depth)
        if smallest > 0:
            kept = np.bincount(owner)[owner] >= smallest
            if not kept.any():
                return None
            owner = np.unique(owner[kept], return_inverse=True)[1].reshape(-1).astype(np.int32)
            chosen = upload(np.flatnonzero(kept), on=device(flat), dtype=np.int32, xp=xp)
            flat, depth = gather(flat, chosen, xp=xp), gather(depth, chosen, xp=xp)
        squared: NDArray[Any] = to_host(depth)
        return cls(shape, flat, depth, squared, owner)

    @property
    def indices(self) -> NDArray[np.integer]:
        """``(n,)`` flat indices in raster order; host."""
        flat: NDArray[Any] = to_host(self.flat)
        return flat

    @property
    def places(self) -> NDArray[np.int32]:
        """``(n, 3)`` indices z, y, x; host."""
        return np.stack(np.unravel_index(self.indices, self.shape), axis=1).astype(np.int32)

    @property
    def surface(self) -> NDArray[np.bool_]:
        """``(n,)`` whether a voxel has background or the border beyond one of its faces; host."""
        found: NDArray[Any] = to_host(on_surface(self.flat, shape=self.shape))
        return found

    def paths_from(self, sources: Index, steps: tuple[float, ...], /) -> PathForest:
        """Cheapest paths from the sources, one per object."""
        xp, on = array_namespace(self.flat), device(self.flat)
        starts = upload(sources, on=on, dtype=np.int32, xp=xp)
        _, *found = cheapest_paths(
            self.flat, self.thickness, starts, shape=self.shape, steps=steps, xp=xp
        )
        before: NDArray[Any] = to_host(found[0])
        rows: NDArray[Any] = to_host(found[1])
        return path_forest(before, rows, steps)

    def thickest(self) -> Index:
        """First voxel in raster order of the largest distance, for each object."""
        return _first_of_largest(self.squared, self.owner, np.arange(len(self.squared)))

    def farthest(self, surface: NDArray[np.bool_], lengths: Floats, /) -> Index:
        """Per object, the first surface voxel in raster order at the end of the longest path."""
        chosen = np.flatnonzero(surface)
        return _first_of_largest(lengths[chosen], self.owner[chosen], chosen)


def found_in(mask: Array, /, **measures: Any) -> Voxels | None:
    """Number the foreground of a mask; None if it is empty.

    Parameters
    ----------
    mask
        ``(Z, Y, X)`` bool.
    **measures
        As in `Voxels.of`.

    Raises
    ------
    ZException
        For a mask with too many voxels.
    """
    require_numbers(mask.shape)
    xp = array_namespace(mask)
    (flat,) = xp.nonzero(xp.reshape(mask, (-1,)))
    return Voxels.of(xp.astype(flat, xp.int32), mask.shape, **measures)


def require_numbers(shape: tuple[int, ...]) -> None:
    """Refuse a box with too many voxels."""
    if math.prod(shape) > MOST_VOXELS:
        raise ZException(
            f"objects fill a box of {shape} voxels, more than the {MOST_VOXELS} that can be "
            "numbered: reduce the volume with downsample="
        )


def steps_of(resolution: tuple[float, float]) -> tuple[float, ...]:
    """Lengths of the 26 steps for voxels of this size in the plane and along z."""
    in_plane, along_z = resolution
    if min(resolution) <= 0:  # behaviour of the reference
        return (1.0,) * len(NEIGHBOURS)
    return tuple(
        math.sqrt((dx * in_plane) ** 2 + (dy * in_plane) ** 2 + (dz * along_z) ** 2)
        for dz, dy, dx in NEIGHBOURS
    )


def _first_of_largest(values: NDArray[Any], groups: NDArray[np.integer], numbers: Index) -> Index:
    if not groups[-1] and not groups.any():  # one object, the common case
        return numbers[[int(np.argmax(values))]]
    largest = np.full(int(groups.max()) + 1, -1.0)
    np.maximum.at(largest, groups, values)
    at = np.flatnonzero(values == largest[groups])
    return numbers[at[np.unique(groups[at], return_index=True)[1]]]
