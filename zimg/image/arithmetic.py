"""Arithmetic of images: saturating, rounding, of the type of the left operand."""

from collections.abc import Iterator
from copy import deepcopy
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from zimg._dispatch import device
from zimg._errors import ZException
from zimg._typing import Array
from zimg.arrays.interop import framework_name
from zimg.kernels.arithmetic import Operation, combined

if TYPE_CHECKING:
    from zimg.values.info import ZImgInfo

# What the reference calls the operations when sizes differ.
_NAMES = {
    "add": "addition",
    "subtract": "subtraction",
    "multiply": "multiplication",
    "divide": "division",
    "divide_or_zero": "division",
}


class ImageArithmetic:
    """``+ - * /`` of an image with an image of its size, an int or a float.

    The result has the type and metadata of the left operand, in new memory. Integer types saturate
    at their range. A float operand is computed with in floating point and the result rounded, half
    away from zero; between integers all is exact and division cuts toward zero. Where integers are
    divided by 0 the result is the bound of the type on the side of the dividend, and 0 / 0 is 0.
    bool is an integer from 0 to 1. In-place forms replace the arrays of the image, so arrays that
    it shared are left as they are.

    There are no reflected forms, and no arithmetic with arrays: wrap an array in a `ZImg` first.

    Notes
    -----
    float64 is used where a float64 image or a Python float takes part and the device has it,
    float32 otherwise. Behaviour of the reference.
    """

    __array_ufunc__ = None  # makes NumPy arrays leave the operators to the image

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
        """Voxel by voxel this image over `rhs`, 0 where `rhs` is 0; this image is unchanged.

        Parameters
        ----------
        rhs
            Image of the same size, framework and device; any dtype.

        Returns
        -------
        ZImg
            Of the type and metadata of this image.

        Raises
        ------
        TypeError
            If `rhs` is no image, or is of another framework or device.
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
        """The arrays of all times, or None for an operand that is none."""
        number = _as_number(other)
        if isinstance(other, ImageArithmetic):
            _check_alike(self, other, operation)
            pairs: Iterator[Any] = zip(self._arrays, other._arrays, strict=True)
        elif number is None:
            return None
        elif number == 0 and operation == "divide":
            raise ZException("cannot divide an image by zero; accepted is any other number")
        else:
            pairs = ((array, number) for array in self._arrays)
        with np.errstate(all="ignore"):  # what NumPy warns of is specified here
            return [combined(left, right, operation) for left, right in pairs]


def _as_number(other: object) -> float | None:
    """A Python or NumPy number as a Python int or float; None for anything else."""
    if isinstance(other, int | np.integer | np.bool_):
        return int(other)
    return float(other) if isinstance(other, float | np.floating) else None


def _check_alike(left: ImageArithmetic, right: ImageArithmetic, operation: Operation) -> None:
    """Refuse operands of different sizes, frameworks or devices."""
    if left._info.size != right._info.size:
        raise ZException(
            f"img {_NAMES[operation]} requires images of one size (X, Y, Z, C, T): "
            f"left is {tuple(left._info.size)}, right is {tuple(right._info.size)}"
        )
    places = [_place(image) for image in (left, right)]
    if places[0] != places[1]:
        raise TypeError(
            f"operands must be of one framework and device: left is {places[0]}, right is "
            f"{places[1]}; bring one over with to_arrays"
        )


def _place(image: ImageArithmetic) -> str:
    arrays = image._arrays
    return f"{framework_name(arrays[0])} on {device(arrays[0])}" if arrays else "empty"
