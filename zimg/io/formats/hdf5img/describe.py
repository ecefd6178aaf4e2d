"""Write the attributes of the group ``/Img`` that describe an image."""

from collections.abc import Iterator
from typing import Any

import h5py
import numpy as np

from zimg._errors import ZException
from zimg.io.formats.hdf5img.metadata import SIZES, TEXT, VERSION
from zimg.values import ZImgInfo


def check_info(info: ZImgInfo) -> None:
    """Raise a `ZException` for lists of the wrong length and strings that cannot be stored."""
    counts = {
        "timeStamps": info.numTimes,
        "channelNames": info.numChannels,
        "channelColors": info.numChannels,
    }
    for name, count in counts.items():
        if len(getattr(info, name)) != count:
            raise ZException(f"{name} has {len(getattr(info, name))} entries: expected {count}")
    for name in info.channelNames:
        if "\0" in name:
            raise ZException(
                f"the channel name {name!r} contains a NUL character, which HDF5 cannot store"
            )
        try:
            name.encode("utf-8", "surrogateescape")
        except UnicodeEncodeError:
            raise ZException(f"the channel name {name!r} is not valid Unicode") from None


def write_info(group: h5py.Group, info: ZImgInfo, factors: list[int]) -> None:
    """Write all attributes of the group ``/Img``, with the types of the reference."""
    for name, value in _values(info, factors):
        group.attrs.create(name, value)
    for name, text in (
        ("DataType", info.dataTypeString()),
        ("VoxelSizeUnit", info.voxelSizeUnit.name),
    ):
        group.attrs.create(name, text.encode(), dtype=TEXT)
    names = [name.encode("utf-8", "surrogateescape") for name in info.channelNames]
    group.attrs.create("ChannelNames", np.asarray(names, dtype=object), dtype=TEXT)


def _values(info: ZImgInfo, factors: list[int]) -> Iterator[tuple[str, Any]]:
    """Names and values of the attributes that are numbers."""
    yield "Version", np.int32(VERSION)
    for name, field in SIZES.items():
        yield name, np.uint64(getattr(info, field))
    yield "ValidBitCount", np.uint64(info.validBitCount)
    for axis in "XYZ":
        yield f"VoxelSize{axis}", np.float64(getattr(info, f"voxelSize{axis}"))
    yield "TimeStamps", np.asarray(info.timeStamps, dtype=np.float64)
    yield "Position", np.asarray(info.position, dtype=np.float64)
    colors = [tuple(color) for color in info.channelColors]
    yield "ChannelColors", np.asarray(colors, dtype=np.uint8)
    yield "LastChannelIsAlphaChannel", np.int32(info.lastChannelIsAlphaChannel)
    yield "NumberOfResolutionLevels", np.uint64(len(factors))
    yield "DownsamplingFactors", np.asarray(factors, dtype=np.uint64)
