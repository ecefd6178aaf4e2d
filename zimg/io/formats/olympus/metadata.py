"""Sizes and metadata of an Olympus image, as its settings state them."""

import re
from collections.abc import Mapping

from zimg.io.formats.olympus.files import Files
from zimg.io.formats.olympus.settings import Settings
from zimg.io.units import in_seconds, number, set_voxel_size
from zimg.values import ZImgInfo

AXES = 8  # that the settings describe
_LUT = re.compile(r".*LUT(\d+)\.lut", re.IGNORECASE)


def describe(info: ZImgInfo, settings: Settings, colours: Mapping[int, Settings]) -> None:
    """Voxel sizes, valid bits, time stamps, names and colours, where they are stated.

    Parameters
    ----------
    info
        Of the sizes of the planes.
    settings
        The main settings.
    colours
        Lookup tables by channel, from 0.
    """
    scale = settings.section("Reference Image Parameter")
    axes = {axis.get("AxisCode", ""): axis for axis in _axes(settings)}
    depth, depth_unit = _step(axes.get("Z", {}))
    set_voxel_size(
        info,
        [scale.get("WidthConvertValue"), scale.get("HeightConvertValue"), depth],
        [scale.get("WidthUnit", ""), scale.get("HeightUnit", ""), depth_unit],
    )
    bits = number(scale.get("ValidBitCounts")) or 0
    info.validBitCount = int(bits) if 0 < bits <= 8 * info.bytesPerVoxel else 0
    interval, unit = _step(axes.get("T", {}))
    if interval and info.numTimes > 1:
        seconds = interval * (in_seconds(unit) or 1.0)
        info.timeStamps = [n * seconds for n in range(info.numTimes)]
    for channel in range(info.numChannels):
        dye = settings.section(f"GUI Channel {channel + 1} Parameters")
        info.channelNames[channel] = dye.get("DyeName") or dye.get("CH Name") or ""
        colour = colours[channel].colour() if channel in colours else None
        info.channelColors[channel] = colour or info.channelColors[channel]


def lookup_tables(files: Files) -> dict[int, Settings]:
    """The lookup tables by channel, from 0."""
    found = ((name, _LUT.fullmatch(name)) for name in files.names)
    return {int(match[1]) - 1: Settings(files.read(name)) for name, match in found if match}


def _axes(settings: Settings) -> list[Mapping[str, str]]:
    return [settings.section(f"Axis {n} Parameters Common") for n in range(AXES)]


def _step(axis: Mapping[str, str]) -> tuple[float | None, str]:
    """Distance of samples along an axis, and its unit; None for an axis of one sample."""
    count = number(axis.get("MaxSize")) or 0
    first, last = number(axis.get("StartPosition")), number(axis.get("EndPosition"))
    unit = axis.get("UnitName", "")
    step = number(axis.get("Interval"))
    if step:
        return abs(step), unit
    if count < 2 or first is None or last is None or first == last:
        return None, ""
    return abs(last - first) / (count - 1), unit
