"""tifffile's descriptions: shape and axes as JSON in the first page of each image."""

import logging
from collections.abc import Callable, Iterator
from math import prod
from typing import Any, NamedTuple

from zimg._errors import ZException
from zimg._json import loads
from zimg.io.formats.tiff.behind import planes_behind
from zimg.io.formats.tiff.file import TiffPages
from zimg.io.formats.tiff.imagej import Stack
from zimg.io.formats.tiff.metadata import read_metadata, read_resolution
from zimg.io.formats.tiff.pages import Page
from zimg.io.formats.tiff.scene import TiffScene, scene_like
from zimg.values import VoxelSizeUnit, ZImgInfo

_log = logging.getLogger("zimg")
MOST_IMAGES = 1000  # a file with more consists of single appended pages
KNOWN = (str, int, float)
OF_PAGES = "czt"  # axes along which pages are ordered


class Series(NamedTuple):
    """A run of pages that form one image: first page, number of pages, metadata.

    `behind` returns the planes of an image with one directory.
    """

    first: int
    planes: int
    stack: Stack
    metadata: dict[str, Any]
    behind: Callable[[int], Page] | None = None


def shaped_scenes(pages: TiffPages) -> list[TiffScene] | None:
    """The images that tifffile described.

    Parameters
    ----------
    pages
        Pages of an open file.

    Returns
    -------
    list of TiffScene or None
        None if the first page of an image has no axes, axes other than t, c, z, y, x and samples,
        or none along which pages are ordered: the descriptions then add nothing to the pages.

    Raises
    ------
    ZException
        When an image has one directory for all planes and the file is too short for them.
    """
    found = list(_series(pages))
    if None in found and any(each.behind for each in found if each):
        raise ZException("tifffile describes only the first of several images")
    if None in found or all(each.planes == 1 for each in found if each):
        return None
    return [_scene(pages, each) for each in found if each]


def _series(pages: TiffPages) -> Iterator[Series | None]:
    """Yield the images; None, and nothing more, for one that is not understood."""
    number = images = 0
    while number < len(pages):
        page, metadata = pages.page(number), _metadata(pages.text(number))
        images += 1
        single = bool(metadata.get("truncated")) or len(pages) == 1
        stack = _stack(metadata, page) or (_unnamed(metadata, page) if single else None)
        count = stack.times * stack.depth * stack.channels if stack else 0
        if images > MOST_IMAGES or stack is None or not count:
            yield None
            return
        if single and count > 1:
            yield Series(number, count, stack, metadata, planes_behind(page, count, "tifffile"))
            number += 1
            continue
        if count > len(pages) - number:
            text = "%s: tifffile describes %d planes from page %d on, found %d; read as z planes"
            _log.warning(text, pages.tiff.filename, count, number, len(pages) - number)
            yield None
            return
        yield Series(number, count, stack, metadata)
        number += count


def _metadata(description: str) -> dict[str, Any]:
    """The parsed description; empty if it is not of tifffile."""
    # Before 2026.3.3, tifffile wrote what its caller gave before the shape.
    if not (description.startswith("{") and '"shape":' in description):
        return {}
    try:
        found = loads(description)
    except ValueError:
        return {}
    # Voxel sizes and times must be numbers and strings.
    return {k: v for k, v in found.items() if k in ("shape", "Labels") or isinstance(v, KNOWN)}


def _stack(metadata: dict[str, Any], page: Page) -> Stack | None:
    """Sizes and order of the described pages; None if they do not fit."""
    axes, shape = str(metadata.get("axes", "")).lower(), metadata.get("shape")
    if not isinstance(shape, list) or len(axes) != len(shape) or len(set(axes)) != len(axes):
        return None
    if not all(isinstance(size, int) and size > 0 for size in shape):
        return None
    sizes = dict(zip(axes, shape, strict=True))
    samples, height, width = page.size
    if sizes.pop("y", 0) != height or sizes.pop("x", 0) != width:
        return None
    inside = "s" if "s" in sizes else "c" if samples > 1 else ""
    if sizes.pop(inside, 1) != samples or set(sizes) - set(OF_PAGES):
        return None
    slow_first = [axis for axis in axes if axis in sizes]
    order = "".join([*reversed(slow_first), *(axis for axis in OF_PAGES if axis not in sizes)])
    t, z, c = (sizes.get(axis, 1) for axis in "tzc")
    return Stack(t, z, c, order)


def _unnamed(metadata: dict[str, Any], page: Page) -> Stack | None:
    """Planes along z, for a shape without axes; None if it does not fit."""
    shape = metadata.get("shape")
    if not isinstance(shape, list) or not all(isinstance(n, int) and n > 0 for n in shape):
        return None
    planes, rest = divmod(prod(shape), prod(page.size))
    return None if rest or not planes else Stack(1, planes, 1, "czt")


def _scene(pages: TiffPages, series: Series) -> TiffScene:
    first = pages.page(series.first)
    samples, height, width = first.size
    stack = series.stack
    info = ZImgInfo(width, height, stack.depth, stack.channels * samples, stack.times)
    read_metadata(series.metadata, first.tiff, info)
    if info.voxelSizeUnit == VoxelSizeUnit.none:
        read_resolution(first.tiff, info)

    def page_of(time: int, z: int, group: int, copy: int | None) -> Page:
        number = stack.index(time, z, group)
        return series.behind(number) if series.behind else pages.page(series.first + number, copy)

    return scene_like(info, first, page_of, tuple(pages.levels(series.first)), samples=samples)
