"""Axes of NRRD files: x, y, z, channels and times, with steps and units."""

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
    """Axes by letter.

    Parameters
    ----------
    order
        The five letters of ``xyzct``, fastest first, absent axes last.
    sizes
        Number of samples of each axis of the file.
    steps
        Distance of samples where known.
    units
        Unit of the distance where known.
    origin, origin_unit
        Position of the first sample in space and its unit; empty when not stated.
    """

    order: str
    sizes: dict[str, int]
    steps: dict[str, float]
    units: dict[str, str]
    origin: Sequence[float] = ()
    origin_unit: str = ""

    @classmethod
    def of(cls, fields: dict[str, str]) -> "Axes":
        """Interpret the axes of a header; raise a `ZException` if they do not form an image."""
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
        raise ZException(f"NRRD sizes must be integers, got {fields['sizes']!r}")
    dimension = fields.get("dimension", "")
    if not texts or dimension != str(len(texts)) or len(texts) > MOST_DIMENSIONS:
        raise ZException(f"NRRD dimension {dimension!r} does not match sizes {' '.join(texts)!r}")
    return [int(text) for text in texts]


def _listed(texts: Sequence[str], count: int, name: str) -> list[str]:
    """One string per axis, empty where nothing is stated."""
    if texts and len(texts) != count:
        raise ZException(f"the NRRD header has {len(texts)} {name} for {count} axes")
    return list(texts) or [""] * count


def _letters(kinds: list[str], directions: list[str]) -> str:
    """Letter of each axis, by kind or else by position; a fourth domain axis is time."""
    spatial, found = iter("xyzt"), ""
    for place, (kind, direction) in enumerate(zip(kinds, directions, strict=True)):
        nowhere = kind in UNKNOWN and direction == "none"
        if kind == "time" or (nowhere and place == 3):
            letter = "t"
        elif kind in (*SPATIAL, *UNKNOWN) and not nowhere:
            letter = next(spatial, "?")
        else:
            letter = "c"  # vector, list, RGB-color, ...: components of one sample
        found += letter
    if "?" in found or len(set(found)) != len(found) or "x" not in found:
        raise ZException(
            f"NRRD axes of kinds {' '.join(kinds).strip()!r} ({len(kinds)}) do not form an "
            "image: accepted "
            "are up to 3 in space, one of time, and one of vectors or lists"
        )
    return found


def _place(text: str) -> list[float]:
    """The numbers of a vector; NaN where a component is not a number."""
    parts = text.strip().strip("()").split(",") if text.strip() else []
    return [math.nan if (value := number(part)) is None else value for part in parts]


def _numbers(text: str) -> list[float]:
    """A vector in parentheses; empty for an axis without one."""
    parts = [usable(part) or 0.0 for part in text.strip("()").split(",")]
    return parts if any(parts) else []


def _unit_along(vector: list[float], units: list[str]) -> str:
    """The unit of the largest component of a vector."""
    place = max(range(len(vector)), key=vector.__getitem__)
    return units[place] if place < len(units) else ""
