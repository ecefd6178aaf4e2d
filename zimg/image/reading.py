"""Read images from files."""

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
    """Read an image, or a region of it, to arrays of a framework.

    Parameters
    ----------
    path
        Image file or folder; the format is detected from its content, then its suffix.
    region
        Half-open box in x, y, z, channel, time, in voxels of full resolution; only blocks that
        intersect it are decoded. None reads all.
    scene
        Index of the image in the file.
    ratios
        Reduction factors along x, y, z; stored levels are used.
    framework
        ``numpy``, ``torch``, ``jax``, ``cupy``, ``array_api_strict``.
    device
        Device of the arrays, such as ``cuda:0``; None for the default of the framework.
    format
        Format to read, instead of the detected one: `FileFormat.Tiff` reads pages as z planes and
        ignores descriptions.
    errors
        ``raise``, or ``fill``: planes that the file describes but does not hold are filled with
        zeros, and a warning lists them.

    Returns
    -------
    ZImg
        Dtype as in the file, in native byte order; one aligned host buffer per time, uploaded once.
        Sizes are ``ceil(size / ratio)``; voxel sizes grow accordingly.

    Raises
    ------
    ZException
        If the file is missing, damaged, truncated, of unknown format, has no such scene, or is
        smaller than the region. The message is one line that names the file.
    ValueError
        If a ratio is below 1, or `errors` is another string.

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
        raise ValueError(f"errors must be 'raise' or 'fill', got {errors!r}")
    source = ZImgSource(path, region, scene, format)
    with filling(os.fspath(path)) if errors == "fill" else nullcontext():
        arrays, info = read_arrays(source, ratios, framework=framework, device=device)
    return ZImg._of(arrays, info)
