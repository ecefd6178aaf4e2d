"""Map planes to files and pages by the TiffData elements of OME-XML."""

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from xml.etree import ElementTree as ET

from zimg._errors import ZException

_log = logging.getLogger("zimg")
Plane = tuple[int, int, int]  # time, z, channel group
MOST_PLANES = 2**20  # planes of one image: more indicate damage
LONGEST_COUNT = 19  # digits of a 64-bit number


@dataclass(frozen=True, slots=True)
class PlaneOrder:
    """The order of the planes of an image."""

    axes: str  # T, Z and C, fastest first
    sizes: dict[str, int]

    @property
    def count(self) -> int:
        """Number of planes."""
        return self.sizes["T"] * self.sizes["Z"] * self.sizes["C"]

    def plane(self, number: int) -> Plane:
        """The plane with a number in the order."""
        at = {}
        for axis in self.axes:
            number, at[axis] = divmod(number, self.sizes[axis])
        return at["T"], at["Z"], at["C"]

    def number(self, plane: Plane) -> int:
        """The number of a plane in the order."""
        at = dict(zip("TZC", plane, strict=True))
        if any(not 0 <= at[axis] < self.sizes[axis] for axis in self.axes):
            raise ZException("OME-XML maps a page to a plane outside the image")
        fast, middle, slow = tuple(self.axes)
        return at[fast] + self.sizes[fast] * (at[middle] + self.sizes[middle] * at[slow])


@dataclass(frozen=True, slots=True, eq=False)
class Run(Mapping[Plane, int]):
    """A run of planes in consecutive pages, without a list of them."""

    order: PlaneOrder
    start: int  # number of the first plane in the order
    page: int
    count: int

    def __getitem__(self, plane: Plane) -> int:
        number = self.order.number(plane) - self.start
        if not 0 <= number < self.count:
            raise KeyError(plane)
        return self.page + number

    def __iter__(self) -> Iterator[Plane]:
        return (self.order.plane(self.start + number) for number in range(self.count))

    def __len__(self) -> int:
        return self.count


def lowest_page(pages: Mapping[Plane, int]) -> int:
    """The first page of a non-empty set of planes."""
    return pages.page if isinstance(pages, Run) else min(pages.values())


def plane_order(text: str, times: int, depth: int, groups: int) -> PlaneOrder:
    """The order of planes for a DimensionOrder such as ``XYZCT``.

    Raises
    ------
    ZException
        When the order is needed but invalid, or there are more planes than `MOST_PLANES`.
    """
    if sorted(text) != sorted("XYZCT") or text[:2] != "XY":
        if sum(count > 1 for count in (times, depth, groups)) > 1:
            raise ZException(
                f"OME-XML DimensionOrder {text!r} is invalid: expected XY followed by Z, C and T"
            )
        text = "XYZCT"  # at most one axis has several planes, so there is only one order
    order = PlaneOrder(text[2:], {"T": times, "Z": depth, "C": groups})
    if order.count > MOST_PLANES:
        raise ZException(
            f"OME-XML describes {order.count} planes: accepted are at most {MOST_PLANES}"
        )
    return order


@dataclass(frozen=True, slots=True)
class OpenedFile:
    """The opened file whose pages a description maps.

    Attributes
    ----------
    name
        File name without folder.
    pages
        Number of pages.
    uuid
        UUID in the file, which identifies it after renaming.
    described_in
        Name of another TIFF file that holds the description: planes without a file name are there.
    size
        Bytes of the file.
    samples_of
        Returns the samples of a page; 0 if unknown.
    exists
        Returns whether another named file can be read.
    """

    name: str
    pages: int
    uuid: str | None = None
    described_in: str | None = None
    size: int = 0
    samples_of: Callable[[int], int] = lambda _: 0
    exists: Callable[[str], bool] = lambda _: True

    def other(self, block: ET.Element) -> str | None:
        """Name of the file that a TiffData element refers to, unless it is this one."""
        uuid = block.find("UUID")
        if uuid is None:
            return self.described_in
        if uuid.text is not None and uuid.text == self.uuid:
            return None
        name = uuid.get("FileName", self.name)
        return None if name == self.name else name


