"""Order statistics of an image: value of a rank, median, median filter."""

from zimg._dispatch import array_namespace, hookable
from zimg._typing import Array, Namespace
from zimg.kernels.filters import edged
from zimg.kernels.morphology import cut
from zimg.ops import jit


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
    return xp.reshape(xp.sort(xp.reshape(values, (-1,)))[rank : rank + 1], ())


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
    of_plane = jit(_median_of_plane, xp=xp)
    # Plane by plane: the windows of one plane are in memory at a time.
    planes = [
        of_plane(cut(padded, 0, z, z + sizes[0]), sizes=sizes, xp=xp)
        for z in range(volume.shape[0])
    ]
    return xp.stack(planes, axis=0)


def _median_of_plane(slab: Array, *, sizes: tuple[int, int, int], xp: Namespace) -> Array:
    """Medians of one plane from the planes of its boxes, ``(Y, X)``."""
    depth, tall, wide = sizes
    height, width = slab.shape[1] - tall + 1, slab.shape[2] - wide + 1
    windows = [
        slab[z, y : y + height, x : x + width]
        for z in range(depth)
        for y in range(tall)
        for x in range(wide)
    ]
    return xp.sort(xp.stack(windows, axis=-1), axis=-1)[..., len(windows) // 2]
