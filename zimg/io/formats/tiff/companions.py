"""Companion files of an OME-TIFF: those with its metadata and its other planes."""

import os
from pathlib import PurePath
from threading import Lock
from xml.etree import ElementTree as ET

from zimg._errors import ZException
from zimg.io.disk.remote import is_address, opened_bytes
from zimg.io.formats.shared.references import named_beside
from zimg.io.formats.tiff.directory import is_tiff
from zimg.io.formats.tiff.file import TiffPages
from zimg.io.formats.tiff.ome_xml import parsed

MOST_HOPS = 8  # steps from file to file in search of the metadata: behaviour of the reference
LONGEST_XML = 2**28  # largest metadata file in bytes


class LinkedFiles:
    """Companions of an open file; each is opened when one of its pages is needed.

    Parameters
    ----------
    path
        The file that refers to them.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path, self._found = path, dict[str, bool]()
        self._open: dict[str, TiffPages] = {}
        self._lock = Lock()

    def pages(self, name: str) -> TiffPages:
        """The pages of a file; a `ZException` that names the file if it is missing."""
        with self._lock:
            if name not in self._open:
                self._open[name] = self._opened(name)
            return self._open[name]

    def _opened(self, name: str) -> TiffPages:
        place = named_beside(self._path, name)
        try:
            return TiffPages(place)
        except ZException as error:
            if not is_address(place):
                raise
            raise ZException(f"the file refers to {name}: {error}") from error

    def exists(self, name: str) -> bool:
        """Whether a name refers to a readable file; a server is asked once for each name."""
        if name not in self._found:
            self._found[name] = self._is_there(name)
        return self._found[name]

    def _is_there(self, name: str) -> bool:
        try:
            place = named_beside(self._path, name)
            if is_address(place):
                opened_bytes(place).close()
        except (ZException, OSError):
            return False
        return True

    def close(self) -> None:
        """Close all files."""
        for pages in self._open.values():
            pages.close()


def followed(path: str | os.PathLike[str], description: str) -> tuple[str, str | None, list[str]]:
    """Follow references to the OME-XML of a file, and name the TIFF that holds it.

    Parameters
    ----------
    path
        The file, or its address.
    description
        Description of its first page; if it only refers to another file, that file is read.

    Returns
    -------
    xml
        The description with images.
    described_in
        None if it is that of the file itself, or from a file without pixels.
    visited
        Names of the files that were read.

    Raises
    ------
    ZException
        When a file is missing, or the chain of references is too long.
    """
    described_in, visited = None, list[str]()
    for _ in range(MOST_HOPS + 1):
        name = _pointed_to(description)
        if name is None:
            return description, described_in, visited
        visited.append(name)
        description, has_pages = _description_of(named_beside(path, name))
        described_in = name if has_pages else None
    raise ZException(
        f"no OME metadata found after following {MOST_HOPS} references from file to file"
    )


def _pointed_to(description: str) -> str | None:
    """The file that an OME-XML refers to for metadata."""
    if "BinaryOnly" not in description:
        return None
    pointer = parsed(description).find("BinaryOnly")
    return None if pointer is None else pointer.get("MetadataFile", "")


def _description_of(path: PurePath | str) -> tuple[str, bool]:
    """Description of a TIFF file, or text of an XML file, and whether it is a TIFF."""
    file = opened_bytes(path)
    try:
        if not is_tiff(file.read(0, min(8, file.size))):
            if file.size > LONGEST_XML:
                name = PurePath(path).name
                raise ZException(f"{name} has {file.size} bytes, too many for OME-XML")
            return file.read(0, file.size).decode("utf-8-sig"), False
    finally:
        file.close()
    pages = TiffPages(path)
    try:
        return str(pages.page(0).tiff.description), True
    finally:
        pages.close()


def uuid_of(description: str) -> str | None:
    """The UUID in the OME-XML of a file."""
    root: ET.Element = parsed(description)
    return root.get("UUID")
