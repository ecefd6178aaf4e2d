"""Storage of the voxels of a volume: in the header file, in another one, or in several."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from zimg._errors import ZException
from zimg.io.disk.bytes import FileBytes
from zimg.io.disk.inflate import PackedBytes, check_packed
from zimg.io.disk.joined_files import JoinedFiles
from zimg.io.disk.limits import check_counts
from zimg.io.disk.text_numbers import TextBytes, check_text
from zimg.io.scenes.files_scene import FilesScene
from zimg.io.scenes.streamed import StreamedScene
from zimg.io.scenes.strided import StridedScene, Strides
from zimg.values import ZImgInfo

PACKED, TEXT = ("zlib", "gzip", "bzip2"), ("text", "hex")
LAST = -1  # offset that means: the voxels are the last bytes
MOST_FILES = 2**17
LONGEST_LINE = 2**16  # longest line to skip
WHAT = "the image"
# One conversion of an integer with a width of at most two digits, and any number of %%.
NUMBERED = re.compile(r"(?:[^%]|%%)*%[-0 +#]*\d{0,2}(?:\.\d{1,2})?[di](?:[^%]|%%)*")


@dataclass(frozen=True, slots=True)
class Storage:
    """Location and encoding of voxels.

    Parameters
    ----------
    paths
        Data files, each with the same number of bytes; some of several may be missing.
    stored
        Voxel type with byte order.
    axes
        Axis letters (``xyzct``), fastest first.
    encoding
        ``zlib``, ``gzip``, ``bzip2``, ``text``, ``hex``, or empty for raw bytes.
    start, count
        Range of the encoded bytes in each file; up to the end if `count` is None.
    offset
        Offset of the first voxel in each file, in decoded bytes; `LAST` if the voxels come last.
    lines
        Text lines to skip after `start`.
    """

    paths: Sequence[Path]
    stored: np.dtype[Any]
    axes: str = "xyzct"
    encoding: str = ""
    start: int = 0
    count: int | None = None
    offset: int = 0
    lines: int = 0

    def check(self, sizes: Mapping[str, int]) -> None:
        """Refuse sizes that the files cannot hold, before memory is allocated.

        Raises
        ------
        ZException
            Also when all of several files are missing.
        """
        if min(sizes.values()) < 1:
            raise ZException(f"sizes {dict(sizes)} are invalid: each must be at least 1")
        each = self._bytes_of_each(sizes)
        present = [path for path in self.paths if path.is_file()]
        if not present:
            raise ZException(f"the data file {self.paths[0].name!r} does not exist")
        for path in present:
            self._check_file(path, each)
        check_counts(sizes.get("c", 1), sizes.get("t", 1))

    def _bytes_of_each(self, sizes: Mapping[str, int]) -> int:
        total, count = math.prod(sizes.values()) * self.stored.itemsize, len(self.paths)
        if total % count:
            raise ZException(
                f"{total} bytes of voxels cannot be divided equally among {count} data files"
            )
        return total // count

    def _check_file(self, path: Path, each: int) -> None:
        size = path.stat().st_size
        what = WHAT if len(self.paths) == 1 else f"{WHAT} in {path.name}"
        stored = size - self.start if self.count is None else self.count
        if not 0 <= self.start <= self.start + stored <= size:
            raise ZException(
                f"{what} takes bytes {self.start} to {self.start + max(stored, 0)}, but the file "
                f"ends at {size}: it is truncated or damaged"
            )
        needed = each + max(self.offset, 0)
        if self.encoding in PACKED:
            check_packed(self.encoding, stored, 0, needed, what)
        elif self.encoding in TEXT:
            check_text(self.encoding, stored, needed, self.stored, what)
        elif needed > stored:
            raise ZException(
                f"{what} takes {needed} bytes from {self.start}, but the file ends at {size}: it "
                "is truncated or damaged"
            )

    def open(self, info: ZImgInfo) -> tuple[FileBytes, StridedScene]:
        """Open the data files; raise a `ZException` if they are too short."""
        each = self._bytes_of_each(dict(zip("xyzct", info.size, strict=True)))
        strides = strides_of(self.axes, info, self.stored.itemsize)
        if len(self.paths) > 1:
            files = JoinedFiles(self.paths, each, lambda path: self._opened(path, each))
            in_order = self.encoding in PACKED
            return files, FilesScene(files, info, self.stored, strides, in_order=in_order)
        file, offset = self._opened(self.paths[0], each)
        kind: Any = StreamedScene if self.encoding in PACKED else StridedScene
        try:
            return file, kind(file, info, self.stored, offset, strides)
        except BaseException:
            file.close()
            raise

    def _opened(self, path: Path, each: int) -> tuple[FileBytes, int]:
        """Open a file, and find the offset of its first voxel."""
        file: Any
        start = _after_lines(path, self.start, self.lines)
        if self.encoding in PACKED:
            file = PackedBytes(path, self.encoding, start, self.count)
        elif self.encoding in TEXT:
            file = TextBytes(path, self.encoding, self.stored, start)
        else:
            file = FileBytes(path)
            return file, file.size - each if self.offset == LAST else start + self.offset
        try:
            return file, file.length() - each if self.offset == LAST else self.offset
        except BaseException:
            file.close()
            raise


def _after_lines(path: Path, place: int, lines: int) -> int:
    """Offset after the lines to skip from `place`."""
    if not lines:
        return place
    with path.open("rb") as file:
        file.seek(place)
        for number in range(lines):
            if not file.readline(LONGEST_LINE).endswith(b"\n"):
                raise ZException(f"line {number} of the {lines} lines to skip is not terminated")
        return file.tell()


def strides_of(axes: str, info: ZImgInfo, itemsize: int) -> Strides:
    """Strides in bytes of `axes` stored without gaps, fastest first."""
    sizes = dict(zip("xyzct", info.size, strict=True))
    found, step = {}, itemsize
    for axis in axes:
        found[axis] = step
        step *= sizes[axis]
    return Strides(**found)


def beside(header: Path, name: str) -> Path:
    """Resolve the data file of a header; it must exist in the folder of the header or below."""
    path = place_beside(header, name)
    if not path.is_file():
        raise ZException(f"the data file {name!r} does not exist")
    return path


def place_beside(header: Path, name: str) -> Path:
    """Resolve the data file of a header; raise a `ZException` if it is outside its folder."""
    folder = header.absolute().parent
    path = folder / name.replace("\\", "/")
    outside = ".." in path.relative_to(folder).parts if path.is_relative_to(folder) else True
    if not name or outside or not path.resolve().is_relative_to(folder.resolve()):
        raise ZException(f"the data file {name!r} is outside the folder of the header")
    return path


def listed_beside(header: Path, names: Sequence[str]) -> list[Path]:
    """Resolve the listed data files of a header; some may be missing."""
    if not 0 < len(names) <= MOST_FILES:
        raise ZException(
            f"the header lists {len(names)} data files: accepted are 1 to {MOST_FILES}"
        )
    return [place_beside(header, name) for name in names]


def numbered(pattern: str, numbers: Sequence[int]) -> list[str]:
    """File names from a printf pattern with one number, such as ``slice%03d.raw``."""
    if len(numbers) > MOST_FILES:
        raise ZException(
            f"the header names {len(numbers)} numbered data files: accepted are 1 to {MOST_FILES}"
        )
    if not NUMBERED.fullmatch(pattern):
        raise ZException(
            f"the data file pattern {pattern!r} must contain exactly one number, such as %03d"
        )
    return [pattern % number for number in numbers]
