"""Layout strings, which assign the axes of an array to the axes of an image."""

from functools import cache
from typing import NoReturn

from zimg._dispatch import array_namespace
from zimg._typing import Array

AXES = "CZYX"
TIME = "T"


def checked_layout(layout: str, shape: tuple[int, ...]) -> str:
    """Check that `layout` names every axis of an array once, and return it in capitals.

    Parameters
    ----------
    layout
        One letter per axis, in any order and case: Y and X, and optionally C, Z and T.
    shape
        Shape of the array.

    Raises
    ------
    ValueError
        Naming the layout, the shape and the accepted layouts.
    TypeError
        When the layout is not a string.
    """
    if not isinstance(layout, str):
        raise TypeError(f"layout must be a string of axis letters, got {layout!r}")
    letters = layout.upper()
    if not _is_sound(letters) or len(letters) != len(shape) or 0 in shape:
        _refuse(layout, letters, shape)
    return letters


@cache
def _is_sound(letters: str) -> bool:
    """Whether the letters are valid and unique and include Y and X."""
    return len(set(letters)) == len(letters) and {"Y", "X"} <= set(letters) <= set(AXES + TIME)


def _refuse(layout: str, letters: str, shape: tuple[int, ...]) -> NoReturn:
    """Raise the error for an invalid layout."""
    failure = f"layout {layout!r} for an array of shape {tuple(shape)}"
    if unknown := sorted(set(letters) - set(AXES + TIME)):
        raise ValueError(f"{failure}: letters must be T, C, Z, Y or X, got {', '.join(unknown)}")
    if len(set(letters)) != len(letters):
        raise ValueError(f"{failure}: each letter may occur only once")
    if not {"Y", "X"} <= set(letters):
        raise ValueError(f"{failure}: Y and X must be among the axes")
    if len(letters) != len(shape):
        raise ValueError(
            f"{failure}: expected one letter per axis, got {len(letters)} for {len(shape)} axes"
        )
    raise ValueError(f"{failure}: an image needs at least one voxel along every axis")


def time_points(x: Array, letters: str) -> list[Array]:
    """Split `x` with the axes `letters` into time points, as views if slices are views."""
    if TIME not in letters:
        return [x]
    axis = letters.index(TIME)
    before = (slice(None),) * axis
    return [x[(*before, t, ...)] for t in range(x.shape[axis])]


@cache
def permutation(letters: str) -> tuple[int, ...]:
    """Permutation of the axes `letters` (without T) to the order C, Z, Y, X."""
    return tuple(letters.index(axis) for axis in AXES if axis in letters)


def czyx_shape(shape: tuple[int, ...], letters: str) -> tuple[int, ...]:
    """Shape in the order C, Z, Y, X of an array with axes `letters`; missing axes have size 1."""
    if letters == AXES:
        return tuple(shape)
    return tuple(shape[letters.index(axis)] if axis in letters else 1 for axis in AXES)


def in_order(x: Array, letters: str) -> Array:
    """Permute `x` to the order C, Z, Y, X, leaving axes of size 1 in place."""
    order = permutation(letters)
    if order == tuple(sorted(order)):
        return x
    return array_namespace(x).permute_dims(x, order)


def moves_data(shape: tuple[int, ...], letters: str) -> bool:
    """Whether the order C, Z, Y, X requires more than moving axes of size 1."""
    order = [axis for axis in permutation(letters) if shape[axis] > 1]
    return order != sorted(order)
