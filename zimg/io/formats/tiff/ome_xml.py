"""Read OME-XML: images, and the pages with their planes."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from xml.etree import ElementTree as ET

from zimg._errors import ZException
from zimg.io.disk.limits import check_entries
from zimg.io.disk.xml import xml_root
from zimg.io.formats.tiff.ome_planes import (
    OpenedFile,
    Plane,
    count_of,
    first_page,
    mapped,
    number_of,
    plane_order,
    renamed,
)
from zimg.io.units import in_seconds, in_um, number, set_voxel_size, usable
from zimg.values import VoxelSizeUnit, ZImgInfo, col4

_log = logging.getLogger("zimg")
# OME type names that differ from NumPy.
TYPES = {"float": "float32", "double": "float64", "bit": "uint8"}


@dataclass(frozen=True, slots=True)
class OmeImage:
    """An image: metadata, samples per page, type, and the page of each plane.

    `pages` covers the opened file, `elsewhere` maps to files and pages; `root` is the whole
    description, for metadata outside the image element.
    """

    info: ZImgInfo
    samples: int
    type_name: str
    pages: Mapping[Plane, int]
    elsewhere: dict[Plane, tuple[str, int]] = field(default_factory=dict)
    root: ET.Element = field(default_factory=lambda: ET.Element("OME"))


def ome_images(xml: str, opened: OpenedFile) -> list[OmeImage]:
    """Read the images of an OME-XML description.

    Parameters
    ----------
    xml
        The description.
    opened
        The opened file; its pages are assigned in order where no TiffData maps them. If it has no
        UUID, that of the description is used.

    Raises
    ------
    ZException
        When the XML is malformed, declares entities, or holds no image.
    """
    root = parsed(xml)
    images = [image for image in root.iter("Image") if image.find("Pixels") is not None]
    if not images:
        raise ZException("the OME-XML holds no image with pixels")
    if opened.uuid is None and opened.described_in is None:
        opened = replace(opened, uuid=root.get("UUID"))
    opened = renamed(root, opened)
    lowest = first_page(root, opened)
    result, first = [], 0
    for image in images:
        read = _image(image, root, opened, first, lowest)
        result.append(read)
        first += len(read.pages)
    return result


def parsed(xml: str) -> ET.Element:
    """Parse the text, refuse entities, and strip namespaces."""
    root = xml_root(xml, "the OME-XML")
    _forget_namespaces(root)
    return root


def _forget_namespaces(root: ET.Element) -> None:
    """Strip namespaces: for the elements read here, schema versions differ in nothing else."""
    for element in root.iter():
        if isinstance(element.tag, str):
            element.tag = element.tag.rpartition("}")[2]


def _image(
    image: ET.Element, root: ET.Element, opened: OpenedFile, first: int, lowest: int
) -> OmeImage:
    pixels = image.find("Pixels")
    assert pixels is not None  # chosen by this
    width, height, depth, channels, times = (_size(pixels, axis) for axis in "XYZCT")
    together = _samples(pixels, channels, opened, first, lowest)
    text = pixels.get("DimensionOrder", "XYZCT")
    order = plane_order(text, times, depth, channels // together)
    check_entries(max(opened.size, len(root)), channels=channels, times=times)
    info = ZImgInfo(width, height, depth, channels, times)
    info.validBitCount = count_of(pixels, "SignificantBits")
    _read_voxel_size(pixels, info)
    _read_channels(pixels, info, together, argb=root.get("Creator") == "Atlas")
    _read_planes(pixels, info)
    here, elsewhere = mapped(pixels, order, opened, first, lowest)
    name = pixels.get("Type", "")
    return OmeImage(info, together, TYPES.get(name, name), here, elsewhere, root)


def _samples(pixels: ET.Element, channels: int, opened: OpenedFile, first: int, lowest: int) -> int:
    """Samples per page: those of the first page of the image, if it is in the opened file.

    The description is used if the page is in another file, or if its samples do not divide the
    channels; reading then refuses the planes.
    """
    counts = {count_of(c, "SamplesPerPixel", 1) for c in pixels.iter("Channel")} or {1}
    page = _first_page(pixels, opened, first, lowest)
    found = opened.samples_of(page) if 0 <= page < opened.pages else 0
    if found and channels % found == 0:
        return found
    together = max(counts)
    if len(counts) > 1 or not 0 < together < 2**16 or channels % together:
        raise ZException(
            f"OME-XML describes {channels} channels of {sorted(counts)} samples per pixel: "
            "expected one number that divides the channels"
        )
    return together


def _first_page(pixels: ET.Element, opened: OpenedFile, first: int, lowest: int) -> int:
    """A page of an image in the opened file; -1 if it has none there."""
    blocks = pixels.findall("TiffData")
    own = (number_of(each, "IFD") - lowest for each in blocks if opened.other(each) is None)
    return next(own, -1) if blocks else first


def _size(pixels: ET.Element, axis: str) -> int:
    value = pixels.get(f"Size{axis}", "")
    if not value.isdecimal() or int(value) < 1:
        raise ZException(f"OME-XML Size{axis} must be an integer of at least 1, got {value!r}")
    return int(value)


def _read_voxel_size(pixels: ET.Element, info: ZImgInfo) -> None:
    """Voxel sizes; an axis without a unit has that of x, or micrometres by default."""
    x_unit = pixels.get("PhysicalSizeXUnit", "µm")
    sizes = [pixels.get(f"PhysicalSize{axis}") for axis in "XYZ"]
    units = [pixels.get(f"PhysicalSize{axis}Unit", x_unit) for axis in "XYZ"]
    set_voxel_size(info, sizes, units, express=VoxelSizeUnit.um)


def _read_channels(pixels: ET.Element, info: ZImgInfo, samples: int, *, argb: bool) -> None:
    """Names and colours; the samples of one channel share its name and keep default colours."""
    for group, channel in enumerate(pixels.findall("Channel")[: info.numChannels // samples]):
        for sample in range(samples):
            info.channelNames[group * samples + sample] = channel.get("Name", "")
        color = channel.get("Color")
        if color is None or samples > 1:
            continue
        try:
            info.channelColors[group] = _color(int(color), argb=argb)
        except ValueError:
            _log.warning("OME-XML Color is ignored: %r is not an integer", color)


def _color(value: int, *, argb: bool) -> col4:
    """Unpack a colour, stored as RGBA by OME and as ARGB by the reference."""
    first, second, third, fourth = (value & 0xFFFFFFFF).to_bytes(4, "big")
    return col4(second, third, fourth) if argb else col4(first, second, third, fourth)


def _read_planes(pixels: ET.Element, info: ZImgInfo) -> None:
    """Time stamps in seconds, of planes or in even steps, and the position of the image."""
    step = usable(pixels.get("TimeIncrement"))
    if step is not None:
        step *= in_seconds(pixels.get("TimeIncrementUnit", "s")) or 1.0
        info.timeStamps = [t * step for t in range(info.numTimes)]
    for plane in pixels.iter("Plane"):
        t, delta = count_of(plane, "TheT"), number(plane.get("DeltaT"))
        if delta is not None and 0 <= t < info.numTimes:
            info.timeStamps[t] = delta * (in_seconds(plane.get("DeltaTUnit", "s")) or 1.0)
        if not info.position:
            info.position = _position(plane)


def _position(plane: ET.Element) -> list[float]:
    """Positions along x, y, z in micrometres, up to the first missing one."""
    position = []
    for axis in "XYZ":
        value = number(plane.get(f"Position{axis}"))
        if value is None:
            break
        factor = in_um(plane.get(f"Position{axis}Unit", ""))
        position.append(value if factor is None else value * factor)
    return position
