"""Read the attributes of the group ``/Img`` that describe an image."""

import math
from itertools import pairwise
from typing import Any

import h5py
import numpy as np
from h5py import h5a
from numpy.typing import NDArray

from zimg._errors import ZException
from zimg.arrays.interop import VOXEL_TYPES
from zimg.values import VoxelSizeUnit, ZImgInfo, col4

VERSION = 100


INTEGERS = tuple(f"{kind}{bits}" for kind in ("uint", "int") for bits in (8, 16, 32, 64))


TYPES = (*INTEGERS, "float32", "float64")


# Names of attributes and of fields, in the order x, y, z, channel, time.
SIZES = {
    "Width": "width",
    "Height": "height",
    "Depth": "depth",
    "NumberOfChannels": "numChannels",
    "NumberOfTimePoints": "numTimes",
}


# The reference reads only strings marked as ASCII, and stores UTF-8 in them.
TEXT = h5py.string_dtype("ascii")


def read_info(group: h5py.Group, stored: int) -> tuple[ZImgInfo, tuple[int, ...]]:
    """Sizes, type and metadata, and the reduction factors of the levels.

    Parameters
    ----------
    group
        The group ``/Img``.
    stored
        Size of the file in bytes; no attribute can be larger.

    Returns
    -------
    ZImgInfo, tuple of int
        Factors start with 1.

    Raises
    ------
    ZException
        When an attribute is missing or contradicts others.
    """
    attributes = _Attributes(group, stored)
    version = attributes.integer("Version")
    if version != VERSION:
        raise ZException(f"HDF5Img layout version {version} is not supported: expected {VERSION}")
    sizes = {name: attributes.integer(name) for name in SIZES}
    if min(sizes.values()) < 1:
        raise ZException(f"sizes {sizes} are invalid: all must be above 0")
    stamps, names, colors = _lists(attributes, sizes)  # before lists of that length are made
    width, height, depth, channels, times = sizes.values()
    kind = VOXEL_TYPES[attributes.choice("DataType", TYPES)]
    info = ZImgInfo(width, height, depth, channels, times, *kind)
    info.validBitCount = attributes.integer("ValidBitCount")
    info.voxelSizeUnit = VoxelSizeUnit[
        attributes.choice("VoxelSizeUnit", list(VoxelSizeUnit.__members__))
    ]
    for axis in "XYZ":
        setattr(info, f"voxelSize{axis}", float(attributes.single(f"VoxelSize{axis}")))
    info.timeStamps, info.channelNames = stamps, names
    info.channelColors = [col4(*color) for color in colors]
    info.position = attributes.numbers("Position", None)
    info.lastChannelIsAlphaChannel = bool(attributes.integer("LastChannelIsAlphaChannel"))
    return info, _factors(attributes)


def _lists(
    attributes: "_Attributes", sizes: dict[str, int]
) -> tuple[list[float], list[str], list[list[int]]]:
    """Time stamps, names and colours, one per time point or channel."""
    channels = sizes["NumberOfChannels"]
    stamps = attributes.numbers("TimeStamps", sizes["NumberOfTimePoints"])
    names = attributes.array("ChannelNames", (channels,)).tolist()
    colors = attributes.array("ChannelColors", (channels, 4))
    if colors.dtype.kind != "u" or colors.dtype.itemsize != 1:
        raise ZException(f"attribute ChannelColors is {colors.dtype}: expected uint8")
    return stamps, [_text(name) for name in names], colors.tolist()


def _factors(attributes: "_Attributes") -> tuple[int, ...]:
    count = attributes.integer("NumberOfResolutionLevels")
    found = tuple(int(factor) for factor in attributes.array("DownsamplingFactors", (count,)))
    if found[:1] != (1,) or any(a >= b for a, b in pairwise(found)):
        raise ZException(
            f"downsampling factors {found} are invalid: expected ascending factors starting with 1"
        )
    return found


def _text(value: str | bytes) -> str:
    return value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else value


class _Attributes:
    """The attributes of a group; raises a `ZException` for missing or invalid ones."""

    def __init__(self, group: h5py.Group, stored: int) -> None:
        self._group, self._stored = group, stored

    def array(self, name: str, shape: tuple[int, ...] | None = None) -> NDArray[Any]:
        """The values of an attribute, checked against `shape` if given."""
        if name not in self._group.attrs:
            raise ZException(f"group /Img has no attribute {name}")
        attribute = h5a.open(self._group.id, name.encode())
        if math.prod(attribute.shape) > self._stored:  # `size` fails for empty attributes
            raise ZException(f"attribute {name} claims more bytes than the file has")
        if shape is not None and attribute.shape != shape:
            raise ZException(f"attribute {name} has the shape {attribute.shape}: expected {shape}")
        return np.asarray(self._group.attrs[name])

    def single(self, name: str) -> Any:
        """The single value of an attribute."""
        values = self.array(name)
        if values.size != 1:
            raise ZException(f"attribute {name} has {values.size} values: expected 1")
        return values.item()

    def integer(self, name: str) -> int:
        """The single value of an attribute, a non-negative integer."""
        value = self.single(name)
        if not isinstance(value, int) or value < 0:
            raise ZException(f"attribute {name} is {value!r}: expected a non-negative integer")
        return value

    def numbers(self, name: str, count: int | None) -> list[float]:
        """The values of an attribute as floats."""
        values = self.array(name, None if count is None else (count,))
        return [float(value) for value in values.reshape(-1)]

    def choice(self, name: str, accepted: tuple[str, ...] | list[str]) -> str:
        """The string of an attribute, which must be one of `accepted`."""
        value = _text(self.single(name))
        if value not in accepted:
            raise ZException(
                f"attribute {name} is {value!r}: expected one of {', '.join(accepted)}"
            )
        return value
