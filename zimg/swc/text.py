"""The SWC text format as functions: a forest from a file or text, and back."""

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
    r"""Read a forest from an SWC file or text.

    Parameters
    ----------
    path_or_text
        A file; or the content of one, as a string with at least one line end.
    strict
        Refuse what is otherwise accepted with a warning (parents that do not exist, which make
        roots; negative radii; more than seven columns) or in silence (commas and semicolons
        between fields, whole numbers written like ``1.0``).
    on_error
        ``"warn"`` turns errors in the content into warnings: a wrong line is left out, and so is
        one whose id was given before; a node of every cycle becomes a root.
    allow_virtual
        Accept negative ids.

    Returns
    -------
    ZSwc
        Roots and siblings in the order of their lines. Comments are kept, and may stand anywhere;
        nothing that they say, such as a scale, is applied. Numbers are as in the file.

    Raises
    ------
    ZException
        Naming the file and the line, for: a file that cannot be read, fewer than seven columns, a
        field that is not a number, an id, type or parent that is not whole, a coordinate or radius
        that is not finite, an id that comes twice or is negative, and parents that form a cycle.

    Examples
    --------
    >>> read_swc("# tip first\n2 3 4 0 0 1 1\n1 1 0 0 0 2 -1\n")
    <ZSwc 2 nodes, 1 tree>
    """
    return read_table(
        ZSwc, path_or_text, strict=strict, on_error=on_error, allow_virtual=allow_virtual
    )
