"""Metadata without a place in OME-XML: alpha, and names and colours of interleaved samples."""

from xml.etree import ElementTree as ET

from zimg.values import ZImgInfo, col4
from zimg.values.info import default_colors

NAMESPACE = "zimg-xp"
ALPHA = "lastChannelIsAlphaChannel"


def annotate(root: ET.Element, image: ET.Element, info: ZImgInfo, *, together: bool) -> None:
    """Add a map annotation for metadata without a place in OME-XML, if any.

    Parameters
    ----------
    root, image
        Root and image element of the OME-XML; all other metadata have been added.
    info
        The image.
    together
        Whether a page holds all channels of its plane: names and colours then need the annotation,
        while the page itself marks alpha.
    """
    pairs = _of_samples(info) if together else _of_opacity(info)
    if not pairs:
        return
    ET.SubElement(image, "AnnotationRef", ID="Annotation:0")
    annotations = ET.SubElement(root, "StructuredAnnotations")
    entry = ET.SubElement(annotations, "MapAnnotation", ID="Annotation:0", Namespace=NAMESPACE)
    value = ET.SubElement(entry, "Value")
    for key, text in pairs.items():
        ET.SubElement(value, "M", K=key).text = text


def _of_opacity(info: ZImgInfo) -> dict[str, str]:
    return {ALPHA: "true"} if info.lastChannelIsAlphaChannel else {}


def _of_samples(info: ZImgInfo) -> dict[str, str]:
    """Names and colours that differ from the defaults."""
    pairs = {}
    colors = default_colors(info.numChannels)
    if info.lastChannelIsAlphaChannel:
        colors[-1] = col4()
    for number, name in enumerate(info.channelNames):
        if name:
            pairs[f"channelName {number}"] = name
        if info.channelColors[number] != colors[number]:
            pairs[f"channelColor {number}"] = " ".join(map(str, info.channelColors[number]))
    return pairs


def read_annotation(root: ET.Element, info: ZImgInfo) -> None:
    """Read what `annotate` wrote; element names have no namespace.

    Annotations of other programs and unknown entries are ignored.
    """
    for entry in root.iter("MapAnnotation"):
        if entry.get("Namespace") == NAMESPACE:
            for item in entry.iter("M"):
                _take(item.get("K", ""), item.text or "", info)


def _take(key: str, text: str, info: ZImgInfo) -> None:
    kind, _, number = key.partition(" ")
    if key == ALPHA:
        info.lastChannelIsAlphaChannel = text == "true"
    elif number.isdecimal() and int(number) < info.numChannels:
        if kind == "channelName":
            info.channelNames[int(number)] = text
        elif kind == "channelColor" and (color := _color(text)):
            info.channelColors[int(number)] = color


def _color(text: str) -> col4 | None:
    """Four numbers as a colour; None for anything else."""
    parts = [int(part) for part in text.split() if part.isdecimal()]
    return col4(tuple(parts)) if len(parts) == 4 and max(parts) < 256 else None
