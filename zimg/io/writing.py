"""Pixels into files: the format is found from the name, and nothing is written in part."""

import os
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


def write_pixels(
    path: str | os.PathLike[str],
    pixels: Pixels,
    *,
    format: FileFormat = FileFormat.Unknown,
    parameters: ZImgWriteParameters | None = None,
) -> None:
    """Write what `pixels` gives; arguments and errors as of `zimg.write`.

    Notes
    -----
    What `pixels` raises passes unchanged; what a codec or a library raises is a `ZException`.
    """
    options, format = parameters or ZImgWriteParameters(), FileFormat(format)
    given = _Given(pixels)
    with _only_ours(path, given), write_errors(path):
        np.dtype(given.dtype)  # a type that no format holds is refused here
        writer = writer_for(path, given.info, format=format, parameters=options)
        writer.write(Path(path), given, options)


class _Given:
    """Pixels, and what they raised when they were asked for."""

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
    """Turn what is neither ours nor that of the pixels into a `ZException` with the path."""
    try:
        yield
    except ZException:
        raise
    except Exception as error:
        if error is given.error:
            raise
        name, text = os.fspath(path), " ".join(str(error).split()) or type(error).__name__
        raise ZException(f"cannot write {name!r}: {text}") from error


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
