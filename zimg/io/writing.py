"""Images into files: the format is found from the name, and nothing is written in part."""

import os
from pathlib import Path

from zimg._errors import ZException
from zimg.image import FileFormat, ZImg, ZImgInfo
from zimg.image.parameters import ZImgWriteParameters
from zimg.io.errors import told_of_writing
from zimg.io.registry import format_to_write
from zimg.io.writer import ImagePixels, Pixels, Writer


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
    """
    if image.isEmpty():
        raise ZException(f"cannot write {os.fspath(path)}: the image is empty")
    write_pixels(path, ImagePixels(image), format=format, parameters=parameters)


def write_pixels(
    path: str | os.PathLike[str],
    pixels: Pixels,
    *,
    format: FileFormat = FileFormat.Unknown,
    parameters: ZImgWriteParameters | None = None,
) -> None:
    """Write what `pixels` gives; arguments and errors as in `write`."""
    options = parameters or ZImgWriteParameters()
    writer = writer_for(path, pixels.info, format=format, parameters=options)
    with told_of_writing(path):
        writer.write(Path(path), pixels, options)


def writer_for(
    path: str | os.PathLike[str],
    info: ZImgInfo,
    *,
    format: FileFormat = FileFormat.Unknown,
    parameters: ZImgWriteParameters | None = None,
) -> Writer:
    """The writer that can write such an image to such a file; errors as in `write`."""
    folder = Path(path).absolute().parent
    with told_of_writing(path):
        writer = format_to_write(Path(path), FileFormat(format)).writing()
        writer.check(info, parameters or ZImgWriteParameters())
        if not folder.is_dir():
            raise ZException(f"the folder {folder} does not exist")
    return writer
