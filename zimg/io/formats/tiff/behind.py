"""Stacks with a single directory: all planes lie behind it, one after the other."""

from collections.abc import Callable
from dataclasses import replace

from zimg._errors import ZException
from zimg.io.formats.tiff.pages import Page


def planes_behind(page: Page, planes: int, writer: str) -> Callable[[int], Page]:
    """The planes that follow the pixels of a page.

    Parameters
    ----------
    page
        The one that has a directory: the first plane.
    planes
        How many there are, the first one included.
    writer
        Of the description that says so, for errors.

    Returns
    -------
    callable
        A `Page` by its number, from 0.

    Raises
    ------
    ZException
        When the pixels of the page are packed or scattered, or the file ends before the last plane.
    """
    if not page.tiff.is_final or page.is_palette:
        raise ZException(
            f"{writer} describes {planes} planes behind the directory of page {page.number}, "
            "but its pixels are packed or not in one piece"
        )
    size = int(page.tiff.nbytes)
    page.file.check(page.tiff.dataoffsets[0], planes * size, f"a stack of {planes} planes")
    return lambda number: replace(page, number=page.number + number, shift=number * size)
