"""Order statistics of an image: value of a rank, median, median filter."""

import math

from zimg._dispatch import array_namespace, device, hookable
from zimg._typing import Array, Namespace
from zimg.kernels.filters import edged
from zimg.ops import gather, jit, row_plan, scatter_set
from zimg.ops.gather import index_dtype

TOGETHER = 2**20
"""Values of boxes that are sorted together; bounds the memory."""


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
    shape = tuple(length + size - 1 for length, size in zip(volume.shape, sizes, strict=True))
    steps = (shape[1] * shape[2], shape[2], 1)
    last = sum((length - 1) * step for length, step in zip(volume.shape, steps, strict=True))
    count = max(1, TOGETHER // math.prod(sizes))
    size = row_plan(xp=xp, on=device(volume)).words(math.prod(shape) + count)
    padded = jit(_padded, xp=xp)(volume, sizes=sizes, size=size, xp=xp)
    own, box = jit(_box, xp=xp)(padded, steps[0], steps[1], count=count, sizes=sizes, xp=xp)
    found, medians = padded, jit(_medians_from, xp=xp)
    for first in range(0, last + 1, count):
        found = medians(found, padded, own, box, first, xp=xp)
    return jit(_shaped, xp=xp)(found, shape=shape, within=volume.shape, xp=xp)


def _padded(volume: Array, *, sizes: tuple[int, int, int], size: int, xp: Namespace) -> Array:
    """A volume with its border repeated, flat and in one of the lengths that are compiled."""
    flat = xp.reshape(edged(volume, tuple(n // 2 for n in sizes), xp=xp), (-1,))
    missing = xp.zeros((size - flat.shape[0],), dtype=flat.dtype, device=device(flat))
    return xp.concat([flat, missing])


def _box(
    padded: Array, plane: int, row: int, *, count: int, sizes: tuple[int, int, int], xp: Namespace
) -> tuple[Array, Array]:
    """The first `count` voxels of a flat volume; distances of the voxels of a box, ``(1, n)``."""
    on, kind = device(padded), index_dtype(xp=xp, on=device(padded))
    z, y, x = (xp.arange(n, dtype=kind, device=on) for n in sizes)
    box = xp.reshape(z[:, None, None] * plane + y[:, None] * row + x, (1, -1))
    return xp.arange(count, dtype=kind, device=on), box


def _medians_from(
    found: Array, padded: Array, own: Array, box: Array, first: int, *, xp: Namespace
) -> Array:
    """`found` with the medians of as many boxes as `own` has, from the voxel `first` on."""
    own = own + first
    ordered = xp.sort(gather(padded, xp.reshape(own, (-1, 1)) + box, xp=xp), axis=1)
    return scatter_set(found, own, ordered[:, box.shape[1] // 2], xp=xp)


def _shaped(
    flat: Array, *, shape: tuple[int, ...], within: tuple[int, ...], xp: Namespace
) -> Array:
    """The first voxels along each axis of a flat volume."""
    volume = xp.reshape(flat[: math.prod(shape)], shape)
    return volume[tuple(slice(0, n) for n in within)]
