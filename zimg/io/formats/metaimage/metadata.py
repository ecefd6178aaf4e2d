"""The header of a MetaImage file, and what it says about the image."""

from pathlib import Path
from typing import Any

import numpy as np

from zimg._errors import ZException
from zimg.io.formats.shared.volume import set_voxel_size, volume_info
from zimg.values import ZImgInfo

LONGEST_HEADER = 2**16
# The 32 bits of LONG are those of the format, whatever the machine has.
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
UNITS = {"mm": "mm", "cm": "cm"}  # anything else is taken for micrometres, as the reference does
SPACING = ("ElementSpacing", "ElementSize")
MOST_SIGNIFICANT_FIRST = ("BinaryDataByteOrderMSB", "ElementByteOrderMSB")


def read_header(path: Path) -> tuple[dict[str, str], int]:
    """The fields of a header, and the place after it."""
    with path.open("rb") as file:
        head = file.read(LONGEST_HEADER)
    fields, place = {}, 0
    while "ElementDataFile" not in fields:
        end = head.find(b"\n", place)
        end = len(head) if end < 0 else end
        name, equals, value = head[place:end].decode("utf-8", "replace").partition("=")
        if end >= len(head) and name.strip() != "ElementDataFile":
            raise ZException("its header has no ElementDataFile")
        if equals:
            fields[name.strip()] = value.strip()
        place = end + 1
    return fields, place


def stored_type(fields: dict[str, str]) -> np.dtype[Any]:
    """The voxel type with its byte order."""
    name = fields.get("ElementType", "").removeprefix("MET_").removesuffix("_ARRAY")
    if name not in TYPES:
        accepted = ", ".join(f"MET_{each}" for each in TYPES)
        raise ZException(f"ElementType {fields.get('ElementType')} is none of {accepted}")
    high_first = any(is_true(fields, each) for each in MOST_SIGNIFICANT_FIRST)
    return TYPES[name].newbyteorder(">" if high_first else "<")


def is_true(fields: dict[str, str], name: str, default: str = "False") -> bool:
    """The value of a field that is True or False; a `ZException` for anything else."""
    value = fields.get(name, default)
    if value[:1] not in ("T", "t", "1", "F", "f", "0"):
        raise ZException(f"{name} is {value!r}, neither True nor False")
    return value[0] in "Tt1"


def integer(fields: dict[str, str], name: str, default: str = "") -> int:
    """The value of an integer field; a `ZException` for anything else."""
    text = fields.get(name, default)
    try:
        return int(float(text)) if "." in text else int(text)
    except (ValueError, OverflowError):
        raise ZException(f"{name} is {text!r}, not an integer") from None


def image_info(fields: dict[str, str], stored: np.dtype[Any]) -> ZImgInfo:
    """Sizes, type and voxel sizes of the image."""
    dimensions = integer(fields, "NDims")
    if dimensions not in (1, 2, 3):
        raise ZException(f"it has NDims {dimensions}; accepted are 1 to 3")
    texts = fields.get("DimSize", "").split()
    if len(texts) != dimensions:
        raise ZException(f"DimSize {' '.join(texts)!r} does not fit NDims {dimensions}")
    sizes = {
        axis: integer({"DimSize": n}, "DimSize") for axis, n in zip("xyz", texts, strict=False)
    }
    sizes["c"] = integer(fields, "ElementNumberOfChannels", "1")
    info = volume_info(sizes, stored)
    _set_size(info, fields, dimensions)
    return info


def _set_size(info: ZImgInfo, fields: dict[str, str], dimensions: int) -> None:
    """Voxel sizes; none when neither they nor a unit are stated."""
    spacing = next((fields[name] for name in SPACING if name in fields), "")
    unit = fields.get("DistanceUnits", "").lower()
    if not spacing and not unit:
        return
    values = (spacing.split() or ["1"] * dimensions)[:dimensions]
    set_voxel_size(info, values, [UNITS.get(unit, "um")] * len(values))
