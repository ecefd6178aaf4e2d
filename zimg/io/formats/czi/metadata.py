"""Metadata of CZI files: voxel sizes, channels and stage positions."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from xml.etree import ElementTree as ET

from zimg.io.disk.xml import BrokenXml, xml_root
from zimg.io.units import number, set_voxel_size
from zimg.values import VoxelSizeUnit, ZImgInfo, col4

_log = logging.getLogger("zimg")
LONGEST_COUNT = 9  # digits


@dataclass(frozen=True, slots=True)
class Channel:
    """Name, colour and bits in use of a channel; None and 0 where unknown."""

    name: str = ""
    color: col4 | None = None
    bits: int = 0


@dataclass(frozen=True, slots=True)
class CziMetadata:
    """Voxel size in metres along x, y, z, channels, and the centre of each scene in micrometres."""

    voxel_size: Sequence[str | None] = ()
    channels: list[Channel] = field(default_factory=list)
    centers: dict[int, list[float]] = field(default_factory=dict)

    def describe(self, info: ZImgInfo, channels: Sequence[int], samples: int, scene: int) -> None:
        """Copy the metadata of a scene with these channels into `info`.

        Samples of a colour channel share its name and keep their own colours.
        """
        set_voxel_size(info, self.voxel_size, "m", express=VoxelSizeUnit.um)
        info.position = list(self.centers.get(scene, ()))
        known = [self.channels[c] if 0 <= c < len(self.channels) else Channel() for c in channels]
        info.channelNames = [each.name for each in known for _ in range(samples)]
        info.validBitCount = max(each.bits for each in known)
        if samples == 1:
            pairs = zip(known, info.channelColors, strict=True)
            info.channelColors = [each.color or default for each, default in pairs]


def czi_metadata(text: bytes) -> CziMetadata:
    """Read the metadata of a file.

    Parameters
    ----------
    text
        XML; empty where the file has none. Pixels do not depend on it: if it is malformed, a
        warning is logged and all values are unknown.

    Raises
    ------
    ZException
        When the XML declares entities.
    """
    plain = text.rstrip(b"\0").decode("utf-8-sig", "replace")
    if not plain.strip("\0 \r\n\t"):
        return CziMetadata()
    try:
        root = xml_root(plain, "the CZI metadata")
    except BrokenXml as error:
        _log.warning("%s; voxel sizes and channels are unknown", error)
        return CziMetadata()
    image = root.find("Metadata/Information/Image")
    scenes = () if image is None else image.iterfind("Dimensions/S/Scenes/Scene")
    centers = {
        _count(scene.get("Index", "0")): _numbers(scene.findtext("CenterPosition"))
        for scene in scenes
    }
    return CziMetadata(_voxel_size(root), _channels(root), centers)


def _voxel_size(root: ET.Element) -> list[str | None]:
    distances = root.findall("Metadata/Scaling/Items/Distance")
    found = {each.get("Id"): each.findtext("Value") for each in distances}
    return [found.get(axis) for axis in "XYZ"]


def _channels(root: ET.Element) -> list[Channel]:
    """Channels in the order of the image, with their display settings."""
    own = root.findall("Metadata/Information/Image/Dimensions/Channels/Channel")
    shown = root.findall("Metadata/DisplaySetting/Channels/Channel")
    by_id = {each.get("Id"): each for each in shown}
    bits = root.findtext("Metadata/Information/Image/ComponentBitCount")
    found = []
    for place, channel in enumerate(own or shown):
        same_place = shown[place] if place < len(shown) else channel
        display = by_id.get(channel.get("Id"), same_place)
        name = channel.get("Name") or display.get("Name") or ""
        count = _count(channel.findtext("ComponentBitCount") or bits or "0")
        color = _color(display.findtext("Color") or channel.findtext("Color"))
        found.append(Channel(name, color, count))
    return found


def _color(text: str | None) -> col4 | None:
    """A colour spelled #AARRGGBB or #RRGGBB."""
    digits = (text or "").removeprefix("#")
    try:
        values = bytes.fromhex(digits)
    except ValueError:
        return None
    if len(values) not in (3, 4):
        return None
    red, green, blue = values[-3:]
    return col4(red, green, blue, 255)


def _count(text: str) -> int:
    """A count; 0 for anything else."""
    return int(text) if text.isdecimal() and len(text) < LONGEST_COUNT else 0


def _numbers(text: str | None) -> list[float]:
    """Finite numbers separated by commas; an empty list for anything else."""
    found = [number(part) for part in (text or "").split(",")]
    return [] if None in found else [value for value in found if value is not None]
