"""TIFF files: OME-TIFF, ImageJ stacks, and pages without a description, which are z planes."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tifffile import TiffFile

from zimg._errors import ZException
from zimg.image import FileFormat, ZImgInfo, ZImgRegion, col4
from zimg.image.interop import VOXEL_TYPES
from zimg.io.bytes import FileBytes
from zimg.io.formats.tiff.chain import check_chain
from zimg.io.formats.tiff.imagej import imagej_stack, planes_behind, read_metadata, resolution
from zimg.io.formats.tiff.ome_xml import OmeImage, ome_images
from zimg.io.formats.tiff.pages import Page, Target
from zimg.io.reader import Job, Level, full_level, grid
from zimg.io.units import RESOLUTION_UNITS

ALPHA = (1, 2)  # values of ExtraSamples that mean opacity


@dataclass(frozen=True, slots=True)
class TiffScene:
    """An image of a TIFF file: its metadata, and the page of each time, z and channel group."""

    info: ZImgInfo
    dtype: np.dtype[Any]
    samples: int
    page_of: Callable[[int, int, int], Page]

    @property
    def levels(self) -> Sequence[Level]:
        """The full size alone."""
        return (full_level(self.info),)

    def blocks(self, level: int) -> NDArray[np.int64]:
        """One block per plane."""
        info = self.info
        return grid(self.levels[level].size, info.numTimes, (info.width, info.height, 1))

    def plan(self, region: ZImgRegion, level: int = 0) -> Sequence[Job]:  # noqa: ARG002
        """Jobs for the strips and tiles that meet `region`."""
        start, end = region.start, region.end
        jobs: list[Job] = []
        for t in range(start.t, end.t):
            for z in range(start.z, end.z):
                for group in range(start.c // self.samples, -(-end.c // self.samples)):
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
                    jobs.extend(self._checked(self.page_of(t, z, group)).jobs(target))
        return jobs

    def _checked(self, page: Page) -> Page:
        """`page`, when it is of the size and type that the image has."""
        needed = (self.samples, self.info.height, self.info.width), self.dtype
        if (page.size, page.dtype) != needed:
            (c, y, x), dtype = page.size, page.dtype
            raise ZException(
                f"page {page.number} has {c} samples of {y} x {x} {dtype}, "
                f"but the image {needed[0][0]} of {needed[0][1]} x {needed[0][2]} {needed[1]}"
            )
        return page


class TiffReader:
    """An open TIFF file.

    Parameters
    ----------
    path
        An existing file.
    format
        `FileFormat.Tiff` reads pages as z planes, whatever their description says; otherwise
        OME-XML is followed first, then ImageJ's description.

    Raises
    ------
    ZException
        When the file is no TIFF, is damaged, or describes what it does not hold.
    """

    name = "TIFF"

    def __init__(self, path: str | os.PathLike[str], format: FileFormat) -> None:
        self._file = FileBytes(path)
        try:
            self._pages = check_chain(self._file)
            self._tiff = TiffFile(path)
        except BaseException:
            self._file.close()
            raise
        try:
            self.scenes = self._read_scenes(Path(path).name, format)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the file."""
        self._tiff.close()
        self._file.close()

    def _read_scenes(self, file_name: str, format: FileFormat) -> list[TiffScene]:
        description = str(self._page(0).tiff.description)
        if format == FileFormat.OmeTiff and "<OME" not in description:
            raise ZException("its first page has no OME-XML")
        if format == FileFormat.Tiff:
            return self._plain_scenes()
        if "<OME" in description:
            images = ome_images(description, self._pages, file_name)
            return [self._ome_scene(image) for image in images]
        if self._tiff.is_imagej:
            return [self._imagej_scene()]
        if self._tiff.is_lsm:
            raise ZException("it is a Zeiss LSM file, which is not read yet")
        return self._plain_scenes()

    def _page(self, number: int) -> Page:
        return Page(self._file, self._tiff.pages[number], number)  # type: ignore[arg-type]  # no frames

    def _ome_scene(self, image: OmeImage) -> TiffScene:
        def page_of(time: int, z: int, group: int) -> Page:
            if (time, z, group) in image.pages:
                return self._page(image.pages[time, z, group])
            if (time, z, group) in image.elsewhere:
                name = image.elsewhere[time, z, group]
                raise ZException(f"plane z={z} c={group} t={time} lies in {name}: not followed yet")
            planes = image.info.numTimes * image.info.depth * image.info.numChannels
            raise ZException(
                f"OME-XML describes {planes // image.samples} planes, the file has "
                f"{self._pages} pages and {len(image.pages)} of them mapped; "
                f"missing: z={z} c={group} t={time}"
            )

        if not image.pages:
            raise ZException("none of the planes that its OME-XML describes lies in this file")
        first = self._page(min(image.pages.values()))
        return _scene(image.info, first, page_of, samples=image.samples)

    def _imagej_scene(self) -> TiffScene:
        metadata = self._tiff.imagej_metadata or {}
        first = self._page(0)
        behind = planes_behind(metadata, first, self._pages)
        stack = imagej_stack(metadata, behind or self._pages, first)

        def page_of(time: int, z: int, group: int) -> Page:
            number = stack.number(time, z, group)
            if behind:
                return Page(self._file, first.tiff, number, shift=number * first.tiff.nbytes)
            return self._page(number)

        c, y, x = first.size
        info = ZImgInfo(x, y, stack.depth, stack.channels * c, stack.times)
        read_metadata(metadata, first.tiff, info)
        return _scene(info, first, page_of, samples=c)

    def _plain_scenes(self) -> list[TiffScene]:
        """Full-resolution pages as z planes; pages of another size or type are another scene."""
        alike: dict[object, list[Page]] = {}
        for number in range(self._pages):
            page = self._page(number)
            if not page.tiff.is_reduced:
                kind = page.size, page.dtype, page.tiff.photometric, page.tiff.extrasamples
                alike.setdefault(kind, []).append(page)
        if not alike:
            raise ZException("it has no page of full resolution")
        return [_plain_scene(pages) for pages in alike.values()]


