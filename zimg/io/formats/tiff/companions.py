"""Files that an OME-TIFF belongs with: where its metadata and its other planes lie."""

import os
from pathlib import Path
from threading import Lock
from xml.etree import ElementTree as ET

from zimg._errors import ZException
from zimg.io.disk.bytes import FileBytes
from zimg.io.formats.shared.companions import named_inside
from zimg.io.formats.tiff.directory import is_tiff
from zimg.io.formats.tiff.file import TiffPages
from zimg.io.formats.tiff.ome_xml import parsed

MOST_HOPS = 8  # from file to file in search of the metadata: behaviour of the reference
LONGEST_XML = 2**28  # bytes of metadata in a file of their own


class LinkedFiles:
    """Files beside an open one; each is opened when a page of it is asked for.

    Parameters
    ----------
    path
        The file that names them.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._folder = Path(path).parent
        self._open: dict[str, TiffPages] = {}
        self._lock = Lock()

    def pages(self, name: str) -> TiffPages:
        """The pages of a file; a `ZException` that names it when it is not there."""
        with self._lock:
            if name not in self._open:
                self._open[name] = TiffPages(named_inside(self._folder, name))
            return self._open[name]

    def exists(self, name: str) -> bool:
        """Whether a name leads to a file that may be read."""
        try:
            named_inside(self._folder, name)
        except ZException:
            return False
        return True

    def close(self) -> None:
        """Close all files."""
        for pages in self._open.values():
            pages.close()


def followed(path: Path, description: str) -> tuple[str, str | None]:
    """OME-XML with the metadata of a file, and the name of the TIFF that holds it.

    Parameters
    ----------
    path
        The file.
    description
        Of its first page; when it only points to another file, that is read.

    Returns
    -------
    xml
        The description that holds images.
    described_in
        None when it is that of the file itself, or lies in a file without pixels.

    Raises
    ------
    ZException
        When a file is missing, or each points on to another.
    """
    described_in = None
    for _ in range(MOST_HOPS + 1):
        name = _pointed_to(description)
        if name is None:
            return description, described_in
        description, has_pages = _description_of(named_inside(path.parent, name))
        described_in = name if has_pages else None
    raise ZException(f"OME metadata are not found within {MOST_HOPS} files that point to others")


def _pointed_to(description: str) -> str | None:
    """The file that holds the metadata instead."""
    if "BinaryOnly" not in description:
        return None
    pointer = parsed(description).find("BinaryOnly")
    return None if pointer is None else pointer.get("MetadataFile", "")


def _description_of(path: Path) -> tuple[str, bool]:
    """Description of a TIFF file, or text of an XML file; and whether it is the former."""
    file = FileBytes(path)
    try:
        if not is_tiff(file.read(0, min(8, file.size))):
            if file.size > LONGEST_XML:
                raise ZException(f"{path.name} has {file.size} bytes, which is no OME-XML")
            return file.read(0, file.size).decode("utf-8-sig"), False
    finally:
        file.close()
    pages = TiffPages(path)
    try:
        return str(pages.page(0).tiff.description), True
    finally:
        pages.close()


def uuid_of(description: str) -> str | None:
    """The identifier that a file gives itself."""
    root: ET.Element = parsed(description)
    return root.get("UUID")
