"""Write progressive JPEG files with OpenImageIO."""

from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO
from numpy.typing import NDArray

from zimg._errors import ZException

SUBSAMPLING = {444: "4:4:4", 422: "4:2:2", 420: "4:2:0"}


def write_progressive(path: Path, plane: NDArray[Any], quality: int, subsampling: int) -> None:
    """Write a plane.

    Parameters
    ----------
    path
        File to write, whatever its suffix.
    plane
        uint8, ``(Y, X)`` or ``(Y, X, 3)``, C-contiguous.
    quality
        From 1 to 100.
    subsampling
        444, 422 or 420; for colours.

    Raises
    ------
    ZException
        When OpenImageIO cannot write it.
    """
    pixels = np.atleast_3d(plane)
    height, width, channels = pixels.shape
    spec = OpenImageIO.ImageSpec(width, height, channels, "uint8")
    spec.attribute("Compression", f"jpeg:{quality}")
    spec.attribute("jpeg:subsampling", SUBSAMPLING[subsampling])
    spec.attribute("jpeg:progressive", 1)
    output = OpenImageIO.ImageOutput.create("jpeg")
    if output is None:
        raise ZException(f"OpenImageIO: {OpenImageIO.geterror()}")
    if not (output.open(str(path), spec) and output.write_image(pixels) and output.close()):
        raise ZException(f"OpenImageIO: {output.geterror()}")
