"""A page of a TIFF file: size, type, strips and tiles."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tifffile import PHOTOMETRIC, TiffPage

from zimg._errors import ZException
from zimg.io.disk.bytes import FileBytes


@dataclass(frozen=True, slots=True)
class Page:
    """A page, its number for errors, and its file.

    `shift` is the offset in bytes from the first plane in stacks with a single directory. `tiff`
    may be another page that is stored alike; `segments` then has the offsets and byte counts of
    this one. `indices` keeps palette indices.
    """

    file: FileBytes
    tiff: TiffPage
    number: int
    shift: int = 0
    segments: tuple[NDArray[np.int64], NDArray[np.int64]] | None = None
    indices: bool = False

    @property
    def places(self) -> tuple[Sequence[int], Sequence[int]]:
        """Offsets and byte counts of the strips or tiles."""
        if self.segments is not None:
            return self.segments[0].tolist(), self.segments[1].tolist()
        return self.tiff.dataoffsets, self.tiff.databytecounts

    @property
    def is_palette(self) -> bool:
        """Whether the pixels are palette indices to be replaced by colours."""
        mapped = self.tiff.photometric == PHOTOMETRIC.PALETTE and self.tiff.colormap is not None
        return mapped and not self.indices

    @property
    def samples(self) -> int:
        """Channels that the page holds."""
        return 4 if self.is_palette else int(self.tiff.samplesperpixel)

    @property
    def size(self) -> tuple[int, int, int]:
        """Channels, rows and columns."""
        return self.samples, int(self.tiff.imagelength), int(self.tiff.imagewidth)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Voxel type, in native byte order."""
        if self.is_palette or self.tiff.dtype == np.bool_:
            return np.dtype(np.uint8)
        if self.tiff.dtype is None or self.tiff.dtype.kind not in "uif":
            raise ZException(
                f"page {self.number} has samples of format {self.tiff.sampleformat!s} and "
                f"{self.tiff.bitspersample} bits; accepted are integers up to 64 and floats"
            )
        return np.dtype(self.tiff.dtype.newbyteorder("="))

    def is_stored_as_is(self, offsets: Sequence[int], counts: Sequence[int]) -> bool:
        """Whether the pixels are stored uncompressed, row after row."""
        tiff = self.tiff
        if self.segments is None:
            return tiff.is_final and not self.is_palette
        if not self.is_plain or self.is_palette or tiff.is_tiled:
            return False
        follow = all(a + n == b for a, n, b in zip(offsets, counts, offsets[1:], strict=False))
        return follow and len(offsets) > 0

    @property
    def is_plain(self) -> bool:
        """Whether strips and tiles hold plain pixel values, row after row."""
        tiff = self.tiff
        as_is = tiff.compression == 1 and tiff.predictor == 1 and tiff.fillorder == 1
        return as_is and not tiff.is_subsampled and tiff.bitspersample in (8, 16, 32, 64)
