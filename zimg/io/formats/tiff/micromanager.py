"""Micro-Manager stacks: the summary and the index of planes at the start of the file.

Layout: https://micro-manager.org/Micro-Manager_File_Formats.
"""

import logging
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tifffile import read_micromanager_metadata

from zimg._errors import ZException
from zimg.io.formats.tiff.file import TiffPages
from zimg.io.formats.tiff.ome_planes import MOST_PLANES
from zimg.io.formats.tiff.pages import Page
from zimg.io.formats.tiff.scene import TiffScene, scene_like
from zimg.io.scenes.missing import MissingPlane
from zimg.io.units import set_voxel_size, usable
from zimg.values import VoxelSizeUnit, ZImgInfo

_log = logging.getLogger("zimg")
INDEX_MARK = 54773648  # the number at byte 8
Planes = dict[tuple[int, int, int], int]  # page for a time, z and channel


def summary_of(pages: TiffPages) -> tuple[dict[str, Any], NDArray[np.int64]]:
    """Read the summary and the index at the start of a file.

    Returns
    -------
    summary
        Empty for files of other programs, or if the summary is damaged.
    index
        One row per plane: channel, z, time, position, and offset of the directory.
    """
    nothing = np.zeros((0, 5), np.int64)
    mark = pages.file.read(8, 4) if pages.file.size > 16 else b""
    if int.from_bytes(mark, "little" if pages.directories.order == "<" else "big") != INDEX_MARK:
        return {}, nothing
    found = read_micromanager_metadata(pages.tiff.filehandle, {"Summary", "IndexMap"})
    summary, index = found.get("Summary"), found.get("IndexMap", nothing)
    return summary if isinstance(summary, dict) else {}, np.asarray(index, np.int64)


def micromanager_scenes(pages: TiffPages) -> list[TiffScene] | None:
    """The image of each position; None for files of other programs and without an index."""
    summary, index = summary_of(pages)
    if not summary or not len(index):
        if summary:
            _log.warning("%s has no Micro-Manager index of planes", pages.tiff.filename)
        return None
    offsets = np.asarray(pages.directories.offsets, dtype=np.int64)
    numbers = {int(offset): number for number, offset in enumerate(offsets)}
    scenes = []
    for position in np.unique(index[:, 3]):
        rows = index[index[:, 3] == position]
        found = {(t, z, c): numbers[at] for c, z, t, _, at in rows.tolist() if at in numbers}
        if found:
            scenes.append(_scene(pages, summary, found))
    return scenes or None


def _scene(pages: TiffPages, summary: dict[str, Any], planes: Planes) -> TiffScene:
    """One position. If the acquisition ended early, only the recorded times are used."""
    first = pages.page(planes[min(planes)])
    samples, height, width = first.size
    held = [1 + max(place[axis] for place in planes) for axis in range(3)]
    depth, channels = max(held[1], _count(summary, "Slices")), held[2]
    channels = max(channels, _count(summary, "Channels"))
    if held[0] * depth * channels > MOST_PLANES:
        raise ZException(f"Micro-Manager describes {held[0]} x {depth} x {channels} planes")
    info = ZImgInfo(width, height, depth, channels * samples, held[0])
    read_summary(summary, info)

    def page_of(time: int, z: int, group: int, copy: int | None) -> Page:
        if (time, z, group) not in planes:
            count = held[0] * depth * channels
            why = f"Micro-Manager describes {count} planes, the index lists {len(planes)}"
            raise MissingPlane(f"z={z} c={group} t={time}", why)
        return pages.page(planes[time, z, group], copy)

    return scene_like(info, first, page_of, (), samples=samples)


def _count(summary: dict[str, Any], name: str) -> int:
    value = summary.get(name)
    return value if isinstance(value, int) and 0 < value < 2**31 else 1


def read_summary(summary: dict[str, Any], info: ZImgInfo) -> None:
    """Read names, voxel size in micrometres and time step, where still unknown."""
    names = summary.get("ChNames")
    if isinstance(names, list) and len(names) == info.numChannels and not any(info.channelNames):
        info.channelNames = [str(name) for name in names]
    if info.voxelSizeUnit == VoxelSizeUnit.none:
        side = summary.get("PixelSize_um")
        set_voxel_size(info, (side, side, summary.get("z-step_um")), "um")
    interval = usable(summary.get("Interval_ms"))
    if interval is not None and info.timeStamps == [float(t) for t in range(info.numTimes)]:
        info.timeStamps = [t * interval / 1000 for t in range(info.numTimes)]
