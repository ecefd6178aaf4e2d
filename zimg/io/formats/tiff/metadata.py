"""Voxel sizes, time stamps and names from descriptions and tags."""

from collections.abc import Mapping
from math import isclose
from typing import Any

from tifffile import TiffPage

from zimg.io.units import RESOLUTION_UNITS, in_seconds, set_voxel_size, usable
from zimg.values import VoxelSizeUnit, ZImgInfo

X_RESOLUTION, Y_RESOLUTION, RESOLUTION_UNIT = 282, 283, 296
SCREEN = 1 / 72  # pixel sizes in inches that programs write by default, without meaning


def read_metadata(metadata: Mapping[str, Any], page: TiffPage, info: ZImgInfo) -> None:
    """Read voxel size, unit, time step and names from an ImageJ description.

    Notes
    -----
    ``yunit`` and ``zunit`` are present where they differ from ``unit``; without any of them lengths
    are in the unit of the resolution tags. The time step is in ``tunit``.
    """
    sizes = resolution(page, X_RESOLUTION), resolution(page, Y_RESOLUTION), metadata.get("spacing")
    screen = sizes[0] is not None and isclose(sizes[0], SCREEN)
    unit = str(metadata.get("unit", "")) or ("" if screen else _resolution_unit(page))
    units = unit, *(str(metadata.get(name) or unit) for name in ("yunit", "zunit"))
    set_voxel_size(info, sizes, units, express=VoxelSizeUnit.um)
    step = usable(metadata.get("finterval"))
    if step is not None:
        step *= in_seconds(str(metadata.get("tunit", "s"))) or 1.0
        info.timeStamps = [t * step for t in range(info.numTimes)]
    labels = metadata.get("Labels")
    if isinstance(labels, list) and len(labels) == info.numChannels > 1:
        info.channelNames = [str(label) for label in labels]


def read_resolution(page: TiffPage, info: ZImgInfo) -> None:
    """Read the voxel size if the resolution of a page is in inches or centimetres."""
    unit = _resolution_unit(page)
    sizes = resolution(page, X_RESOLUTION), resolution(page, Y_RESOLUTION)
    if unit and None not in sizes:
        set_voxel_size(info, sizes, unit)


def _resolution_unit(page: TiffPage) -> str:
    """Name of the unit of the resolution tags; empty if absent."""
    value = page.tags.valueof(RESOLUTION_UNIT, 1)
    unit = RESOLUTION_UNITS.get(int(value)) if isinstance(value, int) else None
    return unit.name if unit else ""


def resolution(page: TiffPage, tag: int) -> float | None:
    """Pixel size from the resolution in `tag`, in its unit; None if absent."""
    value = page.tags.valueof(tag)
    if not isinstance(value, tuple) or len(value) != 2 or 0 in value:
        return None
    return usable(value[1] / value[0])
