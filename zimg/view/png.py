"""Pictures as PNG files."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from zimg.io.disk.atomic import atomic_path


def write_png(path: str | Path, picture: NDArray[np.uint8]) -> None:
    """Write a picture as a PNG file, atomically.

    Parameters
    ----------
    path
        File to create or replace; its folder must exist.
    picture
        ``(height, width, 3)`` RGB or ``(height, width)`` grey, uint8.

    Raises
    ------
    ZException
        If the file cannot be written.
    """
    with atomic_path(path) as temporary:
        temporary.write_bytes(png_bytes(picture))


def png_bytes(picture: NDArray[np.uint8]) -> bytes:
    """Content of a PNG file: ``(height, width)``, or with 3 or 4 channels, uint8."""
    from imagecodecs import png_encode

    return bytes(png_encode(np.ascontiguousarray(picture)))
