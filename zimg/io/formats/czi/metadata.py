"""What the metadata of a CZI file say about its images: voxel size, channels, places."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from xml.etree import ElementTree as ET

from zimg._errors import ZException
from zimg.io.disk.xml import xml_root
from zimg.io.units import usable
from zimg.values import VoxelSizeUnit, ZImgInfo, col4

IN_UM = 1e6  # distances are in metres


@dataclass(frozen=True, slots=True)
class Channel:
    """Name, colour and bits in use of a channel; None and 0 where the file does not tell."""

    name: str = ""
    color: col4 | None = None
    bits: int = 0


@dataclass(frozen=True, slots=True)
class CziMetadata:
    """Voxel size in micrometres by axis, channels, and the centre of each scene in micrometres."""

    voxel_size: dict[str, float] = field(default_factory=dict)
    channels: list[Channel] = field(default_factory=list)
    centers: dict[int, list[float]] = field(default_factory=dict)

    def describe(self, info: ZImgInfo, channels: Sequence[int], samples: int, scene: int) -> None:
        """Write what is known about a scene with these channels of the file into `info`.

        The samples of a channel in colours share its name and keep their own colours.
        """
        for axis, size in self.voxel_size.items():
            setattr(info, f"voxelSize{axis}", size)
            info.voxelSizeUnit = VoxelSizeUnit.um
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
        XML; empty where the file has none.

    Raises
    ------
    ZException
        When it is broken or declares entities.
    """
    if not text.strip(b"\0 \r\n\t"):
        return CziMetadata()
    try:
        plain = text.rstrip(b"\0").decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ZException(f"its metadata is broken: {error}") from error
    root = xml_root(plain, "its metadata")
    image = root.find("Metadata/Information/Image")
    scenes = () if image is None else image.iterfind("Dimensions/S/Scenes/Scene")
    centers = {
        int(scene.get("Index", "0")): _numbers(scene.findtext("CenterPosition")) for scene in scenes
    }
    return CziMetadata(_voxel_size(root), _channels(root), centers)


def _voxel_size(root: ET.Element) -> dict[str, float]:
    found = {}
    for distance in root.iterfind("Metadata/Scaling/Items/Distance"):
        size = usable(distance.findtext("Value"))
        if size is not None and distance.get("Id") in ("X", "Y", "Z"):
            found[distance.get("Id", "")] = size * IN_UM
    return found


def _channels(root: ET.Element) -> list[Channel]:
    """Channels in the order of the image, with what the display settings say of them."""
    own = root.findall("Metadata/Information/Image/Dimensions/Channels/Channel")
    shown = root.findall("Metadata/DisplaySetting/Channels/Channel")
    by_id = {each.get("Id"): each for each in shown}
    bits = root.findtext("Metadata/Information/Image/ComponentBitCount")
    found = []
    for number, channel in enumerate(own or shown):
        same_place = shown[number] if number < len(shown) else channel
        display = by_id.get(channel.get("Id"), same_place)
        name = channel.get("Name") or display.get("Name") or ""
        count = channel.findtext("ComponentBitCount") or bits or "0"
        color = _color(display.findtext("Color") or channel.findtext("Color"))
        found.append(Channel(name, color, int(count) if count.isdecimal() else 0))
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


def _numbers(text: str | None) -> list[float]:
    """Numbers with commas between them; none when they are not."""
    try:
        return [float(part) for part in (text or "").split(",")]
    except ValueError:
        return []
