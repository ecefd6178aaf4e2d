"""Conversion of resampled floats to the type of the voxels."""

from zimg._dispatch import device
from zimg._typing import Array, DType, Namespace


def in_type(values: Array, dtype: DType, *, xp: Namespace) -> Array:
    """Convert floats to voxels; integers are rounded half away from zero and saturated.

    Parameters
    ----------
    values
        Any shape, floating.
    dtype
        Type of the result; bool counts as an integer from 0 to 1.
    xp
        Namespace of `values`.
    """
    if xp.isdtype(dtype, "real floating"):
        return xp.astype(values, dtype)
    if dtype == xp.bool:
        return values >= 0.5
    limits = xp.iinfo(dtype)
    low, high = float(limits.min), float(limits.max)
    nearest = xp.floor(values + 0.5)
    if low < 0.0:
        nearest = xp.where(values < 0.0, xp.ceil(values - 0.5), nearest)
    if int(high) == int(limits.max):
        return xp.astype(xp.clip(nearest, low, high), dtype)
    below = high * (1.0 - float(xp.finfo(values.dtype).eps))  # `high` itself is above the type
    inside = xp.astype(xp.clip(nearest, low, below), dtype)
    return xp.where(
        nearest >= high, xp.asarray(limits.max, dtype=dtype, device=device(values)), inside
    )
