"""Maxima of an image: plateaus above their surroundings, and peaks of a distance image."""

from collections.abc import Callable
from functools import partial

from zimg._dispatch import array_namespace, device, hookable
from zimg._typing import Array, Namespace
from zimg.kernels.components import object_roots
from zimg.kernels.distance import listed_distance
from zimg.kernels.morphology import neighbourhood
from zimg.kernels.voxels import (
    Grid,
    Steps,
    flat_length,
    flattened,
    in_rows,
    joined_along_x,
    on_foreground,
    padded,
    parts_of,
    positions_in,
    voxel_list,
)
from zimg.kernels.widen import widened
from zimg.ops import gather, jit, scatter_max, to_host
from zimg.ops.gather import index_dtype
from zimg.ops.slabs import in_slabs


@hookable
def regional_maxima(volume: Array, /, *, xp: Namespace | None = None) -> Array:
    """One voxel of each regional maximum.

    A regional maximum is an 18-connected plateau of equal values above 0 that no 18-neighbour
    of its voxels exceeds; the border has fewer neighbours.

    Parameters
    ----------
    volume
        ``(Z, Y, X)``, real, without NaN.
    xp
        Namespace of `volume`; found from it when None.

    Returns
    -------
    Array
        ``(Z, Y, X)`` bool, on the device of `volume`: the first voxel of each plateau in raster
        order (z slowest).
    """
    xp = xp or array_namespace(volume)
    size = flat_length(volume, xp=xp)
    heights, peak = jit(_flat_heights, xp=xp)(volume, size=size, xp=xp)
    return on_foreground(
        _first_of_plateaus, peak, heights, shape=volume.shape, dtype=xp.bool, xp=xp
    )


def _flat_heights(volume: Array, *, size: int, xp: Namespace) -> tuple[Array, Array]:
    heights = in_slabs(partial(_heights, xp=xp), volume, reach=2, xp=xp)
    heights = padded(heights, size=size, xp=xp)
    return heights, heights > 0


def _heights(volume: Array, *, xp: Namespace) -> Array:
    """1 for voxels above 0 that no neighbour exceeds, 2 if an equal one has a higher neighbour.

    Zeros elsewhere; int8. The voxels of a plateau that is a maximum are all 1.
    """
    volume = widened(volume, xp=xp)
    peak = (volume > 0) & (volume == _highest(volume, xp=xp))
    beside = _highest(xp.where(peak, xp.zeros_like(volume), volume), xp=xp)
    return xp.astype(peak, xp.int8) + xp.astype(peak & (beside == volume), xp.int8)


def _highest(volume: Array, *, xp: Namespace) -> Array:
    return neighbourhood(volume, xp.maximum, connectivity=18, xp=xp)


def _first_of_plateaus(voxels: Array, heights: Array, *, grid: Grid, xp: Namespace) -> Array:
    """Whether voxels are the first of plateaus that are maxima."""
    root = object_roots(voxels, grid=grid, connectivity=18, xp=xp)
    own = xp.arange(root.shape[0], dtype=xp.int32, device=device(voxels))
    height = xp.astype(gather(heights, voxels, fill=0, xp=xp), xp.int32)
    return (root == own) & (scatter_max(height, root, root.shape[0], empty=0, xp=xp) == 1)


@hookable
def local_maxima(distance: Array, /, *, xp: Namespace | None = None) -> Array:
    """Strict maxima among 26 neighbours, ties broken by raster order.

    A voxel is one if its value is positive, larger than those of the 13 neighbours before it in
    raster order (z slowest) and not smaller than those of the 13 after it. Only values count:
    a plateau may have several such voxels, or none.

    Parameters
    ----------
    distance
        ``(Z, Y, X)``, integer (not unsigned), not negative.
    xp
        Namespace of `distance`; found from it when None.

    Returns
    -------
    Array
        ``(Z, Y, X)`` bool, on the device of `distance`.

    Notes
    -----
    Behaviour of the reference's seed extraction.
    """
    xp = xp or array_namespace(distance)
    return _at_peaks(distance, listed_peaks, xp=xp)


def _at_peaks(distance: Array, peaks: Callable[..., Array], *, xp: Namespace) -> Array:
    """The peaks of an image as a mask."""
    flat, shape = flattened(distance, xp=xp), distance.shape
    return on_foreground(_peaks, flat > 0, flat, peaks=peaks, shape=shape, dtype=xp.bool, xp=xp)


def _peaks(
    voxels: Array, flat: Array, *, grid: Grid, peaks: Callable[..., Array], xp: Namespace
) -> Array:
    """The peaks of a flat image that is above 0 at the voxels of a list."""
    return peaks(voxels, gather(flat, voxels, fill=0, xp=xp), grid=grid, xp=xp)


