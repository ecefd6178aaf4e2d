"""Make OME-XML (schema 2016-06) for an image to write."""

import math
import re
from xml.etree import ElementTree as ET

from zimg._errors import ZException
from zimg.io.formats.tiff.annotation import annotate
from zimg.io.units import usable
from zimg.values import VoxelSizeUnit, ZImgInfo, col4

SCHEMA = "http://www.openmicroscopy.org/Schemas/OME/2016-06"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
# The schema has no 64-bit integers; the reference uses these names.
_TYPES = {"float32": "float", "float64": "double"}
# Characters that XML 1.0 cannot represent.
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_AXES = ("X", "Y", "Z")


def description(info: ZImgInfo, *, together: bool) -> bytes:
    """OME-XML for pages in the order of channels, then z, then time.

    Parameters
    ----------
    info
        The image; checked by `check_description`.
    together
        Whether a page holds all channels of its plane.
    """
    root = ET.Element("OME", {"xmlns": SCHEMA, "xmlns:xsi": _XSI, "Creator": "zimg-xp"})
    root.set("xsi:schemaLocation", f"{SCHEMA} {SCHEMA}/ome.xsd")
    image = ET.SubElement(root, "Image", ID="Image:0")
    pixels = ET.SubElement(image, "Pixels", _pixels(info))
    samples = info.numChannels if together else 1
    for number in range(info.numChannels // samples):
        ET.SubElement(pixels, "Channel", _channel(info, number, samples))
    pages = info.numTimes * info.depth * info.numChannels // samples
    ET.SubElement(pixels, "TiffData", IFD="0", PlaneCount=str(pages))
    for time in range(info.numTimes):
        if attributes := _plane(info, time):
            ET.SubElement(
                pixels, "Plane", {"TheZ": "0", "TheT": str(time), "TheC": "0"} | attributes
            )
    annotate(root, image, info, together=together)
    return ET.tostring(root, encoding="UTF-8", xml_declaration=True)


def check_description(info: ZImgInfo) -> None:
    """Raise a `ZException` for metadata that OME-XML cannot store."""
    for name in info.channelNames:
        if found := _NO_XML.search(name):
            raise ZException(
                f"OME-XML cannot store the character {found[0]!r} in channel name {name!r}"
            )
    if info.voxelSizeUnit != VoxelSizeUnit.none:
        for axis in _AXES:
            size = getattr(info, f"voxelSize{axis}InUm")()
            if not (math.isfinite(size) and size > 0):
                raise ZException(f"OME-XML cannot store a voxelSize{axis} of {size} um")
    if not all(map(math.isfinite, (*info.timeStamps, *info.position))):
        raise ZException("OME-XML cannot store time stamps or positions that are not finite")
    if len(info.position) > len(_AXES):
        raise ZException(f"OME-XML stores a position of 3 numbers, got {len(info.position)}")


def _pixels(info: ZImgInfo) -> dict[str, str]:
    """Sizes, type, voxel size and time step."""
    name = info.dataTypeString()
    attributes = {"ID": "Pixels:0", "DimensionOrder": "XYCZT", "Type": _TYPES.get(name, name)}
    for axis, size in zip("XYZCT", info.size, strict=True):
        attributes[f"Size{axis}"] = str(size)
    attributes["BigEndian"] = "false"
    if info.validBitCount:
        attributes["SignificantBits"] = str(info.validBitCount)
    attributes |= _physical_sizes(info)
    if _is_even(info) and not _is_default(info):
        attributes |= {"TimeIncrement": repr(info.timeStamps[1]), "TimeIncrementUnit": "s"}
    return attributes


def _physical_sizes(info: ZImgInfo) -> dict[str, str]:
    """Voxel sizes in micrometres; without a unit in pixels, unless all are 1."""
    sizes = [getattr(info, f"voxelSize{axis}") for axis in _AXES]
    unit = "µm"
    if info.voxelSizeUnit == VoxelSizeUnit.none:
        if set(sizes) == {1.0} or not all(size == usable(size) for size in sizes):
            return {}
        unit = "pixel"
    else:
        sizes = [getattr(info, f"voxelSize{axis}InUm")() for axis in _AXES]
    attributes = {
        f"PhysicalSize{axis}": repr(size) for axis, size in zip(_AXES, sizes, strict=True)
    }
    return attributes | {f"PhysicalSize{axis}Unit": unit for axis in _AXES}


def _channel(info: ZImgInfo, number: int, samples: int) -> dict[str, str]:
    """A channel; names and colours of several samples are in the annotation."""
    attributes = {"ID": f"Channel:0:{number}", "SamplesPerPixel": str(samples)}
    if samples == 1:
        attributes["Color"] = str(_color(info.channelColors[number]))
        if info.channelNames[number]:
            attributes["Name"] = info.channelNames[number]
    return attributes


def _color(color: col4) -> int:
    """OME colour: red, green, blue, alpha from the highest byte down, as a signed integer."""
    return int.from_bytes(bytes(color), "big", signed=True)


def _plane(info: ZImgInfo, time: int) -> dict[str, str]:
    """Plane element for the first plane of a time point: time and position."""
    attributes: dict[str, str] = {}
    if not (_is_even(info) or _is_default(info)):
        attributes |= {"DeltaT": repr(info.timeStamps[time]), "DeltaTUnit": "s"}
    if time == 0:
        attributes |= {f"Position{a}": repr(x) for a, x in zip(_AXES, info.position, strict=False)}
    return attributes


def _is_even(info: ZImgInfo) -> bool:
    """Whether a time step describes the time stamps completely."""
    stamps = info.timeStamps
    return (
        len(stamps) > 1 and stamps[1] > 0 and stamps == [k * stamps[1] for k in range(len(stamps))]
    )


def _is_default(info: ZImgInfo) -> bool:
    """Whether time stamps have their default values."""
    return info.timeStamps == [float(k) for k in range(info.numTimes)]
