"""Separable resampling of a volume to any size."""

import math
from collections.abc import Callable

from zimg._dispatch import array_namespace, device
from zimg._typing import Array, Namespace
from zimg.kernels.resize import in_type, widest_float
from zimg.ops.gather import index_dtype


def _box(x: float) -> float:
    return float(-0.5 <= x < 0.5)


def _triangle(x: float) -> float:
    return max(0.0, 1.0 - abs(x))


def _keys(x: float) -> float:
    """Cubic convolution with a = -1/2 (doi:10.1109/TASSP.1981.1163711)."""
    x = abs(x)
    if x <= 1.0:
        return (1.5 * x - 2.5) * x * x + 1.0
    return ((-0.5 * x + 2.5) * x - 4.0) * x + 2.0 if x < 2.0 else 0.0


def _lanczos(x: float, lobes: int) -> float:
    if x == 0.0 or abs(x) >= lobes:
        return float(x == 0.0)
    angle = math.pi * x
    return lobes * math.sin(angle) * math.sin(angle / lobes) / angle**2


# Kernel and how far it reaches, in old voxels.
_KERNELS: dict[str, tuple[Callable[[float], float], float]] = {
    "Nearest": (_box, 0.5),
    "Linear": (_triangle, 1.0),
    "Cubic": (_keys, 2.0),
    "Lanczos2": (lambda x: _lanczos(x, 2), 2.0),
    "Lanczos3": (lambda x: _lanczos(x, 3), 3.0),
}


def resampled(volume: Array, sizes: tuple[int, ...], kernel: str, *, smooth: bool) -> Array:
    """`volume` with another number of voxels along its axes.

    Parameters
    ----------
    volume
        ``(Z, Y, X)``, real.
    sizes
        New sizes, at least 1, in the order of the axes.
    kernel
        ``"Nearest"``, ``"Linear"``, ``"Cubic"``, ``"Lanczos2"`` or ``"Lanczos3"``.
    smooth
        Whether the kernel is widened by the old over the new size along axes that shrink.

    Returns
    -------
    Array
        Of `sizes`, in the dtype and on the device of `volume`; integers are rounded half away
        from zero once, at the end, and kept inside their type.

    Notes
    -----
    Voxel centres lie at half voxels, the border voxel is repeated and the weights sum to 1.
    Behaviour of the reference. Computed in float64 where the device has it.
    """
    if volume.shape == tuple(sizes):
        return volume
    xp = array_namespace(volume)
    values = xp.astype(volume, widest_float(volume, xp=xp))
    for axis, size in enumerate(sizes):
        if size != values.shape[axis]:
            taps = _taps(values.shape[axis], size, kernel, smooth)
            values = _along(values, taps, axis, xp=xp)
    return in_type(values, volume.dtype, xp=xp)


def _along(
    values: Array, taps: list[list[tuple[int, float]]], axis: int, *, xp: Namespace
) -> Array:
    """Weighted sum of the voxels that each tap reads for all new voxels at once."""
    on = device(values)
    shape = tuple(-1 if a == axis else 1 for a in range(values.ndim))
    total = None
    for tap in taps:
        index = xp.asarray([i for i, _ in tap], dtype=index_dtype(xp=xp, on=on), device=on)
        weight = xp.asarray([w for _, w in tap], dtype=values.dtype, device=on)
        part = xp.take(values, index, axis=axis) * xp.reshape(weight, shape)
        total = part if total is None else total + part
    return total


def _taps(length: int, size: int, kernel: str, smooth: bool) -> list[list[tuple[int, float]]]:
    """Voxel and weight per tap and new voxel; taps that no new voxel uses are left out."""
    rows = [_row(i, length, length / size, kernel, smooth) for i in range(size)]
    taps = [list(tap) for tap in zip(*rows, strict=True)]
    return [tap for tap in taps if any(weight for _, weight in tap)]


def _row(
    place: int, length: int, scale: float, kernel: str, smooth: bool
) -> list[tuple[int, float]]:
    """Voxels that one new voxel reads, and their weights."""
    function, support = _KERNELS[kernel]
    wide = max(scale, 1.0) if smooth else 1.0
    reach = math.ceil(support * wide)
    centre = (place + 0.5) * scale - 0.5
    near = [math.floor(centre) + step for step in range(-reach, reach + 2)]
    weights = [function((centre - i) / wide) for i in near]
    total = sum(weights)
    return [(min(max(i, 0), length - 1), w / total) for i, w in zip(near, weights, strict=True)]
