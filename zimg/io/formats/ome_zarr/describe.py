"""Make the OME-Zarr metadata of an image."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from zimg._errors import ZException
from zimg.io.formats.ome_zarr.pyramid import Shrunk
from zimg.io.formats.ome_zarr.udunits import UNITS
from zimg.values import VoxelFormat, VoxelSizeUnit, ZImgInfo


def check_description(info: ZImgInfo) -> None:
    """Refuse metadata that JSON or OME-Zarr cannot store."""
    sizes = info.voxelSizeX, info.voxelSizeY, info.voxelSizeZ
    if not all(math.isfinite(size) and size > 0 for size in sizes):
        raise ZException(f"OME-Zarr requires voxel sizes above 0, got {sizes}")
    if not all(map(math.isfinite, (*info.timeStamps, *info.position))):
        raise ZException("OME-Zarr cannot store time stamps or positions that are not finite")
    if len(info.position) > 3:
        raise ZException(f"OME-Zarr stores a position of 3 numbers, got {len(info.position)}")


def group_attributes(
    info: ZImgInfo, levels: Sequence[Shrunk], name: str, version: str
) -> dict[str, Any]:
    """Attributes of the group: those of OME-Zarr, and further ones under ``zimg``."""
    multiscale = {
        "name": name,
        "type": "mean",
        "axes": _axes(info),
        "datasets": [_dataset(info, number, level) for number, level in enumerate(levels)],
    }
    omero = {"channels": [_channel(info, channel) for channel in range(info.numChannels)]}
    own = _own(info)
    if version == "0.4":
        old = {"multiscales": [{"version": version, **multiscale}], "omero": omero}
        return {**old, "zimg": own} if own else old
    ome = {"version": version, "multiscales": [multiscale], "omero": omero}
    return {"ome": ome, "zimg": own} if own else {"ome": ome}


def _axes(info: ZImgInfo) -> list[dict[str, str]]:
    time = {"name": "t", "type": "time"}
    if info.timeStamps != [float(t) for t in range(info.numTimes)]:
        time["unit"] = "second"
    space = [{"name": letter, "type": "space"} for letter in "zyx"]
    if info.voxelSizeUnit != VoxelSizeUnit.none:
        space = [{**axis, "unit": UNITS[info.voxelSizeUnit]} for axis in space]
    return [time, {"name": "c", "type": "channel"}, *space]


def _dataset(info: ZImgInfo, number: int, level: Shrunk) -> dict[str, Any]:
    """Scale and translation of a level; voxel centres coincide with the centres of their blocks."""
    first, step = _even(info.timeStamps)
    sizes = info.voxelSizeZ, info.voxelSizeY, info.voxelSizeX
    corner = ([*info.position, 0.0, 0.0, 0.0][:3])[::-1]
    scale = [size * factor for size, factor in zip(sizes, level.factor, strict=True)]
    shift = [
        place + size * (factor - 1) / 2
        for place, size, factor in zip(corner, sizes, level.factor, strict=True)
    ]
    changes: list[dict[str, Any]] = [{"type": "scale", "scale": [step, 1.0, *scale]}]
    if first or any(shift):
        changes.append({"type": "translation", "translation": [first, 0.0, *shift]})
    return {"path": str(number), "coordinateTransformations": changes}


def _even(stamps: Sequence[float]) -> tuple[float, float]:
    """First time stamp and mean time step; 1 where no step is above 0."""
    step = (stamps[-1] - stamps[0]) / (len(stamps) - 1) if len(stamps) > 1 else 1.0
    return float(stamps[0]), step if step > 0 else 1.0


def _channel(info: ZImgInfo, channel: int) -> dict[str, Any]:
    color = info.channelColors[channel]
    low, high = _range(info)
    return {
        "label": info.channelNames[channel],
        "color": f"{color.r:02X}{color.g:02X}{color.b:02X}",
        "active": True,
        "window": {"min": low, "max": high, "start": low, "end": high},
    }


def _range(info: ZImgInfo) -> tuple[float, float]:
    """Value range of voxels; 0 to 1 for floats."""
    if info.voxelFormat == VoxelFormat.Float:
        return 0.0, 1.0
    if info.validBitCount and info.voxelFormat == VoxelFormat.Unsigned:
        return 0.0, float(2**info.validBitCount - 1)
    limits = np.iinfo(info.dataTypeString())
    return float(limits.min), float(limits.max)


def _own(info: ZImgInfo) -> dict[str, Any]:
    """Metadata without a place in OME-Zarr that differ from their defaults."""
    own: dict[str, Any] = {}
    first, step = _even(info.timeStamps)
    if info.timeStamps != [first + t * step for t in range(info.numTimes)]:
        own["timeStamps"] = info.timeStamps
    if info.position:
        own["position"] = info.position
    if info.validBitCount:
        own["validBitCount"] = info.validBitCount
    if info.lastChannelIsAlphaChannel:
        own["lastChannelIsAlphaChannel"] = True
    opacity = [color.a for color in info.channelColors]
    if set(opacity) != {255}:
        own["channelOpacities"] = opacity
    return own
