"""An open TIFF file; pages and their reduced copies are parsed on demand."""

import os
from dataclasses import replace
from threading import Lock

import numpy as np
from numpy.typing import NDArray
from tifffile import TiffFile, TiffPage

from zimg._errors import ZException
from zimg.io.disk.remote import opened_bytes, opened_stream
from zimg.io.formats.tiff.directory import DESCRIPTION, SUB_DIRECTORIES
from zimg.io.formats.tiff.pages import Page
from zimg.io.formats.tiff.remembered import directories_of
from zimg.io.scenes.scene import Level

TEXTS = (1, 2, 7)  # types of values: BYTE, ASCII and UNDEFINED
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
        When the file is not a TIFF, or its chain of pages is damaged.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.file = opened_bytes(path)
        self._like: dict[int, TiffPage] = {}
        self._lock = Lock()
        try:
            self.directories = directories_of(self.file)
            self.tiff = TiffFile(opened_stream(self.file, path))
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
        """A page, or one of its reduced copies, counted from 0."""
        at = self.directories.offsets[number]
        if copy is None:
            found = self._page_at(at, self.directories.kinds[number], number)
            return replace(found, segments=self._repaired(number)) if self.tiff.is_lsm else found
        copies = self.copies(number)
        if copy >= len(copies):
            raise ZException(
                f"page {number} has {len(copies)} reduced copies, other pages have more"
            )
        return self._page_at(copies[copy], self.directories.kind_at(copies[copy]), number)

    def _repaired(self, number: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Corrected offsets and byte counts of a page of an LSM file.

        LSM stores 32-bit offsets even above 4 GiB, and byte counts of decompressed pixels.
        """
        with self._lock:
            page = self.tiff.pages[number]
        offsets, counts = page.dataoffsets, page.databytecounts
        return np.asarray(offsets, np.int64), np.asarray(counts, np.int64)

    def has_tag(self, number: int, tag: int) -> bool:
        """Whether a page has a tag, readable or not."""
        return tag in self.directories.entries(self.directories.offsets[number])

    def text(self, number: int, tag: int = DESCRIPTION) -> str:
        """The text of a tag of this very page; empty if absent."""
        entry = self.directories.entries(self.directories.offsets[number]).get(tag)
        if entry is None or entry.kind not in TEXTS:
            return ""
        data = self.file.read(
            entry.at, min(entry.size, LONGEST_TEXT), f"tag {tag} of page {number}"
        )
        return data.partition(b"\0")[0].decode("utf-8", "replace")

    def copies(self, number: int) -> list[int]:
        """Offsets of the SubIFDs of a page."""
        entry = self.directories.entries(self.directories.offsets[number]).get(SUB_DIRECTORIES)
        if entry is None or self.tiff.is_lsm:
            return []
        places = self.directories.values(entry, f"tag {SUB_DIRECTORIES} of page {number}")
        return [int(place) for place in places]

    def _page_at(self, at: int, kind: int, number: int) -> Page:
        """A page that is decoded like the first one of its kind, with its own strips."""
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
        """Reduced copies of a page that are pyramid levels, and their indices.

        Levels have the samples and type of the page, and are reduced by the same integer along x
        and y; sizes may be rounded up or down.
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
    """Reduction factor of a copy; 0 if it is not a level."""
    if small[0] != full[0] or min(small) < 1:
        return 0
    ratio = round(max(full[1:]) / max(small[1:]))
    sides = zip(full[1:], small[1:], strict=True)
    fits = ratio > 1 and all(b in (a // ratio, -(-a // ratio)) for a, b in sides)
    return ratio if fits else 0
