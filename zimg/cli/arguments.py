"""Texts of the command line turned into regions, numbers and settings."""

import re
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

from zimg._errors import ZException
from zimg._json import loads
from zimg.values import ZImgRegion

REGION = re.compile(",".join([r"\s*(\d*):(\d*)\s*"] * 3))
AXES = "xyzct"
EXTRAS = {"torch": "torch", "jax": "jax", "cupy": "cupy12 (or cupy13)"}


def parse_region(text: str) -> ZImgRegion:
    """Return the region ``X0:X1,Y0:Y1,Z0:Z1``; missing bounds are those of the image.

    Raises
    ------
    ValueError
        If the text has another form, or a range is empty or negative.
    """
    match = REGION.fullmatch(text)
    if match is None:
        raise ValueError(
            f"region must be X0:X1,Y0:Y1,Z0:Z1 with numbers of at least 0, got {text!r}"
        )
    bounds = match.groups()
    return region_of(text, list(zip(bounds[0::2], bounds[1::2], strict=True)))


def region_of(text: str, bounds: Sequence[Sequence[str]]) -> ZImgRegion:
    """Return the region with bounds along x, y, z, c, t; empty and missing bounds are open.

    Raises
    ------
    ValueError
        Naming `text`, if a range is empty.
    """
    every = [*bounds, *[("", "")] * (len(AXES) - len(bounds))]
    start = [int(first or 0) for first, _ in every]
    end = [int(last) if last else -1 for _, last in every]
    for axis, first, last in zip(AXES, start, end, strict=True):
        if -1 < last <= first:
            raise ValueError(f"region {text!r} is empty along {axis}: {first}:{last}")
    return ZImgRegion(tuple(start), tuple(end))


def parse_factors(text: str) -> tuple[int, int, int]:
    """Return the three factors ``X,Y,Z``.

    Raises
    ------
    ValueError
        If they are not three integers of 1 or above.
    """
    parts = text.split(",")
    if len(parts) != 3 or not all(part.strip().isdecimal() and int(part) > 0 for part in parts):
        raise ValueError(f"downsample must be X,Y,Z, three integers of at least 1, got {text!r}")
    x, y, z = map(int, parts)
    return x, y, z


def parse_numbers(name: str, text: str) -> tuple[float, float, float]:
    """Return the three numbers ``X,Y,Z``.

    Raises
    ------
    ValueError
        If they are not three numbers.
    """
    try:
        x, y, z = map(float, text.split(","))
    except ValueError:
        raise ValueError(f"{name} must be X,Y,Z, three numbers, got {text!r}") from None
    return x, y, z


def parse_settings(texts: Sequence[str] | None) -> dict[str, Any]:
    """Return the values that ``NAME=VALUE`` texts give to options of a configuration.

    A value is read as JSON, as in a configuration file: ``0.2``, ``true``, ``[1, 1, 0]``.

    Raises
    ------
    ValueError
        If a text has another form, or names an option for the second time.
    """
    found: dict[str, Any] = {}
    for text in texts or ():
        name, equals, value = text.partition("=")
        name = name.strip()
        if not (name and equals) or name in found:
            raise ValueError(f"--set must be NAME=VALUE with each name once, got {text!r}")
        try:
            found[name] = loads(value)
        except ValueError:
            raise ValueError(
                f"--set {text!r}: the value must be a JSON number, true or false"
            ) from None
    return found


def require_framework(name: str) -> None:
    """Refuse a framework that is not installed, and say how to install it."""
    if find_spec(name) is None:
        extra = EXTRAS.get(name, name)
        raise ZException(f"{name} is not installed; install zimg-xp[{extra}]")
