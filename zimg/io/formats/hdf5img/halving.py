"""Planes at half their size: means of two by two voxels."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

# Unsigned integers, and those of twice the width.
TWICE = {"uint8": np.uint16, "uint16": np.uint32, "uint32": np.uint64}


def halved(plane: NDArray[Any]) -> NDArray[Any]:
    """Means of two by two voxels.

    Parameters
    ----------
    plane
        ``(Y, X)``, of integers or floats.

    Returns
    -------
    ndarray
        ``(ceil(Y / 2), ceil(X / 2))`` of the same type; integers are rounded, a half goes up. The
        last voxel stands for the one that is missing where a size is odd.
    """
    odd = [(0, n % 2) for n in plane.shape]
    even = np.pad(plane, odd, mode="edge") if (0, 1) in odd else plane
    kind = plane.dtype.kind
    if kind == "f":
        return _mean_of_floats(even)
    if plane.dtype.itemsize == 8:
        return _mean_of_widest(even)
    if kind == "u":
        return _mean_of_unsigned(np.ascontiguousarray(even))
    # With the sign turned over they are in the same order, counted from 0.
    unsigned = np.ascontiguousarray(even).view(f"u{plane.dtype.itemsize}")
    sign = unsigned.dtype.type(1 << (8 * plane.dtype.itemsize - 1))
    return (_mean_of_unsigned(unsigned ^ sign) ^ sign).view(plane.dtype)


def _mean_of_unsigned(plane: NDArray[Any]) -> NDArray[Any]:
    """Neighbours along x are taken as one number of twice the width: no strided access."""
    wide = TWICE[plane.dtype.name]
    bits = 8 * plane.dtype.itemsize
    pairs = plane.view(wide)
    sums = pairs & wide((1 << bits) - 1)
    sums += pairs >> wide(bits)
    total = sums[::2] + sums[1::2]
    total += wide(2)
    total >>= wide(2)
    return total.astype(plane.dtype)


def _quarters(plane: NDArray[Any]) -> list[NDArray[Any]]:
    return [plane[y::2, x::2] for y in (0, 1) for x in (0, 1)]


def _mean_of_floats(plane: NDArray[Any]) -> NDArray[Any]:
    """Divided before they are added, so that the sum is not above the largest number."""
    quarter = plane.dtype.type(0.25)
    a, b, c, d = (part * quarter for part in _quarters(plane))
    mean: NDArray[Any] = (a + b) + (c + d)
    return mean


def _mean_of_widest(plane: NDArray[Any]) -> NDArray[Any]:
    """No type is wider: what is divided by 4 and what is left over are summed each."""
    two, three = plane.dtype.type(2), plane.dtype.type(3)
    whole, rest = np.zeros_like(plane[::2, ::2]), np.zeros_like(plane[::2, ::2])
    for part in _quarters(plane):
        whole += part >> two
        rest += part & three
    return whole + ((rest + two) >> two)
