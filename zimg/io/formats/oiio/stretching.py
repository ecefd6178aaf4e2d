"""Undo the scaling by OpenImageIO of values with few bits to 8 or 16 bits."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO
from numpy.typing import NDArray

from zimg._errors import ZException

# Formats whose values OpenImageIO scales by repeating bits (`bit_range_convert`).
REPEATED = ("dpx", "cineon", "jpeg2000", "jpegxl")
HEAD = 2**12  # largest header of a PNM file, comments included
# Kind, width, height and, except for bit maps, the highest value; comments end with the line.
_GAP = rb"(?:\s|#[^\n\r]*[\n\r])+"
_PNM = re.compile(rb"P(?P<kind>[1-6])" + 2 * (_GAP + rb"\d+") + rb"(?:" + _GAP + rb"(\d+))?")
BIT_MAPS = (b"1", b"4")


@dataclass(frozen=True, slots=True)
class Stretching:
    """The scaling of values.

    Attributes
    ----------
    bits
        In use.
    highest
        The value that was scaled to the maximum of the type, with rounding down; 0 where bits were
        repeated.
    """

    bits: int = 0
    highest: int = 0

    def undone(self, pixels: NDArray[Any]) -> NDArray[Any]:
        """Stored values, of the same type."""
        if not self.bits:
            return pixels
        most = int(np.iinfo(pixels.dtype).max)
        if not self.highest:
            return pixels >> pixels.dtype.type(most.bit_length() - self.bits)
        stored = (pixels.astype(np.uint64) * np.uint64(self.highest) + np.uint64(most - 1)) // most
        return stored.astype(pixels.dtype)


def stretching(path: Path, name: str, spec: Any) -> Stretching:
    """Determine how OpenImageIO scales an image.

    Parameters
    ----------
    path
        Of the file.
    name
        Name of the format in OpenImageIO.
    spec
        Specification of the image.

    Raises
    ------
    ZException
        For 16-bit PNM with a release of OpenImageIO that decodes it with wrong values.
    """
    if str(spec.format) not in ("uint8", "uint16"):
        return Stretching()
    full = 8 * spec.format.size()
    if name == "pnm":
        if full == 16 and not decodes_words(OpenImageIO.VERSION):
            raise ZException(
                f"OpenImageIO {OpenImageIO.VERSION_STRING} decodes 16-bit PNM with wrong values; "
                'pip install "zimg-xp[oiio]" replaces it'
            )
        highest = _highest(path)
        return (
            Stretching(highest.bit_length(), highest) if 0 < highest < 2**full - 1 else Stretching()
        )
    bits = spec.get_int_attribute("oiio:BitsPerSample")
    return Stretching(bits) if name in REPEATED and 0 < bits < full else Stretching()


def decodes_words(version: int) -> bool:
    """Whether a release of OpenImageIO decodes 16-bit PNM as stored: 3.1.19 and 3.2.2 do."""
    return 3_01_19 <= version < 3_02_00 or version >= 3_02_02


def _highest(path: Path) -> int:
    """The maximum value in the header of a PNM file; 0 if absent."""
    with path.open("rb") as file:
        found = _PNM.match(file.read(HEAD))
    if found is None:
        return 0
    return 1 if found["kind"] in BIT_MAPS else int(found[2] or 0)
