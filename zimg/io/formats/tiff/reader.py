"""TIFF files: OME-TIFF, ImageJ and other stacks; pages without a description are z planes."""

import logging
import os
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from zimg._errors import ZException
from zimg.io.disk.remote import is_address
from zimg.io.formats.tiff.annotation import read_annotation
from zimg.io.formats.tiff.behind import planes_behind
from zimg.io.formats.tiff.companions import LinkedFiles, followed, uuid_of
from zimg.io.formats.tiff.file import TiffPages
from zimg.io.formats.tiff.imagej import (
    SETTINGS,
    described,
    described_images,
    imagej_stack,
)
from zimg.io.formats.tiff.lsm import lsm_info
from zimg.io.formats.tiff.metadata import read_metadata, read_resolution
from zimg.io.formats.tiff.micromanager import micromanager_scenes, read_summary, summary_of
from zimg.io.formats.tiff.ome_planes import OpenedFile, lowest_page
from zimg.io.formats.tiff.ome_xml import OmeImage, ome_images
from zimg.io.formats.tiff.pages import Page
from zimg.io.formats.tiff.scene import TiffScene, scene_like, unseen_scene
from zimg.io.formats.tiff.shaped import shaped_scenes
from zimg.io.formats.tiff.stk import stk_scene
from zimg.io.scenes.missing import MissingPlane
from zimg.io.scenes.scene import Level
from zimg.values import FileFormat, ZImgInfo

_log = logging.getLogger("zimg")
OME_ROOT = re.compile(r"<(?:\w+:)?OME[\s>/]")


