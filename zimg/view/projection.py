"""Maximum projections of a volume, computed on its device."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from zimg._dispatch import array_namespace
from zimg._typing import Array, Namespace
from zimg.ops import to_host

Image = NDArray[np.float32]

PLANES_AT_ONCE = 16
"""Planes that are converted to float32 together, to bound the memory."""


class Projections(NamedTuple):
    """Largest values along each axis: ``(Y, X)``, ``(Z, X)``, ``(Z, Y)``, float32 on the host."""

    along_z: Image
    along_y: Image
    along_x: Image


def maximum_projections(volume: Array) -> Projections:
    """Largest value of a volume along z, y and x.

    Parameters
    ----------
    volume
        ``(Z, Y, X)`` array of any framework and any real or bool dtype; NaN is ignored.

    Returns
    -------
    Projections
        Three float32 NumPy arrays; only these leave the device. Pixels without finite values are 0.

    Raises
    ------
    ValueError
        If `volume` does not have three axes.
    """
    if volume.ndim != 3:
        raise ValueError(f"a volume must have three axes (z, y, x), got the shape {volume.shape}")
    depth, height, width = volume.shape
    if 0 in (depth, height, width):
        empty = ((height, width), (depth, width), (depth, height))
        return Projections(*(np.zeros(shape, np.float32) for shape in empty))
    xp = array_namespace(volume)
    slabs = [
        _project(volume[start : min(start + PLANES_AT_ONCE, depth), ...], xp)
        for start in range(0, depth, PLANES_AT_ONCE)
    ]
    along_z, along_y, along_x = zip(*slabs, strict=True)
    return Projections(
        _finite(xp.max(xp.stack(along_z), axis=0)),
        _finite(xp.concat(along_y, axis=0)),
        _finite(xp.concat(along_x, axis=0)),
    )


def _project(slab: Array, xp: Namespace) -> tuple[Array, Array, Array]:
    usable = without_gaps(slab, xp)
    return xp.max(usable, axis=0), xp.max(usable, axis=1), xp.max(usable, axis=2)


def without_gaps(slab: Array, xp: Namespace) -> Array:
    """`slab` as float32, with minus infinity in place of values that are not finite."""
    wide = xp.astype(slab, xp.float32)
    return xp.where(xp.isfinite(wide), wide, -xp.inf)


def _finite(projection: Array) -> Image:
    host = to_host(projection).astype(np.float32)
    host[~np.isfinite(host)] = 0.0
    return host
