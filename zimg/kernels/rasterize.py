"""Rasterization of tapered capsules: the first capsule that contains each voxel."""

import math
from functools import reduce
from typing import NamedTuple

from zimg._dispatch import array_namespace, device
from zimg._typing import Array, Namespace
from zimg.ops import gather, jit, scatter_min
from zimg.ops.gather import index_dtype

NOTHING = 2**31 - 1
"""Value of voxels outside all capsules; larger than every number of a capsule."""


class Capsules(NamedTuple):
    """Capsules, or parts of them, each with the box of voxels to look at.

    A capsule holds the points that are no farther from its axis than the radius, which changes
    linearly along the axis, at the nearest point of the axis.

    Attributes
    ----------
    begin
        ``(n,)`` indices, ascending: the number that the first voxel of each box has among all
        voxels to look at. Below 0 where the first ones were looked at before.
    number
        ``(n,)`` indices, from 0 to below `NOTHING`: several parts may share the number of their
        capsule.
    corner, size
        ``(n, 3)`` indices z, y, x: first voxel and sizes, at least 1, of the boxes.
    start, step
        ``(n, 3)`` floats z, y, x, as lengths: from the centre of the first voxel to where the axis
        begins, and from there to its end.
    radius, taper
        ``(n,)`` floats: radius where the axis begins, and by how much larger it is at the end.
    """

    begin: Array
    number: Array
    corner: Array
    size: Array
    start: Array
    step: Array
    radius: Array
    taper: Array


def first_capsule(
    capsules: Capsules, /, *, count: int, shape: tuple[int, ...], spacing: tuple[float, ...]
) -> Array:
    """Smallest number of the capsules that contain the centre of each voxel.

    Parameters
    ----------
    capsules
        On one device.
    count
        How many voxels of all boxes together to look at, from 0 on.
    shape
        Sizes of the volume along z, y, x.
    spacing
        Sizes of a voxel along z, y, x, in the unit of the lengths.

    Returns
    -------
    Array
        Of `shape`, in the indexing dtype of the device; `NOTHING` where no capsule is.

    Notes
    -----
    Memory in proportion to `count` plus the volume. Static shapes, no host read.
    """
    xp = array_namespace(capsules.begin)
    return jit(_first, xp=xp)(*capsules, count=count, shape=shape, spacing=spacing, xp=xp)


def _first(
    *fields: Array, count: int, shape: tuple[int, ...], spacing: tuple[float, ...], xp: Namespace
) -> Array:
    capsules = Capsules(*fields)
    on = device(capsules.begin)
    index = xp.arange(count, dtype=index_dtype(xp=xp, on=on), device=on)
    part = xp.clip(xp.searchsorted(capsules.begin, index, side="right") - 1, 0)
    rest = index - gather(capsules.begin, part, xp=xp)
    place, within = _unravelled(rest, capsules.size, part, xp=xp)
    inside = within & _holds(capsules, part, place, spacing, xp=xp)
    at = [z + gather(capsules.corner[:, axis], part, xp=xp) for axis, z in enumerate(place)]
    flat = xp.where(inside, (at[0] * shape[1] + at[1]) * shape[2] + at[2], -1)
    number = gather(capsules.number, part, xp=xp)
    return xp.reshape(scatter_min(number, flat, math.prod(shape), empty=NOTHING, xp=xp), shape)


def _unravelled(
    rest: Array, size: Array, part: Array, *, xp: Namespace
) -> tuple[tuple[Array, ...], Array]:
    """Place z, y, x in the box of the voxel with a number in it, and whether the box has it."""
    z, y, x = (gather(size[:, axis], part, xp=xp) for axis in range(3))
    row = rest // x
    plane = row // y
    return (plane, row - plane * y, rest - row * x), plane < z


def _holds(
    capsules: Capsules,
    part: Array,
    place: tuple[Array, ...],
    spacing: tuple[float, ...],
    *,
    xp: Namespace,
) -> Array:
    """Whether the centres of voxels, each at its place in a box, are in the capsule of the box."""

    def column(values: Array, axis: int) -> Array:
        return gather(values[:, axis], part, xp=xp)

    kind = capsules.radius.dtype
    offset = [
        xp.astype(at, kind) * side - column(capsules.start, axis)
        for axis, (at, side) in enumerate(zip(place, spacing, strict=True))
    ]
    step = [column(capsules.step, axis) for axis in range(3)]
    length = _sum_of_products(step, step)
    along = _sum_of_products(offset, step) / xp.where(length > 0.0, length, 1.0)
    along = xp.clip(along, 0.0, 1.0)
    away = [o - along * s for o, s in zip(offset, step, strict=True)]
    radius, taper = (gather(x, part, xp=xp) for x in (capsules.radius, capsules.taper))
    reach = radius + along * taper
    return _sum_of_products(away, away) <= reach * reach


def _sum_of_products(a: list[Array], b: list[Array]) -> Array:
    return reduce(lambda total, term: total + term, (p * q for p, q in zip(a, b, strict=True)))
