"""MetaImage files (.mha, .mhd): a text header, and one volume in the same or in other files."""

import math
import re
from collections.abc import Sequence
from pathlib import Path

from zimg._errors import ZException
from zimg.io.formats.metaimage.metadata import (
    dimensions,
    image_info,
    integer,
    is_true,
    read_header,
    sizes_of,
    stored_type,
)
from zimg.io.formats.shared.storage import LAST, Storage, beside, listed_beside, numbered
from zimg.io.formats.shared.volume import VolumeFile
from zimg.values import FileFormat

LONGEST_LIST = 2**26  # bytes
ATTEMPTS = 10  # attempts to open a file that another process is replacing


def open_metaimage(path: Path, format: FileFormat) -> VolumeFile:  # noqa: ARG001
    """Open a MetaImage file and read its header; voxels are read on demand.

    Raises
    ------
    ZException
        When the header is damaged or has more than 4 dimensions, or a data file is outside the
        folder of the header or too short.
    """
    for attempt in range(ATTEMPTS):
        before = _identity(path)
        try:
            return _opened(path)
        except (ZException, OSError):
            # If another process replaced the header, the old data file no longer exists.
            if attempt == ATTEMPTS - 1 or before == _identity(path):
                raise
    raise AssertionError("the last attempt returns or raises")


def _identity(path: Path) -> tuple[int, ...]:
    """Identity of a file that changes when it is replaced; inode numbers may be reused."""
    found = path.stat()
    return found.st_dev, found.st_ino, found.st_mtime_ns, found.st_ctime_ns


def _opened(path: Path) -> VolumeFile:
    fields, end = read_header(path)
    stored = stored_type(fields)
    storage = _storage(path, fields, end)
    storage.check(sizes_of(fields))
    file, scene = storage.open(image_info(fields, stored))
    return VolumeFile("MetaImage", file, scene, storage.paths)


def _storage(path: Path, fields: dict[str, str], end: int) -> Storage:
    paths = _files(path, fields, end)
    skip = integer(fields, "HeaderSize", "0")
    start = (end if paths == [path] else 0) + max(skip, 0)
    stored, axes = stored_type(fields), "cxyzt"
    offset = LAST if skip == -1 else 0
    if not is_true(fields, "BinaryData", "True"):
        return Storage(paths, stored, axes, "text", start, offset=offset)
    if is_true(fields, "CompressedData"):
        size = integer(fields, "CompressedDataSize", "0")
        count = size if size > 0 and len(paths) == 1 else None
        return Storage(paths, stored, axes, "zlib", start, count)
    return Storage(paths, stored, axes, start=start, offset=offset)


def _files(path: Path, fields: dict[str, str], end: int) -> Sequence[Path]:
    """The data files in order: this file, another one, or listed or numbered ones."""
    name = fields["ElementDataFile"]
    if name.upper() == "LOCAL":
        return [path]
    words = name.split()
    if words and words[0].upper() == "LIST":
        return listed_beside(path, _checked(fields, _listed(path, end), words[1:]))
    if "%" in name and not (path.parent / name).is_file():
        return listed_beside(path, _checked(fields, _by_pattern(fields, name), []))
    return [beside(path, name)]


def _listed(path: Path, place: int) -> list[str]:
    """Lines after the header."""
    with path.open("rb") as file:
        file.seek(place)
        text = file.read(LONGEST_LIST).decode("utf-8", "replace")
    return [line.strip() for line in text.splitlines() if line.strip()]


def _by_pattern(fields: dict[str, str], text: str) -> list[str]:
    """Names from ``pattern first last step``; MetaIO defines defaults for the last two."""
    found = re.fullmatch(r"(.*?)((?:\s+-?\d{1,9}){0,3})", text)
    pattern, numbers = (found[1], found[2]) if found else (text, "")
    count = dimensions(fields)[-1]
    first, *more = [int(each) for each in numbers.split()] or [0]
    last = more[0] if more else first + count - 1
    step = more[1] if len(more) > 1 else max(1, (last - first + 1) // max(count, 1))
    if step == 0:
        raise ZException(f"MetaImage ElementDataFile {text!r} is invalid: the step must not be 0")
    return numbered(pattern, range(first, last + (1 if step > 0 else -1), step))


def _checked(fields: dict[str, str], names: list[str], words: list[str]) -> list[str]:
    """The names that are needed: one for each part of as many dimensions as `words` say."""
    sizes = dimensions(fields)
    inner = integer({"LIST": words[0].rstrip("Dd")}, "LIST") if words else 0
    inner = inner if 0 < inner <= len(sizes) else max(len(sizes) - 1, 1)
    needed = math.prod(sizes[inner:])
    if len(names) < needed:
        raise ZException(
            f"MetaImage ElementDataFile lists {len(names)} files, but {needed} are needed"
        )
    return names[:needed]
