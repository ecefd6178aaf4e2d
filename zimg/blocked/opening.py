"""The volume that an argument of the tracer stands for."""

import os
from collections.abc import Sequence
from typing import Any

from zimg.blocked.arrays import ArrayVolume
from zimg.blocked.source import Factors, Volume
from zimg.blocked.volumes import FileVolume
from zimg.image import ZImg, ZImgSource
from zimg.image.lazy import ZImgFile
from zimg.image.volume import volume_of


def volume_source(
    source: Any, *, channel: int = 0, time: int = 0, downsample: Sequence[int] = (1, 1, 1)
) -> Volume:
    """The volume that an argument of the tracer stands for.

    Parameters
    ----------
    source
        A `ZImgSource`, a file name, a handle of `zimg.open`, a `ZImg`, a ``(Z, Y, X)`` array of
        NumPy, Dask or Zarr, or an object of your own that is a `Volume`.
    channel, time
        Which ones of an image; an array has one of each.
    downsample
        Factors along x, y, z; a stored level that has them is read instead.
    """
    x, y, z = downsample
    factors = (int(x), int(y), int(z))
    if min(factors) < 1:
        raise ValueError(f"downsample must be three integers of 1 or more, got {factors}")
    if hasattr(source, "fingerprint") and hasattr(source, "read"):
        if (channel, time, factors) != (0, 0, (1, 1, 1)):
            raise ValueError("channel, time and downsample are for images, not for a Volume")
        return source
    if isinstance(source, str | os.PathLike):
        source = ZImgSource(source)
    if isinstance(source, ZImgSource):
        return FileVolume.of(source, channel, time, factors)
    if isinstance(source, ZImgFile):
        return _handle_volume(source, channel, time, factors)
    array = (
        volume_of(source, channel, time, caller="tracing") if isinstance(source, ZImg) else source
    )
    if len(getattr(array, "shape", ())) != 3 or 0 in array.shape:
        raise ValueError(
            "a volume is a ZImgSource, a file name, a handle of zimg.open, a ZImg or a (Z, Y, X) "
            f"array, got {type(source).__name__} of shape {getattr(array, 'shape', None)}"
        )
    return ArrayVolume(array, f"the {type(array).__name__} of shape {tuple(array.shape)}", factors)


def _handle_volume(handle: ZImgFile, channel: int, time: int, factors: Factors) -> Volume:
    """The volume behind an open handle, at the level of the handle."""
    path, scene, level, form, *_ = handle.__reduce__()[1]
    source = ZImgSource(path, None, scene, form)
    if level == 0:
        return FileVolume.of(source, channel, time, factors)
    if factors != (1, 1, 1):
        raise ValueError("downsample is for handles of the full size; the handle has a level")
    ratios = handle.levels[level].ratios
    return FileVolume.of(source, channel, time, ratios)