class TiffReader:
    """An open TIFF file.

    Parameters
    ----------
    path
        An existing file.
    format
        `FileFormat.Tiff` ignores descriptions and reads pages as z planes; otherwise OME-XML takes
        precedence over descriptions of ImageJ, Micro-Manager and tifffile.

    Raises
    ------
    ZException
        When the file is not a TIFF, is damaged, or lacks pages that it describes.
    """

    name = "TIFF"

    def __init__(self, path: str | os.PathLike[str], format: FileFormat) -> None:
        self._given, self._path, self._linked = path, Path(path), LinkedFiles(path)
        self.companions: list[Path] = []
        self._pages = TiffPages(path)
        self._tiff = self._pages.tiff
        try:
            self.scenes = self._read_scenes(format)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the file and its opened companions."""
        self._pages.close()
        self._linked.close()

    def _read_scenes(self, format: FileFormat) -> list[TiffScene]:
        first = self._page(0).tiff
        texts = [str(first.description), str(first.description1)]
        description = next((text for text in texts if OME_ROOT.search(text)), "")
        if format == FileFormat.OmeTiff and not description:
            raise ZException("the first page has no OME-XML description")
        if format == FileFormat.Tiff:
            return self._plain_scenes()
        if description:
            if self._tiff.is_imagej:
                _log.info(
                    "%s: the description of ImageJ is ignored in favour of OME-XML", self._path
                )
            return self._ome_scenes(description)
        if self._tiff.is_imagej:
            return [self._imagej_scene()]
        if self._tiff.is_lsm:
            return [self._lsm_scene()]
        if stack := stk_scene(self._pages):
            return [stack]
        found = micromanager_scenes(self._pages) or shaped_scenes(self._pages)
        return found or self._plain_scenes()

    def _page(self, number: int, copy: int | None = None) -> Page:
        return self._pages.page(number, copy)

    def _levels(self, number: int) -> tuple[tuple[Level, int], ...]:
        return tuple(self._pages.levels(number))

    def _ome_scenes(self, description: str) -> list[TiffScene]:
        uuid = uuid_of(description)
        xml, described_in, visited = followed(self._given, description)
        opened = OpenedFile(
            self._path.name,
            len(self._pages),
            uuid,
            described_in,
            size=self._pages.file.size,
            samples_of=lambda number: int(self._page(number).tiff.samplesperpixel),
            exists=self._linked.exists,
        )
        images = ome_images(xml, opened)
        names = dict.fromkeys(name for image in images for name, _ in image.elsewhere.values())
        if not is_address(self._given):
            self.companions = [self._path.parent / name for name in [*visited, *names]]
        return [self._ome_scene(image) for image in images]

    def _ome_scene(self, image: OmeImage) -> TiffScene:
        def page_of(time: int, z: int, group: int, copy: int | None) -> Page:
            plane = time, z, group
            if plane in image.pages:
                return replace(self._page(image.pages[plane], copy), indices=True)
            name = f"z={z} c={group} t={time}"
            if plane in image.elsewhere:
                return self._page_elsewhere(image.elsewhere[plane], name, copy)
            count = image.info.numTimes * image.info.depth * image.info.numChannels // image.samples
            why = f"the OME-XML maps {count} planes, but the file has {len(self._pages)} pages"
            raise MissingPlane(name, why)

        if image.pages:
            number = lowest_page(image.pages)
            first, levels = replace(self._page(number), indices=True), self._levels(number)
            away = bool(image.elsewhere)
            scene = scene_like(
                image.info, first, page_of, levels, samples=image.samples, elsewhere=away
            )
        else:
            scene = unseen_scene(image, page_of)
        read_annotation(image.root, scene.info)
        return scene

    def _page_elsewhere(self, place: tuple[str, int], plane: str, copy: int | None) -> Page:
        """A page of a companion file."""
        name, number = place
        try:
            pages = self._linked.pages(name)
        except ZException as error:
            raise MissingPlane(plane, str(error)) from error
        if not 0 <= number < len(pages):
            raise MissingPlane(plane, f"{name} has {len(pages)} pages, but page {number} is needed")
        return replace(pages.page(number, copy), indices=True)

    def _imagej_scene(self) -> TiffScene:
        first = self._page(0)
        metadata = described(self._tiff, first, has_settings=self._pages.has_tag(0, SETTINGS))
        images = described_images(metadata)
        single = len(self._pages) == 1 and images > 1
        behind = planes_behind(first, images, "ImageJ") if single else None
        stack = imagej_stack(metadata, images if single else len(self._pages), first)

        def page_of(time: int, z: int, group: int, copy: int | None) -> Page:
            number = stack.index(time, z, group)
            return behind(number) if behind else self._page(number, copy)

        c, y, x = first.size
        info = ZImgInfo(x, y, stack.depth, stack.channels * c, stack.times)
        read_metadata(metadata, first.tiff, info)
        read_summary(summary_of(self._pages)[0], info)
        return scene_like(info, first, page_of, self._levels(0), samples=c)

    def _lsm_scene(self) -> TiffScene:
        """The pages of full resolution, which hold all channels; the others are thumbnails."""
        numbers = [n for n in range(len(self._pages)) if not self._page(n).tiff.is_reduced]
        if not numbers:
            raise ZException("the file has no page of full resolution")
        first = self._page(numbers[0])
        info = lsm_info(self._tiff.lsm_metadata or {}, len(numbers), first)

        def page_of(time: int, z: int, _group: int, copy: int | None) -> Page:
            return self._page(numbers[time * info.depth + z], copy)

        scene = scene_like(info, first, page_of, (), samples=info.numChannels)
        info.validBitCount = 0  # as in the reference: the file states only the bits of storage
        return scene

    def _plain_scenes(self) -> list[TiffScene]:
        """Pages of full resolution as z planes; each size and type is a scene."""
        directories = self._pages.directories
        alike: dict[object, list[int]] = {}
        for kind, first in enumerate(directories.firsts):
            page = self._page(first)
            if not page.tiff.is_reduced:
                like = page.size, page.dtype, page.tiff.photometric, page.tiff.extrasamples
                alike.setdefault(like, []).append(kind)
        if not alike:
            raise ZException("the file has no page of full resolution")
        if len(directories.firsts) == 1:
            return [self._plain_scene(np.arange(len(self._pages)))]
        kinds = np.asarray(directories.kinds)
        return [self._plain_scene(np.flatnonzero(np.isin(kinds, of))) for of in alike.values()]

    def _plain_scene(self, numbers: NDArray[np.int64]) -> TiffScene:
        """A scene with one page per z plane."""
        first = self._page(int(numbers[0]))
        c, y, x = first.size
        info = ZImgInfo(x, y, len(numbers), c, 1)
        read_resolution(first.tiff, info)

        def page_of(_time: int, z: int, _group: int, copy: int | None) -> Page:
            return self._page(int(numbers[z]), copy)

        return scene_like(info, first, page_of, self._levels(int(numbers[0])), samples=c)
