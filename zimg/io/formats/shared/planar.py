"""What formats of a single plane have in common: PNG, JPEG and JPEG XR."""

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
    """An open file of one plane: nothing is kept open, its bytes are read again when decoded."""

    def __init__(self, name: str, scene: Scene) -> None:
        self.name, self.scenes = name, (scene,)

    def close(self) -> None:
        """Nothing is open."""


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
    """What a header tells; colours as the reference gives them, a black one for opacity."""
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
    """Refuse what a format of one plane cannot hold.

    Parameters
    ----------
    info, parameters
        What shall be written, and how.
    name
        Of the format, for errors.
    types
        Voxel types that it holds.
    compression
        Ways of packing that it knows.
    alpha
        Whether it holds a last channel of opacity.
    longest
        Side of the largest plane.

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
            f"{name} stores up to {longest} pixels a side, not {info.width} x {info.height}"
        )
    colors = info.numChannels - (info.lastChannelIsAlphaChannel and alpha)
    if colors not in (1, 3) or (info.lastChannelIsAlphaChannel and not alpha):
        opacity = ", with or without an alpha channel" if alpha else ""
        raise ZException(f"{name} stores 1 or 3 channels{opacity}, not {info.numChannels}")
    if info.dataTypeString() not in types:
        raise ZException(f"{name} holds {' and '.join(types)}, not {info.dataTypeString()}")
    if parameters.compression not in (Compression.AUTO, *compression):
        accepted = ", ".join(each.name for each in (Compression.AUTO, *compression))
        raise ZException(
            f"{name} knows compression {accepted}, not {Compression(parameters.compression).name}"
        )


def interleaved(pixels: Pixels) -> NDArray[Any]:
    """The plane to write, ``(Y, X)`` for one channel and ``(Y, X, C)`` for several."""
    plane = pixels.slab(0, 0, 1)[:, 0]
    # Always a copy: codecs look at the strides of axes of size 1 too.
    return np.array(plane[0] if len(plane) == 1 else np.moveaxis(plane, 0, -1), order="C")
