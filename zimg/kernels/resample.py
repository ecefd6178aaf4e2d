"""Separable resampling of a volume to any size, in slabs."""

from collections.abc import Sequence
from dataclasses import dataclass

from zimg._dispatch import array_namespace, device
from zimg._typing import Array, DType, Namespace
from zimg.kernels.interpolation import Taps, taps
from zimg.kernels.resize import in_type
from zimg.kernels.widen import widest_float
from zimg.ops import gather
from zimg.ops.gather import index_dtype

Rows = Sequence[Taps]

DIGITS_OF_FLOAT32 = 24

VOXELS = 1 << 20
"""New voxels, before the planes shrink, that are worked on at once."""

FEWEST = 4
"""New planes that are worked on at once at least, because neighbours read the same old ones."""

RUN = 8
"""New voxels per matrix product: few, so that the matrix has few zeros, and the products of usual
planes stay below the size from which OpenBLAS uses threads, which then mostly wait for each other
(256 cubed to 128 cubed, float64: 0.15 s; 0.4 s with runs of 32; two cores)."""


def reduced(volume: Array, ratios: tuple[int, ...], /) -> Array:
    """Reduce `volume` along each axis; a new voxel is the weighted mean of the voxels it covers.

    Parameters
    ----------
    volume
        ``(Z, Y, X)``, real.
    ratios
        Whole numbers of at least 1, in the order z, y, x.

    Returns
    -------
    Array
        ``ceil(n / ratio)`` voxels per axis, as from `resampled` with a smoothing cubic kernel.

    Raises
    ------
    ValueError
        For a ratio below 1 or not whole.
    """
    if any(ratio < 1 or ratio != int(ratio) for ratio in ratios):
        raise ValueError(f"ratios must be whole numbers of at least 1, got {ratios}")
    sizes = tuple(-(-n // int(ratio)) for n, ratio in zip(volume.shape, ratios, strict=True))
    return resampled(volume, sizes, "Cubic", smooth=True)


def resampled(volume: Array, sizes: tuple[int, ...], kernel: str, *, smooth: bool) -> Array:
    """`volume` with another number of voxels along its axes.

    Parameters
    ----------
    volume
        ``(Z, Y, X)``, real or bool.
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
        from zero once, at the end, and kept inside their type. bool counts as 0 and 1.

    Notes
    -----
    Weights as in `zimg.kernels.interpolation.taps`, in float64 where the device has it. Where each
    new voxel reads one old one, it is copied as it is. Behaviour of the reference.
    """
    if volume.shape == tuple(sizes):
        return volume
    weights = [
        None if size == length else taps(length, size, kernel, smooth=smooth)
        for length, size in zip(volume.shape, sizes, strict=True)
    ]
    if all(each is None or max(map(len, each)) == 1 for each in weights):
        return _picked(volume, weights)
    return _weighted(volume, sizes, weights)


def _picked(volume: Array, weights: Sequence[Rows | None]) -> Array:
    """New voxels as copies of old ones."""
    xp, on = array_namespace(volume), device(volume)
    for axis, rows in enumerate(weights):
        if rows is None:
            continue
        places = [next(iter(row)) for row in rows]
        step = max(places[1] - places[0], 1) if len(places) > 1 else 1
        even = slice(places[0], places[-1] + 1, step)
        if places == list(range(even.start, even.stop, step)):
            volume = volume[(*(slice(None),) * axis, even, ...)]
        else:
            index = xp.asarray(places, dtype=index_dtype(xp=xp, on=on), device=on)
            volume = xp.moveaxis(gather(xp.moveaxis(volume, axis, 0), index, xp=xp), 0, axis)
    return volume


def _weighted(volume: Array, sizes: tuple[int, ...], weights: Sequence[Rows | None]) -> Array:
    """New voxels as weighted sums of old ones, in slabs, which bounds the memory."""
    xp = array_namespace(volume)
    dtype = _sum_type(volume, weights)
    within = [_passed(rows, axis, volume, dtype) for axis in (2, 1) if (rows := weights[axis])]
    planes = max(FEWEST, VOXELS // (volume.shape[1] * volume.shape[2]))
    parts = []
    for first in range(0, sizes[0], planes):
        start, passes = first, within
        stop = min(first + planes, sizes[0])
        if weights[0]:
            rows = weights[0][first:stop]
            start, stop = _extent(rows)
            moved = [{i - start: weight for i, weight in row.items()} for row in rows]
            across = _passed(moved, 0, volume, dtype)
            passes = sorted([across, *within], key=lambda each: each.growth)
        values = xp.astype(volume[start:stop, :, :], dtype)
        for each in passes:
            values = each.applied(values, xp=xp)
        parts.append(in_type(values, volume.dtype, xp=xp))
    return xp.concat(parts, axis=0)


@dataclass(frozen=True, slots=True)
class _Pass:
    """Resampling of one axis.

    Attributes
    ----------
    axis
        Which one.
    growth
        New size over the old one.
    runs
        For each run of new voxels: the old ones that it reads, and the matrix of their weights.
    """

    axis: int
    growth: float
    runs: list[tuple[slice, Array]]

    def applied(self, values: Array, *, xp: Namespace) -> Array:
        """`values`, floats, with the axis resampled."""
        if self.axis == 0:
            values = xp.moveaxis(values, 0, 1)
        if self.axis == 2:
            parts = [values[:, :, read] @ xp.matrix_transpose(m) for read, m in self.runs]
            return xp.concat(parts, axis=2)
        found = xp.concat([m @ values[:, read, :] for read, m in self.runs], axis=1)
        return found if self.axis == 1 else xp.moveaxis(found, 1, 0)


def _sum_type(volume: Array, weights: Sequence[Rows | None]) -> DType:
    """float32 where sums of these integers are exact in it, else float64 where the device has it.

    With weights from 0 to 1 in binary fractions, each axis adds their digits to those of a voxel.
    """
    xp = array_namespace(volume)
    if volume.dtype in (xp.bool, xp.uint8, xp.int8):
        axes = [[w for row in rows for w in row.values()] for rows in weights if rows]
        digits = (max(w.as_integer_ratio()[1].bit_length() - 1 for w in found) for found in axes)
        if min(map(min, axes)) > 0.0 and 8 + sum(digits) <= DIGITS_OF_FLOAT32:
            return xp.float32
    return widest_float(volume, xp=xp)


def _passed(rows: Rows, axis: int, volume: Array, dtype: DType) -> _Pass:
    """The pass along an axis that has these weights, for floats of a type."""
    xp, on, runs = array_namespace(volume), device(volume), []
    for first in range(0, len(rows), RUN):
        start, stop = _extent(run := rows[first : first + RUN])
        weights = [[row.get(i, 0.0) for i in range(start, stop)] for row in run]
        runs.append((slice(start, stop), xp.asarray(weights, dtype=dtype, device=on)))
    length = volume.shape[axis] if axis else _extent(rows)[1]
    return _Pass(axis, len(rows) / length, runs)


def _extent(rows: Rows) -> tuple[int, int]:
    """Half-open range of the old voxels that new voxels read."""
    return min(map(min, rows)), max(map(max, rows)) + 1
