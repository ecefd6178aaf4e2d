"""Voxel sizes, names and colours of a series that Bio-Formats reads."""

from typing import Any

import scyjava

from zimg.io.units import set_voxel_size
from zimg.values import ZImgInfo, col4


def describe(info: ZImgInfo, metadata: Any, series: int) -> None:
    """Voxel sizes in micrometres, names and colours, where they are known."""
    um = scyjava.jimport("ome.units.UNITS").MICROMETER
    lengths = [getattr(metadata, f"getPixelsPhysicalSize{axis}")(series) for axis in "XYZ"]
    sizes = [None if length is None else _number(length.value(um)) for length in lengths]
    set_voxel_size(info, sizes, "um")
    for channel in range(min(info.numChannels, int(metadata.getChannelCount(series)))):
        info.channelNames[channel] = str(metadata.getChannelName(series, channel) or "")
        color = metadata.getChannelColor(series, channel)
        if color is not None:
            parts = color.getRed(), color.getGreen(), color.getBlue()
            info.channelColors[channel] = col4(*(int(part) for part in parts))


def _number(value: Any) -> float | None:
    """Convert a Java number; None if it has no value in micrometres."""
    return None if value is None else float(value.doubleValue())
