"""What the axes of a NRRD file are: x, y, z, channels and times, their steps and units."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from zimg._errors import ZException
from zimg.io.units import number, usable

SPATIAL = ("domain", "space")
UNKNOWN = ("", "???", "none")
MOST_DIMENSIONS = 16
QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
VECTOR = re.compile(r"none|\([^()]*\)")


@dataclass(frozen=True, slots=True)
class Axes:
    """Axes by their letters.

    Parameters
    ----------
    order
        Letters of ``xyzct``, those that run fastest first; all five, absent ones last.
    sizes
        Number of samples of each axis of the file.
    steps
        Distance of samples where it is known.
    units
        Its unit where that is known.
    origin, origin_unit
        Where the first sample lies in space, and the unit of that; empty when not stated.
    """

    order: str
    sizes: dict[str, int]
    steps: dict[str, float]
    units: dict[str, str]
    origin: Sequence[float] = ()
    origin_unit: str = ""

    @classmethod
    def of(cls, fields: dict[str, str]) -> "Axes":
        """The axes of a header; a `ZException` when they are none of an image."""
        sizes = _sizes(fields)
        directions = VECTOR.findall(fields.get("space directions", ""))
        kinds = _listed(fields.get("kinds", "").lower().split(), len(sizes), "kinds")
        directions = _listed(directions, len(sizes), "space directions")
        letters = _letters(kinds, directions)
        spacings = _listed(fields.get("spacings", "").split(), len(sizes), "spacings")
        units = _listed(QUOTED.findall(fields.get("units", "")), len(sizes), "units")
        vectors = [_numbers(text) for text in directions]
        space = QUOTED.findall(fields.get("space units", ""))
        steps = [
            usable(math.hypot(*vector)) if vector else usable(spacing)
            for vector, spacing in zip(vectors, spacings, strict=True)
        ]
        names = [
            _unit_along(vector, space) if vector and space else unit
            for vector, unit in zip(vectors, units, strict=True)
        ]
        return cls(
            letters + "".join(axis for axis in "xyzct" if axis not in letters),
            dict(zip(letters, sizes, strict=True)),
            {axis: step for axis, step in zip(letters, steps, strict=True) if step},
            {axis: unit for axis, unit in zip(letters, names, strict=True) if unit},
            _place(fields.get("space origin", "")),
            space[0] if space else "",
        )


def _sizes(fields: dict[str, str]) -> list[int]:
    texts = fields.get("sizes", "").split()
    if not all(re.fullmatch(r"\d{1,18}", text) for text in texts):
        raise ZException(f"its sizes are {fields['sizes']!r}, not integers")
    dimension = fields.get("dimension", "")
    if not texts or dimension != str(len(texts)) or len(texts) > MOST_DIMENSIONS:
        raise ZException(f"its dimension is {dimension!r}, its sizes are {' '.join(texts)!r}")
    return [int(text) for text in texts]


def _listed(texts: Sequence[str], count: int, name: str) -> list[str]:
    """One text for each axis, empty ones when nothing is said."""
    if texts and len(texts) != count:
        raise ZException(f"it has {len(texts)} {name} for {count} axes")
    return list(texts) or [""] * count


def _letters(kinds: list[str], directions: list[str]) -> str:
    """What each axis is: by its kind, otherwise by its place; a fourth one in space is time."""
    spatial, found = iter("xyzt"), ""
    for place, (kind, direction) in enumerate(zip(kinds, directions, strict=True)):
        nowhere = kind in UNKNOWN and direction == "none"
        if kind == "time" or (nowhere and place == 3):
            letter = "t"
        elif kind in (*SPATIAL, *UNKNOWN) and not nowhere:
            letter = next(spatial, "?")
        else:
            letter = "c"  # vector, list, RGB-color, ...: parts of what is measured at one place
        found += letter
    if "?" in found or len(set(found)) != len(found) or "x" not in found:
        raise ZException(
            f"its {len(kinds)} axes of kinds {' '.join(kinds).strip()!r} are no image; accepted "
            "are up to 3 in space, one of time, and one of vectors or lists"
        )
    return found


def _place(text: str) -> list[float]:
    """The numbers of a vector; NaN for what is none."""
    parts = text.strip().strip("()").split(",") if text.strip() else []
    return [math.nan if (value := number(part)) is None else value for part in parts]


def _numbers(text: str) -> list[float]:
    """A vector in parentheses; empty for an axis that has none."""
    parts = [usable(part) or 0.0 for part in text.strip("()").split(",")]
    return parts if any(parts) else []


def _unit_along(vector: list[float], units: list[str]) -> str:
    """The unit of the largest part of a vector."""
    place = max(range(len(vector)), key=vector.__getitem__)
    return units[place] if place < len(units) else ""
