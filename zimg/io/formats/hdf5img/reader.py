"""HDF5Img files, opened for reading."""

from pathlib import Path

import h5py
from h5py import h5g

from zimg._errors import ZException
from zimg.io.disk.bytes import FileBytes
from zimg.io.formats.hdf5img.metadata import read_info
from zimg.io.formats.hdf5img.planes import group
from zimg.io.formats.hdf5img.scene import Hdf5ImgScene
from zimg.values import FileFormat

ROOT = "Img"


class Hdf5ImgReader:
    """An open HDF5Img file; it has one scene.

    Parameters
    ----------
    path
        An existing file.
    format
        Ignored; there is only one format.

    Raises
    ------
    ZException
        When the file has no group ``/Img`` (HDF5 files of other programs) or lacks an attribute.
    """

    name = "HDF5 img"

    def __init__(self, path: Path, format: FileFormat) -> None:  # noqa: ARG002
        self._bytes = FileBytes(path)
        self._file: h5py.File | None = None
        try:
            self._file = h5py.File(path, "r", locking=False)
            self.scenes = (self._scene(self._file),)
        except BaseException:
            self.close()
            raise

    def _scene(self, file: h5py.File) -> "Hdf5ImgScene":
        root = h5g.open(file.id, b"/")
        if not root.links.exists(ROOT.encode()):
            names = ", ".join(list(file)[:5]) or "nothing"
            raise ZException(
                f"the file is not an HDF5Img file: it has no group /{ROOT}, but {names}"
            )
        image = group(root, ROOT)
        info, factors = read_info(h5py.Group(image), self._bytes.size)
        # With a user block, offsets of chunks depend on the version of HDF5.
        chunks = None if file.userblock_size else self._bytes
        return Hdf5ImgScene(image, chunks, self._bytes.size, info, factors)

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
        self._bytes.close()
