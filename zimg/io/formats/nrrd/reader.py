"""NRRD files (.nrrd, .nhdr): a header of text, then one volume in it or in files beside it."""

import math
import re
from collections.abc import Sequence
from pathlib import Path

from zimg._errors import ZException
from zimg.io.formats.nrrd.axes import Axes
from zimg.io.formats.nrrd.metadata import (
    DATA_FILE,
    LISTED,
    TEXTS,
    image_info,
    read_header,
    stored_type,
)
from zimg.io.formats.shared.storage import LAST, Storage, beside, listed_beside, numbered
from zimg.io.formats.shared.volume import VolumeFile
from zimg.values import FileFormat

ENCODINGS = {"raw": "", "gz": "gzip", "gzip": "gzip", "bz2": "bzip2", "bzip2": "bzip2"}
ENCODINGS |= {**dict.fromkeys(TEXTS, "text"), "hex": "hex"}
# A pattern of C's printf, then first, last and step, and maybe the dimensions of each file.
NUMBERED = re.compile(r"(.*%.*?)\s+(-?\d{1,9})\s+(-?\d{1,9})\s+(-?\d{1,9})(?:\s+(\d+))?")


def open_nrrd(path: Path, format: FileFormat) -> VolumeFile:  # noqa: ARG001
    """Open a NRRD file; its header is read now, its voxels later.

    Raises
    ------
    ZException
        For a header that is damaged, axes that are no image, or voxels outside the folder of the
        header; also when a data file is too short.
    """
    fields, end = read_header(path)
    axes = Axes.of(fields)
    storage = _storage(path, fields, end, axes)
    storage.check(axes.sizes)
    file, scene = storage.open(image_info(fields, axes))
    return VolumeFile("NRRD", file, scene)


def _storage(path: Path, fields: dict[str, str], end: int, axes: Axes) -> Storage:
    encoding = fields.get("encoding", "").lower()
    if encoding not in ENCODINGS:
        accepted = "raw, gzip, bzip2, text and hex"
        raise ZException(f"its encoding is {encoding!r}; accepted are {accepted}")
    lines, skip = _count(fields, "line skip"), _count(fields, "byte skip")
    if lines < 0:
        raise ZException(f"its line skip is {lines}; accepted are counts from 0 up")
    return Storage(
        _files(path, fields, list(axes.sizes.values())),
        stored_type(fields),
        axes.order,
        ENCODINGS[encoding],
        0 if DATA_FILE in fields else end,
        offset=LAST if skip == -1 else skip,
        lines=lines,
    )


def _files(path: Path, fields: dict[str, str], sizes: Sequence[int]) -> Sequence[Path]:
    """The files with the voxels, in order: this one, another one, those listed or numbered."""
    name = fields.get(DATA_FILE, "")
    if LISTED in fields:
        words = name.split()[1:]
        return _checked(path, fields[LISTED].split("\n"), words[0] if words else "", sizes)
    found = NUMBERED.fullmatch(name)
    if found:
        first, last, step = (int(found[place]) for place in (2, 3, 4))
        if step == 0:
            raise ZException(f"its data files {name!r} are numbered by steps of 0")
        numbers = range(first, last + (1 if step > 0 else -1), step)
        return _checked(path, numbered(found[1], numbers), found[5] or "", sizes)
    return [beside(path, name)] if name else [path]


def _checked(
    path: Path, names: Sequence[str], dimensions: str, sizes: Sequence[int]
) -> Sequence[Path]:
    """The files that are named, when they are as many as their own dimensions ask for."""
    inner = int(dimensions) if dimensions.isdecimal() else len(sizes) - 1
    needed = math.prod(sizes[inner:])
    if inner < len(sizes) and len(names) != needed:
        raise ZException(f"the number of its data files is {len(names)}, {needed} are needed")
    return listed_beside(path, names)


def _count(fields: dict[str, str], name: str) -> int:
    text = fields.get(name, "0")
    if not re.fullmatch(r"\d{1,18}|-1", text):
        raise ZException(f"its {name} is {text!r}, no count")
    return int(text)
