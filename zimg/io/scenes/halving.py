"""Halve images by averaging pairs of voxels, as levels of pyramids do."""

from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray


def halved(planes: NDArray[Any], along: Sequence[int] = (0, 1)) -> NDArray[Any]:
    """Means of pairs of voxels along some axes, of the same type.

    Parameters
    ----------
    planes
        Any shape; where a size is odd, the last voxels are kept.
    along
        One to three axes; those of a plane when not given.

    Returns
    -------
    ndarray
        Integers are rounded to the nearest, halves up, without overflow in any type.
    """
    odd = [(0, planes.shape[axis] % 2 if axis in along else 0) for axis in range(planes.ndim)]
    if any(more for _, more in odd):
        planes = np.pad(planes, odd, mode="edge")
    corners = [planes[_every_second(planes.ndim, along, place)] for place in _corners(len(along))]
    return _mean_of_reals(corners) if planes.dtype.kind == "f" else _mean_of_integers(corners)


def _corners(count: int) -> list[tuple[int, ...]]:
    return list(product((0, 1), repeat=count))


def _every_second(rank: int, along: Sequence[int], place: Sequence[int]) -> tuple[slice, ...]:
    first = dict(zip(along, place, strict=True))
    return tuple(slice(first[a], None, 2) if a in first else slice(None) for a in range(rank))


def _mean_of_reals(corners: list[NDArray[Any]]) -> NDArray[Any]:
    part = corners[0].dtype.type(1 / len(corners))  # divide first: the sum may overflow
    total = corners[0] * part
    for corner in corners[1:]:
        total += corner * part
    return total


def _mean_of_integers(corners: list[NDArray[Any]]) -> NDArray[Any]:
    """Sums use twice the bytes; 8-byte integers use quotients and remainders."""
    dtype, half = corners[0].dtype, len(corners) // 2
    bits = half.bit_length()
    if dtype.itemsize == 8:
        low = dtype.type(2 * half - 1)
        remainders = sum((corner & low for corner in corners), start=dtype.type(half))
        quotients = sum((corner >> bits for corner in corners), start=dtype.type(0))
        result: NDArray[Any] = quotients + (remainders >> bits)
        return result
    total = corners[0].astype(np.dtype(f"{dtype.kind}{2 * dtype.itemsize}"))
    for corner in corners[1:]:
        total += corner
    total += total.dtype.type(half)
    total >>= bits
    return total.astype(dtype)