def _plain_scene(pages: list[Page]) -> TiffScene:
    c, y, x = pages[0].size
    info = ZImgInfo(x, y, len(pages), c, 1)
    unit = RESOLUTION_UNITS.get(int(pages[0].tiff.tags.valueof(296, 1)))
    sizes = resolution(pages[0].tiff, 282), resolution(pages[0].tiff, 283)
    if unit is not None and None not in sizes:
        info.voxelSizeX, info.voxelSizeY = (float(size) for size in sizes if size)
        info.voxelSizeZ = info.voxelSizeX  # TIFF has no depth; 1 would be taken for a unit
        info.voxelSizeUnit = unit
    return _scene(info, pages[0], lambda _time, z, _group: pages[z], samples=c)


def _scene(
    info: ZImgInfo, first: Page, page_of: Callable[[int, int, int], Page], *, samples: int
) -> TiffScene:
    """A scene like its first page: type, valid bits and alpha are read from it."""
    info.bytesPerVoxel, info.voxelFormat = VOXEL_TYPES[first.dtype.name]
    info.validBitCount = info.validBitCount or _bits(first)
    extra = first.tiff.extrasamples
    info.lastChannelIsAlphaChannel = first.is_palette or bool(extra and int(extra[-1]) in ALPHA)
    if info.lastChannelIsAlphaChannel:
        info.channelColors[-1] = col4()
    return TiffScene(info, first.dtype, samples, page_of)


def _bits(page: Page) -> int:
    """Bits in use per sample; not known for colours taken from a palette."""
    bits = page.tiff.bitspersample
    if page.is_palette:
        return 0
    return int(bits if isinstance(bits, int) else max(bits))
