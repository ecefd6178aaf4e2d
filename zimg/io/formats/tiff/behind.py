"""Stacks with a single directory: all planes follow the first one in the file."""

from collections.abc import Callable
from dataclasses import replace

from zimg._errors import ZException
from zimg.io.formats.tiff.pages import Page


def planes_behind(page: Page, planes: int, writer: str) -> Callable[[int], Page]:
    """Make a function that returns the planes after the pixels of a page.

    Parameters
    ----------
    page
        The page with the directory: the first plane.
    planes
        Number of planes, including the first.
    writer
        Writer of the description, for errors.

    Returns
    -------
    callable
        Returns a `Page` by its number, from 0.

    Raises
    ------
    ZException
        When the pixels of the page are compressed or scattered, or the file ends before the last
        plane.
    """
    if not page.tiff.is_final or page.is_palette:
        raise ZException(
            f"{writer} describes {planes} planes behind the directory of page {page.number}, "
            "but its pixels are compressed or not contiguous"
        )
    size = int(page.tiff.nbytes)
    page.file.check(page.tiff.dataoffsets[0], planes * size, f"a stack of {planes} planes")
    return lambda number: replace(page, number=page.number + number, shift=number * size)
