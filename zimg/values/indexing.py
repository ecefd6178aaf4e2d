"""Indexing of images along T, C, Z, Y, X, and the metadata of parts."""

from operator import index
from typing import Any

from zimg.values.info import ZImgInfo, cut
from zimg.values.region import ZImgRegion

Box = tuple[slice, slice, slice, slice, slice]

_NAMES = ("T", "C", "Z", "Y", "X")


def box_of(key: Any, shape: tuple[int, ...]) -> Box:
    """Convert a region or an index to one slice with start, stop and step per axis.

    Parameters
    ----------
    key
        A `ZImgRegion`, or integers, slices and one Ellipsis for T, C, Z, Y, X in this order;
        missing axes are taken whole. An integer is a slice of length 1; negative ones count from
        the end. Slices are clipped at the border, as in Python.
    shape
        Sizes along T, C, Z, Y, X.

    Raises
    ------
    IndexError
        For an integer outside the image, or more indices than axes.
    TypeError
        For any other index.
    ValueError
        For a negative step or an empty slice.
    ZException
        For a region outside the image.
    """
    if isinstance(key, ZImgRegion):
        region = key.resolve(shape[::-1])
        t, (c, z, y, x) = region.times, region.czyx
        return t, c, z, y, x
    keys = _one_per_axis(key if isinstance(key, tuple) else (key,))
    t, c, z, y, x = (_slice(k, n, name) for k, n, name in zip(keys, shape, _NAMES, strict=True))
    return t, c, z, y, x


def _one_per_axis(keys: tuple[Any, ...]) -> tuple[Any, ...]:
    """Expand an Ellipsis and missing axes."""
    places = [place for place, key in enumerate(keys) if key is Ellipsis]
    given = len(keys) - len(places)
    if len(places) > 1 or given > len(_NAMES):
        raise IndexError(f"an image has the axes T, C, Z, Y, X and accepts one '...', got {keys}")
    place = places[0] if places else len(keys)
    whole = (slice(None),) * (len(_NAMES) - given)
    return keys[:place] + whole + keys[place + 1 :]


def _slice(key: Any, size: int, name: str) -> slice:
    """Convert one index to a slice within an axis of `size`."""
    if isinstance(key, slice):
        if key.step is not None and index(key.step) < 1:
            raise ValueError(f"steps must be positive, got {key.step} along {name}")
        start, stop, step = key.indices(size)
        if start >= stop:
            raise ValueError(f"{key} along {name} of size {size} is empty")
        return slice(start, stop, step)
    if isinstance(key, bool) or not hasattr(key, "__index__"):
        raise TypeError(
            f"image indices must be a ZImgRegion, or integers, slices and '...' for T, C, Z, "
            f"Y, X; got {key!r} for {name}"
        )
    start = index(key)
    if not -size <= start < size:
        raise IndexError(f"index {start} is out of range for {name} of size {size}")
    return slice(start % size, start % size + 1, 1)


def info_of(info: ZImgInfo, box: Box) -> ZImgInfo:
    """Metadata of the part of an image in `box`; steps multiply the voxel sizes."""
    t, c, z, y, x = box
    starts, stops = zip(*((s.start, s.stop) for s in (x, y, z, c, t)), strict=True)
    result = cut(info, ZImgRegion(starts, stops))
    if all(part.step in (None, 1) for part in box):
        return result
    result.width, result.height, result.depth, result.numChannels, result.numTimes = (
        len(range(part.start, part.stop, part.step or 1)) for part in (x, y, z, c, t)
    )
    result.voxelSizeX, result.voxelSizeY, result.voxelSizeZ = (
        size * (part.step or 1) for size, part in zip(_voxel_size(info), (x, y, z), strict=True)
    )
    result.channelNames = result.channelNames[:: c.step]
    result.channelColors = result.channelColors[:: c.step]
    result.timeStamps = result.timeStamps[:: t.step]
    last = range(c.start, c.stop, c.step or 1)[-1]
    result.lastChannelIsAlphaChannel &= last == info.numChannels - 1
    return result


def _voxel_size(info: ZImgInfo) -> tuple[float, float, float]:
    return info.voxelSizeX, info.voxelSizeY, info.voxelSizeZ
