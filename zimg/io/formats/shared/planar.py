"""Common parts of the formats of a single plane: PNG, JPEG and JPEG XR."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zimg._errors import ZException
from zimg.arrays.interop import VOXEL_TYPES
from zimg.io.parameters import ZImgWriteParameters
from zimg.io.scenes.scene import Scene
from zimg.io.scenes.whole import WholeScene
from zimg.io.writer import Pixels
from zimg.values import Compression, ZImgInfo, col4


class PlanarFile:
    """A file of one plane; it is not kept open but read again for decoding."""

    def __init__(self, name: str, scene: Scene) -> None:
        self.name, self.scenes = name, (scene,)

    def close(self) -> None:
        """Do nothing; no file is kept open."""


def planar_scene(info: ZImgInfo, path: Path, decode: Callable[[bytes], NDArray[Any]]) -> WholeScene:
    """The scene of a file that `decode` turns into ``(Y, X)`` or ``(Y, X, C)`` pixels."""

    def whole() -> NDArray[Any]:
        pixels = decode(path.read_bytes())
        channels = pixels[..., None] if pixels.ndim == 2 else pixels
        return np.moveaxis(channels, -1, 0)[:, None]

    return WholeScene(info, np.dtype(info.dataTypeString()), whole, path.stat().st_size)


def planar_info(
    width: int, height: int, channels: int, dtype: np.dtype[Any], *, alpha: bool = False
) -> ZImgInfo:
    """Metadata from a header; colours as in the reference, black for alpha."""
    info = ZImgInfo(width, height, 1, channels, 1, *VOXEL_TYPES[dtype.name])
    if alpha:
        info.lastChannelIsAlphaChannel = True
        color = info.channelColors[:1] if channels > 2 else [col4(255, 255, 255)]
        info.channelColors = [*color, *info.channelColors[1:-1], col4()]
    return info


def check_planar(
    info: ZImgInfo,
    parameters: ZImgWriteParameters,
    *,
    name: str,
    types: Sequence[str],
    compression: Sequence[Compression],
    alpha: bool = False,
    longest: int = 2**31 - 1,
) -> None:
    """Refuse images and options that a format of one plane does not support.

    Parameters
    ----------
    info, parameters
        The image to write, and the write parameters.
    name
        Name of the format for errors.
    types
        Supported voxel types.
    compression
        Supported compressions.
    alpha
        Whether a trailing alpha channel is supported.
    longest
        Largest supported width and height.

    Raises
    ------
    ZException
        Naming what is wrong and what is accepted.
    """
    if info.depth > 1 or info.numTimes > 1:
        raise ZException(
            f"{name} stores a single plane, but the image has {info.depth} at {info.numTimes} times"
        )
    if max(info.width, info.height) > longest:
        raise ZException(
            f"{name} stores at most {longest} pixels per side, not {info.width} x {info.height}"
        )
    colors = info.numChannels - (info.lastChannelIsAlphaChannel and alpha)
    if colors not in (1, 3) or (info.lastChannelIsAlphaChannel and not alpha):
        opacity = ", with or without an alpha channel" if alpha else ""
        raise ZException(f"{name} stores 1 or 3 channels{opacity}, not {info.numChannels}")
    if info.dataTypeString() not in types:
        raise ZException(f"{name} stores {' and '.join(types)}, not {info.dataTypeString()}")
    if parameters.compression not in (Compression.AUTO, *compression):
        accepted = ", ".join(each.name for each in (Compression.AUTO, *compression))
        raise ZException(
            f"{name} supports compression {accepted}, not "
            f"{Compression(parameters.compression).name}"
        )


def interleaved(pixels: Pixels) -> NDArray[Any]:
    """The plane to write, ``(Y, X)`` for one channel and ``(Y, X, C)`` for several."""
    plane = pixels.slab(0, 0, 1)[:, 0]
    # Always a copy: codecs also check the strides of axes of size 1.
    return np.array(plane[0] if len(plane) == 1 else np.moveaxis(plane, 0, -1), order="C")
