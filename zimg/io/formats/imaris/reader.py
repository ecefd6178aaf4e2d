"""Imaris files, opened for reading."""

from pathlib import Path

from h5py import h5g

from zimg._errors import ZException
from zimg.io.disk.bytes import FileBytes
from zimg.io.formats.imaris.metadata import DATA, image_info
from zimg.io.formats.imaris.scene import ImarisScene
from zimg.io.formats.shared.hdf5 import Hdf5Reader
from zimg.values import FileFormat

HINT = "format=FileFormat.BioFormats reads other variants, with Bio-Formats"


class ImarisReader(Hdf5Reader):
    """An open Imaris file (version 5.5); it has one scene. Arguments are those of `Hdf5Reader`.

    Raises
    ------
    ZException
        As of `Hdf5Reader`; the message names Bio-Formats.
    """

    name = "Imaris"
    kind = "an Imaris"
    root = DATA

    def __init__(self, path: Path, format: FileFormat) -> None:
        try:
            super().__init__(path, format)
        except ZException as error:
            raise ZException(f"{error}; {HINT}") from error

    def _scene(
        self, top: h5g.GroupID, image: h5g.GroupID, chunks: FileBytes | None, size: int
    ) -> ImarisScene:
        return ImarisScene(image, chunks, size, image_info(top, size))
