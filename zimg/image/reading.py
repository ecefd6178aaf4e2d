"""Images out of files."""

import os
from collections.abc import Sequence
from contextlib import nullcontext
from typing import Literal

from zimg._typing import Device, ImageFramework
from zimg.image.img import ZImg
from zimg.io.reading import read_arrays
from zimg.io.scenes.missing import filling
from zimg.io.source import ZImgSource
from zimg.values import FileFormat, ZImgRegion


def read(
    path: str | os.PathLike[str],
    *,
    region: ZImgRegion | None = None,
    scene: int = 0,
    ratios: Sequence[int] = (1, 1, 1),
    framework: ImageFramework = "numpy",
    device: Device = None,
    format: FileFormat = FileFormat.Unknown,
    errors: Literal["raise", "fill"] = "raise",
) -> ZImg:
    """Read an image, or a region of it, into the arrays of a framework.

    Parameters
    ----------
    path
        File, or folder that is an image; its format is found from its content, then its suffix.
    region
        Half-open box in x, y, z, channel, time, in voxels of full resolution; only blocks that
        meet it are decoded. None for all.
    scene
        Which image of the file, from 0.
    ratios
        By how much to shrink along x, y, z; levels that the file has are used.
    framework
        ``numpy``, ``torch``, ``jax``, ``cupy``, ``array_api_strict``.
    device
        Where the arrays shall be, such as ``cuda:0``; None for the framework's default.
    format
        What to read the file as, whatever it looks like: `FileFormat.Tiff` reads pages as z planes
        and ignores descriptions.
    errors
        ``raise``, or ``fill``: planes that the file describes and does not hold are zeros, and a
        warning lists them.

    Returns
    -------
    ZImg
        Dtype as in the file, in native byte order; one aligned host buffer per time, uploaded once.
        Sizes are ceil(size / ratio), voxel sizes grow accordingly.

    Raises
    ------
    ZException
        In one line naming the file: missing, of no known format, damaged, truncated, without such a
        scene, or smaller than the region. Pixels that cannot be read are never made up.
    ValueError
        When a ratio is below 1, or `errors` is another word.

    Examples
    --------
    The whole image, then a region of it as a tensor of Torch:

    >>> image = zimg.read("cell.tif")
    >>> image.shape  # times, channels, z, y, x
    (1, 1, 32, 64, 80)
    >>> region = zimg.ZImgRegion((0, 0, 8, 0, 0), (40, 32, 16, -1, -1))
    >>> zimg.read("cell.tif", region=region, framework="torch").shape
    (1, 1, 8, 32, 40)
    """
    if errors not in ("raise", "fill"):
        raise ValueError(f"errors is 'raise' or 'fill', not {errors!r}")
    source = ZImgSource(path, region, scene, format)
    with filling(os.fspath(path)) if errors == "fill" else nullcontext():
        arrays, info = read_arrays(source, ratios, framework=framework, device=device)
    return ZImg._of(arrays, info)