def listed_peaks(voxels: Array, values: Array, /, *, grid: Grid, xp: Namespace) -> Array:
    """`local_maxima` of an image that is 0 where the voxels of a list are not.

    Parameters
    ----------
    voxels
        ``(n,)`` of `voxel_list`.
    values
        ``(n,)``, integer (not unsigned): 0 for `OUTSIDE`, above 0 for the voxels.
    grid
        Of the volume.
    xp
        Namespace of the arrays.

    Returns
    -------
    Array
        ``(n,)`` bool.
    """
    positions = positions_in(voxels, grid, xp=xp)
    along_x = _along_x(positions, values, xp=xp)
    return _above(values, along_x, _in_rows(positions, values, grid, ROWS_AFTER, 1, xp=xp))


def listed_ridges(voxels: Array, values: Array, /, *, grid: Grid, xp: Namespace) -> Array:
    """`ridge_maxima` of an image that is 0 where the voxels of a list are not.

    Parameters and result are those of `listed_peaks`.
    """
    positions = positions_in(voxels, grid, xp=xp)
    along_x = _along_x(positions, values, xp=xp)
    found = _above(values, _in_rows(positions, values, grid, ROWS_AFTER, 0, xp=xp))
    for step in ((0, 1), (1, 0)):
        found = found | _above(
            values, along_x, _in_rows(positions, values, grid, (step,), 1, xp=xp)
        )
    return found


ROWS_AFTER = ((0, 1), (1, -1), (1, 0), (1, 1))
"""Steps (dz, dy) to the rows behind one that touch it; their opposites lead to those before."""

Highest = tuple[Array, Array]
"""Highest values of the neighbours before and behind each voxel, 0 where there are none."""


def _above(values: Array, *around: Highest) -> Array:
    """Whether values are higher than all before them and not lower than any behind."""
    found = [(values > before) & (values >= behind) for before, behind in around]
    return found[0] & found[1] if found[1:] else found[0]


def _along_x(positions: Array, values: Array, *, xp: Namespace) -> Highest:
    joined, none = joined_along_x(positions), xp.zeros_like(values[:1])
    before, behind = (xp.where(joined, each, 0) for each in (values[:-1], values[1:]))
    return xp.concat([none, before]), xp.concat([behind, none])


def _in_rows(
    positions: Array, values: Array, grid: Grid, steps: Steps, reach: int, *, xp: Namespace
) -> Highest:
    """In the rows opposite to `steps`, and in those at `steps`."""
    end = positions.shape[0] - 1

    def highest(rows: Steps) -> Array:
        found = xp.zeros_like(values)
        for part in parts_of(rows, positions.shape[0]):
            first, last = in_rows(positions, grid, part, reach=reach, missing=end, xp=xp)
            for way in (first, (first + last) // 2, last) if reach else (first,):
                found = xp.maximum(found, xp.max(gather(values, way, xp=xp), axis=0))
        return found

    return highest(tuple((-dz, -dy) for dz, dy in steps)), highest(steps)


@hookable
def distance_peaks(
    mask: Array, /, *, most: int, xp: Namespace | None = None
) -> tuple[Array, Array]:
    """Local maxima of the distance to the background, and their squared distances.

    Parameters
    ----------
    mask
        ``(Z, Y, X)`` bool. Everything outside the volume is background.
    most
        Squared distances above this count as this.
    xp
        Namespace of `mask`; found from it when None.

    Returns
    -------
    Array, Array
        Flat indices (z slowest) of the `local_maxima` of the squared distance to the background, in
        ascending order and the indexing dtype, and their squared distances, int32: both ``(n,)``,
        on the device of `mask`.
    """
    xp = xp or array_namespace(mask)
    voxels = voxel_list(mask, xp=xp)
    squared, peak = jit(_distance_peaks, xp=xp)(voxels, grid=Grid.of(mask.shape), most=most, xp=xp)
    count = int(to_host(xp.count_nonzero(peak)))
    chosen = voxel_list(peak, xp=xp)[:count]
    places = xp.astype(gather(voxels, chosen, xp=xp), index_dtype(xp=xp, on=device(mask)))
    return places, gather(squared, chosen, xp=xp)


def _distance_peaks(voxels: Array, *, grid: Grid, most: int, xp: Namespace) -> tuple[Array, Array]:
    squared = xp.clip(listed_distance(voxels, grid=grid, xp=xp), 0, most)
    return squared, listed_peaks(voxels, squared, grid=grid, xp=xp)


def ridge_maxima(distance: Array, /) -> Array:
    """Strict maxima among the 8 neighbours in at least one of the three planes through a voxel.

    Ties are broken by raster order, as in `local_maxima`, of whose voxels most are among these.

    Parameters
    ----------
    distance
        ``(Z, Y, X)``, integer (not unsigned), not negative.

    Returns
    -------
    Array
        ``(Z, Y, X)`` bool, on the device of `distance`: the middle lines of tubes, the middle
        surfaces of thicker objects.
    """
    return _at_peaks(distance, listed_ridges, xp=array_namespace(distance))
