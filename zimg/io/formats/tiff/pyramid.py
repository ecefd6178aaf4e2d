"""Reduced copies of a plane, each half as wide and high as the one before."""

from collections.abc import Iterator
from typing import Any

from numpy.typing import NDArray

from zimg.io.scenes.halving import halved

SMALLEST = 512  # planes up to this size are not reduced further, as in the reference


def level_sizes(height: int, width: int) -> list[tuple[int, int]]:
    """Height and width of each level, full resolution first; odd sizes are rounded up."""
    sizes = [(height, width)]
    while max(sizes[-1]) > SMALLEST:
        high, wide = sizes[-1]
        sizes.append(((high + 1) // 2, (wide + 1) // 2))
    return sizes


def levels(plane: NDArray[Any]) -> Iterator[NDArray[Any]]:
    """A ``(Y, X)`` plane and its reduced copies, of the same type, in the order of `level_sizes`.

    Notes
    -----
    A pixel is the mean of four pixels of the level before, or fewer at an odd edge. Integers are
    rounded to nearest, halves up, without overflow in any type.
    """
    yield plane
    for _ in level_sizes(*plane.shape)[1:]:
        plane = halved(plane)
        yield plane
