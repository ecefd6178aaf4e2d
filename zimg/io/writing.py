"""Pixels into files: the format is found from the name, and nothing is written in part."""

import os
from pathlib import Path

from zimg._errors import ZException
from zimg.io.disk.errors import write_errors
from zimg.io.parameters import ZImgWriteParameters
from zimg.io.registry import format_to_write
from zimg.io.writer import Pixels, Writer
from zimg.values import FileFormat, ZImgInfo


def write_pixels(
    path: str | os.PathLike[str],
    pixels: Pixels,
    *,
    format: FileFormat = FileFormat.Unknown,
    parameters: ZImgWriteParameters | None = None,
) -> None:
    """Write what `pixels` gives; arguments and errors as of `zimg.write`."""
    options = parameters or ZImgWriteParameters()
    writer = writer_for(path, pixels.info, format=format, parameters=options)
    with write_errors(path):
        writer.write(Path(path), pixels, options)


def writer_for(
    path: str | os.PathLike[str],
    info: ZImgInfo,
    *,
    format: FileFormat = FileFormat.Unknown,
    parameters: ZImgWriteParameters | None = None,
) -> Writer:
    """The writer that can write such an image to such a file; errors as of `zimg.write`."""
    folder = Path(path).absolute().parent
    with write_errors(path):
        writer = format_to_write(Path(path), FileFormat(format)).writing()
        writer.check(info, parameters or ZImgWriteParameters())
        if not folder.is_dir():
            raise ZException(f"the folder {folder} does not exist")
    return writer
