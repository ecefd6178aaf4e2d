"""Conversion of voxels to types that every framework can compute with."""

from zimg._dispatch import device
from zimg._typing import Array, DType, Namespace


def widened(values: Array, /, *, xp: Namespace) -> Array:
    """`values` in a type that every framework can compare, add and read.

    PyTorch stores uint16, uint32 and uint64, but has no arithmetic for them (pytorch#58734).

    Parameters
    ----------
    values
        Any shape, real.
    xp
        Namespace of `values`.

    Returns
    -------
    Array
        uint16 as int32; uint32 and uint64 as int64 where the framework has that; all other types
        as they are. Values of uint64 must be below 2^63.
    """
    if values.dtype == xp.uint16:
        return xp.astype(values, xp.int32)
    if values.dtype in (xp.uint32, xp.uint64):
        return xp.astype(values, _long(xp=xp) or values.dtype)
    return values


def above_zero(values: Array, /, *, xp: Namespace) -> Array:
    """Whether values are above 0, for every type; False for NaN."""
    if values.dtype == xp.bool:
        return values
    if values.dtype == xp.uint64:  # the upper half is negative where it is widened
        return widened(values, xp=xp) != 0
    return widened(values, xp=xp) > 0


def widest_float(x: Array, /, *, xp: Namespace) -> DType:
    """float64 where the device of `x` has it, else float32."""
    floats = xp.__array_namespace_info__().dtypes(device=device(x), kind="real floating")
    return floats.get("float64", floats["float32"])


def _long(*, xp: Namespace) -> DType | None:
    """The 64-bit integer of a namespace, or None where it is switched off (JAX)."""
    return xp.__array_namespace_info__().dtypes(kind="signed integer").get("int64")
