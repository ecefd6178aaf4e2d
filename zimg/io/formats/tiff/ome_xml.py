"""OME-XML: what it says about images and about the pages that hold their planes."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.etree import ElementTree as ET

from zimg._errors import ZException
from zimg.image import VoxelSizeUnit, ZImgInfo, col4
from zimg.io.units import in_seconds, in_um, usable

Plane = tuple[int, int, int]  # time, z, channel group


@dataclass(frozen=True, slots=True)
class OmeImage:
    """One image: its metadata, samples per page, and the page of each plane of this file."""

    info: ZImgInfo
    samples: int
    pages: dict[Plane, int]
    elsewhere: dict[Plane, str] = field(default_factory=dict)


def ome_images(xml: str, pages: int, file_name: str) -> list[OmeImage]:
    """The images of an OME-XML description.

    Parameters
    ----------
    xml
        The description of the first page.
    pages
        Number of pages in the file, which are given out in order when nothing maps them.
    file_name
        Name of the file without folder; planes that lie in files of other names are elsewhere.

    Raises
    ------
    ZException
        When the XML is broken or declares entities, or holds no image.
    """
    root = _parsed(xml)
    _forget_namespaces(root)
    if (companion := root.find("BinaryOnly")) is not None:
        name = companion.get("MetadataFile", "another file")
        raise ZException(f"its OME metadata lie in {name}, which is not followed yet")
    images = [image for image in root.iter("Image") if image.find("Pixels") is not None]
    if not images:
        raise ZException("its OME-XML holds no image with pixels")
    own = {root.get("UUID"), None}
    result, first = [], 0
    for image in images:
        read = _image(image, root, pages, first, (file_name, own))
        result.append(read)
        first += len(read.pages)
    return result


def _parsed(xml: str) -> ET.Element:
    """The root, unless the text could expand to more than it is."""
    if "<!DOCTYPE" in xml or "<!ENTITY" in xml:
        raise ZException("its OME-XML declares a document type or entities, which are refused")
    try:
        return ET.fromstring(xml)
    except ET.ParseError as error:
        raise ZException(f"its OME-XML is broken: {error}") from error


def _forget_namespaces(root: ET.Element) -> None:
    """Versions of the schema differ in the namespace only, for what is read here."""
    for element in root.iter():
        if isinstance(element.tag, str):
            element.tag = element.tag.rpartition("}")[2]


def _image(
    image: ET.Element,
    root: ET.Element,
    pages: int,
    first: int,
    own: tuple[str, set[str | None]],
) -> OmeImage:
    pixels = image.find("Pixels")
    assert pixels is not None  # chosen by this
    width, height, depth, channels, times = (_size(pixels, axis) for axis in "XYZCT")
    samples = {int(c.get("SamplesPerPixel", "1")) for c in pixels.iter("Channel")} or {1}
    if len(samples) > 1 or channels % max(samples):
        raise ZException(
            f"its channels have {sorted(samples)} samples per pixel, one number needed"
        )
    info = ZImgInfo(width, height, depth, channels, times)
    info.validBitCount = int(pixels.get("SignificantBits", "0"))
    _read_voxel_size(pixels, info)
    _read_channels(pixels, info, max(samples), argb=root.get("Creator") == "Atlas")
    _read_times(pixels, info)
    planes = list(_ordered(pixels.get("DimensionOrder", "XYZCT"), info, max(samples)))
    mapped, elsewhere = _mapped(pixels, planes, pages, first, own)
    return OmeImage(info, max(samples), mapped, elsewhere)


def _size(pixels: ET.Element, axis: str) -> int:
    value = pixels.get(f"Size{axis}", "")
    if not value.isdecimal() or int(value) < 1:
        raise ZException(f"its OME-XML gives Size{axis} as {value!r}, a positive number is needed")
    return int(value)


def _read_voxel_size(pixels: ET.Element, info: ZImgInfo) -> None:
    """Sizes in micrometres; an axis without a unit has that of x, and micrometres by default."""
    x_unit = pixels.get("PhysicalSizeXUnit", "µm")
    for axis in "XYZ":
        size = usable(pixels.get(f"PhysicalSize{axis}"))
        factor = in_um(pixels.get(f"PhysicalSize{axis}Unit", x_unit))
        if size is not None and factor is not None:
            setattr(info, f"voxelSize{axis}", size * factor)
            info.voxelSizeUnit = VoxelSizeUnit.um


def _read_channels(pixels: ET.Element, info: ZImgInfo, samples: int, *, argb: bool) -> None:
    """Names and colours; the samples of one channel share its name and keep default colours."""
    for group, channel in enumerate(pixels.findall("Channel")[: info.numChannels // samples]):
        for sample in range(samples):
            info.channelNames[group * samples + sample] = channel.get("Name", "")
        color = channel.get("Color")
        if color is not None and samples == 1:
            info.channelColors[group] = _color(int(color), argb=argb)


def _color(value: int, *, argb: bool) -> col4:
    """OME packs red, green, blue, alpha; files of the reference alpha, red, green, blue."""
    first, second, third, fourth = (value & 0xFFFFFFFF).to_bytes(4, "big")
    return col4(second, third, fourth) if argb else col4(first, second, third, fourth)


def _read_times(pixels: ET.Element, info: ZImgInfo) -> None:
    """Time stamps in seconds: of the planes, else in even steps."""
    step = usable(pixels.get("TimeIncrement"))
    if step is not None:
        step *= in_seconds(pixels.get("TimeIncrementUnit", "s"))
        info.timeStamps = [t * step for t in range(info.numTimes)]
    for plane in pixels.iter("Plane"):
        t, delta = int(plane.get("TheT", "0")), plane.get("DeltaT")
        if delta is not None and 0 <= t < info.numTimes:
            info.timeStamps[t] = float(delta) * in_seconds(plane.get("DeltaTUnit", "s"))


def _ordered(order: str, info: ZImgInfo, samples: int) -> Iterator[Plane]:
    """Planes in the order in which `order` has them follow one another."""
    if sorted(order) != sorted("XYZCT") or order[:2] != "XY":
        raise ZException(f"its OME-XML has the plane order {order!r}, which is none")
    sizes = {"T": info.numTimes, "Z": info.depth, "C": info.numChannels // samples}
    fast, middle, slow = tuple(order[2:])
    for k in range(sizes[slow]):
        for j in range(sizes[middle]):
            for i in range(sizes[fast]):
                at = {fast: i, middle: j, slow: k}
                yield at["T"], at["Z"], at["C"]


def _mapped(
    pixels: ET.Element,
    planes: list[Plane],
    pages: int,
    first: int,
    own: tuple[str, set[str | None]],
) -> tuple[dict[Plane, int], dict[Plane, str]]:
    """Page of each plane in this file, and the file of each plane elsewhere."""
    blocks = pixels.findall("TiffData")
    if not blocks:
        return dict(zip(planes, range(first, pages), strict=False)), {}
    here: dict[Plane, int] = {}
    elsewhere: dict[Plane, str] = {}
    place = {plane: number for number, plane in enumerate(planes)}
    for block in blocks:
        page = int(block.get("IFD", "0"))
        t, z, c = (int(block.get(f"First{axis}", "0")) for axis in "TZC")
        start = place.get((t, z, c))
        if start is None:
            raise ZException("its OME-XML maps a page to a plane outside the image")
        unsaid = 1 if "IFD" in block.attrib else len(planes) - start
        count = int(block.get("PlaneCount", str(unsaid)))
        other = _other_file(block, own)
        for step, plane in enumerate(planes[start : start + count]):
            if other:
                elsewhere[plane] = other
            elif page + step < pages:
                here[plane] = page + step
    return here, elsewhere


def _other_file(block: ET.Element, own: tuple[str, set[str | None]]) -> str | None:
    """Name of the file that a block of planes lies in, unless it is this one."""
    name, identifiers = own
    uuid = block.find("UUID")
    if uuid is None or uuid.text in identifiers or uuid.get("FileName") in (None, name):
        return None
    return uuid.get("FileName")
