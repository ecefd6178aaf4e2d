"""Arithmetic of voxels: the type of the left operand, saturated, and rounded half away from 0."""

import math
from collections.abc import Callable
from typing import Literal

from zimg._dispatch import array_namespace, device, hookable
from zimg._typing import Array, DType, Namespace
from zimg.kernels import whole
from zimg.ops import jit

Operation = Literal["add", "subtract", "multiply", "divide", "divide_or_zero"]

CHUNK = 1 << 17
"""Voxels that are computed together, so that temporaries stay small and in the cache."""


@hookable
def combined(
    left: Array, right: Array | float, /, operation: Operation, *, xp: Namespace | None = None
) -> Array:
    """`left` (operation) `right`, in the type of `left`.

    Parameters
    ----------
    left
        Any shape; bool, integer or floating.
    right
        Array of the same shape and framework, or a Python int (of any size) or float. A number is
        not 0 where it divides.
    operation
        ``divide_or_zero`` gives 0 where it would divide by 0.
    xp
        Namespace of `left`; found from it when None.

    Returns
    -------
    Array
        Shape, dtype and device of `left`; new memory.

    Notes
    -----
    - Integers and integers: exact, saturated at the range of `left`; quotients are cut toward
      zero, n/0 is the bound on the side of n, and 0/0 is 0. A bool is a number from 0 to 1.
    - Integers and floats: in floating point, rounded half away from zero, saturated; NaN is 0.
    - Floats: IEEE 754.

    Floating point is float32, or float64 where a float64 array or a Python float takes part and
    the device has it. Behaviour of the reference.
    """
    xp = xp or array_namespace(left)
    flat = xp.reshape(left, (-1,))
    if isinstance(right, int | float):
        if operation.startswith("divide") and _beyond(right, flat, xp=xp):
            return xp.zeros_like(left)
        compute, other = _with_number(flat, right, xp=xp)
    else:
        compute, other = (
            _real if _in_floats(left, right, xp=xp) else _exact,
            xp.reshape(right, (-1,)),
        )
    compiled, size = jit(compute, xp=xp), flat.shape[0]
    parts = []
    for at in (slice(i, min(i + CHUNK, size)) for i in range(0, size, CHUNK)):
        part = other if other.shape[0] == 1 else other[at]
        parts.append(compiled(flat[at], part, operation=operation, xp=xp))
    return xp.reshape(xp.concat(parts) if parts else xp.zeros_like(flat), left.shape)


def _with_number(
    flat: Array, number: float, /, *, xp: Namespace
) -> tuple[Callable[..., Array], Array]:
    """The operation for a number, and the number as an array of one element."""
    on = device(flat)
    if _in_floats(flat, number, xp=xp):
        kind = _precision(flat, number, xp=xp)
        return _real, xp.asarray([_as_float(number, kind, xp=xp)], dtype=kind, device=on)
    bits = whole.width(flat.dtype, xp=xp)
    top = (1 << bits) - 1
    # Beyond the largest size, sums and products of anything but 0 are saturated all the same.
    size = whole.spelled(min(abs(int(number)), top), bits)
    other = xp.asarray([size], dtype=whole.type_of_sizes(bits, xp=xp), device=on)
    return (_exact_with_negative if number < 0 else _exact_with_size), other


def _beyond(number: float, left: Array, /, *, xp: Namespace) -> bool:
    """Whether `number` is an integer beyond the range of `left`."""
    if _in_floats(left, number, xp=xp):
        return False
    return abs(number) >> whole.width(left.dtype, xp=xp) > 0  # type: ignore[operator]


def _as_float(number: float, kind: DType, /, *, xp: Namespace) -> float:
    """A number of any size as a float of `kind`, infinite if it overflows."""
    if abs(number) <= float(xp.finfo(kind).max) or number != number:
        return float(number)
    return math.copysign(math.inf, number)


def _in_floats(left: Array, right: Array | float, /, *, xp: Namespace) -> bool:
    if isinstance(right, float) or xp.isdtype(left.dtype, "real floating"):
        return True
    return not isinstance(right, int) and bool(xp.isdtype(right.dtype, "real floating"))


