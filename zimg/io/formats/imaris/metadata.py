"""Metadata of an Imaris file, from attributes that are stored letter by letter."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import h5py
import numpy as np
from h5py import h5a, h5g

from zimg._errors import ZException
from zimg.arrays.interop import VOXEL_TYPES
from zimg.io.disk.limits import check_counts, check_entries
from zimg.io.formats.shared.hdf5 import child, group
from zimg.io.units import number, set_voxel_size
from zimg.values import ZImgInfo, col4

LONGEST = 2**16  # bytes of an attribute
INFO, DATA = "DataSetInfo", "DataSet"
AXES = ("X", "Y", "Z")


def text(place: h5g.GroupID, name: str) -> str:
    """A text attribute; empty when it is absent, not text, or too long."""
    key = name.encode()
    if not h5a.exists(place, key):
        return ""
    if h5a.open(place, key).get_storage_size() > LONGEST:
        return ""
    value = np.asarray(h5py.Group(place).attrs[name])
    if value.dtype.kind not in "SU" or value.size > LONGEST:
        return ""
    letters = (each if isinstance(each, bytes) else str(each).encode() for each in value.ravel())
    return b"".join(letters).decode("utf-8", "replace").strip("\0 ")


def sizes(place: h5g.GroupID) -> tuple[int, int, int]:
    """Voxels along x, y, z of a channel, without the padding of its dataset."""
    x, y, z = (_count(place, f"ImageSize{axis}") for axis in AXES)
    return x, y, z


def _count(place: h5g.GroupID, name: str) -> int:
    value = number(text(place, name))
    if value is None or not 1 <= value < 2**31 or value != int(value):
        raise ZException(f"attribute {name} is {text(place, name)!r}: expected a count from 1 up")
    return int(value)


def numbered(place: h5g.GroupID, name: str) -> int:
    """Number of groups ``name 0``, ``name 1``, ..."""
    count = 0
    while place.links.exists(f"{name} {count}".encode()):
        count += 1
    return count


def image_info(root: h5g.GroupID, stored: int) -> ZImgInfo:
    """Sizes, type and metadata of the image.

    Parameters
    ----------
    root
        Of the file.
    stored
        Bytes of the file.

    Raises
    ------
    ZException
        When groups, sizes or a known type are missing.
    """
    level = group(group(root, DATA), "ResolutionLevel 0")
    times = numbered(level, "TimePoint")
    first = group(level, "TimePoint 0")
    channels = numbered(first, "Channel")
    check_counts(channels, times)
    check_entries(stored, channels=channels, times=times)
    channel = group(first, "Channel 0")
    dataset = child(channel, "Data")
    kind = getattr(getattr(dataset, "dtype", None), "name", "nothing")
    if kind not in VOXEL_TYPES:
        raise ZException(f"the voxels are {kind}; accepted are {', '.join(VOXEL_TYPES)}")
    info = ZImgInfo(*sizes(channel), channels, times, *VOXEL_TYPES[kind])
    if root.links.exists(INFO.encode()):
        _describe(info, group(root, INFO))
    return info


def _describe(info: ZImgInfo, dataset_info: h5g.GroupID) -> None:
    """Voxel sizes, position, names, colours and time stamps, where they are stated."""
    if dataset_info.links.exists(b"Image"):
        _place(info, group(dataset_info, "Image"))
    for channel in range(info.numChannels):
        name = f"Channel {channel}"
        if dataset_info.links.exists(name.encode()):
            place = group(dataset_info, name)
            info.channelNames[channel] = text(place, "Name")
            info.channelColors[channel] = _colour(place) or info.channelColors[channel]
    stamps = list(_stamps(dataset_info, info.numTimes))
    if len(stamps) == info.numTimes:
        info.timeStamps = [(stamp - stamps[0]).total_seconds() for stamp in stamps]


def _place(info: ZImgInfo, place: h5g.GroupID) -> None:
    """Voxel sizes by the extent of the image, and its corner."""
    first, last = (
        [number(text(place, f"Ext{end}{n}")) for n in range(3)] for end in ("Min", "Max")
    )
    extents = [
        None if a is None or b is None else (b - a) / count
        for a, b, count in zip(first, last, info.size, strict=False)
    ]
    set_voxel_size(info, extents, text(place, "Unit") or "um")
    corner = [value for value in first if value is not None]
    if len(corner) == 3 and any(corner):
        info.position = corner


def _colour(place: h5g.GroupID) -> col4 | None:
    """A colour of three parts from 0 to 1."""
    if text(place, "ColorMode") == "TableColor":
        return None
    parts = [number(part) for part in text(place, "Color").split()]
    if len(parts) != 3 or not all(part is not None and 0 <= part <= 1 for part in parts):
        return None
    return col4(*(round(255 * part) for part in parts if part is not None))


def _stamps(dataset_info: h5g.GroupID, times: int) -> Iterator[datetime]:
    """Yield the time of each time point, up to the first one without a time."""
    if not dataset_info.links.exists(b"TimeInfo"):
        return
    place: Any = group(dataset_info, "TimeInfo")
    for n in range(1, times + 1):
        try:
            yield datetime.fromisoformat(text(place, f"TimePoint{n}"))
        except ValueError:
            return