def renamed(root: ET.Element, opened: OpenedFile) -> OpenedFile:
    """The opened file with the name that the description uses for it.

    A file counts as renamed if all planes are in files of other names, exactly one of which does
    not exist and has as many planes as this file has pages.
    """
    if opened.described_in is not None:
        return opened
    planes: Counter[str | None] = Counter()
    for block in root.iter("TiffData"):
        planes[opened.other(block)] += number_of(block, "PlaneCount", 1)
    absent = [name for name in planes if name is not None and not opened.exists(name)]
    if None in planes or len(absent) != 1 or planes[absent[0]] != opened.pages:
        return opened
    _log.warning(
        "%s is called %s in its OME-XML: assuming that it was renamed", opened.name, absent[0]
    )
    return replace(opened, name=absent[0])


def first_page(root: ET.Element, opened: OpenedFile) -> int:
    """Number of the first page: 1 for writers that count from 1, detected by the last page."""
    blocks = [b for b in root.iter("TiffData") if "IFD" in b.attrib and opened.other(b) is None]
    starts = [number_of(block, "IFD") for block in blocks]
    ends = [n + number_of(b, "PlaneCount", 1) for n, b in zip(starts, blocks, strict=True)]
    return 1 if blocks and min(starts) == 1 and max(ends) == opened.pages + 1 else 0


def mapped(
    pixels: ET.Element, order: PlaneOrder, opened: OpenedFile, first: int, lowest: int
) -> tuple[Mapping[Plane, int], dict[Plane, tuple[str, int]]]:
    """Pages of planes in this file; file names and pages of planes in other files.

    Parameters
    ----------
    pixels
        Pixels element of an image.
    order
        Order of its planes.
    opened
        The file.
    first
        Page of the first plane when no TiffData element maps planes.
    lowest
        Number of the first page of a file in the description.
    """
    blocks = pixels.findall("TiffData")
    if not blocks:
        return Run(order, 0, first, max(min(order.count, opened.pages - first), 0)), {}
    if len(blocks) == 1 and opened.other(blocks[0]) is None:
        return _run(blocks[0], order, opened, lowest), {}
    here: dict[Plane, int] = {}
    elsewhere: dict[Plane, tuple[str, int]] = {}
    for block in blocks:
        other = opened.other(block)
        for plane, page in _block(block, order):
            if other is not None:
                elsewhere[plane] = other, page - lowest
            elif 0 <= page - lowest < opened.pages:
                here[plane] = page - lowest
    return here, elsewhere


def _block(block: ET.Element, order: PlaneOrder) -> Iterator[tuple[Plane, int]]:
    """Planes of one element and their page numbers as written."""
    start, page, count = _numbers(block, order)
    for step in range(count):
        yield order.plane(start + step), page + step


def _run(block: ET.Element, order: PlaneOrder, opened: OpenedFile, lowest: int) -> Run:
    """Planes of one element whose pages are in the opened file."""
    start, page, count = _numbers(block, order)
    page -= lowest
    left_out = max(-page, 0)
    count = max(min(count, opened.pages - page) - left_out, 0)
    return Run(order, start + left_out, page + left_out, count)


def _numbers(block: ET.Element, order: PlaneOrder) -> tuple[int, int, int]:
    """First plane, its page as written, and number of planes of one element."""
    t, z, c = (number_of(block, f"First{axis}") for axis in "TZC")
    start = order.number((t, z, c))
    left = order.count - start
    count = number_of(block, "PlaneCount", 1 if "IFD" in block.attrib else left)
    return start, number_of(block, "IFD"), min(count, left)


def number_of(element: ET.Element, name: str, default: int = 0) -> int:
    """A required integer attribute; a `ZException` that names it if it is invalid."""
    value = element.get(name)
    if value is None:
        return default
    try:
        return int(value)
    except ValueError as error:
        raise ZException(f"OME-XML {name} must be an integer, got {value!r}") from error


def count_of(element: ET.Element, name: str, default: int = 0) -> int:
    """An optional integer attribute; ignored with a warning if it is invalid."""
    value = element.get(name)
    if value is None:
        return default
    if value.strip().isdecimal() and len(value) < LONGEST_COUNT:
        return int(value)
    _log.warning("OME-XML %s is ignored: %r is not a non-negative integer", name, value)
    return default
