"""Stacks of MetaMorph (STK): one directory for all planes, described by the tags UIC1 to UIC4."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from zimg.io.formats.tiff.behind import planes_behind
from zimg.io.formats.tiff.file import TiffPages
from zimg.io.formats.tiff.pages import Page
from zimg.io.formats.tiff.scene import TiffScene, scene_like
from zimg.io.units import set_voxel_size
from zimg.values import VoxelSizeUnit, ZImgInfo

UIC2 = 33629  # counts the planes
MILLISECOND = 1e-3


def stk_scene(pages: TiffPages) -> TiffScene | None:
    """The stack of a file with one page; None if UIC2 is absent or counts a single plane."""
    entry = pages.directories.entries(pages.directories.offsets[0]).get(UIC2)
    if entry is None or len(pages) > 1 or entry.count < 2:
        return None
    first = pages.page(0)
    plane = planes_behind(first, entry.count, "MetaMorph")
    metadata = pages.tiff.stk_metadata or {}
    stamps = _stamps(metadata, entry.count)
    c, y, x = first.size
    depth, times = (1, entry.count) if stamps else (entry.count, 1)
    info = ZImgInfo(x, y, depth, c, times)
    info.timeStamps = stamps or info.timeStamps
    _read_size(metadata, info)

    def page_of(time: int, z: int, _group: int, _copy: int | None) -> Page:
        return plane(time + z)

    return scene_like(info, first, page_of, (), samples=c)


def _stamps(metadata: Mapping[str, Any], planes: int) -> list[float]:
    """Seconds since the first plane, if planes differ in time and not in z."""
    distances = _values(metadata.get("ZDistance"), planes)
    created = _values(metadata.get("TimeCreated"), planes)
    if (distances != 0).any() or len(created) < 2 or (np.diff(created) <= 0).any():
        return []
    return [float(stamp) for stamp in (created - created[0]) * MILLISECOND]


def _read_size(metadata: Mapping[str, Any], info: ZImgInfo) -> None:
    distances = _values(metadata.get("ZDistance"), info.depth)
    distances = distances[distances != 0]
    z = float(distances[0]) if len(distances) else None
    sizes = metadata.get("XCalibration"), metadata.get("YCalibration"), z
    unit = str(metadata.get("CalibrationUnits") or "")
    set_voxel_size(info, sizes, unit, express=VoxelSizeUnit.um)


def _values(found: Any, planes: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    """One finite number per plane; empty if the values are damaged."""
    try:
        values = np.asarray(found, np.float64).reshape(-1)
    except (TypeError, ValueError):
        return np.zeros(0)
    return values if len(values) == planes and np.isfinite(values).all() else np.zeros(0)
