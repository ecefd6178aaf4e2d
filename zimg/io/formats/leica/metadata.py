"""Image descriptions in Leica files: axes, channels, sizes and times."""

import logging
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from zimg._errors import ZException
from zimg.arrays.interop import VOXEL_TYPES
from zimg.io.units import UNIT_IN_UM, in_seconds, in_um, set_voxel_size, usable
from zimg.values import VoxelSizeUnit, ZImgInfo, col4

_log = logging.getLogger("zimg")
AXES = "XYZT"
FLIPS = ("FlipX", "FlipY", "SwapXY")
TICK = 1e-7  # seconds; stamps are FILETIME values
COLORS = {
    "red": col4(255, 0, 0),
    "green": col4(0, 255, 0),
    "blue": col4(0, 0, 255),
    "cyan": col4(0, 255, 255),
    "magenta": col4(255, 0, 255),
    "yellow": col4(255, 255, 0),
    "gray": col4(255, 255, 255),
    "grey": col4(255, 255, 255),
}


@dataclass(frozen=True, slots=True)
class Axis:
    """An axis: letter, number of samples, bytes between samples, length and unit."""

    label: str
    count: int
    step: int
    length: float
    unit: str


class LeicaImage:
    """Description of one image element.

    Parameters
    ----------
    image
        A `liffile.LifImage`.

    Raises
    ------
    ZException
        When an axis has no samples, or several samples at one offset.
    """

    def __init__(self, image: Any) -> None:
        self.name: str = image.name
        self.axes = [
            Axis(d.label, d.number_elements, d.bytes_inc, d.length, d.unit)
            for d in image._dimensions  # BytesInc has no public name
        ]
        self.channels: Sequence[Any] = image._channels
        self._ticks = _ticks(image.xml_element)
        self.flips = _flips(image.xml_element)
        if not self.channels or not self.axes:
            raise ZException(f"image {self.name!r} describes no channels or no axes")
        for axis in self.axes:
            if axis.count < 1 or (axis.count > 1 and axis.step < 1):
                raise ZException(
                    f"axis {axis.label} of image {self.name!r} has {axis.count} samples, "
                    f"{axis.step} bytes apart"
                )

    @property
    def others(self) -> list[Axis]:
        """Axes beyond those of an image, the slowest first."""
        return [axis for axis in self.axes if axis.label not in AXES]

    def count(self, label: str) -> int:
        """Samples along an axis; 1 when it is absent."""
        return next((axis.count for axis in self.axes if axis.label == label), 1)

    def step(self, label: str) -> int:
        """Bytes between samples; 0 when there is one at most."""
        found = (axis.step for axis in self.axes if axis.label == label and axis.count > 1)
        return next(found, 0)

    def check(self, size: int) -> None:
        """Raise a `ZException` unless a block of `size` bytes holds every voxel once."""
        bits = {each.bit_inc for each in self.channels}
        if bits != {0}:
            raise ZException(
                f"channels of image {self.name!r} overlap in memory, which is not supported"
            )
        for each in self.channels:
            if each.dtype.name not in VOXEL_TYPES or each.bytes_inc < 0:
                raise ZException(
                    f"a channel of image {self.name!r} has an unsupported type or offset: {each}"
                )
        voxels = math.prod(axis.count for axis in self.axes)
        claimed = voxels * sum(each.dtype.itemsize for each in self.channels)
        last = sum((axis.count - 1) * axis.step for axis in self.axes if axis.count > 1)
        last += max(each.bytes_inc + each.dtype.itemsize for each in self.channels)
        if max(claimed, last) > size:
            raise ZException(
                f"image {self.name!r} claims {max(claimed, last)} bytes, but its block has {size}"
            )

    def channel_groups(self) -> Iterator[list[Any]]:
        """Runs of channels of one type."""
        for _, group in groupby(self.channels, lambda channel: channel.dtype):
            yield list(group)

    def place(self, others: Sequence[int]) -> int:
        """Offset in the block of the image at these indices of the other axes."""
        return sum(n * axis.step for n, axis in zip(others, self.others, strict=True) if n)

    def info(self, others: Sequence[int], channels: Sequence[Any]) -> ZImgInfo:
        """Sizes and metadata of one image; voxel sizes are in metres, as in the reference."""
        x, y, z, t = (self.count(axis) for axis in AXES)
        kind = channels[0].dtype.newbyteorder("=")
        info = ZImgInfo(x, y, z, len(channels), t, *VOXEL_TYPES[kind.name])
        sizes = [self._voxel_size(axis) for axis in "XYZ"]
        set_voxel_size(info, sizes, "m", express=VoxelSizeUnit.m)
        info.channelNames = [channel.name_of_measured_quantity for channel in channels]
        info.channelColors = [
            _color(channel.lut_name) or own
            for channel, own in zip(channels, info.channelColors, strict=True)
        ]
        info.validBitCount = max(channel.resolution for channel in channels)
        stamps = self._stamps(others)
        if stamps:
            info.timeStamps = stamps
        return info

    def _voxel_size(self, label: str) -> float | None:
        """Metres between samples along an axis; None when it has one sample or no known length."""
        axis = next((axis for axis in self.axes if axis.label == label), None)
        factor = in_um(axis.unit) if axis else None
        if axis is None or axis.count < 2 or factor is None:
            return None
        return usable(axis.length / (axis.count - 1) * (factor / UNIT_IN_UM[VoxelSizeUnit.m]))

    def _stamps(self, others: Sequence[int]) -> list[float]:
        """Seconds from the first plane of the image to the first plane of each time point."""
        times = self.count("T")
        slow = [axis for axis in self.axes if axis.label not in "XY"]
        planes = math.prod(axis.count for axis in slow)
        # One stamp per plane, or per plane and channel; channels of a plane share a time.
        each, rest = divmod(len(self._ticks), planes)
        if not each or rest:
            return self._regular_stamps(times)
        at = dict(zip((axis.label for axis in self.others), others, strict=True))
        return [
            (self._ticks[_index(slow, {**at, "T": t}) * each] - self._ticks[0]) * TICK
            for t in range(times)
        ]

    def _regular_stamps(self, times: int) -> list[float]:
        """Evenly spaced stamps from the length of the time axis."""
        axis = next((axis for axis in self.axes if axis.label == "T" and axis.count > 1), None)
        if axis is None or not usable(axis.length):
            return []
        scale = in_seconds(axis.unit) or 1.0
        return [n * axis.length / (times - 1) * scale for n in range(times)]


