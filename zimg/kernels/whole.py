"""Whole numbers as sign and size: sums, products and quotients that stop at a bound, never wrap.

No type is widened to hold a result: whether one fits is found by comparison beforehand. So 64 bits
are exact too, and unsigned numbers meet signed ones of the same width.
"""

from dataclasses import dataclass

from zimg._typing import Array, DType, Namespace
from zimg.kernels.widen import long_integer

_MINIMUM = -(1 << 63)
_MAXIMUM = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class Whole:
    """Numbers of at most `bits` bits: their sizes, and where they are negative (None: nowhere).

    Sizes of 8, 16 and 32 bits are held by types that PyTorch can compute with as well. Those of 64
    are the bits of int64, read as unsigned: int64 wraps in every framework.
    """

    size: Array
    negative: Array | None
    bits: int

    @property
    def top(self) -> int:
        """The largest size, as `size` spells it."""
        return spelled((1 << self.bits) - 1, self.bits)


def spelled(size: int, bits: int) -> int:
    """A size as a number of the type that holds sizes of `bits` bits."""
    return size - (1 << 64) if bits == 64 and size > _MAXIMUM else size


def type_of_sizes(bits: int, *, xp: Namespace) -> DType:
    """The type that holds sizes of `bits` bits and that every framework can compute with."""
    if bits == 8:
        return xp.uint8
    if bits == 16:
        return xp.int32
    return long_integer(xp=xp) or xp.uint32


def width(dtype: DType, *, xp: Namespace) -> int:
    """Bits of an integer type; bool counts as 8."""
    return 8 if dtype == xp.bool else int(xp.iinfo(dtype).bits)


def whole(values: Array, bits: int, *, xp: Namespace) -> Whole:
    """Integers or bools as sign and size."""
    size = xp.astype(values, type_of_sizes(bits, xp=xp))
    if not xp.isdtype(values.dtype, "signed integer"):
        return Whole(size, None, bits)
    negative = values < 0
    return Whole(xp.where(negative, 0 - size, size), negative, bits)


def bounded(value: Whole, dtype: DType, *, xp: Namespace) -> Array:
    """The nearest numbers that `dtype` can hold."""
    size, negative = value.size, value.negative
    bound = 1 if dtype == xp.bool else int(xp.iinfo(dtype).max)
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
    """Sum; sizes stop at the largest."""
    room = a.top - a.size
    total = xp.where(_less(room, b.size, a.bits), a.top, a.size + b.size)
    if a.negative is None and b.negative is None:
        return Whole(total, None, a.bits)
    mine, other = _signs(a, b, xp=xp)
    smaller = _less(a.size, b.size, a.bits)
    apart = xp.where(smaller, b.size - a.size, a.size - b.size)
    size = xp.where(mine == other, total, apart)
    return Whole(size, xp.where(smaller, other, mine), a.bits)


def subtract(a: Whole, b: Whole, *, xp: Namespace) -> Whole:
    """Difference; sizes stop at the largest."""
    negative = xp.ones_like(b.size, dtype=xp.bool) if b.negative is None else ~b.negative
    return add(a, Whole(b.size, negative, b.bits), xp=xp)


def multiply(a: Whole, b: Whole, *, xp: Namespace) -> Whole:
    """Product; sizes stop at the largest."""
    divisor = xp.where(b.size == 0, 1, b.size)
    most = _quotient(xp.full_like(divisor, a.top), divisor, a.bits, xp=xp)
    over = _less(most, a.size, a.bits) & (b.size != 0)
    return Whole(xp.where(over, a.top, a.size * b.size), _product_sign(a, b), a.bits)


def divide(a: Whole, b: Whole, *, xp: Namespace) -> Whole:
    """Quotient, cut toward zero; n / 0 is the largest size with the sign of n, 0 / 0 is 0."""
    size = _divided(a, b, xp=xp)
    size = xp.where((b.size == 0) & (a.size != 0), a.top, size)
    return Whole(size, _product_sign(a, b), a.bits)


def divide_or_zero(a: Whole, b: Whole, *, xp: Namespace) -> Whole:
    """Quotient, cut toward zero; n / 0 is 0."""
    return Whole(_divided(a, b, xp=xp), _product_sign(a, b), a.bits)


def _divided(a: Whole, b: Whole, *, xp: Namespace) -> Array:
    zero = b.size == 0
    size = _quotient(a.size, xp.where(zero, 1, b.size), a.bits, xp=xp)
    return xp.where(zero, 0, size)


def _signs(a: Whole, b: Whole, *, xp: Namespace) -> tuple[Array, Array]:
    nowhere = xp.zeros_like(a.size, dtype=xp.bool)
    return tuple(nowhere if x.negative is None else x.negative for x in (a, b))  # type: ignore[return-value]


def _product_sign(a: Whole, b: Whole) -> Array | None:
    if a.negative is None or b.negative is None:
        return b.negative if a.negative is None else a.negative
    return a.negative != b.negative


def _less(a: Array, b: Array, bits: int) -> Array:
    """Whether size a is below size b: in 64 bits, with the first bit turned round."""
    return (a ^ _MINIMUM) < (b ^ _MINIMUM) if bits == 64 else a < b


def _at_most(size: Array, limit: Array, bits: int, *, xp: Namespace) -> Array:
    return xp.where(_less(limit, size, bits), limit, size)


def _quotient(a: Array, b: Array, bits: int, *, xp: Namespace) -> Array:
    """Size a over size b, which is not 0.

    Signed division serves 64 bits too: half of a fits, and the doubled quotient is at most one
    short (H. S. Warren, Hacker's Delight, 2nd ed., 9-3). A divisor of 2^63 or more goes in once.
    """
    if bits < 64:
        return a // b
    short = 2 * (((a >> 1) & _MAXIMUM) // xp.where(b < 0, 1, b))
    short = xp.where(b < 0, 0, short)
    return short + xp.astype(~_less(a - short * b, b, bits), a.dtype)
