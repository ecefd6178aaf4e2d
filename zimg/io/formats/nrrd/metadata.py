"""Read the header of a NRRD file."""

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
LINE_OF_OURS, LISTED = f"{KEY}:=", "listed:="  # not the name of any field
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
TEXTS = ("text", "txt", "ascii")  # encodings without byte order
# Fields with several spellings.
SAME = {"datafile": DATA_FILE, "lineskip": "line skip", "byteskip": "byte skip"}


def read_header(path: Path) -> tuple[dict[str, str], int]:
    """The fields of a header by lower-case name, and the offset after it.

    Names of data files, one per line, are stored as the field `LISTED`.
    """
    with path.open("rb") as file:
        first = file.read(16)
    if not MAGIC.match(first):
        raise ZException(f"the file begins with {first[:8]!r}: expected NRRD0001 to NRRD0005")
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
        raise ZException("the NRRD header is not terminated by an empty line")
    return fields, place


def _field(line: str) -> tuple[str, str]:
    """Name and value of a line; empty for comments and foreign keys."""
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
        raise ZException(
            f"NRRD type {text!r} is not supported: expected an integer type, float or double"
        )
    found = np.dtype(name)
    if found.itemsize == 1:
        return found
    as_text = fields.get("encoding", "").lower() in TEXTS and "endian" not in fields
    order = ORDERS.get("little" if as_text else fields.get("endian", "").lower())
    if order is None:
        raise ZException(f"NRRD endian must be little or big, got {fields.get('endian')!r}")
    return found.newbyteorder(order)


def image_info(fields: dict[str, str], axes: Axes) -> ZImgInfo:
    """Sizes, type, voxel sizes, position, time stamps, and the extra metadata of zimg."""
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
