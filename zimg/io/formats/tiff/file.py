"""An open TIFF file: its pages and their smaller copies, parsed when they are asked for."""

import os
from dataclasses import replace
from threading import Lock

import numpy as np
from numpy.typing import NDArray
from tifffile import TiffFile, TiffPage

from zimg._errors import ZException
from zimg.io.disk.bytes import FileBytes
from zimg.io.formats.tiff.directory import DESCRIPTION, SUB_DIRECTORIES
from zimg.io.formats.tiff.pages import Page
from zimg.io.formats.tiff.remembered import directories_of
from zimg.io.scenes.scene import Level

TEXTS = (1, 2, 7)  # types of values: bytes, ASCII, and those that are not told
LONGEST_TEXT = 2**20


class TiffPages:
    """The pages of an open file.

    Parameters
    ----------
    path
        An existing file.

    Raises
    ------
    ZException
        When it is no TIFF, or its chain of pages is damaged.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.file = FileBytes(path)
        self._like: dict[int, TiffPage] = {}
        self._lock = Lock()
        try:
            self.directories = directories_of(self.file)
            self.tiff = TiffFile(path)
        except BaseException:
            self.file.close()
            raise

    def __len__(self) -> int:
        return len(self.directories.offsets)

    def close(self) -> None:
        """Close the file."""
        self.tiff.close()
        self.file.close()

    def page(self, number: int, copy: int | None = None) -> Page:
        """A page, or a smaller copy of it, counted from 0 in its list of them."""
        at = self.directories.offsets[number]
        if copy is None:
            found = self._page_at(at, self.directories.kinds[number], number)
            return replace(found, segments=self._repaired(number)) if self.tiff.is_lsm else found
        copies = self.copies(number)
        if copy >= len(copies):
            raise ZException(f"page {number} has {len(copies)} smaller copies, others have more")
        return self._page_at(copies[copy], self.directories.kind_at(copies[copy]), number)

    def _repaired(self, number: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Offsets and byte counts of a page of an LSM file, which tifffile corrects.

        Offsets have 32 bits, also in files above 4 GiB, and counts are those of unpacked pixels.
        """
        with self._lock:
            page = self.tiff.pages[number]
        offsets, counts = page.dataoffsets, page.databytecounts
        return np.asarray(offsets, np.int64), np.asarray(counts, np.int64)

    def has_tag(self, number: int, tag: int) -> bool:
        """Whether a page has a tag, readable or not."""
        return tag in self.directories.entries(self.directories.offsets[number])

    def text(self, number: int, tag: int = DESCRIPTION) -> str:
        """The text of a tag of a page, also when pages like it have another; empty without one."""
        entry = self.directories.entries(self.directories.offsets[number]).get(tag)
        if entry is None or entry.kind not in TEXTS:
            return ""
        data = self.file.read(
            entry.at, min(entry.size, LONGEST_TEXT), f"tag {tag} of page {number}"
        )
        return data.partition(b"\0")[0].decode("utf-8", "replace")

    def copies(self, number: int) -> list[int]:
        """Where the directories below a page are."""
        entry = self.directories.entries(self.directories.offsets[number]).get(SUB_DIRECTORIES)
        if entry is None or self.tiff.is_lsm:
            return []
        places = self.directories.values(entry, f"tag {SUB_DIRECTORIES} of page {number}")
        return [int(place) for place in places]

    def _page_at(self, at: int, kind: int, number: int) -> Page:
        """A page that is decoded like the first one of its kind, and has its own strips."""
        with self._lock:
            if kind not in self._like:
                self.tiff.filehandle.seek(at)
                self._like[kind] = TiffPage(self.tiff, number)
            like = self._like[kind]
            if like.offset == at:
                return Page(self.file, like, number)
        segments = self.directories.segments(at, f"page {number}")
        if segments is None:
            with self._lock:
                self.tiff.filehandle.seek(at)
                return Page(self.file, TiffPage(self.tiff, number), number)
        return Page(self.file, like, number, segments=segments)

    def levels(self, number: int) -> list[tuple[Level, int]]:
        """Smaller copies of a page that are levels of a pyramid, and which copies they are.

        They are of the same samples and type, and smaller by one integer in both directions; sizes
        that this does not divide may be rounded up or down.
        """
        full = self.page(number)
        found: list[tuple[Level, int]] = []
        smallest = 1
        for copy in range(len(self.copies(number))):
            page = self.page(number, copy)
            ratio = _ratio(full.size, page.size)
            if ratio > smallest and page.dtype == full.dtype:
                found.append((Level((page.size[2], page.size[1], 1), (ratio, ratio, 1)), copy))
                smallest = ratio
        return found


def _ratio(full: tuple[int, int, int], small: tuple[int, int, int]) -> int:
    """By how much a copy is smaller; 0 when it is no level."""
    if small[0] != full[0] or min(small) < 1:
        return 0
    ratio = round(max(full[1:]) / max(small[1:]))
    sides = zip(full[1:], small[1:], strict=True)
    fits = ratio > 1 and all(b in (a // ratio, -(-a // ratio)) for a, b in sides)
    return ratio if fits else 0
