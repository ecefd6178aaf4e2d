"""Units that other programs state in the comments of an SWC file."""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal, NamedTuple

from zimg.io.units import in_um, usable

Unit = Literal["voxel", "nm", "um", "mm", "cm", "m"]
VoxelSize = tuple[float, float, float]

IN_UM: dict[Unit, float] = {"nm": 1e-3, "um": 1.0, "mm": 1e3, "cm": 1e4, "m": 1e6}
"""Micrometres per unit of length."""

VOXELS = ("pixel", "pixels", "px", "voxel", "voxels")
METRES = re.compile(r"(nano|micro|milli|centi|)met(?:er|re)s?")
PREFIXES = {"nano": "nm", "micro": "um", "milli": "mm", "centi": "cm", "": "m"}

SNT_UNIT = re.compile(r"All positions and radii in (.+)")
SNT_SIZES = re.compile(r"Voxel separation \(x,y,z\): (.+)")
PLAIN_UNIT = re.compile(r"units?\s*[:=]\s*(.+)", re.IGNORECASE)
NAVIS = re.compile(r"Meta:\s*(\{.*\})")
NUMBER = re.compile(r"[-+]?[0-9.]+(?:[eE][-+]?\d+)?")


class Statement(NamedTuple):
    """Unit of the nodes and size of the image's voxels in µm; None if not stated."""

    unit: Unit | None = None
    voxel_size: VoxelSize | None = None


def stated_by_others(comments: Sequence[str]) -> Statement:
    """Statement of comments in the form of SNT, of navis, or like ``units: um``.

    SNT writes a unit, and the voxel sizes in that unit. navis writes the size of one unit of the
    coordinates, such as ``1 micrometer``; a number other than 1 is the size of a voxel.
    """
    for comment in comments:
        if (meta := _navis(comment)) is not None:
            return _of_navis(str(meta["units"]))
        for pattern in (SNT_UNIT, PLAIN_UNIT):
            if (found := pattern.fullmatch(comment)) and (unit := unit_called(found[1])):
                return Statement(unit, _snt_sizes(comments, unit))
    return Statement()


def without_units_of_others(comments: Sequence[str]) -> list[str]:
    """`comments` without the statements of other programs; other values of navis stay."""
    return list(_others(comments))


def unit_called(name: str) -> Unit | None:
    """Unit of a spelling, such as ``um`` for ``microns``; None if unknown."""
    plain = name.strip().strip(".\"'").lower()
    if plain in VOXELS:
        return "voxel"
    metres = METRES.fullmatch(plain)
    length = in_um(PREFIXES[metres[1]] if metres else plain)
    return next((unit for unit, size in IN_UM.items() if size == length), None)


def _others(comments: Sequence[str]) -> Iterator[str]:
    forms: tuple[Callable[[str], Any], ...] = tuple(
        pattern.fullmatch for pattern in (SNT_UNIT, SNT_SIZES, PLAIN_UNIT)
    )
    for comment in comments:
        if (meta := _navis(comment)) is not None:
            rest = {name: value for name, value in meta.items() if name != "units"}
            if rest:
                yield f"Meta: {json.dumps(rest)}"
        elif not any(form(comment) for form in forms) or stated_by_others([comment]).unit is None:
            yield comment


def _navis(comment: str) -> dict[str, Any] | None:
    """Values of a comment of navis, if they include units."""
    found = NAVIS.fullmatch(comment)
    try:
        meta = json.loads(found[1]) if found else None
    except (ValueError, RecursionError):
        return None
    return meta if isinstance(meta, dict) and "units" in meta else None


def _of_navis(text: str) -> Statement:
    """Statement of units like ``8 nanometer`` or ``[4 4 40] nanometer``."""
    unit = unit_called(text[text.rfind(" ") + 1 :])
    if unit is None or unit == "voxel":
        return Statement(unit)
    sizes = NUMBER.findall(text[: text.rfind(" ")]) or ["1"]
    if len(sizes) == 1 and usable(sizes[0]) == 1:
        return Statement(unit)
    return Statement("voxel", _sizes(sizes * 3 if len(sizes) == 1 else sizes, IN_UM[unit]))


def _snt_sizes(comments: Sequence[str], unit: Unit) -> VoxelSize | None:
    """Voxel sizes in µm from the comment of SNT, which are in the unit of the nodes."""
    found = next(filter(None, map(SNT_SIZES.fullmatch, comments)), None)
    if found is None or unit == "voxel":
        return None
    return _sizes(found[1].split(","), IN_UM[unit])


def _sizes(texts: Sequence[str], factor: float) -> VoxelSize | None:
    sizes = [usable(text) for text in texts]
    if len(sizes) != 3 or None in sizes:
        return None
    x, y, z = (size * factor for size in sizes if size is not None)
    return x, y, z
