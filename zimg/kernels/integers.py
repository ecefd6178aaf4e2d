"""Conversion of integers to types that every framework can compare and add; exact means."""

import math
from collections.abc import Callable
from functools import reduce

from zimg._dispatch import device
from zimg._typing import Array, DType, Namespace
from zimg.kernels.widen import widened

Pair = tuple[Array, Array]


def orderable(values: Array, /, *, xp: Namespace) -> Array:
    """`values` in a type that every framework can compare; `restored` is the inverse.

    Parameters
    ----------
    values
        Any shape, real or bool.
    xp
        Namespace of `values`.

    Returns
    -------
    Array
        bool as uint8; unsigned integers that no wider type holds as signed ones, less half of
        their range; other types as from `zimg.kernels.widen.widened`.
    """
    if values.dtype == xp.bool:
        return xp.astype(values, xp.uint8)
    signed = _moved_type(values, values.dtype, xp=xp)
    if signed is None:
        return widened(values, xp=xp)
    return xp.astype(values, signed) ^ int(xp.iinfo(signed).min)


def restored(values: Array, dtype: DType, /, *, xp: Namespace) -> Array:
    """Inverse of `orderable` for integers of `dtype`."""
    signed = _moved_type(values, dtype, xp=xp)
    return xp.astype(values if signed is None else values ^ int(xp.iinfo(signed).min), dtype)


def mean_of_blocks(values: Array, block: tuple[int, ...], /, *, xp: Namespace) -> Array:
    """Means of the blocks of integers, cut toward zero; exact for every type.

    Parameters
    ----------
    values
        ``(Z, Y, X)`` integers or bools, of whole blocks.
    block
        Voxels per block along z, y, x.
    xp
        Namespace of `values`.
    """
    count, moved = math.prod(block), _moved_type(values, values.dtype, xp=xp)
    held = values if moved is None else orderable(values, xp=xp)
    kind = _sum_type(held, count, xp=xp)
    if kind is not None:
        total = along_axes(xp.astype(held, kind), block, lambda a, b: a + b)
        mean = total // count
        rest = total - mean * count
    else:
        mean, rest = _mean_and_rest(held, block, count, xp=xp)
    if xp.isdtype(values.dtype, "signed integer"):
        mean = mean + xp.astype((mean < 0) & (rest > 0), mean.dtype)
    return restored(mean, values.dtype, xp=xp)


def mean_of_two(a: Array, b: Array, dtype: DType, /, *, xp: Namespace) -> Array:
    """Means of two results of `orderable`, truncated toward zero, as `dtype`."""
    mean = (a & b) + ((a ^ b) >> 1)  # exact and without overflow, rounded down
    if xp.isdtype(dtype, "signed integer"):
        mean = mean + xp.astype((mean < 0) & (((a ^ b) & 1) == 1), mean.dtype)
    return restored(mean, dtype, xp=xp)


def along_axes(values: Array, block: tuple[int, ...], combine: Callable[..., Array]) -> Array:
    """Combine blocks along one axis after another, planes first, which shrinks the rest."""
    for axis, side in enumerate(block):
        before = (slice(None),) * axis
        values = reduce(
            combine, [values[(*before, slice(j, None, side), ...)] for j in range(side)]
        )
    return values


def _moved_type(values: Array, dtype: DType, /, *, xp: Namespace) -> DType | None:
    """The signed type of equal width for unsigned integers without a wider type, else None."""
    if dtype == xp.uint64:
        return xp.int64
    known = xp.__array_namespace_info__().dtypes(device=device(values), kind="signed integer")
    return xp.int32 if dtype == xp.uint32 and "int64" not in known else None


def _sum_type(values: Array, count: int, /, *, xp: Namespace) -> DType | None:
    """The smallest signed type that holds sums of `count` such values, or None."""
    limits = xp.iinfo(xp.uint8 if values.dtype == xp.bool else values.dtype)
    largest = max(int(limits.max), -int(limits.min)) * count
    known = xp.__array_namespace_info__().dtypes(device=device(values), kind="signed integer")
    fitting = (known[name] for name in ("int16", "int32", "int64") if name in known)
    return next((kind for kind in fitting if largest <= int(xp.iinfo(kind).max)), None)


def _mean_and_rest(values: Array, block: tuple[int, ...], count: int, /, *, xp: Namespace) -> Pair:
    """Sums over `count` and what is left, without numbers larger than the values or the count."""
    mean = values // count
    rest = values - mean * count
    for axis, side in enumerate(block):
        before = (slice(None),) * axis
        parts = [(*before, slice(j, None, side), ...) for j in range(side)]
        pairs = [(mean[part], rest[part]) for part in parts]
        mean, rest = reduce(lambda a, b: _added(a, b, count, xp=xp), pairs)
    return mean, rest


def _added(a: Pair, b: Pair, count: int, /, *, xp: Namespace) -> Pair:
    rest = a[1] + b[1]
    over = rest >= count
    mean = a[0] + b[0] + xp.astype(over, rest.dtype)
    return mean, xp.where(over, rest - count, rest)
