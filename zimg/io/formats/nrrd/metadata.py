"""The header of a NRRD file, and what it says about the image."""

import re
from pathlib import Path
from typing import Any, Literal

import numpy as np

from zimg._errors import ZException
from zimg.io.formats.nrrd.axes import Axes
from zimg.io.formats.shared.extra_metadata import KEY, loads
from zimg.io.formats.shared.text_header import read_text
from zimg.io.formats.shared.volume import set_position, volume_info
from zimg.io.units import in_seconds, set_voxel_size
from zimg.values import ZImgInfo

MAGIC = re.compile(rb"NRRD000[1-5]\r?\n")
END = re.compile(rb"\n\r?\n")
DATA_FILE = "data file"
LINE_OF_OURS, LISTED = f"{KEY}:=", "listed:="  # no field is called so
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
TEXTS = ("text", "txt", "ascii")  # encodings in which numbers have no byte order
# Fields that may be spelled in several ways.
SAME = {"datafile": DATA_FILE, "lineskip": "line skip", "byteskip": "byte skip"}


def read_header(path: Path) -> tuple[dict[str, str], int]:
    """The fields of a header by their names in lower case, and the place after it.

    The names of data files, one per line, are a field of their own: `LISTED`.
    """
    with path.open("rb") as file:
        first = file.read(16)
    if not MAGIC.match(first):
        raise ZException(f"it begins with {first[:8]!r}, not with NRRD0001 to NRRD0005")
    head, end = read_text(path, END)
    place = len(head) if end is None else end
    lines = head[:place].decode("utf-8", "replace").splitlines()[1:]
    fields: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        name, value = _field(line)
        if name:
            fields[name] = value
        if name == DATA_FILE and value.upper().startswith("LIST"):
            fields[LISTED] = "\n".join(each.strip() for each in lines[number:] if each.strip())
            break
    if end is None and DATA_FILE not in fields:
        raise ZException("its header has no end")
    return fields, place


def _field(line: str) -> tuple[str, str]:
    """Name and value of a line; empty ones for a comment, and for a key of others."""
    name, colon, value = line.partition(":")
    if name == KEY and value.startswith("="):
        return LINE_OF_OURS, value[1:].replace("\\\\", "\\")
    if not colon or line.startswith("#") or value.startswith("="):
        return "", ""
    name = name.strip().lower()
    return SAME.get(name, name), value.strip()


def stored_type(fields: dict[str, str]) -> np.dtype[Any]:
    """The voxel type with its byte order."""
    text = fields.get("type", "").lower()
    name = next((name for name, spellings in TYPES.items() if text in spellings), None)
    if name is None:
        raise ZException(f"its type is {text!r}; accepted are integers, float and double")
    found = np.dtype(name)
    if found.itemsize == 1:
        return found
    as_text = fields.get("encoding", "").lower() in TEXTS and "endian" not in fields
    order = ORDERS.get("little" if as_text else fields.get("endian", "").lower())
    if order is None:
        raise ZException(f"its endian is {fields.get('endian')!r}, neither little nor big")
    return found.newbyteorder(order)


def image_info(fields: dict[str, str], axes: Axes) -> ZImgInfo:
    """Sizes, type, voxel sizes, position, time stamps, and what only our own line says."""
    info = volume_info(axes.sizes, stored_type(fields))
    spatial = [axis for axis in "xyz" if axis in axes.sizes]
    units = [axes.units.get(axis) or "mm" for axis in spatial]  # as the reference
    set_voxel_size(info, [axes.steps.get(axis) for axis in spatial], units)
    set_position(info, axes.origin[:3], axes.origin_unit or "mm")
    step = axes.steps.get("t")
    if step:
        seconds = in_seconds(axes.units.get("t", "s")) or 1.0
        info.timeStamps = [n * step * seconds for n in range(info.numTimes)]
    loads(info, fields.get(LINE_OF_OURS, ""))
    return info
