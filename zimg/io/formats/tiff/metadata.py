"""Voxel sizes, time stamps and names out of descriptions and tags."""

from typing import Any

from tifffile import TiffPage

from zimg.io.units import RESOLUTION_UNITS, in_um, usable
from zimg.values import VoxelSizeUnit, ZImgInfo


def read_metadata(metadata: dict[str, Any], page: TiffPage, info: ZImgInfo) -> None:
    """Fill in voxel size, unit and time step; lengths come out in micrometres."""
    factor = in_um(str(metadata.get("unit", "")))
    if factor is not None:
        sizes = (resolution(page, 282), resolution(page, 283), usable(metadata.get("spacing")))
        for axis, size in zip("XYZ", sizes, strict=True):
            if size is not None:
                setattr(info, f"voxelSize{axis}", size * factor)
                info.voxelSizeUnit = VoxelSizeUnit.um
    step = usable(metadata.get("finterval"))
    if step is not None:
        info.timeStamps = [t * step for t in range(info.numTimes)]
    labels = metadata.get("Labels")
    if isinstance(labels, list) and len(labels) == info.numChannels > 1:
        info.channelNames = [str(label) for label in labels]


def read_resolution(page: TiffPage, info: ZImgInfo) -> None:
    """Fill in the voxel size where the resolution of a page is in inches or centimetres."""
    unit = RESOLUTION_UNITS.get(int(page.tags.valueof(296, 1)))
    sizes = resolution(page, 282), resolution(page, 283)
    if unit is not None and None not in sizes:
        info.voxelSizeX, info.voxelSizeY = (float(size) for size in sizes if size)
        info.voxelSizeZ = info.voxelSizeX  # TIFF has no depth; 1 would be taken for a unit
        info.voxelSizeUnit = unit


def resolution(page: TiffPage, tag: int) -> float | None:
    """Size of a pixel from the resolution in `tag`, in its unit; None when there is none."""
    value = page.tags.valueof(tag)
    if not isinstance(value, tuple) or len(value) != 2 or 0 in value:
        return None
    return usable(value[1] / value[0])