def _precision(left: Array, right: Array | float, /, *, xp: Namespace) -> DType:
    """The floating type to compute in."""
    kinds = xp.__array_namespace_info__().dtypes(device=device(left), kind="real floating")
    double = kinds.get("float64")
    kinds_of_both = (left.dtype, getattr(right, "dtype", left.dtype))  # for NumPy None is float64
    asked = isinstance(right, float) or double in kinds_of_both
    return double if double is not None and asked else xp.float32


def _exact(left: Array, right: Array, /, *, operation: Operation, xp: Namespace) -> Array:
    """Operation on two integer arrays."""
    bits = max(whole.width(x.dtype, xp=xp) for x in (left, right))
    return _exactly(left, whole.whole(right, bits, xp=xp), operation, xp=xp)


def _exact_with_size(left: Array, size: Array, /, *, operation: Operation, xp: Namespace) -> Array:
    """Operation on integers and a number of the given magnitude."""
    right = whole.Whole(size, None, whole.width(left.dtype, xp=xp))
    return _exactly(left, right, operation, xp=xp)


def _exact_with_negative(
    left: Array, size: Array, /, *, operation: Operation, xp: Namespace
) -> Array:
    """Operation on integers and a negative number of the given magnitude."""
    negative = xp.ones_like(size, dtype=xp.bool)
    right = whole.Whole(size, negative, whole.width(left.dtype, xp=xp))
    return _exactly(left, right, operation, xp=xp)


def _exactly(left: Array, right: whole.Whole, operation: Operation, /, *, xp: Namespace) -> Array:
    held = whole.whole(left, right.bits, xp=xp)
    unsigned = not xp.isdtype(left.dtype, "signed integer")
    if operation == "subtract" and unsigned and right.negative is None:
        result = whole.subtract_to_zero(held, right, xp=xp)
    else:
        result = getattr(whole, operation)(held, right, xp=xp)
    return whole.bounded(result, left.dtype, xp=xp)


def _real(left: Array, right: Array, /, *, operation: Operation, xp: Namespace) -> Array:
    """Operation in floating point."""
    kind = _precision(left, right, xp=xp)
    a, b = xp.astype(left, kind), xp.astype(right, kind)
    if operation == "divide_or_zero":
        result = xp.where(b == 0, 0.0, a / xp.where(b == 0, 1.0, b))
    else:
        result = getattr(xp, operation)(a, b)
    if xp.isdtype(left.dtype, "real floating"):
        return xp.astype(result, left.dtype)
    return _rounded(result, left.dtype, xp=xp)


def _rounded(values: Array, dtype: DType, /, *, xp: Namespace) -> Array:
    """Round floats to integers, ties away from zero, saturated; NaN becomes 0."""
    values = xp.where(xp.isnan(values), 0.0, values)
    bits = whole.width(dtype, xp=xp)
    if bits < 32:  # the bounds are floats
        low, high = whole.bounds(dtype, xp=xp)
        return xp.astype(_nearest(xp.clip(values, float(low), float(high)), xp=xp), dtype)
    half = 2.0 ** (bits - 1)
    size = xp.abs(_nearest(xp.clip(values, -2 * half, 2 * half), xp=xp))
    beyond = size >= 2 * half
    size = xp.where(beyond, 0.0, size)
    above = size >= half
    held = xp.astype(xp.where(above, size - half, size), whole.type_of_sizes(bits, xp=xp))
    held = xp.where(above, held ^ whole.spelled(1 << (bits - 1), bits), held)
    held = xp.where(beyond, whole.spelled((1 << bits) - 1, bits), held)
    return whole.bounded(whole.Whole(held, values < 0, bits), dtype, xp=xp)


def _nearest(values: Array, /, *, xp: Namespace) -> Array:
    """Round finite floats half away from zero; the fraction and its double are exact."""
    cut = xp.trunc(values)
    return cut + xp.trunc(2.0 * (values - cut))
