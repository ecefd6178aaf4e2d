"""NRRD files (.nrrd, .nhdr): a header of text, then one volume in it or in a file beside it."""

import re
from pathlib import Path
from typing import Any, Literal

import numpy as np

from zimg._errors import ZException
from zimg.io.formats.keeping import KEY, take
from zimg.io.formats.nrrd_axes import Axes
from zimg.io.formats.nrrd_write import check, write
from zimg.io.formats.volume import Storage, VolumeFile, beside, set_voxel_size, volume_info
from zimg.io.units import in_seconds
from zimg.values import FileFormat, ZImgInfo

__all__ = ["check", "open_nrrd", "write"]

LONGEST_HEADER = 2**20
MAGIC = re.compile(rb"NRRD000[1-5]\r?\n")
LINE = 2**16  # longest that is skipped
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
PACKINGS = {"raw": "", "gz": "gzip", "gzip": "gzip", "bz2": "bzip2", "bzip2": "bzip2"}
ORDERS: dict[str, Literal["<", ">"]] = {"little": "<", "big": ">"}
# Fields that may be spelled in several ways.
SAME = {"datafile": "data file", "lineskip": "line skip", "byteskip": "byte skip"}


def open_nrrd(path: Path, format: FileFormat) -> VolumeFile:  # noqa: ARG001
    """Open a NRRD file; its header is read now, its voxels later.

    Raises
    ------
    ZException
        For a header that is damaged, axes that are no image, voxels as text, voxels in several
        files, or in one outside the folder of the header; also when that file is too short.
    """
    fields, end = read_header(path)
    axes = Axes.of(fields)
    info = _info(fields, axes)
    file, scene = _storage(path, fields, end, axes).open(info)
    return VolumeFile("NRRD", file, scene)


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


def _type(fields: dict[str, str]) -> np.dtype[Any]:
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


def _info(fields: dict[str, str], axes: Axes) -> ZImgInfo:
    info = volume_info(axes.sizes, _type(fields))
    spatial = [axis for axis in "xyz" if axis in axes.sizes]
    units = [axes.units.get(axis) or "mm" for axis in spatial]  # as the reference
    set_voxel_size(info, [axes.steps.get(axis) for axis in spatial], units)
    step = axes.steps.get("t")
    if step:
        seconds = in_seconds(axes.units.get("t", "s")) or 1.0
        info.timeStamps = [n * step * seconds for n in range(info.numTimes)]
    take(info, fields.get(LINE_OF_OURS, ""))
    return info


def _storage(path: Path, fields: dict[str, str], end: int, axes: Axes) -> Storage:
    encoding = fields.get("encoding", "").lower()
    if encoding not in PACKINGS:
        raise ZException(f"its encoding is {encoding!r}; accepted are raw, gzip and bzip2")
    name = fields.get("data file", "")
    if name.upper().startswith("LIST") or "%" in name:
        raise ZException(f"its voxels lie in several files ({name}), which is not read")
    data = beside(path, name) if name else path
    start = _after_lines(data, 0 if name else end, _count(fields, "line skip"))
    skip, stored, packing = _count(fields, "byte skip"), _type(fields), PACKINGS[encoding]
    if packing:
        return Storage(data, stored, axes.order, packing, start, offset=max(skip, 0))
    if skip == -1:
        image = int(np.prod([axes.sizes[axis] for axis in axes.sizes], dtype=object))
        start, skip = data.stat().st_size - image * stored.itemsize, 0
    return Storage(data, stored, axes.order, offset=start + skip)


def _count(fields: dict[str, str], name: str) -> int:
    text = fields.get(name, "0")
    if not re.fullmatch(r"\d{1,18}|-1", text):
        raise ZException(f"its {name} is {text!r}, no count")
    return int(text)


def _after_lines(path: Path, place: int, lines: int) -> int:
    """Where the voxels begin, when `lines` lines are passed over from `place`."""
    with path.open("rb") as file:
        file.seek(place)
        for number in range(lines):
            if not file.readline(LINE).endswith(b"\n"):
                raise ZException(f"line {number} of those to skip has no end")
        return file.tell()
