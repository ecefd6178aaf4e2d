"""Write pixels to files; the format follows from the name, and writes are atomic."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zimg._errors import ZException
from zimg.io.disk.errors import write_errors
from zimg.io.parameters import ZImgWriteParameters
from zimg.io.registry import format_to_write
from zimg.io.writer import Pixels, Writer
from zimg.values import FileFormat, ZImgInfo

SYSTEM_ERROR = re.compile(r"errno = \d+, error message = '(.+?)'")  # in messages of HDF5


def write_pixels(
    path: str | os.PathLike[str],
    pixels: Pixels,
    *,
    format: FileFormat = FileFormat.Unknown,
    parameters: ZImgWriteParameters | None = None,
) -> None:
    """Write `pixels` to a file; arguments and errors as in `zimg.write`.

    Notes
    -----
    Exceptions of `pixels` pass unchanged; those of codecs and libraries become a `ZException`.
    """
    options, format = parameters or ZImgWriteParameters(), FileFormat(format)
    given = _Given(pixels)
    with _only_ours(path, given), write_errors(path):
        np.dtype(given.dtype)  # refuses types that no format supports
        writer = writer_for(path, given.info, format=format, parameters=options)
        writer.write(Path(path), given, options)


class _Given:
    """Pixels that record the exceptions they raise."""

    def __init__(self, pixels: Pixels) -> None:
        self._pixels, self.info = pixels, pixels.info
        self.error: BaseException | None = None

    @property
    def dtype(self) -> np.dtype[Any]:
        """Voxel type, in native byte order."""
        return self._pixels.dtype

    def slab(self, time: int, first: int, last: int) -> NDArray[Any]:
        """Planes of a time point."""
        try:
            return self._pixels.slab(time, first, last)
        except BaseException as error:
            self.error = error
            raise


@contextmanager
def _only_ours(path: str | os.PathLike[str], given: "_Given") -> Iterator[None]:
    """Convert exceptions of codecs and libraries to a `ZException` that names the path."""
    try:
        yield
    except ZException:
        raise
    except Exception as error:
        if error is given.error:
            raise
        text = " ".join(str(error).split()) or type(error).__name__
        if found := SYSTEM_ERROR.search(text):
            text = found[1]
        raise ZException(f"cannot write {os.fspath(path)}: {text}") from error


def writer_for(
    path: str | os.PathLike[str],
    info: ZImgInfo,
    *,
    format: FileFormat = FileFormat.Unknown,
    parameters: ZImgWriteParameters | None = None,
) -> Writer:
    """Find the writer for an image and a file name; errors as in `zimg.write`."""
    folder = Path(path).absolute().parent
    with write_errors(path):
        writer = format_to_write(Path(path), FileFormat(format)).writing()
        writer.check(info, parameters or ZImgWriteParameters())
        if not folder.is_dir():
            raise ZException(f"the folder {folder} does not exist")
    return writer
