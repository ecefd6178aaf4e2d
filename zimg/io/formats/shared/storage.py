"""Where the voxels of a volume lie: in its file, in one beside it, or in several."""

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
from zimg.io.scenes.files import FilesScene
from zimg.io.scenes.streamed import StreamedScene
from zimg.io.scenes.strided import StridedScene, Strides
from zimg.values import ZImgInfo

PACKED, TEXT = ("zlib", "gzip", "bzip2"), ("text", "hex")
LAST = -1  # as an offset: the voxels are the last bytes
MOST_FILES = 2**17
LONGEST_LINE = 2**16  # that is passed over
WHAT = "its image"
# One conversion of an integer with a width of at most two digits, and any number of %%.
NUMBERED = re.compile(r"(?:[^%]|%%)*%[-0 +#]*\d{0,2}(?:\.\d{1,2})?[di](?:[^%]|%%)*")


@dataclass(frozen=True, slots=True)
class Storage:
    """Where voxels are, and how.

    Parameters
    ----------
    paths
        The files that hold them, each the same number of bytes; those of several may be missing.
    stored
        Type with its byte order.
    axes
        Letters of ``xyzct``, those that run fastest first.
    encoding
        ``zlib``, ``gzip``, ``bzip2``, ``text``, ``hex``, or empty for bytes as they are.
    start, count
        Where the encoded bytes lie in each file; up to the end when `count` is None.
    offset
        Of the first voxel in each file, in unpacked bytes; `LAST` when the voxels are the last.
    lines
        Lines of text to pass over after `start`.
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
        """Refuse sizes by axis that the files cannot hold, before memory is taken for them.

        Raises
        ------
        ZException
            Also when none of several files exists.
        """
        if min(sizes.values()) < 1:
            raise ZException(f"its sizes are {dict(sizes)}; all are 1 at least")
        each = self._bytes_of_each(sizes)
        present = [path for path in self.paths if path.is_file()]
        if not present:
            raise ZException(f"its data file {self.paths[0].name!r} does not exist")
        for path in present:
            self._check_file(path, each)
        check_counts(sizes.get("c", 1), sizes.get("t", 1))

    def _bytes_of_each(self, sizes: Mapping[str, int]) -> int:
        total, count = math.prod(sizes.values()) * self.stored.itemsize, len(self.paths)
        if total % count:
            raise ZException(f"its {total} bytes of voxels do not fill {count} files alike")
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
        """The open file or files, and the image in them; a `ZException` when they are too short."""
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
        """An open file, and the place of the first voxel in it."""
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
    """Where the lines end that are passed over from `place`."""
    if not lines:
        return place
    with path.open("rb") as file:
        file.seek(place)
        for number in range(lines):
            if not file.readline(LONGEST_LINE).endswith(b"\n"):
                raise ZException(f"line {number} of the {lines} to skip has no end")
        return file.tell()


def strides_of(axes: str, info: ZImgInfo, itemsize: int) -> Strides:
    """Bytes from one voxel to the next, where `axes` are stored without gaps, fastest first."""
    sizes = dict(zip("xyzct", info.size, strict=True))
    found, step = {}, itemsize
    for axis in axes:
        found[axis] = step
        step *= sizes[axis]
    return Strides(**found)


def beside(header: Path, name: str) -> Path:
    """The data file that a header names, which must exist in its folder or below."""
    path = place_beside(header, name)
    if not path.is_file():
        raise ZException(f"its data file {name!r} does not exist")
    return path


def place_beside(header: Path, name: str) -> Path:
    """Where a data file lies that a header names; a `ZException` for one outside its folder."""
    folder = header.absolute().parent
    path = folder / name.replace("\\", "/")
    outside = ".." in path.relative_to(folder).parts if path.is_relative_to(folder) else True
    if not name or outside or not path.resolve().is_relative_to(folder.resolve()):
        raise ZException(f"its data file {name!r} does not lie in the folder of the header")
    return path


def listed_beside(header: Path, names: Sequence[str]) -> list[Path]:
    """Where the data files lie that a header lists, of which some may be missing."""
    if not 0 < len(names) <= MOST_FILES:
        raise ZException(f"it lists {len(names)} data files; accepted are 1 to {MOST_FILES}")
    return [place_beside(header, name) for name in names]


def numbered(pattern: str, numbers: Sequence[int]) -> list[str]:
    """File names by a pattern of C's printf, such as ``slice%03d.raw``, that has one number."""
    if len(numbers) > MOST_FILES:
        raise ZException(f"it numbers {len(numbers)} data files; accepted are 1 to {MOST_FILES}")
    if not NUMBERED.fullmatch(pattern):
        raise ZException(f"its pattern of data files {pattern!r} has not one number, such as %03d")
    return [pattern % number for number in numbers]
