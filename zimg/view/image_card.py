"""Notebook card of an image."""

from html import escape
from math import prod

import numpy as np

from zimg.arrays.interop import dtype_name, framework_name
from zimg.values import VoxelSizeUnit, ZImgInfo, col4
from zimg.view.card import Row, card, figure, image_tag
from zimg.view.contrast import stretched
from zimg.view.overlay import Picture
from zimg.view.projection import Image
from zimg.view.protocols import ImageLike
from zimg.view.thumbnail import LONGEST_SIDE, MOST_CHANNELS, Thumbnail, thumbnail

CONTRAST = (1.0, 99.8)
"""Percentiles of the thumbnail of a channel that become black and the colour of the channel."""

MOST_LISTED = 12
"""Largest number of channels that are listed."""

SWATCH = "display:inline-block;width:.8em;height:.8em;border:1px solid currentColor"


def image_card(image: ImageLike) -> str:
    """Card of an image for notebooks.

    It shows sizes, type, device, bytes, voxel size, channels and times, and a small maximum
    projection of the first time. The projection is computed on the device of the image, from at
    most 64 million voxels; only the small picture is transferred.

    Parameters
    ----------
    image
        Any image, including an empty one. If no picture can be made, the card gives the reason.

    Returns
    -------
    str
        HTML without scripts, with all text escaped, in the colours of the page.
    """
    rows = (
        Row("size (x, y, z)", lambda: _size(image.info)),
        Row("type", lambda: escape(dtype_name(image.dtype) if len(image) else "none")),
        Row("memory", lambda: _place(image)),
        Row("voxel size (x, y, z)", lambda: _voxel_size(image.info)),
        Row("channels", lambda: _channels(image.info)),
        Row("times", lambda: _times(image.info)),
    )
    return card("ZImg", rows, lambda: _picture(image))


def _size(info: ZImgInfo) -> str:
    return f"{info.width} x {info.height} x {info.depth}"


def _place(image: ImageLike) -> str:
    if not len(image):
        return "none, the image is empty"
    count = bytes_text(prod(image.shape) * image.info.bytesPerVoxel)
    return escape(f"{count}, {framework_name(image.data[0])} on {image.device}")


def bytes_text(count: int) -> str:
    """Number of bytes in the largest unit of which there is at least one."""
    size, units = float(count), ["bytes", "KiB", "MiB", "GiB", "TiB"]
    while size >= 1024 and len(units) > 1:
        size, units = size / 1024, units[1:]
    return f"{size:.4g} {units[0]}"


def _voxel_size(info: ZImgInfo) -> str:
    sizes = (info.voxelSizeX, info.voxelSizeY, info.voxelSizeZ)
    unit = info.voxelSizeUnit
    text = " x ".join(f"{size:g}" for size in sizes)
    return f"{text} (no unit)" if unit == VoxelSizeUnit.none else f"{text} {escape(unit.name)}"


def _channels(info: ZImgInfo) -> str:
    pairs = list(zip(info.channelNames, info.channelColors, strict=True))[:MOST_LISTED]
    listed = [f"{_swatch(color)} {escape(name or str(c))}" for c, (name, color) in enumerate(pairs)]
    more = info.numChannels - len(listed)
    return "<br>".join([str(info.numChannels), *listed, *([f"and {more} more"] if more else [])])


def _swatch(color: col4) -> str:
    return f'<span style="{SWATCH};background:rgb({color.r},{color.g},{color.b})"></span>'


def _times(info: ZImgInfo) -> str:
    stamps = info.timeStamps
    if len(stamps) < 2:
        return str(info.numTimes)
    return f"{info.numTimes} ({stamps[0]:g} to {stamps[-1]:g})"


def _picture(image: ImageLike) -> str:
    if 0 in image.shape or not len(image):
        return ""
    small = thumbnail(image.data[0])
    picture = colored(small.channels, image.info.channelColors)
    scale = max(1, LONGEST_SIDE // max(picture.shape[:2]))
    tag = image_tag(picture, 1 / scale, "maximum projection")
    return figure(tag, _caption(image.info, small))


def colored(channels: Image, colors: list[col4]) -> Picture:
    """Sum of the channels in their colours, each with its own contrast.

    Parameters
    ----------
    channels
        ``(C, rows, columns)``, finite float32.
    colors
        At least one for each channel.

    Returns
    -------
    numpy.ndarray
        ``(rows, columns, 3)`` uint8, RGB.
    """
    total = np.zeros((*channels.shape[1:], 3), np.float32)
    for channel, color in zip(channels, colors, strict=False):
        rgb = np.array((color.r, color.g, color.b), np.float32)
        total += stretched(channel, CONTRAST)[..., None] * rgb
    return np.round(np.clip(total, 0.0, 255.0)).astype(np.uint8)


def _caption(info: ZImgInfo, small: Thumbnail) -> str:
    """Description of what the picture shows and leaves out."""
    parts = ["maximum along z" + (", first time" if info.numTimes > 1 else "")]
    if info.numChannels > MOST_CHANNELS:
        parts.append(f"first {MOST_CHANNELS} channels")
    steps = zip(("plane", "row", "column"), small.steps, strict=True)
    left_out = [f"{name} of {step}" for name, step in steps if step > 1]
    return ", ".join(parts + ([f"one {', one '.join(left_out)}"] if left_out else []))
