"""Smaller copies of a plane, each half as wide and high as the one before."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

SMALLEST = 512  # no level is made of a plane that is no larger: as the reference


def level_sizes(height: int, width: int) -> list[tuple[int, int]]:
    """Height and width of each level, the full one first; odd sizes are rounded up."""
    sizes = [(height, width)]
    while max(sizes[-1]) > SMALLEST:
        high, wide = sizes[-1]
        sizes.append(((high + 1) // 2, (wide + 1) // 2))
    return sizes


def levels(plane: NDArray[Any]) -> Iterator[NDArray[Any]]:
    """A ``(Y, X)`` plane and its smaller copies, of the same type, in the order of `level_sizes`.

    Notes
    -----
    A pixel is the mean of the four below it, at an odd edge of those that there are. Integers are
    rounded to the nearest and halves up, without overflow in any type.
    """
    yield plane
    for _ in level_sizes(*plane.shape)[1:]:
        plane = _halved(plane)
        yield plane


def _halved(plane: NDArray[Any]) -> NDArray[Any]:
    """The mean of blocks of 2 x 2 pixels; the last row or column counts twice when it is alone."""
    if plane.shape[0] % 2 or plane.shape[1] % 2:
        plane = np.pad(plane, [(0, n % 2) for n in plane.shape], mode="edge")
    corners = [plane[i::2, j::2] for i in (0, 1) for j in (0, 1)]
    return _mean_of_reals(corners) if plane.dtype.kind == "f" else _mean_of_integers(corners)


def _mean_of_reals(corners: list[NDArray[Any]]) -> NDArray[Any]:
    total = corners[0] * corners[0].dtype.type(0.25)  # divided first: the sum may be too large
    for corner in corners[1:]:
        total += corner * corner.dtype.type(0.25)
    return total


def _mean_of_integers(corners: list[NDArray[Any]]) -> NDArray[Any]:
    """Sums are taken in twice the bytes, those of 8 bytes in quotients and remainders."""
    dtype = corners[0].dtype
    if dtype.itemsize == 8:
        remainders = sum((corner & 3 for corner in corners), start=dtype.type(2))
        quotients = sum((corner >> 2 for corner in corners), start=dtype.type(0))
        result: NDArray[Any] = quotients + (remainders >> 2)
        return result
    total = corners[0].astype(np.dtype(f"{dtype.kind}{2 * dtype.itemsize}"))
    for corner in corners[1:]:
        total += corner
    total += 2
    total >>= 2
    return total.astype(dtype)
