"""Layout strings: which axis of an array is which axis of an image."""

from functools import cache
from typing import NoReturn

from zimg._dispatch import array_namespace
from zimg._typing import Array

AXES = "CZYX"
TIME = "T"


def checked_layout(layout: str, shape: tuple[int, ...]) -> str:
    """`layout` in capitals, when it names every axis of an array of `shape` once.

    Parameters
    ----------
    layout
        One letter per axis, in any order and case: Y and X, and optionally C, Z and T.
    shape
        Shape of the array.

    Raises
    ------
    ValueError
        Naming the layout, the shape and what would be accepted.
    TypeError
        When the layout is not a string.
    """
    if not isinstance(layout, str):
        raise TypeError(f"a layout is a string of axis letters, got {layout!r}")
    letters = layout.upper()
    if not _is_sound(letters) or len(letters) != len(shape) or 0 in shape:
        _refuse(layout, letters, shape)
    return letters


@cache
def _is_sound(letters: str) -> bool:
    """Whether each letter is known and stands once, Y and X among them."""
    return len(set(letters)) == len(letters) and {"Y", "X"} <= set(letters) <= set(AXES + TIME)


def _refuse(layout: str, letters: str, shape: tuple[int, ...]) -> NoReturn:
    """Say what is wrong with a layout for an array of `shape`."""
    told = f"layout {layout!r} for an array of shape {tuple(shape)}"
    if unknown := sorted(set(letters) - set(AXES + TIME)):
        raise ValueError(f"{told}: letters are T, C, Z, Y and X, got {', '.join(unknown)}")
    if len(set(letters)) != len(letters):
        raise ValueError(f"{told}: each letter may stand once")
    if not {"Y", "X"} <= set(letters):
        raise ValueError(f"{told}: Y and X must be among the axes")
    if len(letters) != len(shape):
        raise ValueError(f"{told}: one letter per axis, got {len(letters)} for {len(shape)} axes")
    raise ValueError(f"{told}: an image needs at least one voxel along every axis")


def time_points(x: Array, letters: str) -> list[Array]:
    """Arrays of `x` at each time, axes as in `letters` without T; views where slices are views."""
    if TIME not in letters:
        return [x]
    axis = letters.index(TIME)
    before = (slice(None),) * axis
    return [x[(*before, t, ...)] for t in range(x.shape[axis])]


@cache
def permutation(letters: str) -> tuple[int, ...]:
    """Order that brings the axes `letters` (without T) into the order C, Z, Y, X."""
    return tuple(letters.index(axis) for axis in AXES if axis in letters)


def czyx_shape(shape: tuple[int, ...], letters: str) -> tuple[int, ...]:
    """Shape in the order C, Z, Y, X of an array with axes `letters`; missing axes have size 1."""
    if letters == AXES:
        return tuple(shape)
    return tuple(shape[letters.index(axis)] if axis in letters else 1 for axis in AXES)


def in_order(x: Array, letters: str) -> Array:
    """`x` with its axes in the order C, Z, Y, X and those of size 1 left as they are."""
    order = permutation(letters)
    if order == tuple(sorted(order)):
        return x
    return array_namespace(x).permute_dims(x, order)


def moves_data(shape: tuple[int, ...], letters: str) -> bool:
    """Whether the order C, Z, Y, X needs more than moving axes of size 1."""
    order = [axis for axis in permutation(letters) if shape[axis] > 1]
    return order != sorted(order)
