"""Write images to files."""

import os

from zimg.image.img import ZImg
from zimg.io.parameters import ZImgWriteParameters
from zimg.values import FileFormat


def write(
    path: str | os.PathLike[str],
    image: ZImg,
    *,
    format: FileFormat = FileFormat.Unknown,
    parameters: ZImgWriteParameters | None = None,
) -> None:
    """Write an image to a file.

    Parameters
    ----------
    path
        File to create or replace; the replacement is atomic.
    image
        Image on any device; pixels are copied to the host slab by slab.
    format
        Format to write, with any suffix; follows from the suffix when unknown.
    parameters
        Compression and options of the format.

    Raises
    ------
    ZException
        If the image is empty, the format is not writable or does not support a type, size or
        option, or the file system fails. The message is one line that names the file.

    Examples
    --------
    The suffix determines the format:

    >>> image = zimg.read("cell.tif")
    >>> zimg.write("cell.ome.zarr", image)
    >>> zimg.read("cell.ome.zarr").shape == image.shape
    True
    """
    if not isinstance(image, ZImg):
        raise TypeError(
            f"write needs a ZImg, got {type(image).__name__}; ZImg(array, layout='ZYX') makes one"
        )
    image.save(path, format, parameters)
