"""The files of an Olympus image: in a folder beside an OIF file, or inside an OIB file."""

from pathlib import Path
from typing import Protocol

from zimg._errors import ZException
from zimg.io.disk.bytes import FileBytes
from zimg.io.disk.compound import MAGIC, CompoundFile
from zimg.io.formats.olympus.settings import Settings

STORAGE = ".files"  # what follows the name of an OIF file in that of its folder
LONGEST_TEXT = 2**24  # bytes
INDEX = "OibInfo.txt"


class Files(Protocol):
    """Planes and settings of an image, by file name."""

    @property
    def main(self) -> str:
        """Name of the settings of the image."""

    @property
    def names(self) -> list[str]:
        """Names of all files."""

    def read(self, name: str) -> bytes:
        """The bytes of a file."""

    def close(self) -> None:
        """Close the open file, if any."""


class Folder:
    """An OIF file and the folder of its planes.

    Parameters
    ----------
    path
        Of the OIF file.
    """

    def __init__(self, path: Path) -> None:
        self._path, self.main = path, path.name
        folder = path.with_name(path.name + STORAGE)
        if not folder.is_dir():
            raise ZException(f"the folder {folder.name} beside it does not exist")
        self._places = {each.name: each for each in sorted(folder.iterdir()) if each.is_file()}
        self._places[path.name] = path
        self.names, self.companions = list(self._places), list(self._places.values())

    def read(self, name: str) -> bytes:
        """The bytes of a file."""
        file = FileBytes(self._places[name])
        try:
            return file.read(0, file.size, name)
        finally:
            file.close()

    def close(self) -> None:
        """Do nothing: no file is kept open."""


class Container:
    """An OIB file: a compound file whose index names the streams.

    Parameters
    ----------
    path
        Of the OIB file.
    """

    def __init__(self, path: Path) -> None:
        self._file = CompoundFile(path)
        try:
            self._streams, self.main = self._index()
        except BaseException:
            self.close()
            raise
        self.names = list(self._streams)

    def _index(self) -> tuple[dict[str, str], str]:
        """Stream of each file, and the name of the settings."""
        if INDEX not in self._file.names or self._file.size(INDEX) > LONGEST_TEXT:
            raise ZException(f"a compound file without {INDEX}: it is not an OIB file, or damaged")
        entries = Settings(self._file.read(INDEX)).section("OibSaveInfo")
        places = {place.rpartition("/")[2]: place for place in self._file.names}
        named = {key: name for key, name in entries.items() if key in places}
        main = named.get(entries.get("MainFileName", ""))
        if main is None:
            raise ZException(f"{INDEX} names no settings of the image: it is damaged")
        return {name.rpartition("/")[2]: places[key] for key, name in named.items()}, main

    def read(self, name: str) -> bytes:
        """The bytes of a file."""
        return self._file.read(self._streams[name])

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def opened_files(path: Path) -> Files:
    """The files of an image, by its content."""
    with path.open("rb") as file:
        packed = file.read(len(MAGIC)) == MAGIC
    return Container(path) if packed else Folder(path)
