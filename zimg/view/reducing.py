"""One plane of a volume: a projection or a section, computed on its device."""

from typing import Literal

import numpy as np

from zimg._dispatch import array_namespace
from zimg._typing import Array, Namespace
from zimg.ops import to_host
from zimg.view.projection import PLANES_AT_ONCE, Image, without_gaps

Plane = Literal["xy", "xz", "zy"]
Projection = Literal["max", "mean"]

AXIS = {"xy": 0, "xz": 1, "zy": 2}
"""Axis of ``(Z, Y, X)`` that is looked along, for each plane."""

MOST_PIXELS = 2048
"""Largest number of pixels on a side; larger planes are reduced."""


def plane_of(volume: Array, plane: Plane, how: Projection | int) -> Image:
    """Project a volume onto a plane, or cut it there.

    Parameters
    ----------
    volume
        ``(Z, Y, X)`` array of any framework and any real or bool dtype. NaN and infinite values are
        ignored.
    plane
        Axes across and down the picture.
    how
        ``"max"``, ``"mean"``, or the index of a section along the third axis.

    Returns
    -------
    numpy.ndarray
        ``(rows, columns)`` float32, finite; only it leaves the device. At most `MOST_PIXELS` on a
        side: larger planes keep the maximum of a block of pixels, or one pixel of a block for
        ``"mean"``.

    Raises
    ------
    IndexError
        If the volume has no such section.
    """
    axis = AXIS[plane]
    if 0 in volume.shape:
        return np.zeros(_shape(volume, axis), np.float32)
    xp = array_namespace(volume)
    if isinstance(how, str):
        host = to_host(_projected(volume, axis, how, xp))
    else:
        host = to_host(_section(volume, axis, how))
    image = np.asarray(host, dtype=np.float32)
    image = image.T if plane == "zy" else image
    return _reduced(np.where(np.isfinite(image), image, np.float32(0)), largest=how != "mean")


def _shape(volume: Array, axis: int) -> tuple[int, ...]:
    shape = tuple(size for place, size in enumerate(volume.shape) if place != axis)
    return shape[::-1] if axis == AXIS["zy"] else shape


def _section(volume: Array, axis: int, index: int) -> Array:
    size = volume.shape[axis]
    if not -size <= index < size:
        raise IndexError(f"section {index} is out of range for an axis of size {size}")
    place: list[slice | int] = [slice(None)] * 3
    place[axis] = index % size
    return volume[tuple(place)]


def _projected(volume: Array, axis: int, how: Projection, xp: Namespace) -> Array:
    """Maximum or mean along an axis, some planes at a time."""
    depth = volume.shape[0]
    slabs = [
        volume[start : min(start + PLANES_AT_ONCE, depth), ...]
        for start in range(0, depth, PLANES_AT_ONCE)
    ]
    if how == "max":
        parts = [xp.max(without_gaps(slab, xp), axis=axis) for slab in slabs]
        return xp.max(xp.stack(parts), axis=0) if axis == 0 else xp.concat(parts, axis=0)
    sums, counts = zip(*(_sums(slab, axis, xp) for slab in slabs), strict=True)
    if axis == 0:
        total, count = (xp.sum(xp.stack(each), axis=0) for each in (sums, counts))
    else:
        total, count = (xp.concat(each, axis=0) for each in (sums, counts))
    return total / xp.clip(count, min=1.0)


def _sums(slab: Array, axis: int, xp: Namespace) -> tuple[Array, Array]:
    """Sum and number of the finite values along an axis, float32."""
    wide = xp.astype(slab, xp.float32)
    usable = xp.isfinite(wide)
    values = xp.where(usable, wide, xp.zeros_like(wide))
    count = xp.sum(xp.astype(usable, xp.float32), axis=axis, dtype=xp.float32)
    return xp.sum(values, axis=axis, dtype=xp.float32), count


def _reduced(image: Image, *, largest: bool) -> Image:
    """`image` with at most `MOST_PIXELS` on a side."""
    for axis in (0, 1):
        block = -(-image.shape[axis] // MOST_PIXELS)
        if block > 1 and largest:
            image = np.maximum.reduceat(image, np.arange(0, image.shape[axis], block), axis=axis)
        elif block > 1:
            image = image[::block] if axis == 0 else image[:, ::block]
    return image
