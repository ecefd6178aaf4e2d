"""Integers as sign and magnitude: saturating sums, products and quotients.

No type is widened to hold a result: whether one fits is found by comparison beforehand. So 64 bits
are exact too, and unsigned numbers meet signed ones of the same width.
"""

from dataclasses import dataclass

from zimg._typing import Array, DType, Namespace


@dataclass(frozen=True, slots=True)
class Whole:
    """Numbers of at most `bits` bits: their sizes, and where they are negative (None: nowhere).

    Sizes of 32 and 64 bits are the bits of int32 and int64, read as unsigned, because PyTorch has
    no unsigned arithmetic, and JAX may have no 64 bits to spare. Those types wrap everywhere.
    """

    size: Array
    negative: Array | None
    bits: int

    @property
    def top(self) -> int:
        """The largest magnitude, in the type of `size`."""
        return spelled((1 << self.bits) - 1, self.bits)


def spelled(size: int, bits: int) -> int:
    """A magnitude in the type for magnitudes of `bits` bits."""
    return size - (1 << bits) if bits >= 32 and size >> (bits - 1) else size


def type_of_sizes(bits: int, *, xp: Namespace) -> DType:
    """The type for magnitudes of `bits` bits that every framework can compute with."""
    return {8: xp.uint8, 16: xp.int32, 32: xp.int32}.get(bits) or xp.int64


def width(dtype: DType, *, xp: Namespace) -> int:
    """Bits of an integer type; bool counts as 8."""
    return 8 if dtype == xp.bool else int(xp.iinfo(dtype).bits)


def whole(values: Array, bits: int, *, xp: Namespace) -> Whole:
    """Integers or bools as sign and magnitude."""
    size = xp.astype(values, type_of_sizes(bits, xp=xp))
    if not xp.isdtype(values.dtype, "signed integer"):
        return Whole(size, None, bits)
    negative = values < 0
    return Whole(xp.where(negative, 0 - size, size), negative, bits)


def bounds(dtype: DType, *, xp: Namespace) -> tuple[int, int]:
    """Smallest and largest number of an integer type; bool is one from 0 to 1."""
    if dtype == xp.bool:
        return 0, 1
    return int(xp.iinfo(dtype).min), int(xp.iinfo(dtype).max)


def bounded(value: Whole, dtype: DType, *, xp: Namespace) -> Array:
    """Saturate to the range of `dtype`."""
    size, negative = value.size, value.negative
    _, bound = bounds(dtype, xp=xp)
    if not xp.isdtype(dtype, "signed integer"):
        if bound < (1 << value.bits) - 1:
            size = _at_most(size, xp.full_like(size, bound), value.bits, xp=xp)
        size = size if negative is None else xp.where(negative, 0, size)
    elif negative is None:
        size = _at_most(size, xp.full_like(size, bound), value.bits, xp=xp)
    else:
        limit = xp.astype(negative, size.dtype) + bound
        size = _at_most(size, limit, value.bits, xp=xp)
        size = xp.where(negative, 0 - size, size)
    return xp.astype(size, dtype)


def add(a: Whole, b: Whole, *, xp: Namespace) -> Whole:
    """Saturating sum."""
    total = a.size + _at_most(b.size, a.top - a.size, a.bits, xp=xp)
    if a.negative is None and b.negative is None:
        return Whole(total, None, a.bits)
    mine, other = _signs(a, b, xp=xp)
    smaller = _less(a.size, b.size, a.bits)
    apart = xp.where(smaller, b.size - a.size, a.size - b.size)
    size = xp.where(mine == other, total, apart)
    return Whole(size, xp.where(smaller, other, mine), a.bits)


def subtract(a: Whole, b: Whole, *, xp: Namespace) -> Whole:
    """Saturating difference."""
    if a.negative is None and b.negative is None:
        smaller = _less(a.size, b.size, a.bits)
        return Whole(xp.where(smaller, b.size - a.size, a.size - b.size), smaller, a.bits)
    negative = xp.ones_like(b.size, dtype=xp.bool) if b.negative is None else ~b.negative
    return add(a, Whole(b.size, negative, b.bits), xp=xp)


def subtract_to_zero(a: Whole, b: Whole, *, xp: Namespace) -> Whole:
    """Difference of numbers without signs, 0 where it would be negative."""
    return Whole(a.size - _at_most(b.size, a.size, a.bits, xp=xp), None, a.bits)


def multiply(a: Whole, b: Whole, *, xp: Namespace) -> Whole:
    """Saturating product."""
    sign = _product_sign(a, b)
    if a.bits < 32:  # products are below 2**32: those that wrap around are negative
        product = xp.astype(a.size, xp.int32) * xp.astype(b.size, xp.int32)
        size = xp.where((product < 0) | (product > a.top), a.top, product)
        return Whole(xp.astype(size, a.size.dtype), sign, a.bits)
    divisor = xp.where(b.size == 0, 1, b.size)
    most = _quotient(xp.full_like(divisor, a.top), divisor, a.bits, xp=xp)
    over = _less(most, a.size, a.bits) & (b.size != 0)
    return Whole(xp.where(over, a.top, a.size * b.size), sign, a.bits)


def divide(a: Whole, b: Whole, *, xp: Namespace) -> Whole:
    """Quotient, truncated toward zero; n / 0 saturates with the sign of n, 0 / 0 is 0."""
    size = _divided(a, b, xp=xp)
    size = xp.where((b.size == 0) & (a.size != 0), a.top, size)
    return Whole(size, _product_sign(a, b), a.bits)


def divide_or_zero(a: Whole, b: Whole, *, xp: Namespace) -> Whole:
    """Quotient, truncated toward zero; n / 0 is 0."""
    return Whole(_divided(a, b, xp=xp), _product_sign(a, b), a.bits)


def _divided(a: Whole, b: Whole, *, xp: Namespace) -> Array:
    zero = b.size == 0
    size = _quotient(a.size, xp.where(zero, 1, b.size), a.bits, xp=xp)
    return xp.where(zero, 0, size)


def _signs(a: Whole, b: Whole, *, xp: Namespace) -> tuple[Array, Array]:
    nowhere = xp.zeros_like(a.size, dtype=xp.bool)
    return tuple(nowhere if x.negative is None else x.negative for x in (a, b))


def _product_sign(a: Whole, b: Whole) -> Array | None:
    if a.negative is None or b.negative is None:
        return b.negative if a.negative is None else a.negative
    return a.negative != b.negative


def _less(a: Array, b: Array, bits: int) -> Array:
    """Whether magnitude a is below magnitude b; from 32 bits on the first bit is inverted."""
    if bits < 32:
        return a < b
    first = -(1 << (bits - 1))
    return (a ^ first) < (b ^ first)


def _at_most(size: Array, limit: Array, bits: int, *, xp: Namespace) -> Array:
    if bits < 32:
        return xp.minimum(size, limit)
    return xp.where(_less(limit, size, bits), limit, size)


def _quotient(a: Array, b: Array, bits: int, *, xp: Namespace) -> Array:
    """Quotient of magnitudes; b is not 0.

    Signed division serves 32 and 64 bits too: half of a fits, and the doubled quotient is at most
    one short (H. S. Warren, Hacker's Delight, 2nd ed., 9-3). A divisor above half of the range
    goes in once at most.
    """
    if bits < 32:
        return a // b
    short = 2 * (((a >> 1) & ((1 << (bits - 1)) - 1)) // xp.where(b < 0, 1, b))
    short = xp.where(b < 0, 0, short)
    return short + xp.astype(~_less(a - short * b, b, bits), a.dtype)
