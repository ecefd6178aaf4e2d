"""Read the header of a MetaImage file."""

import math
import re
from pathlib import Path
from typing import Any

import numpy as np

from zimg._errors import ZException
from zimg.io.formats.shared.text_header import read_text
from zimg.io.formats.shared.volume import set_position, volume_info
from zimg.io.units import set_voxel_size
from zimg.values import ZImgInfo

# LONG has 32 bits in this format on every machine.
TYPES: dict[str, np.dtype[Any]] = {
    "CHAR": np.dtype(np.int8),
    "UCHAR": np.dtype(np.uint8),
    "SHORT": np.dtype(np.int16),
    "USHORT": np.dtype(np.uint16),
    "INT": np.dtype(np.int32),
    "UINT": np.dtype(np.uint32),
    "LONG": np.dtype(np.int32),
    "ULONG": np.dtype(np.uint32),
    "LONG_LONG": np.dtype(np.int64),
    "ULONG_LONG": np.dtype(np.uint64),
    "FLOAT": np.dtype(np.float32),
    "DOUBLE": np.dtype(np.float64),
}
UNITS = {"mm": "mm", "cm": "cm"}  # anything else means micrometres, as in the reference
SPACING = ("ElementSpacing", "ElementSize")
PLACE = ("Offset", "Origin", "Position")  # synonyms in MetaIO
MOST_SIGNIFICANT_FIRST = ("BinaryDataByteOrderMSB", "ElementByteOrderMSB")
AXES = "xyzt"
# The last field of the header; MetaIO accepts = and : as separators.
LAST = re.compile(rb"^[ \t]*ElementDataFile[ \t]*[=:][^\n]*\n", re.MULTILINE)


def read_header(path: Path) -> tuple[dict[str, str], int]:
    """The fields of a header, and the offset after it."""
    head, end = read_text(path, LAST)
    place = len(head) if end is None else end
    fields: dict[str, str] = {}
    for line in head[:place].decode("utf-8", "replace").split("\n"):
        found = re.match(r"([^=:]*)[=:](.*)", line)
        if found:
            fields[found[1].strip()] = found[2].strip()
        if "ElementDataFile" in fields:
            return fields, place
    raise ZException("the MetaImage header has no ElementDataFile field")


def stored_type(fields: dict[str, str]) -> np.dtype[Any]:
    """The voxel type with its byte order."""
    name = fields.get("ElementType", "").removeprefix("MET_").removesuffix("_ARRAY")
    if name not in TYPES:
        accepted = ", ".join(f"MET_{each}" for each in TYPES)
        raise ZException(
            f"MetaImage ElementType {fields.get('ElementType')} is not supported: expected "
            f"{accepted}"
        )
    high_first = any(is_true(fields, each) for each in MOST_SIGNIFICANT_FIRST)
    return TYPES[name].newbyteorder(">" if high_first else "<")


def is_true(fields: dict[str, str], name: str, default: str = "False") -> bool:
    """The value of a field that is True or False; a `ZException` for anything else."""
    value = fields.get(name, default)
    if value[:1] not in ("T", "t", "1", "F", "f", "0"):
        raise ZException(f"MetaImage field {name} must be True or False, got {value!r}")
    return value[0] in "Tt1"


def integer(fields: dict[str, str], name: str, default: str = "") -> int:
    """The value of an integer field; a `ZException` for anything else."""
    text = fields.get(name, default)
    try:
        return int(float(text)) if "." in text else int(text)
    except (ValueError, OverflowError):
        raise ZException(f"MetaImage field {name} must be an integer, got {text!r}") from None


def dimensions(fields: dict[str, str]) -> list[int]:
    """``DimSize``: sizes along x, y, z and time, ``NDims`` of them."""
    count = integer(fields, "NDims")
    if not 1 <= count <= len(AXES):
        raise ZException(f"MetaImage NDims {count} is not supported: expected 1 to 4")
    texts = fields.get("DimSize", "").split()
    if len(texts) != count:
        raise ZException(f"MetaImage DimSize {' '.join(texts)!r} must have {count} sizes (NDims)")
    return [integer({"DimSize": text}, "DimSize") for text in texts]


def sizes_of(fields: dict[str, str]) -> dict[str, int]:
    """Sizes by the letters of the axes."""
    found = dict(zip(AXES, dimensions(fields), strict=False))
    return {**found, "c": integer(fields, "ElementNumberOfChannels", "1")}


def image_info(fields: dict[str, str], stored: np.dtype[Any]) -> ZImgInfo:
    """Sizes, type, voxel sizes and position of the image; steps in time are seconds."""
    sizes = sizes_of(fields)
    info = volume_info(sizes, stored)
    spacing = next((fields[name] for name in SPACING if name in fields), "")
    unit = fields.get("DistanceUnits", "").lower()
    if spacing or unit:  # no unit when neither is stated
        count = min(3, len(sizes) - 1)
        values = [*spacing.split(), *["1"] * count][:count]
        set_voxel_size(info, values, [UNITS.get(unit, "um")] * count)
    place = next((fields[name] for name in PLACE if name in fields), "")
    set_position(info, [_number(text) for text in place.split()[:3]], UNITS.get(unit, "um"))
    steps = spacing.split()
    if info.numTimes > 1 and len(steps) == len(AXES) and _number(steps[3]) > 0:
        info.timeStamps = [n * _number(steps[3]) for n in range(info.numTimes)]
    return info


def _number(text: str) -> float:
    """A number; NaN for anything else, and for what is not finite."""
    try:
        value = float(text)
    except ValueError:
        return math.nan
    return value if math.isfinite(value) else math.nan
