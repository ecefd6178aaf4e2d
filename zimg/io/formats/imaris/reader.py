"""Imaris files, opened for reading."""

from pathlib import Path

import h5py
from h5py import h5g

from zimg._errors import ZException
from zimg.io.disk.bytes import FileBytes
from zimg.io.formats.hdf5img.planes import group
from zimg.io.formats.imaris.metadata import DATA, image_info
from zimg.io.formats.imaris.scene import ImarisScene
from zimg.values import FileFormat

HINT = "format=FileFormat.BioFormats reads other variants, with Bio-Formats"


class ImarisReader:
    """An open Imaris file (version 5.5); it has one scene.

    Parameters
    ----------
    path
        An existing file.
    format
        Ignored; there is only one format.

    Raises
    ------
    ZException
        When it has no group ``/DataSet``, as HDF5 files of other programs, or is damaged.
    """

    name = "Imaris"

    def __init__(self, path: Path, format: FileFormat) -> None:  # noqa: ARG002
        self._bytes = FileBytes(path)
        self._file: h5py.File | None = None
        try:
            self._file = h5py.File(path, "r", locking=False)
            self.scenes = (self._scene(self._file),)
        except ZException as error:
            self.close()
            raise ZException(f"{error}; {HINT}") from error
        except BaseException:
            self.close()
            raise

    def _scene(self, file: h5py.File) -> ImarisScene:
        root = h5g.open(file.id, b"/")
        if not root.links.exists(DATA.encode()):
            names = ", ".join(list(file)[:5]) or "nothing"
            raise ZException(
                f"the file is not an Imaris file: it has no group /{DATA}, but {names}"
            )
        info = image_info(root, self._bytes.size)
        # With a user block the places of chunks are counted in two ways, by version of HDF5.
        chunks = None if file.userblock_size else self._bytes
        return ImarisScene(group(root, DATA), chunks, self._bytes.size, info)

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
        self._bytes.close()
