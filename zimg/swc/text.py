"""The SWC text format: functions that read and write a `ZSwc`."""

import os
from typing import Literal

from zimg.swc.reading import HEADER, read_table
from zimg.swc.tree import ZSwc
from zimg.swc.writing import write_swc

__all__ = ["HEADER", "read_swc", "write_swc"]


def read_swc(
    path_or_text: str | os.PathLike[str],
    *,
    strict: bool = False,
    on_error: Literal["raise", "warn"] = "raise",
    allow_virtual: bool = False,
) -> ZSwc:
    r"""Read a forest from an SWC file or its text.

    Parameters
    ----------
    path_or_text
        File, or the content of one as a string with at least one line end.
    strict
        Refuse what is otherwise accepted with a warning (parents that do not exist, whose children
        become roots; negative radii; decimal commas; more than seven columns) or silently (commas
        and semicolons between fields, integers written like ``1.0``).
    on_error
        ``"warn"`` turns errors in the content into warnings: malformed lines and lines with an id
        that is used already are skipped, and one node of each cycle becomes a root.
    allow_virtual
        Accept negative ids.

    Returns
    -------
    ZSwc
        Roots and siblings in the order of their lines. Comments are kept. Numbers are as in the
        file: nothing that comments state, such as a scale, is applied.

    Raises
    ------
    ZException
        If the file cannot be read, a line has fewer than seven columns or a field that is not a
        number, an id, type or parent is not an integer, a position or radius is not finite, an id
        is negative or used twice, or parents form a cycle. The message names file and line.

    Notes
    -----
    Files may be encoded in UTF-8, UTF-16, UTF-32 or Windows-1252, with any line ends. With
    semicolons or blanks between fields, commas are decimal commas. A first line that names the
    columns x, y and z becomes a comment.

    Examples
    --------
    >>> read_swc("# tip first\n2 3 4 0 0 1 1\n1 1 0 0 0 2 -1\n")
    <ZSwc 2 nodes, 1 tree>
    """
    return read_table(
        ZSwc, path_or_text, strict=strict, on_error=on_error, allow_virtual=allow_virtual
    )
