"""Write planes of an image as pages of a TIFF file."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tifffile import EXTRASAMPLE, FILETYPE, PHOTOMETRIC, TiffWriter

from zimg.io.disk.atomic import atomic_path
from zimg.io.formats.tiff.describe import description
from zimg.io.formats.tiff.packing import Packing, segments
from zimg.io.formats.tiff.pyramid import level_sizes, levels
from zimg.io.scenes.decoding import processors
from zimg.io.writer import Pixels
from zimg.values import VoxelSizeUnit, ZImgInfo

# From here on a file is a BigTIFF: as the reference, but measured by the largest that the file can
# become and not by the pixels alone, because it is decided before the first of them is known.
BIG = 3600 * 2**20
BIG_SUFFIXES = (".tf2", ".tf8", ".btf")
LARGEST_RESOLUTION = 2**32 - 1


def write_pages(path: Path, pixels: Pixels, packing: Packing, *, pyramid: bool) -> None:
    """Write a file, plane by plane.

    Parameters
    ----------
    path
        File to create or replace.
    pixels
        Asked for one plane at a time.
    packing
        How, and how many channels of a plane lie in a page: all or 1.
    pyramid
        Whether smaller copies go beside each page.
    """
    info = pixels.info
    text: bytes | None = description(info, together=packing.samples > 1)
    sizes = level_sizes(info.height, info.width) if pyramid else [(info.height, info.width)]
    with atomic_path(path) as temporary, _opened(temporary, path, info, packing, sizes) as file:
        for page in _pages(pixels, packing):
            _write_page(file, page, packing, text, info, smaller=len(sizes) - 1)
            text = None


def _opened(
    temporary: Path, path: Path, info: ZImgInfo, packing: Packing, sizes: list[tuple[int, int]]
) -> TiffWriter:
    pages = info.numTimes * info.depth * info.numChannels // packing.samples
    largest = pages * sum(packing.largest(*size) for size in sizes)
    big = largest > BIG or path.suffix.lower() in BIG_SUFFIXES
    return TiffWriter(temporary, bigtiff=big, byteorder="<", ome=False)


def _pages(pixels: Pixels, packing: Packing) -> Iterator[NDArray[Any]]:
    """Pages ``(Y, X)``, or ``(Y, X, C)`` when they hold all channels."""
    info = pixels.info
    for time in range(info.numTimes):
        for z in range(info.depth):
            plane = pixels.slab(time, z, z + 1)[:, 0]
            if packing.samples > 1:
                yield np.ascontiguousarray(np.moveaxis(plane, 0, -1))
            else:
                yield from plane


def _write_page(
    file: TiffWriter,
    page: NDArray[Any],
    packing: Packing,
    text: bytes | None,
    info: ZImgInfo,
    *,
    smaller: int,
) -> None:
    """Write a page and its smaller copies."""
    how = packing.options(page)
    first = {"description": text, "subifds": smaller, **resolution(info)}
    for number, level in enumerate(levels(page) if smaller else (page,)):
        file.write(
            level,
            **_colors(info, packing),
            **how,
            **segments(*level.shape[:2]),
            **(first if number == 0 else {"subfiletype": FILETYPE.REDUCEDIMAGE}),
            metadata=None,
            software="zimg-xp",
            maxworkers=processors(),
        )


def _colors(info: ZImgInfo, packing: Packing) -> dict[str, Any]:
    """What the samples of a page are."""
    if packing.samples == 1:
        return {"photometric": PHOTOMETRIC.MINISBLACK}
    colors = packing.samples - info.lastChannelIsAlphaChannel
    return {
        "photometric": PHOTOMETRIC.MINISBLACK if colors == 1 else PHOTOMETRIC.RGB,
        "planarconfig": "contig",
        "extrasamples": [EXTRASAMPLE.UNASSALPHA] * info.lastChannelIsAlphaChannel,
    }


def resolution(info: ZImgInfo) -> dict[str, Any]:
    """Pixels per centimetre, for programs that do not read OME-XML."""
    if info.voxelSizeUnit == VoxelSizeUnit.none:
        return {}
    per_cm = [1e4 / size for size in (info.voxelSizeXInUm(), info.voxelSizeYInUm())]
    if not all(0 < value < LARGEST_RESOLUTION for value in per_cm):
        return {}
    return {"resolution": tuple(per_cm), "resolutionunit": "CENTIMETER"}
