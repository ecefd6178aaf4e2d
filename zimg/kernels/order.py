"""Order statistics of an image: value of a rank, median, median filter."""

import math

from zimg._dispatch import array_namespace, device, hookable
from zimg._typing import Array, Namespace
from zimg.kernels.filters import edged
from zimg.ops import cut, jit, row_plan


@hookable
def ranked(values: Array, rank: int, /, *, xp: Namespace | None = None) -> Array:
    """Value at position `rank`, counted from 0, of the values in ascending order.

    Parameters
    ----------
    values
        Any shape, real, without NaN (not uint16, which some frameworks cannot sort).
    rank
        From 0 to the number of values less 1.
    xp
        Namespace of `values`; found from it when None.

    Returns
    -------
    Array
        ``()``, in the dtype and on the device of `values`.
    """
    xp = xp or array_namespace(values)
    found: Array = jit(_ranked, xp=xp)(values, rank, xp=xp)
    return found


def _ranked(values: Array, rank: int, *, xp: Namespace) -> Array:
    ordered = xp.reshape(xp.sort(xp.reshape(values, (-1,))), (-1, 1))  # `rank` may be traced
    return xp.reshape(ordered[rank, :], ())


def median(values: Array, /) -> Array:
    """Median of `values`, the lower of two in the middle, as `ranked` returns it."""
    size = 1
    for length in values.shape:
        size *= length
    return ranked(values, (size - 1) // 2)


@hookable
def median_box(
    volume: Array, sizes: tuple[int, int, int], /, *, xp: Namespace | None = None
) -> Array:
    """Median of the box around each voxel.

    Parameters
    ----------
    volume
        ``(Z, Y, X)``, floating, without NaN.
    sizes
        Odd lengths of the box along z, y, x. The border is repeated outside the volume.
    xp
        Namespace of `volume`; found from it when None.

    Returns
    -------
    Array
        Shape, dtype and device of `volume`.
    """
    xp = xp or array_namespace(volume)
    padded = edged(volume, tuple(size // 2 for size in sizes), xp=xp)
    medians = jit(_medians_of_rows, xp=xp)
    planes = []
    for z in range(volume.shape[0]):  # the boxes of some rows are in memory at a time
        slab = cut(padded, 0, z, z + sizes[0])
        rows = [
            medians(cut(slab, 1, first, last + sizes[1] - 1), sizes=sizes, xp=xp)
            for first, last in _rows_together(volume, math.prod(sizes), xp=xp)
        ]
        planes.append(rows[0] if len(rows) == 1 else xp.concat(rows, axis=0))
    return xp.stack(planes, axis=0)


def _rows_together(volume: Array, box: int, *, xp: Namespace) -> list[tuple[int, int]]:
    """First and last + 1 of the rows of a plane whose boxes of so many voxels are stacked."""
    _, height, width = volume.shape
    step = max(1, row_plan(xp=xp, on=device(volume)).slab // (width * box))
    return [(first, min(first + step, height)) for first in range(0, height, step)]


def _medians_of_rows(slab: Array, *, sizes: tuple[int, int, int], xp: Namespace) -> Array:
    """Medians of some rows of a plane from the planes and rows of their boxes, ``(Y, X)``."""
    depth, tall, wide = sizes
    height, width = slab.shape[1] - tall + 1, slab.shape[2] - wide + 1
    boxes = [
        slab[z, y : y + height, x : x + width]
        for z in range(depth)
        for y in range(tall)
        for x in range(wide)
    ]
    ordered = xp.sort(xp.stack(boxes, axis=-1), axis=-1)
    return xp.asarray(ordered[..., len(boxes) // 2], copy=True)  # a view would keep all boxes
