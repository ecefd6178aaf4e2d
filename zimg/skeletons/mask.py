"""The mask of the objects: reduced, thresholded, cleaned."""

import math

from zimg._dispatch import array_namespace, device
from zimg._typing import Array, Namespace
from zimg.kernels.blocks import merged
from zimg.kernels.components import components
from zimg.kernels.morphology import combine_three
from zimg.kernels.widen import above_zero, widened
from zimg.skeletons.options import SkeletonizeConfig

NEIGHBOURS = 8
"""In the plane."""


def object_mask(volume: Array, options: SkeletonizeConfig, /) -> Array:
    """Compute the mask of the voxels of objects.

    Parameters
    ----------
    volume
        ``(Z, Y, X)`` of any real type; values up to 0 and NaN are background.
    options
        Options of reduction, threshold and cleaning.

    Returns
    -------
    Array
        Bool, reduced, on the device of `volume`.
    """
    xp = array_namespace(volume)
    if options.levelOp not in (1, 2) and (options.levelOp != 0 or options.level <= 0):
        mask = _reduced_mask(volume, options.factors, xp=xp)
    else:
        mask = thresholded(reduced_by(volume, options.factors, xp=xp), options, xp=xp)
    if options.removingBorder:
        mask = with_borders_closed(mask, xp=xp)
    return with_holes_filled(mask, xp=xp) if options.fillingHole else mask


def _reduced_mask(volume: Array, factors: tuple[int, int, int], *, xp: Namespace) -> Array:
    """Mask of blocks with a value above 0, with a byte per voxel instead of a wider type."""
    mask = above_zero(volume, xp=xp)
    fx, fy, fz = factors
    if max(factors) == 1:
        return mask
    return merged(xp.astype(mask, xp.uint8), (fz, fy, fx), "Max") > 0


def reduced_by(volume: Array, factors: tuple[int, int, int], /, *, xp: Namespace) -> Array:
    """Maximum of each block of (x, y, z) `factors`, at least 0."""
    if volume.dtype == xp.bool or not xp.isdtype(volume.dtype, "real floating"):
        small = volume.dtype in (xp.bool, xp.uint8, xp.int8, xp.int16)
        unsigned = volume.dtype == xp.uint64
        volume = xp.astype(volume, xp.int32) if small else widened(volume, xp=xp)
        if unsigned and volume.dtype == xp.int64:  # the upper half of uint64 is above every level
            most = xp.asarray(2**63 - 1, dtype=xp.int64, device=device(volume))
            volume = xp.where(volume < 0, most, volume)
    zero = xp.zeros((), dtype=volume.dtype, device=device(volume))
    volume = xp.where(volume > zero, volume, zero)
    fx, fy, fz = factors
    return volume if max(factors) == 1 else merged(volume, (fz, fy, fx), "Max")


def thresholded(volume: Array, options: SkeletonizeConfig, /, *, xp: Namespace) -> Array:
    """Threshold by level and operation, as in the reference."""
    if options.levelOp in (1, 2) and options.level < 0:
        return xp.zeros_like(volume, dtype=xp.bool)
    limit = max(options.level, 0)
    if not xp.isdtype(volume.dtype, "real floating"):  # integers never equal a fraction
        if options.levelOp == 2 and limit != int(limit):
            return xp.zeros_like(volume, dtype=xp.bool)
        limit = math.ceil(limit) if options.levelOp == 1 else math.floor(limit)
    level = xp.asarray(limit, dtype=volume.dtype, device=device(volume))
    if options.levelOp == 1:
        return (volume > 0) & (volume < level)
    if options.levelOp == 2:
        return volume == level
    return volume > (level if options.levelOp == 0 else 0)


def with_borders_closed(mask: Array, /, *, xp: Namespace) -> Array:
    """Fill background with at most half of its neighbours in the plane in the background."""
    around = _neighbours_in_plane(~mask, xp=xp)
    there = _neighbours_in_plane(xp.ones_like(mask), xp=xp)
    return mask | (around <= there // 2)


def _neighbours_in_plane(mask: Array, /, *, xp: Namespace) -> Array:
    """Number of the 8 neighbours in the plane that are in the mask."""
    own = xp.astype(mask, xp.int32)
    lines = combine_three(own, 1, xp.add, xp=xp)
    return combine_three(lines, 2, xp.add, xp=xp) - own


def with_holes_filled(mask: Array, /, *, xp: Namespace) -> Array:
    """Fill background that is not 26-connected to the outer faces."""
    outside = ~mask
    for axis in range(3):  # a shell that connects everything at a face
        side = xp.ones(
            (*outside.shape[:axis], 1, *outside.shape[axis + 1 :]),
            dtype=xp.bool,
            device=device(mask),
        )
        outside = xp.concat([side, outside, side], axis=axis)
    labels = components(outside, connectivity=26, xp=xp)
    return mask | (labels[1:-1, 1:-1, 1:-1] > 1)  # 1 is the label of the first voxel, in the shell
