"""What OME has no place for: opacity, and names and colours of samples that share a page."""

from xml.etree import ElementTree as ET

from zimg.values import ZImgInfo, col4
from zimg.values.info import default_colors

NAMESPACE = "zimg-xp"
ALPHA = "lastChannelIsAlphaChannel"


def annotate(root: ET.Element, image: ET.Element, info: ZImgInfo, *, together: bool) -> None:
    """Add a map of what OME has no place for, when there is something.

    Parameters
    ----------
    root, image
        Of the OME-XML that is written, and all else is in.
    info
        The image.
    together
        Whether a page holds all channels of its plane; these have no names and colours then, but
        are told to be an opacity by the page.
    """
    told = _of_samples(info) if together else _of_opacity(info)
    if not told:
        return
    ET.SubElement(image, "AnnotationRef", ID="Annotation:0")
    annotations = ET.SubElement(root, "StructuredAnnotations")
    entry = ET.SubElement(annotations, "MapAnnotation", ID="Annotation:0", Namespace=NAMESPACE)
    value = ET.SubElement(entry, "Value")
    for key, text in told.items():
        ET.SubElement(value, "M", K=key).text = text


def _of_opacity(info: ZImgInfo) -> dict[str, str]:
    return {ALPHA: "true"} if info.lastChannelIsAlphaChannel else {}


def _of_samples(info: ZImgInfo) -> dict[str, str]:
    """Names and colours that are not those of a page without a description."""
    told = {}
    colors = default_colors(info.numChannels)
    if info.lastChannelIsAlphaChannel:
        colors[-1] = col4()
    for number, name in enumerate(info.channelNames):
        if name:
            told[f"channelName {number}"] = name
        if info.channelColors[number] != colors[number]:
            told[f"channelColor {number}"] = " ".join(map(str, info.channelColors[number]))
    return told


def read_annotation(root: ET.Element, info: ZImgInfo) -> None:
    """Take over what `annotate` wrote; names of elements are without their namespace.

    Annotations of other programs, and entries that are none of ours, are left alone.
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
