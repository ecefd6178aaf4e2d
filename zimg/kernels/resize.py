"""Smoothing reduction of a volume by whole ratios."""

import math
from functools import reduce

from zimg._dispatch import array_namespace, device
from zimg._typing import Array, DType, Namespace
from zimg.ops import jit
from zimg.ops.gather import index_dtype


def reduced(volume: Array, ratios: tuple[int, ...], /) -> Array:
    """`volume` with fewer voxels along each axis, each a weighted mean of those that it covers.

    Parameters
    ----------
    volume
        ``(Z, Y, X)``, real.
    ratios
        Whole numbers of at least 1, in the order z, y, x.

    Returns
    -------
    Array
        ``ceil(n / ratio)`` voxels per axis, in the dtype and on the device of `volume`; integers
        are rounded half away from zero and kept inside their type.

    Raises
    ------
    ValueError
        For a ratio below 1 or not whole.

    Notes
    -----
    Per axis the cubic convolution kernel of Keys with a = -1/2 (doi:10.1109/TASSP.1981.1163711),
    stretched by the old over the new size so that it smooths; outside the volume the border voxel
    is repeated. Behaviour of the reference, whose integer values this reproduces. Computed in
    float64 where the device has it.
    """
    if any(ratio < 1 or ratio != int(ratio) for ratio in ratios):
        raise ValueError(f"ratios must be whole numbers of at least 1, got {ratios}")
    xp = array_namespace(volume)
    if all(ratio == 1 for ratio in ratios):
        return volume
    values = xp.astype(volume, widest_float(volume, xp=xp))
    for axis, ratio in enumerate(ratios):
        values = jit(_reduced_along, xp=xp)(values, axis=axis, ratio=int(ratio), xp=xp)
    return in_type(values, volume.dtype, xp=xp)


def widest_float(volume: Array, *, xp: Namespace) -> DType:
    """float64 where the device has it, else float32."""
    floats = xp.__array_namespace_info__().dtypes(device=device(volume), kind="real floating")
    return floats.get("float64", floats["float32"])


def _reduced_along(values: Array, *, axis: int, ratio: int, xp: Namespace) -> Array:
    """Sum over the taps of the kernel, read for all new voxels at once."""
    length = values.shape[axis]
    size = math.ceil(length / ratio)
    if size == length:
        return values
    index, weight = _taps(length, size, values, xp=xp)
    along = tuple(-1 if a == axis else 1 for a in range(3))
    parts = (
        xp.take(values, index[tap, :], axis=axis) * xp.reshape(weight[tap, :], along)
        for tap in range(index.shape[0])
    )
    return reduce(xp.add, parts)


def _taps(length: int, size: int, values: Array, *, xp: Namespace) -> tuple[Array, Array]:
    """Voxels that each new voxel reads and their weights, ``(taps, size)`` both."""
    options = {"dtype": values.dtype, "device": device(values)}
    scale = length / size
    reach = math.ceil(2 * scale)
    centre = (xp.arange(size, **options) + 0.5) * scale - 0.5
    index = xp.floor(centre) + xp.reshape(xp.arange(-reach, reach + 2, **options), (-1, 1))
    weight = _keys(xp.abs((index - centre) / scale), xp=xp)
    inside = xp.astype(xp.clip(index, 0.0, length - 1.0), index_dtype(xp=xp, on=device(values)))
    return inside, weight / xp.sum(weight, axis=0)


def _keys(distance: Array, *, xp: Namespace) -> Array:
    """Cubic convolution kernel with a = -1/2."""
    x = distance
    near, far = (1.5 * x - 2.5) * x * x + 1.0, ((-0.5 * x + 2.5) * x - 4.0) * x + 2.0
    return xp.where(x <= 1.0, near, xp.where(x < 2.0, far, 0.0))


def in_type(values: Array, dtype: DType, *, xp: Namespace) -> Array:
    """Floats as voxels: integers rounded and clipped, since the kernel overshoots at edges."""
    if not xp.isdtype(dtype, "integral"):
        return xp.astype(values, dtype)
    limits = xp.iinfo(dtype)
    low, high = float(limits.min), float(limits.max)
    if int(high) > int(limits.max):  # the float above the type: take the one below
        high *= 1.0 - float(xp.finfo(values.dtype).eps)
    nearest = xp.where(values < 0.0, xp.ceil(values - 0.5), xp.floor(values + 0.5))
    return xp.astype(xp.clip(nearest, low, high), dtype)
