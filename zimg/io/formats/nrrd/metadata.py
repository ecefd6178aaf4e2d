"""The header of a NRRD file, and what it says about the image."""

import re
from pathlib import Path
from typing import Any, Literal

import numpy as np

from zimg._errors import ZException
from zimg.io.formats.nrrd.axes import Axes
from zimg.io.formats.shared.extra_metadata import KEY, loads
from zimg.io.formats.shared.volume import set_voxel_size, volume_info
from zimg.io.units import in_seconds
from zimg.values import ZImgInfo

LONGEST_HEADER = 2**20
MAGIC = re.compile(rb"NRRD000[1-5]\r?\n")
LINE_OF_OURS = f"{KEY}:="  # no field is called so
# Spellings of the format definition (https://teem.sourceforge.net/nrrd/format.html, 5).
TYPES = {
    "int8": ("signed char", "int8", "int8_t"),
    "uint8": ("uchar", "unsigned char", "uint8", "uint8_t"),
    "int16": ("short", "short int", "signed short", "signed short int", "int16", "int16_t"),
    "uint16": ("ushort", "unsigned short", "unsigned short int", "uint16", "uint16_t"),
    "int32": ("int", "signed int", "int32", "int32_t"),
    "uint32": ("uint", "unsigned int", "uint32", "uint32_t"),
    "int64": (
        *("longlong", "long long", "long long int", "signed long long", "signed long long int"),
        *("int64", "int64_t"),
    ),
    "uint64": (
        *("ulonglong", "unsigned long long", "unsigned long long int", "uint64", "uint64_t"),
    ),
    "float32": ("float",),
    "float64": ("double",),
}
ORDERS: dict[str, Literal["<", ">"]] = {"little": "<", "big": ">"}
# Fields that may be spelled in several ways.
SAME = {"datafile": "data file", "lineskip": "line skip", "byteskip": "byte skip"}


def read_header(path: Path) -> tuple[dict[str, str], int]:
    """The fields of a header by their names in lower case, and the place after it."""
    with path.open("rb") as file:
        head = file.read(LONGEST_HEADER)
    if not MAGIC.match(head):
        raise ZException(f"it begins with {head[:8]!r}, not with NRRD0001 to NRRD0005")
    ended = re.search(rb"\n\r?\n", head)
    if ended is None and len(head) == LONGEST_HEADER:
        raise ZException(f"its header is longer than {LONGEST_HEADER} bytes")
    end = ended.end() if ended else len(head)
    fields: dict[str, str] = {}
    for line in head[:end].decode("utf-8", "replace").splitlines()[1:]:
        name, colon, value = line.partition(":")
        if name == KEY and value.startswith("="):
            fields[LINE_OF_OURS] = value[1:].replace("\\\\", "\\")
        elif colon and not line.startswith("#") and not value.startswith("="):
            name = name.strip().lower()
            fields[SAME.get(name, name)] = value.strip()
    if ended is None and "data file" not in fields:
        raise ZException("its header has no end")
    return fields, end


def stored_type(fields: dict[str, str]) -> np.dtype[Any]:
    """The voxel type with its byte order."""
    text = fields.get("type", "").lower()
    name = next((name for name, spellings in TYPES.items() if text in spellings), None)
    if name is None:
        raise ZException(f"its type is {text!r}; accepted are integers, float and double")
    found = np.dtype(name)
    if found.itemsize == 1:
        return found
    order = ORDERS.get(fields.get("endian", "").lower())
    if order is None:
        raise ZException(f"its endian is {fields.get('endian')!r}, neither little nor big")
    return found.newbyteorder(order)


def image_info(fields: dict[str, str], axes: Axes) -> ZImgInfo:
    """Sizes, type, voxel sizes, time stamps, and what only our own line says."""
    info = volume_info(axes.sizes, stored_type(fields))
    spatial = [axis for axis in "xyz" if axis in axes.sizes]
    units = [axes.units.get(axis) or "mm" for axis in spatial]  # as the reference
    set_voxel_size(info, [axes.steps.get(axis) for axis in spatial], units)
    step = axes.steps.get("t")
    if step:
        seconds = in_seconds(axes.units.get("t", "s")) or 1.0
        info.timeStamps = [n * step * seconds for n in range(info.numTimes)]
    loads(info, fields.get(LINE_OF_OURS, ""))
    return info
