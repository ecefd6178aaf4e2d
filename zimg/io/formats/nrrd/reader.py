"""NRRD files (.nrrd, .nhdr): a text header, and one volume in the same or in other files."""

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
# A printf pattern, then first, last and step, and optionally the dimensions of each file.
NUMBERED = re.compile(r"(.*%.*?)\s+(-?\d{1,9})\s+(-?\d{1,9})\s+(-?\d{1,9})(?:\s+(\d+))?")


def open_nrrd(path: Path, format: FileFormat) -> VolumeFile:  # noqa: ARG001
    """Open a NRRD file and read its header; voxels are read on demand.

    Raises
    ------
    ZException
        When the header is damaged, the axes do not form an image, or a data file is outside the
        folder of the header or too short.
    """
    fields, end = read_header(path)
    axes = Axes.of(fields)
    storage = _storage(path, fields, end, axes)
    storage.check(axes.sizes)
    file, scene = storage.open(image_info(fields, axes))
    return VolumeFile("NRRD", file, scene, storage.paths)


def _storage(path: Path, fields: dict[str, str], end: int, axes: Axes) -> Storage:
    encoding = fields.get("encoding", "").lower()
    if encoding not in ENCODINGS:
        accepted = "raw, gzip, bzip2, text and hex"
        raise ZException(f"NRRD encoding {encoding!r} is not supported: expected {accepted}")
    lines, skip = _count(fields, "line skip"), _count(fields, "byte skip")
    if lines < 0:
        raise ZException(f"NRRD line skip must be at least 0, got {lines}")
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
    """The data files in order: this file, another one, or listed or numbered ones."""
    name = fields.get(DATA_FILE, "")
    if LISTED in fields:
        words = name.split()[1:]
        return _checked(path, fields[LISTED].split("\n"), words[0] if words else "", sizes)
    found = NUMBERED.fullmatch(name)
    if found:
        first, last, step = (int(found[place]) for place in (2, 3, 4))
        if step == 0:
            raise ZException(f"NRRD data file {name!r} is invalid: the step must not be 0")
        numbers = range(first, last + (1 if step > 0 else -1), step)
        return _checked(path, numbered(found[1], numbers), found[5] or "", sizes)
    return [beside(path, name)] if name else [path]


def _checked(
    path: Path, names: Sequence[str], dimensions: str, sizes: Sequence[int]
) -> Sequence[Path]:
    """Check that the number of data files matches their dimensions."""
    inner = int(dimensions) if dimensions.isdecimal() else len(sizes) - 1
    needed = math.prod(sizes[inner:])
    if inner < len(sizes) and len(names) != needed:
        raise ZException(f"NRRD data file names {len(names)} files, but {needed} are needed")
    return listed_beside(path, names)


def _count(fields: dict[str, str], name: str) -> int:
    text = fields.get(name, "0")
    if not re.fullmatch(r"\d{1,18}|-1", text):
        raise ZException(f"NRRD {name} must be an integer, got {text!r}")
    return int(text)
