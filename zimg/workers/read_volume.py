"""Read the volume that a worker or command processes: one channel at one time point."""

from copy import deepcopy

from zimg._errors import ZException
from zimg._typing import Array, ArrayFramework, Device
from zimg.image import ZImg
from zimg.io.source import ZImgSource
from zimg.values import ZImgInfo


def read_info(source: ZImgSource) -> ZImgInfo:
    """Return the metadata of the image of a source, its region applied.

    Raises
    ------
    ZException
        If a file cannot be read, or the region leaves the image.
    """
    return ZImg.readImgInfo(source)


def read_channel(
    source: ZImgSource,
    channel: int,
    time: int,
    *,
    framework: ArrayFramework = "numpy",
    device: Device = None,
    info: ZImgInfo | None = None,
) -> Array:
    """Read one channel at one time point.

    Parameters
    ----------
    source
        Image and region; `channel` and `time` count from the start of the region.
    channel, time
        What to read, from 0.
    framework, device
        Of the array; None for the default device of the framework.
    info
        What `read_info` gave, if it is known: the file is opened once less.

    Returns
    -------
    Array
        ``(Z, Y, X)``.

    Raises
    ------
    ZException
        If the file cannot be read, or has no such channel or time.
    """
    info = info or read_info(source)
    if not (0 <= channel < info.numChannels and 0 <= time < info.numTimes):
        raise ZException(
            f"invalid channel/time selection (c={channel}, t={time}) for {source.filenames[0]}: "
            f"channels are 0 to {info.numChannels - 1}, time points 0 to {info.numTimes - 1}"
        )
    chosen = deepcopy(source)
    chosen.region.start.c += channel
    chosen.region.start.t += time
    chosen.region.end.c = chosen.region.start.c + 1
    chosen.region.end.t = chosen.region.start.t + 1
    return ZImg(chosen).to_arrays(framework, device=device)[0][0, ...]
