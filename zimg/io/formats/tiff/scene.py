"""Images of TIFF files: metadata, and the page of each plane."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zimg._errors import ZException
from zimg.arrays.interop import VOXEL_TYPES
from zimg.io.formats.tiff.ome_xml import OmeImage
from zimg.io.formats.tiff.pages import Page
from zimg.io.formats.tiff.segments import Target, page_jobs
from zimg.io.scenes.missing import MissingPlane, report_missing
from zimg.io.scenes.scene import Job, Level, full_level, grid
from zimg.values import ZImgInfo, ZImgRegion, col4

BLOCK = 512  # block size by which pages of strips are listed: behaviour of the reference
# The page for a time, z and channel group, or its reduced copy with this number.
PageOf = Callable[[int, int, int, int | None], Page]
ALPHA = (1, 2)  # values of ExtraSamples that mean opacity


@dataclass(frozen=True, slots=True)
class TiffScene:
    """An image of a TIFF file: metadata, and a page for each time, z and channel group."""

    info: ZImgInfo
    dtype: np.dtype[Any]
    samples: int
    page_of: PageOf
    smaller: tuple[tuple[Level, int], ...]  # levels, and the index of the reduced copy of each
    tile: tuple[int, int]
    packed_bytes: int | None  # unknown where pages are in other files

    @property
    def levels(self) -> Sequence[Level]:
        """Full resolution, then the reduced copies of its pages."""
        depth = self.info.depth
        small = (Level((*level.size[:2], depth), level.ratios) for level, _ in self.smaller)
        return full_level(self.info), *small

    def blocks(self, level: int) -> NDArray[np.int64]:
        """The tiles of the first page; pages of strips are divided as in the reference."""
        return grid(self.levels[level].size, self.info.numTimes, (*self.tile, 1))

    def plan(self, region: ZImgRegion, level: int = 0) -> Sequence[Job]:
        """Jobs for the strips and tiles that meet `region`."""
        start, end = region.start, region.end
        copy = self.smaller[level - 1][1] if level else None
        jobs: list[Job] = []
        missing: list[MissingPlane] = []
        (width, height, _), alike = self.levels[level].size, None
        for t, z, group in self._planes(region):
            first = group * self.samples
            samples = max(start.c - first, 0), min(end.c - first, self.samples)
            target = Target(
                time=t - start.t,
                plane=z - start.z,
                first_channel=first + samples[0] - start.c,
                samples=samples,
                rows=(start.y, end.y),
                columns=(start.x, end.x),
            )
            try:
                page = self.page_of(t, z, group, copy)
            except MissingPlane as error:
                missing.append(error)
                continue
            if page.tiff is not alike:  # most pages are stored like the one before
                self._check(page, width, height)
                alike = page.tiff
            jobs.extend(page_jobs(page, target, missing))
        report_missing(missing)
        return jobs

    def _planes(self, region: ZImgRegion) -> Iterator[tuple[int, int, int]]:
        """Times, z and groups of channels that meet a region."""
        start, end = region.start, region.end
        groups = range(start.c // self.samples, -(-end.c // self.samples))
        return product(range(start.t, end.t), range(start.z, end.z), groups)

    def _check(self, page: Page, width: int, height: int) -> None:
        """Raise a `ZException` unless a page has the size and type of the level."""
        needed = (self.samples, height, width), self.dtype
        if (page.size, page.dtype) != needed:
            (c, y, x), dtype = page.size, page.dtype
            raise ZException(
                f"page {page.number} has {c} samples of {y} x {x} {dtype}, "
                f"but the image has {needed[0][0]} of {needed[0][1]} x {needed[0][2]} {needed[1]}"
            )


def scene_like(
    info: ZImgInfo,
    first: Page,
    page_of: PageOf,
    smaller: tuple[tuple[Level, int], ...],
    *,
    samples: int,
    elsewhere: bool = False,
) -> TiffScene:
    """Make a scene with the type, valid bits and alpha of its first page."""
    info.bytesPerVoxel, info.voxelFormat = VOXEL_TYPES[first.dtype.name]
    info.validBitCount = info.validBitCount or _bits(first)
    extra = first.tiff.extrasamples
    if first.is_palette or bool(extra and int(extra[-1]) in ALPHA):
        info.lastChannelIsAlphaChannel = True
        info.channelColors[-1] = col4()
    tiff = first.tiff
    tile = (tiff.tilewidth, tiff.tilelength) if tiff.is_tiled else (BLOCK, BLOCK)
    if min(tile) < 1:
        raise ZException(f"tiles of {tile[0]} x {tile[1]} pixels are invalid")
    packed = None if elsewhere else first.file.size
    return TiffScene(info, first.dtype, samples, page_of, smaller, tile, packed)


def unseen_scene(image: OmeImage, page_of: PageOf) -> TiffScene:
    """Make a scene without a page in the opened file; planes are checked when read."""
    if image.type_name not in VOXEL_TYPES:
        raise ZException(f"OME-XML Type {image.type_name!r} is not supported")
    info = image.info
    info.bytesPerVoxel, info.voxelFormat = VOXEL_TYPES[image.type_name]
    info.validBitCount = info.validBitCount or 8 * info.bytesPerVoxel
    dtype, tile = np.dtype(image.type_name), (BLOCK, BLOCK)
    return TiffScene(info, dtype, image.samples, page_of, (), tile, None)


def _bits(page: Page) -> int:
    """Bits in use per sample; unknown for palette colours."""
    bits = page.tiff.bitspersample
    if page.is_palette:
        return 0
    return int(bits if isinstance(bits, int) else max(bits))
