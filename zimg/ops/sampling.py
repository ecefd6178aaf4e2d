"""Interpolated reads of a volume at fractional coordinates."""

from itertools import product

from zimg._dispatch import array_namespace, device, hookable
from zimg._typing import Array, Namespace
from zimg.ops.gather import gather, index_dtype


@hookable
def sample_linear(
    volume: Array, points: Array, /, *, fill_value: float = 0.0, xp: Namespace | None = None
) -> Array:
    """Interpolate `volume` linearly at fractional index positions.

    Parameters
    ----------
    volume
        ``(*grid)``, real; each grid axis in voxels.
    points
        ``(..., len(grid))``, floating and finite; the last axis is ordered like `volume`'s axes.
    fill_value
        What a voxel outside the grid contributes; a point between the border and the first voxel
        outside blends the two.
    xp
        Namespace of the arrays; found from `volume` when None.

    Returns
    -------
    Array
        ``(...)``, in the dtype and on the device of `points`.

    Notes
    -----
    Static shapes only, no host read: runs under ``jax.jit`` and is differentiable in `points`.
    For general use: tube kernels read packed corners instead.
    """
    xp, on = xp or array_namespace(volume, points), device(points)
    indexing = index_dtype(xp=xp, on=on)
    voxels = xp.reshape(volume, (-1,))
    corners = [
        _neighbours(points[..., axis], length, indexing, xp=xp)
        for axis, length in enumerate(volume.shape)
    ]
    total = xp.zeros(points.shape[:-1], dtype=points.dtype, device=on)
    for choice in product(*corners):
        index, inside, weight = choice[0]
        for length, (step, within, share) in zip(volume.shape[1:], choice[1:], strict=True):
            index, inside, weight = index * length + step, inside & within, weight * share
        # Clamped positions stay inside the flat volume, so only the mask decides what counts.
        value = xp.astype(gather(voxels, index, xp=xp), points.dtype) if voxels.shape[0] else total
        total = total + weight * xp.where(inside, value, fill_value)
    return total


def _neighbours(
    position: Array, length: int, indexing: object, *, xp: Namespace
) -> list[tuple[Array, Array, Array]]:
    """Index, "is inside" and weight of the two voxels around each position on one axis."""
    floor = xp.floor(position)
    fraction = position - floor
    # A cast of a float beyond the integers differs between frameworks: bring it near the grid.
    base = xp.astype(xp.clip(floor, -2.0, length + 1.0), indexing)
    found = []
    for step, weight in ((0, 1.0 - fraction), (1, fraction)):
        index = base + step
        inside = (index >= 0) & (index < length)
        found.append((xp.clip(index, 0, max(length - 1, 0)), inside, weight))
    return found
