"""ImageJ's description of a stack: sizes, order of planes, voxel size, time step."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from warnings import warn

from tifffile import TiffFile

from zimg._errors import ZException
from zimg.io.formats.tiff.pages import Page
from zimg.io.units import number

SETTINGS = 50839  # tag of labels, colours and overlays


@dataclass(frozen=True, slots=True)
class Stack:
    """Sizes of a stack and the order of its planes."""

    times: int
    depth: int
    channels: int
    order: str  # order of planes, fastest first

    def index(self, time: int, z: int, channel: int) -> int:
        """Place of a plane in the stack."""
        at = {"t": time, "z": z, "c": channel}
        sizes = {"t": self.times, "z": self.depth, "c": self.channels}
        fast, middle, slow = tuple(self.order)
        return at[fast] + sizes[fast] * (at[middle] + sizes[middle] * at[slow])


def described(tiff: TiffFile, page: Page, *, has_settings: bool) -> dict[str, Any]:
    """The description and the settings; damaged settings are ignored with a warning.

    Parameters
    ----------
    tiff, page
        The file and its first page.
    has_settings
        Whether the page has a tag of settings.
    """
    if has_settings and not isinstance(page.tiff.tags.valueof(SETTINGS), dict):
        warn(
            f"{tiff.filename}: labels and settings of ImageJ are damaged and ignored",
            stacklevel=2,
        )
    return tiff.imagej_metadata or {}


def imagej_stack(metadata: Mapping[str, Any], planes: int, page: Page) -> Stack:
    """The stack that ImageJ describes.

    Parameters
    ----------
    metadata
        Description of the first page, parsed.
    planes
        Number of pages, or of planes of a single page.
    page
        The first page.

    Raises
    ------
    ZException
        When the sizes contradict the pages.
    """
    times, depth, channels = (_count(metadata, name) for name in ("frames", "slices", "channels"))
    if channels > 1 and page.samples == channels and times * depth == planes:
        channels = 1  # the samples of a page are the channels
    if times * depth * channels == 1:
        depth = planes
    if min(times, depth, channels) < 1 or times * depth * channels != planes:
        raise ZException(
            f"ImageJ describes {channels} channels, {depth} slices and {times} frames, "
            f"but the file has {planes} planes"
        )
    order = str(metadata.get("order", "czt")).lower()
    if not metadata.get("hyperstack") and channels > 1:
        order = "zct"
    return Stack(times, depth, channels, order if sorted(order) == sorted("czt") else "czt")


def described_images(metadata: Mapping[str, Any]) -> int:
    """Number of planes that ImageJ describes; a stack above 4 GiB has one directory for all."""
    return _count(metadata, "images")


def _count(metadata: Mapping[str, Any], name: str) -> int:
    """A count of the description; 1 when it is absent.

    Raises
    ------
    ZException
        When it is not an integer, so that the order of planes is unknown.
    """
    value = number(metadata.get(name, 1))
    if value is None or value != int(value):
        raise ZException(f"ImageJ describes {name} as {metadata[name]!r}: expected an integer")
    return int(value)
