"""Read pixels of TIFF pages from the strips and tiles that intersect a box."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tifffile import PHOTOMETRIC

from zimg._errors import ZException
from zimg.io.disk.limits import check_decoded
from zimg.io.formats.tiff.pages import Page
from zimg.io.scenes.missing import MissingPlane
from zimg.io.scenes.scene import Box, Job

Range = tuple[int, int]
_NATIVE = "<" if sys.byteorder == "little" else ">"


@dataclass(frozen=True, slots=True)
class Target:
    """Destination of the pixels of one page: time and plane in the buffers, and ranges."""

    time: int
    plane: int
    first_channel: int
    samples: Range
    rows: Range
    columns: Range

    @property
    def wanted(self) -> tuple[Range, Range, Range]:
        """Ranges of samples, rows and columns."""
        return self.samples, self.rows, self.columns


def page_jobs(page: Page, target: Target, missing: list[MissingPlane]) -> Iterator[Job]:
    """One job per strip or tile that intersects the target; absent ones are recorded."""
    if page.tiff.imagedepth > 1:
        raise ZException(f"page {page.number} holds a volume, which is not supported")
    offsets, counts = page.places
    if page.is_stored_as_is(offsets, counts):
        yield from _row_jobs(page, target, offsets[0], sum(counts))
    else:
        yield from _segment_jobs(page, target, offsets, counts, missing)


def _row_jobs(page: Page, target: Target, first: int, stored: int) -> Iterator[Job]:
    """Jobs for the rows of an uncompressed page, also in a stack with a single directory."""
    samples, rows, columns = page.size
    planar = page.tiff.planarconfig == 2 and samples > 1
    per_pixel = 1 if planar else samples
    row_bytes = columns * per_pixel * page.dtype.itemsize
    if stored < rows * columns * samples * page.dtype.itemsize:
        raise ZException(f"page {page.number} lists fewer bytes than its pixels take")
    for sample in range(*target.samples) if planar else (0,):
        first_row = (sample * rows + target.rows[0]) * row_bytes
        start = first + page.shift + first_row
        count = (target.rows[1] - target.rows[0]) * row_bytes
        page.file.check(start, count, f"page {page.number}")
        block = (
            (sample, sample + 1) if planar else (0, samples),
            target.rows,
            (0, columns),
        )
        yield _Rows(page, target, block, start, count)


@dataclass(frozen=True, slots=True)
class _Rows:
    """A job that reads neighbouring uncompressed rows."""

    page: Page
    target: Target
    block: tuple[Range, Range, Range]
    start: int
    count: int

    def __call__(self, out: list[NDArray[Any]]) -> None:
        if self._matches_buffer():
            target = self.target
            place = out[target.time][target.first_channel + self._channel, target.plane]
            what = f"page {self.page.number}"
            self.page.file.read_into(self.start, place.reshape(-1).view(np.uint8).data, what)
            return
        data = self.page.file.read(self.start, self.count, f"page {self.page.number}")
        stored = self.page.dtype.newbyteorder(self.page.tiff.parent.byteorder)
        shape = (*(end - begin for begin, end in self.block[1:]), -1)
        pixels = np.frombuffer(data, dtype=stored).reshape(shape)
        _paste(_finished(self.page, pixels), self.block, self.target, out)

    @property
    def _channel(self) -> int:
        """Index of the channel of the block among the requested ones."""
        return self.block[0][0] - self.target.samples[0]

    def _matches_buffer(self) -> bool:
        """Whether the file has the byte layout of the buffer, so that it can be read directly."""
        tiff = self.page.tiff
        return (
            self.block[0][1] - self.block[0][0] == 1
            and self.block[1:] == (self.target.rows, self.target.columns)
            and (tiff.parent.byteorder == _NATIVE or self.page.dtype.itemsize == 1)
            and tiff.photometric != PHOTOMETRIC.MINISWHITE
        )


def _segment_jobs(
    page: Page,
    target: Target,
    offsets: Sequence[int],
    counts: Sequence[int],
    missing: list[MissingPlane],
) -> Iterator[Job]:
    """Jobs for the strips or tiles that intersect the target."""
    tiff = page.tiff
    samples, rows, columns = page.size
    high, wide = (
        (tiff.tilelength, tiff.tilewidth) if tiff.is_tiled else (tiff.rowsperstrip, columns)
    )
    down, across = ceil(rows / max(high, 1)), ceil(columns / max(wide, 1))
    planar = tiff.planarconfig == 2 and samples > 1
    needed = down * across * (samples if planar else 1)
    if min(high, wide) < 1 or min(len(offsets), len(counts)) < needed:
        raise ZException(
            f"page {page.number} needs {needed} strips or tiles, but the file lists {len(offsets)}"
        )
    together, plain = 1 if planar else tiff.samplesperpixel, page.is_plain
    check_decoded((high, wide, together), page.dtype.itemsize, stored=max(counts))
    for sample in range(*target.samples) if planar else (0,):
        channels = (sample, sample + 1) if planar else (0, samples)
        for i in range(target.rows[0] // high, ceil(target.rows[1] / high)):
            for j in range(target.columns[0] // wide, ceil(target.columns[1] / wide)):
                index = (sample * down + i) * across + j
                if counts[index] == 0:
                    name = f"page {page.number}, strip or tile {index}"
                    missing.append(MissingPlane(name, "some strips or tiles are empty"))
                    continue
                place = (offsets[index], counts[index])
                page.file.check(*place, f"page {page.number}")
                if plain:
                    corner = (i * high, min((i + 1) * high, rows)), (j * wide, (j + 1) * wide)
                    yield _plain_segment(page, target, (channels, *corner), index, place)
                else:
                    yield _Segment(page, target, channels, index, place)


def _plain_segment(
    page: Page, target: Target, block: tuple[Range, Range, Range], index: int, place: Range
) -> Job:
    """A job for the requested rows of an uncompressed strip or tile that covers `block`."""
    (low, high), (top, bottom), (left, right) = block
    together = high - low if page.tiff.planarconfig == 2 else int(page.tiff.samplesperpixel)
    row_bytes = (right - left) * together * page.dtype.itemsize
    first, last = max(top, target.rows[0]), min(bottom, target.rows[1])
    start, count = (first - top) * row_bytes, (last - first) * row_bytes
    if place[1] < start + count:
        raise ZException(
            f"page {page.number}, strip or tile {index} has {place[1]} bytes, "
            f"but its rows up to {last} take {start + count}"
        )
    rows = (block[0], (first, last), (left, right))
    return _Rows(page, target, rows, place[0] + start, count)


@dataclass(frozen=True, slots=True)
class _Segment:
    """A job that reads and decodes one strip or tile."""

    page: Page
    target: Target
    channels: Range
    index: int
    place: Range

    def __call__(self, out: list[NDArray[Any]]) -> None:
        tiff, what = self.page.tiff, f"page {self.page.number}, strip or tile {self.index}"
        data = self.page.file.read(*self.place, what)
        try:
            decoded, place, _ = tiff.decode(
                data, self.index, jpegtables=tiff.jpegtables, jpegheader=tiff.jpegheader
            )
        except Exception as error:  # codecs raise many types
            raise ZException(f"{what} cannot be decoded: {error}") from error
        pixels = _finished(self.page, np.asarray(decoded)[0])
        top, left = place[2], place[3]
        block = (self.channels, (top, top + pixels.shape[0]), (left, left + pixels.shape[1]))
        _paste(pixels, block, self.target, out)


def _paste(
    pixels: NDArray[Any],
    block: tuple[Range, Range, Range],
    target: Target,
    out: list[NDArray[Any]],
) -> None:
    """Copy the requested part of ``(rows, columns, samples)`` pixels to its place."""
    box = Box.meeting(block, target.wanted)
    if box is None:
        return
    channels, rows, columns = box.put
    first = target.first_channel
    place = out[target.time][first + channels.start : first + channels.stop, target.plane]
    place[:, rows, columns] = pixels.transpose(2, 0, 1)[box.take]


def _finished(page: Page, pixels: NDArray[Any]) -> NDArray[Any]:
    """Convert palette indices to colours, bits to numbers, and min-is-white to min-is-black."""
    if pixels.dtype == np.bool_:
        pixels = pixels.view(np.uint8)
    if page.is_palette:
        colors: NDArray[np.uint8] = _palette(page)[pixels[..., 0]]
        return colors
    if page.tiff.photometric == PHOTOMETRIC.MINISWHITE and pixels.dtype.kind == "u":
        bits = int(page.tiff.bitspersample)
        return pixels.dtype.type(2**bits - 1) - pixels
    return pixels


def _palette(page: Page) -> NDArray[np.uint8]:
    """Red, green, blue and an opaque alpha for each index.

    A colour has 16 bits; a map without any value above 255 is one of 8 bits, by the rule of libtiff
    (``checkcmap``), since some programs write such maps.
    """
    stored = np.asarray(page.tiff.colormap, dtype=np.uint16)
    colors = (stored >> 8 if stored.max(initial=0) > 255 else stored).astype(np.uint8)
    opaque = np.full((1, colors.shape[1]), 255, np.uint8)
    return np.ascontiguousarray(np.concatenate([colors, opaque]).T)
