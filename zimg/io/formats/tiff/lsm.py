"""Metadata of Zeiss LSM files: the block that tag 34412 points to."""

from typing import Any

from zimg._errors import ZException
from zimg.io.formats.tiff.pages import Page
from zimg.io.units import set_voxel_size
from zimg.values import VoxelSizeUnit, ZImgInfo, col4


def lsm_info(metadata: dict[str, Any], pages: int, page: Page) -> ZImgInfo:
    """Sizes, voxel size in micrometres, channels and times in seconds.

    Parameters
    ----------
    metadata
        The block, parsed.
    pages
        Number of pages of full resolution.
    page
        The first of them.

    Raises
    ------
    ZException
        When the sizes contradict the pages.
    """
    names = ("DimensionX", "DimensionY", "DimensionZ", "DimensionChannels", "DimensionTime")
    x, y, z, c, t = (int(metadata.get(name, 0)) for name in names)
    if (c, y, x) != page.size or min(z, t) < 1 or z * t != pages:
        raise ZException(
            f"the LSM block describes x={x} y={y} z={z} c={c} t={t}, but the file has {pages} "
            "pages "
            f"of {page.size[0]} samples of {page.size[1]} x {page.size[2]}"
        )
    info = ZImgInfo(x, y, z, c, t)
    sizes = [metadata.get(f"VoxelSize{axis}") for axis in "XYZ"]
    set_voxel_size(info, sizes, "m", express=VoxelSizeUnit.um)
    _read_channels(metadata.get("ChannelColors") or {}, info)
    stamps = metadata.get("TimeStamps")
    if stamps is not None and len(stamps) == t:
        info.timeStamps = [float(stamp) for stamp in stamps]
    return info


def _read_channels(colors: dict[str, Any], info: ZImgInfo) -> None:
    """Names and colours, if there is one per channel."""
    names, values = colors.get("ColorNames") or [], colors.get("Colors") or []
    if len(names) == info.numChannels:
        info.channelNames = [str(name) for name in names]
    if len(values) == info.numChannels:
        info.channelColors = [col4(*(int(part) for part in value[:3])) for value in values]
