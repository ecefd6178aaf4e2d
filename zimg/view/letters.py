"""Text in pictures: a small bitmap font."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Canvas = NDArray[np.float32]
Dots = NDArray[np.bool_]

WIDTH, HEIGHT, GAP = 5, 7, 1
"""Size of a letter, and gap between letters, in dots."""

# Each row of letters: their names, then seven rows of five dots each, one blank between.
_FONT = (
    """
    0     1     2     3     4     5     6     7     8     9
    .###. ..#.. .###. ##### ...#. ##### ..##. ##### .###. .###.
    #...# .##.. #...# ...#. ..##. #.... .#... ....# #...# #...#
    #..## ..#.. ....# ..#.. .#.#. ####. #.... ...#. #...# #...#
    #.#.# ..#.. ...#. ...#. #..#. ....# ####. ..#.. .###. .####
    ##..# ..#.. ..#.. ....# ##### ....# #...# .#... #...# ....#
    #...# ..#.. .#... #...# ...#. #...# #...# .#... #...# ...#.
    .###. .###. ##### .###. ...#. .###. .###. .#... .###. .##..
    """,
    """
    a     b     c     d     e     f     g     h     i     j
    ..... #.... ..... ....# ..... ..##. ..... #.... ..#.. ...#.
    ..... #.... ..... ....# ..... .#..# .#### #.... ..... .....
    .###. #.##. .###. .##.# .###. .#... #...# #.##. .##.. ..##.
    ....# ##..# #.... #..## #...# ###.. #...# ##..# ..#.. ...#.
    .#### #...# #.... #...# ##### .#... .#### #...# ..#.. ...#.
    #...# #...# #...# #...# #.... .#... ....# #...# ..#.. #..#.
    .#### ####. .###. .#### .###. .#... .###. #...# .###. .##..
    """,
    """
    k     l     m     n     o     p     q     r     s     t
    #.... .##.. ..... ..... ..... ..... ..... ..... ..... .#...
    #.... ..#.. ..... ..... ..... ..... .##.# ..... ..... .#...
    #..#. ..#.. ##.#. #.##. .###. ####. #..## #.##. .###. ###..
    #.#.. ..#.. #.#.# ##..# #...# #...# #...# ##..# #.... .#...
    ##... ..#.. #.#.# #...# #...# ####. .#### #.... .###. .#...
    #.#.. ..#.. #...# #...# #...# #.... ....# #.... ....# .#..#
    #..#. .###. #...# #...# .###. #.... ....# #.... ####. ..##.
    """,
    """
    u     v     w     x     y     z     .     ,     +     -
    ..... ..... ..... ..... ..... ..... ..... ..... ..... .....
    ..... ..... ..... ..... #...# ..... ..... ..... ..#.. .....
    #...# #...# #...# #...# #...# ##### ..... ..... ..#.. .....
    #...# #...# #...# .#.#. #...# ...#. ..... ..... ##### #####
    #...# #...# #.#.# ..#.. .#### ..#.. ..... ..##. ..#.. .....
    #..## .#.#. #.#.# .#.#. ....# .#... .##.. ..#.. ..#.. .....
    .##.# ..#.. .#.#. #...# .###. ##### .##.. .#... ..... .....
    """,
    """
    \u00b5     %     (     )     /     :     ?     _
    ..... ##..# ...#. .#... ..... ..... .###. .....
    #...# ##..# ..#.. ..#.. ....# .##.. #...# .....
    #...# ...#. .#... ...#. ...#. .##.. ....# .....
    #...# ..#.. .#... ...#. ..#.. ..... ...#. .....
    #..## .#... .#... ...#. .#... .##.. ..#.. .....
    ###.# #..## ..#.. ..#.. #.... .##.. ..... .....
    #.... #..## ...#. .#... ..... ..... ..#.. #####
    """,
)


def _glyphs() -> dict[str, Dots]:
    glyphs = {" ": np.zeros((HEIGHT, WIDTH), dtype=bool)}
    for block in _FONT:
        names, *rows = (line.split() for line in block.strip().splitlines())
        for column, name in enumerate(names):
            glyphs[name] = np.array([[dot == "#" for dot in row[column]] for row in rows])
    return glyphs


GLYPHS = _glyphs()


def text_width(text: str, scale: int) -> int:
    """Width in pixels of a text with dots of `scale` pixels."""
    return max(len(text) * (WIDTH + GAP) - GAP, 0) * scale


def write_text(
    canvas: Canvas, text: str, row: int, column: int, *, scale: int, colour: Canvas
) -> None:
    """Write text into a picture ``(rows, columns, 3)`` in place; it is cut off at the border.

    Parameters
    ----------
    canvas
        Picture.
    text
        Lower-case letters, digits and ``.,+-_µ%()/:``; other characters become question marks.
    row, column
        Upper left corner.
    scale
        Size of a dot in pixels.
    colour
        ``(3,)`` RGB in 0..255.
    """
    places = range(column, column + len(text) * (WIDTH + GAP) * scale + 1, (WIDTH + GAP) * scale)
    for letter, (left, right) in zip(text, pairwise(places), strict=False):
        dots = np.kron(GLYPHS.get(letter, GLYPHS["?"]), np.ones((scale, scale), dtype=bool))
        box = canvas[row : row + HEIGHT * scale, left : right - GAP * scale]
        box[dots[: box.shape[0], : box.shape[1]]] = colour
