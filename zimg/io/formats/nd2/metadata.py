"""Metadata of an ND2 file, read by the package nd2."""

import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nd2
import numpy as np

from zimg._errors import ZException
from zimg.arrays.interop import VOXEL_TYPES
from zimg.io.disk.limits import check_counts, check_entries
from zimg.io.units import number, set_voxel_size
from zimg.values import ZImgInfo, col4

_log = logging.getLogger("zimg")
AXES = {"TimeLoop": "T", "NETimeLoop": "T", "ZStackLoop": "Z", "XYPosLoop": "P"}
STAMPS = b"CustomData|AcqTimesCache!"  # milliseconds, one float64 per frame
RGB = ("Red", "Green", "Blue")


@dataclass(frozen=True, slots=True)
class Description:
    """The parts of the metadata that are needed.

    Attributes
    ----------
    attributes
        Sizes and type of a frame (`nd2.structures.Attributes`).
    loops
        Letter and count of each axis, the slowest first.
    channels, points
        Descriptions of channels, and of positions of the stage.
    """

    attributes: Any
    loops: list[tuple[str, int]]
    channels: Sequence[Any]
    points: Sequence[Any]

    @classmethod
    def of(cls, path: Path, stored: int) -> "Description":
        """Read the metadata of a file of `stored` bytes."""
        with nd2.ND2File(path) as file:
            if file.is_legacy:
                raise ZException("ND2 files of JPEG 2000 (before 2010) are not read")
            attributes = file.attributes
            loops = [(AXES.get(loop.type, "?"), loop.count) for loop in file.experiment]
            channels = _channels(file)
            points = [
                point
                for loop in file.experiment
                if loop.type == "XYPosLoop"
                for point in loop.parameters.points
            ]
        if not loops and attributes.sequenceCount > 1:  # the file names no loop
            loops = [("T", attributes.sequenceCount)]
        letters = [letter for letter, _ in loops]
        if "?" in letters or len(set(letters)) < len(letters):
            raise ZException(
                f"the axes of the frames are {letters}: expected T, P and Z, each once"
            )
        counts = {letter: max(int(count), 1) for letter, count in loops}
        check_entries(stored, frames=math.prod(counts.values()))
        description = cls(attributes, list(counts.items()), channels, points)
        check_counts(description.components, description.count("T"))
        description.check()
        return description

    def check(self) -> None:
        """Refuse sizes that do not fit together."""
        a = self.attributes
        sizes = (a.widthPx or 0, a.heightPx or 0, self.components)
        if min(sizes) < 1 or self.kind not in VOXEL_TYPES or a.compressionType == "lossy":
            raise ZException(
                f"frames are {sizes} of {self.kind}, compression {a.compressionType}: expected "
                "sizes from 1 up, uint8, uint16 or float32, and none or lossless"
            )
        if self.row < sizes[0] * self.components * self.itemsize:
            raise ZException(f"rows of {self.row} bytes are too short for {sizes[0]} voxels")

    def count(self, axis: str) -> int:
        """Samples along an axis of frames; 1 when it is absent."""
        return dict(self.loops).get(axis, 1)

    @property
    def components(self) -> int:
        """Values of a voxel."""
        return int(self.attributes.componentCount)

    @property
    def itemsize(self) -> int:
        """Bytes of a value."""
        return int(self.attributes.bitsPerComponentInMemory) // 8

    @property
    def kind(self) -> str:
        """Type of a value."""
        base = "float" if self.attributes.pixelDataType == "float" else "uint"
        return f"{base}{self.attributes.bitsPerComponentInMemory}"

    @property
    def row(self) -> int:
        """Bytes from one row to the next."""
        a = self.attributes
        return int(a.widthBytes or (a.widthPx or 0) * self.components * self.itemsize)

    def info(self, position: int) -> ZImgInfo:
        """Sizes and metadata of one position."""
        a = self.attributes
        sizes = a.widthPx, a.heightPx, self.count("Z"), self.components, self.count("T")
        info = ZImgInfo(*sizes, *VOXEL_TYPES[self.kind])
        bits = int(a.bitsPerComponentSignificant or 0)
        info.validBitCount = bits if 0 < bits <= 8 * self.itemsize else 0
        if self.channels:
            volume = self.channels[0].volume
            pairs = zip(volume.axesCalibration, volume.axesCalibrated, strict=False)
            set_voxel_size(info, [size if known else None for size, known in pairs], "um")
        self._describe_channels(info)
        if position < len(self.points):
            info.position = [number(x) or 0.0 for x in self.points[position].stagePositionUm]
        return info

    def _describe_channels(self, info: ZImgInfo) -> None:
        """Names and colours; the parts of a colour image have those of RGB."""
        each = self.components // max(len(self.channels), 1)
        if len(self.channels) == self.components:
            info.channelNames = [channel.channel.name for channel in self.channels]
            colours = [channel.channel.color for channel in self.channels]
            info.channelColors = [col4(c.r, c.g, c.b) for c in colours]
        elif len(self.channels) == 1 and each == len(RGB):
            info.channelNames = list(RGB)
            info.channelColors = [col4(255, 0, 0), col4(0, 255, 0), col4(0, 0, 255)]


def _channels(file: Any) -> list[Any]:
    """Descriptions of channels; none, with a warning, if nd2 cannot parse them."""
    try:
        return list(getattr(file.metadata, "channels", None) or ())
    except Exception as error:
        _log.warning("channels and voxel sizes of an ND2 file are left out: %s", error)
        return []


def stamps(data: bytes, frames: Sequence[int]) -> list[float]:
    """Seconds since the first of some frames; empty if not stated.

    Parameters
    ----------
    data
        The chunk of time stamps; empty without one.
    frames
        Number of the first frame of each time.
    """
    found = np.frombuffer(data[: len(data) // 8 * 8], "<f8")
    if not len(frames) or max(frames) >= len(found):
        return []
    seconds = found[np.asarray(frames)] / 1000
    return (seconds - seconds[0]).tolist() if np.isfinite(seconds).all() else []
