"""NRRD files (.nrrd, .nhdr): a header of text, then one volume in it or in a file beside it."""

import re
from pathlib import Path

import numpy as np

from zimg._errors import ZException
from zimg.io.formats.nrrd.axes import Axes
from zimg.io.formats.nrrd.metadata import image_info, read_header, stored_type
from zimg.io.formats.shared.volume import Storage, VolumeFile, beside
from zimg.values import FileFormat

LINE = 2**16  # longest that is skipped
PACKINGS = {"raw": "", "gz": "gzip", "gzip": "gzip", "bz2": "bzip2", "bzip2": "bzip2"}


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
    info = image_info(fields, axes)
    file, scene = _storage(path, fields, end, axes).open(info)
    return VolumeFile("NRRD", file, scene)


def _storage(path: Path, fields: dict[str, str], end: int, axes: Axes) -> Storage:
    encoding = fields.get("encoding", "").lower()
    if encoding not in PACKINGS:
        raise ZException(f"its encoding is {encoding!r}; accepted are raw, gzip and bzip2")
    name = fields.get("data file", "")
    if name.upper().startswith("LIST") or "%" in name:
        raise ZException(f"its voxels lie in several files ({name}), which is not read")
    data = beside(path, name) if name else path
    start = _after_lines(data, 0 if name else end, _count(fields, "line skip"))
    skip, stored, packing = _count(fields, "byte skip"), stored_type(fields), PACKINGS[encoding]
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
