"""Axes of OME-Zarr images: identify t, c, z, y, x by name and type."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from zimg._errors import ZException

TYPES = {"t": "time", "c": "channel", "z": "space", "y": "space", "x": "space"}
ALL = tuple(TYPES)
_BY_TYPE = {"time": "t", "channel": "c"}  # types of which there is one axis, whatever its name


@dataclass(frozen=True, slots=True)
class Axis:
    """An axis: its letter (t, c, z, y or x) and its stated unit."""

    letter: str
    unit: str = ""


def read_axes(stated: Sequence[Any] | None) -> list[Axis]:
    """The axes of ``multiscales``, in stored order.

    Parameters
    ----------
    stated
        Objects (from version 0.4), names (0.3), or None (0.1 and 0.2: all five).

    Raises
    ------
    ZException
        Naming the unsupported, repeated or missing axis.
    """
    axes = [Axis(name) for name in ALL] if stated is None else [_axis(each) for each in stated]
    letters = [axis.letter for axis in axes]
    twice = {letter for letter in letters if letters.count(letter) > 1}
    if twice:
        raise ZException(f"axis {min(twice)!r} occurs twice")
    missing = {"y", "x"} - set(letters)
    if missing:
        raise ZException(f"axis {max(missing)!r} is missing: an image needs y and x")
    return axes


def _axis(stated: Any) -> Axis:
    if isinstance(stated, str):
        stated = {"name": stated}
    name, kind = str(stated.get("name", "")), stated.get("type")
    letter = name.lower() if name.lower() in ALL else _BY_TYPE.get(str(kind), "")
    if not letter or (kind is not None and kind != TYPES[letter]):
        raise ZException(
            f"axis {name!r} of type {kind!r} is not supported; accepted are t of type time, c of "
            "type channel, and z, y, x of type space"
        )
    return Axis(letter, str(stated.get("unit") or ""))


def axes_by_rank(rank: int, names: Sequence[str | None] | None) -> list[Axis]:
    """Axes of an array without OME metadata: its dimension names, else the last of t, c, z, y, x.

    Parameters
    ----------
    rank
        Number of axes: 2 for y, x, up to 5 for all.
    names
        Of the dimensions, where the array has them.
    """
    if names and all(name and name.lower() in ALL for name in names):
        return read_axes([str(name) for name in names])
    if not 2 <= rank <= len(ALL):
        raise ZException(f"an array of {rank} axes is not an image: expected 2 (y, x) to 5 axes")
    return [Axis(letter) for letter in ALL[-rank:]]
