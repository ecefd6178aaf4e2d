"""Images into files."""

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
        File to create or replace; it holds the old image or the new one at any moment.
    image
        On any device; pixels are brought to the host slab by slab.
    format
        Found from the suffix when unknown; a format that is named takes any suffix.
    parameters
        How pixels are packed.

    Raises
    ------
    ZException
        In one line naming the file: a format that is not written, a type, size or option that it
        cannot hold, an empty image, or a failure of the file system.

    Examples
    --------
    The suffix decides on the format:

    >>> image = zimg.read("cell.tif")
    >>> zimg.write("cell.ome.zarr", image)
    >>> zimg.read("cell.ome.zarr").shape == image.shape
    True
    """
    image.save(path, format, parameters)
