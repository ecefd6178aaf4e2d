"""Read the OME-Zarr metadata of one image: axes, levels, sizes, channels."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from zimg._errors import ZException
from zimg.io.formats.ome_zarr.axes import Axis, read_axes
from zimg.io.units import UNIT_IN_UM, in_seconds, in_um, set_voxel_size
from zimg.values import ZImgInfo, col4

MOST_LEVELS = 256


@dataclass(frozen=True, slots=True)
class Multiscale:
    """Axes, array paths and voxel distances of an image.

    Parameters
    ----------
    axes
        Axes in stored order.
    paths
        Paths of the arrays, full resolution first.
    scale, translation
        Per axis, at full resolution.
    """

    axes: Sequence[Axis]
    paths: Sequence[str]
    scale: Sequence[float]
    translation: Sequence[float]


def read_multiscale(stated: Mapping[str, Any]) -> Multiscale:
    """Read an entry of ``multiscales`` of any version."""
    axes = read_axes(stated.get("axes"))
    datasets = stated.get("datasets") or []
    if not 0 < len(datasets) <= MOST_LEVELS:
        raise ZException(
            f"the multiscale image has {len(datasets)} datasets: accepted are 1 to {MOST_LEVELS}"
        )
    first = datasets[0].get("coordinateTransformations") or []
    both = [*first, *(stated.get("coordinateTransformations") or [])]
    scale, translation = _combined(both, len(axes))
    return Multiscale(axes, [inside(each["path"]) for each in datasets], scale, translation)


def inside(path: Any) -> str:
    """Check that a path stays inside the store; raise a `ZException` otherwise."""
    parts = PurePosixPath(str(path).replace("\\", "/")).parts
    if not parts or ".." in parts or parts[0] == "/" or ":" in parts[0]:
        raise ZException(f"the path {path!r} is outside the store")
    return "/".join(parts)


def _combined(
    transformations: Sequence[Mapping[str, Any]], rank: int
) -> tuple[list[float], list[float]]:
    """Compose transformations to one scale and translation."""
    scale, shift = [1.0] * rank, [0.0] * rank
    for each in transformations:
        kind = each.get("type")
        values = each.get(str(kind))
        if kind == "identity":
            continue
        if kind not in ("scale", "translation") or not isinstance(values, list):
            raise ZException(
                f"the coordinate transformation {kind!r} is not supported or has no numbers"
            )
        if len(values) != rank:
            raise ZException(
                f"the {kind} must have one number for each of {rank} axes, got {values}"
            )
        if kind == "scale":
            scale = [a * float(b) for a, b in zip(scale, values, strict=True)]
            shift = [a * float(b) for a, b in zip(shift, values, strict=True)]
        else:
            shift = [a + float(b) for a, b in zip(shift, values, strict=True)]
    return scale, shift


def describe(info: ZImgInfo, image: Multiscale, attributes: Mapping[str, Any]) -> None:
    """Add the metadata of an image to `info`, which has sizes and type.

    Parameters
    ----------
    info
        Changed in place.
    image
        The multiscale metadata.
    attributes
        Attributes of the group: ``omero`` has channels, ``zimg`` our extra metadata.
    """
    _read_sizes(info, image)
    _read_channels(info, (attributes.get("omero") or {}).get("channels") or [])
    own = attributes.get("zimg") or {}
    if len(own.get("timeStamps", [])) == info.numTimes:
        info.timeStamps = [float(x) for x in own["timeStamps"]]
    if "position" in own:
        info.position = [float(x) for x in own["position"]]
    for color, opacity in zip(info.channelColors, own.get("channelOpacities", []), strict=False):
        color.a = int(opacity)
    info.validBitCount = int(own.get("validBitCount", 0))
    info.lastChannelIsAlphaChannel = bool(own.get("lastChannelIsAlphaChannel", False))


def _read_sizes(info: ZImgInfo, image: Multiscale) -> None:
    """Time stamps, voxel sizes and position; a scale without unit keeps its numbers."""
    stated = zip(image.axes, image.scale, image.translation, strict=True)
    at = {axis.letter: (axis.unit, scale, shift) for axis, scale, shift in stated}
    if "t" in at:
        unit, scale, shift = at["t"]
        seconds = in_seconds(unit) or 1.0
        step = scale * seconds
        info.timeStamps = [shift * seconds + t * step for t in range(info.numTimes)]
    lengths = [at.get(letter, ("", None, 0.0)) for letter in "xyz"]
    given = next((unit for unit, _, _ in lengths if in_um(unit)), "")
    units = [unit or given for unit, _, _ in lengths]
    set_voxel_size(info, [scale for _, scale, _ in lengths], units)
    common = UNIT_IN_UM.get(info.voxelSizeUnit)
    factors = [(in_um(unit) or common) / common if common else 1.0 for unit in units]
    places = zip(lengths, factors, strict=True)
    place = [shift * factor for (_, scale, shift), factor in places if scale is not None]
    if any(place) and all(map(math.isfinite, place)):
        info.position = place


def _read_channels(info: ZImgInfo, channels: Sequence[Mapping[str, Any]]) -> None:
    """Names and colours; display ranges are ignored."""
    for number, channel in enumerate(channels[: info.numChannels]):
        if channel.get("label") is not None:
            info.channelNames[number] = str(channel["label"])
        digits = str(channel.get("color") or "").removeprefix("#")
        try:
            parts = bytes.fromhex(digits)
        except ValueError:
            continue
        if len(parts) in (3, 4):
            info.channelColors[number] = col4(*parts)
