"""Legend below a picture: a scale bar and the meaning of the colours."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from zimg.view.letters import HEIGHT, text_width, write_text

Canvas = NDArray[np.float32]

SPACE = 4
"""Space around an entry; all sizes are in dots of the font."""

SWATCH = 7
FINE = 600
"""Width in pixels from which a dot is two pixels."""

BAR_SHARE = 0.2
"""Largest length of the scale bar, as a share of the width of the projection along z."""

WORDS = np.array((226, 228, 232), dtype=np.float32)


class Entry(NamedTuple):
    """A colour and its meaning."""

    colour: Canvas
    text: str


class Scale(NamedTuple):
    """A length in a unit and in pixels."""

    length: float
    unit: str
    pixels: float

    @property
    def text(self) -> str:
        """The length in words."""
        return f"{self.length:g} {self.unit}"


def scale_bar(pixels: float, unit_size: float, unit: str) -> Scale:
    """Longest of 1, 2, 5, 10, ... units that fits into a number of pixels.

    Parameters
    ----------
    pixels
        Length of the longest bar.
    unit_size
        Pixels of one unit.
    unit
        Its name.
    """
    most = max(pixels, 1.0) / unit_size
    power = 10.0 ** math.floor(math.log10(most))
    length = next(step * power for step in (5, 2, 1) if step * power <= most * (1 + 1e-9))
    return Scale(length, unit, length * unit_size)


def legend(width: int, bar: Scale, entries: Sequence[Entry], ground: Canvas) -> Canvas:
    """Strip ``(rows, width, 3)`` with a scale bar and entries, in as many lines as needed."""
    dot = 2 if width >= FINE else 1
    space, swatch, height = SPACE * dot, SWATCH * dot, HEIGHT * dot
    places, row, column = [], 0, space
    sizes = [round(bar.pixels), *(swatch for _ in entries)]
    texts = [bar.text, *(entry.text for entry in entries)]
    for size, text in zip(sizes, texts, strict=True):
        need = size + space + text_width(text, dot)
        if column > space and column + need > width:
            row, column = row + 1, space
        places.append((row, column))
        column += need + 2 * space
    strip = np.empty(((row + 1) * (height + space) + space, width, 3), dtype=np.float32)
    strip[:] = ground
    colours = [WORDS, *(entry.colour for entry in entries)]
    for (line, left), size, text, colour in zip(places, sizes, texts, colours, strict=True):
        top = space + line * (height + space)
        thick = height // 3 if colour is WORDS else height
        middle = top + (height - thick) // 2
        strip[middle : middle + thick, left : left + size] = colour
        write_text(strip, text, top, left + size + space, scale=dot, colour=WORDS)
    return strip