def _index(axes: Sequence[Axis], at: dict[str, int]) -> int:
    """Number of a plane, with the last of `axes` fastest; 0 along axes that are not in `at`."""
    number = 0
    for axis in axes:
        number = number * axis.count + at.get(axis.label, 0)
    return number


def _flips(element: Any) -> list[str]:
    """Flips between stage and image directions: ``FlipX``, ``FlipY``, ``SwapXY``."""
    tiles = element.findall(".//Attachment[@Name='TileScanInfo']")
    return [flip for flip in FLIPS if any(tile.get(flip, "0") != "0" for tile in tiles)]


def _ticks(element: Any) -> list[int]:
    """Read time stamps in either of the two notations of the format."""
    stamps = element.find("./Data/Image/TimeStampList")
    if stamps is None:
        return []
    old = stamps.findall("./TimeStamp")
    try:
        if old:
            return [(int(s.get("HighInteger")) << 32) + int(s.get("LowInteger")) for s in old]
        return [int(text, 16) for text in (stamps.text or "").split()]
    except (TypeError, ValueError) as error:
        _log.warning("time stamps of a Leica image are ignored: %s", error)
        return []


def _color(name: str) -> col4 | None:
    """The brightest colour of a lookup table; None for an unknown table."""
    gradient = re.fullmatch(r"Gradient \((\d{1,3}), ?(\d{1,3}), ?(\d{1,3})\)", name)
    if gradient:
        return col4(*(min(int(value), 255) for value in gradient.groups()))
    found = COLORS.get(name.lower())
    return found.copy() if found else None
