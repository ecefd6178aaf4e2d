"""Arithmetic of images: results saturate, are rounded, and have the type of the left operand."""

from collections.abc import Iterator
from copy import deepcopy
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from zimg._dispatch import array_namespace, device
from zimg._errors import ZException
from zimg._typing import Array
from zimg.arrays.interop import framework_name, in_float32
from zimg.kernels.arithmetic import Operation, combined

if TYPE_CHECKING:
    from zimg.values.info import ZImgInfo

# Names of the operations in the reference, for errors.
_NAMES = {
    "add": "addition",
    "subtract": "subtraction",
    "multiply": "multiplication",
    "divide": "division",
    "divide_or_zero": "division",
}


class ImageArithmetic:
    """``+ - * /`` of an image with an image of the same size, an int or a float.

    The result is a new array with the type and metadata of the left operand. Integer types
    saturate. With a float operand, computation is in floating point and the result is rounded, half
    away from zero; between integers, all is exact and division truncates toward zero. Integer
    division by 0 gives the bound of the type with the sign of the dividend, and 0 / 0 is 0. bool is
    an integer from 0 to 1. In-place forms replace the arrays of the image; arrays that it shared
    are unchanged. There are no reflected forms and no arithmetic with arrays: wrap an array in a
    `ZImg` first.

    Notes
    -----
    Computation is in float64 if an operand is a float64 image or a Python float and the device
    supports it, otherwise in float32. Behaviour of the reference.
    """

    __array_ufunc__ = None  # NumPy arrays leave the operators to the image

    if TYPE_CHECKING:
        _arrays: list[Array]
        _info: ZImgInfo

        @classmethod
        def _of(cls, arrays: Any, info: ZImgInfo) -> Self: ...

        def _rebind(self, arrays: Any) -> None: ...

    def __add__(self, other: object) -> Self:
        return self._new("add", other)

    def __sub__(self, other: object) -> Self:
        return self._new("subtract", other)

    def __mul__(self, other: object) -> Self:
        return self._new("multiply", other)

    def __truediv__(self, other: object) -> Self:
        return self._new("divide", other)

    def __iadd__(self, other: object) -> Self:
        return self._replaced("add", other)

    def __isub__(self, other: object) -> Self:
        return self._replaced("subtract", other)

    def __imul__(self, other: object) -> Self:
        return self._replaced("multiply", other)

    def __itruediv__(self, other: object) -> Self:
        return self._replaced("divide", other)

    def secureDivideBy(self, rhs: Self) -> Self:
        """Divide voxel by voxel by `rhs`; the result is 0 where `rhs` is 0.

        Parameters
        ----------
        rhs
            Image of the same size, framework and device; any dtype.

        Returns
        -------
        ZImg
            New image with the type and metadata of this one.

        Raises
        ------
        TypeError
            If `rhs` is not an image, or has another framework or device.
        ZException
            If `rhs` has another size.
        """
        if not isinstance(rhs, ImageArithmetic):
            raise TypeError(f"secureDivideBy needs a ZImg, got {type(rhs).__name__}")
        return self._new("divide_or_zero", rhs)

    def _new(self, operation: Operation, other: object) -> Self:
        results = self._results(operation, other)
        return NotImplemented if results is None else self._of(results, deepcopy(self._info))

    def _replaced(self, operation: Operation, other: object) -> Self:
        results = self._results(operation, other)
        if results is None:
            return NotImplemented
        self._rebind(results)
        return self

    def _results(self, operation: Operation, other: object) -> list[Array] | None:
        """Arrays of all times, or None for an invalid operand."""
        number = _as_number(other)
        if isinstance(other, ImageArithmetic):
            _check_alike(self, other, operation)
            pairs: Iterator[Any] = zip(self._arrays, other._arrays, strict=True)
        elif number is None:
            return None
        elif number == 0 and operation == "divide":
            raise ZException("cannot divide an image by zero")
        else:
            pairs = ((array, number) for array in self._arrays)
        with np.errstate(all="ignore"):  # NumPy warns about cases that are specified here
            return [_combined(left, right, operation) for left, right in pairs]


def _combined(left: Array, right: Array | float, operation: Operation) -> Array:
    """`combined`; bfloat16, of which NumPy and its hooks know nothing, is computed in float32."""
    other = right if isinstance(right, int | float) else in_float32(right, "bfloat16")
    found = combined(in_float32(left, "bfloat16"), other, operation)
    return found if found.dtype == left.dtype else array_namespace(found).astype(found, left.dtype)


def _as_number(other: object) -> float | None:
    """Convert a Python or NumPy number to int or float; None for anything else."""
    if isinstance(other, int | np.integer | np.bool_):
        return int(other)
    return float(other) if isinstance(other, float | np.floating) else None


def _check_alike(left: ImageArithmetic, right: ImageArithmetic, operation: Operation) -> None:
    """Refuse operands of different sizes, frameworks or devices."""
    if left._info.size != right._info.size:
        raise ZException(
            f"img {_NAMES[operation]} requires images of the same size (X, Y, Z, C, T): "
            f"left is {tuple(left._info.size)}, right is {tuple(right._info.size)}"
        )
    places = [_place(image) for image in (left, right)]
    if places[0] != places[1]:
        raise TypeError(
            f"operands must have the same framework and device: left is {places[0]}, right is "
            f"{places[1]}; convert one with ZImg.to"
        )


def _place(image: ImageArithmetic) -> str:
    arrays = image._arrays
    return f"{framework_name(arrays[0])} on {device(arrays[0])}" if arrays else "empty"
