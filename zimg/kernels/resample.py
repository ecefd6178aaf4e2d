"""Separable resampling of a volume to any size."""

import math
from collections.abc import Callable

from zimg._dispatch import array_namespace, device
from zimg._typing import Array, Namespace
from zimg.kernels.resize import in_type, widest_float


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


RUN = 64
"""New voxels per matrix product: few enough that the matrix has few zeros."""


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
            values = _along(values, axis, size, kernel, smooth, xp=xp)
    return in_type(values, volume.dtype, xp=xp)


def _along(
    values: Array, axis: int, size: int, kernel: str, smooth: bool, *, xp: Namespace
) -> Array:
    """One axis resampled: a matrix product for each run of new voxels and the old ones it reads."""
    length, on = values.shape[axis], device(values)
    rows = [_row(place, length, length / size, kernel, smooth) for place in range(size)]
    before, after = values.shape[:axis], values.shape[axis + 1 :]
    lines = xp.reshape(values, (math.prod(before), length, math.prod(after)))
    parts = []
    for run in (rows[first : first + RUN] for first in range(0, size, RUN)):
        start, weights = _matrix(run)
        matrix = xp.asarray(weights, dtype=values.dtype, device=on)
        read = lines[:, start : start + len(weights[0]), :]
        if after:
            parts.append(xp.matmul(matrix, read))
        else:
            parts.append(xp.matmul(read[:, :, 0], xp.matrix_transpose(matrix))[:, :, None])
    return xp.reshape(xp.concat(parts, axis=1), (*before, size, *after))


def _matrix(rows: list[list[tuple[int, float]]]) -> tuple[int, list[list[float]]]:
    """First old voxel that some new ones read, and a row of weights for each of them."""
    start = min(i for row in rows for i, _ in row)
    stop = max(i for row in rows for i, _ in row) + 1
    matrix = [[0.0] * (stop - start) for _ in rows]
    for weights, row in zip(matrix, rows, strict=True):
        for i, weight in row:
            weights[i - start] += weight  # a border voxel may be read several times
    return start, matrix


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
