"""Olympus FluoView images: OIF files with a folder of planes, and OIB files that hold all."""

import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from tifffile import TiffFile

from zimg._errors import ZException
from zimg.arrays.interop import VOXEL_TYPES
from zimg.io.disk.limits import check_counts
from zimg.io.formats.olympus.files import Files, opened_files
from zimg.io.formats.olympus.metadata import describe, lookup_tables
from zimg.io.formats.olympus.scene import OlympusScene, Place, plane_of
from zimg.io.formats.olympus.settings import Settings
from zimg.values import FileFormat, ZImgInfo

# A name, then letters of axes with numbers from 1: s_C001Z003T002.tif.
_PLANE = re.compile(r"(.*?)_?((?:[A-Z]\d{1,6})+)\.tif", re.IGNORECASE)
_PLACE = re.compile(r"([A-Z])(\d+)")
AXES = "TCZ"


class OlympusReader:
    """An open OIF or OIB file; planes of one name are a scene, that with most planes first.

    Parameters
    ----------
    path
        An existing file.
    format
        Not looked at.

    Raises
    ------
    ZException
        When a part of it is damaged or missing, or planes have other axes than channel, z, time.
    """

    name = "Olympus"

    def __init__(self, path: Path, format: FileFormat) -> None:  # noqa: ARG002 (it is the only one)
        self._files = opened_files(path)
        self.companions: list[Path] = getattr(self._files, "companions", [])
        try:
            self.scenes = list(_scenes(self._files))
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the file."""
        self._files.close()


def _scenes(files: Files) -> Iterator[OlympusScene]:
    settings, colours = Settings(files.read(files.main)), lookup_tables(files)
    found = sorted(_series(files).values(), key=len, reverse=True)
    if not found:
        raise ZException("the image has no planes: expected files such as s_C001Z001.tif")
    for planes in found:
        info = _info(files, planes)
        describe(info, settings, colours)
        yield OlympusScene(files, info, planes)


def _series(files: Files) -> dict[str, dict[Place, str]]:
    """The planes of each name."""
    found: dict[str, dict[Place, str]] = {}
    for name in files.names:
        match = _PLANE.fullmatch(name)
        if match is None:
            continue
        places = {axis.upper(): int(count) - 1 for axis, count in _PLACE.findall(match[2])}
        if set(places) - set(AXES) or min(places.values()) < 0:
            raise ZException(f"plane {name} has axes that are not read: expected C, Z and T from 1")
        t, c, z = (places.get(axis, 0) for axis in AXES)
        found.setdefault(match[1], {})[t, c, z] = name
    return found


def _info(files: Files, planes: dict[Place, str]) -> ZImgInfo:
    """Sizes by the numbers in the names and by the first plane."""
    times, channels, depth = (max(place[n] for place in planes) + 1 for n in range(3))
    check_counts(channels, times)
    if times * channels * depth > 2 * len(planes) + 1000:
        raise ZException(
            f"{len(planes)} planes are numbered up to {times} times, {channels} channels and "
            f"{depth} z: most are missing"
        )
    name = planes[min(planes)]
    with TiffFile(BytesIO(files.read(name))) as file:
        page = plane_of(file, name)
        height, width = page.shape
        kind = str(page.dtype)
    if kind not in VOXEL_TYPES:
        raise ZException(f"plane {name} has voxels of type {kind}, which is not read")
    return ZImgInfo(width, height, depth, channels, times, *VOXEL_TYPES[kind])
